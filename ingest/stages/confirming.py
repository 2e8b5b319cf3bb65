"""Warnings that the depositor confirms, by words in the line's `justification`, or said before (contract §6, §9).

A confirmed warning is said again as a remark, so that counts and verdict follow. An error is never confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from domain.findings import Finding, Severity
from domain.justifications import Justification, Remembered, Subject
from ingest.stages.relations import french
from ingest.stages.typed import TypedBatch
from rules.generic import generic_finding
from rules.messages import day, plural, quoted, say
from rules.rule import RecordRule, Remark, Rule
from schemas.collection import Collection

_LONGEST_KEY = 200
_JOINT = " / "

Recall = Callable[[], Mapping[Subject, Remembered]]
"""What the account confirmed before for this collection and period; asked for once, at the first warning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a warning asks, beyond its place: the record's key (empty: a whole column or table) and all it weighs.

    `value` None: the finding's own.
    """

    record: str = ""
    value: str | None = None


WHOLE = About()


class Confirmer:
    """Turns the warnings of one section that are confirmed into remarks, and keeps what was said for the ledger.

    At most `cap` warnings are confirmed by one file: those beyond stay warnings, since nothing would be kept of them.
    """

    def __init__(self, texts: Mapping[int, str], recall: Recall, *, zone: ZoneInfo, cap: int) -> None:
        """`texts`: row of this file → justification; it may grow while the file is read."""
        self._texts = texts
        self._recall = recall
        self._zone = zone
        self._cap = cap
        self._said: dict[Subject, Justification] = {}
        self._on_errors: set[int] = set()

    def __call__(self, finding: Finding, about: About = WHOLE) -> Finding:
        """The finding itself, or a remark that it is confirmed."""
        text = self._text(finding)
        if finding.severity is not Severity.WARNING:
            if text and finding.row is not None and finding.severity is Severity.ERROR:
                self._on_errors.add(finding.row)
            return finding
        if not (text or self._remembered):
            return finding
        subject = subject_of(finding, about)
        known = self._remembered.get(subject)
        if text and (known is None or known.text != text):
            if len(self._said) >= self._cap and subject not in self._said:
                return finding
            self._said[subject] = Justification(subject=subject, text=text, row=finding.row, message=finding.message)
            return _confirmed(finding, text, say("Vous l'avez confirmé : {text}.", text=quoted(text)))
        if known is None:
            return finding
        on = day(known.confirmed_at.astimezone(self._zone).date())
        return _confirmed(finding, known.text, say("Déjà confirmé le {on} : {text}.", on=on, text=quoted(known.text)))

    def on_error(self, row: int) -> None:
        """An error on this row, whose finding was not made for want of room."""
        if self._texts.get(row, "").strip():
            self._on_errors.add(row)

    def may_confirm(self, row: int | None) -> bool:
        """Whether a warning on this row may be confirmed: then it has to be looked at, also when there is no room.

        One on the whole table (no row) is only ever confirmed by the central body, and remembered.
        """
        return (row is not None and row in self._texts) or bool(self._remembered)

    @property
    def justifications(self) -> tuple[Justification, ...]:
        """What was said in this file, and not in the same words before."""
        return tuple(self._said.values())

    def refusal(self) -> Finding | None:
        """The one remark to make when lines with errors carry a justification."""
        if not self._on_errors:
            return None
        return generic_finding(
            "G-27",
            say(
                "La colonne « justification » est remplie sur {lines} en erreur : une erreur ne se confirme pas, elle "
                "se corrige.",
                lines=plural(len(self._on_errors), "ligne"),
            ),
            row=min(self._on_errors),
            hint=say("Corrigez ces lignes. La justification ne sert que pour les points à confirmer."),
            cause="G-27:errors",
        )

    @cached_property
    def _remembered(self) -> Mapping[Subject, Remembered]:
        return self._recall()

    def _text(self, finding: Finding) -> str:
        if finding.row is None or not self._texts:
            return ""
        return " ".join(self._texts.get(finding.row, "").split())


def about_remark(rule: Rule, remark: Remark, batch: TypedBatch | None, collection: Collection) -> About:
    """What a rule's remark asks: about a record when it gives an index, else about the whole table."""
    if remark.index is None or batch is None:
        weighed = [part for part in (remark.value, remark.expected) if part]
        return About(value=_JOINT.join(weighed))
    value = remark.value
    if isinstance(rule, RecordRule):
        value = _JOINT.join(_word(batch.column(name)[remark.index]) for name in rule.columns)
    return About(record=record_key(batch, remark.index, collection), value=value)


def record_key(batch: TypedBatch, index: int, collection: Collection) -> str:
    """The key of a record as text: « CIL001 », « CIL001 / 2 »."""
    return _JOINT.join(_word(batch.column(name)[index]) for name in collection.key)[:_LONGEST_KEY]


def subject_of(finding: Finding, about: About) -> Subject:
    """What exactly a warning asks."""
    value = finding.value if about.value is None else about.value
    # A column that is not of the format has no technical name; its title, or its letter, is what is asked about.
    column = finding.column or finding.label or (finding.cell or "").rstrip("0123456789")
    return Subject(code=finding.code, column=column, record=about.record, value=value or "")


def _confirmed(finding: Finding, text: str, told: str) -> Finding:
    return replace(
        finding,
        severity=Severity.INFO,
        message=f"{finding.message} {told}",
        hint=None,
        cause=f"{finding.cause or finding.code}:confirmed",
        justification=text,
    )


def _word(value: Any) -> str:
    return "" if value is None else french(value)

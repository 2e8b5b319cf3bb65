"""What an answer says, in French, whatever it is shown on: built from the document of `rendering.answer`.

The report, the terminal and the mails lay out an `AnswerView`; none of them decides what to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.causes import CauseTally
from domain.compliance import ComplianceStatus
from domain.findings import DOCUMENT_KEYS, Finding, Severity
from domain.submissions import ReceiptProof
from domain.verdicts import Verdict
from rendering import wording
from rendering.causes import Cause, group
from rendering.escaping import visible
from rendering.french import agree, count, exact_instant, file_size, number, period_name, say


class Tone(StrEnum):
    """How a thing feels: decides colours, never what is said."""

    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    CALM = "calm"


VERDICT_TONES: Final = {
    Verdict.ACCEPTED: Tone.GOOD,
    Verdict.NIL: Tone.GOOD,
    Verdict.DUPLICATE: Tone.CALM,
    Verdict.ACCEPTED_WITH_WARNINGS: Tone.CARE,
    Verdict.PARTIALLY_ACCEPTED: Tone.CARE,
    Verdict.REJECTED: Tone.BAD,
    Verdict.DESTROYED: Tone.BAD,
}
SEVERITY_TONES: Final = {
    Severity.BLOCKING: Tone.BAD,
    Severity.ERROR: Tone.BAD,
    Severity.WARNING: Tone.CARE,
    Severity.INFO: Tone.CALM,
}


_APPLIED: Final = frozenset({Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS})
_FAULTS: Final = frozenset({Severity.BLOCKING, Severity.ERROR})
_WORKBOOKS: Final = frozenset({"xlsx", "xlsm", "xls", "ods"})
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
"""A number of a cell. One with a last 0 was typed as a text, and one with three decimals may be: shown as they are."""
_THREE_DECIMALS: Final = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionView:
    """One section. `actions` is what to do now, `standing` what is in force now; both may be empty.

    `causes`: in the order to mend them; `consequences`: what goes away by itself when they are mended.
    """

    title: str
    verdict: Verdict
    tone: Tone
    label: str
    sentence: str
    standing: str
    deadline: str
    actions: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    causes: tuple[Cause, ...]
    consequences: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    truncated: str
    missing_lines: tuple[str, ...]
    collection: str | None
    period: str | None

    @property
    def decided(self) -> tuple[str, ...]:
        """What UESL's own deposit, which is of no period, changes: a sentence a line; none when it was refused."""
        if self.collection is None or self.period is not None or self.verdict not in _APPLIED:
            return ()
        return tuple(one.message for one in self.findings if one.severity is Severity.INFO)

    @property
    def to_mend(self) -> int:
        """How many causes make something refused."""
        return sum(cause.to_mend for cause in self.causes)

    @property
    def to_confirm(self) -> int:
        """How many causes are questions."""
        return sum(cause.to_confirm for cause in self.causes)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerView:
    """A whole answer. `facts` and `reading` are (label, value) pairs; `test`: nothing of it counts."""

    submission: str
    file_name: str
    test: bool
    verdict: Verdict
    tone: Tone
    label: str
    headline: str
    sections: tuple[SectionView, ...]
    actions: tuple[str, ...]
    owed: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    reading: tuple[tuple[str, str], ...]
    file_findings: tuple[Finding, ...]
    organisation: str

    @property
    def to_mend(self) -> int:
        """How many causes make something refused, in all sections and on the whole file."""
        on_file = sum(finding.severity in _FAULTS for finding in self.file_findings)
        return on_file + sum(section.to_mend for section in self.sections)

    @property
    def to_confirm(self) -> int:
        """How many causes are questions, in all sections and on the whole file."""
        on_file = sum(finding.severity is Severity.WARNING for finding in self.file_findings)
        return on_file + sum(section.to_confirm for section in self.sections)


def view_of(document: Mapping[str, Any], *, rehearsal: bool = False) -> AnswerView:
    """The view of a verdict document; `rehearsal`: of `guichet check`, which keeps nothing."""
    test = bool(document["test"]) or rehearsal
    verdict = Verdict(document["verdict"])
    judged_at = datetime.fromisoformat(document["judged_at"])
    workbook = document["detected"]["format"] in _WORKBOOKS
    sections = tuple(
        _section(one, test=test, rehearsal=rehearsal, now=judged_at, workbook=workbook) for one in document["sections"]
    )
    waits = verdict is Verdict.NIL and any(one.get("waits") for one in document["sections"])
    return AnswerView(
        submission=document["submission"],
        file_name=visible(document["file"]["name"]),
        test=test,
        verdict=verdict,
        tone=Tone.CARE if waits else VERDICT_TONES[verdict],
        label=wording.WAITING_NIL if waits else wording.VERDICTS[verdict],
        headline=sections[0].sentence if len(sections) == 1 else wording.headline(verdict, len(sections), test=test),
        sections=sections,
        actions=_all_actions(sections) or (wording.nothing_to_do(test=test),),
        owed=tuple(_owed(one, judged_at) for one in document["still_owed"]),
        facts=receipt_facts(document) if not rehearsal else _file_facts(document),
        reading=_reading(document),
        file_findings=tuple(finding_from(one) for one in document.get("findings", ())),
        organisation=organisation_of(document),
    )


def _all_actions(sections: Sequence[SectionView]) -> tuple[str, ...]:
    """Said once when all sections ask for the same, else each under its collection's name."""
    asked = {section.actions for section in sections}
    if len(asked) == 1:
        return next(iter(asked))
    return tuple(
        say("{section} : {action}", section=section.collection or section.title, action=action)
        for section in sections
        for action in section.actions
    )


def organisation_of(document: Mapping[str, Any]) -> str:
    """`Plate-forme Nord (PF03)`, or the account when nobody in the register has it."""
    code, name = document["organisation"], document.get("organisation_name")
    if code is None:
        return say("compte {account} (absent de l'annuaire)", account=visible(document["account"]))
    return f"{visible(name)} ({code})" if name else str(code)


def receipt_facts(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What proves the deposit: name, size, fingerprint, time and where it comes from, number."""
    received_at = datetime.fromisoformat(document["received_at"])
    facts = [
        ("Numéro de dépôt", str(document["submission"])),
        ("Déposant", organisation_of(document)),
        *_file_facts(document),
        ("Reçu le", exact_instant(received_at)),
    ]
    proof = document.get("receipt_proof")
    if proof:
        facts.append(("Heure établie par", wording.PROOFS[ReceiptProof(proof)]))
    return tuple(facts)


def _file_facts(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    file = document["file"]
    exact = f" ({count(file['size'], 'octet')})" if file["size"] >= 1000 else ""  # noqa: PLR2004 - shown in ko
    return (
        ("Fichier", visible(file["name"])),
        ("Taille", f"{file_size(file['size'])}{exact}"),
        ("Empreinte SHA-256", file["sha256"]),
    )


def finding_from(document: Mapping[str, Any], *, workbook: bool = False) -> Finding:
    """The finding of a document; the other way of `Finding.as_document`.

    `workbook`: numbers and days of cells are written as the depositor's spreadsheet shows them.
    """
    values: dict[str, Any] = {key: document.get(key) for key in DOCUMENT_KEYS}
    values["severity"] = Severity(document["severity"])
    if workbook and values["value"]:
        values["value"] = _as_shown(values["value"])
    return Finding(**values, cause=document.get("cause", ""), justification=document.get("justification"))


def _as_shown(text: str) -> str:
    if _DECIMAL.fullmatch(text) and not _THREE_DECIMALS.fullmatch(text):
        return text.replace(".", ",")
    day = _DAY.fullmatch(text)
    return f"{day[3]}/{day[2]}/{day[1]}" if day else text


def _section(section: Mapping[str, Any], *, test: bool, rehearsal: bool, now: datetime, workbook: bool) -> SectionView:
    verdict = Verdict(section["verdict"])
    findings = tuple(finding_from(one, workbook=workbook) for one in section["findings"])
    tallies = tuple(CauseTally.from_document(one) for one in section.get("causes", ()))
    causes = group(findings, tallies, rejected=section["records"]["rejected"])
    told = wording.Told(
        verdict=verdict,
        test=test,
        read=section["records"]["read"],
        accepted=section["records"]["accepted"],
        rejected=section["records"]["rejected"],
        warnings=section["finding_counts"]["warning"],
        justified=section.get("justified", 0),
        missing=len(section.get("missing_lines", ())),
        missing_follows=any(one.cause == "missing-with-others" for one in tallies),
        in_force=section["in_force"],
        replaces=section["replaces"],
        stays=section.get("stays"),
        waits=bool(section.get("waits")),
        register_only=bool(section.get("register_only")),
        due=_due(section["deadline"], now),
        completes=section.get("completes"),
        carried=section.get("carried", 0),
        kit=not rehearsal,
        cases=bool(section.get("cases")),
        orders=section["collection"] is not None and section["period"] is None,
    )
    return SectionView(
        title=section_title(section),
        verdict=verdict,
        tone=Tone.CARE if told.waits else VERDICT_TONES[verdict],
        label=wording.WAITING_NIL if told.waits else wording.VERDICTS[verdict],
        sentence=" ".join(filter(None, (wording.sentence(told), wording.taken_over(told)))),
        standing="" if rehearsal or (told.orders and verdict in _APPLIED) else wording.standing(told),
        deadline=_deadline(section["deadline"], now, test=test and not rehearsal),
        actions=wording.actions(told),
        counts=_counts(section),
        causes=tuple(cause for cause in causes if not cause.consequence),
        consequences=tuple(cause for cause in causes if cause.consequence),
        findings=findings,
        truncated=_truncated(section),
        missing_lines=tuple(section.get("missing_lines", ())),
        collection=section["collection"],
        period=section["period"],
    )


def section_title(section: Mapping[str, Any]) -> str:
    """« N1A – Activité du CIL-PASS assistance, 1er trimestre 2005 (feuille « Suivi ») »."""
    if section["collection"] is None:
        title = "Fichier non reconnu" if section["verdict"] != Verdict.DESTROYED else "Fichier détruit"
    else:
        label = section.get("label")
        title = f"{section['collection']} – {label}" if label else str(section["collection"])
    if section["period"] is not None:
        title = f"{title}, {period_name(section['period'])}"
    if section["sheet"] is not None:
        title += say(" (feuille « {sheet} »)", sheet=visible(section["sheet"], 40))
    return title


def _due(deadline: Mapping[str, Any] | None, now: datetime) -> wording.Due | None:
    """The deadline, when the obligation still waits for something."""
    if deadline is None or deadline["status"] is None or not ComplianceStatus(deadline["status"]).owes:
        return None
    due_at = datetime.fromisoformat(deadline["due_at"])
    return wording.Due(at=due_at, days_left=(due_at.date() - now.date()).days, passed=now > due_at)


def _deadline(deadline: Mapping[str, Any] | None, now: datetime, *, test: bool) -> str:
    if deadline is None:
        return ""
    due_at = datetime.fromisoformat(deadline["due_at"])
    status = deadline["status"]
    if status is None:
        return wording.NO_DEADLINE
    return wording.deadline(
        ComplianceStatus(status),
        due_at,
        margin_days=deadline["margin_days"],
        left_days=(due_at.date() - now.date()).days,
        passed=now > due_at,
        test=test,
        excused=deadline.get("excused_reason"),
    )


def _counts(section: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(figure, what it counts): the records always, findings where there are any."""
    records, found = section["records"], section["finding_counts"]
    lines = [
        (records["read"], agree(records["read"], "ligne lue", "lignes lues")),
        (records["accepted"], agree(records["accepted"], "acceptée")),
        (records["rejected"], agree(records["rejected"], "refusée")),
    ]
    findings = [
        (found["blocking"], agree(found["blocking"], "anomalie bloquante", "anomalies bloquantes")),
        (found["error"], agree(found["error"], "erreur")),
        (found["warning"], agree(found["warning"], "point à confirmer", "points à confirmer")),
        (found["info"], agree(found["info"], "remarque")),
    ]
    if not records["read"] and found["blocking"]:
        lines = []  # nothing was read as a record: three zeros would say nothing
    return tuple((number(quantity), word) for quantity, word in [*lines, *(pair for pair in findings if pair[0])])


def _truncated(section: Mapping[str, Any]) -> str:
    if not section["findings_truncated"]:
        return ""
    total = sum(section["finding_counts"].values())
    return say(
        "La liste s'arrête à {shown} ; il y en a {total} en tout : corrigez d'abord les causes ci-dessus.",
        shown=count(len(section["findings"]), "constat"),
        total=number(total),
    )


def _owed(owed: Mapping[str, Any], now: datetime) -> str:
    due_at = datetime.fromisoformat(owed["due_at"])
    label = owed.get("label")
    name = f"{owed['collection']} – {label}" if label else str(owed["collection"])
    status = ComplianceStatus(owed["status"]) if owed.get("status") else ComplianceStatus.OPEN
    return wording.owed(name, period_name(owed["period"]), status, due_at, now, excused=owed.get("excused_reason"))


def _reading(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    detected = document["detected"]
    pairs: list[tuple[str, str]] = []
    if detected["format"]:
        pairs.append(("Format", wording.file_format(detected["format"])))
    if detected["encoding"]:
        pairs.append(("Codage des caractères", wording.encoding(detected["encoding"])))
    if detected["separator"]:
        pairs.append(("Séparateur", wording.separator(detected["separator"])))
    rows = list(dict.fromkeys(one["header_row"] for one in document["sections"] if one.get("header_row")))
    if not rows and detected["header_row"]:
        rows = [detected["header_row"]]
    if rows:
        pairs.append(("Titres de colonnes", f"ligne {rows[0]}" if len(rows) == 1 else _rows_by_sheet(document)))
    return (*pairs, rules_fact(document))


def rules_fact(document: Mapping[str, Any]) -> tuple[str, str]:
    """Which version of the rules judged."""
    return "Règles appliquées", visible(str(document["rules_version"]))


def _rows_by_sheet(document: Mapping[str, Any]) -> str:
    return ", ".join(
        say("ligne {row} (feuille « {sheet} »)", row=one["header_row"], sheet=visible(str(one["sheet"]), 40))
        for one in document["sections"]
        if one.get("header_row")
    )

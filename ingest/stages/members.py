"""Finds the CIL/CCI that a line is about, by code or by exact registered name, in either column (contract §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.organisations import MEMBERS, Directory, Organisation
from domain.text import fold
from ingest.stages.parsed import Notice, Problem
from rules.messages import either, member, quoted, say

_SUGGESTIONS = 200
"""Distinct unknown names that get a suggestion: each costs milliseconds, and a wrong file may hold 100 000."""
_MEMORY = 50_000
_CODE = re.compile(r"\s*(cil|cci)[\s._-]*([0-9]{1,3})\s*", re.IGNORECASE)
_CODE_FIRST = re.compile(r"((?:cil|cci)[0-9]{3})\s*[-–—:]\s*(.{1,150})", re.IGNORECASE)
_CODE_LAST = re.compile(r"(.{1,150}?)\s*\(((?:cil|cci)[0-9]{3})\)", re.IGNORECASE)
_CLOSE = 3
_DIGITS = 3


SHORT_CODE = Notice(
    kind="short-code",
    message=say("les zéros qui manquaient au code ont été ajoutés (CIL006 pour CIL6)"),
    hint=say("Vérifiez que c'est bien ce CIL/CCI, et écrivez le code avec ses trois chiffres."),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """Which member a line names. `code` None when unknown; `name` as written, None when no name was written."""

    code: str | None = None
    organisation: Organisation | None = None
    name: str | None = None
    problem: Problem | None = None
    in_name_column: bool = False
    register: bool = False
    short: bool = False
    """The code was written without its zeros (« CIL6 »), and completed."""


class MemberFinder:
    """Remembers its answers; `own` are the codes of the depositor's adherents, suggested first."""

    def __init__(self, directory: Directory | None, own: frozenset[str], *, quotes: bool) -> None:
        """`quotes` False for collections whose values are never quoted."""
        self._directory = directory
        self._own = own
        self._quotes = quotes
        self._known: dict[tuple[str, str], Resolution] = {}
        self._suggested = 0

    def __call__(self, code: str, name: str) -> Resolution:
        """Resolve the text of the code column and that of the name column (either may be empty)."""
        key = (code, name)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[key] = self._resolve(code, name)
        return found

    def _resolve(self, code: str, name: str) -> Resolution:
        text = code or name
        if not text:
            return Resolution(
                problem=Problem(
                    kind="empty",
                    message=say("le CIL/CCI n'est pas indiqué"),
                    hint=say(
                        "Écrivez le code ou le nom exact du CIL/CCI, tel qu'il figure dans l'annuaire. Si c'est une "
                        "ligne de total, écrivez TOTAL devant."
                    ),
                )
            )
        if self._directory is None:
            return Resolution(code=_tidy_code(text), name=name or None)
        found = self._lookup(text)
        if found is None and (parts := _code_and_name(text)) is not None:
            found = self._directory.member(parts[0])
            if found is not None:
                code, name = parts[0], name if code and name else parts[1]
        if found is None:
            return Resolution(
                problem=self._unknown(text, name if code else ""),
                in_name_column=not code,
                register=True,
                name=name or None,
            )
        return Resolution(
            code=found.code,
            organisation=found,
            name=self._written_name(found, code, name),
            short=_is_short(code or name, found),
        )

    def _lookup(self, text: str) -> Organisation | None:
        assert self._directory is not None  # noqa: S101 - for the type checker
        return self._directory.member(text) or self._directory.member(_tidy_code(text))

    def _written_name(self, found: Organisation, code: str, name: str) -> str | None:
        if not name:
            return None if _is_code(found, code) or _tidy_code(code) == found.code else code
        return None if _is_code(found, name) or _tidy_code(name) == found.code else name

    def _unknown(self, text: str, name: str) -> Problem:
        assert self._directory is not None  # noqa: S101 - for the type checker
        quote = f"{quoted(text)} " if self._quotes else ""
        same_name = [one.code for one in self._directory.by_name.get(fold(text), ()) if one.type in MEMBERS]
        if len(same_name) > 1:
            return Problem(
                kind="ambiguous-member",
                code="G-11",
                message=say("{quote}est le nom de plusieurs CIL/CCI de l'annuaire", quote=quote).strip(),
                hint=say("Écrivez son code : {codes}.", codes=either(same_name)),
            )
        other = self._directory.by_code.get(text.strip().upper())
        if other is not None and other.type not in MEMBERS:
            return Problem(
                kind="not-a-member",
                code="G-11",
                message=say("{quote}n'est pas un CIL/CCI", quote=quote).strip(),
                hint=say("Écrivez le code ou le nom exact du CIL/CCI qui réalise le service."),
            )
        return Problem(
            kind="unknown-member",
            code="G-11",
            message=say("{quote}ne figure pas dans l'annuaire des CIL/CCI", quote=quote).strip(),
            hint=self._suggestion(text, name),
        )

    def _suggestion(self, text: str, name: str) -> str:
        assert self._directory is not None  # noqa: S101 - for the type checker
        advice = say(
            "Écrivez le code ou le nom exact du CIL/CCI. S'il manque à l'annuaire, signalez-le à l'UESL : "
            "votre dépôt sera jugé de nouveau quand l'annuaire sera corrigé.",
        )
        if self._suggested >= _SUGGESTIONS:
            return advice
        self._suggested += 1
        near: list[Organisation] = []
        named = self._lookup(name) if name else None
        if named is not None:
            near.append(named)
        near.extend(self._directory.nearest_members(text, among=self._own, limit=_CLOSE))
        if not near:
            near.extend(self._directory.nearest_members(text, limit=_CLOSE))
        names = list(dict.fromkeys(member(one) for one in near))[:_CLOSE]
        return say("Vouliez-vous dire {names} ? {advice}", names=either(names), advice=advice) if names else advice


def _code_and_name(text: str) -> tuple[str, str] | None:
    """Code and name of « CIL001 – CIL de l’Ain » and of « CIL de l’Ain (CIL001) », which is how we suggest one."""
    first, last = _CODE_FIRST.fullmatch(text), _CODE_LAST.fullmatch(text)
    if first is not None:
        return first[1].upper(), first[2]
    return None if last is None else (last[2].upper(), last[1])


def _is_code(found: Organisation, text: str) -> bool:
    """Whether it is the registered code as it stands: nothing is added to it."""
    return text.strip().upper() == found.code


def _is_short(text: str, member: Organisation) -> bool:
    """Whether zeros were added to what is written: a code registered with as few figures, or a name, lacks none."""
    written = _CODE.fullmatch(text)
    return written is not None and len(written[2]) < _DIGITS and member.code == _tidy_code(text)


def _tidy_code(text: str) -> str:
    """`cil 001`, `CIL-001` → `CIL001`; any other text as it is."""
    found = _CODE.fullmatch(text)
    return f"{found[1].upper()}{found[2].zfill(3)}" if found else text

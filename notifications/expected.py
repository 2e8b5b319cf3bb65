"""What an opening says of the lines that are expected, row by row (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.organisations import Directory
from domain.steps import Standing
from rendering import owing
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import agree, count, joined, say
from rendering.letter import Block, Facts, Line, Title


def expected_detail(one: Standing, directory: Directory, known: Known) -> tuple[str, ...]:
    """« 12 lignes attendues, une par CIL/CCI », and what changed since the period before; nothing without lines."""
    codes = _expected(one, directory, known)
    if not codes:
        return ()
    told = say("{lines} {expected} : une par CIL/CCI, liste plus bas", **_lines(len(codes)))
    return (told, *_changes(one, codes, directory))


def expected_blocks(found: Sequence[Standing], directory: Directory, known: Known, *, answered: bool) -> list[Block]:
    """One list for each different set of lines, in the order of the templates; whom to tell when it is wrong."""
    by_lines: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        codes = _expected(one, directory, known)
        if codes:
            by_lines.setdefault(codes, []).append(_name(one, found))
    laid: list[Block] = []
    for codes, names in by_lines.items():
        laid.append(Title(say("Lignes attendues dans {names}", names=joined(names))))
        shown = codes[: owing.MOST_LINES]
        laid.append(Facts(tuple((visible(code, 20), _member_name(code, directory)) for code in shown)))
        if len(codes) > len(shown):
            rest = say("… et {rest}, dans le modèle.", rest=count(len(codes) - len(shown), "autre"))
            laid.append(Line(rest))
    if laid:
        who = "répondez à ce message" if answered else "écrivez à l’UESL"
        laid.append(Line(say("Une ligne manque, ou est de trop ? Avant de déposer, {who}.", who=who)))
    return laid


def _name(one: Standing, found: Sequence[Standing]) -> str:
    same = [other for other in found if other.collection == one.collection]
    return one.collection if len(same) == 1 else owing.short_name(one)


def _member_name(code: str, directory: Directory) -> str:
    known = directory.by_code.get(code)
    return "" if known is None else visible(known.nom, 80)


def _expected(one: Standing, directory: Directory, known: Known) -> tuple[str, ...]:
    facts = known.get(one.collection)
    if facts is None or not facts.expected_lines or one.service is None:
        return ()
    return owing.ordered(directory.expected_lines(one.organisation, one.service, one.period), directory)


def _lines(number: int) -> dict[str, str]:
    return {"lines": count(number, "ligne"), "expected": agree(number, "attendue")}


def _changes(one: Standing, codes: Sequence[str], directory: Directory) -> tuple[str, ...]:
    """CIL/CCI that were not expected in the period before, and those that no longer are."""
    if one.service is None:
        return ()
    former = directory.expected_lines(one.organisation, one.service, one.period.preceding)
    if not former:
        return ()
    came = [code for code in codes if code not in former]
    went = [code for code in former if code not in codes]
    told = []
    if came:
        text = agree(len(came), "Nouvelle ligne : {names}", "Nouvelles lignes : {names}")
        told.append(say(text, names=owing.members(came, directory)))
    if went:
        text = agree(len(went), "N'est plus attendue : {names}", "Ne sont plus attendues : {names}")
        told.append(say(text, names=owing.members(went, directory)))
    return tuple(told)

"""What an opening says of the lines that are expected, row by row (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.organisations import Directory, Service
from domain.steps import Standing
from rendering import owing
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import agree, count, joined, say
from rendering.letter import Block, Facts, Line, Title
from rules.messages import service_name


def expected_detail(one: Standing, directory: Directory, known: Known) -> tuple[str, ...]:
    """« 12 lignes attendues, une par CIL/CCI », and what changed since the period before; nothing without lines."""
    found = _expected(one, directory, known)
    if not found:
        return ()
    if one.service is None:
        several = [_members_of(service, len(codes)) for service, codes in found.items()]
        told = say("{members} : liste plus bas", members=joined(several))
    else:
        told = say("{lines} {expected} : une par CIL/CCI, liste plus bas", **_lines(len(found[one.service])))
    return (told, *(line for service, codes in found.items() for line in _changes(one, service, codes, directory)))


def expected_blocks(found: Sequence[Standing], directory: Directory, known: Known, *, answered: bool) -> list[Block]:
    """One list for each different set of lines, in the order of the templates; whom to tell when it is wrong."""
    by_lines: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        for service, codes in _expected(one, directory, known).items():
            name = _name(one, found)
            named = name if one.service is not None else f"{name} ({service_name(service)})"
            by_lines.setdefault(codes, []).append(named)
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


def _expected(one: Standing, directory: Directory, known: Known) -> dict[Service, tuple[str, ...]]:
    """By service, the members whose lines are owed; services without any are left out."""
    facts = known.get(one.collection)
    if facts is None or not facts.expected_lines:
        return {}
    services = facts.services if one.service is None else (one.service,)
    found = {
        service: tuple(owing.ordered(directory.expected_lines(one.organisation, service, one.period), directory))
        for service in services
    }
    return {service: codes for service, codes in found.items() if codes}


def _members_of(service: Service, number: int) -> str:
    """« 10 CIL/CCI attendus pour le CIL-PASS assistance »."""
    return say(
        "{number} CIL/CCI {expected} pour le {service}",
        number=str(number),
        expected=agree(number, "attendu"),
        service=service_name(service),
    )


def _lines(number: int) -> dict[str, str]:
    return {"lines": count(number, "ligne"), "expected": agree(number, "attendue")}


def _changes(one: Standing, service: Service, codes: Sequence[str], directory: Directory) -> tuple[str, ...]:
    """CIL/CCI that were not expected in the period before, and those that no longer are."""
    former = directory.expected_lines(one.organisation, service, one.period.preceding)
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

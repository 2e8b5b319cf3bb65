"""Shared checks of a member's line against the register (contract §6, Who owes; C1, C2).

Every function makes a rule under the code it is given. All the facts are those of the register handed in, at the last
day of the period, for the service of the collection or, where records of several share it, of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from domain.findings import Severity
from domain.organisations import Directory, Organisation, Service
from domain.text import fold
from rules.messages import all_of, both, day, member, quoted, say, service_name, typeset, whole
from rules.rule import Batch, DirectoryRule, FileRule, Remark, RuleContext
from schemas.codes import DEPARTEMENTS

MEMBER, NAME, DEPARTEMENT = "code_cil", "nom_cil", "departement"
_SHOWN_ROWS = 5


@dataclass
class _Members:
    """What was already worked out about a member, and which members have a line."""

    known: dict[tuple[str, Service], Remark | None] = field(default_factory=dict)
    unrecognised: list[int] = field(default_factory=list)


def _services(batch: Batch, context: RuleContext) -> list[Service | None]:
    """The service of each record; None where the record does not say it readably (that has its own finding)."""
    collection = context.collection
    if collection.service is not None or collection.service_column is None:
        return [collection.service] * len(batch.rows)
    named = batch.column(collection.service_column.name)
    return [None if one is None else Service(one) for one in named]


def _lines(batch: Batch, context: RuleContext) -> Iterator[tuple[int, str, Service]]:
    """Position, member and service of the records that say both."""
    for index, (code_cil, service) in enumerate(zip(batch.column(MEMBER), _services(batch, context), strict=True)):
        if code_cil is not None and service is not None:
            yield index, code_cil, service


def _about_members(
    code: str,
    severity: Severity,
    sentence: str,
    say_about: Callable[[str, Service, RuleContext], Remark | None],
) -> DirectoryRule[_Members]:
    """A rule that says the same of every line of a member: `say_about(code_cil, service, context)`, or None."""

    def step(state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        for index, code_cil, service in _lines(batch, context):
            if (code_cil, service) not in state.known:
                state.known[code_cil, service] = say_about(code_cil, service, context)
            remark = state.known[code_cil, service]
            if remark is not None:
                yield replace(remark, index=index)

    return DirectoryRule(
        code=code,
        severity=severity,
        sentence=typeset(sentence),
        start=_members,
        step=step,
        finish=_nothing,
        columns=(MEMBER,),
    )


def adherent_of_this_platform(code: str) -> DirectoryRule[_Members]:
    """The member of each line adheres to the depositor for the service on the period's last day (contract §6)."""
    return _about_members(
        code,
        Severity.ERROR,
        "Le CIL/CCI de chaque ligne adhère à la Plate-forme, pour le service, au dernier jour de la période : la "
        "période entière revient à la Plate-forme de ce jour.",
        _not_adherent,
    )


def _not_adherent(code_cil: str, service: Service, context: RuleContext) -> Remark | None:
    directory, platform = _network(context)
    last = context.period.ends_on
    adhesion = directory.adhesion_on(code_cil, service, last)
    if adhesion is not None and adhesion.code_plateforme == platform.code:
        return None
    return Remark(
        message=say(
            "{member} n'adhère pas à votre Plate-forme pour le {service} au {day}{detail}.",
            member=_of_line(directory, code_cil, context),
            service=service_name(service),
            day=day(last),
            detail=_since_when(directory, code_cil, service, platform.code, last),
        ),
        column=MEMBER,
        value=code_cil,
        register=True,
        expected=say("un adhérent au {day}", day=day(last)),
        hint=say(
            "Retirez cette ligne : {whole} revient à la Plate-forme du dernier jour. Si l'annuaire est inexact, "
            "signalez-le à l'UESL : votre dépôt sera jugé de nouveau quand il sera corrigé.",
            whole=whole(context.period),
        ),
        cause="not-adherent",
    )


def _since_when(directory: Directory, code_cil: str, service: Service, platform: str, last: date) -> str:
    own = [
        adhesion.dates
        for adhesion in directory.adhesions
        if adhesion.code_cil == code_cil and adhesion.service == service and adhesion.code_plateforme == platform
    ]
    ended = [dates.last for dates in own if dates.last is not None and dates.last < last]
    if ended:
        return say(" : son adhésion a pris fin le {day}", day=day(max(ended)))
    later = [dates.first for dates in own if dates.first is not None and dates.first > last]
    return say(" : son adhésion ne commence que le {day}", day=day(min(later))) if later else ""


def expected_lines_present(code: str) -> DirectoryRule[_Members]:
    """Every expected line is there (§6, Who owes): adherents less those that delegated for the whole period.

    One for each service, where records of several share the collection.
    """

    def step(state: _Members, batch: Batch, context: RuleContext) -> Iterable[Remark]:
        for _index, code_cil, service in _lines(batch, context):
            state.known[code_cil, service] = None
        member_column = context.collection.member_column
        if member_column is not None and member_column.required:
            absent = [row for row, one in zip(batch.rows, batch.column(MEMBER), strict=True) if one is None]
            state.unrecognised.extend(absent[: _SHOWN_ROWS - len(state.unrecognised)])
        return ()

    def finish(state: _Members, context: RuleContext) -> Iterator[Remark]:
        directory, platform = _network(context)
        last = context.period.ends_on
        for service in context.collection.services:
            for code_cil in directory.expected_lines(platform.code, service, context.period):
                if (code_cil, service) not in state.known:
                    yield Remark(
                        message=_missing(_named(directory, code_cil), service, context),
                        expected=say("une ligne par CIL/CCI adhérent au {day} (sauf mandants)", day=day(last)),
                        hint=_missing_hint(state, service, context),
                        cause="missing",
                        register=True,
                        missing=code_cil,
                        missing_for=service if context.collection.service_column is not None else None,
                    )

    return DirectoryRule(
        code=code,
        severity=Severity.ERROR,
        start=_members,
        step=step,
        finish=finish,
        columns=(MEMBER,),
        sentence=typeset(
            "Chaque CIL/CCI adhérent au dernier jour de la période a sa ligne, sauf celui qui a confié le service "
            "à un autre "
            "pour toute la période. Une ligne manquante ne rejette pas les autres : l'envoi reste incomplet.",
        ),
    )


def _missing(name: str, service: Service, context: RuleContext) -> str:
    if context.collection.service is not None:
        return say("La ligne de {member} manque.", member=name)
    return say("La ligne de {member} manque pour le {service}.", member=name, service=service_name(service))


def _missing_hint(state: _Members, service: Service, context: RuleContext) -> str:
    own = len(context.collection.lines_for(service))
    advice = say(
        # how to send it back, whole or by the kit, is said once for the whole answer
        "Ajoutez {lines} avec les chiffres constatés{cumul}. Un chiffre inconnu ne se remplace pas par 0.",
        lines=say("ses {own} lignes", own=own) if own > 1 else "sa ligne",
        cumul=", puis recalculez les lignes de cumul" if context.collection.cumuls_for(service) else "",
    )
    if not state.unrecognised:
        return advice
    rows = both(str(row) for row in state.unrecognised)
    plural = len(state.unrecognised) > 1
    return say(
        "C'est peut-être {line} {rows}, dont le CIL/CCI n'est pas reconnu. {advice}",
        line="l’une des lignes" if plural else "la ligne",
        rows=rows,
        advice=advice,
    )


def registered_name(code: str) -> DirectoryRule[_Members]:
    """The name written is the registered one."""

    def step(_state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        directory, _platform = _network(context)
        for index, (code_cil, name) in enumerate(zip(batch.column(MEMBER), batch.column(NAME), strict=True)):
            organisation = directory.by_code.get(code_cil) if code_cil is not None else None
            if organisation is None or name is None or name == organisation.nom:
                continue
            if fold(name) == fold(organisation.nom):
                continue
            other = directory.member(name)
            yield Remark(
                index=index,
                column=NAME,
                value=name,
                expected=organisation.nom,
                cause="name",
                message=(
                    say("Le nom écrit est celui de {other}, et non de {code}.", other=member(other), code=code_cil)
                    if other is not None
                    else say(
                        "Le nom écrit n'est pas celui de l'annuaire pour {code} : {name}.",
                        code=code_cil,
                        name=quoted(organisation.nom),
                    )
                ),
                hint=say("C'est le code qui compte : vérifiez-le, puis corrigez le nom."),
            )

    return DirectoryRule(
        code=code,
        severity=Severity.WARNING,
        start=_members,
        step=step,
        finish=_nothing,
        columns=(MEMBER, NAME),
        sentence=typeset("Le nom du CIL/CCI est celui de l'annuaire. C'est le code qui compte."),
    )


def registered_departement(code: str) -> DirectoryRule[_Members]:
    """The département written is the registered one."""

    def step(_state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        directory, _platform = _network(context)
        for index, (code_cil, written) in enumerate(zip(batch.column(MEMBER), batch.column(DEPARTEMENT), strict=True)):
            organisation = directory.by_code.get(code_cil) if code_cil is not None else None
            known = organisation.departement if organisation is not None else None
            if organisation is None or known is None or written in {None, known}:
                continue
            yield Remark(
                index=index,
                column=DEPARTEMENT,
                value=written,
                expected=known,
                cause="departement",
                message=say(
                    "Le département écrit n'est pas celui de l'annuaire pour {member} : {known} ({name}).",
                    member=member(organisation),
                    known=known,
                    name=DEPARTEMENTS.get(known, known),
                ),
                hint=say("Corrigez le département, ou signalez à l'UESL que l'annuaire est inexact."),
            )

    return DirectoryRule(
        code=code,
        severity=Severity.WARNING,
        start=_members,
        step=step,
        finish=_nothing,
        columns=(MEMBER, DEPARTEMENT),
        sentence=typeset("Le département est celui de l'annuaire pour ce CIL/CCI."),
    )


def no_line_of_mandant(code: str) -> DirectoryRule[_Members]:
    """A member that entrusted the service for the whole period has no line of its own; older cases may end (§6)."""

    def about(code_cil: str, service: Service, context: RuleContext) -> Remark | None:
        directory, _platform = _network(context)
        delegation = directory.delegation_covering(code_cil, service, context.period)
        if delegation is None:
            return None
        return Remark(
            column=MEMBER,
            value=code_cil,
            cause="mandant",
            message=say(
                "{member} a confié le {service} à {performer} pour {all_of} : {line} n'est pas attendue.",
                line="sa ligne" if context.collection.expected_lines else "une ligne à son nom",
                all_of=all_of(context.period),
                member=_of_line(directory, code_cil, context),
                service=service_name(service),
                performer=_named(directory, delegation.code_realisateur),
            ),
            hint=say(
                "Vérifiez que {what} pas déjà {where} du réalisateur. La ligne est gardée : des dossiers plus anciens "
                "peuvent se terminer.",
                what="ce dossier n’est" if context.collection.cases else "ces chiffres ne sont",
                where="parmi ceux" if context.collection.cases else "dans la ligne",
            ),
        )

    return _about_members(
        code,
        Severity.WARNING,
        "Un CIL/CCI qui a confié le service à un autre pour toute la période n'a pas de ligne à son nom, nulle ou non.",
        about,
    )


def _network(context: RuleContext) -> tuple[Directory, Organisation]:
    """What a rule against the register needs; the engine does not run it without."""
    if context.directory is None or context.organisation is None:
        raise ValueError(f"a rule of {context.collection.code} against the register was run without one")
    return context.directory, context.organisation


def no_line_elsewhere(code: str) -> FileRule[_Members]:
    """No other account has a line in force for the same member and period."""

    def step(_state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        if not any(context.elsewhere.values()):
            return
        own = _own_adherents(context)  # a stranger's line has its own error; nothing more is told of it
        for index, code_cil, service in _lines(batch, context):
            if code_cil in context.elsewhere.get(service, ()) and (own is None or code_cil in own[service]):
                name = code_cil if context.directory is None else _named(context.directory, code_cil)
                yield Remark(
                    index=index,
                    column=MEMBER,
                    value=code_cil,
                    cause="elsewhere",
                    message=say(
                        "Une ligne de {member} est déjà en vigueur pour cette période, d'un autre compte.", member=name
                    ),
                    hint=say("Voyez avec l'UESL laquelle des deux doit compter."),
                )

    return FileRule(
        code=code,
        severity=Severity.WARNING,
        start=_members,
        step=step,
        finish=_nothing,
        columns=(MEMBER,),
        sentence=typeset("Aucun autre compte n'a de ligne en vigueur pour le même CIL/CCI et la même période."),
    )


def _own_adherents(context: RuleContext) -> Mapping[Service, frozenset[str]] | None:
    directory, organisation = context.directory, context.organisation
    if directory is None or organisation is None:
        return None
    last = context.period.ends_on
    return {
        service: frozenset(directory.adherents(organisation.code, service, last))
        for service in context.collection.services
    }


def _of_line(directory: Directory, code_cil: str, context: RuleContext) -> str:
    """The member of a line; among cases nothing of a line is quoted."""
    return say("Le CIL/CCI de cette ligne") if context.collection.cases else _named(directory, code_cil)


def _named(directory: Directory, code_cil: str) -> str:
    organisation = directory.by_code.get(code_cil)
    return code_cil if organisation is None else member(organisation)


def _members(_context: RuleContext) -> _Members:
    return _Members()


def _nothing(_state: Any, _context: RuleContext) -> Iterable[Remark]:
    return ()

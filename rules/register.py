"""Shared checks of a member's line against the register (contract §6, Who owes; C1, C2).

Every function makes a rule under the code it is given. All the facts are those of the register handed in, at the last
day of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from domain.findings import Severity
from domain.organisations import Directory, Organisation, Service
from domain.text import fold
from rules.messages import both, day, member, quoted, say, service_name, typeset
from rules.rule import Batch, DirectoryRule, FileRule, Remark, RuleContext
from schemas.codes import DEPARTEMENTS

MEMBER, NAME, DEPARTEMENT = "code_cil", "nom_cil", "departement"
_SHOWN_ROWS = 5


@dataclass
class _Members:
    """What was already worked out about a member, and which members have a line."""

    known: dict[str, Remark | None] = field(default_factory=dict)
    unrecognised: list[int] = field(default_factory=list)


def _about_members(
    code: str,
    severity: Severity,
    sentence: str,
    say_about: Callable[[str, RuleContext], Remark | None],
) -> DirectoryRule[_Members]:
    """A rule that says the same of every line of a member: `say_about(code_cil, context)` gives a remark or None."""

    def step(state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        for index, code_cil in enumerate(batch.column(MEMBER)):
            if code_cil is None:
                continue
            if code_cil not in state.known:
                state.known[code_cil] = say_about(code_cil, context)
            remark = state.known[code_cil]
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
        "Le CIL/CCI de chaque ligne adhère à la Plate-forme, pour le service, au dernier jour de la période : le "
        "trimestre "
        "entier revient à la Plate-forme de ce jour.",
        _not_adherent,
    )


def _not_adherent(code_cil: str, context: RuleContext) -> Remark | None:
    directory, platform, service = _network(context)
    last = context.period.ends_on
    adhesion = directory.adhesion_on(code_cil, service, last)
    if adhesion is not None and adhesion.code_plateforme == platform.code:
        return None
    return Remark(
        message=say(
            "{member} n'adhère pas à votre Plate-forme pour le {service} au {day}{detail}.",
            member=_named(directory, code_cil),
            service=service_name(service),
            day=day(last),
            detail=_since_when(directory, code_cil, service, platform.code, last),
        ),
        column=MEMBER,
        value=code_cil,
        register=True,
        expected=say("un adhérent au {day}", day=day(last)),
        hint=say(
            "Retirez cette ligne : le trimestre entier revient à la Plate-forme du dernier jour. Si l'annuaire est "
            "inexact, "
            "signalez-le à l'UESL : votre dépôt sera jugé de nouveau quand il sera corrigé.",
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
    """Every expected line is there (§6, Who owes): adherents less those that delegated for the whole period."""

    def step(state: _Members, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
        for row, code_cil in zip(batch.rows, batch.column(MEMBER), strict=True):
            if code_cil is not None:
                state.known[code_cil] = None
            elif len(state.unrecognised) < _SHOWN_ROWS:
                state.unrecognised.append(row)
        return ()

    def finish(state: _Members, context: RuleContext) -> Iterator[Remark]:
        directory, platform, service = _network(context)
        last = context.period.ends_on
        for code_cil in directory.expected_lines(platform.code, service, context.period):
            if code_cil not in state.known:
                yield Remark(
                    message=say("La ligne de {member} manque.", member=_named(directory, code_cil)),
                    expected=say("une ligne par CIL/CCI adhérent au {day} (sauf mandants)", day=day(last)),
                    hint=_missing_hint(state),
                    cause="missing",
                    register=True,
                    missing=code_cil,
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
            "pour tout le trimestre. Une ligne manquante ne rejette pas les autres : l'envoi reste incomplet.",
        ),
    )


def _missing_hint(state: _Members) -> str:
    advice = say(
        # how to send it back, whole or by the kit, is said once for the whole answer
        "Ajoutez sa ligne avec les chiffres constatés. Un chiffre inconnu ne se remplace pas par 0.",
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
        directory, _platform, _service = _network(context)
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
        directory, _platform, _service = _network(context)
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

    def about(code_cil: str, context: RuleContext) -> Remark | None:
        directory, _platform, service = _network(context)
        delegation = directory.delegation_covering(code_cil, service, context.period)
        if delegation is None:
            return None
        return Remark(
            column=MEMBER,
            value=code_cil,
            cause="mandant",
            message=say(
                "{member} a confié le {service} à {performer} pour tout le trimestre : sa ligne n'est pas attendue.",
                member=_named(directory, code_cil),
                service=service_name(service),
                performer=_named(directory, delegation.code_realisateur),
            ),
            hint=say(
                "Vérifiez que ces chiffres ne sont pas déjà dans la ligne du réalisateur. La ligne est gardée : "
                "des dossiers "
                "plus anciens peuvent se terminer.",
            ),
        )

    return _about_members(
        code,
        Severity.WARNING,
        "Un CIL/CCI qui a confié le service à un autre pour tout le trimestre n'a pas de ligne à son nom, nulle ou "
        "non.",
        about,
    )


def _network(context: RuleContext) -> tuple[Directory, Organisation, Service]:
    """What a rule against the register needs; the engine does not run it without."""
    service = context.collection.service
    if context.directory is None or context.organisation is None or service is None:
        raise ValueError(f"a rule of {context.collection.code} against the register was run without one")
    return context.directory, context.organisation, service


def no_line_elsewhere(code: str) -> FileRule[_Members]:
    """No other account has a line in force for the same member and period."""

    def step(_state: _Members, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        if not context.elsewhere:
            return
        own = _own_adherents(context)  # a stranger's line has its own error; nothing more is told of it
        for index, code_cil in enumerate(batch.column(MEMBER)):
            if code_cil in context.elsewhere and (own is None or code_cil in own):
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


def _own_adherents(context: RuleContext) -> frozenset[str] | None:
    directory, organisation, service = context.directory, context.organisation, context.collection.service
    if directory is None or organisation is None or service is None:
        return None
    return frozenset(directory.adherents(organisation.code, service, context.period.ends_on))


def _named(directory: Directory, code_cil: str) -> str:
    organisation = directory.by_code.get(code_cil)
    return code_cil if organisation is None else member(organisation)


def _members(_context: RuleContext) -> _Members:
    return _Members()


def _nothing(_state: Any, _context: RuleContext) -> Iterable[Remark]:
    return ()

"""What D15 says of one service: its indicators, each read for any group, and whom the service concerns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from domain.organisations import Service
from publication.counted import NATION
from publication.table import Kind, Row, RowKind
from publication.tables.cil_pass.cases import Cubes, cubes
from publication.tables.cil_pass.cube import Cube, Figure
from publication.tables.cil_pass.dimensions import CASES, ITEMS, CaseCollection
from publication.tables.cil_pass.satisfaction import WHOLE_LABEL, Answers, Pair, answers_of
from publication.tables.cil_pass.services import PublishedService
from publication.tables.cil_pass.syntheses import by_platform
from publication.values import NOT_CONCERNED, Value, quotient, share
from publication.year import YearFacts

_STRUCTURE = {
    Service.ASA: ("situation", "services", "partenaires"),
    Service.MOB: ("mutation", "services", "aides"),
}
Reader = Callable[[str], Figure]
"""The figure of a group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One line of the sheet. `additive`: figures of the units add up to the nation's."""

    topic: str
    name: str
    label: str
    kind: Kind
    read: Reader
    additive: bool = False


class Side:
    """One service: its indicators, and whom it concerns."""

    def __init__(self, facts: YearFacts, published: PublishedService) -> None:
        self.facts, self.published, self.service = facts, published, published.service
        self.collection: CaseCollection = next(one for one in CASES if one.service is self.service)
        self.cases: Cubes = cubes(self.collection, facts)
        self.answers: Pair = answers_of(facts, self.service)
        self.quarters = _cumuls(facts, published)
        homes = (self.cases[0].homes, self.answers[0].homes)
        self.members = tuple(sorted({member for one in homes for member in one.members}))
        self.platforms = tuple(
            sorted({one for home in homes for member in home.members if (one := home.platform(member))})
        )

    def platform(self, member: str) -> str:
        """The platform where it counts."""
        return self.cases[0].homes.platform(member) or self.answers[0].homes.platform(member)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """In the order of the documents: activity, ratios, satisfaction, structure, resources."""
        return (*self._activity(), *self._ratios(), *self._satisfaction(), *self._structure())

    def _cumul(self, name: str) -> Reader:
        return lambda group: Figure(value=self.quarters.get((group, name), NOT_CONCERNED))

    def _activity(self) -> list[Indicator]:
        topic = "Activité de l’année"
        return [
            Indicator(
                topic=topic, name=one.name, label=one.short, kind=one.kind, read=self._cumul(one.name), additive=True
            )
            for one in self.published.indicators
        ]

    def _ratios(self) -> list[Indicator]:
        found = []
        for name, label, kind, over, under in _RATIOS[self.service]:
            read = _divided(self._cumul(over), self._cumul(under), kind)
            found.append(Indicator(topic="Ratios", name=name, label=label, kind=kind, read=read))
        return found

    def _satisfaction(self) -> list[Indicator]:
        now, topic = self.answers[0], "Satisfaction (très satisfait + satisfait)"
        items = {**ITEMS[self.service], self.service.value: WHOLE_LABEL}
        found = [
            Indicator(
                topic=topic, name=f"satisfaits_{item}", label=label, kind=Kind.PERCENT, read=_satisfied(now, item)
            )
            for item, label in items.items()
        ]

        def returned(group: str) -> Figure:
            return now.returned(group, self.service.value)

        rate = Indicator(topic=topic, name="taux_retour", label="Taux de retour", kind=Kind.PERCENT, read=returned)
        return [*found, rate]

    def _structure(self) -> list[Indicator]:
        cube = self.cases[0]
        topic = "Dossiers"
        found = [
            Indicator(
                topic=topic, name="dossiers", label="Dossiers terminés", kind=Kind.COUNT, read=cube.count, additive=True
            ),
            Indicator(
                topic=topic,
                name="ressources_mediane",
                label="Ressources nettes mensuelles : médiane",
                kind=Kind.EUROS,
                read=cube.median,
            ),
        ]
        for name in _STRUCTURE[self.service]:
            one = self.collection.dimension(name)
            found += [
                Indicator(
                    topic=f"{one.label} (en % des dossiers)",
                    name=f"{name}_{modality.code}",
                    label=modality.label,
                    kind=Kind.PERCENT,
                    read=_shared(cube, name, modality.code),
                )
                for modality in one.modalities
            ]
        return found


_RATIOS = {
    Service.ASA: (
        (
            "engagements_sur_prealables",
            "Engagements / diagnostics préalables",
            Kind.PERCENT,
            "engagements_reciproques",
            "diagnostics_prealables",
        ),
        (
            "complementaires_sur_prealables",
            "Complémentaires / diagnostics préalables",
            Kind.PERCENT,
            "diagnostics_complementaires",
            "diagnostics_prealables",
        ),
    ),
    Service.MOB: (
        ("montant_moyen", "Montant moyen par dossier", Kind.EUROS, "montant_facture_ht", "dossiers_individuels"),
        (
            "dossiers_par_entreprise",
            "Dossiers par entreprise",
            Kind.RATIO,
            "dossiers_individuels",
            "entreprises_concernees",
        ),
    ),
}


def _divided(over: Reader, under: Reader, kind: Kind) -> Reader:
    def read(group: str) -> Figure:
        one, other = over(group).value, under(group).value
        if not one.known:
            return Figure(value=one)
        return Figure(value=share(one, other) if kind is Kind.PERCENT else quotient(one, other))

    return read


def _shared(cube: Cube, dimension: str, modality: str) -> Reader:
    return lambda group: cube.share(group, dimension, modality)


def _satisfied(now: Answers, item: str) -> Reader:
    return lambda group: now.satisfied(group, item)


def _cumuls(facts: YearFacts, published: PublishedService) -> dict[tuple[str, str], Value]:
    """(group, indicator) → cumul of the year, as D5 and D7 of its fourth quarter have it."""
    if facts.year.quarters is None:
        return {}
    table = by_platform("", published, facts.year.quarters)
    places = {column.name.removesuffix("_cumul"): at for at, column in enumerate(table.columns) if at % 2}
    return {(_group(row), name): row.values[at] for row in table.rows for name, at in places.items()}


def _group(row: Row) -> str:
    if row.kind is RowKind.TOTAL:
        return NATION
    return row.keys["code_cil" if row.kind is RowKind.LINE else "code_plateforme"]

"""D15: where one CIL/CCI or one platform stands beside the nation, service by service (S0-6, R D15).

The mean, the quartiles and the rank are those of the units whose figure is not secret; others' figures are not shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from domain.organisations import MEMBERS, OrganisationType, Service
from publication.counted import NATION, Count
from publication.position import RANKED_FROM, quantile
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cases import difference, row_of
from publication.tables.cil_pass.cube import Figure, part
from publication.tables.cil_pass.indicators import Indicator, Side
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.own_tables import case_table, letter_of, survey_table
from publication.tables.cil_pass.services import SERVICES, PublishedService
from publication.tables.cil_pass.titles import year_title
from publication.values import NOT_CONCERNED, Value, evolution, quotient
from publication.year import YearFacts

TITLE = "Restitution annuelle – situation par rapport au national"
FEW_NOTE = (
    f"Ni moyenne, ni médiane, ni quartiles, ni rang quand moins de {RANKED_FROM} organismes ont un chiffre. Le rang 1 "
    "est celui du plus grand chiffre ; ceux des autres ne sont pas montrés."
)
_GAP_NOTE = (
    "Écart au national : en points pour une part ; en % de la moyenne pour un nombre ou un montant ; en % du national "
    "pour un ratio ou une médiane."
)


@dataclass(kw_only=True)
class Situations:
    """The sheets of everybody. `secret`: the counts that no table shows."""

    facts: YearFacts
    secret: Collection[Count] = frozenset()
    _spreads: dict[tuple[Service, str, bool], tuple[Value, ...]] = field(default_factory=dict)
    _ordered: dict[tuple[Service, str, bool], list[Decimal]] = field(default_factory=dict)

    def tables(self, organisation: str) -> tuple[Table, ...]:
        """For each service that concerns it: its position, its surveys, its cases; nothing for anybody else."""
        one = self.facts.directory.by_code.get(organisation)
        if one is None or (one.type not in MEMBERS and one.type is not OrganisationType.PF):
            return ()
        found: list[Table] = []
        for published in SERVICES:
            side = self.sides[published.service]
            if organisation in (side.members if one.type in MEMBERS else side.platforms):
                found += self._of_service(published, side, organisation)
        return tuple(found)

    @cached_property
    def organisations(self) -> tuple[str, ...]:
        """Everybody who has a sheet: platforms, then CIL/CCI."""
        platforms = {one for side in self.sides.values() for one in side.platforms}
        members = {one for side in self.sides.values() for one in side.members}
        return (*sorted(platforms), *sorted(members))

    @cached_property
    def sides(self) -> Mapping[Service, Side]:
        """What each service counts, read once."""
        return {one.service: Side(self.facts, one) for one in SERVICES}

    def _of_service(self, published: PublishedService, side: Side, organisation: str) -> tuple[Table, ...]:
        return (
            self._position(published, side, organisation),
            survey_table(self.facts, published, side, organisation),
            case_table(self.facts, published, side, organisation),
        )

    def _position(self, published: PublishedService, side: Side, organisation: str) -> Table:
        facts = self.facts
        return Table(
            code=f"D15{letter_of(published)}",
            title=TITLE,
            subtitle=f"{facts.name(organisation)} – {published.title} – {year_title(facts.period)}",
            period=facts.period,
            keys=(
                Key(name="rubrique", label="Rubrique"),
                Key(name="indicateur", label="Code", hidden=True),
                Key(name="libelle", label="Indicateur"),
            ),
            columns=_COLUMNS,
            rows=tuple(self._row(side, one, organisation) for one in side.indicators),
            block="rubrique",
            notes=(
                FEW_NOTE,
                _GAP_NOTE,
                *missing_notes(facts, side.collection.slug, side.collection.title),
            ),
        )

    def _row(self, side: Side, one: Indicator, organisation: str) -> Row:
        own, nation = one.read(organisation), one.read(NATION)
        of_members = organisation not in side.platforms
        spread, ordered = self._spread(side, one, of_members=of_members)
        number = own.value.number
        hidden = number is None or self._hides(own) or len(ordered) < RANKED_FROM
        rank = NOT_CONCERNED if hidden or number is None else Value(1 + sum(other > number for other in ordered))
        among = Value(len(ordered)) if rank.known else NOT_CONCERNED
        figures = (
            own,
            part(own, nation) if one.additive else Figure(value=NOT_CONCERNED),
            nation,
            *(Figure(value=value) for value in spread),
            Figure(value=rank, rests_on=own.rests_on),
            Figure(value=among),
            self._gap(one, own, nation, spread[0]),
        )
        spreads = (_spread_kind(one.kind),) * 4
        kinds = (one.kind, Kind.PERCENT, one.kind, *spreads, Kind.COUNT, Kind.COUNT, _gap_kind(one))
        keys = {"rubrique": one.topic, "indicateur": one.name, "libelle": one.label, "heading": one.topic}
        return row_of(RowKind.LINE, keys, figures, kinds)

    @staticmethod
    def _gap(one: Indicator, own: Figure, nation: Figure, mean: Value) -> Figure:
        if not own.value.known:
            return own
        if one.additive:
            value = evolution(own.value, mean) if mean.known else NOT_CONCERNED
            return Figure(value=value, rests_on=own.rests_on)
        if one.kind is Kind.PERCENT:
            return difference(own, nation)
        return Figure(value=evolution(own.value, nation.value), rests_on=(*own.rests_on, *nation.rests_on))

    def _hides(self, figure: Figure) -> bool:
        return any(count in self.secret for count in figure.rests_on)

    def _spread(self, side: Side, one: Indicator, *, of_members: bool) -> tuple[tuple[Value, ...], list[Decimal]]:
        """Mean, median, first and third quartiles; and the figures, in order."""
        key = (side.service, one.name, of_members)
        if key not in self._spreads:
            found = [one.read(unit) for unit in (side.members if of_members else side.platforms)]
            numbers = sorted(
                Decimal(figure.value.number)
                for figure in found
                if figure.value.number is not None and not self._hides(figure)
            )
            self._ordered[key] = numbers
            self._spreads[key] = _spread_of(numbers)
        return self._spreads[key], self._ordered[key]


def _spread_of(numbers: Sequence[Decimal]) -> tuple[Value, ...]:
    if len(numbers) < RANKED_FROM:
        return (NOT_CONCERNED,) * 4
    mean = quotient(Value(sum(numbers, Decimal(0))), Value(len(numbers)))
    return (mean, *(quantile(numbers, Decimal(at)) for at in ("0.5", "0.25", "0.75")))


_COLUMNS = (
    Column(name="valeur", label="Valeur", kind=Kind.COUNT),
    Column(name="part_national_pct", label="Part du national %", kind=Kind.PERCENT),
    Column(name="national", label="National", kind=Kind.COUNT),
    Column(name="moyenne", label="Moyenne", kind=Kind.RATIO),
    Column(name="mediane", label="Médiane", kind=Kind.RATIO),
    Column(name="quartile_1", label="1er quartile", kind=Kind.RATIO),
    Column(name="quartile_3", label="3e quartile", kind=Kind.RATIO),
    Column(name="rang", label="Rang", kind=Kind.COUNT),
    Column(name="sur", label="sur", kind=Kind.COUNT),
    Column(name="ecart", label="Écart au national", kind=Kind.EVOLUTION),
)


def _spread_kind(kind: Kind) -> Kind:
    return Kind.RATIO if kind is Kind.COUNT else kind


def _gap_kind(one: Indicator) -> Kind:
    return Kind.POINTS if one.kind is Kind.PERCENT else Kind.EVOLUTION

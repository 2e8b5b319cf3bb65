"""D10: the satisfaction surveys consolidated, for the nation and for each platform (S1-13, R D10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from domain.organisations import Service
from publication.counted import NATION, Count
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cases import difference, row_of
from publication.tables.cil_pass.cube import Figure, Homes, part
from publication.tables.cil_pass.dimensions import GRADES, ITEMS, SATISFACTION
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.services import SERVICES
from publication.tables.cil_pass.titles import year_title
from publication.values import MISSING, Value
from publication.year import Year, YearFacts

TITLE = "Consolidation des enquêtes de satisfaction"
WHOLE_LABEL = "Ensemble du service"
_SERVED, _ANSWERS = "nb_prestations", "nb_total"
_FIGURES = (_SERVED, _ANSWERS, *GRADES)
_GOOD = ("nb_tres_satisfait", "nb_satisfait")
FOOTNOTES = (
    (
        "Somme des lignes des CIL/CCI. Nombre total par ligne : réponses reçues. Taux de retour : réponses pour 100 "
        "prestations réalisées. Les parts sont en % des réponses."
    ),
    (
        "Ensemble du service : somme des réponses aux quatre questions ; nombre de prestations de la question qui en a "
        "le plus ; taux de retour moyen des quatre questions."
    ),
)


class Answers:
    """The answers of one service and year, by group. `year` None: nothing is known."""

    def __init__(self, facts: YearFacts, service: Service, year: Year | None) -> None:
        self.facts, self.service, self.year = facts, service, year
        self.number = facts.period.year if year is None else year.period.year
        self._sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._states: dict[str, Value] = {}
        if year is not None:
            self._add(year)

    def _add(self, year: Year) -> None:
        lines = [
            one
            for one in year.records.get(SATISFACTION, ())
            if one.values.get("niveau_ligne") == "C" and one.values.get("service") == self.service.value
        ]
        self.homes = Homes(
            facts=self.facts,
            year=year,
            collection=SATISFACTION,
            service=self.service,
            by_line=True,
            deposited={one.values["code_cil"]: one.platform for one in lines},
        )
        for one in lines:
            for group in self.homes.groups(one.values["code_cil"]):
                for name in _FIGURES:
                    self._sums[group, one.values["item"], name] += int(one.values.get(name) or 0)

    def state(self, group: str) -> Value:
        """0 when the group has figures; else why not."""
        if self.year is None:
            return MISSING
        if group not in self._states:
            self._states[group] = self.homes.state(group)
        return self._states[group]

    def concerns(self, platform: str) -> bool:
        """Whether a CIL/CCI of that platform performs the service, or has answers."""
        return any(self.homes.platform(member) == platform for member in self.homes.members)

    def figure(self, group: str, item: str, name: str) -> Figure:
        """One of the six figures; `item`: of the questionnaire, or the service's code for all four."""
        state = self.state(group)
        if not state.known:
            return Figure(value=state)
        items = self._items(item)
        numbers = [self._sums.get((group, one, name), 0) for one in items]
        if name == _SERVED:
            return Figure(value=Value(max(numbers)))
        modality = "" if name == _ANSWERS else name
        return Figure(value=Value(sum(numbers)), rests_on=(self._count(group, item, modality),))

    def satisfied(self, group: str, item: str) -> Figure:
        """« Très satisfait » and « satisfait », in % of the answers."""
        good = [self.figure(group, item, name) for name in _GOOD]
        if not good[0].value.known:
            return good[0]
        number = sum(one.value.number or 0 for one in good)
        both = Figure(value=Value(number), rests_on=tuple(count for one in good for count in one.rests_on))
        return part(both, self.figure(group, item, _ANSWERS))

    def returned(self, group: str, item: str) -> Figure:
        """Answers in % of what was served; of a service: over its four items."""
        answers = self.figure(group, item, _ANSWERS)
        if not answers.value.known:
            return answers
        served = sum(self._sums.get((group, one, _SERVED), 0) for one in self._items(item))
        return part(answers, Figure(value=Value(served)))

    def _items(self, item: str) -> Sequence[str]:
        return tuple(ITEMS[self.service]) if item == self.service.value else (item,)

    def _count(self, group: str, item: str, modality: str) -> Count:
        return Count(collection=SATISFACTION, year=self.number, group=group, dimension=item, modality=modality)


Pair = tuple[Answers, Answers]


def answers_of(facts: YearFacts, service: Service) -> Pair:
    """Of the year, and of the year before."""
    return Answers(facts, service, facts.year), Answers(facts, service, facts.before)


def satisfaction_tables(facts: YearFacts) -> tuple[Table, ...]:
    """The nation, then each platform."""
    both = {service: answers_of(facts, service) for service in Service}
    return (_national(facts, both), _by_platform(facts, both))


def columns(facts: YearFacts) -> tuple[Column, ...]:
    """As the documents order them, then what is computed."""
    grades = [
        column
        for name, label in GRADES.items()
        for column in (
            Column(name=name, label="Nb", kind=Kind.COUNT, group=label),
            Column(name=f"{name.removeprefix('nb_')}_pct", label="%", kind=Kind.PERCENT, group=label),
        )
    ]
    return (
        Column(name=_SERVED, label="Nb de prestations réalisées", kind=Kind.COUNT, group="Prestations"),
        Column(name=_ANSWERS, label="Nombre total par ligne", kind=Kind.COUNT, group="Réponses"),
        *grades,
        Column(name="taux_retour_pct", label="Taux de retour", kind=Kind.PERCENT, group="Synthèse"),
        Column(name="satisfaits_pct", label="Très satisfait + satisfait", kind=Kind.PERCENT, group="Synthèse"),
        Column(
            name="satisfaits_precedent_pct",
            label=f"Rappel {facts.period.year - 1}",
            kind=Kind.PERCENT,
            group="Synthèse",
        ),
        Column(name="ecart_points", label="Écart en points", kind=Kind.POINTS, group="Synthèse"),
    )


def figures(both: Pair, group: str, item: str) -> list[Figure]:
    """The row of one item."""
    now, before = both
    answers = now.figure(group, item, _ANSWERS)
    found = [now.figure(group, item, _SERVED), answers]
    for name in GRADES:
        one = now.figure(group, item, name)
        found += [one, part(one, answers)]
    shares = [one.satisfied(group, item) for one in (now, before)]
    return [*found, now.returned(group, item), *shares, difference(*shares)]


def item_rows(both: Pair, group: str, service: Service, keys: dict[str, str], whole: RowKind) -> list[Row]:
    """The four items of a service, then all together."""
    rows = [
        row_of(
            RowKind.LINE,
            {**keys, "code_service": service.value, "item": item, "libelle": label},
            figures(both, group, item),
        )
        for item, label in ITEMS[service].items()
    ]
    words = {**keys, "code_service": service.value, "item": service.value, "libelle": WHOLE_LABEL}
    rows.append(row_of(whole, words, figures(both, group, service.value)))
    return rows


def _national(facts: YearFacts, both: dict[Service, Pair]) -> Table:
    rows: list[Row] = []
    for one in SERVICES:
        rows += item_rows(both[one.service], NATION, one.service, {"heading": one.title}, RowKind.BLOCK_TOTAL)
    return Table(
        code="D10",
        title=TITLE,
        subtitle=f"national – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="code_service", label="Service"),
            Key(name="item", label="Code", hidden=True),
            Key(name="libelle", label="Item"),
        ),
        columns=columns(facts),
        rows=tuple(rows),
        block="code_service",
        footnotes=FOOTNOTES,
        notes=missing_notes(facts, SATISFACTION, "Enquêtes de satisfaction"),
    )


def _by_platform(facts: YearFacts, both: dict[Service, Pair]) -> Table:
    platforms = sorted({one for now, _ in both.values() for one in now.homes.platforms})
    rows: list[Row] = []
    for platform in platforms:
        for one in SERVICES:
            if both[one.service][0].concerns(platform):
                keys = {
                    "code_plateforme": platform,
                    "libelle_service": one.title,
                    "heading": f"PLATE-FORME {platform} – {facts.name(platform)}",
                }
                rows += item_rows(both[one.service], platform, one.service, keys, RowKind.BLOCK_TOTAL)
    return Table(
        code="D10P",
        title=TITLE,
        subtitle=f"par Plate-forme – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="code_plateforme", label="Plate-forme"),
            Key(name="code_service", label="Code du service", hidden=True),
            Key(name="item", label="Code", hidden=True),
            Key(name="libelle_service", label="Service"),
            Key(name="libelle", label="Item"),
        ),
        columns=columns(facts),
        rows=tuple(rows),
        block="code_plateforme",
        footnotes=FOOTNOTES,
        notes=missing_notes(facts, SATISFACTION, "Enquêtes de satisfaction"),
    )

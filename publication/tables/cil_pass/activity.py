"""D14: the annual activity report of the Charte: its items, contacts, incidents, punctuality (S2-14, S0-33, R D14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.organisations import Service
from domain.text import fold
from publication.counted import NATION, REGION
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cases import row_of
from publication.tables.cil_pass.cube import Cube, Figure, Homes
from publication.tables.cil_pass.dimensions import ACTIVITY, CASES, FAMILIES, INCIDENTS
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.national import national_table
from publication.tables.cil_pass.services import SERVICES, PublishedService
from publication.tables.cil_pass.titles import year_title
from publication.values import MISSING, Number, Value, evolution, share
from publication.year import Year, YearFacts
from schemas.codes import department_rank

TITLE = "Rapport d’activité (annuel)"
CASES_ITEM = "dossiers"
"""The pseudo-indicator of what the cases describe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item of the Charte, or a detail of it. `rank`: its number; 0 for a detail."""

    name: str
    label: str
    rank: int = 0
    kind: Kind = Kind.COUNT


_CONTACTS = (
    Item(name="nb_contacts_total", label="Contacts salariés par nature (visite, téléphone...) : ensemble", rank=1),
    Item(name="nb_contacts_visite", label="dont visite"),
    Item(name="nb_contacts_telephone", label="dont téléphone"),
    Item(name="nb_contacts_courrier", label="dont courrier"),
    Item(name="nb_contacts_courriel", label="dont courriel"),
    Item(name="nb_contacts_autre", label="dont autre"),
)
CHARTER: dict[Service, tuple[Item, ...]] = {
    Service.ASA: (
        *_CONTACTS,
        Item(
            name="nb_relations_contractualisees",
            label="Relations contractualisées avec les salariés en difficulté",
            rank=2,
        ),
        Item(name="nb_cas_satisfaction", label="Cas traités à la satisfaction du salarié", rank=3),
        Item(name="nb_cas_enquetes", label="pour un nombre de cas enquêtés de"),
        Item(name="nb_entreprises_touchees", label="Entreprises touchées", rank=4),
        Item(name="nb_partenaires_contactes", label="Sous-traitants ou partenaires contactés", rank=5),
        Item(name="nb_dossiers_sous_traitants", label="Dossiers menés à bonne fin par les sous-traitants", rank=6),
        Item(name=CASES_ITEM, label="Caractéristique des bénéficiaires : dossiers décrits (voir D11)", rank=7),
        Item(name=CASES_ITEM, label="Caractéristiques des situations de détresse : dossiers décrits (D11)", rank=8),
    ),
    Service.MOB: (
        *_CONTACTS,
        Item(name="nb_entreprises_touchees", label="Entreprises touchées", rank=2),
        Item(name="nb_missions_realisees", label="Missions réalisées", rank=3),
        Item(name="chiffre_affaires_ht", label="Chiffre d’affaires HT", rank=4, kind=Kind.EUROS),
        Item(name="nb_accords_partenariats", label="Accords de partenariats", rank=5),
        Item(name=CASES_ITEM, label="Caractéristique des bénéficiaires : dossiers décrits (voir D12)", rank=6),
        Item(name=CASES_ITEM, label="Type de prestations réalisées : dossiers décrits (voir D12)", rank=7),
    ),
}
NATURES = {
    "indisponibilite": "indisponibilité",
    "non_respect": "non-respect de l’accord",
    "remuneration": "rémunération ou avantage réclamé",
    "confidentialite": "confidentialité",
    "autre": "autre",
}
GRAVITIES = {"1": "1 – mineure", "2": "2 – sérieuse", "3": "3 – majeure"}


class Activity:
    """What the activity reports of one service and year say, by group. `year` None: nothing is known."""

    def __init__(self, facts: YearFacts, service: Service, year: Year | None) -> None:
        self.facts, self.service, self.year = facts, service, year
        self._sums: defaultdict[tuple[str, str], Number] = defaultdict(int)
        collection = next(one for one in CASES if one.service is service)
        self.cases = Cube(facts, collection, year)
        if year is not None:
            self._add(year)

    def _add(self, year: Year) -> None:
        lines = [one for one in year.records.get(ACTIVITY, ()) if one.values.get("service") == self.service.value]
        self.homes = Homes(
            facts=self.facts,
            year=year,
            collection=ACTIVITY,
            service=self.service,
            by_line=True,
            deposited={one.values["code_cil"]: one.platform for one in lines},
        )
        for one in lines:
            for group in self.homes.groups(one.values["code_cil"]):
                for item in CHARTER[self.service]:
                    number = one.values.get(item.name)
                    if number is not None:
                        self._sums[group, item.name] += number

    def figure(self, group: str, item: Item) -> Figure:
        """One item."""
        if item.name == CASES_ITEM:
            return self.cases.count(group)
        if self.year is None:
            return Figure(value=MISSING)
        state = self.homes.state(group)
        return Figure(value=Value(self._sums.get((group, item.name), 0)) if state.known else state)


Pair = tuple[Activity, Activity]


def activity_tables(facts: YearFacts) -> tuple[Table, ...]:
    """The items for the nation; by région and by platform with each CIL/CCI; the year's quarters; incidents; rates."""
    both = {one: (Activity(facts, one, facts.year), Activity(facts, one, facts.before)) for one in Service}
    found = [_national(facts, both)]
    for letter, one in zip("AM", SERVICES, strict=True):
        pair = both[one.service]
        found.append(_by_block(facts, one, pair, f"D14{letter}R", by_region=True))
        found.append(_by_block(facts, one, pair, f"D14{letter}P", by_region=False))
    if facts.year.quarters is not None:
        found.append(national_table("D3", facts.year.quarters))
    return (*found, _incidents(facts), _punctuality(facts))


def _national(facts: YearFacts, both: dict[Service, Pair]) -> Table:
    rows = [
        row_of(
            RowKind.LINE,
            {
                "code_service": one.service.value,
                "rang": str(item.rank or ""),
                "indicateur": item.name,
                "libelle": f"{item.rank}. {item.label}" if item.rank else item.label,
                "heading": one.title,
            },
            _evolving(*(activity.figure(NATION, item) for activity in both[one.service])),
            (item.kind, item.kind, Kind.EVOLUTION),
        )
        for one in SERVICES
        for item in CHARTER[one.service]
    ]
    year = facts.period.year
    return Table(
        code="D14",
        title=TITLE,
        subtitle=f"national – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="code_service", label="Service"),
            Key(name="rang", label="N°", hidden=True),
            Key(name="indicateur", label="Indicateur", hidden=True),
            Key(name="libelle", label="Point de la Charte"),
        ),
        columns=(
            Column(name="valeur", label=f"Année {year}", kind=Kind.COUNT),
            Column(name="valeur_precedente", label=f"Année {year - 1}", kind=Kind.COUNT),
            Column(name="evolution_pct", label="Évolution en %", kind=Kind.EVOLUTION),
        ),
        rows=tuple(rows),
        block="code_service",
        notes=_notes(facts),
    )


def _evolving(now: Figure, before: Figure) -> tuple[Figure, ...]:
    change = Figure(value=evolution(now.value, before.value), rests_on=(*now.rests_on, *before.rests_on))
    return (now, before, change)


def _notes(facts: YearFacts) -> tuple[str, ...]:
    asked = facts.year.expected.get(ACTIVITY) or facts.year.present.get(ACTIVITY)
    told = () if asked else ("Le rapport d’activité n’a pas été demandé pour cet exercice.",)
    return (*told, *missing_notes(facts, ACTIVITY, "Rapport d’activité"))


def _own_items(service: Service) -> tuple[Item, ...]:
    """Those that a report tells, once."""
    return tuple(item for item in CHARTER[service] if item.name != CASES_ITEM)


def _by_block(facts: YearFacts, one: PublishedService, pair: Pair, code: str, *, by_region: bool) -> Table:
    now = pair[0]
    items = _own_items(one.service)
    key = Key(name="region", label="Région") if by_region else Key(name="code_plateforme", label="Plate-forme")
    place: Callable[[str], str] = now.homes.region if by_region else now.homes.platform
    rows: list[Row] = []
    for group in now.homes.regions if by_region else now.homes.platforms:
        members = [member for member in _in_order(facts, now.homes.members) if place(member) == group]
        if not members:
            continue
        name = group.removeprefix(REGION)
        heading = f"RÉGION {name.upper()}" if by_region else f"PLATE-FORME {group} – {facts.name(group)}"
        keys = {key.name: name, "heading": heading}
        rows += [_line(facts, now, items, member, keys) for member in members]
        rows.append(_total(now, items, group, {**keys, "code_cil": "TOTAL", "nom_cil": "Total"}, RowKind.BLOCK_TOTAL))
    keys = {key.name: "NATIONAL", "code_cil": "TOTAL", "nom_cil": "Total national"}
    rows.append(_total(now, items, NATION, keys, RowKind.TOTAL))
    return Table(
        code=code,
        title=f"{TITLE} – {one.title}",
        subtitle=f"{'par région' if by_region else 'par Plate-forme'} – {year_title(facts.period)}",
        period=facts.period,
        keys=(key, Key(name="code_cil", label="Code", hidden=True), Key(name="nom_cil", label="CIL/CCI")),
        columns=tuple(Column(name=item.name, label=item.label, kind=item.kind) for item in items),
        rows=tuple(rows),
        block=key.name,
        notes=_notes(facts),
    )


def _line(facts: YearFacts, now: Activity, items: Sequence[Item], member: str, keys: dict[str, str]) -> Row:
    words = {**keys, "code_cil": member, "nom_cil": facts.name(member)}
    return row_of(RowKind.LINE, words, [now.figure(member, item) for item in items])


def _total(now: Activity, items: Sequence[Item], group: str, keys: dict[str, str], kind: RowKind) -> Row:
    return row_of(kind, keys, [now.figure(group, item) for item in items])


def _in_order(facts: YearFacts, members: Sequence[str]) -> list[str]:
    """By département of the seat in the order of the INSEE, then by name without accents (D0)."""
    return sorted(members, key=lambda one: (department_rank(facts.department(one)), fold(facts.name(one)), one))


def _incidents(facts: YearFacts) -> Table:
    families = {code: label for code, (_, label) in FAMILIES.items()}
    rows: list[Row] = []
    for name, heading, labels in (
        ("nature", "Par nature", NATURES),
        ("famille_partenaire", "Par famille de partenaires", families),
        ("gravite", "Par gravité", GRAVITIES),
    ):
        for code, label in labels.items():
            keys = {"critere": name, "code": code, "libelle": label, "heading": heading}
            rows.append(_incident_row(facts, RowKind.LINE, keys, (name, code)))
    keys = {"critere": "TOTAL", "code": "", "libelle": "Total des incidents"}
    rows.append(_incident_row(facts, RowKind.TOTAL, keys, None))
    year = facts.period.year
    return Table(
        code="D14I",
        title="Incidents avec les partenaires",
        subtitle=year_title(facts.period),
        period=facts.period,
        keys=(
            Key(name="critere", label="Critère"),
            Key(name="code", label="Code", hidden=True),
            Key(name="libelle", label="Incidents"),
        ),
        columns=(
            Column(name="nombre", label=f"Année {year}", kind=Kind.COUNT),
            Column(name="nombre_precedent", label=f"Année {year - 1}", kind=Kind.COUNT),
            Column(name="evolution_pct", label="Évolution en %", kind=Kind.EVOLUTION),
        ),
        rows=tuple(rows),
        block="critere",
        footnotes=("Incidents signalés par les Plates-formes ; chacun est compté une fois, dans son dernier état.",),
    )


def _incident_row(facts: YearFacts, kind: RowKind, keys: dict[str, str], wanted: tuple[str, str] | None) -> Row:
    """Nothing is owed: no incident is 0; of a year of which nothing is known, `n.d.`."""
    now, before = (_incidents_of(year, wanted) for year in (facts.year, facts.before))
    return Row(kind=kind, keys=keys, values=(now, before, evolution(now, before)))


def _incidents_of(year: Year | None, wanted: tuple[str, str] | None) -> Value:
    """`wanted`: a column and its code; None: all."""
    if year is None or not (any(year.present.values()) or any(year.nil.values())):
        return MISSING
    records = year.records.get(INCIDENTS, ())
    return Value(sum(wanted is None or str(one.values.get(wanted[0])) == wanted[1] for one in records))


def _punctuality(facts: YearFacts) -> Table:
    found = facts.year.punctuality
    rows = [
        _rate_row(RowKind.LINE, {"code_plateforme": one, "libelle": facts.name(one)}, *found[one])
        for one in sorted(found)
    ]
    sums = [sum(pair[place] for pair in found.values()) for place in (0, 1)]
    rows.append(_rate_row(RowKind.TOTAL, {"code_plateforme": "TOTAL", "libelle": "Toutes les Plates-formes"}, *sums))
    return Table(
        code="D14V",
        title="Ponctualité des Plates-formes",
        subtitle=year_title(facts.period),
        period=facts.period,
        keys=(Key(name="code_plateforme", label="Code"), Key(name="libelle", label="Plate-forme")),
        columns=(
            Column(name="a_temps", label="Échéances tenues", kind=Kind.COUNT),
            Column(name="echues", label="Échéances de l’exercice", kind=Kind.COUNT),
            Column(name="taux_pct", label="Taux de ponctualité", kind=Kind.PERCENT),
        ),
        rows=tuple(rows),
        footnotes=("Échéance tenue : dépôt complet et accepté, reçu au plus tard à l’échéance.",),
    )


def _rate_row(kind: RowKind, keys: dict[str, str], kept: int, due: int) -> Row:
    values = (Value(kept), Value(due), share(Value(kept), Value(due)))
    return Row(kind=kind, keys=keys, values=values)

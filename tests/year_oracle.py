"""The tables D10 to D15 computed a second time, from the deposited files alone: shares no code with `publication`.

Reads CSV with the `csv` module, figures with `fractions`, before secrecy. `recompute` gives, for each table, what names
a row → column → text, as its CSV has it; the tables of one organisation are named `CIL001/D15A`.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tests.publication_oracle import REGIONS_2005, Deposit

Figure = Fraction | str
"""A number, or the word in its place."""
Line = Mapping[str, str]
Table = dict[tuple[str, ...], dict[str, str]]
SECRET = "s."
"""Not even how many there are is told where there are too few."""
ABSENT, NOT_ASKED, NO_BASE = "n.d.", "", "n.s."
SERVICES = {"ASA": "A", "MOB": "M"}
CASES = {"ASA": "N2A", "MOB": "N2M"}
QUARTERLY = {"ASA": "N1A", "MOB": "N1M"}
N1 = {
    "ASA": ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires"),
    "MOB": ("dossiers_individuels", "entreprises_concernees", "montant_facture_ht"),
}
BINS = {
    "ressources": (("lt1000", 0), ("1000_1499", 1000), ("1500_1999", 1500), ("2000_2999", 2000), ("ge3000", 3000)),
    "foyer": (("1", 0), ("2", 2), ("3", 3), ("4", 4), ("5", 5), ("ge6", 6)),
    "revenus": (("0", 0), ("1", 1), ("2", 2), ("ge3", 3)),
    "age": (("lt26", 0), ("26_35", 26), ("36_45", 36), ("46_55", 46), ("ge56", 56)),
}
SINGLE = {
    "ASA": {
        "ressources": "ressources_nettes_mensuelles",
        "foyer": "nb_personnes_foyer",
        "revenus": "nb_revenus_foyer",
        "age": "age_demandeur",
        "contrat": "type_contrat_travail",
        "csp": "csp_demandeur",
        "departement": "code_postal_demandeur",
        "situation": "type_situation",
        "diagnostic": "diagnostic_prealable",
    },
    "MOB": {
        "ressources": "ressources_nettes_mensuelles",
        "foyer": "nb_personnes_foyer",
        "revenus": "nb_revenus_foyer",
        "age": "age_salarie",
        "csp": "csp_salarie",
        "mutation": "nature_mutation",
        "depart": "code_postal_depart",
        "arrivee": "code_postal_arrivee",
    },
}
CODES = {
    "contrat": "1 2 3 4 9",
    "csp": "1 2 3 4 5 6 7 8",
    "situation": "1 2 3 4 5 6 7 8 9",
    "diagnostic": "O N",
    "mutation": "1 2",
}
PLACES = ("departement", "depart", "arrivee")
PREFIXES = {"ASA": {"services": "svc_", "produits": "prod_", "partenaires": "part_"}, "MOB": {}}
MOBILE = {
    "services": (
        "entretien_individuel",
        "recherche_accession",
        "recherche_locatif",
        "accompagnement_individuel",
        "mise_en_service",
        "prestation_hors_charte",
    ),
    "aides": ("aide_mobili_pass", "pret_relais_mobilite", "autre_produit_1pct"),
}
CROSSES = (("situation", "services"), ("situation", "produits"), ("csp", "situation"), ("situation", "partenaires"))
GRADES = ("tres_satisfait", "satisfait", "peu_satisfait", "pas_satisfait")
FAMILIES = ("BS", "AB", "AS", "SS", "PF", "EN", "AI", "BF", "AU")
CHARTER = {
    "ASA": (
        ("1", "nb_contacts_total"),
        ("", "nb_contacts_visite"),
        ("", "nb_contacts_telephone"),
        ("", "nb_contacts_courrier"),
        ("", "nb_contacts_courriel"),
        ("", "nb_contacts_autre"),
        ("2", "nb_relations_contractualisees"),
        ("3", "nb_cas_satisfaction"),
        ("", "nb_cas_enquetes"),
        ("4", "nb_entreprises_touchees"),
        ("5", "nb_partenaires_contactes"),
        ("6", "nb_dossiers_sous_traitants"),
        ("7", "dossiers"),
        ("8", "dossiers"),
    ),
    "MOB": (
        ("1", "nb_contacts_total"),
        ("", "nb_contacts_visite"),
        ("", "nb_contacts_telephone"),
        ("", "nb_contacts_courrier"),
        ("", "nb_contacts_courriel"),
        ("", "nb_contacts_autre"),
        ("2", "nb_entreprises_touchees"),
        ("3", "nb_missions_realisees"),
        ("4", "chiffre_affaires_ht"),
        ("5", "nb_accords_partenariats"),
        ("6", "dossiers"),
        ("7", "dossiers"),
    ),
}
STRUCTURE = {"ASA": ("situation", "services", "partenaires"), "MOB": ("mutation", "services", "aides")}
NATURES = {
    "indisponibilité": "indisponibilite",
    "non-respect de l’accord": "non_respect",
    "rémunération ou avantage réclamé": "remuneration",
    "confidentialité": "confidentialite",
    "autre": "autre",
}
REGION_OF = {
    code: words[0]
    for words in (
        (" ".join(one for one in block.split() if not one[0].isdigit()), block) for block in REGIONS_2005.split("|")
    )
    for code in (one for one in words[1].split() if one[0].isdigit())
}
DEPARTMENTS = sorted(REGION_OF, key=lambda one: one.replace("A", ".1").replace("B", ".2"))
REGIONS = sorted(set(REGION_OF.values()))


def shown(figure: Figure, decimals: int = 0) -> str:
    """As a CSV has it."""
    if isinstance(figure, str):
        return figure
    exact = Decimal(figure.numerator) / Decimal(figure.denominator)
    text = str(abs(exact).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)).replace(".", ",")
    return f"-{text}" if figure < 0 and any(one in "123456789" for one in text) else text


def rounded(figure: Fraction, decimals: int) -> Fraction:
    return Fraction(shown(figure, decimals).replace(",", "."))


def pct(part: Figure, whole: Figure) -> Figure:
    if isinstance(part, str):
        return part
    if isinstance(whole, str):
        return ABSENT
    return rounded(100 * part / whole, 1) if whole else NO_BASE


def gap(one: Figure, other: Figure) -> Figure:
    """Points between two percentages as shown."""
    if isinstance(one, str):
        return one if one != NO_BASE else NO_BASE
    return ABSENT if isinstance(other, str) else one - other


def growth(now: Figure, before: Figure) -> Figure:
    if isinstance(now, str) or isinstance(before, str):
        return ABSENT
    return rounded(100 * (now - before) / before, 1) if before else NO_BASE


def number(cell: str) -> Fraction:
    return Fraction(cell.replace(",", ".").replace(" ", ""))


def middle(values: Sequence[Fraction], place: Fraction = Fraction(1, 2)) -> Fraction:
    """The quantile between the two nearest ranks."""
    ordered = sorted(values)
    at = place * (len(ordered) - 1)
    below = at.numerator // at.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def department(code: str) -> str:
    if len(code) == 5:
        code = (
            code[:3]
            if code.startswith("97")
            else {"200": "2A", "201": "2A", "202": "2B", "206": "2B"}.get(code[:3], code[:2])
        )
    return code if code in REGION_OF else "nd"


@dataclass(kw_only=True)
class Register:
    """The three sheets."""

    organisations: Mapping[str, Line]
    adhesions: Sequence[Line]
    delegations: Sequence[Line]

    @classmethod
    def of(cls, sheets: Mapping[str, bytes]) -> Register:
        read = {name: rows(content) for name, content in sheets.items()}
        return cls(
            organisations={one["code"]: one for one in read["organisations"]},
            adhesions=read["adhesions"],
            delegations=read["delegations"],
        )

    def homes(self, service: str, year: int) -> dict[str, str]:
        """CIL/CCI → its platform of 31 December."""
        day = date(year, 12, 31).isoformat()
        return {
            one["code_cil"]: one["code_plateforme"]
            for one in self.adhesions
            if one["service"] == service and one["date_effet"] <= day <= (one["date_fin"] or "9999")
        }

    def performers(self, service: str, year: int) -> set[str]:
        """Adherents, less those that gave it away from 1 January to 31 December."""
        given = {
            one["code_mandant"]
            for one in self.delegations
            if one["service"] == service
            and one["date_debut"] <= f"{year}-01-01"
            and (one["date_fin"] or "9999") >= f"{year}-12-31"
        }
        return set(self.homes(service, year)) - given

    def region(self, member: str) -> str:
        return REGION_OF.get(self.organisations[member]["departement"], "HORS REGISTRE")


def rows(content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


@dataclass(kw_only=True)
class Books:
    """What is in force, by (collection, period): platform → lines; None: « état néant »."""

    register: Register
    lines: dict[tuple[str, str], dict[str, list[dict[str, str]] | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, register: Register, deposits: Iterable[Deposit]) -> Books:
        books = cls(register=register)
        for one in deposits:
            mine = books.lines.setdefault((one.collection, one.period), {})
            nil = b"NEANT" in one.content
            read = None if nil else rows(one.content)
            former = mine.get(one.platform)
            if one.collection == "N2I" and former and read:
                told = {line["numero_incident"]: line for line in [*former, *read]}
                read = list(told.values())
            mine[one.platform] = read
        return books

    def of_year(self, collection: str, year: int) -> dict[str, list[dict[str, str]] | None]:
        return self.lines.get((collection, str(year)), {})


class Side:
    """One collection of one service and year: who it is about, and what stands in the place of a missing figure."""

    def __init__(self, books: Books, collection: str, service: str, year: int) -> None:
        self.books, self.collection, self.service, self.year = books, collection, service, year
        self.homes = books.register.homes(service, year)
        self.came = books.of_year(collection, year)
        self.lines: dict[str, list[dict[str, str]]] = defaultdict(list)
        for lines in self.came.values():
            for one in lines or ():
                if one.get("code_cil") and one.get("service", service) == service:
                    self.lines[one["code_cil"]].append(one)
        self.performers = books.register.performers(service, year)
        self.members = sorted(self.performers | set(self.lines))
        self.platforms = sorted({self.homes[one] for one in self.members} | self.owing() | set(self.came))

    def owing(self) -> set[str]:
        if self.collection == "N2R":
            return set()
        services = (self.service,) if self.collection in {"N2A", "N2M"} else ("ASA", "MOB")
        return {home for one in services for home in self.books.register.homes(one, self.year).values()}

    def group(self, name: str) -> list[str]:
        """Its CIL/CCI. Names: empty, a platform, `r:` and a région, a CIL/CCI."""
        if name == "":
            return self.members
        if name.startswith("r:"):
            return [one for one in self.members if self.books.register.region(one) == name[2:]]
        if name.startswith("PF"):
            return [one for one in self.members if self.homes[one] == name]
        return [name] if name in self.members else []

    def word(self, name: str) -> str | None:
        """What stands for a figure; None when there is one."""
        if name == "":
            words = [self.word(one) for one in self.platforms]
        elif name.startswith("r:"):
            words = [self.word(one) for one in self.group(name)]
        elif name.startswith("PF"):
            if name in self.came:
                return None
            return ABSENT if name in self.owing() else NOT_ASKED
        elif name in self.lines:
            return None
        elif name in self.performers:
            by_line = self.collection in {"N2S", "N2R"}
            nil = self.came.get(self.homes[name], []) is None
            return ABSENT if by_line and not nil else self.word(self.homes[name])
        else:
            return NOT_ASKED
        return None if None in words else ABSENT if ABSENT in words or not words else NOT_ASKED

    def regions(self) -> list[str]:
        return sorted({self.books.register.region(one) for one in self.members})

    def of(self, name: str) -> list[dict[str, str]]:
        return [line for member in self.group(name) for line in self.lines.get(member, ())]


class CaseSide(Side):
    """Cases, with what each is."""

    def __init__(self, books: Books, service: str, year: int) -> None:
        super().__init__(books, CASES[service], service, year)
        self.profiles = {member: [profile(service, one) for one in lines] for member, lines in self.lines.items()}
        self._counts: dict[str, Counter[tuple[str, str]]] = {}

    def all(self, name: str) -> list[dict[str, tuple[str, ...]]]:
        return [one for member in self.group(name) for one in self.profiles.get(member, ())]

    def count(self, name: str, trait: str, code: str = "") -> Figure:
        word = self.word(name)
        if word is not None:
            return word
        if name not in self._counts:
            found = Counter((one, code) for case in self.all(name) for one, codes in case.items() for code in codes)
            self._counts[name] = found
        return Fraction(self._counts[name][trait, code])

    def share(self, name: str, trait: str, code: str) -> Figure:
        return pct(self.count(name, trait, code), self.count(name, "total"))

    def median(self, name: str) -> Figure:
        word = self.word(name)
        amounts = [number(one["ressources_nettes_mensuelles"]) for one in self.of(name)]
        return word if word is not None else middle(amounts) if amounts else SECRET


def profile(service: str, case: Line) -> dict[str, tuple[str, ...]]:
    """Trait → its codes."""
    found: dict[str, tuple[str, ...]] = {"total": ("",)}
    for trait, column in SINGLE[service].items():
        if trait in BINS:
            found[trait] = ([code for code, low in BINS[trait] if int(case[column]) >= low][-1],)
        elif trait in PLACES:
            found[trait] = (department(case[column]),)
        else:
            found[trait] = (case[column],)
    if service == "ASA":
        found["region"] = (REGION_OF.get(found["departement"][0], "nd"),)
    for trait, columns in flags(service, case).items():
        found[trait] = tuple(one for one in columns if case[one] == "O")
    return found


def flags(service: str, case: Line) -> Mapping[str, Sequence[str]]:
    if service == "MOB":
        return MOBILE
    return {trait: [one for one in case if one.startswith(start)] for trait, start in PREFIXES[service].items()}


def traits(service: str, case: Line, *, places: bool) -> list[tuple[str, str]]:
    """Every (trait, code) with a row."""
    found = []
    for trait in SINGLE[service]:
        if trait in BINS:
            found += [(trait, code) for code, _ in BINS[trait]]
        elif trait not in PLACES:
            found += [(trait, code) for code in CODES[trait].split()]
        elif places:
            found += [(trait, code) for code in (*DEPARTMENTS, "nd")]
    if service == "ASA" and places:
        found += [("region", name) for name in (*REGIONS, "nd")]
    return found + [(trait, one) for trait, columns in flags(service, case).items() for one in columns]


class Year:
    """Every table of one year."""

    def __init__(self, books: Books, year: int, flows_from: int) -> None:
        self.books, self.year, self.flows_from = books, year, flows_from
        self.cases = {
            service: (CaseSide(books, service, year), CaseSide(books, service, year - 1)) for service in SERVICES
        }
        self.surveys = {
            service: (Side(books, "N2S", service, year), Side(books, "N2S", service, year - 1)) for service in SERVICES
        }
        self.reports = {
            service: (Side(books, "N2R", service, year), Side(books, "N2R", service, year - 1)) for service in SERVICES
        }
        self.tables: dict[str, Table] = defaultdict(dict)
        self._answers: dict[tuple[str, int, str, str], dict[str, Figure]] = {}

    def make(self) -> dict[str, Table]:
        for service, code in (("ASA", "D11"), ("MOB", "D12")):
            self._cases(service, code)
        self._crosses()
        self._flows()
        self._surveys()
        self._agreements()
        self._activity()
        self._incidents()
        for service in SERVICES:
            self._situations(service)
        return dict(self.tables)

    def example(self, service: str) -> Line:
        return next(line for side in self.cases[service] for lines in side.lines.values() for line in lines)

    def two_years(self, service: str, name: str, trait: str, code: str) -> dict[str, str]:
        now, before = self.cases[service]
        shares = now.share(name, trait, code), before.share(name, trait, code)
        return {
            "effectif": shown(now.count(name, trait, code)),
            "part_pct": shown(shares[0], 1),
            "effectif_precedent": shown(before.count(name, trait, code)),
            "part_precedent_pct": shown(shares[1], 1),
            "ecart_points": shown(gap(*shares), 1),
        }

    def medians(self, service: str, name: str) -> dict[str, str]:
        now, before = self.cases[service]
        empty = dict.fromkeys(("part_pct", "part_precedent_pct", "ecart_points"), "")
        return {
            "effectif": shown(now.median(name), 2),
            "effectif_precedent": shown(before.median(name), 2),
            **empty,
        }

    def _cases(self, service: str, code: str) -> None:
        example, now = self.example(service), self.cases[service][0]
        for trait, one in traits(service, example, places=True):
            self.tables[code][trait, one] = self.two_years(service, "", trait, one)
        self.tables[code]["ressources", "mediane"] = self.medians(service, "")
        self.tables[code]["total", ""] = self.two_years(service, "", "total", "")
        blocks = [(f"{code}R", f"r:{one}", one) for one in now.regions()]
        blocks += [(f"{code}P", one, one) for one in now.platforms]
        for table, name, key in blocks:
            for trait, one in [*traits(service, example, places=False), ("total", "")]:
                self.tables[table][key, trait, one] = self.two_years(service, name, trait, one)
            if table == f"{code}P":
                self.tables[table][key, "ressources", "mediane"] = self.medians(service, name)
        for letter in "RP":
            self.tables[f"{code}{letter}"]["NATIONAL", "total", ""] = self.two_years(service, "", "total", "")

    def _crosses(self) -> None:
        now, example = self.cases["ASA"][0], self.example("ASA")
        every = traits("ASA", example, places=False)
        for rank, (first, second) in enumerate(CROSSES, 1):
            table = self.tables[f"D11X{rank}"]
            columns = [code for trait, code in every if trait == second]
            cells = Counter((one, other) for case in now.all("") for one in case[first] for other in case[second])
            for trait, code in every:
                if trait == first:
                    table[(code,)] = {other: str(cells[code, other]) for other in columns}
                    table[(code,)]["total"] = shown(now.count("", first, code))
            table[("TOTAL",)] = {other: shown(now.count("", second, other)) for other in columns}
            table[("TOTAL",)]["total"] = shown(now.count("", "total"))

    def _flows(self) -> None:
        now, table = self.cases["MOB"][0], self.tables["D12F"]
        found = Counter((case["depart"][0], case["arrivee"][0]) for case in now.all(""))
        ranks = {code: rank for rank, code in enumerate(DEPARTMENTS)}
        listed = sorted(
            (pair for pair in found if "nd" not in pair and found[pair] >= self.flows_from),
            key=lambda pair: (-found[pair], ranks[pair[0]], ranks[pair[1]]),
        )[:20]
        whole = now.count("", "total")
        assert isinstance(whole, Fraction)
        rest = whole - sum(found[pair] for pair in listed)
        for key, count in [*((pair, Fraction(found[pair])) for pair in listed), (("autres", "autres"), rest)]:
            table[key] = {"effectif": shown(count), "part_pct": shown(pct(count, whole), 1)}
        table["TOTAL", ""] = {"effectif": shown(whole), "part_pct": "100,0"}

    def answers(self, side: Side, name: str, item: str) -> dict[str, Figure]:
        """The six figures and the two rates."""
        key = (side.service, side.year, name, item)
        if key not in self._answers:
            self._answers[key] = self._summed(side, name, item)
        return self._answers[key]

    @staticmethod
    def _summed(side: Side, name: str, item: str) -> dict[str, Figure]:
        columns = ("nb_prestations", "nb_total", *(f"nb_{grade}" for grade in GRADES))
        word = side.word(name)
        if word is not None:
            return dict.fromkeys((*columns, "taux", "bons"), word)
        whole = item in SERVICES
        told = [one for one in side.of(name) if whole or one["item"] == item]
        sums: dict[str, Figure] = {
            column: sum((number(one[column]) for one in told), Fraction(0)) for column in columns
        }
        served = sums["nb_prestations"]
        if whole:
            per_item: Counter[str] = Counter()
            for one in told:
                per_item[one["item"]] += int(one["nb_prestations"])
            sums["nb_prestations"] = Fraction(max(per_item.values(), default=0))
        good = [sums["nb_tres_satisfait"], sums["nb_satisfait"]]
        total = sum((one for one in good if isinstance(one, Fraction)), Fraction(0))
        return {**sums, "taux": pct(sums["nb_total"], served), "bons": pct(total, sums["nb_total"])}

    def survey_row(self, service: str, name: str, item: str) -> dict[str, str]:
        now, before = (self.answers(side, name, item) for side in self.surveys[service])
        row = {"nb_prestations": shown(now["nb_prestations"]), "nb_total": shown(now["nb_total"])}
        for grade in GRADES:
            row[f"nb_{grade}"] = shown(now[f"nb_{grade}"])
            row[f"{grade}_pct"] = shown(pct(now[f"nb_{grade}"], now["nb_total"]), 1)
        return {
            **row,
            "taux_retour_pct": shown(now["taux"], 1),
            "satisfaits_pct": shown(now["bons"], 1),
            "satisfaits_precedent_pct": shown(before["bons"], 1),
            "ecart_points": shown(gap(now["bons"], before["bons"]), 1),
        }

    def _surveys(self) -> None:
        for service in SERVICES:
            now = self.surveys[service][0]
            for item in (*(f"{service}{rank}" for rank in range(1, 5)), service):
                self.tables["D10"][service, item] = self.survey_row(service, "", item)
                for platform in now.platforms:
                    if now.group(platform):
                        self.tables["D10P"][platform, service, item] = self.survey_row(service, platform, item)

    def _agreements(self) -> None:
        came = self.books.of_year("N2P", self.year)
        owing = Side(self.books, "N2A", "ASA", self.year).owing()
        every = [(platform, one) for platform, lines in came.items() for one in lines or ()]
        for platform, one in every:
            volume = number(one["volume_previsionnel"]) if one["volume_previsionnel"] else NOT_ASKED
            self.tables["D13"][platform, one["code_accord"]] = {
                "duree_validite_mois": one["duree_validite_mois"],
                "volume_previsionnel": shown(volume, 2 if one["volume_unite"] == "€" else 0),
            }
        for key in (*sorted(owing | set(came)), "NATIONAL"):
            mine = [one for platform, one in every if key in {platform, "NATIONAL"}]
            known = bool(came) if key == "NATIONAL" else key in came
            for family in (*FAMILIES, "TOTAL"):
                found = [one for one in mine if family in {one["famille_partenaire"], "TOTAL"}]
                self.tables["D13C"][key, family] = _agreed(found) if known else dict.fromkeys(_AGREED, ABSENT)

    def reported(self, side: Side, name: str, item: str) -> Figure:
        word = side.word(name)
        return word if word is not None else sum((number(one[item]) for one in side.of(name) if one[item]), Fraction(0))

    def _activity(self) -> None:
        for service, letter in SERVICES.items():
            now, before = self.reports[service]
            items = [item for _, item in CHARTER[service] if item != "dossiers"]
            for rank, item in CHARTER[service]:
                if item == "dossiers":
                    pair = [side.count("", "total") for side in self.cases[service]]
                else:
                    pair = [self.reported(side, "", item) for side in (now, before)]
                places = _places(item)
                self.tables["D14"][service, rank, item] = {
                    "valeur": shown(pair[0], places),
                    "valeur_precedente": shown(pair[1], places),
                    "evolution_pct": shown(growth(*pair), 1),
                }
            blocks = [(f"D14{letter}R", f"r:{one}", one) for one in now.regions()]
            blocks += [(f"D14{letter}P", one, one) for one in now.platforms if now.group(one)]
            for table, name, key in blocks:
                for row, group in [*((one, one) for one in now.group(name)), ("TOTAL", name)]:
                    self.tables[table][key, row] = self._report(now, group, items)
            for kind in "RP":
                self.tables[f"D14{letter}{kind}"]["NATIONAL", "TOTAL"] = self._report(now, "", items)

    def _report(self, side: Side, name: str, items: Iterable[str]) -> dict[str, str]:
        return {item: shown(self.reported(side, name, item), _places(item)) for item in items}

    def _incidents(self) -> None:
        pair = [
            [one for lines in self.books.of_year("N2I", year).values() for one in lines or ()]
            for year in (self.year, self.year - 1)
        ]
        columns = {"nature": NATURES.values(), "famille_partenaire": FAMILIES, "gravite": ("1", "2", "3")}
        read: dict[str, Callable[[Line], str]] = {
            "nature": lambda one: NATURES[one["nature"]],
            "famille_partenaire": lambda one: one["famille_partenaire"],
            "gravite": lambda one: one["gravite"],
        }
        keys = [(name, code) for name, codes in columns.items() for code in codes]
        for name, code in [*keys, ("TOTAL", "")]:
            now, before = (Fraction(sum(name == "TOTAL" or read[name](one) == code for one in found)) for found in pair)
            self.tables["D14I"][name, code] = {
                "nombre": shown(now),
                "nombre_precedent": shown(before),
                "evolution_pct": shown(growth(now, before), 1),
            }

    # ── D15 ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _situations(self, service: str) -> None:
        cases, survey = self.cases[service][0], self.surveys[service][0]
        members = sorted({*cases.members, *survey.members})
        homes = self.books.register.homes(service, self.year)
        platforms = sorted({homes[one] for one in members})
        letter = SERVICES[service]
        sheet = self._indicators(service)
        for units in (members, platforms):
            spreads = {name: self._spread(read, units) for name, (_, _, read) in sheet.items()}
            for unit in units:
                for name, (kind, additive, read) in sheet.items():
                    row = _position(kind, read(unit), read(""), spreads[name], additive=additive)
                    self.tables[f"{unit}/D15{letter}"][(name,)] = row
                levels = {"cil": unit, "plateforme": homes[unit]} if unit in homes else {"plateforme": unit}
                self._own_tables(service, unit, {**levels, "national": ""})

    def _own_tables(self, service: str, unit: str, levels: Mapping[str, str]) -> None:
        letter, (now, before) = SERVICES[service], self.cases[service]
        for level, name in levels.items():
            for item in (*(f"{service}{rank}" for rank in range(1, 5)), service):
                self.tables[f"{unit}/D15{letter}S"][level, service, item] = self.survey_row(service, name, item)
        table = self.tables[f"{unit}/D15{letter}C"]
        sides = [*((level, now, name) for level, name in levels.items()), ("precedent", before, unit)]
        for trait, code in [*traits(service, self.example(service), places=False), ("total", "")]:
            table[trait, code] = {
                column: text
                for level, side, name in sides
                for column, text in (
                    (f"{level}_effectif", shown(side.count(name, trait, code))),
                    (f"{level}_part_pct", shown(side.share(name, trait, code), 1)),
                )
            }
        table["ressources", "mediane"] = {
            column: text
            for level, side, name in sides
            for column, text in (
                (f"{level}_effectif", shown(side.median(name), 2)),
                (f"{level}_part_pct", ""),
            )
        }

    def _cumul(self, service: str, indicator: str) -> Callable[[str], Figure]:
        homes = self.books.register.homes(service, self.year)
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for quarter in range(1, 5):
            for lines in self.books.lines.get((QUARTERLY[service], f"{self.year}T{quarter}"), {}).values():
                for one in lines or ():
                    # by place: département, code, name, three figures; headers are those of the forms
                    cells = list(one.values())
                    for group in ("", cells[1], homes.get(cells[1], "?")):
                        sums[group] += number(cells[3 + N1[service].index(indicator)])
        return lambda name: sums.get(name, NOT_ASKED)

    def _indicators(self, service: str) -> dict[str, tuple[str, bool, Callable[[str], Figure]]]:
        """Name → kind, whether units add up to the nation, figure of a group."""
        found: dict[str, tuple[str, bool, Callable[[str], Figure]]] = {}
        read = {name: self._cumul(service, name) for name in N1[service]}
        for name in N1[service]:
            found[name] = ("euros" if name.startswith("montant") else "count", True, read[name])
        ratios = {
            "ASA": (
                ("engagements_sur_prealables", "pct", "engagements_reciproques", "diagnostics_prealables"),
                ("complementaires_sur_prealables", "pct", "diagnostics_complementaires", "diagnostics_prealables"),
            ),
            "MOB": (
                ("montant_moyen", "euros", "montant_facture_ht", "dossiers_individuels"),
                ("dossiers_par_entreprise", "ratio", "dossiers_individuels", "entreprises_concernees"),
            ),
        }
        for name, kind, over, under in ratios[service]:
            found[name] = (kind, False, _ratio(kind, read[over], read[under]))
        now = self.surveys[service][0]
        for item in (*(f"{service}{rank}" for rank in range(1, 5)), service):
            found[f"satisfaits_{item}"] = ("pct", False, lambda name, item=item: self.answers(now, name, item)["bons"])
        found["taux_retour"] = ("pct", False, lambda name: self.answers(now, name, service)["taux"])
        side = self.cases[service][0]
        found["dossiers"] = ("count", True, lambda name: side.count(name, "total"))
        found["ressources_mediane"] = ("euros", False, side.median)
        for trait, code in traits(service, self.example(service), places=False):
            if trait in STRUCTURE[service]:
                found[f"{trait}_{code}"] = (
                    "pct",
                    False,
                    lambda name, trait=trait, code=code: side.share(name, trait, code),
                )
        return found

    @staticmethod
    def _spread(read: Callable[[str], Figure], units: Iterable[str]) -> list[Fraction]:
        return sorted(one for unit in units if isinstance(one := read(unit), Fraction))


_AGREED = ("en_vigueur", "formalises", "nouveaux", "amendes", "reconduits", "caducs")


def _agreed(found: Sequence[Line]) -> dict[str, str]:
    alive = [one for one in found if one["statut"] != "caduc"]
    by = Counter(one["statut"] for one in found)
    formal = sum(one["formalise"] == "O" for one in alive)
    figures = (len(alive), formal, by["nouveau"], by["amende"], by["reconduit"], by["caduc"])
    return dict(zip(_AGREED, map(str, figures), strict=True))


def _places(item: str) -> int:
    return 2 if item == "chiffre_affaires_ht" else 0


def _ratio(kind: str, over: Callable[[str], Figure], under: Callable[[str], Figure]) -> Callable[[str], Figure]:
    def read(name: str) -> Figure:
        one, other = over(name), under(name)
        if kind == "pct" or isinstance(one, str) or isinstance(other, str):
            return pct(one, other)
        return rounded(one / other, 2) if other else NO_BASE

    return read


_DECIMALS = {"count": 0, "pct": 1, "euros": 2, "ratio": 2}


def _position(kind: str, own: Figure, nation: Figure, others: Sequence[Fraction], *, additive: bool) -> dict[str, str]:
    places = _DECIMALS[kind]
    spread: dict[str, Figure] = dict.fromkeys(("moyenne", "mediane", "quartile_1", "quartile_3"), NOT_ASKED)
    few = len(others) < 5
    if not few:
        spread = {
            "moyenne": rounded(sum(others, Fraction(0)) / len(others), 2),
            "mediane": rounded(middle(others), 2),
            "quartile_1": rounded(middle(others, Fraction(1, 4)), 2),
            "quartile_3": rounded(middle(others, Fraction(3, 4)), 2),
        }
    row = {
        "valeur": shown(own, places),
        "part_national_pct": shown(pct(own, nation), 1) if additive else "",
        "national": shown(nation, places),
        **{name: shown(one, 2 if kind == "count" else places) for name, one in spread.items()},
    }
    ranked = not few and isinstance(own, Fraction)
    row["rang"] = str(1 + sum(one > own for one in others)) if ranked and isinstance(own, Fraction) else ""
    row["sur"] = str(len(others)) if ranked else ""
    if isinstance(own, str):
        row["ecart"] = own
    elif additive:
        row["ecart"] = "" if few else shown(growth(own, spread["moyenne"]), 1)
    else:
        row["ecart"] = shown(gap(own, nation) if kind == "pct" else growth(own, nation), 1)
    return row


def recompute(
    sheets: Mapping[str, bytes], deposits: Iterable[Deposit], year: int, flows_from: int = 11
) -> dict[str, Table]:
    """Every figure of the tables of that year."""
    return Year(Books.of(Register.of(sheets), deposits), year, flows_from).make()

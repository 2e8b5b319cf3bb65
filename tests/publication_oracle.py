"""The tables D1 to D7 computed a second time, from the deposited files alone: shares no code with `publication`.

Reads CSV with the `csv` module, figures with `fractions`, and knows the rules of contract §6 (who owes, what is in
force) and §10 (the figures) in its own plain words. `recompute` gives for each table the lines of its CSV, as text.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

COUNTS = {
    "ASA": ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires"),
    "MOB": ("dossiers_individuels", "entreprises_concernees", "montant_facture_ht"),
}
TOTALS = {"ASA": "Total service CIL-PASS assistance", "MOB": "Total service CIL-PASS mobilité"}
SERVICE = {"N1A": "ASA", "N1M": "MOB"}
FIRST = (2003, 1)
REGIONS_2005 = """Alsace 67 68|Aquitaine 24 33 40 47 64|Auvergne 03 15 43 63|Basse-Normandie 14 50 61
|Bourgogne 21 58 71 89|Bretagne 22 29 35 56|Centre 18 28 36 37 41 45|Champagne-Ardenne 08 10 51 52|Corse 2A 2B
|Franche-Comté 25 39 70 90|Haute-Normandie 27 76|Ile-de-France 75 77 78 91 92 93 94 95
|Languedoc-Roussillon 11 30 34 48 66|Limousin 19 23 87|Lorraine 54 55 57 88|Midi-Pyrénées 09 12 31 32 46 65 81 82
|Nord-Pas-de-Calais 59 62|Pays de la Loire 44 49 53 72 85|Picardie 02 60 80|Poitou-Charentes 16 17 79 86
|Provence-Alpes-Côte d’Azur 04 05 06 13 83 84|Rhône-Alpes 01 07 26 38 42 69 73 74|Guadeloupe 971|Martinique 972
|Guyane 973|Réunion 974"""
Quarter = tuple[int, int]
Amounts = tuple[Fraction, ...]


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """One accepted file, in the order of receipt. `content`: UTF-8 or cp1252, `;`; `withdrawn`: taken back."""

    platform: str
    collection: str
    period: str
    content: bytes
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class Book:
    """What the tables are made from: the register's sheets and the figures in force."""

    names: Mapping[str, str]
    departments: Mapping[str, str]
    adhesions: Sequence[Mapping[str, str]]
    delegations: Sequence[Mapping[str, str]]
    in_force: Mapping[tuple[str, str, Quarter], Mapping[str, Amounts] | None]
    known: dict[tuple[str, Quarter], dict[str, Amounts | str]] = field(default_factory=dict)

    def platform(self, member: str, service: str, quarter: Quarter) -> str | None:
        """The platform of the quarter's last day."""
        day = last_day(quarter)
        for one in self.adhesions:
            mine = one["code_cil"] == member and one["service"] == service
            if mine and inside(one["date_effet"], one["date_fin"], day):
                return one["code_plateforme"]
        return None

    def expected(self, service: str, quarter: Quarter) -> dict[str, str]:
        """Who is owed, and by which platform."""
        found = {}
        for member in self.names:
            platform = self.platform(member, service, quarter)
            if platform is not None and not self._given_away(member, service, quarter):
                found[member] = platform
        return found

    def _given_away(self, member: str, service: str, quarter: Quarter) -> bool:
        first, last = first_day(quarter), last_day(quarter)
        return any(
            one["code_mandant"] == member
            and one["service"] == service
            and inside(one["date_debut"], one["date_fin"], first)
            and inside(one["date_debut"], one["date_fin"], last)
            for one in self.delegations
        )

    def figures(self, member: str, service: str, quarter: Quarter) -> Amounts | str:
        """The three figures, or `n.d.` when expected and not there, or nothing at all."""
        if (service, quarter) not in self.known:
            self.known[service, quarter] = self._quarter(service, quarter)
        return self.known[service, quarter].get(member, "")

    def _quarter(self, service: str, quarter: Quarter) -> dict[str, Amounts | str]:
        found: dict[str, Amounts | str] = {}
        for member, owner in self.expected(service, quarter).items():
            nil = self.in_force.get((owner, service, quarter), {}) is None
            found[member] = (Fraction(0),) * 3 if nil else "n.d."
        for (_, of, when), read in self.in_force.items():
            if of == service and when == quarter:
                found.update(read or {})
        return found


def recompute(period: str, register: Mapping[str, bytes], deposits: Iterable[Deposit]) -> dict[str, list[list[str]]]:
    """The lines of D1.csv to D7.csv, header first. `register`: organisations, adhesions, delegations as CSV bytes."""
    book = read_book(register, list(deposits))
    quarter = (int(period[:4]), int(period[5]))
    tables = {"D1": lines(book, "ASA", quarter), "D2": lines(book, "MOB", quarter), "D3": national(book, quarter)}
    for region, platform, service in (("D4", "D5", "ASA"), ("D6", "D7", "MOB")):
        tables[region] = synthesis(book, service, quarter, by="region")
        tables[platform] = synthesis(book, service, quarter, by="code_plateforme")
    return tables


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_book(register: Mapping[str, bytes], deposits: Sequence[Deposit]) -> Book:
    organisations = [one for one in read_sheet(register["organisations"]) if one["type"] in {"CIL", "CCI", "PF"}]
    members = {one["code"]: one for one in organisations if one["type"] != "PF"}
    empty = Book(
        names={code: one["nom"] for code, one in members.items()},
        departments={code: one["departement"] for code, one in members.items()},
        adhesions=read_sheet(register["adhesions"]),
        delegations=read_sheet(register["delegations"]),
        in_force={},
    )
    found: dict[tuple[str, str, Quarter], dict[str, Amounts] | None] = {}
    whole: dict[tuple[str, str, Quarter], bool] = {}
    for one in deposits:
        if one.withdrawn:
            continue
        service = SERVICE[one.collection]
        quarter = (int(one.period[:4]), int(one.period[5]))
        key = (one.platform, service, quarter)
        read = read_deposit(one)
        if read is not None:
            read = {code: row for code, row in read.items() if empty.platform(code, service, quarter) == one.platform}
        owed = {code for code, owner in empty.expected(service, quarter).items() if owner == one.platform}
        complete = read is None or owed <= set(read)
        if key in found and whole[key] and not complete:
            continue  # a partial deposit never takes the place of a complete one
        found[key], whole[key] = read, complete
    return Book(
        names=empty.names,
        departments=empty.departments,
        adhesions=empty.adhesions,
        delegations=empty.delegations,
        in_force=found,
    )


def read_sheet(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def read_deposit(one: Deposit) -> dict[str, Amounts] | None:
    """Code → its three figures, by position; None for a nil return."""
    try:
        text = one.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = one.content.decode("cp1252")
    body = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    if body and body[0][0] == "NEANT":
        return None
    return {row[1]: tuple(Fraction(cell.replace(",", ".")) for cell in row[3:6]) for row in body if row[1] != "TOTAL"}


def first_day(quarter: Quarter) -> date:
    return date(quarter[0], 3 * quarter[1] - 2, 1)


def last_day(quarter: Quarter) -> date:
    ends = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}
    return date(quarter[0], *ends[quarter[1]])


def inside(first: str, last: str, day: date) -> bool:
    return (not first or first <= day.isoformat()) and (not last or day.isoformat() <= last)


def since_january(quarter: Quarter) -> list[Quarter]:
    return [(quarter[0], number) for number in range(1, quarter[1] + 1)]


def before(quarter: Quarter) -> Quarter:
    return (quarter[0], quarter[1] - 1) if quarter[1] > 1 else (quarter[0] - 1, 4)


# ── computing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def plain(text: str) -> str:
    """Without accents, lower case, letters and digits apart."""
    bare = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))
    return " ".join("".join(one if one.isalnum() else " " for one in bare).split())


def ordered(book: Book, members: Iterable[str]) -> list[str]:
    def place(code: str) -> tuple[str, str, str]:
        department = book.departments[code]
        official = {"2A": "20.1", "2B": "20.2"}.get(department, department)
        return (f"{float(official):07.1f}", plain(book.names[code]), code)

    return sorted(members, key=place)


def written(value: Fraction | str, decimals: int) -> str:
    """A decimal comma, halves away from zero, a minus and never a plus."""
    if isinstance(value, str):
        return value
    scaled = abs(value) * 10**decimals
    whole = int(scaled) + (1 if scaled - int(scaled) >= Fraction(1, 2) else 0)
    digits = str(whole).rjust(decimals + 1, "0")
    text = digits if not decimals else f"{digits[:-decimals]},{digits[-decimals:]}"
    return f"-{text}" if value < 0 and whole else text


def money(service: str, place: int) -> int:
    return 2 if service == "MOB" and place == 2 else 0


def add(values: Iterable[Fraction | str]) -> Fraction | str:
    known = [value for value in values if not isinstance(value, str)]
    return sum(known, Fraction(0)) if known else "n.d."


def cell(book: Book, member: str, service: str, quarter: Quarter, place: int) -> Fraction | str:
    found = book.figures(member, service, quarter)
    return found if isinstance(found, str) else found[place]


def lines(book: Book, service: str, quarter: Quarter) -> list[list[str]]:
    shown = [code for code in book.names if book.figures(code, service, quarter) != ""]
    made = [["departement", "code_cil", "nom_cil", *COUNTS[service]]]
    for code in ordered(book, shown):
        figures = [written(cell(book, code, service, quarter, place), money(service, place)) for place in range(3)]
        made.append([book.departments[code], code, book.names[code], *figures])
    sums = [add(cell(book, code, service, quarter, place) for code in shown) for place in range(3)]
    made.append(
        ["", "TOTAL", TOTALS[service], *(written(one, money(service, place)) for place, one in enumerate(sums))]
    )
    return made


def synthesis(book: Book, service: str, quarter: Quarter, *, by: str) -> list[list[str]]:
    year = since_january(quarter)
    owed = book.expected(service, quarter)
    concerned = [
        code
        for code in book.names
        if code in owed or any(not isinstance(book.figures(code, service, one), str) for one in year)
    ]
    blocks: dict[str, list[str]] = defaultdict(list)
    for code in ordered(book, concerned):
        blocks[region(book, code) if by == "region" else home(book, code, service, year)].append(code)
    header = [by, "code_cil", "nom_cil"]
    header += [f"{name}_{suffix}" for name in COUNTS[service] for suffix in ("trimestre", "cumul")]
    made = [header]
    everything = []
    for block in sorted(blocks, key=plain):
        rows = [six(book, code, service, quarter) for code in blocks[block]]
        everything += rows
        for code, row in zip(blocks[block], rows, strict=True):
            made.append([block, code, book.names[code], *print_six(service, row)])
        made.append([block, "TOTAL", "Total", *print_six(service, [add(column) for column in zip(*rows, strict=True)])])
    nation = [add(column) for column in zip(*everything, strict=True)]
    made.append(["NATIONAL", "TOTAL", "Total national", *print_six(service, nation)])
    return made


def six(book: Book, member: str, service: str, quarter: Quarter) -> list[Fraction | str]:
    """Quarter and cumul of the three figures."""
    row: list[Fraction | str] = []
    for place in range(3):
        row.append(cell(book, member, service, quarter, place))
        row.append(add(cell(book, member, service, one, place) for one in since_january(quarter)))
    return row


def print_six(service: str, row: Sequence[Fraction | str]) -> list[str]:
    return [written(value, money(service, place // 2)) for place, value in enumerate(row)]


def region(book: Book, member: str) -> str:
    for block in REGIONS_2005.replace("\n", "").split("|"):
        words = block.split()
        departments = [word for word in words if word[0].isdigit()]
        if book.departments[member] in departments:
            return " ".join(word for word in words if not word[0].isdigit())
    raise AssertionError(member)


def home(book: Book, member: str, service: str, year: Sequence[Quarter]) -> str:
    """The platform of the period's end, else the last one of the year."""
    return next(found for one in reversed(year) if (found := book.platform(member, service, one)) is not None)


def national(book: Book, quarter: Quarter) -> list[list[str]]:
    year = since_january(quarter)
    last_year = since_january((quarter[0] - 1, quarter[1])) if quarter[0] > FIRST[0] else []
    made = [
        [
            *("service", "indicateur", "unite", "trimestre", "variation_trimestre_pct"),
            *("cumul", "cumul_annee_precedente", "evolution_cumul_pct"),
        ],
    ]
    for service, names in COUNTS.items():
        for place, name in enumerate(names):
            decimals = money(service, place)
            made.append(
                [
                    service,
                    name,
                    "€" if decimals else "Nb",
                    written(of_nation(book, service, place, [quarter], book.names), decimals),
                    change(book, service, place, [quarter], [before(quarter)]),
                    written(of_nation(book, service, place, year, book.names), decimals),
                    written(of_nation(book, service, place, last_year, book.names), decimals),
                    change(book, service, place, year, last_year),
                ],
            )
    return made


def of_nation(
    book: Book, service: str, place: int, quarters: Sequence[Quarter], members: Iterable[str]
) -> Fraction | str:
    return add(cell(book, code, service, one, place) for code in members for one in quarters)


def change(book: Book, service: str, place: int, now: Sequence[Quarter], then: Sequence[Quarter]) -> str:
    """In %, of those for whom nothing expected is missing on either side."""
    kept = [code for code in book.names if all(book.figures(code, service, one) != "n.d." for one in (*now, *then))]
    new, old = (of_nation(book, service, place, side, kept) for side in (now, then))
    if isinstance(new, str) or isinstance(old, str):
        return "n.d."
    return "n.s." if old == 0 else written(100 * (new - old) / old, 1)

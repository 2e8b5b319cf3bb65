"""Two years of the demonstration’s network, deposited as files: each figure of D10 to D15 against a second computation.

The second computation (`tests/year_oracle.py`) reads the same files and shares no code with `publication`. Figures are
those before secrecy.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from domain.organisations import Directory, Service
from domain.periods import Period
from ingest.demo import lists
from ingest.demo.cases import Volume, as_csv, cases_of
from ingest.demo.network_files import write_network
from ingest.pipeline import Pipeline
from ingest.register.reading import directory_of_folder
from ingest.wiring import Wiring
from publication.artifacts.csv import csv_bytes
from publication.table import Table
from publication.tables.cil_pass.position import Situations
from publication.tables.cil_pass.yearly import yearly_tables
from publication.year import YearFacts
from tests.publication_kit import deposit, register
from tests.publication_oracle import Deposit
from tests.year_oracle import recompute

from .test_oracle import PLATFORMS, NetworkDesk

BEFORE, YEAR = Period(2005), Period(2006)
CASES = {
    "N2A": (Volume(service=Service.ASA, cases=1500), Volume(service=Service.ASA, cases=1900)),
    "N2M": (Volume(service=Service.MOB, cases=900), Volume(service=Service.MOB, cases=800)),
}
NEVER_SENT = {("N2A", "PF05", YEAR), ("N2S", "PF03", YEAR), ("N2M", "PF02", BEFORE)}
NOTHING = {("N2M", "PF04", YEAR)}
NOT_COMPUTED = {"D3", "D13L", "D14V"}
"""D3 has its own second computation; the lists of D13L are filters of D13; nothing is owed here before it is due."""


def lines(rows: Iterable[Mapping[str, str]]) -> bytes:
    found = [dict(one) for one in rows]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(found[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(found)
    return stream.getvalue().encode("utf-8-sig")


def annual(directory: Directory, period: Period) -> Iterator[Deposit]:
    """What every platform sends about a year, but some."""

    def one(platform: str, collection: str, content: bytes) -> Iterator[Deposit]:
        if (collection, platform, period) in NOTHING:
            content = content.split(b"\r\n")[0] + b"\r\nNEANT\r\n"
        if (collection, platform, period) not in NEVER_SENT:
            yield Deposit(platform=platform, collection=collection, period=str(period), content=content)

    for collection, volumes in CASES.items():
        for platform, cases in cases_of(directory, period, volumes[period == YEAR]):
            if cases:
                yield from one(platform, collection, as_csv(cases))
    made: dict[str, Callable[[str], Iterable[Mapping[str, str]]]] = {
        "N2S": lambda platform: lists.satisfaction(directory, platform, period),
        "N2R": lambda platform: lists.report(directory, platform, period),
        "N2P": lambda platform: _agreements(platform, period),
        "N2I": lambda platform: _incidents(platform, period),
    }
    for collection, make in made.items():
        for platform in PLATFORMS:
            yield from one(platform, collection, lines(make(platform)))
    # a later deposit adds an incident and changes another; the one that it does not name stays
    later = [{**line, "gravite": "3"} for line in _incidents("PF01", period)][1:]
    added = {**later[0], "numero_incident": "PF01-I09", "nature": "autre", "famille_partenaire": "AU"}
    yield from one("PF01", "N2I", lines([*later, added]))


def _incidents(platform: str, period: Period) -> list[dict[str, str]]:
    return [{"code_cil": "", **line} for line in lists.incidents(platform, period)]


def _agreements(platform: str, period: Period) -> list[dict[str, str]]:
    found = [dict(line) for line in lists.partnerships(platform, period)]
    found[1] |= {"statut": "caduc"}
    found[2] |= {"statut": "amende", "volume_unite": "€", "volume_previsionnel": "12500,50"}
    return found


@dataclass
class Lived:
    """The desk once everything is deposited, and what was deposited."""

    desk: NetworkDesk
    directory: Directory
    facts: YearFacts


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("year")
    (folder / "guichet.toml").write_text('settle_seconds = 0\nfirst_period = "2006T4"\n')
    desk = NetworkDesk(folder)
    network = write_network(folder / "network")
    desk.found(network, "2007-01-02T09:00")
    directory = directory_of_folder(network)
    for quarter in range(1, 5):
        for platform in PLATFORMS:
            for collection in ("N1A", "N1M"):
                desk.drop(deposit(directory, platform, collection, Period(2006, quarter)), "2007-01-20T10:00")
    for period in (BEFORE, YEAR):
        for one in annual(directory, period):
            again = one.collection == "N2I" and any(
                (one.platform, "N2I", one.period) == (other.platform, other.collection, other.period)
                for other in desk.deposits
            )
            desk.drop(one, "2007-02-01T10:02" if again else "2007-02-01T10:00")
    with desk.at("2007-02-01T10:05") as wiring:
        _judge(wiring)
        _all_taken(wiring, len(desk.deposits))
        facts = _gathered(wiring)
    return Lived(desk, directory, facts)


def _judge(wiring: Wiring) -> None:
    pipeline = Pipeline(wiring)
    pipeline.prepare()
    pipeline.take_ready(limit=1_000)
    clerk = wiring.new_clerk()
    for task in pipeline.pending():
        pipeline.judge(task.submission_id, clerk)


def _all_taken(wiring: Wiring, wanted: int) -> None:
    found = wiring.ledger.submissions()
    assert len(found) == wanted
    assert {one["file"]["name"]: one["verdict"] for one in found if one["verdict"] not in _GOOD} == {}


def _gathered(wiring: Wiring) -> YearFacts:
    facts = wiring.press.facts(YEAR, wiring.register.current()).facts
    assert isinstance(facts, YearFacts)
    return facts


def as_read(table: Table) -> dict[tuple[str, ...], dict[str, str]]:
    """What names a row → column → text, as the CSV has it."""
    names = [key.name for key in table.keys if not key.name.startswith("libelle") and key.name not in _WORDS]
    columns = [column.name for column in table.columns]
    read = csv.DictReader(io.StringIO(csv_bytes(table).decode("utf-8-sig")), delimiter=";")
    rows = [(tuple(row[name] for name in names), {name: row[name] for name in columns}) for row in read]
    found = dict(rows)
    assert len(found) == len(rows), table.code
    return found


_GOOD = ("accepted", "accepted_with_warnings", "nil")
_WORDS = {
    "rubrique",
    "nom_cil",
    "partenaire",
    "activite",
    "service",
    "formalise",
    "date_signature",
    "fin",
    "points_cles",
    "statut",
}


def test_no_case_leaves_the_database(lived: Lived) -> None:
    """Whatever is asked of the cases is asked as counts."""
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        with lived.desk.at("2007-02-01T10:06") as wiring:
            assert _gathered(wiring) == lived.facts
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    about_cases = [one for one in asked if "FROM dossiers_" in one]
    assert len(about_cases) > len(CASES)
    presence = re.compile(r"SELECT (\w+)\.section_id \s*FROM \1 \s*WHERE \1\.section_id = \? *\s*LIMIT")
    assert [one for one in about_cases if "GROUP BY" not in one and presence.match(one) is None] == []
    assert not any("modalites_financieres" in one or "description" in one for one in asked)


def test_every_figure_equals_the_second_computation(lived: Lived) -> None:
    wanted = recompute(register(), lived.desk.deposits, YEAR.year)
    found = {table.code: as_read(table) for table in yearly_tables(lived.facts) if table.code not in NOT_COMPUTED}
    found["D13"] = {key[1:]: row for key, row in found["D13"].items()}
    situations = Situations(facts=lived.facts)
    for organisation in situations.organisations:
        found |= {f"{organisation}/{table.code}": as_read(table) for table in situations.tables(organisation)}
    assert found.keys() == wanted.keys()
    differences = [
        (name, key, column, row[column], wanted[name].get(key, {}).get(column))
        for name, rows in found.items()
        for key, row in rows.items()
        for column in row
        if row[column] != wanted[name].get(key, {}).get(column)
    ]
    assert differences[:20] == []
    assert {name: rows.keys() for name, rows in found.items()} == {name: rows.keys() for name, rows in wanted.items()}

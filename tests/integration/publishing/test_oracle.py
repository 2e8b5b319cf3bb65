"""Nine quarters of the demonstration's network, deposited as files: every figure against a second computation.

The second computation (`tests/publication_oracle.py`) reads the same files and shares no code with `publication`.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from domain.organisations import Directory
from domain.periods import Period
from ingest.demo.network_files import write_network
from ingest.publishing import documents
from ingest.publishing.rebuilding import rebuild
from ingest.register.reading import directory_of_folder
from ingest.sftp.closes import record_close
from publication.artifacts.page import page_bytes
from publication.edition import Edition
from tests.publication_kit import QUARTERS, deposit, edited, nil, register
from tests.publication_oracle import Deposit, recompute
from tests.register_kit import import_register

from .conftest import Desk, paris

PLATFORMS = ("PF01", "PF02", "PF03", "PF04", "PF05")
NEXT = Period(2006, 1)
EVERY = (*QUARTERS, NEXT)
TABLES = tuple(f"D{number}" for number in range(1, 8))
CORRECTED = ("2005T1", "2005T2", "2005T3", "2005T4", "2006T1")
"""What looks at 2005T1: itself, the next variation, the year's cumuls, the next year's recall."""
CORRECTION = "2006-05-10T10:00"


@dataclass
class NetworkDesk(Desk):
    """The desk of the whole network; `deposits`: what was accepted, as the second computation reads it."""

    deposits: list[Deposit] = field(default_factory=list)

    def found(self, folder: Path, at: str) -> None:
        with self.at(at) as wiring:
            import_register(wiring, folder, paris(at))

    def drop(self, one: Deposit, at: str) -> str:
        """A file as the built-in server leaves it; its name."""
        self.count += 1
        name = f"{one.collection}_{one.period}_{self.count:03d}.csv"
        inbox, account = self.folder / "inbox", one.platform.lower()
        path = inbox / account / "depot" / name
        path.write_bytes(one.content)
        record_close(inbox, path.stat(), account=account, folder="depot", name=name, at=paris(at))
        self.deposits.append(one)
        return name

    def take_back(self, name: str, at: str) -> None:
        number = int(name[-7:-4]) - 1
        self.deposits[number] = replace(self.deposits[number], withdrawn=True)
        account = self.deposits[number].platform.lower()
        with self.at(at) as wiring:
            found = [one for one in wiring.ledger.submissions(account=account) if one["file"]["name"] == name]
            wiring.ledger.withdraw(found[0]["submission"], reason="erreur", author="test", now=paris(at))

    def table(self, edition: str, table: str) -> list[list[str]]:
        text = (self.folder / "var/releases" / edition / f"{table}.csv").read_text(encoding="utf-8-sig")
        return list(csv.reader(io.StringIO(text), delimiter=";"))

    def every_byte(self) -> dict[str, bytes]:
        root = self.folder / "var" / "releases"
        found = {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}
        return found | {str(one.relative_to(root)): bytes(one.readlink()) for one in root.rglob("current")}


class Story:
    """Two years and a half: what comes in time, late, without a line, empty, wrong, and back out."""

    def __init__(self, desk: NetworkDesk, directory: Directory) -> None:
        self.desk, self.directory = desk, directory

    def file(self, platform: str, collection: str, period: Period) -> Deposit:
        return deposit(self.directory, platform, collection, period)

    def quarter(self, period: Period, day: str, *but: tuple[str, str]) -> None:
        """What every platform owes, but some."""
        for platform in PLATFORMS:
            for collection in ("N1A", "N1M"):
                if (platform, collection) not in but:
                    self.desk.drop(self.file(platform, collection, period), f"{day}T10:00")

    def passes(self, *instants: str) -> None:
        for at in instants:
            self.desk.once(at)

    def first_year(self) -> None:
        t1, t2, t3, t4 = QUARTERS[:4]
        self.quarter(t1, "2004-04-20")
        self.passes("2004-04-20T10:05", "2004-04-21T09:05")
        self.quarter(t2, "2004-07-20", ("PF05", "N1M"))
        self.desk.drop(nil(self.directory, "PF05", "N1M", t2), "2004-07-20T10:10")
        self.passes("2004-07-20T10:15", "2004-07-21T09:05")
        self.quarter(t3, "2004-10-19", ("PF05", "N1A"))  # which never comes
        self.passes("2004-10-19T10:05", "2004-10-29T09:00", "2004-11-02T09:05", "2004-11-16T09:05")
        self.quarter(t4, "2005-01-18")
        self.passes("2005-01-18T10:05", "2005-01-19T09:05")

    def second_year(self) -> None:
        t1, t2, t3, t4 = QUARTERS[4:]
        self.quarter(t1, "2005-04-19")
        self.passes("2005-04-19T10:05", "2005-04-20T09:05")
        self.quarter(t2, "2005-07-19", ("PF02", "N1A"), ("PF04", "N1A"))
        self.desk.drop(edited(self.file("PF04", "N1A", t2), {"CIL031": None}), "2005-07-19T10:10")  # a line lacks
        self.passes("2005-07-19T10:15", "2005-07-29T09:00", "2005-08-01T09:05", "2005-08-16T09:05")
        self.desk.drop(self.file("PF02", "N1A", t2), "2005-09-05T10:00")  # late
        self.passes("2005-09-05T10:05", "2005-09-06T09:05")
        self.quarter(t3, "2005-10-18", ("PF01", "N1A"), ("PF05", "N1M"))
        self.desk.drop(edited(self.file("PF01", "N1A", t3), {"CIL028": None}), "2005-10-18T10:10")
        self.desk.drop(nil(self.directory, "PF05", "N1M", t3), "2005-10-18T10:11")
        self.passes("2005-10-18T10:15", "2005-10-28T09:00", "2005-10-31T09:05", "2005-11-15T09:05")
        self.quarter(t4, "2006-01-17")
        wrong = self.desk.drop(edited(self.file("PF03", "N1M", t4), {"CIL021": "9"}), "2006-01-17T10:20")
        self.passes("2006-01-17T10:25", "2006-01-18T09:05")
        self.desk.take_back(wrong, "2006-02-14T10:00")
        self.passes("2006-02-14T10:05", "2006-02-15T09:05")
        self.quarter(NEXT, "2006-04-18")
        self.passes("2006-04-18T10:05", "2006-04-19T09:05")


@dataclass(frozen=True)
class Lived:
    """The desk at the end, and what the last correction found and made."""

    desk: NetworkDesk
    before: dict[str, str]
    made: list[str]

    @property
    def quarters_made(self) -> list[str]:
        return [one for one in self.made if _of_quarter(one)]


def _of_quarter(edition: str) -> bool:
    return Period.parse(edition.partition("/")[0]).quarter > 0


def _page_alone(sheet: Edition, code: str) -> dict[str, bytes]:
    """Of the forty-nine sheets of a year, which these tests do not read, nothing but the page."""
    return {f"{documents.sheet_name(code)}.html": page_bytes(sheet)}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("network-desk")
    (folder / "guichet.toml").write_text(
        'settle_seconds = 0\nfirst_period = "2004T1"\nmail_reply_to = "pilotage@uesl.example"\n'
    )
    register_folder = write_network(folder / "register")
    desk = NetworkDesk(folder)
    desk.found(register_folder, "2004-04-05T09:00")
    directory = directory_of_folder(register_folder)
    story = Story(desk, directory)
    with patch.object(documents, "sheet_documents", _page_alone):  # the correction makes all of them, and again
        story.first_year()
        story.second_year()
    before = {period: desk.current(period) for period in CORRECTED}
    desk.drop(edited(story.file("PF01", "N1A", QUARTERS[4]), {"CIL001": "97", "CCI001": "0"}), CORRECTION)
    made = desk.once("2006-05-10T10:05")
    desk.once("2006-05-11T09:05")
    desk.once("2006-05-12T09:05")
    yield Lived(desk, before, made)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("period", EVERY, ids=str)
def test_every_figure_is_what_the_files_say(lived: Lived, period: Period) -> None:
    expected = recompute(period.code, register(), lived.desk.deposits)
    assert {name: lived.desk.table(f"{period.code}/current", name) for name in TABLES} == expected


def test_each_file_of_the_story_was_accepted(lived: Lived) -> None:
    with lived.desk.at("2006-06-01T10:00") as wiring:
        verdicts = [one["verdict"] for one in wiring.ledger.submissions()]
    assert len(verdicts) == len(lived.desk.deposits)
    assert not {"rejected", None} & set(verdicts)


def test_the_story_has_something_of_everything(lived: Lived) -> None:
    quarterly = [one for one in lived.desk.editions() if _of_quarter(one)]
    names = {one.split("/")[1].split("-")[0] for one in quarterly}
    assert names == {"provisional", "official", "final", "revised"}
    states = {one["state"] for name in quarterly for one in lived.desk.document(name)["coverage"]}
    assert states == {"complete", "partial", "missing", "nil"}
    # CIL017 went from PF02 to PF04, CIL028 from PF03 to PF01: their year's figures are under the platform of its end
    home = {row[1]: row[0] for row in lived.desk.table("2005T4/current", "D5")}
    assert (home["CIL017"], home["CIL028"], home["CIL044"]) == ("PF04", "PF01", "PF05")


def test_a_correction_of_2005_in_2006_makes_exactly_what_rests_on_it_again(lived: Lived) -> None:
    """The year's tables too (the cumuls of D3): they wait for an order, and nobody had them."""
    assert sorted(one.split("/")[0] for one in lived.made) == sorted(("2005", *CORRECTED))
    for name in lived.quarters_made:
        period = name.split("/")[0]
        assert name.split("/")[1].startswith("revised-")
        told = {_told(one) for one in lived.desk.document(name, "changes.json")["changes"]}
        assert told
        shown = _differing(lived.desk, f"{period}/{lived.before[period]}", name)
        assert {one for one in told if one[0] in TABLES} == shown


Cell = tuple[str, frozenset[str], str, str | None, str | None]


def _told(change: dict[str, Any]) -> Cell:
    """Table, the words that name the row in its CSV, column, before and after."""
    words = {word for key, word in change["row"].items() if key in _NAMES and word}
    return change["table"], frozenset(words), change["column"], _exact(change["before"]), _exact(change["after"])


_NAMES = ("region", "code_plateforme", "code_cil", "service", "indicateur")


def _differing(desk: NetworkDesk, old: str, new: str) -> set[Cell]:
    found: set[Cell] = set()
    for table in TABLES:
        before, after = _cells(desk.table(old, table)), _cells(desk.table(new, table))
        found |= {
            (table, *where, _exact(before.get(where)), _exact(after.get(where)))
            for where in {*before, *after}
            if before.get(where) != after.get(where)
        }
    return found


def _exact(text: str | None) -> str | None:
    """The same number written one way: `-3,0` in a CSV is `-3` in the changes."""
    if text is None:
        return None
    return str(Decimal(text.replace(",", ".")).normalize()) if any(map(str.isdigit, text)) else text


def _cells(rows: list[list[str]]) -> dict[tuple[frozenset[str], str], str]:
    header, *body = rows
    found = {}
    for row in body:
        named = dict(zip(header, row, strict=True))
        words = frozenset(named[key] for key in _NAMES if named.get(key))
        for column in header:
            if column not in {*_NAMES, "nom_cil", "departement", "unite"}:
                found[words, column] = named[column]
    return found


def test_nobody_gets_an_edition_twice(lived: Lived) -> None:
    with lived.desk.at("2006-06-01T10:00") as wiring:
        editions = wiring.press.releases()
        sent = {one.id: one for one in editions if one.distributed_at is not None}
        copies = wiring.deliveries.copies(editions)
    per_address = Counter((one.period, one.edition, one.recipient, one.organisation) for one in copies)
    assert set(per_address.values()) == {1}
    moments: dict[str, set[datetime | None]] = {}
    for copy in copies:
        instants = [
            one.distributed_at for one in sent.values() if (one.period, one.name) == (copy.period, copy.edition)
        ]
        moments.setdefault(copy.recipient.lower(), set()).update(instants)
    moments.pop("", None)
    mails: Counter[str] = Counter()
    for path in (lived.desk.folder / "var" / "mail").rglob("*"):
        if path.is_file() and path.parent.name in {"new", "cur"}:
            headers, _, _documents = path.read_bytes().partition(b"\n\n")
            one: Any = message_from_bytes(headers, policy=default)  # type: ignore[arg-type]
            tables = one["Subject"].startswith("Tableaux ") and "diffuser" not in one["Subject"]
            if one["X-Guichet-Event"] == "release" and tables:
                mails[str(one["To"]).rpartition("<")[2].strip(">").lower()] += 1
    assert mails == {address: len(instants) for address, instants in moments.items()}
    together = {sent[one.id].distributed_at for one in editions if f"{one.period}/{one.name}" in lived.quarters_made}
    assert len(together) == 1


def test_once_more_makes_nothing_and_touches_no_byte(lived: Lived) -> None:
    before = lived.desk.every_byte()
    assert lived.desk.once("2006-05-12T11:00") == []
    assert lived.desk.every_byte() == before


def test_every_edition_is_made_again_byte_for_byte(lived: Lived) -> None:
    with lived.desk.at("2006-06-01T10:00") as wiring:
        for name in lived.made:
            again = rebuild(wiring.editions, wiring.press, wiring.releases, name)
            assert (again.same_bytes, again.made_from.value) == (True, "ledger"), name

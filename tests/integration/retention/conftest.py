"""A desk with case files, over each database; each `at` is a command of its own, by a clock that stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from domain.clock import FixedClock
from domain.organisations import (
    Adhesion,
    Contact,
    Directory,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from ingest.lock import exclusive
from ingest.pipeline import Pipeline
from ingest.publishing.making import EditionMaker
from ingest.retention.purging import Purge, Report
from ingest.settings import load_settings
from ingest.sftp.closes import record_close
from ingest.wiring import Wiring

PARIS = ZoneInfo("Europe/Paris")
CASES = Path(__file__).resolve().parents[2] / "golden" / "N2A" / "good-csv" / "input.csv"


def paris(text: str) -> datetime:
    """An instant in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def network(version: int = 0, contact: str = "depot@pf03.example") -> Directory:
    """One platform with the members that the sample names, and the central body."""
    since = Span()
    members = ("CIL001", "CIL002", "CIL003", "CIL005", "CIL006", "CCI001")
    return Directory(
        version=version,
        organisations=(
            Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme 3", compte_sftp="pf03"),
            Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl"),
            *(
                Organisation(code=code, type=OrganisationType(code[:3]), nom=f"Organisme {code}", departement="69")
                for code in members
            ),
        ),
        adhesions=tuple(
            Adhesion(code_cil=code, code_plateforme="PF03", service=Service.ASA, dates=since) for code in members
        ),
        contacts=(
            Contact(organisation="PF03", courriel=contact, nom="Zoé", role=Role.DEPOT),
            Contact(organisation="UESL", courriel="pilotage@uesl.example", nom="Pilote", role=Role.PILOTAGE),
        ),
    )


def short_pass(wiring: Wiring) -> None:
    """What the service does at once: take, judge, answer, send. No edition: they take most of a pass's time."""
    with exclusive(wiring.settings.home), patch.object(EditionMaker, "make", return_value=None):
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        pipeline.take_ready(limit=1000)
        pipeline.follow_register()
        clerk = wiring.new_clerk()
        for task in pipeline.pending():
            pipeline.judge(task.submission_id, clerk)
        pipeline.carry_out_effects()
        pipeline.follow_deadlines()
        pipeline.carry_out_effects()
        wiring.outbox.flush()


@dataclass
class Desk:
    """Deposits as the built-in server leaves them, whole passes, purges."""

    folder: Path
    url: str
    count: int = 0

    def at(self, instant: str, **values: Any) -> Wiring:
        given = {
            "home": self.home,
            "inbox": self.inbox,
            "database_url": SecretStr(self.url),
            "settle_seconds": 0.0,
            "first_period": "2005",
            "mail_admin": "admin@uesl.example",
            **values,
        }
        settings = load_settings(environ={}, folder=self.folder).model_copy(update=given)
        return Wiring(settings, FixedClock(paris(instant)))

    @property
    def home(self) -> Path:
        return self.folder / "var"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def register(self, directory: Directory, at: str) -> None:
        with self.at(at) as wiring:
            wiring.register.replace(directory, author="test", now=paris(at), source="test")
            for account in ("pf03", "uesl"):
                wiring.accounts.make_folders(account)

    def deposit(
        self,
        content: bytes,
        at: str,
        name: str = "N2A_2005.csv",
        box: str = "depot",
        *,
        run: Callable[[Wiring], object] = short_pass,
    ) -> str:
        """A deposit received at that instant, and a pass; its number."""
        path = self.inbox / "pf03" / box / name
        path.write_bytes(content)
        record_close(self.inbox, path.stat(), account="pf03", folder=box, name=name, at=paris(at))
        with self.at(at) as wiring:
            known = {row["submission"] for row in wiring.ledger.submissions()}
            run(wiring)
            (new,) = {row["submission"] for row in wiring.ledger.submissions()} - known
        return str(new)

    def purge(self, at: str, **values: Any) -> Report:
        with self.at(at, **values) as wiring:
            return Purge(wiring).run()

    def show(self, submission: str, at: str = "2008-01-01T10:00") -> dict[str, Any]:
        with self.at(at) as wiring:
            return wiring.ledger.show(submission)

    def rows(self, table: str = "dossiers_assistance") -> int:
        with self.at("2008-01-01T10:00") as wiring, wiring.database.read() as connection:
            return int(connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())  # noqa: S608

    def purge_mails(self) -> list[str]:
        """Subjects of the messages about destructions, in the order in which they were written."""
        with self.at("2008-01-01T10:00") as wiring, wiring.database.read() as connection:
            found = connection.execute(text("SELECT subject FROM message WHERE event = 'purge' ORDER BY id"))
            return [str(row.subject) for row in found]


@pytest.fixture
def cases() -> bytes:
    """Twelve cases of 2005, all good."""
    return CASES.read_bytes()


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    """A desk with its register, over a fresh database."""
    folder = tmp_path / "desk"
    folder.mkdir()
    made = Desk(folder, database_url)
    made.register(network(), "2006-01-02T09:00")
    return made

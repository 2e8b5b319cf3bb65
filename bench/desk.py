"""A desk in a folder for benchmarks: settings, a large network, its folders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from domain.clock import RehearsalClock
from domain.organisations import Contact, Directory, OrganisationType, Role
from ingest.demo.files import bench_directory
from ingest.settings import load_settings
from ingest.telemetry import configure
from ingest.wiring import Wiring

NOW = datetime(2005, 4, 18, 8, tzinfo=UTC)


def make_desk(
    folder: Path, platforms: int, members: int, *, now: datetime = NOW, database_url: str = ""
) -> tuple[Wiring, Directory]:
    """A wiring on an empty home with a network of platforms × members; settle time 0, mail to a Maildir.

    `database_url`: SQLite in the home when empty.
    """
    configure("text", "warning")
    folder.mkdir(parents=True)
    environment = {"GUICHET_SETTLE_SECONDS": "0", "GUICHET_FIRST_PERIOD": "2005T1", "GUICHET_SFTP_ENABLED": "false"}
    environment["GUICHET_DATABASE_URL"] = database_url
    wiring = Wiring(load_settings(environ=environment, folder=folder), RehearsalClock(now), rehearsal=True)
    network = bench_directory(platforms, members)
    contacts = tuple(
        Contact(organisation=one.code, courriel=f"depot@{one.code.lower()}.example", nom=one.nom, role=Role.DEPOT)
        for one in network.organisations
        if one.type is OrganisationType.PF
    )
    whole = Directory(version=0, organisations=network.organisations, adhesions=network.adhesions, contacts=contacts)
    directory = wiring.register.replace(whole, author="bench", now=now, source="bench")
    for organisation in directory.organisations:
        if organisation.compte_sftp:
            wiring.accounts.make_folders(organisation.compte_sftp)
    return wiring, directory

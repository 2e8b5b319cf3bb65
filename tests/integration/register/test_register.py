"""The register from files to versions and back, with the real reading child, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from domain.errors import CannotDo, NotFound, Retry
from domain.findings import Severity
from domain.organisations import Service
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.accounts import AccountStore
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.database import tables
from ingest.database.engine import Database
from ingest.demo.network_files import write_network
from ingest.ledger import Ledger
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register import EffectKind, Register, RegisterDeposit
from ingest.register.exporting import export_directory, workbook_bytes
from ingest.register.reading import directory_of_folder
from ingest.register.snapshot import same_content
from ingest.register.storing import ConcurrentImportError

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2005, 4, 10, 8, tzinfo=UTC)
LATER = datetime(2005, 9, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write_network(tmp_path / "annuaire")


@pytest.fixture
def register(database: Database) -> Register:
    return Register(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))


def without(network: Path, word: str) -> Path:
    """The same register without the lines that hold `word`."""
    for path in network.glob("*.csv"):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        kept = [lines[0], *(line for line in lines[1:] if word not in line.upper())]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return network


def test_an_empty_register_is_version_0(register: Register, tmp_path: Path) -> None:
    assert register.current().version == 0
    assert register.versions() == ()
    with pytest.raises(CannotDo, match="empty"):
        register.export(tmp_path / "out")
    with pytest.raises(NotFound):
        register.version(1)


def test_an_import_shows_its_effects_and_waits_for_a_yes(register: Register, reader: Reader, network: Path) -> None:
    shown = register.import_from(network, reader, author="lea", now=NOW, confirmed=False)
    assert (shown.imported, shown.changed, shown.version, shown.exit_status) == (False, True, None, 2)
    assert "--yes" in shown.sentence
    assert register.current().version == 0
    done = register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    assert (done.imported, done.version, done.exit_status) == (True, 1, 0)
    assert done.effects == shown.effects
    assert same_content(register.current(), directory_of_folder(network))
    assert [(one.number, one.author) for one in register.versions()] == [(1, "lea")]


def test_the_same_import_again_makes_no_version(register: Register, reader: Reader, network: Path) -> None:
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    again = register.import_from(network, reader, author="lea", now=LATER, confirmed=True)
    assert (again.changed, again.imported, again.version, again.exit_status) == (False, False, 1, 0)
    assert not again.effects


@pytest.mark.parametrize("name", ["copie", "copie.xlsx"])
def test_what_is_exported_can_be_imported_without_changing_anything(
    register: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
    name: str,
) -> None:
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    register.import_from(without(network, "CIL037"), reader, author="lea", now=LATER, confirmed=True)
    assert "version 2" in register.export(tmp_path / name)
    again = register.import_from(tmp_path / name, reader, author="lea", now=LATER, confirmed=True)
    assert (again.valid, again.changed, again.version) == (True, False, 2)


def test_what_is_absent_ends_the_day_before_and_the_past_can_be_asked(
    register: Register,
    reader: Reader,
    network: Path,
) -> None:
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    done = register.import_from(without(network, "CIL037"), reader, author="lea", now=LATER, confirmed=True)
    assert done.version == 2
    assert [one.subject for one in done.effects.of(EffectKind.ORGANISATION_ENDED)] == ["CIL037"]
    assert str(register.current().by_code["CIL037"].actif.last) == "2005-08-31"
    assert "CIL037" in register.current().expected_lines("PF04", Service.ASA, Period(2005, 2))
    assert "CIL037" not in register.current().expected_lines("PF04", Service.ASA, Period(2005, 3))
    assert register.as_of(NOW).version == 1
    assert register.as_of(datetime(2004, 1, 1, tzinfo=UTC)).version == 0
    assert register.version(1).by_code["CIL037"].actif.last is None


def test_an_import_that_contradicts_what_it_leaves_to_the_past_is_refused(
    register: Register,
    reader: Reader,
    network: Path,
) -> None:
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    # CIL043 is said to have opened in 2005 only, and its adhesion of 2003 is left out.
    text = (network / "organisations.csv").read_text(encoding="utf-8")
    opened = text.replace("CIL043;CIL;CIL du Rouergue;12;;;", "CIL043;CIL;CIL du Rouergue;12;;2005-01-01;")
    (network / "organisations.csv").write_text(opened, encoding="utf-8")
    adhesions = (network / "adhesions.csv").read_text(encoding="utf-8").splitlines()
    (network / "adhesions.csv").write_text("\n".join(one for one in adhesions if "CIL043" not in one), encoding="utf-8")
    refused = register.import_from(network, reader, author="lea", now=LATER, confirmed=True)
    assert (refused.valid, refused.imported, refused.exit_status) == (False, False, 1)
    assert {one.code for one in refused.findings if one.severity is Severity.ERROR} == {"ANN.R31"}


def test_the_folders_of_the_accounts_are_made(
    register: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    accounts = AccountStore(tmp_path / "accounts.json", tmp_path / "inbox")
    register.import_from(network, reader, author="lea", now=NOW, confirmed=False, accounts=accounts)
    assert not (tmp_path / "inbox").exists()
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True, accounts=accounts)
    assert {path.name for path in (tmp_path / "inbox").iterdir()} == {"uesl", "pf01", "pf02", "pf03", "pf04", "pf05"}
    assert (tmp_path / "inbox" / "pf03" / "depot").is_dir()


def test_deposits_refused_because_of_the_register_are_told(
    register: Register,
    reader: Reader,
    network: Path,
    database: Database,
) -> None:
    with database.write() as connection:
        connection.execute(
            insert(tables.submission).values(
                id="20050404-101502-7f3a9c",
                account="pf03",
                box="depot",
                file_name="x.csv",
                size=1,
                sha256="0" * 64,
                received_at=NOW,
                proof="change_time",
                claimed_at=NOW,
                state="judged",
                test=False,
                register_only=True,
            )
        )
    shown = register.import_from(network, reader, author="lea", now=NOW, confirmed=False)
    assert shown.effects.of(EffectKind.JUDGED_AGAIN)[0].data["submissions"] == ["20050404-101502-7f3a9c"]


def test_two_imports_at_once_make_one_version(database: Database, reader: Reader, network: Path) -> None:
    register = Register(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    directory = directory_of_folder(network)
    register.replace(directory, author="a", now=NOW, source="demo")
    with pytest.raises(ConcurrentImportError), database.write() as connection:
        register._store.append(connection, directory, now=NOW, author="b", source="demo")
    assert len(register.versions()) == 1
    assert reader is not None


def test_the_journal_tells_who_imported_what(
    register: Register,
    reader: Reader,
    network: Path,
    database: Database,
) -> None:
    register.import_from(network, reader, author="lea", now=NOW, confirmed=True)
    with database.read() as connection:
        rows = connection.execute(select(tables.event).where(tables.event.c.kind == "directory_imported")).all()
    assert [(row.author, row.data["version"]) for row in rows] == [("lea", 1)]


# -- UESL's own deposit ----------------------------------------------------------------------------------------------


def dropped(content: bytes, *, box: Box = Box.DEPOT, name: str = "annuaire-avril.xlsx") -> DroppedFile:
    return DroppedFile(
        submission_id="20050410-100000-abcdef",
        account="uesl",
        box=box,
        name=name,
        size=len(content),
        sha256="0" * 64,
        received_at=NOW,
        proof=ReceiptProof.SFTP_CLOSE,
    )


def context(register: Register, box: Box = Box.DEPOT) -> JudgingContext:
    directory = register.current()
    return JudgingContext(
        account="uesl",
        received_at=NOW,
        now=NOW,
        zone=PARIS,
        first_period=Period(2005, 1),
        directory=directory,
        organisation=directory.of_account("uesl"),
        box=box,
    )


def deposit(
    register: Register,
    reader: Reader,
    content: bytes,
    tmp_path: Path,
    box: Box = Box.DEPOT,
) -> RegisterDeposit:
    original = tmp_path / "original"
    original.write_bytes(content)
    work = tmp_path / "work"
    return register.judge_deposit(original, dropped(content, box=box), context(register, box), reader, work)


@pytest.fixture
def known(register: Register, network: Path) -> Register:
    register.replace(directory_of_folder(network), author="lea", now=NOW, source="demo")
    return register


def changed(network: Path) -> bytes:
    return workbook_bytes(directory_of_folder(without(network, "CIL037")))


def test_a_deposited_register_is_accepted_with_its_effects_and_put_in_force(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    content = changed(network)
    judged = deposit(known, reader, content, tmp_path)
    section = judged.judgement.sections[0]
    assert (section.collection, section.slug, section.period) == ("ANNUAIRE", "annuaire", None)
    assert section.verdict is Verdict.ACCEPTED
    assert section.records_read == section.records_accepted > 0
    told = [one.message for one in section.findings if one.code == "ANN.R40"]
    assert any("CIL037" in message and "09/04/2005" in message for message in told)
    assert known.current().version == 1, "judging alone changes nothing"
    assert known.apply_deposit(judged, dropped(content), now=NOW).version == 2
    assert known.versions()[-1].submission_id == "20050410-100000-abcdef"


def test_a_deposit_judged_again_after_a_crash_gets_the_same_answer_and_no_second_version(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    content = changed(network)
    first = deposit(known, reader, content, tmp_path)
    known.apply_deposit(first, dropped(content), now=NOW)
    second = deposit(known, reader, content, tmp_path)
    assert second.judgement.sections == first.judgement.sections
    assert known.apply_deposit(second, dropped(content), now=NOW).version == 2


def test_a_trial_is_judged_and_changes_nothing(known: Register, reader: Reader, network: Path, tmp_path: Path) -> None:
    content = changed(network)
    judged = deposit(known, reader, content, tmp_path, Box.ESSAI)
    assert judged.judgement.verdict is Verdict.ACCEPTED
    assert known.apply_deposit(judged, dropped(content, box=Box.ESSAI), now=NOW).version == 1


def test_a_wrong_register_is_rejected_whole(known: Register, reader: Reader, network: Path, tmp_path: Path) -> None:
    directory = directory_of_folder(without(network, "UESL"))
    judged = deposit(known, reader, workbook_bytes(directory), tmp_path)
    section = judged.judgement.sections[0]
    assert (section.verdict, section.records_accepted) == (Verdict.REJECTED, 0)
    assert {one.code for one in section.findings if one.severity is Severity.ERROR} == {"ANN.R07"}
    assert known.apply_deposit(judged, dropped(b""), now=NOW).version == 1


@pytest.mark.parametrize("content", [b"code;type\nUESL;UESL\n", b"%PDF-1.4\n", b"", b"PK\x03\x04rubbish"])
def test_what_is_no_register_is_rejected_with_a_way_to_mend_it(
    known: Register,
    reader: Reader,
    tmp_path: Path,
    content: bytes,
) -> None:
    section = deposit(known, reader, content, tmp_path).judgement.sections[0]
    assert section.verdict is Verdict.REJECTED
    assert any(one.hint for one in section.findings if one.severity in {Severity.ERROR, Severity.BLOCKING})


def test_a_register_with_a_social_security_number_is_destroyed(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    clean = directory_of_folder(network)
    bad = replace(
        clean,
        contacts=tuple(
            replace(one, nom="1 84 12 76 451 089 46") if one.nom == "Cellule statistique" else one
            for one in clean.contacts
        ),
    )
    judged = deposit(known, reader, workbook_bytes(bad), tmp_path)
    assert judged.judgement.verdict is Verdict.DESTROYED
    assert {one.code for one in judged.judgement.sections[0].findings} == {"G-12"}
    assert "451" not in str(judged.judgement.sections[0].findings)
    export_directory(bad, network)
    kept = known.check(network, reader)
    assert not kept.valid
    assert "détruit" not in str(kept.lines)


def test_another_import_in_between_means_trying_again(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    content = changed(network)
    judged = deposit(known, reader, content, tmp_path)
    known.replace(known.current(), author="lea", now=NOW, source="demo")
    with pytest.raises(Retry):
        known.apply_deposit(judged, dropped(content), now=NOW)


def test_the_ledger_takes_the_verdict_on_a_register_like_any_other(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
    database: Database,
) -> None:
    ledger = Ledger(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    content = changed(network)
    file = dropped(content)
    ledger.claim(file, organisation="UESL", claimed_at=NOW, compose=lambda: ({"submission": file.submission_id}, ()))
    judged = deposit(known, reader, content, tmp_path)
    directory = known.apply_deposit(judged, file, now=NOW)
    outcome = ledger.record_verdict(
        file,
        judged.judgement,
        directory=directory,
        now=NOW,
        compose=lambda _: ({"verdict": "accepted"}, ()),
    )
    assert [(one.judgement.collection, one.judgement.verdict) for one in outcome.sections] == [
        ("ANNUAIRE", Verdict.ACCEPTED),
    ]
    assert outcome.sections[0].deadline is None


def test_folders_that_could_not_be_made_are_made_at_the_next_try(
    known: Register,
    reader: Reader,
    network: Path,
    tmp_path: Path,
) -> None:
    content = changed(network)
    judged = deposit(known, reader, content, tmp_path)
    (tmp_path / "inbox").write_text("in the way")
    accounts = AccountStore(tmp_path / "accounts.json", tmp_path / "inbox")
    with pytest.raises(Retry):
        known.apply_deposit(judged, dropped(content), now=NOW, accounts=accounts)
    (tmp_path / "inbox").unlink()
    again = deposit(known, reader, content, tmp_path)
    assert known.apply_deposit(again, dropped(content), now=NOW, accounts=accounts).version == 2
    assert (tmp_path / "inbox" / "pf05" / "depot").is_dir()

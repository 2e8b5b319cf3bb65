"""A deposit judged again that turns out to break anonymity: nothing of its first verdict stays, over both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from domain.findings import Finding, Severity
from domain.outcome import Outcome
from domain.retention import Rule
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.database.collections import tables_of
from ingest.database.tables import destruction, effect, finding, message, section, submission
from ingest.destructions import Line
from ingest.ledger import destroying
from ingest.ledger.rows_destroyed import Part, destroy_part

from .conftest import paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

UNKNOWN = Finding(code="N1A.R03", severity=Severity.ERROR, message="CIL inconnu", row=3, cell="C3", value="CANARI")
NIR = Finding(code="G-12", severity=Severity.BLOCKING, message="numéro de sécurité sociale", row=4, value="CANARI")
LATER = "2005-05-10T09:00"


def overturned(driver: Driver, period: str = "2005T1") -> Outcome:
    """Partly accepted because of the register, which is mended; judged again, it breaks anonymity."""
    first = driver.deposit(
        "2005-04-18T10:00",
        Verdict.PARTIALLY_ACCEPTED,
        rows=[(2, "CIL001", 10), (4, "CIL004", 7)],
        findings=[UNKNOWN],
        register_only=True,
    )
    driver.directory = two_platforms(2)
    driver.ledger.reopen_for_register(2, paris(LATER))
    broken = driver.section(Verdict.REJECTED, period=period, findings=[NIR])
    judgement = driver.judgement(replace(broken, verdict=Verdict.DESTROYED), destroy=True)
    return driver.record(first.dropped, judgement, now=paris(LATER))


def test_rows_findings_messages_and_force_go_with_the_file(driver: Driver) -> None:
    before = driver.deposit("2005-04-17T10:00").dropped.submission_id
    outcome = overturned(driver)
    number = outcome.dropped.submission_id
    assert outcome.judgement.verdict is Verdict.DESTROYED
    assert driver.in_force() == {before}
    with driver.database.read() as connection:
        mine = select(section).where(section.c.submission_id == number)
        (kept,) = connection.execute(mine).all()
        assert (kept.verdict, kept.records_accepted, kept.in_force) == ("destroyed", 0, False)
        said = connection.execute(select(finding).where(finding.c.section_id == kept.id)).all()
        assert [(one.code, one.value) for one in said] == [("G-12", None)]
        events = connection.execute(select(message.c.event, message.c.text).where(message.c.submission_id == number))
        assert sorted(one.event for one in events) == ["receipt", "verdict"]
        told = connection.execute(select(submission).where(submission.c.id == number)).one()
        assert (told.verdict, told.state, told.register_only) == ("destroyed", "judged", False)
        assert "CANARI" not in str(told)
        filing = select(effect.c.payload).where(effect.c.submission_id == number, effect.c.kind == "archive")
        (payload,) = connection.execute(filing).scalars()
        assert payload["destroy"]
        assert len(payload["message_ids"]) == 1
        (listed,) = destroying.pending(connection)
        assert (listed.rule, listed.done, listed.listed) == (Rule.ANONYMITY, True, False)
        assert connection.execute(select(destruction.c.rows)).scalar_one() == 2
    kinds = [one["kind"] for one in driver.ledger.show(number)["events"]]
    assert {"judged_again", "destroyed"} <= set(kinds)


def test_a_section_that_the_second_judgement_does_not_name_is_emptied_too(driver: Driver) -> None:
    """It is judged by the name of the file alone: another period, say."""
    outcome = overturned(driver, period="2005T2")
    number = outcome.dropped.submission_id
    assert driver.in_force() == set()
    assert {one["verdict"] for one in driver.ledger.show(number)["sections"]} == {"destroyed"}
    with driver.database.read() as connection:
        assert set(connection.execute(select(finding.c.value)).scalars()) == {None}


def test_a_backup_from_before_forgets_it_again(driver: Driver) -> None:
    """The list says that it broke anonymity; the database, of an earlier day, has it accepted in part."""
    first = driver.deposit(
        "2005-04-18T10:00",
        Verdict.PARTIALLY_ACCEPTED,
        rows=[(2, "CIL001", 10), (4, "CIL004", 7)],
        findings=[UNKNOWN],
        register_only=True,
    ).dropped
    line = Line(
        submission=first.submission_id,
        sha256=first.sha256,
        account=first.account,
        rule=Rule.ANONYMITY,
        at=paris("2005-05-09T09:00"),
    )
    with driver.database.write() as connection:
        assert destroying.decide_again(connection, [line]) == 1
        assert destroying.decide_again(connection, [line]) == 0
        (decided,) = destroying.pending(connection)
        part = Part(
            id=decided.id,
            submission_id=decided.submission_id,
            account=decided.account,
            part=decided.part,
            rule=decided.rule,
            files=3,
        )
        tables = tables_of(load_catalogue().collections)
        assert destroy_part(connection, part, tables, paris(LATER)) == 2
        assert destroy_part(connection, part, tables, paris(LATER)) is None
    assert driver.in_force() == set()
    told = driver.ledger.show(first.submission_id)
    assert (told["verdict"], told["sections"][0]["verdict"]) == ("destroyed", "destroyed")
    with driver.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(finding)).scalar_one() == 0
        row = connection.execute(select(submission).where(submission.c.id == first.submission_id)).one()
    assert "CANARI" not in str(row)


def test_it_is_destroyed_once(driver: Driver) -> None:
    outcome = overturned(driver)
    before = [driver.count(name) for name in ("message", "effect", "event", "destruction")]
    again = driver.record(outcome.dropped, outcome.judgement, now=paris("2005-05-11T09:00"))
    assert again.judgement.verdict is Verdict.DESTROYED
    assert [driver.count(name) for name in ("message", "effect", "event", "destruction")] == before

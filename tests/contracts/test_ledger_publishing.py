"""What tables are made from, when they are to be made again, and the book of editions, over both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from domain.errors import CannotDo, NotFound
from domain.organisations import Adhesion, Directory, Service, Span
from domain.periods import Period
from domain.publishing import Announced
from domain.releases import EditionKind
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.ledger import releases
from ingest.ledger.arrangements import Request
from ingest.ledger.press import Press
from ingest.ledger.releases import NewRelease
from ingest.register.storing import DirectoryStore

from .conftest import N1M, PARIS, paris, two_platforms
from .test_ledger_concurrency import together
from .test_ledger_rejudging import mend, refused

if TYPE_CHECKING:
    from publication.facts import Quarter

    from .conftest import Driver

T1, T2 = Period(2005, 1), Period(2005, 2)
PF07_ROWS = ((2, "CIL003", 7),)


@pytest.fixture
def press(driver: Driver) -> Press:
    return Press(driver.database, load_catalogue(), zone=PARIS, first_period=T1)


def quarter(
    press: Press, directory: Directory | None = None, at: str | None = None, service: Service = Service.ASA
) -> Quarter:
    """The facts of 2005T1 for a service."""
    found = press.facts(T1, directory or two_platforms(), at=None if at is None else paris(at))
    return found.facts.quarter(service, T1)


def figures(found: Quarter) -> dict[str, tuple[str, int]]:
    """CIL → platform and first figure."""
    return {member: (line.platform, int(next(iter(line.figures.values())))) for member, line in found.lines.items()}


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_facts_are_the_rows_in_force_and_what_the_register_expects(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    driver.deposit("2005-04-10T11:00", collection=N1M, rows=((2, "CIL001", 4),))
    found = quarter(press)
    assert figures(found) == {"CIL001": ("PF03", 10), "CIL002": ("PF03", 20)}
    assert found.expected == {"CIL001": "PF03", "CIL002": "PF03", "CIL003": "PF07"}
    assert found.missing == ("CIL003",)
    mobility = quarter(press, service=Service.MOB).lines["CIL001"].figures
    assert {name: str(value) for name, value in mobility.items()} == {
        "dossiers_individuels": "4",
        "entreprises_concernees": "4",
        "montant_facture_ht": "4.10",
    }


def test_the_facts_follow_corrections_and_withdrawals_and_remember_them(driver: Driver, press: Press) -> None:
    first = driver.deposit("2005-04-10T10:00")
    second = driver.deposit("2005-04-12T10:00", rows=((2, "CIL001", 11), (3, "CIL002", 20)))
    assert figures(quarter(press))["CIL001"] == ("PF03", 11)
    driver.ledger.withdraw(second.dropped.submission_id, reason="erreur", author="a", now=paris("2005-04-14T10:00"))
    assert figures(quarter(press))["CIL001"] == ("PF03", 10)
    past = {at: figures(quarter(press, at=at)).get("CIL001") for at in ("2005-04-09", "2005-04-11", "2005-04-13")}
    assert past == {"2005-04-09": None, "2005-04-11": ("PF03", 10), "2005-04-13": ("PF03", 11)}
    inputs = press.facts(T1, two_platforms()).inputs
    assert [(one.submission_id, one.file_name) for one in inputs] == [(first.dropped.submission_id, first.dropped.name)]


def test_the_sections_of_an_edition_give_its_facts_whatever_came_since(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    before = press.facts(T1, two_platforms())
    driver.deposit("2005-04-12T10:00", rows=((2, "CIL001", 11), (3, "CIL002", 20)))
    assert press.facts(T1, two_platforms(), sections=before.sections) == before


def test_a_nil_return_in_force_is_told_by_platform(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00", Verdict.NIL)
    found = quarter(press)
    assert found.nil == {"PF03"}
    assert found.value("CIL001", "diagnostics_prealables").number == 0
    assert found.missing == ("CIL003",)


def test_trials_and_refused_deposits_are_no_facts(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00", box=Box.ESSAI)
    driver.deposit("2005-04-10T11:00", Verdict.REJECTED)
    assert quarter(press).lines == {}
    assert press.stale_at(T1) is None


def test_the_line_of_the_platform_that_owes_it_counts(driver: Driver, press: Press) -> None:
    """CIL001 turns out to have belonged to PF07: its line is there twice once that one has deposited."""
    driver.deposit("2005-04-10T10:00")
    since = Span(first=date(2003, 1, 1))
    corrected = replace(
        two_platforms(),
        adhesions=tuple(
            Adhesion(code_cil=cil, code_plateforme=platform, service=Service.ASA, dates=since)
            for cil, platform in (("CIL001", "PF07"), ("CIL002", "PF03"), ("CIL003", "PF07"))
        ),
    )
    assert figures(quarter(press, corrected))["CIL001"] == ("PF03", 10)
    driver.deposit("2005-04-11T10:00", account="pf07", rows=(*PF07_ROWS, (3, "CIL001", 99)))
    driver.deposit("2005-04-12T10:00", rows=((2, "CIL001", 12), (3, "CIL002", 20)))
    assert figures(quarter(press, corrected))["CIL001"] == ("PF07", 99)
    assert figures(quarter(press))["CIL001"] == ("PF03", 12)


# ── what is out of date ──────────────────────────────────────────────────────────────────────────────────────────


def stale(press: Press) -> dict[str, str]:
    """Periods that are out of date, and the day of the last change."""
    periods = [Period(year, number) for year in (2004, 2005, 2006) for number in range(1, 5)]
    marks = {one.code: press.stale_at(one) for one in periods}
    return {code: f"{at.astimezone(PARIS):%m-%d}" for code, at in marks.items() if at is not None}


def published(press: Press, *periods: Period) -> None:
    for one in periods:
        assert press.nothing_new(one, seen=press.stale_at(one))


def test_a_deposit_puts_its_period_and_those_that_look_at_it_out_of_date(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    assert stale(press) == {"2005T1": "04-10"}
    driver.deposit("2005-07-10T10:00", period="2005T2")
    assert stale(press) == {"2005T1": "04-10", "2005T2": "07-10"}
    published(press, T1, T2)
    driver.deposit("2005-07-12T10:00", rows=((2, "CIL001", 11), (3, "CIL002", 20)))
    assert stale(press) == {"2005T1": "07-12", "2005T2": "07-12"}
    published(press, T1, T2)
    driver.deposit("2006-01-12T10:00", period="2005T3")
    assert stale(press) == {"2005T3": "01-12"}


def test_a_deposit_foreseen_or_repeated_puts_nothing_out_of_date(driver: Driver, press: Press) -> None:
    trial = driver.dropped("2005-04-10T10:00")
    driver.ledger.preview(
        trial, driver.judgement(driver.section()), directory=driver.directory, now=paris("2005-04-10T10:00")
    )
    assert stale(press) == {}
    first = driver.deposit("2005-04-10T11:00")
    published(press, T1)
    driver.record(first.dropped, driver.judgement(driver.section()))
    assert stale(press) == {}


def test_rows_that_a_mended_register_adds_put_the_period_out_of_date(driver: Driver, press: Press) -> None:
    first = refused(driver, "2005-04-10T10:00")
    published(press, T1)
    mend(driver)
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    assert stale(press) == {}
    driver.record(first.dropped, driver.judgement(driver.section()), now=paris("2005-05-10T09:00"))
    assert figures(quarter(press)) == {"CIL001": ("PF03", 10), "CIL002": ("PF03", 20)}
    assert stale(press) == {"2005T1": "05-10"}


def test_another_register_puts_everything_published_out_of_date(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    published(press, T1)
    with driver.database.write() as connection:
        DirectoryStore(driver.database).append(
            connection, two_platforms(version=0), now=paris("2005-05-20T10:00"), author="a", source="s"
        )
    assert stale(press) == {"2005T1": "05-20"}


def test_a_change_that_was_not_seen_stays(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    seen = press.stale_at(T1)
    driver.deposit("2005-04-11T10:00", account="pf07", rows=PF07_ROWS)
    assert not press.nothing_new(T1, seen=seen)
    assert stale(press) == {"2005T1": "04-11"}


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def new(press: Press, number: int = 1, at: str = "2005-05-01T08:00", **values: object) -> NewRelease:
    plain = NewRelease(
        period=T1,
        number=number,
        kind=EditionKind.OFFICIAL,
        created_at=paris(at),
        dated_on=paris(at).date(),
        content_hash="a" * 64,
        directory_version=0,
        rules_version="1+x",
        complete=False,
        changed_cells=0,
        replaces=None,
        ordered_by=None,
        sections=press.facts(T1, two_platforms()).sections,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def test_an_edition_is_written_with_what_it_rests_on(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    made = press.create(new(press), seen=press.stale_at(T1))
    assert made is not None
    assert (made.release.name, made.release.created_at, made.written_at) == (
        "official-v01",
        paris("2005-05-01T08:00"),
        None,
    )
    assert press.inputs(made.release) == press.facts(T1, two_platforms()).sections
    assert stale(press) == {}
    press.written(made.release, paris("2005-05-01T08:01"))
    assert press.named("2005T1").written_at == paris("2005-05-01T08:01")
    for word in ("2005T1/official-v01", "2005t1/1", "2005T1/v1", "2005T1-official-v01"):
        assert press.named(word).release == made.release
    for word in ("2005T2", "2005T1/2", "2005T1/final-v01", "n’importe quoi"):
        with pytest.raises(NotFound, match="no edition is called"):
            press.named(word)


def test_an_edition_weighed_before_a_change_is_not_written(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    seen, weighed = press.stale_at(T1), new(press)
    driver.deposit("2005-04-11T10:00", account="pf07", rows=PF07_ROWS)
    assert press.create(weighed, seen=seen) is None
    assert press.create(replace(weighed, directory_version=3), seen=press.stale_at(T1)) is None
    assert press.releases() == ()
    assert stale(press) == {"2005T1": "04-11"}


def test_two_processes_write_one_edition(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    seen, weighed = press.stale_at(T1), new(press)
    made: list[bool] = []

    def make() -> None:
        made.append(press.create(weighed, seen=seen) is not None)

    assert together(make, make) == []
    assert sorted(made) == [False, True]
    assert len(press.releases()) == 1


def test_an_edition_that_was_never_written_can_be_dropped(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    made = press.create(new(press), seen=press.stale_at(T1))
    assert made is not None
    assert press.forget(made.release, paris("2005-05-01T09:00"))
    assert press.releases() == ()
    assert stale(press) == {"2005T1": "05-01"}
    again = press.create(new(press), seen=press.stale_at(T1))
    assert again is not None
    press.written(again.release, paris("2005-05-01T09:01"))
    assert not press.forget(again.release, paris("2005-05-01T10:00"))


def test_what_was_distributed_is_not_distributed_again_for_the_same_content(driver: Driver, press: Press) -> None:
    kinds = (EditionKind.OFFICIAL, EditionKind.FINAL, EditionKind.REVISED)
    for number, (kind, content) in enumerate(zip(kinds, ("a", "a", "b"), strict=True), start=1):
        press.create(new(press, number, kind=kind, content_hash=content * 64), seen=None)
    official, final, revised = press.releases(T1)
    assert [one.to_distribute for one in (official, final, revised)] == [True, True, True]
    with driver.database.write() as connection:
        assert releases.distributed(connection, official, paris("2005-05-02T09:00"))
        assert not releases.distributed(connection, official, paris("2005-05-02T09:00"))
    assert [one.to_distribute for one in press.releases(T1)] == [True, False, True]


def test_an_edition_can_be_held_until_it_has_left_and_taken_back(driver: Driver, press: Press) -> None:
    press.create(new(press), seen=None)
    now = paris("2005-05-01T10:00")
    held = press.hold("2005T1/1", author="Mme Martin", reason="à vérifier", now=now)
    assert (held.held_by, held.held_reason) == ("Mme Martin", "à vérifier")
    with pytest.raises(CannotDo, match="held already"):
        press.hold("2005T1/1", author="a", reason="b", now=now)
    with driver.database.write() as connection:
        releases.let_go(connection, held, author="Mme Martin", now=now)
        assert releases.distributed(connection, held, now)
    with pytest.raises(CannotDo, match="was distributed before"):
        press.hold("2005T1/1", author="a", reason="b", now=now)
    gone, _ = press.withdraw("2005T1/1", author="Mme Martin", reason="faux", now=now, compose=lambda *_: ())
    assert (gone.withdrawn_at, gone.withdrawn_reason) == (now, "faux")
    with pytest.raises(CannotDo, match="withdrawn before"):
        press.withdraw("2005T1/1", author="a", reason="b", now=now, compose=lambda *_: ())
    with pytest.raises(NotFound):
        press.named("2005T1")


# ── the planner's state ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_state_of_a_period(driver: Driver, press: Press) -> None:
    directory = two_platforms()
    driver.ledger.open_obligations(directory, paris("2005-04-02T10:00"))
    assert press.state(T1, directory, paris("2005-03-31T23:59")) is None
    state = press.state(T1, directory, paris("2005-04-02T10:00"))
    assert state is not None
    assert (state.due_on, state.last_due_at, state.complete, state.waiting, state.history) == (
        date(2005, 4, 30),
        paris("2005-04-30T23:59:59"),
        False,
        False,
        False,
    )
    collection = load_catalogue().by_code("N1A")
    assert collection is not None
    asked = Request(who="PF07", collection=collection, period=T1, reason="déménagement", author="a")
    driver.ledger.extend(asked, date(2005, 5, 20), now=paris("2005-04-05T10:00"), compose=lambda _: ())
    with driver.database.write() as connection:
        told = Announced(kind=EditionKind.OFFICIAL, for_on=date(2005, 5, 2))
        assert releases.announced(connection, T1, told, paris("2005-04-29T09:00"))
        assert not releases.announced(connection, T1, told, paris("2005-04-29T09:00"))
    state = press.state(T1, directory, paris("2005-04-05T10:00"))
    assert state is not None
    assert (state.due_on, state.last_due_at) == (date(2005, 4, 30), paris("2005-05-20T23:59:59"))
    assert state.announced == (told,)


def test_a_quarter_in_which_nothing_is_expected_is_not_looked_at(press: Press) -> None:
    nobody = replace(two_platforms(), adhesions=())
    assert press.states(nobody, paris("2006-04-20T10:00")) == ()


def complete(press: Press, at: str = "2005-04-20T10:00") -> bool:
    state = press.state(T1, two_platforms(), paris(at))
    assert state is not None
    return state.complete


def test_a_period_is_complete_when_nothing_expected_is_missing(driver: Driver, press: Press) -> None:
    driver.deposit("2005-04-10T10:00")
    driver.deposit("2005-04-10T11:00", account="pf07", rows=PF07_ROWS)
    assert not complete(press)
    driver.deposit("2005-04-10T12:00", Verdict.NIL, collection=N1M)
    assert complete(press)
    press.create(new(press, complete=True), seen=press.stale_at(T1))
    assert complete(press)  # as its last edition says, without looking


@pytest.mark.parametrize(
    ("received", "waiting"), [("2005-04-30T23:59:59", True), ("2005-05-01T00:00:00", False)], ids=["in time", "late"]
)
def test_a_file_received_in_time_and_not_judged_is_waited_for(
    driver: Driver, press: Press, received: str, waiting: bool
) -> None:
    driver.claim(driver.dropped("2005-04-10T10:00", box=Box.ESSAI))  # counts for nothing
    dropped = driver.dropped(received)
    driver.claim(dropped)
    now = paris("2005-05-01T00:05")
    state = press.state(T1, two_platforms(), now)
    assert state is not None
    assert state.waiting is waiting
    driver.record(dropped, driver.judgement(driver.section()), now=now + timedelta(minutes=1))
    judged = press.state(T1, two_platforms(), now)
    assert judged is not None
    assert not judged.waiting


def test_periods_before_go_live_are_history_once_they_have_figures(driver: Driver, press: Press) -> None:
    now: datetime = paris("2005-04-20T10:00")
    assert [one.period for one in press.states(two_platforms(), now)] == [T1]
    driver.deposit("2005-04-19T10:00", period="2004T3")
    found = press.states(two_platforms(), now)
    assert [(one.period.code, one.history) for one in found] == [("2004T3", True), ("2005T1", False)]
    assert press.states(two_platforms(), paris("2005-10-01T00:00"))[-1].period == Period(2005, 3)

"""What one of several processes has in hand no other takes, until it lets go or dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.clock import FixedClock
from domain.errors import CannotDo
from domain.notices import Event, Notice
from ingest.daemon_files import RUN, forget_the_dead
from ingest.database.engine import Database
from ingest.ledger.effects import EffectKind, ask, due_effects
from ingest.lock import exclusive, holder, seated, seats
from ingest.outbox import MailRoute, Outbox, enqueue, list_messages
from ingest.sharing import Alone, Part, Shared, at_work, in_hand, is_led, sharing_of
from notifications.delivery import Delivery, Sent

NOW = datetime(2005, 4, 18, 8, 15, tzinfo=UTC)


@pytest.fixture
def shared_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A PostgreSQL database with the whole schema."""
    server = request.getfixturevalue("postgres_server")
    name = server.create(request.getfixturevalue("postgres_template"))
    database = Database(server.url_of(name))
    yield database
    database.dispose()
    server.drop(name)


@pytest.fixture
def colleague(shared_database: Database) -> Iterator[Callable[[], Shared]]:
    """Makes one more process, as far as the database can tell."""
    with ExitStack() as stack:

        def made() -> Shared:
            sharing = Shared(shared_database)
            stack.callback(sharing.close)
            return sharing

        yield made


def cut(sharing: Shared, database: Database) -> None:
    """The server ends the connection, as when it restarts or the network fails."""
    assert sharing._connection is not None
    number = sharing._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with database.write() as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:n, 5000)"), {"n": number}).scalar_one()


def test_what_one_has_in_hand_no_other_takes(colleague):
    one, two = colleague(), colleague()
    assert one.take(Part.JUDGING, "fast:pf01")
    assert not two.take(Part.JUDGING, "fast:pf01")
    assert not one.take(Part.JUDGING, "fast:pf01")  # another thread of the same process
    assert two.take(Part.JUDGING, "fast:pf02")
    assert two.take(Part.TAKING, "pf01")
    one.leave(Part.JUDGING, "fast:pf01")
    one.leave(Part.JUDGING, "fast:pf01")
    with in_hand(two, Part.JUDGING, "fast:pf01") as ours:
        assert ours
        assert not one.take(Part.JUDGING, "fast:pf01")
    assert one.take(Part.JUDGING, "fast:pf01")


def test_what_the_dead_had_in_hand_is_free(colleague, tmp_path):
    one, two = colleague(), colleague()
    for each in (one, two):
        each.begin(tmp_path)
    assert one.leads()
    assert one.take(Part.TAKING, "pf01")
    assert not two.leads()
    assert one.others() == two.others() == 1
    one.close()
    assert two.others() == 0
    assert two.leads()
    assert two.take(Part.TAKING, "pf01")


def test_a_leader_whose_connection_was_cut_leads_no_more_when_another_was_faster(colleague, shared_database, tmp_path):
    one, two = colleague(), colleague()
    for each in (one, two):
        each.begin(tmp_path)
    assert one.leads()
    assert one.take(Part.MAIL, "a")
    cut(one, shared_database)
    assert two.leads()
    assert two.take(Part.MAIL, "a")
    assert not one.leads()
    one.leave(Part.MAIL, "a")  # it is not ours any more: nothing happens
    assert not one.take(Part.MAIL, "a")
    assert two.others() == 1


def test_what_nobody_took_meanwhile_is_ours_again(colleague, shared_database, tmp_path):
    one, two = colleague(), colleague()
    one.begin(tmp_path)
    assert one.leads()
    assert one.take(Part.EFFECTS, "pf01")
    cut(one, shared_database)
    assert one.leads()
    assert not two.leads()
    assert not two.take(Part.EFFECTS, "pf01")
    assert two.others() == 1


def test_a_cut_connection_lets_go_without_a_word(colleague, shared_database):
    one, two = colleague(), colleague()
    assert one.take(Part.EFFECTS, "pf01")
    cut(one, shared_database)
    one.leave(Part.EFFECTS, "pf01")
    assert two.take(Part.EFFECTS, "pf01")


def test_the_doctor_counts_them(colleague, shared_database, tmp_path):
    for _ in range(3):
        colleague().begin(tmp_path)
    last = colleague()
    with shared_database.read() as connection:
        assert (at_work(connection), is_led(connection)) == (3, False)
        assert last.leads()
        assert is_led(connection)


def test_one_database_is_for_one_home(colleague, tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    one, two = colleague(), colleague()
    one.begin(here)
    with pytest.raises(CannotDo, match="must share the home"):
        two.begin(elsewhere)
    two.begin(here)
    assert two.others() == 1


def test_on_sqlite_there_is_one_process_that_has_everything(tmp_path):
    sharing = sharing_of(Database(f"sqlite:///{tmp_path / 'guichet.sqlite3'}"))
    assert isinstance(sharing, Alone)
    assert (sharing.several, sharing.leads(), sharing.others()) == (False, True, 0)


# ── seats ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_has_a_seat_and_whoever_wants_the_home_alone_waits(tmp_path):
    with seated(tmp_path) as first, seated(tmp_path) as second:
        assert (first.number, second.number) == (1, 2)
        assert [one.number for one in seats(tmp_path)] == [1, 2]
        assert second.path(tmp_path, RUN).name == "run-2.json"
        with pytest.raises(CannotDo, match="another guichet is at work"), exclusive(tmp_path):
            pass
    assert holder(tmp_path) is None
    with exclusive(tmp_path):
        assert [one.number for one in seats(tmp_path)] == [1]
        with pytest.raises(CannotDo, match="being restored"), seated(tmp_path):
            pass
        with pytest.raises(CannotDo, match="another guichet is at work"), exclusive(tmp_path):
            pass


def test_the_first_seat_is_taken_again(tmp_path):
    with ExitStack() as stack:
        one = ExitStack()
        one.enter_context(seated(tmp_path))
        stack.enter_context(seated(tmp_path))
        one.close()
        assert stack.enter_context(seated(tmp_path)).number == 1


def test_the_sign_of_the_dead_goes_and_that_of_the_living_stays(tmp_path):
    with seated(tmp_path) as first:
        for name in ("run.json", "run-2.json"):
            (tmp_path / name).write_text("{}")
        forget_the_dead(tmp_path)
        assert first.path(tmp_path, RUN).exists()
        assert not (tmp_path / "run-2.json").exists()
    forget_the_dead(tmp_path)
    assert not (tmp_path / "run.json").exists()


# ── what is to be written, what is to be sent ────────────────────────────────────────────────────────────────────────


def test_what_is_due_is_asked_for_by_account(database):
    with database.write() as connection:
        for account in ("pf01", "pf02", "pf03"):
            ask(connection, NOW, account, None, {EffectKind.MODELES: {}, EffectKind.SITUATION: {}})
    found = due_effects(database, NOW, 100, {"pf01", "pf03"})
    assert sorted((one.account, one.kind.value) for one in found) == [
        ("pf01", "modeles"),
        ("pf01", "situation"),
        ("pf03", "modeles"),
        ("pf03", "situation"),
    ]


class Relay:
    """Takes what it is given; may do something meanwhile, as time passes while a server thinks."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.handed: list[str] = []
        self._meanwhile = meanwhile

    @contextmanager
    def session(self) -> Iterator[Relay]:
        yield self

    def probe(self) -> None:
        """Nothing is ever wrong."""

    def deliver(self, message: Any, *, sender: str, recipient: str) -> Delivery:
        del sender, recipient
        self.handed.append(str(message["Subject"]))
        self._meanwhile()
        return Sent()


class Killed(BaseException):
    """Our process dies here."""


def die() -> None:
    raise Killed


def queue(database: Database, *subjects: tuple[str, str]) -> None:
    with database.write() as connection:
        notices = [
            Notice(
                cause_key=f"{deposit}:{subject}",
                event=Event.VERDICT,
                recipient="depot@pf03.example",
                recipient_name="Zoé",
                subject=subject,
                text="Bonjour\n",
                html="<p>Bonjour</p>",
                submission_id=deposit,
            )
            for deposit, subject in subjects
        ]
        enqueue(connection, notices, NOW, mail_domain="uesl.example")


def outbox(database: Database, transport: Any, sharing: Shared) -> Outbox:
    route = MailRoute(sender="guichet@uesl.example", mail_domain="uesl.example")
    return Outbox(database, transport, FixedClock(NOW), route, sharing=sharing)


A, B = "20050418-101502-7f3a9c", "20050418-101503-7f3a9d"


def test_two_who_send_at_once_send_each_message_once_and_a_deposits_in_order(shared_database, colleague):
    queue(shared_database, (A, "receipt A"), (A, "verdict A"), (B, "receipt B"), (B, "verdict B"))
    there = Relay()
    two = outbox(shared_database, there, colleague())
    here = Relay(lambda: two.flush(NOW) and None)
    assert outbox(shared_database, here, colleague()).flush(NOW).ambiguous == 0
    assert here.handed == ["receipt A", "verdict A"]
    assert there.handed == ["receipt B", "verdict B"]
    assert {(one["state"], one["ambiguous"]) for one in list_messages(shared_database)} == {("sent", 0)}


def test_what_the_dead_was_sending_goes_out_at_once_and_is_counted(shared_database, colleague):
    queue(shared_database, (A, "receipt A"))
    one, there = colleague(), Relay()
    two = outbox(shared_database, there, colleague())
    with pytest.raises(Killed):
        outbox(shared_database, Relay(die), one).flush(NOW)
    assert two.flush(NOW + timedelta(hours=1)).ambiguous == 0  # its lock is held: it may only be slow
    assert there.handed == []
    one.close()
    assert two.flush(NOW).ambiguous == 1
    assert there.handed == ["receipt A"]
    assert [(one["state"], one["ambiguous"]) for one in list_messages(shared_database)] == [("sent", 1)]

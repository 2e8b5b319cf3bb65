"""What one of several processes has in hand no other takes, until it lets go or dies."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.clock import FixedClock
from domain.errors import CannotDo, Retry
from domain.notices import Event, Notice
from ingest.advisory_locks import colleagues
from ingest.daemon_files import RUN, forget_the_dead
from ingest.database.engine import Database
from ingest.health import _of_database
from ingest.ledger.effects import EffectKind, ask, due_effects
from ingest.lock import exclusive, holder, seated, seats, sole
from ingest.outbox import MailRoute, Outbox, enqueue, list_messages
from ingest.place import misplaced, settle
from ingest.sharing import Alone, Part, Shared, in_hand, sharing_of
from notifications.delivery import Delivery, Refused, Sent

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


def wait_for(condition: Callable[[], Any]) -> Any:
    """Until it is so: the server takes a moment to end a connection."""
    ends = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return found


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


def test_what_the_dead_had_in_hand_is_free(colleague):
    one, two = colleague(), colleague()
    for each in (one, two):
        each.begin()
    assert one.leads()
    assert one.take(Part.TAKING, "pf01")
    assert not two.leads()
    assert one.others() == two.others() == 1
    one.close()
    assert two.others() == 0
    assert two.leads()
    assert two.take(Part.TAKING, "pf01")


def test_a_leader_whose_connection_was_cut_leads_no_more_when_another_was_faster(colleague, shared_database):
    one, two = colleague(), colleague()
    for each in (one, two):
        each.begin()
    assert one.leads()
    assert one.take(Part.MAIL, "a")
    cut(one, shared_database)
    assert two.leads()
    assert two.take(Part.MAIL, "a")
    assert not one.leads()
    one.leave(Part.MAIL, "a")  # it is not ours any more: nothing happens
    assert not one.take(Part.MAIL, "a")
    assert two.others() == 1


def test_what_nobody_took_meanwhile_is_ours_again(colleague, shared_database):
    one, two = colleague(), colleague()
    one.begin()
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


def test_who_is_at_work_and_who_leads_can_be_asked(colleague, shared_database):
    for _ in range(2):
        colleague().begin()
    last = colleague()
    last.begin()
    assert last.leads()
    with shared_database.read() as connection:
        first, *others = colleagues(connection)
        figures = {one.name: one.samples[0][1] for one in _of_database(connection, NOW) if one.samples}
    assert (figures["guichet_processes"], figures["guichet_led"]) == (3, 1)
    assert figures["guichet_process_silent_seconds"] >= 0
    assert (first.leads, [one.leads for one in others]) == (True, [False, False])
    assert {(one.machine, one.pid) for one in (first, *others)} == {(socket.gethostname(), str(os.getpid()))}
    assert len({one.backend for one in (first, *others)}) == 3


def test_one_that_is_not_heard_is_given_up_and_knows_it_when_it_wakes(colleague):
    one, two = colleague(), colleague()
    for each in (one, two):
        each.begin()
    assert one.leads()
    assert one.take(Part.FOLLOWING)
    assert not one.open_beside()
    assert two.give_up_silent() == []
    assert not two.leads()
    [given_up] = two.give_up_silent(silent_seconds=0)  # what hangs says nothing; whoever asks is heard
    assert given_up.leads
    assert wait_for(two.leads)
    assert two.take(Part.FOLLOWING)
    assert not two.open_beside()
    assert not one.still(Part.FOLLOWING)
    assert not one.leads()
    assert one.open_beside()


def test_of_all_that_begin_at_once_one_finds_the_desk_closed(colleague):
    one, two, three = colleague(), colleague(), colleague()
    for each in (one, two, three):
        each.begin()
    assert not one.open_beside()
    assert two.open_beside()
    assert one.open_beside()
    one.close()
    assert three.open_beside()
    two.close()
    assert not three.open_beside()


def test_whoever_is_at_work_is_heard_without_doing_anything(colleague, monkeypatch):
    monkeypatch.setattr("ingest.sharing.PULSE_SECONDS", 0.01)
    one, two = colleague(), colleague()
    one.begin()
    assert one.take(Part.FOLLOWING)
    former = one._connection
    assert former is not None
    cut(one, one._database)
    wait_for(lambda: one._connection is not former and one._connection is not None)
    assert not two.take(Part.FOLLOWING)


def test_a_transaction_that_a_hung_process_left_open_ends_but_not_that_of_a_backup(shared_database):
    asked = "SHOW idle_in_transaction_session_timeout"
    with shared_database.write() as connection:
        assert connection.exec_driver_sql(asked).scalar_one() == "5min"
    with shared_database.snapshot() as connection:
        assert connection.exec_driver_sql(asked).scalar_one() == "0"
    with pytest.raises(Retry):
        hang(shared_database)


def hang(database: Database) -> None:
    """In the middle of a transaction, until the server has ended it."""
    with database.write() as hung:
        pid = hung.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        hung.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 1")
        wait_for(lambda: not lives(database, pid))
        hung.exec_driver_sql("SELECT 1")


def lives(database: Database, pid: int) -> bool:
    with database.read() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return bool(connection.execute(query, {"pid": pid}).scalar_one())


def test_who_was_taken_for_dead_writes_nothing_over_what_a_colleague_sends(shared_database, colleague):
    """Its connection was cut while the mail server thought, and a colleague has the message in hand by now."""
    queue(shared_database, (A, "receipt A"))
    one, two = colleague(), colleague()

    class Refusing(Relay):
        def deliver(self, message: Any, *, sender: str, recipient: str) -> Delivery:
            super().deliver(message, sender=sender, recipient=recipient)
            cut(one, shared_database)
            with pytest.raises(Killed):
                outbox(shared_database, Relay(die), two).flush(NOW)
            return Refused(detail="no such user")

    outbox(shared_database, Refusing(), one).flush(NOW)
    [left] = list_messages(shared_database)
    assert (left["state"], left["attempts"], left["ambiguous"]) == ("sending", 2, 1)


# ── where they work ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_database_is_for_one_home_and_one_inbox(shared_database, tmp_path):
    home, inbox, elsewhere = tmp_path / "home", tmp_path / "inbox", tmp_path / "not mounted"
    home.mkdir()
    settle(shared_database, home, inbox)
    settle(shared_database, home, inbox)
    elsewhere.mkdir()
    for wrong in ((elsewhere, inbox), (home, elsewhere)):
        with pytest.raises(CannotDo, match="must share the home and the inbox; is the folder mounted"):
            settle(shared_database, *wrong)
        with shared_database.read() as connection:
            [told] = misplaced(connection, *wrong)
        assert str(elsewhere) in told
    assert list(elsewhere.iterdir()) == []
    moved = tmp_path / "another mount point"
    home.rename(moved)
    settle(shared_database, moved, inbox)


def test_the_inbox_of_another_desk_is_none_of_ours(shared_database, tmp_path):
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    home.mkdir()
    settle(shared_database, home, inbox)
    (inbox / ".guichet" / "desk.id").write_text("of another\n")
    with pytest.raises(CannotDo, match="is that of another desk"):
        settle(shared_database, home, inbox)


def test_what_a_process_that_died_at_its_first_start_had_marked_is_taken_over(shared_database, tmp_path):
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    home.mkdir()
    (home / "desk.id").write_text("half\n")
    settle(shared_database, home, inbox)
    assert (inbox / ".guichet" / "desk.id").read_text() == "half\n"


def test_one_sqlite_file_is_for_one_process_whatever_its_home(tmp_path):
    database = tmp_path / "guichet.sqlite3"
    with sole(database), pytest.raises(CannotDo, match=f"process {os.getpid()}.* from another home"), sole(database):
        pass
    with sole(database):
        pass


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

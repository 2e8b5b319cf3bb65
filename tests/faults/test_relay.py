"""A mail relay that fails 30 % of the time, in two dozen ways: nothing is lost, nothing comes twice but counted.

Some mails in the suite; `make faults` sends many (`FAULT_MAILS`).
"""

from __future__ import annotations

import os
import random
import ssl
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path

import pytest
import trustme

from domain.clock import FixedClock
from domain.notices import Event, Notice
from ingest.database.engine import Database
from ingest.outbox import MailRoute, Outbox, enqueue, list_messages, retry_messages
from notifications.smtp import Security, SmtpServer, SmtpTransport
from tests.faults import relay
from tests.faults.desk import AT, LATER, FaultDesk, network_of, scenario
from tests.faults.relay import Relay
from tests.faults.zygote import Zygotes

MAILS = int(os.environ.get("FAULT_MAILS", "100"))
SEED = int(os.environ.get("SEED", "20050216"))
SHARE = 0.3
EVERY_WAY = frozenset(
    relay.AT_ONCE + relay.BEFORE + relay.AFTER + relay.FOR_GOOD + relay.AMBIGUOUS + relay.HARMLESS,
)
ADMIN = "admin@uesl.example"
PATIENCE_SECONDS = 1.0
"""A relay that says nothing costs us this, each time."""


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def outbox(database: Database, transport: SmtpTransport) -> Outbox:
    route = MailRoute(sender="guichet@uesl.example", mail_domain="uesl.example", admin=ADMIN)
    return Outbox(database, transport, FixedClock(AT), route)


def queued(database: Database, number: int) -> dict[str, str]:
    """So many messages to a hundred accounts; Message-ID to recipient."""
    notices = [
        Notice(
            cause_key=f"verdict:{one}",
            event=Event.VERDICT,
            recipient=f"depot@pf{one % 100:02d}.example",
            recipient_name="Dépôts",
            subject=f"Accepté {one}",
            text="Bonjour,\n.\nvotre fichier est accepté.\n",
            html="<p>Bonjour</p>",
        )
        for one in range(number)
    ]
    with database.write() as connection:
        enqueue(connection, notices, AT, mail_domain="uesl.example")
    return {one["message_id"]: one["recipient"] for one in list_messages(database)}


def unsent(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM message WHERE state <> 'sent'").scalar_one())


@pytest.mark.parametrize("protected", [False, True], ids=["in clear", "with STARTTLS"])
def test_a_relay_that_fails_three_times_in_ten(
    database: Database, authority: trustme.CA, count: Callable[..., None], *, protected: bool
) -> None:
    """What is refused for good is told to the administrator, who sends it again; all the rest mends itself."""
    wanted = queued(database, MAILS // 4)
    server_side, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    authority.configure_trust(trusting)
    with Relay(SHARE, SEED, ways=EVERY_WAY, tls=server_side if protected else None) as bad:
        transport = SmtpTransport(
            SmtpServer(host="localhost", port=bad.port, security=Security.STARTTLS if protected else Security.NONE),
            timeout_seconds=PATIENCE_SECONDS,
            final_answer_seconds=PATIENCE_SECONDS,
            tls_context=trusting,
        )
        now, dice = AT, random.Random(SEED)  # noqa: S311 - when the service starts again
        box = outbox(database, transport)
        while unsent(database):
            box.flush(now)
            now += timedelta(hours=2)
            assert now < AT + timedelta(days=400), "it would never end"
            if dice.random() < 0.1:
                box = outbox(database, transport)  # another process
            if not box.backlog()[0]:
                told = any(one["recipient"] == ADMIN for one in list_messages(database))
                assert told or not list_messages(database, state="failed"), "given up, and nobody was told"
                retry_messages(database)
    rows = list_messages(database)
    taken = Counter(number for number, _ in bad.taken)
    repeats = sum(taken.values()) - len(taken)
    assert {one["message_id"] for one in rows} == set(taken), "lost"
    assert wanted.items() <= {one["message_id"]: one["recipient"] for one in rows}.items()
    assert all(one["recipient"] in {wanted.get(one["message_id"]), ADMIN} for one in rows)
    assert not bad.wrong
    assert {number: to for number, to in bad.taken if number in wanted} == wanted, "to somebody else"
    for one in rows:
        assert taken[one["message_id"]] <= 1 + one["ambiguous"], "a repeat that nobody counted"
    assert repeats <= sum(bad.did[way] for way in relay.AMBIGUOUS)
    count(mails=len(rows), relay_failures=bad.did.total(), mails_repeated=repeats, mails_doubled=0, mails_lost=0)


def test_every_outcome_of_a_desk_reaches_its_people(quick: Path, zygotes: Zygotes) -> None:
    """Receipts and verdicts of every kind of deposit, sent by the service's own passes through the bad relay."""
    network, directory = network_of(quick / "network")
    drops = scenario(directory)
    desk = FaultDesk(quick / "desk")
    desk.folder.mkdir()
    desk.found(network, drops)
    desk.zygotes = zygotes
    expected = desk.copy(quick / "untouched")
    assert expected.passing(AT).status == 0
    ways = EVERY_WAY - set(relay.FOR_GOOD) - set(relay.SILENT)
    with Relay(SHARE, SEED, ways=ways) as bad:
        desk.mail_url = f"smtp://localhost:{bad.port}"
        assert desk.passing(AT).status == 0
        now = LATER
        while desk.waiting():
            now += timedelta(hours=1)
            assert desk.doing(now, lambda wiring: wiring.outbox.flush()).status == 0
            assert now < LATER + timedelta(days=60)
    asked = expected.account(drops)
    people = Counter(parseaddr(to)[1] for to, _ in asked["delivered"].elements())
    assert Counter(dict(bad.taken).values()) == people
    assert len(bad.taken) - len(dict(bad.taken)) <= desk.ambiguous()
    assert not bad.wrong

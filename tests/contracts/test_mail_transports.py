"""One suite for every way out: each moment of the dialogue with a mail server has its own outcome."""

from __future__ import annotations

import asyncio
import io
import mailbox
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Self

import openpyxl
import pytest
import trustme
from aiosmtpd import smtp as aiosmtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from domain.errors import SettingsError
from notifications.attachments import attached
from notifications.delivery import Ambiguous, Deferred, Delivery, Refused, Sent, Transport, Unreachable
from notifications.maildir import MaildirTransport
from notifications.message import Letter, build, envelope_id
from notifications.smtp import Security, SmtpServer, SmtpTransport
from notifications.transports import transport_for

SENDER = "guichet@uesl.example"
LETTER = Letter(
    message_id="<one@guichet.example>",
    event="verdict",
    recipient="depot@pf03.example",
    subject="Accepté",
    text="Un point en tête de ligne :\n.\n..fin\nété\n",
    html="<p>été</p>",
    date=datetime(2005, 4, 18, 8, 15, tzinfo=UTC),
)


def workbook() -> bytes:
    """A small one, of real bytes: nulls, dots and line breaks."""
    book = openpyxl.Workbook()
    book.active.append(["été"])
    for number in range(500):
        book.active.append([number])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def message(number: int = 1):
    return build(replace(LETTER, message_id=f"<{number}@guichet.example>"), sender=SENDER)


def deliver(transport: Transport, *numbers: int, recipient: str = LETTER.recipient) -> list[Delivery]:
    with transport.session() as session:
        return [session.deliver(message(number), sender=SENDER, recipient=recipient) for number in numbers]


@dataclass
class Received:
    """What a real server took."""

    contents: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the library's name
        del server, options
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("later@"):
            return "450 4.2.0 greylisted"
        self.connections.add(session.peer)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        del server, session
        self.contents.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return "250 queued"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def start(authority) -> Iterator[Callable[..., tuple[Received, int]]]:
    """Starts real SMTP servers; `secure` is the context of the server's side."""
    running: list[Controller] = []

    def started(*, smtps: bool = False, issued: Any = None, **options: Any) -> tuple[Received, int]:
        received, port = Received(), free_port()
        certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (issued or authority.issue_cert("localhost")).configure_cert(certificate)
        if options.pop("starttls", False):
            options |= {"tls_context": certificate, "require_starttls": True}
        controller = Controller(
            received,
            hostname="localhost",
            port=port,
            ssl_context=certificate if smtps else None,
            ident="test",
            **options,
        )
        controller.start()
        running.append(controller)
        return received, port

    yield started
    for controller in running:
        controller.stop()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def smtp(port: int, security: Security = Security.NONE, **options: Any) -> SmtpTransport:
    server = SmtpServer(
        host="localhost", port=port, security=security, user=options.pop("user", None), password="s3cret"
    )
    return SmtpTransport(server, timeout_seconds=5, final_answer_seconds=1, **options)


class TestEveryTransport:
    """What holds for a Maildir and for SMTP, plain and protected."""

    @pytest.fixture(params=["maildir", "smtp", "starttls", "smtps"])
    def way_out(self, request, tmp_path, start, authority):
        if request.param == "maildir":
            folder = tmp_path / "mail"
            return MaildirTransport(folder), lambda: [path.read_bytes() for path in (folder / "new").iterdir()]
        received, port = start(smtps=request.param == "smtps", starttls=request.param == "starttls")
        security = {"smtp": Security.NONE, "starttls": Security.STARTTLS, "smtps": Security.TLS}[request.param]
        return smtp(port, security, tls_context=trusting(authority)), lambda: received.contents

    def test_a_message_arrives_whole(self, way_out):
        transport, arrived = way_out
        assert isinstance(deliver(transport, 1)[0], Sent)
        (content,) = arrived()
        parsed = message_from_bytes(content, policy=default)
        assert parsed["Message-ID"] == "<1@guichet.example>"
        assert parsed["Subject"] == "Accepté"
        text = parsed.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert text == LETTER.text

    def test_a_workbook_arrives_and_opens(self, way_out):
        transport, arrived = way_out
        letter = replace(LETTER, attachments=(attached("annote.xlsx", workbook()),))
        with transport.session() as session:
            outcome = session.deliver(build(letter, sender=SENDER), sender=SENDER, recipient=LETTER.recipient)
        assert isinstance(outcome, Sent)
        (content,) = arrived()
        parsed = message_from_bytes(content, policy=default)
        assert parsed.get_body(("plain",)).get_content().replace("\r\n", "\n") == LETTER.text
        (part,) = parsed.iter_attachments()
        assert part.get_filename() == "annote.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(part.get_content()))
        assert [cell.value for cell in book.active["A"]] == ["été", *range(500)]

    def test_a_session_carries_several_messages(self, way_out):
        transport, arrived = way_out
        assert [type(one) for one in deliver(transport, 1, 2, 3)] == [Sent, Sent, Sent]
        assert len(arrived()) == 3

    def test_the_probe_finds_nothing_wrong_and_sends_nothing(self, way_out):
        transport, arrived = way_out
        deliver(transport, 1)
        assert transport.probe() is None
        assert len(arrived()) == 1


class TestMaildir:
    def test_the_standard_library_reads_it(self, tmp_path):
        deliver(MaildirTransport(tmp_path / "mail"), 1)
        box = mailbox.Maildir(tmp_path / "mail", create=False)
        assert [one["Message-ID"] for one in box] == ["<1@guichet.example>"]

    def test_the_same_message_twice_is_one_message(self, tmp_path):
        transport = MaildirTransport(tmp_path / "mail")
        assert [type(one) for one in deliver(transport, 1, 1)] == [Sent, Sent]
        deliver(transport, 1)
        assert len(list((tmp_path / "mail" / "new").iterdir())) == 1

    def test_a_message_already_read_is_not_delivered_again(self, tmp_path):
        transport = MaildirTransport(tmp_path / "mail")
        deliver(transport, 1)
        (arrived,) = (tmp_path / "mail" / "new").iterdir()
        arrived.rename(tmp_path / "mail" / "cur" / f"{arrived.name}:2,S")
        deliver(transport, 1)
        assert list((tmp_path / "mail" / "new").iterdir()) == []

    def test_nothing_stays_in_tmp(self, tmp_path):
        deliver(MaildirTransport(tmp_path / "mail"), 1, 2)
        assert list((tmp_path / "mail" / "tmp").iterdir()) == []

    def test_a_maildir_that_cannot_be_made_is_told(self, tmp_path):
        (tmp_path / "file").write_text("x")
        assert "not a folder" in (MaildirTransport(tmp_path / "file").probe() or "")


class TestSmtpServer:
    def test_one_connection_serves_a_whole_session(self, start):
        received, port = start()
        deliver(smtp(port), 1, 2, 3)
        assert len(received.connections) == 1

    def test_a_message_too_large_for_the_server_is_refused_at_once(self, start):
        received, port = start(data_size_limit=2_000)
        letter = replace(LETTER, attachments=(attached("annote.xlsx", bytes(5_000)),))
        with smtp(port).session() as session:
            outcome = session.deliver(build(letter, sender=SENDER), sender=SENDER, recipient=LETTER.recipient)
            assert isinstance(outcome, Refused)
            assert "552" in outcome.detail
            assert isinstance(session.deliver(message(), sender=SENDER, recipient=LETTER.recipient), Sent)
        assert len(received.contents) == 1

    def test_a_refused_recipient_does_not_disturb_the_next_message(self, start):
        received, port = start()
        with smtp(port).session() as session:
            outcomes = [
                session.deliver(message(number), sender=SENDER, recipient=recipient)
                for number, recipient in enumerate(["nobody@x.example", "later@x.example", "a@x.example"])
            ]
        assert [type(one) for one in outcomes] == [Refused, Deferred, Sent]
        assert "550" in outcomes[0].detail
        assert received.recipients == ["a@x.example"]

    @pytest.mark.parametrize("secured", [Security.STARTTLS, Security.TLS])
    def test_a_certificate_that_nobody_vouches_for_is_refused(self, start, secured):
        received, port = start(smtps=secured is Security.TLS, starttls=secured is Security.STARTTLS)
        (outcome,) = deliver(smtp(port, secured), 1)
        assert isinstance(outcome, Unreachable)
        assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail
        assert received.contents == []

    @pytest.mark.parametrize("secured", [Security.STARTTLS, Security.TLS])
    @pytest.mark.parametrize(("wrong", "said"), [("host", "not valid for 'localhost'"), ("dates", "expired")])
    def test_a_certificate_of_another_host_or_of_another_time_is_refused_in_words(
        self, start, authority, secured, wrong, said
    ):
        """Both are by the authority that we trust: the name and the dates are looked at, not the signature alone."""
        past = datetime(2005, 4, 18, tzinfo=UTC)
        issued = {
            "host": lambda: authority.issue_cert("elsewhere.example"),
            "dates": lambda: authority.issue_cert("localhost", not_after=past),
        }[wrong]()
        received, port = start(smtps=secured is Security.TLS, starttls=secured is Security.STARTTLS, issued=issued)
        transport = smtp(port, secured, tls_context=trusting(authority), user="guichet")
        (outcome,) = deliver(transport, 1)
        assert isinstance(outcome, Unreachable)
        for told in (outcome.detail, transport.probe() or ""):
            assert "certificate is refused, nothing was sent" in told
            assert said in told
        assert received.contents == []

    def test_starttls_never_falls_back_to_plain(self, start):
        """Neither where it was never offered, nor where somebody in between struck it out; no password either."""
        tried: list[Any] = []

        def note(server, session, envelope, mechanism, data):
            del server, session, envelope, mechanism
            tried.append(data)
            return AuthResult(success=True)

        received, port = start(authenticator=note, auth_require_tls=False)
        transport = smtp(port, Security.STARTTLS, user="guichet")
        (outcome,) = deliver(transport, 1)
        assert isinstance(outcome, Unreachable)
        for told in (outcome.detail, transport.probe() or ""):
            assert "offers less than mail_url asks for, nothing was sent" in told
            assert "STARTTLS" in told
        assert (received.contents, tried) == ([], [])

    def test_it_authenticates_and_a_wrong_password_condemns_no_message(self, start, authority):
        def check(server, session, envelope, mechanism, data):
            del server, session, envelope, mechanism
            return AuthResult(success=data == LoginPassword(b"guichet", b"s3cret"))

        received, port = start(starttls=True, authenticator=check, auth_required=True)
        context = trusting(authority)
        (outcome,) = deliver(smtp(port, Security.STARTTLS, tls_context=context, user="wrong"), 1)
        assert isinstance(outcome, Unreachable)
        assert "s3cret" not in outcome.detail
        assert isinstance(deliver(smtp(port, Security.STARTTLS, tls_context=context, user="guichet"), 1)[0], Sent)
        assert len(received.contents) == 1

    def test_nobody_there(self):
        transport = smtp(free_port())
        assert [type(one) for one in deliver(transport, 1, 2)] == [Unreachable, Unreachable]
        assert "refused" in (transport.probe() or "").lower()


class ReportingServer(aiosmtp.SMTP):
    """A server that knows delivery reports (RFC 3461); `asked` holds the envelope's options as they came."""

    asked: list[str]
    grudging = False

    async def smtp_MAIL(self, arg):  # noqa: N802 - the library's name
        words, told = arg.split(), []
        for word in list(words):
            if word.startswith(("RET=", "ENVID=")):
                words.remove(word)
                told.append(word)
        if told and self.grudging:
            await self.push("555 5.5.4 unsupported option")
            return
        self.asked += told
        await super().smtp_MAIL(" ".join(words))

    async def smtp_RCPT(self, arg):  # noqa: N802 - the library's name
        words = arg.split()
        self.asked += [word for word in words if word.startswith("NOTIFY=")]
        await super().smtp_RCPT(" ".join(word for word in words if not word.startswith("NOTIFY=")))


class ReportingController(Controller):
    """Announces delivery reports in its answer to EHLO."""

    def __init__(self, handler, *, grudging=False, **options):
        self.asked: list[str] = []
        self.grudging = grudging
        super().__init__(handler, **options)

    def factory(self):
        server = ReportingServer(self.handler, **self.SMTP_kwargs)
        server.asked, server.grudging = self.asked, self.grudging
        return server


class Announcing(Received):
    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - the library's name
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]


class TestDeliveryReports:
    """A report names the message that it is about, where the server knows how."""

    @pytest.fixture
    def reporting(self):
        running: list[ReportingController] = []

        def started(**options):
            received = Announcing()
            controller = ReportingController(received, hostname="localhost", port=free_port(), **options)
            controller.start()
            running.append(controller)
            return received, controller

        yield started
        for controller in running:
            controller.stop()

    def test_a_report_is_asked_for_with_the_messages_name(self, reporting):
        received, controller = reporting()
        assert [type(one) for one in deliver(smtp(controller.port), 1, 2)] == [Sent, Sent]
        assert len(received.contents) == 2
        assert controller.asked == [
            *("RET=HDRS", "ENVID=1", "NOTIFY=FAILURE,DELAY"),
            *("RET=HDRS", "ENVID=2", "NOTIFY=FAILURE,DELAY"),
        ]

    def test_a_server_that_promises_reports_and_refuses_to_be_asked_gets_the_message_all_the_same(self, reporting):
        received, controller = reporting(grudging=True)
        assert [type(one) for one in deliver(smtp(controller.port), 1, 2)] == [Sent, Sent]
        assert len(received.contents) == 2
        assert len(received.connections) == 1
        assert controller.asked == []

    def test_a_server_without_reports_is_asked_for_none(self, start):
        received, port = start()  # aiosmtpd refuses options that it does not know
        assert isinstance(deliver(smtp(port), 1)[0], Sent)
        assert len(received.contents) == 1

    @pytest.mark.parametrize(
        ("message_id", "name"),
        [
            ("<one@guichet.example>", "one"),
            (f"<{'a1' * 20}@uesl.example>", "a1" * 20),
        ],
    )
    def test_a_message_is_named_by_the_left_of_its_message_id(self, message_id, name):
        assert envelope_id(message_id) == name

    @pytest.mark.parametrize("message_id", [f"<{'a' * 101}@x.example>", "<a+b=c@x.example>", "<é@x.example>", "<@x>"])
    def test_any_other_gets_a_name_that_no_server_has_to_encode(self, message_id):
        assert re.fullmatch(r"[0-9a-f]{40}", envelope_id(message_id))


class Chaos:
    """A mail server that fails at one chosen moment; `accepted` holds the Message-IDs that it took."""

    def __init__(self, failing: str, *, times: int = 1000) -> None:
        self.failing, self.left = failing, times
        self.accepted: list[str] = []
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _fails(self, moment: str) -> bool:
        if self.failing != moment or self.left <= 0:
            return False
        self.left -= 1
        return True

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader, writer) -> None:  # noqa: C901, PLR0911, PLR0912 - one dialogue, read from top to bottom
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        if self._fails("refuse_banner"):
            await say("554 no")
            return
        if self._fails("hang_banner"):
            await self._stop.wait()
        await say("220 chaos")
        while line := (await reader.readline()).decode("utf-8", "replace").strip().upper():
            if line.startswith("MAIL"):
                if self._fails("drop_mail"):
                    writer.transport.abort()
                    return
                await say("451 later" if self._fails("4xx_mail") else "530 no" if self._fails("5xx_mail") else "250 ok")
            elif line.startswith("RCPT"):
                reply = (
                    "550 unknown" if self._fails("5xx_rcpt") else "450 grey" if self._fails("4xx_rcpt") else "250 ok"
                )
                await say(reply)
            elif line == "DATA":
                await say("354 go")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += await reader.readline()
                    if self.failing == "drop_mid_data" and self._fails("drop_mid_data"):
                        writer.transport.abort()
                        return
                if self._fails("4xx_data"):
                    await say("451 later")
                    continue
                if self._fails("5xx_data"):
                    await say("554 spam")
                    continue
                self.accepted.append(str(message_from_bytes(data)["Message-ID"]))
                if self._fails("accept_then_drop"):
                    writer.transport.abort()
                    return
                if self._fails("accept_hang"):
                    await self._stop.wait()
                await say("\x00 ok?" if self._fails("accept_garbage") else "250 queued")
                if self._fails("drop_idle"):
                    writer.transport.abort()
                    return
            elif line == "QUIT":
                if self._fails("drop_on_quit"):
                    writer.transport.abort()
                    return
                await say("221 bye")
                return
            else:
                await say("250 ok")


def chaotic(server: Chaos) -> SmtpTransport:
    where = SmtpServer(host="127.0.0.1", port=server.port)
    return SmtpTransport(where, timeout_seconds=0.5, final_answer_seconds=0.5)


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [
        ("refuse_banner", Unreachable),
        ("hang_banner", Unreachable),
        ("drop_mail", Deferred),
        ("4xx_mail", Deferred),
        ("5xx_mail", Deferred),
        ("4xx_rcpt", Deferred),
        ("5xx_rcpt", Refused),
        ("4xx_data", Deferred),
        ("5xx_data", Refused),
    ],
)
def test_what_fails_before_acceptance_is_known_not_to_be_accepted(failing, outcome):
    with Chaos(failing) as server:
        assert isinstance(deliver(chaotic(server), 1)[0], outcome)
        assert server.accepted == []


@pytest.mark.parametrize("failing", ["accept_then_drop", "accept_hang", "accept_garbage"])
def test_what_fails_after_the_hand_over_is_ambiguous(failing):
    with Chaos(failing) as server:
        assert isinstance(deliver(chaotic(server), 1)[0], Ambiguous)
        assert server.accepted == ["<1@guichet.example>"]


def test_a_cut_in_the_middle_of_the_data_is_never_taken_for_success():
    with Chaos("drop_mid_data") as server:
        assert isinstance(deliver(chaotic(server), 1)[0], Deferred | Ambiguous)
        assert server.accepted == []


def test_a_cut_at_the_goodbye_changes_nothing():
    with Chaos("drop_on_quit") as server:
        assert isinstance(deliver(chaotic(server), 1)[0], Sent)


def test_a_connection_that_died_of_idleness_is_opened_again():
    with Chaos("drop_idle") as server:
        assert [type(one) for one in deliver(chaotic(server), 1, 2, 3)] == [Sent, Sent, Sent]
        assert server.accepted == [f"<{number}@guichet.example>" for number in (1, 2, 3)]


def test_after_an_ambiguous_cut_the_next_message_gets_a_new_connection():
    with Chaos("accept_then_drop", times=1) as server:
        assert [type(one) for one in deliver(chaotic(server), 1, 2)] == [Ambiguous, Sent]


def test_a_server_that_breaks_every_connection_is_left_alone():
    with Chaos("drop_mail") as server:
        kinds = [type(one) for one in deliver(chaotic(server), 1, 2, 3, 4, 5)]
        assert kinds == [Deferred, Deferred, Deferred, Unreachable, Unreachable]


class TestMailUrl:
    @pytest.mark.parametrize(
        ("url", "server"),
        [
            ("smtp://relay.example", SmtpServer(host="relay.example", port=25)),
            ("smtps://relay.example", SmtpServer(host="relay.example", port=465, security=Security.TLS)),
            (
                "smtp+starttls://u%40x:p%2Fw@relay.example:2587",
                SmtpServer(host="relay.example", port=2587, security=Security.STARTTLS, user="u@x", password="p/w"),
            ),
        ],
    )
    def test_it_names_a_server(self, url, server):
        transport = transport_for(url)
        assert isinstance(transport, SmtpTransport)
        assert transport._server == server
        assert "p/w" not in repr(server)

    def test_it_names_a_maildir(self, tmp_path):
        transport = transport_for(f"maildir:{tmp_path}")
        assert isinstance(transport, MaildirTransport)
        assert transport.folder == Path(tmp_path)

    @pytest.mark.parametrize(
        "url",
        ["", "maildir:", "http://x", "smtp://", "smtp://h:port", "smtp://u:s3cret@h:99999", "smtp://u:s3cret@h/x"],
    )
    def test_another_url_is_refused_without_being_quoted(self, url):
        with pytest.raises(SettingsError) as refusal:
            transport_for(url)
        assert "s3cret" not in str(refusal.value)

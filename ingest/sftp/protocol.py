"""The seams with asyncssh, all in one place because they reach below its public interface.

Pinned to asyncssh 2.24 (`asyncssh>=2.24,<2.25`); the end-to-end tests with real clients prove
each of them again:

- the library calls `SFTPServer.close` both when the client closes a handle and when the client
  vanished. Only the first is a deposit: `Handler` sends the client's own closes to
  `Session.finish`, `Sink` does the same for `scp -O`;
- `Packet` ignores bytes after the last field of a request, as OpenSSH does. The Go library of
  rclone 1.60 sends some, and could not upload;
- requests that we do not want (links apart, which get their own answer) are not in the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, cast

import asyncssh
from asyncssh.constants import (
    FXF_CREAT,
    FXF_TRUNC,
    FXF_WRITE,
    FXP_BLOCK,
    FXP_CLOSE,
    FXP_LINK,
    FXP_OPENDIR,
    FXP_UNBLOCK,
)
from asyncssh.packet import SSHPacket
from asyncssh.scp import _SCPArgParser, _SCPSink, _SCPSource
from asyncssh.sftp import MIN_SFTP_VERSION, SFTPServerFS, SFTPServerHandler
from asyncssh.stream import SSHReader, SSHServerStreamSession, SSHWriter

from ingest.sftp import texts
from ingest.sftp.session import Session
from ingest.sftp.telemetry import log_event

if TYPE_CHECKING:
    from asyncssh import SSHServerChannel

_REFUSED: Final = (
    FXP_BLOCK,
    FXP_UNBLOCK,
    FXP_LINK,
    FXP_OPENDIR,
    b"copy-data",
    b"ranges@asyncssh.com",
)


_ANNOUNCED: Final = [
    extension
    for extension in SFTPServerHandler._extensions  # noqa: SLF001  see the module's docstring
    if extension[0] not in (*_REFUSED, b"hardlink@openssh.com")
]


def _table(ours: dict[int | bytes, Callable[[Handler, SSHPacket], Awaitable[object]]]) -> dict[int | bytes, Any]:
    """Return the library's table of requests, with ours in place and without what we refuse."""
    known = SFTPServerHandler._packet_handlers  # noqa: SLF001  see the module's docstring
    return {**{key: each for key, each in known.items() if key not in _REFUSED}, **ours}


class Packet(SSHPacket):
    """A request whose trailing bytes are ignored."""

    def check_end(self) -> None:
        """Accept what follows the last field."""


class Handler(SFTPServerHandler):
    """Reads the requests of one channel."""

    _extensions = _ANNOUNCED

    async def recv_packet(self) -> SSHPacket:
        """Read one request."""
        packet = await super().recv_packet()
        return Packet(packet.get_full_payload())

    async def _process_client_close(self, packet: SSHPacket) -> None:
        """Process a close that the client asked for."""
        handle = packet.get_string()
        file_obj = self._file_handles.pop(handle, None)
        if file_obj is not None:
            await cast("Session", self._server).finish(file_obj)
        elif self._dir_handles.pop(handle, None) is None:
            raise asyncssh.SFTPInvalidHandle(texts.NOT_FOUND)

    async def _process_bounded_opendir(self, packet: SSHPacket) -> bytes:
        """Open a folder, unless too many are open."""
        cast("Session", self._server).check_handles(len(self._dir_handles))
        return await self._process_opendir(packet)

    _packet_handlers = _table({FXP_CLOSE: _process_client_close, FXP_OPENDIR: _process_bounded_opendir})


class Sink(_SCPSink):
    """Receives files by the old scp protocol (`scp -O`)."""

    server_session: Session

    async def _recv_file(self, srcpath: bytes, dstpath: bytes, size: int) -> None:
        """Receive one file: a deposit once every byte came and the client said all was well."""
        del srcpath
        session = self.server_session
        upload = session.open(dstpath, FXF_WRITE | FXF_CREAT | FXF_TRUNC, asyncssh.SFTPAttrs())
        finished = False
        try:
            self.send_ok()
            refusal = await self._recv_bytes(upload, size)
            trouble = await self.await_response() or refusal
            if trouble is None:
                finished = True
                try:
                    await session.finish(upload)
                except asyncssh.SFTPError as error:
                    trouble = error
        finally:
            if not finished:
                session.close(upload)
        if trouble is None:
            self.send_ok()
            return
        self.send_error(trouble)
        vars(trouble)["suppress_send"] = True
        raise trouble

    async def _recv_bytes(self, upload: object, size: int) -> Exception | None:
        """Read exactly `size` bytes; what the disk or a limit refuses is answered at the end."""
        refusal: Exception | None = None
        offset = 0
        while offset < size:
            data = await self.recv_data(min(size - offset, self._block_size))
            if not data:
                lost = asyncssh.SFTPConnectionLost("Connection lost")
                vars(lost).update(fatal=True, suppress_send=True)
                raise lost
            if refusal is None:
                try:
                    self.server_session.write(upload, offset, data)
                except asyncssh.SFTPError as error:
                    refusal = error
            offset += len(data)
        return refusal

    async def recv_request(self) -> tuple[bytes | None, bytes | None]:
        """Read one control line; half a line is what a client that vanished leaves."""
        try:
            line = await self._reader.readuntil(b"\n")
        except EOFError:
            return None, None
        return line[:1], line[1:-1]


class Channel(SSHServerStreamSession[bytes]):
    """One session channel: the SFTP subsystem, or scp; nothing else starts."""

    def __init__(self, opened: Callable[[SSHServerChannel[bytes]], Session], closed: Callable[[], None]) -> None:
        """`opened` makes the session when the client says what it wants; `closed` ends it."""
        super().__init__(None, None, MIN_SFTP_VERSION, allow_scp=False)
        self._opened = opened
        self._closed = closed

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the channel is closed."""
        super().connection_lost(exc)
        self._closed()

    def shell_requested(self) -> bool:
        """Refuse: there is no shell."""
        return False

    def exec_requested(self, command: str) -> bool:
        """Accept the server side of scp only; nothing is ever executed."""
        return command.startswith("scp ")

    def subsystem_requested(self, subsystem: str) -> bool:
        """Accept SFTP only."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """Serve the channel until its client leaves."""
        channel = cast("SSHServerChannel[bytes]", self._chan)
        channel.set_encoding(None)
        self._encoding = None
        reader = SSHReader[bytes](self, channel)
        writer = SSHWriter[bytes](self, channel)
        session = self._opened(channel)
        command = channel.get_command()
        work: Awaitable[None]
        if channel.get_subsystem() == "sftp":
            work = Handler(session, reader, writer, MIN_SFTP_VERSION).run()
        else:
            work = _run_scp(session, command or "", reader, writer)
        assert self._conn is not None  # noqa: S101  the library's own invariant
        self._conn.create_task(work, reader.logger)


async def _run_scp(session: Session, command: str, reader: SSHReader[bytes], writer: SSHWriter[bytes]) -> None:
    try:
        args = _SCPArgParser().parse(command)
    except ValueError as error:
        log_event("sftp.scp_refused", error=str(error))
        session.channel.exit(1)
        return
    files = SFTPServerFS(session)
    if args.source:
        source = _SCPSource(files, reader, writer, args.preserve, args.recurse, error_handler=False, server=True)
        await source.run(args.path)
        return
    sink = Sink(
        files,
        reader,
        writer,
        args.must_be_dir,
        args.preserve,
        args.recurse,
        error_handler=False,
        server=True,
    )
    sink.server_session = session
    await sink.run(args.path)

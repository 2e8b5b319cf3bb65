"""Every request of SFTP by hand, at paths that lead to somebody else, over a real ssh client.

It speaks to any server alike (ours, sshd). Each operation is also asked for at a file of one's own, where what must
happen is told: a probe that could not succeed anywhere would show nothing.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

INIT, VERSION = 1, 2
OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, REMOVE, MKDIR, RMDIR = range(3, 16)
REALPATH, STAT, RENAME, READLINK, SYMLINK, LINK, BLOCK, UNBLOCK = range(16, 24)
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED, EXTENDED_REPLY = 101, 102, 103, 104, 105, 200, 201
R, W, APPEND, CREAT, TRUNC, EXCL = 1, 2, 4, 8, 16, 32
OK, EOF, NO_SUCH_FILE = 0, 1, 2
PATIENCE_SECONDS = 60
AT_ONCE = 64
"""Requests on their way before we read: their answers fit into the pipes."""


def text(value: bytes) -> bytes:
    """A string as SFTP writes it."""
    return struct.pack(">I", len(value)) + value


NO_ATTRS = struct.pack(">I", 0)
SIZE_0 = struct.pack(">IQ", 1, 0)
ROOT = struct.pack(">III", 2, 0, 0)
NOBODY = struct.pack(">III", 2, 65534, 65534)
RIGHTS = struct.pack(">II", 4, 0o4777)
TIMES = struct.pack(">III", 8, 1, 1)
ALL = struct.pack(">IQIIIII", 15, 0, 0, 0, 0o777, 1, 1)

Request = tuple[int, bytes]


def opening(path: bytes, flags: int) -> Request:
    """A request to open."""
    return OPEN, text(path) + struct.pack(">I", flags) + NO_ATTRS


def extended(name: bytes, body: bytes) -> Request:
    """A request of OpenSSH's own."""
    return EXTENDED, text(name) + body


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One way to ask. `ask` has the path aimed at and a file of one's own; `fresh`: the path aimed at is a new name."""

    name: str
    ask: Callable[[bytes, bytes], Request]
    fresh: bool = False
    home: bytes = b"depot/.a.part"
    folder: bool = False
    """Whether what it is tried on at home is an empty folder."""
    after: Mapping[str, bytes] | None = None
    """One's own folder once it was done there: `a` (b"aaa") was aimed at, `b` (b"bbb") is the other file."""


def _opens(name: str, flags: int, *, fresh: bool = False, after: Mapping[str, bytes] | None = None) -> Operation:
    return Operation(name=name, ask=lambda path, _own: opening(path, flags), fresh=fresh, after=after)


def _path(name: str, kind: int, rest: bytes = b"", **more: object) -> Operation:
    return Operation(name=name, ask=lambda path, _own: (kind, text(path) + rest), **more)  # type: ignore[arg-type]


def _called(name: bytes, rest: bytes = b"", label: str = "") -> Operation:
    return Operation(name=label or name.decode(), ask=lambda path, _own: extended(name, text(path) + rest))


def _from(name: str, kind: int | bytes, after: Mapping[str, bytes] | None, *, new: bool) -> Operation:
    """Aimed at as the first of two paths; the second is one's own, a new name or not."""

    def ask(path: bytes, own: bytes) -> Request:
        body = text(path) + text(own + b".new" if new else own)
        return (kind, body) if isinstance(kind, int) else extended(kind, body)

    return Operation(name=name, ask=ask, after=after)


def _to(name: str, kind: int | bytes, after: Mapping[str, bytes] | None, *, fresh: bool) -> Operation:
    """Aimed at as the second of two paths."""

    def ask(path: bytes, own: bytes) -> Request:
        body = text(own) + text(path)
        return (kind, body) if isinstance(kind, int) else extended(kind, body)

    return Operation(name=name, ask=ask, after=after, fresh=fresh)


A, B = b"aaa", b"bbb"
OPERATIONS: tuple[Operation, ...] = (
    _opens("open r", R),
    _opens("open w creat trunc", W | CREAT | TRUNC),
    _opens("open w", W),
    _opens("open rw", R | W),
    _opens("open append", W | APPEND | CREAT),
    _opens("open excl", W | CREAT | EXCL, fresh=True),
    _path("opendir", OPENDIR, home=b"depot"),
    _path("stat", STAT),
    _path("lstat", LSTAT),
    _path("setstat size", SETSTAT, SIZE_0),
    _path("setstat root", SETSTAT, ROOT),
    _path("setstat uid", SETSTAT, NOBODY),
    _path("setstat rights", SETSTAT, RIGHTS),
    _path("setstat times", SETSTAT, TIMES),
    _path("setstat all", SETSTAT, ALL),
    _path("remove", REMOVE, after={"b": B}),
    _path("mkdir", MKDIR, NO_ATTRS, fresh=True, after={"a": A, "b": B, "n": b"<folder>"}),
    _path("rmdir", RMDIR, folder=True, fresh=True, after={"a": A, "b": B}),
    _path("readlink", READLINK),
    _from("rename from", RENAME, {"b": B, "b.new": A}, new=True),
    _to("rename to", RENAME, {"a": A, "n": B}, fresh=True),
    _to("rename over", RENAME, {"a": B}, fresh=False),
    _from("posix-rename from", b"posix-rename@openssh.com", {"b": A}, new=False),
    _to("posix-rename over", b"posix-rename@openssh.com", {"a": B}, fresh=False),
    _from("symlink aimed at", SYMLINK, None, new=True),
    _to("symlink put there", SYMLINK, None, fresh=True),
    _from("hardlink from", b"hardlink@openssh.com", None, new=True),
    _to("hardlink to", b"hardlink@openssh.com", None, fresh=True),
    Operation(name="link", ask=lambda path, own: (LINK, text(own + b".new") + text(path) + b"\0")),
    Operation(name="link sym", ask=lambda path, own: (LINK, text(own + b".new") + text(path) + b"\1")),
    _called(b"statvfs@openssh.com"),
    _called(b"lsetstat@openssh.com", RIGHTS, "lsetstat rights"),
    _called(b"lsetstat@openssh.com", TIMES, "lsetstat times"),
    _called(b"expand-path@openssh.com"),
    _called(b"home-directory"),
    _called(b"nonsense@example.org"),
    _path("unknown kind", 99),
)
REALPATHS = (_path("realpath", REALPATH),)


def tricks(account: bytes, rest: bytes, inbox: bytes) -> dict[str, bytes]:
    """Paths that would lead to `rest` of that account, by what some server somewhere once believed."""
    up = b"/" + account + b"/" + rest
    return {
        "up": b".." + up,
        "up from the root": b"/.." + up,
        "beside": up,
        "doubled": b"//" + up.replace(b"/", b"//"),
        "dots": b"/./.." + up.replace(b"/", b"/./"),
        "through depot": b"depot/../.." + up,
        "far up": b"essai" + b"/.." * 40 + up,
        "through a file": b"depot/.a.part/../../.." + up,
        "through what is not": b"nulle/part/../../.." + up,
        "absolute": inbox + up,
        "up to the disk's root": b"/../../../../../../../.." + inbox + up,
        "process": b"/proc/self/root" + inbox + up,
        "first process": b"/proc/1/root" + inbox + up,
        "working folder": b"/proc/self/cwd/.." + up,
        "descriptor": b"/dev/fd/3/.." + up,
        "home": b"~" + up[1:],
        "home of mine": b"~/.." + up,
        "trailing": b".." + up + b"/",
        "trailing dot": b"/.." + up + b"/.",
        "trailing up": b"/.." + up + b"/../" + rest.rpartition(b"/")[2],
        "backslashes": b"depot/..\\../.." + b"\\.." + up,
        "escaped": b"%2e%2e" + up,
        "overlong": b"\xc0\xae\xc0\xae" + up,
        "full width": "．．".encode() + up,
        "two dots in one": "\u2025".encode() + up,
        "slash of division": b"depot/..\xe2\x88\x95.." + up,
        "invisible": b".\xe2\x80\x8b." + up,
        "capitals": b"/.." + up.upper(),
        "wildcard": b"*" + up,
        "variable": b"$HOME/.." + up,
    }


def with_nul(account: bytes, rest: bytes) -> dict[str, bytes]:
    """Paths that end where C believes."""
    up = b"/" + account + b"/" + rest
    return {
        "nul after": b".." + up + b"\0.part",
        "nul before": b"depot/.a.part\0/../../.." + up,
        "nul up": b"..\0" + up,
    }


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; `kind` None: the channel was closed instead."""

    kind: int | None
    body: bytes = b""

    @property
    def code(self) -> int | None:
        """The status; None when it is none."""
        return struct.unpack(">I", self.body[:4])[0] if self.kind == STATUS else None

    @property
    def granted(self) -> bool:
        """Whether the server did it."""
        return self.kind not in {None, STATUS} or self.code == OK

    @property
    def string(self) -> bytes:
        """The handle, or the data."""
        (length,) = struct.unpack(">I", self.body[:4])
        return self.body[4 : 4 + length]

    @property
    def name(self) -> bytes:
        """The first name of a list."""
        (length,) = struct.unpack(">I", self.body[4:8])
        return self.body[8 : 8 + length]


@dataclass
class Channel:
    """One SFTP session."""

    process: subprocess.Popen[bytes]
    extensions: dict[bytes, bytes] = field(default_factory=dict)
    sent: int = 0
    read_already: bytes = b""

    def greet(self) -> None:
        """Agree on the version; learn what the server offers."""
        with suppress(BrokenPipeError):
            self._write(struct.pack(">IBI", 5, INIT, 3))
        kind, body = self._read()
        assert kind == VERSION, (kind, body)
        offered = body[4:]
        while offered:
            (length,) = struct.unpack(">I", offered[:4])
            name, offered = offered[4 : 4 + length], offered[4 + length :]
            (length,) = struct.unpack(">I", offered[:4])
            self.extensions[name], offered = offered[4 : 4 + length], offered[4 + length :]

    def ask(self, *requests: Request) -> list[Answer]:
        """Their answers, in the order of the requests."""
        found: list[Answer] = []
        for start in range(0, len(requests), AT_ONCE):
            found += self._some(requests[start : start + AT_ONCE])
        return found

    def one(self, request: Request) -> Answer:
        """The answer to one."""
        return self.ask(request)[0]

    def handle(self, path: bytes, flags: int) -> bytes:
        """A handle to one's own file."""
        answer = self.one(opening(path, flags))
        assert answer.kind == HANDLE, answer
        return answer.string

    def close(self, handle: bytes) -> Answer:
        """What a close is answered."""
        return self.one((CLOSE, text(handle)))

    def write(self, handle: bytes, data: bytes) -> None:
        """Write at the beginning."""
        answer = self.one((WRITE, text(handle) + struct.pack(">Q", 0) + text(data)))
        assert answer.granted, answer

    def read(self, handle: bytes) -> Answer:
        """What a read of the beginning is answered."""
        return self.one((READ, text(handle) + struct.pack(">QI", 0, 1000)))

    def _some(self, requests: Sequence[Request]) -> list[Answer]:
        numbers = range(self.sent + 1, self.sent + 1 + len(requests))
        self.sent += len(requests)
        framed = b"".join(
            struct.pack(">IBI", len(body) + 5, kind, number) + body
            for number, (kind, body) in zip(numbers, requests, strict=True)
        )
        found: dict[int, Answer] = {}
        with suppress(OSError, EOFError):
            self._write(framed)
            while len(found) < len(requests):
                kind, body = self._read()
                found[struct.unpack(">I", body[:4])[0]] = Answer(kind=kind, body=body[4:])
        return [found.get(number, Answer(kind=None)) for number in numbers]

    def _write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def _read(self) -> tuple[int, bytes]:
        length, kind = struct.unpack(">IB", self._exactly(5))
        return kind, self._exactly(length - 1)

    def _exactly(self, size: int) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while len(self.read_already) < size:
            assert select.select([descriptor], [], [], PATIENCE_SECONDS)[0], "no answer"
            data = os.read(descriptor, 1 << 16)
            if not data:
                raise EOFError
            self.read_already += data
        data, self.read_already = self.read_already[:size], self.read_already[size:]
        return data


@dataclass(frozen=True, kw_only=True)
class Site:
    """A server, and how each of its accounts gets in."""

    inbox: Path
    accounts: tuple[str, ...]
    words: Callable[[str], list[str]]
    """The ssh command of an account, up to and with the host."""
    owner: Callable[[str], int]
    """Who owns what the account writes."""
    silent: frozenset[str] = frozenset()
    """Kinds of requests that it does not know and gives no answer to."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What can be asked of it."""
        return tuple(one for one in OPERATIONS if one.name not in self.silent)

    @contextmanager
    def channel(self, account: str) -> Iterator[Channel]:
        """A session of that account."""
        words, pipe = [*self.words(account), "-s", "sftp"], subprocess.PIPE
        process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        try:
            made = Channel(process)
            made.greet()  # EOFError: it did not get in
            yield made
        finally:
            process.kill()
            with suppress(BrokenPipeError), process:
                pass  # what the server did not want to read any more

    def own(self, account: str, **files: bytes) -> None:
        """Put hidden, unfinished files in the account's depot: nobody takes them."""
        depot = self.inbox / account / "depot"
        for path in depot.iterdir():
            path.rmdir() if path.is_dir() else path.unlink()
        for name, content in files.items():
            path = depot / f".{name}.part"
            path.write_bytes(content)
            os.chown(path, self.owner(account), -1)
            path.chmod(0o640)

    def own_folder(self, account: str, name: str) -> None:
        """Put an empty folder there."""
        path = self.inbox / account / "depot" / f".{name}.part"
        path.mkdir()
        os.chown(path, self.owner(account), -1)

    def owned(self, account: str) -> dict[str, bytes]:
        """What the depot holds, by short name."""
        depot = self.inbox / account / "depot"
        return {
            path.name.removeprefix(".").replace(".part", ""): b"<folder>" if path.is_dir() else path.read_bytes()
            for path in depot.iterdir()
        }

    def tree(self, *accounts: str) -> dict[str, tuple[object, ...]]:
        """All that those accounts hold: names, rights, owners, sizes, times, bytes."""
        found: dict[str, tuple[object, ...]] = {}
        for account in accounts:
            for path in (self.inbox / account, *(self.inbox / account).rglob("*")):
                about = path.lstat()
                content = path.read_bytes() if path.is_file() else b""
                found[str(path)] = (about.st_mode, about.st_uid, about.st_gid, about.st_nlink, content)
                found[str(path)] += (about.st_mtime_ns,) if path.is_file() else ()
        return found


def leads(site: Site, other: str) -> list[tuple[str, list[bytes]]]:
    """By trick and depth: the path to what is there, then the same to what is not, in an account that is or is not."""
    inbox, there, nobody = os.fsencode(site.inbox), other.encode(), (other[:-1] + "_").encode()
    found = []
    for real, absent in (
        (b"depot/.secret.part", b"depot/.absent.part"),
        (b"retours/secret.html", b"retours/absent.html"),
    ):
        paths = [tricks(there, real, inbox), tricks(there, absent, inbox), tricks(nobody, real, inbox)]
        found += [(f"{trick} {real.decode()}", [each[trick] for each in paths]) for trick in paths[0]]
    paths = [tricks(account, b"depot", inbox) for account in (there, nobody)]
    return found + [(f"{trick} depot", [each[trick] for each in paths]) for trick in paths[0]]


def probe(channel: Channel, site: Site, other: str, canary: bytes) -> tuple[int, list[str]]:
    """Ask everything at every path; return how many requests were made, and what should not have been answered."""
    asked, wrong = 0, []
    own = b"depot/.b.part"
    for trick, paths in leads(site, other):
        requests = [operation.ask(path, own) for operation in (*site.operations, *REALPATHS) for path in paths]
        answers = channel.ask(*requests)
        asked += len(requests)
        for place, operation in enumerate((*site.operations, *REALPATHS)):
            mine = answers[place * len(paths) : (place + 1) * len(paths)]
            if operation not in REALPATHS and any(one.granted or one.kind is None for one in mine):
                wrong.append(f"{operation.name} at {trick}: granted, or the channel ended: {mine}")
            said = {(one.kind, _unnamed(one.body, paths, at)) for at, one in enumerate(mine)}
            if len(said) > 1:
                wrong.append(f"{operation.name} at {trick}: tells what is there from what is not: {mine}")
            if any(canary in one.body for one in mine):
                wrong.append(f"{operation.name} at {trick}: shows bytes of {other}")
    return asked, wrong


def _unnamed(body: bytes, paths: list[bytes], at: int) -> bytes:
    """An answer without the words that were in the question, which a server may repeat."""
    words = {word for word in paths[at].split(b"/") if word.strip(b".")}
    for word in sorted(words | {word.lower() for word in words}, key=len, reverse=True):
        body = body.replace(word, b"?")
    return body


def done_at_home(channel: Channel, site: Site, account: str) -> dict[str, bool]:
    """Every operation at a file of one's own, and whether it was granted; what it did there is what it should."""
    granted = {}
    for operation in (*site.operations, *REALPATHS):
        site.own(account, a=A, b=B)
        here = {"a": A, "b": B}
        if operation.folder:
            site.own_folder(account, "n")
            here["n"] = b"<folder>"
        answer = channel.one(operation.ask(b"depot/.n.part" if operation.fresh else operation.home, b"depot/.b.part"))
        granted[operation.name] = answer.granted
        if answer.kind == HANDLE:
            channel.one((CLOSE, text(answer.string)))
        if answer.granted and operation.after is not None:
            assert site.owned(account) == operation.after, operation.name
        elif not answer.granted and operation.name != "setstat all":  # refused for the owner, its size done before
            assert site.owned(account) == here, (operation.name, answer)
    site.own(account)
    return granted


def nul_probe(site: Site, mine: str, other: str, canary: bytes, operations: Sequence[Operation]) -> list[str]:
    """The same at paths with a zero byte in them; a server may end the channel for it, so that each asks once more."""
    wrong = []
    for operation in operations:
        paths = with_nul(other.encode(), b"depot/.secret.part")
        with site.channel(mine) as channel:
            for trick, path in paths.items():
                answer = channel.one(operation.ask(path, b"depot/.b.part"))
                if answer.granted or canary in answer.body:
                    wrong.append(f"{operation.name} at {trick}: {answer}")
                if answer.kind is None:
                    break
    return wrong


def guesses(*handles: bytes) -> list[bytes]:
    """Handles that somebody else has, and what one would try: numbers, in several widths, and nothing."""
    numbers = [struct.pack(">I", number) for number in (*range(24), 0x7FFFFFFF, 0xFFFFFFFF)]
    return [*handles, *numbers, b"", b"0", b"\0", b"\0" * 8, b"\xff" * 256]


def at_handles(channel: Channel, handle: bytes, silent: frozenset[str] = frozenset()) -> list[tuple[str, Answer]]:
    """Everything that is asked of a handle, but its close."""
    block = struct.pack(">QI", 0, 100)
    asked: dict[str, Request] = {
        "fstat": (FSTAT, text(handle)),
        "read": (READ, text(handle) + block),
        "write": (WRITE, text(handle) + struct.pack(">Q", 0) + text(b"x")),
        "fsetstat": (FSETSTAT, text(handle) + SIZE_0),
        "fsetstat root": (FSETSTAT, text(handle) + ROOT),
        "readdir": (READDIR, text(handle)),
        "fstatvfs": extended(b"fstatvfs@openssh.com", text(handle)),
        "fsync": extended(b"fsync@openssh.com", text(handle)),
        "copy-data": extended(b"copy-data", text(handle) + struct.pack(">QQ", 0, 0) + text(handle) + bytes(8)),
        "block": (BLOCK, text(handle) + struct.pack(">QQI", 0, 0, 0)),
        "unblock": (UNBLOCK, text(handle) + struct.pack(">QQ", 0, 0)),
    }
    asked = {name: request for name, request in asked.items() if name not in silent}
    return list(zip(asked, channel.ask(*asked.values()), strict=True))

"""Who is at the door: keys and passwords, from the accounts file as it is now."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import argon2
import asyncssh
from argon2.exceptions import InvalidHashError, VerificationError

from ingest.accounts import (
    MAXIMUM_PASSWORD_LENGTH,
    Account,
    AccountError,
    key_fingerprint,
    load_accounts,
)
from ingest.sftp import texts
from ingest.sftp.names import shown
from ingest.sftp.protocol import Channel
from ingest.sftp.session import Session
from ingest.sftp.telemetry import log_event, log_trouble
from ingest.sftp.throttle import Throttle

if TYPE_CHECKING:
    from asyncssh import SSHKey, SSHServerChannel, SSHServerConnection

    from ingest.sftp.uploads import Uploads

_HASHES_AT_ONCE: Final = 2  # each takes 64 MiB
_PASSWORD: Final = "password"  # noqa: S105  the name of a method, not a secret


class AccountsFile:
    """The accounts as the file says them now; the last good ones while it is damaged."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._accounts: dict[str, Account] = {}
        self.version = 0

    def enabled(self, name: str) -> Account | None:
        """Return the account when it exists and is open."""
        self.refresh()
        account = self._accounts.get(name)
        return account if account is not None and account.enabled else None

    def refresh(self) -> int:
        """Read the file again if it changed; return how many times it did."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_ino, found.st_size)
        except OSError:
            seen = (0, 0, 0)
        if seen == self._seen:
            return self.version
        self._seen = seen
        try:
            self._accounts = load_accounts(self._path)
        except (AccountError, OSError) as error:
            log_trouble("sftp.accounts_unreadable", error=str(error))
        else:
            self.version += 1
        return self.version


class Door:
    """What all connections share: accounts, failures, counts."""

    def __init__(self, accounts: AccountsFile, uploads: Uploads, monotonic: Callable[[], float]) -> None:
        """Open for business; one per process, made inside its event loop."""
        self.accounts = accounts
        self.uploads = uploads
        self.throttle = Throttle(monotonic)
        self.connections: set[Visitor] = set()
        self._hashes = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._hasher = argon2.PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex())

    def visitor(self) -> Visitor:
        """Return the object that greets one connection."""
        return Visitor(self)

    async def password_is(self, account: Account | None, password: str) -> bool:
        """Verify, off the loop; as long for an unknown account as for a known one."""
        known = account.password_hash if account is not None else None
        async with self._hashes:
            right = await asyncio.to_thread(self._verify, known or self._decoy, password)
        return right and known is not None

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def show_out(self) -> None:
        """End the sessions whose account was closed, or whose key or password changed."""
        for visitor in list(self.connections):
            if visitor.in_session and not visitor.still_welcome():
                visitor.leave(texts.ACCOUNT_CLOSED)

    def has_room(self, peer: str) -> bool:
        """Whether one more connection from there can be taken; a stranger cannot take them all."""
        limits = self.uploads.limits
        unproven = sum(1 for each in self.connections if each.peer == peer and not each.in_session)
        return len(self.connections) < limits.max_connections and unproven < limits.max_unproven_per_peer

    def close(self, reason: str) -> None:
        """End every connection."""
        for visitor in list(self.connections):
            visitor.leave(reason)

    def sessions(self, account: str) -> int:
        """How many connections the account has."""
        return sum(1 for each in self.connections if each.in_session and each.account == account)


class Visitor(asyncssh.SSHServer):
    """One connection, from the first byte to the last."""

    def __init__(self, door: Door) -> None:
        """Nobody yet."""
        self._door = door
        self._connection: SSHServerConnection | None = None
        self.peer = ""
        self._channels = 0
        self._method = ""
        self._credential = ""
        self.account = ""
        self.in_session = False

    def connection_made(self, conn: SSHServerConnection) -> None:
        """Count the connection; one too many is closed."""
        self._connection = conn
        self.peer = str(conn.get_extra_info("peername", ("",))[0])
        if not self._door.has_room(self.peer):
            log_trouble("sftp.too_many_connections", peer=self.peer)
            asyncio.get_running_loop().call_soon(conn.abort)
            return
        self._door.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._door.connections.discard(self)
        if self.in_session:
            self.in_session = False
            log_event(
                "sftp.session_ended",
                account=self.account,
                peer=self.peer,
                reason=type(exc).__name__ if exc else "",
            )

    def begin_auth(self, username: str) -> bool:
        """Ask everybody for a proof, known or not."""
        self.account = username
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are accepted."""
        return True

    def validate_public_key(self, username: str, key: SSHKey) -> bool:
        """Whether the key is one of the account's (the library then checks the signature)."""
        account = self._door.accounts.enabled(username)
        fingerprint = key.get_fingerprint()
        if account is None or fingerprint not in _fingerprints(account):
            return False
        self._method, self._credential = "publickey", fingerprint
        return True

    def password_auth_supported(self) -> bool:
        """Passwords are accepted."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the password is the account's; slower after each failure."""
        throttle = self._door.throttle
        if throttle.refuses(self.peer, username):
            log_trouble("sftp.login_throttled", account=_name(username), peer=self.peer)
            await asyncio.sleep(1)
            return False
        account = self._door.accounts.enabled(username)
        if len(password) <= MAXIMUM_PASSWORD_LENGTH and await self._door.password_is(account, password):
            throttle.succeeded(self.peer, username)
            self._method = _PASSWORD
            self._credential = (account.password_hash or "") if account is not None else ""
            return True
        delay_seconds = throttle.failed(self.peer, username)
        log_event("sftp.login_refused", account=_name(username), peer=self.peer)
        await asyncio.sleep(delay_seconds)
        return False

    def auth_completed(self) -> None:
        """Let the client in, unless its account has too many sessions."""
        door = self._door
        if door.sessions(self.account) >= door.uploads.limits.max_sessions_per_account:
            log_trouble("sftp.too_many_sessions", account=self.account, peer=self.peer)
            self.leave(texts.TOO_MANY_SESSIONS)
            return
        self.in_session = True
        log_event("sftp.login", account=self.account, peer=self.peer, method=self._method)

    def session_requested(self) -> Channel:
        """Open a channel for SFTP or scp."""
        limits = self._door.uploads.limits
        if not self.in_session or self._channels >= limits.max_channels_per_connection:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, texts.TOO_MANY_SESSIONS)
        self._channels += 1
        return Channel(self._opened, self._channel_closed)

    def _opened(self, channel: SSHServerChannel[bytes]) -> Session:
        return Session(channel, self.account, self._door.uploads)

    def _channel_closed(self) -> None:
        self._channels -= 1

    def still_welcome(self) -> bool:
        """Whether what the client showed at the door would still let it in."""
        account = self._door.accounts.enabled(self.account)
        if account is None:
            return False
        if self._method == _PASSWORD:
            return account.password_hash == self._credential
        return self._credential in _fingerprints(account)

    def leave(self, reason: str) -> None:
        """End the connection; what was being sent is not deposited."""
        log_event("sftp.shown_out", account=self.account, peer=self.peer)
        if self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, reason, "fr")


def _fingerprints(account: Account) -> set[str]:
    found = set()
    for line in account.keys:
        try:
            found.add(key_fingerprint(line))
        except asyncssh.KeyImportError:
            log_trouble("sftp.key_unreadable", account=account.name)
    return found


def _name(username: str) -> str:
    return shown(username.encode("utf-8", "surrogatepass"))

"""The SFTP accounts: who may deposit, with which keys or password, and their folders.

Kept in one file, written whole, because the SFTP server reads it and must never open the
database (contract §3 `account …`, §6 the inbox).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import argon2
import asyncssh
from asyncssh.saslprep import SASLPrepError, saslprep

from domain.errors import CannotDo
from ingest.files import write_whole

FOLDERS: Final = ("depot", "essai", "retours", "diffusion")
MINIMUM_PASSWORD_LENGTH: Final = 12
MAXIMUM_PASSWORD_LENGTH: Final = 1024
MINIMUM_RSA_BITS: Final = 3072

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o750
_SCHEMA: Final = 1
_PRIVATE_MARKS: Final = ("PRIVATE KEY", "PuTTY-User-Key-File", "Private-Lines")
_KEY_TEXT_LIMIT: Final = 64 * 1024


class AccountError(CannotDo):
    """An account verb that cannot be carried out; the message says what to do."""


class Added(StrEnum):
    """What `AccountStore.add` did."""

    CREATED = "created"
    ENABLED_AGAIN = "enabled_again"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account: its folder in the inbox has the same name."""

    name: str
    keys: tuple[str, ...] = ()
    password_hash: str | None = None
    enabled: bool = True
    created_at: datetime

    def __repr__(self) -> str:
        """Show the account without its password hash (contract §4: secrets never in `repr`)."""
        return (
            f"Account(name={self.name!r}, keys={len(self.keys)}, "
            f"password={'set' if self.password_hash else 'none'}, enabled={self.enabled})"
        )


def check_account_name(name: str) -> str:
    """Return `name` when it can be an account (and a folder); `AccountError` otherwise."""
    if _NAME.fullmatch(name) is None:
        msg = (
            f"{name!r} cannot be an account name: use 1 to 32 lower-case letters, digits, dots, "
            "dashes or underscores, starting with a letter or a digit (for example pf03)"
        )
        raise AccountError(msg)
    return name


def read_public_key(text: str) -> str:
    """Return one checked OpenSSH public key line; `AccountError` if it cannot be used."""
    if len(text) > _KEY_TEXT_LIMIT:
        msg = "this is too long to be a public key: give the .pub file that ssh-keygen wrote"
        raise AccountError(msg)
    if any(mark in text for mark in _PRIVATE_MARKS):
        msg = (
            "this is a PRIVATE key: it must never leave its owner's machine. Treat it as "
            "disclosed, make a new pair, and give only the file that ends in .pub"
        )
        raise AccountError(msg)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if text.lstrip().startswith("----"):
        lines = [text]
    if len(lines) != 1:
        msg = (
            f"expected one public key, found {len(lines)} lines: give one .pub file per call "
            "(a line like 'ssh-ed25519 AAAA… name')"
        )
        raise AccountError(msg)
    try:
        key = asyncssh.import_public_key(lines[0])
    except asyncssh.KeyImportError as error:
        msg = (
            f"this is not a public key that we can read ({error}): give the .pub file that "
            "ssh-keygen (or PuTTYgen, 'OpenSSH format') wrote"
        )
        raise AccountError(msg) from error
    _check_strength(key)
    line: str = key.export_public_key("openssh").decode("utf-8", "backslashreplace")
    return line.strip()


def _check_strength(key: asyncssh.SSHKey) -> None:
    algorithm = key.get_algorithm()
    advice = "make a new one with: ssh-keygen -t ed25519"
    if algorithm == "ssh-dss":
        msg = f"DSA keys are no longer safe: {advice}"
        raise AccountError(msg)
    if algorithm == "ssh-rsa":
        bits = getattr(key.pyca_key, "key_size", 0)
        if bits < MINIMUM_RSA_BITS:
            msg = f"RSA key of {bits} bits, at least {MINIMUM_RSA_BITS} are needed: {advice}"
            raise AccountError(msg)


def check_password(name: str, password: str) -> str:
    """Return `password` as clients send it, when the policy accepts it; `AccountError` otherwise.

    SSH clients normalise passwords (RFC 4013: an accent typed in two ways is one password).
    """
    if any(ord(character) < ord(" ") for character in password):
        msg = "the password holds a control character (a tab or a line break): remove it"
        raise AccountError(msg)
    try:
        password = saslprep(password)
    except SASLPrepError as error:
        msg = f"the password holds a character that SSH clients cannot send ({error}): choose another one"
        raise AccountError(msg) from error
    if len(password) < MINIMUM_PASSWORD_LENGTH:
        msg = f"the password is too short: at least {MINIMUM_PASSWORD_LENGTH} characters are needed"
        raise AccountError(msg)
    if len(password) > MAXIMUM_PASSWORD_LENGTH:
        msg = f"the password is too long: at most {MAXIMUM_PASSWORD_LENGTH} characters"
        raise AccountError(msg)
    if password.strip().casefold() == name.casefold():
        msg = "the password is the account's own name: choose another one"
        raise AccountError(msg)
    return password


def load_accounts(path: Path) -> dict[str, Account]:
    """Read the accounts file; no file, no accounts. `AccountError` when it is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        document = json.loads(text)
        if document["schema"] != _SCHEMA:
            msg = f"the accounts file {path} was written by a newer Guichet: upgrade this one"
            raise AccountError(msg)
        accounts = [_account_from(row) for row in document["accounts"]]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"the accounts file {path} is damaged ({error}): restore it from a backup"
        raise AccountError(msg) from error
    return {account.name: account for account in accounts}


def _account_from(row: dict[str, Any]) -> Account:
    created_at = datetime.fromisoformat(row["created_at"])
    if created_at.tzinfo is None:
        msg = "created_at has no time zone"
        raise ValueError(msg)
    return Account(
        name=check_account_name(str(row["name"])),
        keys=tuple(str(key) for key in row["keys"]),
        password_hash=None if row["password_hash"] is None else str(row["password_hash"]),
        enabled=bool(row["enabled"]),
        created_at=created_at,
    )


def _row(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "keys": list(account.keys),
        "password_hash": account.password_hash,
        "enabled": account.enabled,
        "created_at": account.created_at.isoformat(),
    }


class AccountStore:
    """Reads and changes the accounts file; safe against another `guichet` doing the same."""

    def __init__(self, path: Path, inbox: Path, *, openssh: bool = False) -> None:
        """`path` is the accounts file (`home/accounts/accounts.json`), `inbox` the drop zone.

        `openssh`: sshd serves the inbox, so that root makes the folders (deploy/openssh/sync-accounts.sh).
        """
        self._path = path
        self._inbox = inbox
        self._openssh = openssh

    def list(self) -> tuple[Account, ...]:
        """Every account, enabled or not, by name."""
        accounts = load_accounts(self._path)
        return tuple(accounts[name] for name in sorted(accounts))

    def get(self, name: str) -> Account:
        """Return the account; `AccountError` when there is none of that name."""
        return self._known(load_accounts(self._path), name)

    def add(self, name: str, at: datetime) -> Added:
        """Create the account and its folders, or enable again one that was disabled.

        `AccountError` when it exists already and is enabled.
        """
        if at.tzinfo is None:
            msg = "an account is created at an aware instant"
            raise ValueError(msg)
        check_account_name(name)
        with self._changing() as accounts:
            known = accounts.get(name)
            if known is not None and known.enabled:
                msg = (
                    f"the account {name} exists already: give it a key (guichet account key "
                    f"{name} FILE.pub) or a password (guichet account password {name})"
                )
                raise AccountError(msg)
            accounts[name] = Account(name=name, created_at=at) if known is None else replace(known, enabled=True)
        self.make_folders(name)
        return Added.CREATED if known is None else Added.ENABLED_AGAIN

    def add_key(self, name: str, public_key_text: str) -> str:
        """Add one OpenSSH public key; return its fingerprint. Adding it twice changes nothing."""
        line = read_public_key(public_key_text)
        with self._changing() as accounts:
            account = self._known(accounts, name)
            if _material(line) not in {_material(key) for key in account.keys}:
                accounts[name] = replace(account, keys=(*account.keys, line))
        return key_fingerprint(line)

    def remove_key(self, name: str, fingerprint: str) -> None:
        """Remove the key of that fingerprint; `AccountError` when the account has no such key."""
        with self._changing() as accounts:
            account = self._known(accounts, name)
            kept = tuple(key for key in account.keys if key_fingerprint(key) != fingerprint)
            if len(kept) == len(account.keys):
                msg = f"the account {name} has no key {fingerprint}: see guichet account list"
                raise AccountError(msg)
            accounts[name] = replace(account, keys=kept)

    def set_password(self, name: str, password: str) -> None:
        """Replace the password; only its argon2id hash is kept. `AccountError` where sshd serves: keys alone let in."""
        if self._openssh:
            msg = f"sshd lets keys in only: guichet account key {name} FILE.pub"
            raise AccountError(msg)
        normalised = check_password(name, password)
        self.get(name)
        hashed = argon2.PasswordHasher().hash(normalised)
        with self._changing() as accounts:
            accounts[name] = replace(self._known(accounts, name), password_hash=hashed)

    def disable(self, name: str) -> None:
        """Close the account: no new session, live ones end within seconds; files stay."""
        with self._changing() as accounts:
            accounts[name] = replace(self._known(accounts, name), enabled=False)

    def enable(self, name: str) -> None:
        """Open a disabled account again, with the keys and the password it had."""
        with self._changing() as accounts:
            accounts[name] = replace(self._known(accounts, name), enabled=True)

    def make_folders(self, name: str) -> None:
        """Make the account's folder and its four sub-folders; those that exist are left alone, root's are not made."""
        root = self._inbox / check_account_name(name)
        if self._openssh:
            return
        for folder in (root, *(root / each for each in FOLDERS)):
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                msg = f"{folder} is not a folder: move it away, then try again"
                raise AccountError(msg)
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)

    def authorized_keys(self, name: str) -> str:
        """Return what sshd's AuthorizedKeysFile (or AuthorizedKeysCommand) needs; empty if disabled."""
        account = load_accounts(self._path).get(name)
        if account is None or not account.enabled:
            return ""
        return "".join(f"restrict {key}\n" for key in account.keys)

    @staticmethod
    def _known(accounts: dict[str, Account], name: str) -> Account:
        account = accounts.get(name)
        if account is None:
            msg = f"there is no account {name!r}: create it with guichet account add {name}"
            raise AccountError(msg)
        return account

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        """Read, let the caller change, write whole; one writer at a time on this machine."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(
            self._path.with_name(self._path.name + ".lock"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            _FILE_MODE,
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            accounts = load_accounts(self._path)
            yield accounts
            self._write(list(accounts.values()))
        finally:
            os.close(lock)

    def _write(self, accounts: Sequence[Account]) -> None:
        rows = [_row(account) for account in sorted(accounts, key=lambda each: each.name)]
        text = json.dumps({"schema": _SCHEMA, "accounts": rows}, indent=1) + "\n"
        write_whole(self._path, text.encode(), mode=_FILE_MODE)


def _material(line: str) -> str:
    """Return the algorithm and the key itself, without the comment."""
    return " ".join(line.split()[:2])


def key_fingerprint(line: str) -> str:
    """Return the `SHA256:…` fingerprint of a public key line."""
    fingerprint: str = asyncssh.import_public_key(line).get_fingerprint()
    return fingerprint

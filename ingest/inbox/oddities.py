"""What lies in the inbox and is not a deposit: left alone, and said once to whom it concerns (contract §6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.submissions import Box


class Audience(StrEnum):
    """Who is told of an oddity."""

    DEPOSITOR = "depositor"
    ADMINISTRATOR = "administrator"


class OddityKind(StrEnum):
    """Why something in the inbox is not taken."""

    SUB_FOLDER = "sub_folder"
    UNFINISHED = "unfinished"
    """A transfer that has not grown for `unfinished_minutes`."""
    UNREADABLE = "unreadable"
    """Its permissions forbid us to read it; taken as soon as they allow it."""
    LINK = "link"
    HARD_LINK = "hard_link"
    SPECIAL = "special"
    """A FIFO, a socket or a device."""
    UNKNOWN_ACCOUNT = "unknown_account"
    STRAY = "stray"
    """Something beside the accounts' folders."""
    CLOSED_FOLDER = "closed_folder"
    """A folder of an account that we cannot list or that is not a folder: nothing comes from there."""

    @property
    def audience(self) -> Audience:
        """The depositor can mend what comes from a client; the rest is the administrator's."""
        return Audience.DEPOSITOR if self in _FOR_THE_DEPOSITOR else Audience.ADMINISTRATOR


_FOR_THE_DEPOSITOR: Final = frozenset({OddityKind.SUB_FOLDER, OddityKind.UNFINISHED, OddityKind.UNREADABLE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddity:
    """One thing left alone. `name` is printable; `key` is the same at every scan, so that it is said once."""

    kind: OddityKind
    account: str
    box: Box | None
    name: str
    key: str
    detail: str = ""

    @property
    def audience(self) -> Audience:
        """Who is told."""
        return self.kind.audience


def oddity_key(kind: OddityKind, *parts: bytes | str | int) -> str:
    """A stable key of at most 60 characters from what identifies the thing."""
    digest = hashlib.sha256()
    for part in parts:
        octets = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(octets) + octets)
    return f"oddity:{kind}:{digest.hexdigest()[:32]}"

"""Fits a mail that somebody else wrote into one of ours, when it does not travel as it is."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import compat32
from typing import Final

from notifications.embedding import as_it_is, unix_lines

_NESTING: Final = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_DASHES: Final = re.compile(rb"^--", re.MULTILINE)
_MOST_NESTED: Final = 40
_MOST_DASHES: Final = 2_000
_MOST_WORK: Final = 2_000_000
_SEVEN_BIT: Final = compat32.clone(cte_type="7bit", linesep="\n")


def as_seven_bit(original: bytes) -> str | None:
    """The mail as it is when every line is short ASCII, else with its parts encoded anew; None when neither can be."""
    travels, plain = as_it_is(original), unix_lines(original)
    if travels is not None or is_intricate(plain):
        return travels
    try:
        return as_it_is(message_from_bytes(plain, policy=compat32).as_bytes(policy=_SEVEN_BIT))
    except Exception:  # noqa: BLE001 - hostile bytes and a library of many doors: the caller has another way
        return None


def is_intricate(data: bytes) -> bool:
    """Whether a mail is made so that the standard library takes minutes over it, or all of the stack.

    It holds each line against the boundaries of all parts that it is in.
    """
    nested = len(_NESTING.findall(data))
    if nested > _MOST_NESTED or len(_DASHES.findall(data)) > _MOST_DASHES:
        return True
    return nested * data.count(b"\n") > _MOST_WORK

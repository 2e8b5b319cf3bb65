"""Whether a mail that somebody else wrote travels within one of ours: short lines of ASCII."""

from __future__ import annotations

import re
from typing import Final

_LINE_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE: Final = 998
"""RFC 5322 2.1.1, without the line break."""


def unix_lines(original: bytes) -> bytes:
    r"""The mail with `\n` for its line breaks, whichever they were."""
    return _LINE_BREAK.sub(b"\n", original)


def as_it_is(original: bytes) -> str | None:
    """The mail when any mail server takes its lines as they are, else None."""
    plain = unix_lines(original)
    if not plain.isascii() or b"\0" in plain or any(len(line) > _LONGEST_LINE for line in plain.split(b"\n")):
        return None
    return plain.decode("ascii")

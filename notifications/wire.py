"""The bytes of a message, as the standard library would write them, an attachment at a time and not a line at a time.

An edition goes to some fifty people with a megabyte of documents: half of what sending it took went into lines.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import EmailPolicy
from io import BytesIO
from typing import Any, Final

_ENDS: Final = re.compile(r"\r\n|\r")
_LINE: Final = 76
"""RFC 2045 6.8: characters of a line in base64, at most."""


def wire_bytes(message: EmailMessage, policy: EmailPolicy[Any]) -> bytes:
    """The same as `message.as_bytes(policy=policy)`."""
    written = BytesIO()
    _WholeTexts(written, mangle_from_=False, policy=policy).flatten(message)
    return written.getvalue()


def base64_text(content: bytes) -> str:
    """What the standard library makes of an attachment."""
    text = b2a_base64(content, newline=False).decode("ascii")
    return "".join([f"{text[place : place + _LINE]}\n" for place in range(0, len(text), _LINE)])


class _WholeTexts(BytesGenerator):
    """Overrides a method of the standard library that is not public: were it to go, messages would only be slower."""

    _NL: str

    def _write_lines(self, lines: str) -> None:
        self.write((_ENDS.sub("\n", lines) if "\r" in lines else lines).replace("\n", self._NL))

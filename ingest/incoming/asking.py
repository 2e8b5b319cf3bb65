"""What the service asks of the mail-reading process, and the files in which it answers: the words of both ends."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SAID: Final = "said.json"
FITTED: Final = "fitted.eml"


class Wanted(StrEnum):
    """What is asked of a mail."""

    ARRIVAL = "arrival"
    """What it is and says, in `SAID`."""
    FITTED = "fitted"
    """The mail as it can travel within one of ours, in `FITTED`; no file when it cannot."""

"""How our own cells look, whichever library writes them: the colours of the mails, quiet enough to read beside data.

Colours are `RRGGBB`. Nothing is said by colour alone: a word always stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from domain.findings import Severity

INK: Final = "1B2430"
SOFT: Final = "525D6B"
LINE: Final = "D5DAE1"
PANEL: Final = "F5F6F8"
LINK: Final = "1F4B75"
CALM_FILL: Final = "EAF1F8"

TONES: Final[Mapping[str, tuple[str, str]]] = {
    "good": ("1D6538", "E9F4ED"),
    "care": ("7A4F00", "FDF4DF"),
    "bad": ("96231F", "FBEBEA"),
    "calm": ("1F4B75", "EAF1F8"),
}
"""Text and ground of a verdict."""

ERROR_FILL: Final = "F8CFCB"
WARNING_FILL: Final = "FCE8B2"
SEVERITY_FILLS: Final[Mapping[Severity, str]] = {
    Severity.BLOCKING: ERROR_FILL,
    Severity.ERROR: ERROR_FILL,
    Severity.WARNING: WARNING_FILL,
}
"""Ground of an offending cell; a remark colours nothing."""
SEVERITY_INKS: Final[Mapping[Severity, str]] = {
    Severity.BLOCKING: "96231F",
    Severity.ERROR: "96231F",
    Severity.WARNING: "7A4F00",
    Severity.INFO: "1F4B75",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """The look of a cell of ours. `line`: a thin line under it; `size` in points, None: the workbook's own."""

    bold: bool = False
    size: float | None = 10
    ink: str = INK
    fill: str | None = None
    wrap: bool = False
    top: bool = True
    line: bool = False
    box: bool = False
    underline: bool = False
    centred: bool = False
    indent: int = 0
    unlocked: bool = False


TITLE: Final = Look(bold=True, size=14, wrap=True)
MARKER: Final = Look(size=9, ink=SOFT)
LEAD: Final = Look(size=11, wrap=True)
BANNER: Final = Look(bold=True, size=11, ink=LINK, fill=CALM_FILL, wrap=True)
HEADING: Final = Look(bold=True, size=12)
TEXT: Final = Look(wrap=True)
BULLET: Final = Look(wrap=True, indent=1)
SOFT_TEXT: Final = Look(ink=SOFT, wrap=True)
HEAD: Final = Look(bold=True, fill=PANEL, wrap=True, line=True, top=False)
CELL: Final = Look(wrap=True, line=True)
STRONG: Final = Look(bold=True, wrap=True, line=True)
SOFT_CELL: Final = Look(ink=SOFT, wrap=True, line=True)
LINK_CELL: Final = Look(ink=LINK, underline=True, wrap=True, line=True)
FIGURE: Final = Look(line=True, centred=True)
FIGURE_HEAD: Final = Look(bold=True, fill=PANEL, line=True, top=False, centred=True)

OWN_HEAD: Final = Look(bold=True, size=9, ink=SOFT, fill=PANEL, wrap=True, line=True, top=False)
"""Titles of our own columns in the depositor's table."""
OWN_CELL: Final = Look(size=8, ink=SOFT)
OWN_MESSAGE: Final = Look(size=9, wrap=True)
OWN_ANSWER: Final = Look(size=10, wrap=True, unlocked=True)
OWN_ASKED: Final = Look(size=10, wrap=True, fill="FEF8E6", box=True, unlocked=True)
"""Where a justification is asked for."""


OWN_WIDTHS: Final[Mapping[str, float]] = {
    "guichet_depot": 19.0,
    "guichet_ligne": 13.0,
    "guichet_messages": 76.0,
    "justification": 38.0,
}
_TALLEST_ROW: Final = 90.0
_ORDINARY_ROW: Final = 16.0
_NARROW: Final = 30


def height(text: str, width: float, look: Look) -> float:
    """Points for a wrapped text. Widths are counted in figures of 11 points, and other fonts are wider than ours."""
    size = look.size or 11
    per_line = max(4, int(width * 11 / size * (1.05 if look.bold else 1.15)) - (1 if width > _NARROW else 3))
    lines = sum(_lines(line, per_line) for line in text.split("\n"))
    return round(lines * size * 1.28 + 4, 1)


def _lines(text: str, per_line: int) -> int:
    if len(text) <= per_line:
        return 1
    # A word longer than the line (no-break spaces hold words together) starts on its own and takes several.
    return sum(-(-len(part) // per_line) for part in wrap(text, per_line, break_long_words=False))


def message_height(text: str) -> float | None:
    """Height of a row with this message; None when an ordinary row will do. A very long one is not shown whole."""
    wanted = height(text, OWN_WIDTHS["guichet_messages"], OWN_MESSAGE)
    return min(wanted, _TALLEST_ROW) if wanted > _ORDINARY_ROW else None


def verdict_look(tone: str, *, title: bool) -> Look:
    """The verdict's own colours: its word, or the sentence under it."""
    ink, fill = TONES[tone]
    return Look(bold=title, size=15 if title else 11, ink=ink if title else INK, fill=fill, wrap=True, indent=1)


def severity_look(severity: Severity) -> Look:
    """The word that says how grave a line is."""
    return Look(bold=True, ink=SEVERITY_INKS[severity], fill=SEVERITY_FILLS.get(severity), wrap=True, line=True)

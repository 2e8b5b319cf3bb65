"""The body of a mail: one list of blocks, laid out as plain text for any reader and as HTML for the others."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rendering.environment import render
from rendering.escaping import visible
from rendering.french import NBSP

COLUMNS: Final = 72
_INDENT: Final = "  "
_MARKS: Final = {"good": "✓ ", "care": "! ", "bad": "✗ "}
_ITEM_MARKS: Final = {"good": "✓", "care": "?", "bad": "✗", "calm": "•"}
_ONE_LINE: Final = re.compile(r"\S(?:[^\t\n\v\f\r]*\S)?")


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence that matters, first; `tone` decides its colour and its mark, never what is said."""

    label: str
    text: str
    tone: str = "calm"


@dataclass(frozen=True, slots=True)
class Banner:
    """What changes how all the rest is to be read."""

    text: str


@dataclass(frozen=True, slots=True)
class Title:
    """Begins a part."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list, how to mend it, and what illustrates it; `tone` as of a headline."""

    text: str
    details: tuple[str, ...] = ()
    hint: str = ""
    tone: str = ""

    @property
    def mark(self) -> str:
        """What stands before it: seen without colour as well."""
        return _ITEM_MARKS.get(self.tone, "-")


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """(label, value) pairs; `small` for what is only kept as a proof."""

    pairs: tuple[tuple[str, str], ...]
    small: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a grid, on one line or several; the mark is seen without colour as well."""

    lines: tuple[str, ...] = ()
    tone: str = ""
    mark: str = ""

    @property
    def text(self) -> str:
        """All of it on one line."""
        told = ", ".join(line for line in self.lines if line)
        return f"{self.mark} {told}".strip()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: `heads` over the columns, each row a label and its cells. `caption` says what it shows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Headline | Banner | Title | Line | Points | Facts | Grid


_GAP: Final = "\n\n"
_GAPS: Final[dict[type, str]] = {Title: "\n"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A whole mail. `blocks` hold text that may come from a depositor: it is shown, never obeyed."""

    subject: str
    blocks: tuple[Block, ...]
    footer: tuple[str, ...] = ()


def points(texts: Sequence[str]) -> Points:
    """A list of plain points."""
    return Points(tuple(Item(text) for text in texts))


def as_text(body: Body) -> str:
    """At most 72 columns a line, readable on a telephone and in a terminal."""
    text = "".join(f"{_text_of(block)}{_GAPS.get(type(block), _GAP)}" for block in body.blocks)
    footer = "\n".join(["-- ", *(_wrapped(line) for line in body.footer)]) if body.footer else ""
    return f"{text}{footer}".rstrip("\n") + "\n"


def as_html(body: Body) -> str:
    """A page of tables with styles and colours in place: Outlook knows little else, and some drop styles altogether."""
    return render(
        "mail.html.j2",
        {
            "subject": body.subject,
            "blocks": [(type(one).__name__.lower(), one) for one in body.blocks],
            "marks": _MARKS,
            "footer": body.footer,
        },
    )


def _text_of(block: Block) -> str:  # noqa: PLR0911 - one a kind of block
    if isinstance(block, Headline):
        return f"{_wrapped(_MARKS.get(block.tone, '') + block.label.upper())}\n{_wrapped(block.text)}"
    if isinstance(block, Banner):
        return f"*** {_wrapped(block.text, first='', rest='    ', spared=4)}"
    if isinstance(block, Title):
        title = _wrapped(block.text)
        return f"{title}\n{'-' * max(len(line) for line in title.splitlines())}"
    if isinstance(block, Line):
        return _wrapped(block.text)
    if isinstance(block, Points):
        airy = any(item.hint or item.details for item in block.items)
        return (_GAP if airy else "\n").join(_item(item) for item in block.items)
    if isinstance(block, Grid):
        return _grid(block)
    return "\n".join(_fact(label, value) for label, value in block.pairs)


def _item(item: Item) -> str:
    lines = [_wrapped(item.text, first=f"{item.mark} ", rest=_INDENT)]
    if item.hint:
        lines.append(_wrapped(item.hint, first=f"{_INDENT}→ ", rest=f"{_INDENT}  "))
    lines += [_wrapped(detail, first=f"{_INDENT}· ", rest=f"{_INDENT}  ") for detail in item.details]
    return "\n".join(lines)


def _grid(grid: Grid) -> str:
    """Columns when they are narrow enough, else row by row."""
    rows = [[visible(cell.text, None) for cell in row] for row in grid.rows]
    widths = [max(len(row[place]) for row in [list(grid.heads), *rows]) for place in range(len(grid.heads))]
    if sum(widths) + len(_INDENT) * (len(widths) - 1) <= COLUMNS:
        lines = [_columns(row, widths) for row in [list(grid.heads), *rows]]
    else:
        lines = [line for row in rows for line in _stacked(grid.heads, row)]
    return "\n".join([_wrapped(grid.caption), *lines])


def _columns(row: Sequence[str], widths: Sequence[int]) -> str:
    return _INDENT.join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _stacked(heads: Sequence[str], row: Sequence[str]) -> list[str]:
    """Who on a line, then each cell under its head."""
    lines = [_wrapped(row[0], rest=_INDENT)]
    lines += [
        _wrapped(f"{head}{NBSP}: {text}", first=f"{_INDENT}· ", rest=f"{_INDENT}  ")
        for head, text in zip(heads[1:], row[1:], strict=True)
        if text
    ]
    return lines


def _fact(label: str, value: str) -> str:
    shown = visible(value, None)
    line = f"{label}{NBSP}: {shown}"
    if len(line) <= COLUMNS:
        return line
    return f"{_wrapped(f'{label}{NBSP}:')}\n{_wrapped(shown, first=_INDENT, rest=_INDENT)}"


def _wrapped(text: str, *, first: str = "", rest: str = "", spared: int = 0) -> str:
    """Lines of our width; a no-break space never breaks, an endless word does."""
    text = visible(text, None)
    if len(first) + len(text) <= COLUMNS - spared and _ONE_LINE.fullmatch(text):
        return f"{first}{text}"  # as most are; wrapping is slow
    return textwrap.fill(
        text,
        width=COLUMNS - spared,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )

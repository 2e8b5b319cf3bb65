"""A strip: where one figure stands among all, as a small SVG that reads without colour."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from publication.charts import INK, NOW, SOFT
from publication.position import Position
from publication.values import Value
from publication.words import shown

WIDTH: Final = 320
_LEFT, _RIGHT, _MIDDLE, _HEIGHT = 10, 310, 22, 50
_FONT: Final = "system-ui, DejaVu Sans, sans-serif"


def strip(one: Position) -> str:
    """A line from the least to the most, a box between the quartiles, a bar at the median, a diamond for oneself.

    Empty when nobody has a figure.
    """
    if one.lowest.number is None or one.highest.number is None:
        return ""
    low, high = Decimal(one.lowest.number), Decimal(one.highest.number)

    def at(value: Value) -> str:
        number = low if value.number is None else Decimal(value.number)
        part = (number - low) / (high - low) if high > low else Decimal("0.5")
        return f"{_LEFT + part * (_RIGHT - _LEFT):.1f}"

    first, third = at(one.lower_quartile), at(one.upper_quartile)
    width = max(Decimal(third) - Decimal(first), Decimal(1))
    own = "" if one.value.number is None else _diamond(at(one.value))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_HEIGHT}" width="{WIDTH}" height="{_HEIGHT}" '
        f'role="img" aria-label={quoteattr(spoken(one))} font-family="{_FONT}" font-size="11">'
        f'<line x1="{_LEFT}" y1="{_MIDDLE}" x2="{_RIGHT}" y2="{_MIDDLE}" stroke="{SOFT}" stroke-width="1.5"/>'
        f'<line x1="{_LEFT}" y1="{_MIDDLE - 5}" x2="{_LEFT}" y2="{_MIDDLE + 5}" stroke="{SOFT}" stroke-width="1.5"/>'
        f'<line x1="{_RIGHT}" y1="{_MIDDLE - 5}" x2="{_RIGHT}" y2="{_MIDDLE + 5}" stroke="{SOFT}" stroke-width="1.5"/>'
        f'<rect x="{first}" y="{_MIDDLE - 8}" width="{width}" height="16" fill="#d6e0ea" stroke="{SOFT}"/>'
        f'<line x1="{at(one.median)}" y1="{_MIDDLE - 11}" x2="{at(one.median)}" y2="{_MIDDLE + 11}" '
        f'stroke="{INK}" stroke-width="3"/>'
        f"{own}"
        f'<text x="{_LEFT}" y="{_HEIGHT - 4}" fill="{SOFT}">{escape(shown(one.lowest, one.kind))}</text>'
        f'<text x="{_RIGHT}" y="{_HEIGHT - 4}" text-anchor="end" fill="{SOFT}">'
        f"{escape(shown(one.highest, one.kind))}</text></svg>"
    )


def _diamond(x: str) -> str:
    place = Decimal(x)
    points = f"{place},{_MIDDLE - 9} {place + 8},{_MIDDLE} {place},{_MIDDLE + 9} {place - 8},{_MIDDLE}"
    return f'<polygon points="{points}" fill="{NOW}" stroke="#ffffff" stroke-width="1.5"/>'


def spoken(one: Position) -> str:
    """The strip in words."""
    own = shown(one.value, one.kind) or "non concerné"
    return (
        f"Valeur {own}\u202f; de {shown(one.lowest, one.kind)} à {shown(one.highest, one.kind)}, "
        f"médiane {shown(one.median, one.kind)}, la moitié du réseau entre {shown(one.lower_quartile, one.kind)} "
        f"et {shown(one.upper_quartile, one.kind)}."
    )

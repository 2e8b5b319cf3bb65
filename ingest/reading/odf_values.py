"""The canonical text of an OpenDocument cell, from its typed attributes."""

import re

from ingest.reading.cells import number_text

__all__ = ["cell_text"]

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?\Z")
_DATE_TIME = re.compile(r"(\d{4,}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?Z?\Z")


def cell_text(attributes: dict[str, str], paragraphs: list[str]) -> str | None:
    """The canonical text of a cell; what its type cannot explain is given as it shows."""
    shown = "\n".join(paragraphs)
    kind = attributes.get(_OFFICE + "value-type")
    if kind is None:
        return shown or None
    if kind in {"float", "percentage", "currency"}:
        return _number(attributes.get(_OFFICE + "value", "")) or shown or None
    if kind == "date":
        return _date(attributes.get(_OFFICE + "date-value", "")) or shown or None
    if kind == "time":
        return _time(attributes.get(_OFFICE + "time-value", "")) or shown or None
    if kind == "boolean":
        return {"true": "VRAI", "false": "FAUX"}.get(attributes.get(_OFFICE + "boolean-value", ""), shown) or None
    return shown or attributes.get(_OFFICE + "string-value") or None


def _number(text: str) -> str:
    try:
        return number_text(float(text))
    except ValueError:
        return text


def _date(text: str) -> str:
    match = _DATE_TIME.match(text)
    if match is None:
        return text
    return match[1] if match[2] == "00:00:00" else f"{match[1]} {match[2]}"


def _time(text: str) -> str:
    match = _DURATION.match(text)
    if match is None:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return f"{match[1]}{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"

"""What is written in an annotated copy, as plain values: sent as JSON to the limited process that writes it.

Everything is decided and worded here already; the writers only lay it out. Imports nothing that weighs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from domain.findings import Severity

DEPOSIT: Final = "guichet_depot"
LINE: Final = "guichet_ligne"
MESSAGES: Final = "guichet_messages"
JUSTIFICATION: Final = "justification"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """A cell of the depositor's file: `sheet_index` counts its sheets from 0, `cell` is « E9 »."""

    sheet_index: int
    cell: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseLine:
    """One cause as the first sheet tells it; `word`: how grave, in a word; `spot` is its first cell."""

    severity: Severity
    word: str
    title: str
    count: int
    places: str
    hint: str
    spot: Spot | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingLine:
    """One line of the full list; `place` is « E9 », « ligne 9 » or empty."""

    severity: Severity
    word: str
    sheet: str
    place: str
    label: str
    value: str
    message: str
    hint: str
    code: str
    spot: Spot | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CellMark:
    """A cell to colour; row from 1, column from 0. `text`: all that is said about it."""

    row: int
    column: int
    severity: Severity
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RowNote:
    """What `guichet_messages` says in a row; `asks`: a warning of it can be confirmed."""

    row: int
    text: str
    asks: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPlan:
    """A sheet with a table: where it is (as in `TablePlace`), what is marked, which columns hold quantities.

    `justify`: the column `justification` is offered (never for cases).
    """

    sheet_index: int
    header_row: int
    body_from: int
    n_columns: int
    reserved: dict[str, int] = field(default_factory=dict)
    quantities: tuple[int, ...] = ()
    marks: tuple[CellMark, ...] = ()
    notes: tuple[RowNote, ...] = ()
    justify: bool = True

    @property
    def titles(self) -> tuple[str, ...]:
        """Our own columns, in their order."""
        return (DEPOSIT, LINE, MESSAGES, JUSTIFICATION) if self.justify else (DEPOSIT, LINE, MESSAGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotationPlan:
    """A whole annotated copy. `made_at`: ISO 8601 with offset; the copy's dates, so that its bytes are always the same.

    `counts` are (figure, what it counts) by section under the section's title.
    """

    submission: str
    file_name: str
    made_at: str
    banner: str
    label: str
    tone: str
    headline: str
    actions: tuple[str, ...]
    counts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    causes: tuple[CauseLine, ...]
    findings: tuple[FindingLine, ...]
    remarks: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sheets: tuple[SheetPlan, ...]

    @property
    def confirmable(self) -> bool:
        """Whether a warning can be confirmed in this copy."""
        return any(sheet.justify and any(note.asks for note in sheet.notes) for sheet in self.sheets)

    def to_json(self) -> bytes:
        """The document that the writing process gets."""
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The plan that the service sent."""
        known: dict[str, Any] = json.loads(data)
        return cls(
            **{
                **known,
                "actions": tuple(known["actions"]),
                "counts": tuple((title, tuple((a, b) for a, b in pairs)) for title, pairs in known["counts"]),
                "causes": tuple(CauseLine(**_graded(one)) for one in known["causes"]),
                "findings": tuple(FindingLine(**_graded(one)) for one in known["findings"]),
                "remarks": tuple(known["remarks"]),
                "facts": tuple((label, value) for label, value in known["facts"]),
                "sheets": tuple(_sheet(one) for one in known["sheets"]),
            },
        )


def _graded(known: dict[str, Any]) -> dict[str, Any]:
    values = {**known, "severity": Severity(known["severity"])}
    if "spot" in values:
        values["spot"] = Spot(**values["spot"]) if values["spot"] is not None else None
    return values


def _sheet(known: dict[str, Any]) -> SheetPlan:
    return SheetPlan(
        **{
            **known,
            "quantities": tuple(known["quantities"]),
            "marks": tuple(CellMark(**_graded(one)) for one in known["marks"]),
            "notes": tuple(RowNote(**one) for one in known["notes"]),
        },
    )

"""Reusable kinds of column: each returns a pandera Field whose metadata says everything that is derived from it.

The database table, header matching, the messages, the templates and the reference pages all come from here. A
`Column` and the checks of its pandera Field are built from the same arguments in one place, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
import pyarrow.compute as arrow_compute

METADATA_KEY = "guichet"
RESERVED_COLUMNS = ("guichet_depot", "guichet_ligne", "guichet_messages", "justification")
"""Columns of the correction kit: never data, never unknown (contract §6, Answering)."""
INSTRUCTIONS_SHEET = "Mode d’emploi"
MENDING_SHEET = "À corriger"
RESERVED_SHEETS = (INSTRUCTIONS_SHEET, MENDING_SHEET)
"""Sheets that our own workbooks carry besides the table: never a collection, never worth a remark (G-22)."""

Texte = Annotated[pd.ArrowDtype, arrow.string()]
Compte = Annotated[pd.ArrowDtype, arrow.int64()]
Entier = Annotated[pd.ArrowDtype, arrow.int64()]
Jour = Annotated[pd.ArrowDtype, arrow.date32()]
OuiNon = Annotated[pd.ArrowDtype, arrow.bool_()]
Montant = Annotated[pd.ArrowDtype, arrow.decimal128(12, 2)]
"""Annotations of a model's columns; `Montant` goes with `montant(12, 2, …)`."""

MAX_COUNT = 1_000_000_000
"""A count above this is a typing accident, whatever is counted."""


class Kind(StrEnum):
    """How the text of a cell is read, and how the value is stored."""

    COUNT = "count"
    AMOUNT = "amount"
    CODE = "code"
    TEXT = "text"
    DATE = "date"
    YES_NO = "yes_no"
    MEMBER = "member"
    YEAR = "year"
    QUARTER = "quarter"


@dataclass(frozen=True, kw_only=True)
class Column:
    """Everything known about a column.

    `required`: an empty cell is an error. `optional`: the column may be absent. `stand_in`: the column may be
    absent, and its cell empty, when the named column gives the same thing (a member's name for its code).
    `names_service`: the record belongs to the service named (`ASA`, `MOB`).
    `context`: the value repeats what the folder and the name of the file say (`platform`, `year`, `quarter`): it is
    filled in when absent and must agree when present. `register`: filled in from the register when empty
    (`nom`, `departement`). `code_width`: leading zeros lost by a spreadsheet are restored up to this many
    characters. `pattern` must match the whole value. `note` is the footnote that defines what is counted.
    """

    kind: Kind
    label: str
    aliases: tuple[str, ...] = ()
    unit: str | None = None
    key: bool = False
    required: bool = True
    optional: bool = False
    stand_in: str | None = None
    context: str | None = None
    register: str | None = None
    codes: Mapping[str, str] | None = None
    code_width: int | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    digits: int = 12
    decimals: int = 0
    max_length: int = 200
    note: str | None = None
    names_service: bool = False
    name: str = ""

    @property
    def arrow_type(self) -> arrow.DataType:
        """The Arrow type of the stored value."""
        if self.kind is Kind.AMOUNT:
            return arrow.decimal128(self.digits, self.decimals)
        return _ARROW_TYPES[self.kind]

    @property
    def quantity(self) -> bool:
        """Whether values can be added up (and compared with a TOTAL line)."""
        return self.kind in {Kind.COUNT, Kind.AMOUNT}

    @property
    def expected(self) -> str:
        """What a cell must hold, in French (key `expected` of a finding)."""
        return _expected(self)

    def as_document(self) -> dict[str, Any]:
        """The published description (keys are stable)."""
        return {
            "name": self.name,
            "label": self.label,
            "aliases": list(self.aliases),
            "kind": self.kind.value,
            "unit": self.unit,
            "key": self.key,
            "required": self.required,
            "optional": self.optional or self.stand_in is not None,
            "stand_in": self.stand_in,
            "context": self.context,
            "register": self.register,
            "codes": None if self.codes is None else dict(self.codes),
            "pattern": self.pattern,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "digits": self.digits if self.kind is Kind.AMOUNT else None,
            "decimals": self.decimals if self.kind is Kind.AMOUNT else None,
            "max_length": self.max_length if self.kind in _TEXTUAL else None,
            "expected": self.expected,
            "note": self.note,
        }


_TEXTUAL = frozenset({Kind.CODE, Kind.TEXT, Kind.MEMBER})
_ARROW_TYPES: Mapping[Kind, arrow.DataType] = MappingProxyType(
    {
        Kind.COUNT: arrow.int64(),
        Kind.CODE: arrow.string(),
        Kind.TEXT: arrow.string(),
        Kind.DATE: arrow.date32(),
        Kind.YES_NO: arrow.bool_(),
        Kind.MEMBER: arrow.string(),
        Kind.YEAR: arrow.int64(),
        Kind.QUARTER: arrow.int64(),
    }
)
_SHOWN_CODES = 8


def _expected(column: Column) -> str:
    if column.kind is Kind.CODE and column.codes is not None:
        codes = list(column.codes)
        shown = ", ".join(codes[:_SHOWN_CODES])
        return f"un code de la liste : {shown}" + (f"… ({len(codes)} codes)" if len(codes) > _SHOWN_CODES else "")
    if column.kind is Kind.AMOUNT:
        places = f", {column.decimals} décimales au plus" if column.decimals else ""
        return f"montant{_bounds(column)} en {column.unit or '€'}{places}"
    if column.kind is Kind.TEXT:
        return f"texte, {column.max_length} caractères au plus"
    fixed = {
        Kind.COUNT: f"entier{_bounds(column)}",
        Kind.CODE: "un code",
        Kind.DATE: "une date : AAAA-MM-JJ ou JJ/MM/AAAA",
        Kind.YES_NO: "O ou N (oui/non, 1/0, vrai/faux)",
        Kind.MEMBER: "le code ou le nom exact d’un CIL/CCI de l’annuaire",
        Kind.YEAR: "une année sur quatre chiffres",
        Kind.QUARTER: "un trimestre : 1, 2, 3 ou 4",
    }
    return fixed[column.kind]


def _bounds(column: Column) -> str:
    if column.minimum is not None and column.maximum is not None:
        return f" de {column.minimum} à {column.maximum}"
    if column.minimum is not None:
        return f" ≥ {column.minimum}"
    return f" ≤ {column.maximum}" if column.maximum is not None else ""


def field_of(column: Column) -> Any:
    """The pandera Field of a column: its checks say what the metadata says, and nothing else."""
    checks: dict[str, Any] = {}
    if column.kind in {Kind.COUNT, Kind.AMOUNT, Kind.YEAR, Kind.QUARTER}:
        if column.minimum is not None:
            checks["ge"] = column.minimum
        if column.maximum is not None:
            checks["le"] = column.maximum
    if column.codes is not None:
        checks["isin"] = list(column.codes)
    if column.pattern is not None:
        re.compile(column.pattern)
        # Two engines read it: ours cell by cell (`re`), pandera's on Arrow text (RE2: no `\Z`, no look-around).
        checks["str_matches"] = f"(?:{column.pattern})$"
        arrow_compute.match_substring_regex(arrow.array([""]), checks["str_matches"])  # raises now, to the author
    if column.kind is Kind.TEXT:
        checks["str_length"] = {"max_value": column.max_length}
    return pa.Field(nullable=not column.required, title=column.label, metadata={METADATA_KEY: column}, **checks)


def compte(label: str, *, aliases: tuple[str, ...] = (), required: bool = True, note: str | None = None) -> Any:
    """A count of things: an integer ≥ 0 (annotate with `Compte`)."""
    column = Column(kind=Kind.COUNT, label=label, aliases=aliases, unit="Nb", required=required, minimum=0, note=note)
    return field_of(column)


def montant(  # noqa: PLR0913 - one argument per thing that can be said
    digits: int,
    decimals: int,
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    note: str | None = None,
) -> Any:
    """An amount of euros ≥ 0, exact decimal(digits, decimals)."""
    column = Column(
        kind=Kind.AMOUNT,
        label=label,
        aliases=aliases,
        unit="€",
        required=required,
        minimum=0,
        digits=digits,
        decimals=decimals,
        note=note,
    )
    return field_of(column)


def code(  # noqa: PLR0913 - same
    codes: Mapping[str, str],
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    optional: bool = False,
    width: int | None = None,
    key: bool = False,
    register: str | None = None,
    note: str | None = None,
) -> Any:
    """A value of a closed list; `width` restores the leading zeros that spreadsheets lose (annotate with `Texte`)."""
    column = Column(
        kind=Kind.CODE,
        label=label,
        aliases=aliases,
        required=required,
        optional=optional,
        codes=codes,
        code_width=width,
        key=key,
        register=register,
        note=note,
    )
    return field_of(column)


def texte(  # noqa: PLR0913 - same
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    optional: bool = False,
    max_length: int = 200,
    pattern: str | None = None,
    key: bool = False,
    register: str | None = None,
    note: str | None = None,
) -> Any:
    """A short text (annotate with `Texte`)."""
    column = Column(
        kind=Kind.TEXT,
        label=label,
        aliases=aliases,
        required=required,
        optional=optional,
        max_length=max_length,
        pattern=pattern,
        key=key,
        register=register,
        note=note,
    )
    return field_of(column)


def membre(
    label: str,
    *,
    name_column: str | None = None,
    aliases: tuple[str, ...] = (),
    key: bool = True,
    note: str | None = None,
) -> Any:
    """A CIL/CCI of the register, by code or exact name; `name_column` may stand in for it (annotate with `Texte`)."""
    column = Column(kind=Kind.MEMBER, label=label, aliases=aliases, key=key, stand_in=name_column, note=note)
    return field_of(column)


def date_du_jour(label: str, *, aliases: tuple[str, ...] = (), required: bool = True, note: str | None = None) -> Any:
    """A calendar day (annotate with `Jour`)."""
    return field_of(Column(kind=Kind.DATE, label=label, aliases=aliases, required=required, note=note))


def oui_non(label: str, *, aliases: tuple[str, ...] = (), required: bool = True, note: str | None = None) -> Any:
    """Yes or no (annotate with `OuiNon`)."""
    return field_of(Column(kind=Kind.YES_NO, label=label, aliases=aliases, required=required, note=note))


_SERVICES: Mapping[str, str] = MappingProxyType({"ASA": "CIL-PASS assistance", "MOB": "CIL-PASS mobilité"})


def service(label: str = "Service concerné", *, only: tuple[str, ...] = ("ASA", "MOB"), key: bool = True) -> Any:
    """`service`: to which service the record belongs; it decides whose adherents are meant (annotate with `Texte`)."""
    codes = {code: _SERVICES[code] for code in only}
    return field_of(Column(kind=Kind.CODE, label=label, aliases=("Service",), codes=codes, key=key, names_service=True))


def plateforme() -> Any:
    """`code_plateforme`: may be absent, must be the depositor's own code when present (C0-11)."""
    return field_of(
        Column(
            kind=Kind.CODE,
            label="Plate-forme",
            aliases=("Code plate-forme", "Plateforme", "PF", "P-F", "Émetteur"),
            required=False,
            optional=True,
            context="platform",
        )
    )


def annee(label: str = "Année") -> Any:
    """`annee` or `exercice`: may be absent, must be the period's year when present (C0-11)."""
    return field_of(
        Column(
            kind=Kind.YEAR,
            label=label,
            aliases=("An",) if label == "Année" else (),
            required=False,
            optional=True,
            context="year",
            minimum=2003,
            maximum=2100,
        )
    )


def trimestre() -> Any:
    """`trimestre`: may be absent, must be the period's quarter when present (C0-11)."""
    return field_of(
        Column(
            kind=Kind.QUARTER,
            label="Trimestre",
            aliases=("N° trimestre", "n ème trimestre"),
            required=False,
            optional=True,
            context="quarter",
            minimum=1,
            maximum=4,
        )
    )

"""Reusable kinds of column: each returns a pandera Field whose metadata says everything that is derived from it.

The database table, header matching, the messages, the templates and the reference pages all come from here. A
`Column` and the checks of its pandera Field are built from the same arguments in one place, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any

import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
import pyarrow.compute as arrow_compute

from domain.text import normalise_header

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
    POSTAL = "postal_code"


@dataclass(frozen=True, kw_only=True)
class Column:
    """Everything known about a column.

    `required`: an empty cell is an error. `optional`: the column may be absent. `stand_in`: the column may be
    absent, and its cell empty, when the named column gives the same thing (a member's name for its code).
    `names_service`: the record belongs to the service named (`ASA`, `MOB`).
    `when`: another column and codes of its list: the cell is filled in where that one holds one of them, and empty
    elsewhere (figures of one service in a table of both); where a yes or no decides, it may be filled in elsewhere
    too. The column is then optional, and not required by itself.
    `spoken`: other words that people write for a code of the list; its labels are understood anyway.
    `free_text`: sentences of the depositor's own: screened for what says who a person is, never quoted among cases.
    `several`: the cell may hold several codes of the list, stored with a space between them in the list's order.
    `additive`: whether figures of several records add up (counts do, an age does not).
    `shares_department`: a département's code may stand for a postal code.
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
    when: tuple[str, tuple[str, ...]] | None = None
    spoken: Mapping[str, str] | None = None
    free_text: bool = False
    several: bool = False
    additive: bool = True
    shares_department: bool = False
    name: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every title that means it: its technical name, its French label, its aliases."""
        return (self.name, self.label, *self.aliases)

    @property
    def arrow_type(self) -> arrow.DataType:
        """The Arrow type of the stored value."""
        if self.kind is Kind.AMOUNT:
            return arrow.decimal128(self.digits, self.decimals)
        return _ARROW_TYPES[self.kind]

    @cached_property
    def by_words(self) -> Mapping[str, str]:
        """Folded label or spoken word → code of the list; what could be two codes is left out."""
        told = [(label, code) for code, label in (self.codes or {}).items()]
        told += [(f"{code} {label}", code) for label, code in told]
        told += list((self.spoken or {}).items())
        words: dict[str, set[str]] = {}
        for word, code in told:
            words.setdefault(normalise_header(word), set()).add(code)
        return MappingProxyType({word: next(iter(codes)) for word, codes in words.items() if len(codes) == 1})

    @property
    def quantity(self) -> bool:
        """Whether values can be added up (and compared with a TOTAL line)."""
        return self.additive and self.kind in {Kind.COUNT, Kind.AMOUNT}

    @property
    def empty_elsewhere(self) -> bool:
        """Whether a cell outside its condition (`when`) is an error: not where a yes or no decides."""
        return self.when is not None and not set(self.when[1]) <= {"O", "N"}

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
            "when": None
            if self.when is None
            else {
                "column": self.when[0],
                "codes": list(self.when[1]),
                "elsewhere": "empty" if self.empty_elsewhere else "optional",
            },
            "free_text": self.free_text,
            "several": self.several,
            "pattern": self.pattern,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "digits": self.digits if self.kind is Kind.AMOUNT else None,
            "decimals": self.decimals if self.kind is Kind.AMOUNT else None,
            "max_length": self.max_length if self.kind in _TEXTUAL else None,
            "expected": self.expected,
            "note": self.note,
        }


_TEXTUAL = frozenset({Kind.CODE, Kind.TEXT, Kind.MEMBER, Kind.POSTAL})
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
        Kind.POSTAL: arrow.string(),
    }
)
_SHOWN_CODES = 8


def _expected(column: Column) -> str:
    if column.kind is Kind.CODE and column.codes is not None:
        codes = list(column.codes)
        shown = ", ".join(codes[:_SHOWN_CODES])
        shown += f"… ({len(codes)} codes)" if len(codes) > _SHOWN_CODES else ""
        several = "un ou plusieurs codes de la liste, séparés par une espace"
        return f"{several if column.several else 'un code de la liste'} : {shown}"
    if column.kind is Kind.AMOUNT:
        places = f", {column.decimals} décimales au plus" if column.decimals else ""
        if column.unit in {None, "€"}:
            return f"montant{_bounds(column)} en €{places}"
        return f"nombre{_bounds(column)}{places}"
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
        Kind.POSTAL: "un code postal sur cinq chiffres"
        + (", ou un code de département" if column.shares_department else ""),
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
    if column.codes is not None and not column.several:
        checks["isin"] = list(column.codes)
    if column.pattern is not None:
        re.compile(column.pattern)
        # Two engines read it: ours cell by cell (`re`), pandera's on Arrow text (RE2: no `\Z`, no look-around).
        checks["str_matches"] = f"(?:{column.pattern})$"
        arrow_compute.match_substring_regex(arrow.array([""]), checks["str_matches"])  # raises now, to the author
    if column.kind is Kind.TEXT:
        checks["str_length"] = {"max_value": column.max_length}
    return pa.Field(nullable=not column.required, title=column.label, metadata={METADATA_KEY: column}, **checks)


def compte(
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    when: tuple[str, tuple[str, ...]] | None = None,
    note: str | None = None,
) -> Any:
    """A count of things: an integer ≥ 0 (annotate with `Compte`)."""
    column = Column(
        kind=Kind.COUNT,
        label=label,
        aliases=aliases,
        unit="Nb",
        required=required and when is None,
        optional=when is not None,
        when=when,
        minimum=0,
        note=note,
    )
    return field_of(column)


def entier(  # noqa: PLR0913 - one argument per thing that can be said
    label: str,
    minimum: int,
    maximum: int,
    *,
    aliases: tuple[str, ...] = (),
    unit: str | None = None,
    key: bool = False,
    required: bool = True,
    note: str | None = None,
) -> Any:
    """An integer that says something of one record: an age, a rank; never added up (annotate with `Entier`)."""
    column = Column(
        kind=Kind.COUNT,
        label=label,
        aliases=aliases,
        unit=unit,
        key=key,
        required=required,
        optional=not required,
        minimum=minimum,
        maximum=maximum,
        additive=False,
        note=note,
    )
    return field_of(column)


def montant(  # noqa: PLR0913 - one argument per thing that can be said
    digits: int,
    decimals: int,
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    when: tuple[str, tuple[str, ...]] | None = None,
    note: str | None = None,
) -> Any:
    """An amount of euros ≥ 0, exact decimal(digits, decimals)."""
    column = Column(
        kind=Kind.AMOUNT,
        label=label,
        aliases=aliases,
        unit="€",
        required=required and when is None,
        optional=when is not None,
        when=when,
        minimum=0,
        digits=digits,
        decimals=decimals,
        note=note,
    )
    return field_of(column)


def decimal(digits: int, decimals: int, label: str, *, aliases: tuple[str, ...] = (), note: str | None = None) -> Any:
    """A quantity ≥ 0 whose unit another column tells, and that may be unknown: it does not add up (`Montant`)."""
    column = Column(
        kind=Kind.AMOUNT,
        label=label,
        aliases=aliases,
        unit="nombre ou €",
        required=False,
        optional=True,
        minimum=0,
        digits=digits,
        decimals=decimals,
        additive=False,
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
    spoken: Mapping[str, str] | None = None,
    note: str | None = None,
) -> Any:
    """A value of a closed list; `width` restores the leading zeros that spreadsheets lose (annotate with `Texte`).

    Its labels are understood too; `spoken`: other words that people write → their code.
    """
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
        spoken=spoken,
        note=note,
    )
    return field_of(column)


def plusieurs_codes(
    codes: Mapping[str, str], label: str, *, aliases: tuple[str, ...] = (), note: str | None = None
) -> Any:
    """One or more values of a closed list in one cell, `AB BF` (annotate with `Texte`)."""
    one = "|".join(map(re.escape, codes))
    pattern = f"(?:{one})(?: (?:{one}))*"
    column = Column(kind=Kind.CODE, label=label, aliases=aliases, codes=codes, several=True, pattern=pattern, note=note)
    return field_of(column)


def code_postal(
    label: str, *, departement: bool = False, aliases: tuple[str, ...] = (), note: str | None = None
) -> Any:
    """A French postal code; `departement`: or the code of a département (C0-13; annotate with `Texte`)."""
    pattern = r"[0-9]{5}|[0-9]{2}|2[AB]|97[0-9]" if departement else r"[0-9]{5}"
    column = Column(
        kind=Kind.POSTAL,
        label=label,
        aliases=aliases,
        code_width=5,
        max_length=5,
        pattern=pattern,
        shares_department=departement,
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
    free: bool = False,
    note: str | None = None,
) -> Any:
    """A short text; `free`: sentences of the depositor's own (annotate with `Texte`)."""
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
        free_text=free,
        note=note,
    )
    return field_of(column)


def membre(  # noqa: PLR0913 - same
    label: str,
    *,
    name_column: str | None = None,
    aliases: tuple[str, ...] = (),
    key: bool = True,
    required: bool = True,
    when: tuple[str, tuple[str, ...]] | None = None,
    note: str | None = None,
) -> Any:
    """A CIL/CCI of the register, by code or exact name; `name_column` may stand in for it (annotate with `Texte`)."""
    column = Column(
        kind=Kind.MEMBER,
        label=label,
        aliases=aliases,
        key=key,
        required=required and when is None,
        when=when,
        stand_in=name_column,
        note=note,
    )
    return field_of(column)


def date_du_jour(  # noqa: PLR0913 - same
    label: str,
    *,
    aliases: tuple[str, ...] = (),
    required: bool = True,
    optional: bool = False,
    when: tuple[str, tuple[str, ...]] | None = None,
    note: str | None = None,
) -> Any:
    """A calendar day (annotate with `Jour`)."""
    column = Column(
        kind=Kind.DATE,
        label=label,
        aliases=aliases,
        required=required and when is None,
        optional=optional or when is not None,
        when=when,
        note=note,
    )
    return field_of(column)


def oui_non(label: str, *, aliases: tuple[str, ...] = (), required: bool = True, note: str | None = None) -> Any:
    """Yes or no (annotate with `OuiNon`)."""
    return field_of(Column(kind=Kind.YES_NO, label=label, aliases=aliases, required=required, note=note))


_SERVICES: Mapping[str, str] = MappingProxyType({"ASA": "CIL-PASS assistance", "MOB": "CIL-PASS mobilité"})
_SERVICE_WORDS: Mapping[str, str] = MappingProxyType({"assistance": "ASA", "mobilité": "MOB"})


def service(label: str = "Service concerné", *, only: tuple[str, ...] = ("ASA", "MOB"), key: bool = True) -> Any:
    """`service`: to which service the record belongs; it decides whose adherents are meant (annotate with `Texte`)."""
    codes = {code: _SERVICES[code] for code in only}
    spoken = {word: code for word, code in _SERVICE_WORDS.items() if code in only}
    column = Column(
        kind=Kind.CODE, label=label, aliases=("Service",), codes=codes, spoken=spoken, key=key, names_service=True
    )
    return field_of(column)


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
            aliases=("An",) if label == "Année" else ("Année",),
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

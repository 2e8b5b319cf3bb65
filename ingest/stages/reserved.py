"""What stands in our own columns of a file dropped back: which deposit it answers, which line, why (contract §6)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.submissions import NO_DEPOSIT

_LONGEST = 500
"""Characters of a justification that are kept."""
_LINE_DIGITS = 9
NO_NUMBER = frozenset({"guichet_depot", NO_DEPOSIT})
"""What may stand in `guichet_depot` and names no deposit: the title again (two kits together), a rehearsal."""


@dataclass(kw_only=True)
class ReservedCells:
    """`depots`: each text of `guichet_depot` and how often; `lines`: the rows of the former file that come back.

    `line_rows`: the rows of this file that they stand on, batch by batch like them. `justifications`: row of this
    file → text. All lines below the titles count, records or not.
    """

    depots: Counter[str] = field(default_factory=Counter)
    lines: list[npt.NDArray[np.int32]] = field(default_factory=list)
    line_rows: list[npt.NDArray[np.int32]] = field(default_factory=list)
    justifications: dict[int, str] = field(default_factory=dict)

    @property
    def former_rows(self) -> dict[int, int]:
        """Row of this file → row of the former one, where it is told."""
        if not self.lines:
            return {}
        here, there = np.concatenate(self.line_rows), np.concatenate(self.lines)
        return dict(zip(here.tolist(), there.tolist(), strict=True))

    def take(self, batch: pa.RecordBatch, columns: Mapping[str, int]) -> None:
        """Read our columns of one raw batch (`row`, then `c0`…); `columns`: reserved name → index."""
        texts = {name: _trimmed(batch.column(index + 1)) for name, index in columns.items()}
        if "guichet_depot" in texts:
            for each in pc.value_counts(texts["guichet_depot"]).to_pylist():
                told = deposit_told(each["values"])
                if told:
                    self.depots[told] += each["counts"]
        if "guichet_ligne" in texts:
            # Excel may have made a number of it: « 12 », « 12.0 », « 12,0 »
            whole = pc.replace_substring_regex(texts["guichet_ligne"], r"[.,]0+$", "")
            written = pc.match_substring_regex(whole, rf"^[0-9]{{1,{_LINE_DIGITS}}}$")
            self.lines.append(np.asarray(pc.cast(whole.filter(written), pa.int32())))
            self.line_rows.append(np.asarray(batch.column(0).filter(written)))
        if "justification" in texts:
            said = texts["justification"]
            rows = batch.column(0)
            for position in np.flatnonzero(np.asarray(pc.not_equal(said, ""))).tolist():
                self.justifications[rows[position].as_py()] = said[position].as_py()[:_LONGEST]


def deposit_told(text: str) -> str:
    """What a cell of `guichet_depot` says, as numbers are written; empty when it names no deposit."""
    told = _NUMBER_SIGN.sub("", text.strip().lower())
    return "" if told in NO_NUMBER else told


_NUMBER_SIGN = re.compile(r"n ?[°o]\.?\s*(?=[0-9])")
"""Our own sentences put one before a number."""


def _trimmed(column: pa.Array) -> pa.Array:
    return pc.fill_null(pc.utf8_trim_whitespace(column), "")


def without_apostrophe(texts: pa.Array) -> pa.Array:
    """Texts as they were before our kit put an apostrophe before what a spreadsheet would run (`=`, `+`, `-`, `@`).

    Exactly one goes: a depositor's own stays.
    """
    return pc.replace_substring_regex(texts, r"^'('*[=+@＝＋－＠-])", r"\1")


def with_apostrophe(text: str) -> str:
    """The text so that a spreadsheet does not run it and `without_apostrophe` gives it back; numbers as they are."""
    return f"'{text}" if _RUN.match(text) and not _NUMBER.fullmatch(text) else text


_RUN = re.compile(r"'*[=+@＝＋－＠-]")
_NUMBER = re.compile(r"[+-][0-9][0-9\s.,]*[%€]?")

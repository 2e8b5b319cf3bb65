"""Sheets in memory, a small network, and what identifying makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from domain.organisations import Directory, Organisation, OrganisationType
from domain.periods import Period
from ingest.catalogue import Catalogue, load_catalogue
from ingest.context import JudgingContext
from ingest.reading.raw import RawFile, RawSheet
from ingest.stages.identify import Identified, identify, name_of
from ingest.stages.sheets import look

PARIS = ZoneInfo("Europe/Paris")
TITLES = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables (1)",
    "Nb d'engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
)
MOBILITY_TITLES = (
    "Dpt.",
    "CIL/CCI qui réalise le service (1)",
    "Nb de dossiers individuels (2)",
    "Nb d'entreprises concernées (3)",
    "Montant facturé (2) HT en €",
)

Line = Sequence[str | None]


@dataclass(frozen=True, kw_only=True)
class MemorySheet(RawSheet):
    """A sheet that never was on disk."""

    numbers: tuple[int, ...] = ()
    lines: tuple[tuple[str | None, ...], ...] = ()

    def batches(self) -> Iterator[pa.RecordBatch]:
        columns = [pa.array([line[index] for line in self.lines], pa.string()) for index in range(self.n_columns)]
        names = ["row", *(f"c{index}" for index in range(self.n_columns))]
        yield pa.RecordBatch.from_arrays([pa.array(self.numbers, pa.int32()), *columns], names=names)


def make_sheet(lines: Sequence[Line], name: str | None = None, index: int = 0, *, visible: bool = True) -> MemorySheet:
    """Blank lines are left out and keep their numbers, as the reader does."""
    width = max((len(line) for line in lines), default=0)
    kept = [(number, (*line, *[None] * (width - len(line)))) for number, line in enumerate(lines, 1) if any(line)]
    return MemorySheet(
        index=index,
        name=name,
        visible=visible,
        path=__file__,
        n_rows=len(kept),
        n_columns=width,  # type: ignore[arg-type]
        numbers=tuple(number for number, _ in kept),
        lines=tuple(cells for _, cells in kept),
    )


@pytest.fixture
def sheet() -> Callable[..., MemorySheet]:
    return make_sheet


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def titles() -> Line:
    return TITLES


@pytest.fixture
def mobility_titles() -> Line:
    return MOBILITY_TITLES


@pytest.fixture
def data() -> list[Line]:
    return [("01", "CIL001", "3", "2", "1"), ("63", "CIL002", "4", "1", "0")]


@pytest.fixture
def context() -> Callable[..., JudgingContext]:
    """A deposit of PF03 received on 18 April 2005, unless told."""
    platform = Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Centre", compte_sftp="pf03")
    other = Organisation(code="PF04", type=OrganisationType.PF, nom="Plate-forme Sud", compte_sftp="pf04")
    directory = Directory(version=1, organisations=(platform, other))

    def make(**values: Any) -> JudgingContext:
        at = values.pop("at", datetime(2005, 4, 18, 10, tzinfo=PARIS))
        defaults: dict[str, Any] = {
            "account": "pf03",
            "received_at": at,
            "now": at,
            "zone": PARIS,
            "first_period": Period(2005, 1),
            "directory": directory,
            "organisation": platform,
        }
        return JudgingContext(**{**defaults, **values})

    return make


@pytest.fixture
def identified(
    catalogue: Catalogue,
    context: Callable[..., JudgingContext],
) -> Callable[..., tuple[Identified, ...]]:
    """Identify a file: its name, its sheets as `(name, lines)` or the lines of a CSV."""

    def run(name: str, *sheets: Any, forced: Any = None, **values: Any) -> tuple[Identified, ...]:
        judging = context(**values)
        raw = RawFile(
            format="xlsx" if sheets and isinstance(sheets[0], tuple) else "csv",
            sheets=tuple(
                make_sheet(one[1], one[0], index) if isinstance(one, tuple) else make_sheet(one)
                for index, one in enumerate(sheets)
            ),
        )
        views = tuple(look(raw, catalogue, judging.directory.by_code if judging.directory else ()))
        return identify(raw.format, views, name_of(name, catalogue, judging, forced), catalogue, judging)

    return run

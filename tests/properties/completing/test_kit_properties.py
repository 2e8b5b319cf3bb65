"""Whatever is wrong with a table, mending its kit gives what depositing the whole corrected table gives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.database.engine import Database
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from tests.completing_kit import FIGURES, KIT, Counter, as_csv, as_xlsx, counter, members, network, table

COUNT = 7
MISTAKES = ("douze", "-3", "1 000 000 000 000", "", "1,5")
NAMES = ("copie de.csv", "Classeur1", "N1M_2004T1.csv", "à envoyer.xlsx", KIT, "N1A_2005T1.csv")
Line = list[str]


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """One desk for all examples: what is in force from the former ones is part of the test."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copyfile(sqlite_template, folder / "guichet.sqlite3")
    database = Database(f"sqlite:///{folder / 'guichet.sqlite3'}")
    with Reader(ReadingLimits()) as reader:
        yield counter(database, reader, folder, directory=network(count=COUNT))
    database.dispose()


@st.composite
def right_lines(draw: st.DrawFn) -> list[Line]:
    return [["01", code, *(str(draw(st.integers(0, 2000))) for _ in range(3))] for code in members(COUNT)]


@st.composite
def wrong_lines(draw: st.DrawFn, right: Sequence[Line]) -> list[Line]:
    """The table as first deposited: wrong cells, unknown names, lines twice, lines missing; one mistake at least."""
    wrong: list[Line] = []
    kinds = draw(
        st.lists(
            st.sampled_from(["", "", "cell", "member", "twice", "missing", "departement"]),
            min_size=COUNT,
            max_size=COUNT,
        ).filter(any)
    )
    for line, kind in zip(right, kinds, strict=True):
        made = list(line)
        if kind == "cell":
            made[draw(st.integers(2, 4))] = draw(st.sampled_from(MISTAKES))
        elif kind == "member":
            made[1] = f"Inconnu {line[1]}"
        elif kind == "departement":
            made[0] = "999"
        wrong.extend([made] * {"missing": 0, "twice": 2}.get(kind, 1))
    return wrong


@st.composite
def as_typed(draw: st.DrawFn, cell: str, *, workbook: bool) -> Any:
    """The same number as people and office software spell it."""
    if workbook:
        return draw(st.sampled_from([int(cell), float(cell), cell]))
    return draw(st.sampled_from([cell, f" {cell} ", f"{cell},0", f"{cell}.00", f"{cell}\u00a0"]))


@st.composite
def mended(draw: st.DrawFn, kit: list[Line], right: dict[str, Line], *, workbook: bool) -> list[list[Any]]:
    """The kit corrected by hand: right figures in other spellings, lines and columns in another order."""
    titles, *lines = kit
    done: dict[str, list[Any]] = {}
    for given_back in lines:
        code = given_back[4].removeprefix("Inconnu ")
        line: list[Any] = [*given_back[:3], *right[code], *given_back[8:]]
        line[3] = draw(st.sampled_from(["01", 1 if workbook else "1"]))
        line[4] = draw(st.sampled_from([code, code.lower(), f"Logis {code}", f" {code} "]))
        line[5:8] = [draw(as_typed(cell, workbook=workbook)) for cell in line[5:8]]
        line[1] = draw(st.sampled_from([line[1], "", f"{line[1]},0" if line[1] else ""]))
        line[2] = draw(st.sampled_from([line[2], ""]))
        done.setdefault(code, line)  # of a line twice in the file, one is kept
    others = sorted(set(right) - set(done))
    for code in draw(st.lists(st.sampled_from(others), unique=True, max_size=2)) if others else []:
        right[code][2] = "4321"  # a line that was right is corrected too, by adding it
        first = next(iter(done.values()))
        done[code] = [*first[:3], *right[code], *first[8:]]
    rows = draw(st.permutations(list(done.values())))
    for row in rows[1:]:
        row[0] = draw(st.sampled_from([row[0], row[0].upper(), ""]))
    order = draw(st.permutations(range(len(titles))))
    return [[row[index] for index in order] for row in [titles, *rows]]


def rows(desk: Counter) -> dict[str, tuple[Any, ...]]:
    return {row["code_cil"]: (row["departement"], *(row[name] for name in FIGURES)) for row in desk.rows()}


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_mending_the_kit_is_depositing_the_whole_corrected_table(desk: Counter, data: st.DataObject) -> None:
    right = data.draw(right_lines())
    first = desk.drop("N1A_2005T1.csv", table(*data.draw(wrong_lines(right))))
    by_code = {line[1]: line for line in right}
    workbook = data.draw(st.booleans())
    kit = data.draw(mended(first.kit(), by_code, workbook=workbook))
    content = as_xlsx(kit) if workbook else as_csv(kit, data.draw(st.sampled_from([";", "\t"])))
    second = desk.drop(data.draw(st.sampled_from(NAMES)), content)
    assert second.section.complete, second.section.findings
    assert second.in_force
    by_kit = rows(desk)
    desk.drop("N1A_2005T1.csv", table(*([*line[:2], "1", "1", "1"] for line in right)))
    whole = desk.drop("N1A_2005T1.csv", table(*right))
    assert whole.in_force
    assert rows(desk) == by_kit

"""The title row among the first rows of a sheet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.stages.headers import HeaderReading, collections_by_headers, nearest_column, read_header, title_period

CATALOGUE = load_catalogue()
N1A = CATALOGUE.collections[0]
N1M = CATALOGUE.collections[1]
Line = Sequence[str | None]
COUNTS = ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires")


def rows_of(*lines: Line) -> list[tuple[int, Line]]:
    return [(number, line) for number, line in enumerate(lines, 1) if any(line)]


def read(*lines: Line, collection: object = N1A) -> HeaderReading:
    width = max(len(line) for line in lines)
    return read_header(rows_of(*lines), collection, width)  # type: ignore[arg-type]


def designated(*lines: Line) -> list[str]:
    rows = rows_of(*lines)
    return [
        one.code for one in collections_by_headers({one: read_header(rows, one, 9) for one in CATALOGUE.collections})
    ]


def test_a_plain_title_row_is_found(titles: Line, data: list[Line]) -> None:
    header = read(titles, *data).header
    assert header is not None
    assert (header.row, header.body_from) == (1, 2)
    assert dict(header.columns) == {
        "departement": 0,
        "code_cil": 1,
        **{name: place for place, name in enumerate(COUNTS, 2)},
    }
    assert header.labels["diagnostics_prealables"] == "Nb de diagnostics préalables (1)"
    assert header.unknown == ()


def test_the_official_matrix_with_its_titles_and_its_sub_titles_is_understood(titles: Line, data: list[Line]) -> None:
    header = read(
        ("UESL",),
        ("Suivi de l'activité du CIL-PASS assistance",),
        ("1er Trimestre 2005",),
        (),
        titles,
        (None, None, "Trimestre", "Trimestre", "Trimestre"),
        *data,
    ).header
    assert header is not None
    assert (header.row, header.body_from) == (5, 7)
    assert header.columns["diagnostics_complementaires"] == 4
    assert "trimestre" not in header.columns


def test_of_quarter_and_cumul_the_quarter_is_taken(titles: Line) -> None:
    """S1-10: each title is merged over two columns."""
    header = read(
        (titles[1], titles[2], None, titles[3], None, titles[4], None),
        (None, *("Trimestre", "Cumul depuis le 01/01/05") * 3),
        ("CIL001", "1", "2", "3", "4", "5", "6"),
    ).header
    assert header is not None
    assert [header.columns[name] for name in COUNTS] == [1, 3, 5]
    assert [index for index, _ in header.ignored] == [2, 4, 6]
    assert header.unknown == ()


def test_the_quarter_is_taken_also_when_the_cumul_comes_first(titles: Line) -> None:
    header = read(
        (titles[1], titles[2], None),
        (None, "Cumul depuis le 1/1", "1er trimestre 2005"),
        ("CIL001", "1", "2"),
    ).header
    assert header is not None
    assert header.columns["diagnostics_prealables"] == 2


def test_a_cumul_alone_is_not_taken_for_the_quarter(titles: Line) -> None:
    reading = read((titles[1], titles[2]), (None, "Cumul depuis le 1/1"), ("CIL001", "1"))
    assert reading.header is not None
    assert "diagnostics_prealables" not in reading.header.columns
    assert reading.cumul_only == {"diagnostics_prealables": 1}


def test_quarter_or_cumul_written_in_the_title_itself_are_understood() -> None:
    reading = read(
        (
            "CIL/CCI",
            "Nb de diagnostics préalables – 1er trimestre 2005",
            "Nb de diagnostics préalables cumul depuis le 1/1",
        ),
        ("CIL001", "1", "2"),
    )
    assert reading.header is not None
    assert reading.header.columns["diagnostics_prealables"] == 1
    assert [index for index, _ in reading.header.ignored] == [2]


def test_titles_on_two_rows_are_joined(data: list[Line]) -> None:
    header = read(
        ("Titre",),
        ("Dpt.", "CIL/CCI qui réalise le service", "Nb de", None, None),
        (None, None, "diagnostics préalables", "engagements réciproques", "diagnostics complémentaires"),
        *data,
    ).header
    assert header is not None
    assert (header.row, header.body_from) == (2, 4)
    assert set(header.columns) == {"departement", "code_cil", *COUNTS}


def test_a_group_title_above_the_titles_does_not_hide_them(titles: Line, data: list[Line]) -> None:
    header = read((*titles[:2], "Activité", None, None), (None, None, *titles[2:]), *data).header
    assert header is not None
    assert set(header.columns) == {"departement", "code_cil", *COUNTS}


def test_a_line_of_facts_above_the_table_is_not_part_of_the_titles(titles: Line, data: list[Line]) -> None:
    header = read(("Plate-forme", "PF03", None, None, None, "Trimestre", "1"), titles, *data).header
    assert header is not None
    assert header.row == 2
    assert "code_plateforme" not in header.columns


@pytest.mark.parametrize(
    "title",
    [
        "diagnostics_prealables",
        "DIAGNOSTICS PREALABLES",
        "Nb de diagnostics\npréalables",
        "Nb  de diagnostics préalables ¹",
        "Nb de diagnostics préalables1",
        "Nb de diagnostics préalables *",
        "  nb de diagnosticspréalables",
        "Nb de diagnostics préalables (2)",
    ],
)
def test_case_accents_spaces_and_marks_do_not_count(title: str) -> None:
    header = read(("CIL/CCI", title), ("CIL001", "1")).header
    assert header is not None
    assert header.columns["diagnostics_prealables"] == 1


def test_the_row_that_knows_most_columns_wins(titles: Line, data: list[Line]) -> None:
    header = read(("CIL/CCI :", "Plate-forme Centre"), ("Dpt.", "notes"), titles, *data).header
    assert header is not None
    assert header.row == 3


def test_a_nearly_right_title_is_named_and_never_taken() -> None:
    header = read(("CIL/CCI", "Nb de diagnostic prealable"), ("CIL001", "1")).header
    assert header is not None
    assert header.unknown == ((1, "Nb de diagnostic prealable"),)
    near = nearest_column("Nb de diagnostic prealable", N1A)
    assert near is not None
    assert near.name == "diagnostics_prealables"
    assert nearest_column("Diagnostics", N1A) is None
    assert nearest_column("Nb de diagnostics préalables", N1A) is None


def test_a_row_of_nearly_right_titles_is_the_title_row_all_the_same() -> None:
    header = read(("x",), ("Nb de diagnostic prealable", "Nb d'engagement reciproque"), ("1", "2")).header
    assert header is not None
    assert header.row == 2
    assert dict(header.columns) == {}


def test_a_title_that_comes_twice_is_left_to_be_told(titles: Line, data: list[Line]) -> None:
    header = read((*titles, "Diagnostics préalables"), *data).header
    assert header is not None
    assert header.columns["diagnostics_prealables"] == 2
    assert header.unknown == ((5, "Diagnostics préalables"),)


def test_of_a_code_and_a_name_for_the_member_the_code_is_taken() -> None:
    header = read(
        ("CIL/CCI qui réalise le service", "Code CIL", "diagnostics_prealables"), ("CIL de l'Ain", "CIL001", "1")
    ).header
    assert header is not None
    assert header.columns["code_cil"] == 1
    assert header.unknown == ((0, "CIL/CCI qui réalise le service"),)


def test_columns_of_the_correction_kit_are_not_unknown() -> None:
    header = read(
        ("guichet_ligne", "guichet_messages", "code_cil", "diagnostics_prealables", "justification"),
        ("4", "x", "CIL001", "1"),
    ).header
    assert header is not None
    assert header.unknown == ()
    assert [index for index, _ in header.ignored] == [0, 1, 4]


def test_without_any_known_title_there_is_no_title_row() -> None:
    assert read(("a", "b"), ("01", "CIL001")).header is None
    assert read_header([], N1A, 0).header is None


def test_titles_designate_one_collection(titles: Line, mobility_titles: Line, data: list[Line]) -> None:
    assert designated(titles, *data) == ["N1A"]
    assert designated(mobility_titles, *data) == ["N1M"]
    assert designated((*titles, *mobility_titles[2:])) == ["N1A", "N1M"]
    assert designated(("Dpt.", "CIL/CCI"), ("01", "CIL001")) == []


def test_the_period_of_the_titles_is_told_when_there_is_one_only() -> None:
    assert title_period(rows_of(("x",), ("1er trimestre 2005",)), 3) == (Period(2005, 1), 2)
    assert title_period(rows_of(("1er trimestre 2005",), ("2e trimestre 2005",)), 3) is None
    assert title_period(rows_of(("x",), (), ("1er trimestre 2005",)), 3) is None

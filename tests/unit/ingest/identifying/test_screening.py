"""Screening a sheet for personal data: what is told, and that nothing of it is quoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from domain.findings import Finding, Severity
from ingest.catalogue import Catalogue
from ingest.stages.headers import read_header
from ingest.stages.screening import Screening, screen_sheet
from rules.anonymity import KnownNames

Line = Sequence[str | None]
NIR = "269054958815780"
Screen = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def screen(catalogue: Catalogue, sheet: Callable[..., object]) -> Screen:
    def run(*lines: Line, cases: bool = False, **values: object) -> tuple[Finding, ...]:
        made: object = sheet(lines)
        collection = catalogue.by_code("N1A")
        assert collection is not None
        preview = made.preview(60)  # type: ignore[attr-defined]
        header = read_header(preview, collection, made.n_columns).header  # type: ignore[attr-defined]
        about = Screening(header=header, preview=preview, cases=replace(collection, cases=True) if cases else None)
        return screen_sheet(made, replace(about, **values))  # type: ignore[arg-type]

    return run


def test_a_clean_table_is_clean(screen: Screen, titles: Line, data: list[Line]) -> None:
    assert screen(titles, *data) == ()


HIDDEN_IN = "2\u200b69\u00ad05\x0149\u2060588\u202a157\u200f80"


@pytest.mark.parametrize("text", [NIR, "2 69 05 49 588 157 80", f"cf. {NIR}", HIDDEN_IN, f"cf. {HIDDEN_IN}."])
def test_a_nir_is_found_wherever_it_stands(screen: Screen, titles: Line, data: list[Line], text: str) -> None:
    for lines, cell in (
        ([titles, *data, ("01", text)], "B4"),
        ([(text,), titles, *data], "A1"),
        ([("a", "b"), ("c", text)], "B2"),
    ):
        finding = screen(*lines)[0]
        assert (finding.code, finding.severity, finding.cell) == ("G-12", Severity.BLOCKING, cell)
        assert NIR not in str(finding)
        assert text not in str(finding)
        assert finding.value is None


def test_a_filled_nominative_column_is_found_and_its_title_not_quoted(screen: Screen, titles: Line) -> None:
    found = screen(
        (*titles, "Nom du demandeur"), ("01", "CIL001", "3", "2", "1", None), ("63", "CIL002", "3", "2", "1", "DURAND")
    )
    assert [(finding.code, finding.row, finding.cell) for finding in found] == [("G-12", 1, "F1")]
    assert "DURAND" not in str(found)
    assert "demandeur" not in str(found)


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("Nom du demandeur", (None, None)),
        ("Nom", ("CIL de l'Ain", "LOGIS AUVERGNE")),
        ("Téléphone", ("12", "7")),
        ("Nb de contacts par téléphone", ("120000000", "7")),
        ("Observations", ("rien à signaler", None)),
        ("Adresse", ("-", "néant")),
    ],
)
def test_a_column_that_holds_nothing_personal_is_left_alone(
    screen: Screen,
    titles: Line,
    data: list[Line],
    title: str,
    values: Line,
) -> None:
    lines = [(*line, value) for line, value in zip(data, values, strict=True)]
    assert screen((*titles, title), *lines, known=KnownNames.of(["CIL de l'Ain", "Logis d'Auvergne"])) == ()


def test_contact_lines_above_the_table_are_left_alone(screen: Screen, titles: Line, data: list[Line]) -> None:
    lines: list[Line] = [
        ("Établi par le service pilotage, tél. 01 23 45 67 89",),
        ("Contact", "Mme Durand", "Tél.", "01 23 45 67 89", "Courriel"),
        ("Nom", "Prénom", "Adresse"),
        ("DURAND", "Paule", "12 rue du Port"),
    ]
    assert screen(*lines, titles, *data) == ()


def test_a_list_of_persons_is_recognised_without_any_known_title(screen: Screen) -> None:
    found = screen(("Liste",), ("Nom", "Prénom", "Ville"), ("DURAND", "Paul", "Lyon"))
    assert [finding.cell for finding in found] == ["A2", "B2"]
    assert screen(("Nom", "Prénom", "Ville"), (None, None, "Lyon")) == ()
    assert screen(("Ville", "Adresse"), ("Lyon", "12 rue du Port")) == ()
    assert screen(("zone", "nom_complet"), ("01", "Pays de Gex")) == ()
    assert screen(("Nom", "Téléphone"), ("Pays de Gex", None)) == ()
    assert len(screen(("Nom", "Téléphone"), ("DURAND", "01 23 45 67 89"))) == 2


def test_amounts_postal_codes_and_wrong_keys_are_left_alone(screen: Screen, titles: Line) -> None:
    values = ("69003", "1 234 567,89", "0,142857142857143", "123456789012345", "2690549588157", "269054958815781")
    assert screen(titles, *[("01", "CIL001", value, "1", "1") for value in values]) == ()


def test_places_are_told_once_a_column_and_bounded(screen: Screen) -> None:
    assert len(screen(("a",), *[(NIR,)] * 50)) == 1
    assert len(screen(("a",), (NIR,) * 50)) == 20


@pytest.mark.parametrize(
    "text",
    [
        *("2690549588157", "jean@example.org", "01 23 45 67 89", "12/05/1969", "FR7630006000011234567890189"),
        *("jean\u200b@\u00adexample.org", "01\u200b 23 4\x015 67 8\u20609", "26905\u200b49588157"),
    ],
)
def test_cells_of_cases_are_searched_for_more(screen: Screen, titles: Line, text: str) -> None:
    line = ("01", "CIL001", "3", "2", text)
    assert screen(titles, line) == ()
    assert [finding.code for finding in screen(titles, line, cases=True)] == ["G-12"]
    assert screen(titles, ("01", "CIL001", "3", "2", "69003"), cases=True) == ()


def test_the_sheet_is_told_by_its_number_not_its_name(sheet: Callable[..., object]) -> None:
    made = sheet([(NIR,)], "DURAND Paul")
    found = screen_sheet(made, Screening(header=None, preview=()), where=" (feuille n° 2)")  # type: ignore[arg-type]
    assert "feuille n°\u00a02" in found[0].message.replace("n° 2", "n°\u00a02")
    assert "DURAND" not in str(found)

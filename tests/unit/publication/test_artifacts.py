"""The documents of an edition: what they hold, how they read, and that the same edition gives the same bytes."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from domain.organisations import Directory
from domain.periods import Period
from publication.artifacts.csv import csv_bytes
from publication.artifacts.page import page_bytes
from publication.artifacts.pdf import pdf_bytes
from publication.artifacts.situation import situation_bytes
from publication.artifacts.workbook import workbook_bytes
from publication.edition import Edition
from publication.facts import Facts
from publication.table import Kind
from publication.tables.cil_pass import quarterly_tables
from publication.values import MISSING, NO_BASE, NOT_CONCERNED, Value
from publication.words import shown
from tests.publication_kit import network, story

NETWORK = network()
MAKERS = {"xlsx": workbook_bytes, "pdf": pdf_bytes, "html": page_bytes}
EXPECTED_HEADERS = {
    "D1": "departement;code_cil;nom_cil;diagnostics_prealables;engagements_reciproques;diagnostics_complementaires",
    "D2": "departement;code_cil;nom_cil;dossiers_individuels;entreprises_concernees;montant_facture_ht",
    "D3": "service;indicateur;unite;trimestre;variation_trimestre_pct;cumul;cumul_annee_precedente;evolution_cumul_pct",
    "D4": "region;code_cil;nom_cil;diagnostics_prealables_trimestre;diagnostics_prealables_cumul;"
    "engagements_reciproques_trimestre;engagements_reciproques_cumul;diagnostics_complementaires_trimestre;"
    "diagnostics_complementaires_cumul",
    "D7": "code_plateforme;code_cil;nom_cil;dossiers_individuels_trimestre;dossiers_individuels_cumul;"
    "entreprises_concernees_trimestre;entreprises_concernees_cumul;montant_facture_ht_trimestre;"
    "montant_facture_ht_cumul",
}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return story().edition()


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_csv_columns_are_those_of_the_contract(edition: Edition) -> None:
    made = {table.code: csv_bytes(table) for table in edition.tables}

    assert list(made) == ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8bis"]
    for code, header in EXPECTED_HEADERS.items():
        assert made[code].startswith(b"\xef\xbb\xbf")
        assert made[code].decode("utf-8-sig").split("\r\n")[0] == header


def test_csv_figures_have_a_comma_two_decimals_for_euros_one_for_percentages_and_no_sign_but_minus(
    edition: Edition,
) -> None:
    for table in edition.tables:
        rows = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig")), delimiter=";"))[1:]
        for row, typed in zip(rows, table.rows, strict=True):
            kinds = typed.kinds or tuple(column.kind for column in table.columns)
            for text, kind in zip(row[3:], kinds, strict=True):
                decimals = {Kind.COUNT: "", Kind.EUROS: r",\d\d", Kind.RATIO: r",\d\d"}.get(kind, r",\d")
                assert re.fullmatch(rf"-?\d+{decimals}|n\.d\.|n\.s\.|", text), (table.code, row)


def test_csv_totals_have_their_keys(edition: Edition) -> None:
    made = {
        table.code: list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig")), delimiter=";"))
        for table in edition.tables
    }

    assert [made[code][-1][1] for code in ("D1", "D2", "D4", "D5", "D6", "D7")] == ["TOTAL"] * 6
    assert [made[code][-1][0] for code in ("D4", "D5", "D6", "D7")] == ["NATIONAL"] * 4
    assert made["D1"][-1][0] == ""
    assert ["Alsace", "TOTAL"] in [row[:2] for row in made["D4"]]
    assert ["PF05", "TOTAL"] in [row[:2] for row in made["D5"]]


def test_an_incomplete_cumul_is_a_plain_number_in_csv_and_marked_elsewhere(edition: Edition) -> None:
    table = edition.tables[3]
    row = next(one for one in table.rows if one.values[1].incomplete)
    code = row.keys["code_cil"]
    lines = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig")), delimiter=";"))

    assert next(line for line in lines if line[1] == code)[4] == str(row.values[1].number)
    assert f"{row.values[1].number}*" in page_bytes(edition).decode()


def test_a_name_that_looks_like_a_formula_is_only_text(edition: Edition) -> None:
    table = edition.tables[0]
    evil = '=HYPERLINK("http://x")<script>alert(1)</script>'
    row = replace(table.rows[0], keys={**table.rows[0].keys, "nom_cil": evil})
    other = replace(edition, tables=(replace(table, rows=(row, *table.rows[1:])), *edition.tables[1:]))

    assert b"'=HYPERLINK" in csv_bytes(other.tables[0])
    assert b"<script>alert" not in page_bytes(other)
    cells = load_workbook(io.BytesIO(workbook_bytes(other)))["D1"]
    assert any(cell.value == evil and cell.data_type == "s" for line in cells for cell in line)
    assert pdf_bytes(other).startswith(b"%PDF")


# ── figures as printed ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (Value(0), Kind.COUNT, "0"),
        (Value(1234567), Kind.COUNT, "1\u202f234\u202f567"),
        (Value(19), Kind.PERCENT, "19,0\u00a0%"),
        (Value(4), Kind.EVOLUTION, "+4,0\u00a0%"),
        (Value(-4), Kind.EVOLUTION, "\u22124,0\u00a0%"),
        (Value(0), Kind.EVOLUTION, "0,0\u00a0%"),
        (Value(9, incomplete=True), Kind.COUNT, "9*"),
        (MISSING, Kind.EUROS, "n.d."),
        (NO_BASE, Kind.EVOLUTION, "n.s."),
        (NOT_CONCERNED, Kind.COUNT, ""),
    ],
)
def test_figures_are_printed_as_french_people_read_them(value: Value, kind: Kind, wanted: str) -> None:
    assert shown(value, kind) == wanted


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Page(HTMLParser):
    """What a screen reader meets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.tags if name == tag]


def test_the_page_is_accessible_and_self_contained(edition: Edition) -> None:
    text = page_bytes(edition).decode()
    page = _Page(text)

    assert page.all("html") == [{"lang": "fr"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) == len(edition.tables)
    assert all("scope" in one for one in page.all("th"))
    assert all(one.get("role") == "img" and one.get("aria-label") for one in page.all("svg"))
    scrolls = [one for one in page.all("div") if one.get("class") == "scroll"]
    assert len(scrolls) == len(edition.tables)
    assert all(one["tabindex"] == "0" and one["aria-labelledby"] for one in scrolls)
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(ids) == len(set(ids))
    named = {one["aria-labelledby"] for _, one in page.tags if one.get("aria-labelledby")}
    assert named <= set(ids)
    assert {str(one["href"])[0] for one in page.all("a")} == {"#"}
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"}
    assert not re.search(r"(?:src|href)=.https?:", text)


def test_the_situation_of_a_mandant_tells_whose_figures_they_are(edition: Edition) -> None:
    text = situation_bytes(edition, NETWORK, "CIL027").decode()
    own = situation_bytes(edition, NETWORK, "CIL026").decode()
    page = _Page(text)

    assert "Ce service est réalisé pour vous\u00a0: CIL du Mantois" in text
    assert "réalisé pour vous" not in own
    assert "CIL-PASS mobilité" not in text
    assert page.all("html") == [{"lang": "fr"}]
    assert len(page.all("h1")) == 1
    assert all("scope" in one for one in page.all("th"))
    assert all(one.get("aria-label") or one.get("aria-hidden") for one in page.all("svg"))


def test_the_situation_of_who_has_nothing_says_so(edition: Edition) -> None:
    assert "Aucun chiffre n’était attendu de vous" in situation_bytes(edition, NETWORK, "CIL999").decode()


def test_the_situation_of_a_platform_stands_among_platforms(edition: Edition) -> None:
    assert "tous les Plates-formes" not in situation_bytes(edition, NETWORK, "PF01").decode()
    assert "toutes les Plates-formes" in situation_bytes(edition, NETWORK, "PF01").decode()


# ── the workbook ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_workbook_holds_real_numbers_frozen_titles_and_print_titles(edition: Edition) -> None:
    book = load_workbook(io.BytesIO(workbook_bytes(edition)))

    assert book.sheetnames == ["Lisez-moi", *(table.code for table in edition.tables), "Graphiques"]
    for table in edition.tables:
        sheet = book[table.code]
        assert sheet.freeze_panes
        assert sheet.print_title_rows
        assert sheet.page_setup.fitToHeight == 0
        numbers = [cell.value for line in sheet for cell in line if cell.data_type == "n" and cell.value is not None]
        typed = [value.number for row in table.rows for value in row.values if value.number is not None]
        assert numbers == [float(number) for number in typed]
        absent = [cell for line in sheet for cell in line if cell.value in {"n.d.", "n.s."}]
        assert all(cell.alignment.horizontal == "right" for cell in absent)


def test_the_figures_of_the_charts_are_in_sight_and_each_chart_says_what_it_is(edition: Edition) -> None:
    content = workbook_bytes(edition)
    sheet = load_workbook(io.BytesIO(content))["Graphiques"]

    assert len(sheet._charts) == 5
    colours = {cell.font.color.rgb for line in sheet for cell in line if cell.font.color and cell.value is not None}
    assert "FFFFFFFF" not in colours
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert drawing.count("Les chiffres sont dans les colonnes de gauche") == 5


# ── nothing at all ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quarter_of_which_nothing_is_known_makes_whole_documents(edition: Edition) -> None:
    """A service that did not exist yet: its tables are there, with totals that say n.d."""
    tables = quarterly_tables(Facts(period=Period(2003, 1), directory=Directory(version=1)))
    empty = replace(edition, period=Period(2003, 1), tables=tables, coverage=(), changes=(), replaces=None)

    assert [len(row.values) for table in tables for row in table.rows] == [
        len(table.columns) for table in tables for _ in table.rows
    ]
    assert csv_bytes(tables[3]).decode("utf-8-sig").split("\r\n")[1] == "NATIONAL;TOTAL;Total national" + ";n.d." * 6
    for make in MAKERS.values():
        assert make(empty)
    assert situation_bytes(empty, NETWORK, "CIL001")


# ── the same bytes ───────────────────────────────────────────────────────────────────────────────────────────────────

_MAKE = """
import hashlib, sys
from publication.artifacts.page import page_bytes
from publication.artifacts.pdf import pdf_bytes
from publication.artifacts.workbook import workbook_bytes
from tests.publication_kit import story
edition = story().edition()
print(*[hashlib.sha256(make(edition)).hexdigest() for make in (workbook_bytes, pdf_bytes, page_bytes)])
"""


def test_the_same_edition_gives_the_same_bytes_elsewhere_and_later(edition: Edition) -> None:
    """Another process, another hash seed, time zone and locale."""
    places = [
        {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    ]
    said = {
        subprocess.run(
            [sys.executable, "-c", _MAKE], env={**os.environ, **place}, capture_output=True, text=True, check=True
        ).stdout
        for place in places
    }

    assert len(said) == 1
    assert all(MAKERS[name](edition) == MAKERS[name](edition) for name in ("html", "xlsx"))

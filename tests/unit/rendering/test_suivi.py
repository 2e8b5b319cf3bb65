"""The page, the picture, the sheet and the tables of the « Suivi des échéances » (D9)."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from domain.compliance import ComplianceStatus
from domain.periods import Period
from domain.situation import SituationView
from domain.suivi import Suivi, SuiviLine
from rendering.letter import COLUMNS, Body, Cell, Grid, as_html, as_text
from rendering.report import situation_html
from rendering.suivi.page import suivi_html
from rendering.suivi.picture import pictures
from rendering.suivi.sheet import HEADS, suivi_csv
from rendering.suivi.tables import followed, punctuality, who_what
from rendering.suivi.words import state_of
from tests.calling_kit import PARIS, at, standing
from tests.suivi_kit import EVERY, came, suivi

HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\u202e{{7*7}}\n\x1b[31m"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags close in order, and collects what a test asks about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def test_the_page_is_whole_accessible_and_needs_nothing_else():
    html = suivi_html(suivi())
    page = Page(html)
    assert ("html", {"lang": "fr"}) in page.tags
    assert not [attrs for _, attrs in page.tags if {"src", "href", "onclick"} & attrs.keys()]
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("caption") == [tag for tag, _ in page.tags].count("table")
    levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert all(attrs.get("aria-label") for tag, attrs in page.tags if tag == "svg")
    assert "@media print" in html


def test_the_page_says_who_is_late_first():
    words = Page(suivi_html(suivi())).words
    assert words.startswith("Suivi des échéances, lundi 2 mai 2005")
    assert "3 dépôts en retard PF03 et PF04." in words
    for told in (
        "Plate-forme Ouest",
        "J-7",
        "délai accordé",
        "reportée, panne du guichet",
        "dispense : aucune activité",
    ):
        assert told.replace(" :", "\u00a0:") in "".join(Page(suivi_html(suivi())).text)


def test_what_asks_for_attention_comes_first_in_each_table():
    [(first, grid), _] = followed(suivi().lines, suivi())
    assert first.collection == "N1A"
    assert [row[0].lines[0] for row in grid.rows] == ["PF04", "PF03", "PF05", "PF02", "PF01"]


def test_every_place_of_the_picture_says_it_without_colour():
    [picture] = pictures(suivi())
    assert len({place.text for place in picture.places}) == len(EVERY)
    assert [place.text.split()[0] for place in picture.places] == ["✓", "✓", "✓", "✗", "◐", "–", "!", "!", "○", "○"]
    assert all(place.told for place in picture.places)
    late = {place.text for place in picture.places if place.look == "bad"}
    assert late == {"! +2\u00a0j", "! <\u00a01\u00a0j", "◐ +2\u00a0j"}


def test_the_picture_names_the_late_ones_to_who_cannot_see_it():
    [picture] = pictures(suivi())
    assert "PF03 N1A, PF04 N1A, PF04 N1M" in picture.described
    [good] = pictures(suivi(EVERY[0]))
    assert good.described.startswith("Aucun retard")


def test_the_last_four_periods_are_pictured_and_older_debts_stay_in_the_tables():
    old = [
        standing("N1A", organisation="PF04", period=Period.parse(code), opens_at=at(1, 1, year=year), **values)
        for code, year, values in (
            ("2003T1", 2003, {"status": ComplianceStatus.OVERDUE, "days_late": 700}),
            ("2004T2", 2004, {"status": ComplianceStatus.ON_TIME, "dates": came(4, 1)}),
            ("2004T3", 2004, {"status": ComplianceStatus.ON_TIME, "dates": came(4, 1)}),
            ("2004T4", 2005, {"status": ComplianceStatus.ON_TIME, "dates": came(4, 1)}),
        )
    ]
    whole = suivi(*old, *EVERY)
    assert [picture.period.code for picture in pictures(whole)] == ["2005T1", "2004T4", "2004T3", "2004T2"]
    assert [grid.caption.split(",")[0] for grid in who_what(whole.current)] == [
        "1er trimestre 2005",
        "1er trimestre 2003",
    ]
    assert "1er trimestre 2003" in Page(suivi_html(whole)).words


def test_names_reasons_and_codes_are_shown_and_never_obeyed():
    waived = standing(organisation=HOSTILE, status=ComplianceStatus.WAIVED, waived_reason=HOSTILE)
    hostile = suivi(replace(waived, label=HOSTILE), names={HOSTILE: HOSTILE})
    html = suivi_html(hostile)
    Page(html)
    assert "<script>" not in html
    assert "\u202e" not in html
    told = [grid for _, grid in followed(hostile.lines, hostile)]
    body = Body(subject="x", blocks=(*told, *who_what(hostile.lines)))
    assert "<script>" not in as_html(body)
    assert "\u202e" not in as_text(body)
    assert "\x1b" not in as_text(body)


def test_the_sheet_opens_in_a_french_spreadsheet_and_holds_no_formula():
    hostile = suivi(*EVERY, names={"PF01": HOSTILE})
    content = suivi_csv(hostile)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert content.startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == HEADS
    assert len(rows) == 1 + len(EVERY)
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "@", "-"))]
    late = next(row for row in rows if row[:2] == ["N1A", "PF02"])
    assert late[3:9] == ["2005T1", "30/04/2005", "03/05/2005", "03/05/2005", "3", "reçu en retard"]
    assert late[9:] == ["1", "2", "J-7"]


def test_nothing_due_gives_no_table_of_punctuality():
    assert punctuality(suivi(standing())) is None
    grid = punctuality(suivi())
    assert grid is not None
    assert [[cell.lines[0] for cell in row] for row in grid.rows][-1] == ["Tous", "33,3\u00a0%", "2 sur 6"]


def test_an_empty_desk_has_a_page_too():
    assert "Rien n’est attendu" in Page(suivi_html(Suivi(made_at=at(5, 2)))).words


@pytest.mark.parametrize("line", [SuiviLine(standing=one) for one in EVERY], ids=lambda line: line.standing.status)
def test_every_state_has_a_mark_and_words(line):
    state = state_of(line)
    assert state.mark
    assert state.brief
    assert state.full


# ── grids in a mail ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_narrow_grid_is_a_table_and_a_wide_one_is_told_row_by_row():
    narrow = Grid("Titre", ("A", "B"), ((Cell(("x",)), Cell(("y",), "bad", "!")),))
    assert as_text(Body(subject="s", blocks=(narrow,))) == "Titre\nA  B\nx  ! y\n"
    wide = Grid("Titre", ("A", "B", "C"), ((Cell(("x",)), Cell(("y",)), Cell(("z" * 40, "t" * 40))),))
    text = as_text(Body(subject="s", blocks=(wide,)))
    assert max(len(line) for line in text.splitlines()) <= COLUMNS
    assert "x\n  · B\u00a0: y" in text
    assert "· C\u00a0:" in text


def test_many_collections_stay_within_the_width():
    lines = [replace(one, collection=f"N{number}X") for number in range(12) for one in EVERY[:1]]
    grids = who_what([SuiviLine(standing=one) for one in lines])
    text = as_text(Body(subject="s", blocks=grids))
    assert max(len(line) for line in text.splitlines()) <= COLUMNS
    assert all(f"N{number}X" in text for number in range(12))


# ── a platform's own page ────────────────────────────────────────────────────────────────────────────────────────────


def question(**values) -> Anomaly:
    defaults = {
        "number": 3,
        "code": "A-01",
        "source": AnomalySource.JUDGING,
        "state": AnomalyState.OPEN,
        "account": "pf03",
        "organisation": "PF03",
        "collection": "N1A",
        "period": "2005T1",
        "member": "CIL001",
        "column": "diagnostics_prealables",
        "label": "Nb de diagnostics préalables",
        "value": "130",
        "message": "130 est loin de 13.",
        "raised_at": at(4, 20),
    }
    return Anomaly(**{**defaults, **values})


def test_a_platform_sees_its_own_lines_its_punctuality_and_what_it_is_asked(sample):
    own = suivi(*(one for one in EVERY if one.organisation == "PF03"))
    view = SituationView(
        account="pf03",
        organisation=sample.organisation,
        made_at=at(5, 2),
        suivi=own,
        questions=(question(), question(state=AnomalyState.REJECTED, answer="c’est 13", label=None)),
        names={"CIL001": "CIL de l’Ain"},
    )
    html = situation_html(view, PARIS)
    words = Page(html).words
    assert "Votre ponctualité sur les quatre dernières périodes : 0 % (0 sur 1)" in words
    assert "CIL de l’Ain (CIL001), Nb de diagnostics préalables : 130" in words
    assert "UESL : c’est 13" in words
    assert "diagnostics_prealables" not in html
    assert "incomplet" in words


def test_an_account_that_owes_nothing_has_no_table_of_deadlines(sample):
    view = SituationView(
        account="uesl", organisation=sample.organisation, made_at=at(5, 2), suivi=Suivi(made_at=at(5, 2))
    )
    assert "Vos échéances" not in Page(situation_html(view, PARIS)).words

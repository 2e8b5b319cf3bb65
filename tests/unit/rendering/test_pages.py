"""The pages are whole, valid, accessible, self-contained, and show hostile text without obeying it."""

import itertools
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from domain.findings import Severity
from domain.situation import Deposit, DepositedSection, SituationView
from domain.submissions import Box, SubmissionState
from domain.verdicts import Verdict
from rendering.answer import verdict_document
from rendering.environment import environment
from rendering.report import report_html, situation_html

HOSTILE = "<script>alert(1)</script>\"'\u202e=cmd|' /C calc'!A0\n\x1b[31m{{7*7}}\udce9"
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

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.fixture
def report(sample):
    def make(*arguments, **values):
        return report_html(verdict_document(sample.one(*arguments, **values), sample.zone, sample.known))

    return make


def test_the_report_begins_with_the_verdict_and_what_to_do(report, sample):
    page = Page(
        report(Verdict.PARTIALLY_ACCEPTED, [sample.finding(9), sample.finding(10), sample.finding(12, value="x")])
    )
    words = page.words
    assert words.index("Votre dépôt est accepté en partie") < words.index("À faire maintenant")
    assert words.index("À faire maintenant") < words.index("Ce qui est à regarder") < words.index("Liste complète")
    assert "Lignes 9, 10 et 12" in words
    assert ("html", {"lang": "fr"}) in page.tags
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("caption") == [tag for tag, _ in page.tags].count("table")


def test_headings_never_skip_a_level(report, sample):
    page = Page(report(Verdict.REJECTED, [sample.finding(), sample.finding(11)], in_force=False))
    levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_the_report_needs_nothing_else(report, sample):
    html = report(Verdict.REJECTED, [sample.finding()], in_force=False)
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "img", "iframe"}]
    assert "http://" not in html
    assert "https://" not in html
    assert "url(" not in html


def test_hostile_text_is_shown_and_never_obeyed(report, sample):
    finding = sample.finding(
        message=HOSTILE,
        value=HOSTILE,
        label=HOSTILE,
        hint=HOSTILE,
        code="G-07",
        column=HOSTILE,
        cell=None,
        expected=HOSTILE,
    )
    html = report(Verdict.REJECTED, [finding, sample.finding(11)], in_force=False, name=HOSTILE, sheet=HOSTILE)
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "&lt;script&gt;" in html
    assert "{{7*7}}" in html
    for character in ("\u202e", "\x1b", "\udce9"):
        assert character not in html
    html.encode("utf-8")


def test_a_test_has_its_banner_and_its_title(report):
    html = report(Verdict.ACCEPTED, box=Box.ESSAI, in_force=False)
    assert "<title>[ESSAI – ne compte pas] Accepté – N1A_2005T1.csv</title>" in html
    assert "rien n’est compté" in html


def test_every_finding_is_in_the_list(report, sample):
    found = [sample.finding(row, severity=Severity.WARNING) for row in range(5, 305)]
    page = Page(report(Verdict.ACCEPTED_WITH_WARNINGS, found))
    assert all(f"E{row}" in page.text for row in range(5, 305))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_page(report, sample, verdict):
    destroyed = verdict is Verdict.DESTROYED
    page = Page(report(verdict, [sample.finding(None)], destroy=destroyed, in_force=False, deadline=None))
    assert "À faire maintenant" in page.words


def test_a_file_without_any_section_has_its_page(sample):
    finding = sample.finding(None, code="G-05", severity=Severity.BLOCKING, message="Ce classeur est protégé.")
    page = Page(report_html(verdict_document(sample.outcome(findings=[finding]), sample.zone)))
    assert "Ce classeur est protégé." in page.words
    assert "Fichier non reconnu" in page.words


def test_the_situation_lists_what_is_owed_then_the_deposits(sample):
    view = SituationView(
        account="pf03",
        organisation=sample.organisation,
        made_at=datetime(2005, 5, 2, 7, tzinfo=UTC),
        still_owed=(sample.owed(),),
        deposits_hidden=2,
        deposits=(
            Deposit(
                submission_id="20050502-085502-aaaaaa",
                file_name=HOSTILE,
                state=SubmissionState.CLAIMED,
                test=False,
                received_at=datetime(2005, 5, 2, 6, 55, tzinfo=UTC),
            ),
            Deposit(
                submission_id="20050418-101502-7f3a9c",
                file_name="N1A.csv",
                state=SubmissionState.JUDGED,
                test=True,
                received_at=datetime(2005, 4, 18, 8, 15, tzinfo=UTC),
                verdict=Verdict.ACCEPTED,
                sections=(
                    DepositedSection(
                        collection="N1A",
                        label="Assistance",
                        period="2005T1",
                        verdict=Verdict.ACCEPTED,
                        in_force=True,
                    ),
                ),
            ),
        ),
    )
    page = Page(situation_html(view, sample.zone))
    assert "Situation de Plate-forme Bourgogne (PF03), le lundi 2 mai 2005 à 9 h 00" in page.words
    assert "En retard" in page.words
    assert "échéance passée depuis le samedi 30 avril 2005 à 23 h 59 (2 jours de retard)" in page.words
    assert "N1A 1er trimestre 2005 en vigueur" in page.words
    assert "2 dépôts plus anciens ne sont pas montrés" in page.words
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["20050418-101502-7f3a9c/rapport.html"]


def test_the_situation_tells_what_was_withdrawn_and_what_waits(sample):
    def deposit(number, state, verdict, *, waits):
        section = DepositedSection(
            collection="N1A", label="Assistance", period="2005T1", verdict=verdict, in_force=False, waits=waits
        )
        return Deposit(
            submission_id=f"20050418-10150{number}-7f3a9c",
            file_name="N1A.csv",
            state=state,
            test=False,
            received_at=datetime(2005, 4, 18, 8, 15, tzinfo=UTC),
            verdict=verdict,
            sections=(section,),
        )

    view = SituationView(
        account="pf03",
        organisation=sample.organisation,
        made_at=datetime(2005, 5, 2, 7, tzinfo=UTC),
        deposits=(
            deposit(1, SubmissionState.WITHDRAWN, Verdict.ACCEPTED, waits=False),
            deposit(2, SubmissionState.JUDGED, Verdict.NIL, waits=True),
        ),
    )
    words = Page(situation_html(view, sample.zone)).words
    assert "Accepté Retiré" in words
    assert "État néant en attente" in words


def test_an_account_without_anything_has_a_situation(sample):
    view = SituationView(account="pf99", organisation=None, made_at=datetime(2005, 5, 2, 7, tzinfo=UTC))
    words = Page(situation_html(view, sample.zone)).words
    assert "Aucun dépôt pour l’instant." in words
    assert "compte pf99" in words


def test_a_misspelt_name_in_a_template_is_an_error():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody }}").render()


def test_the_templates_are_where_the_package_is():
    names = {path.name for path in files("rendering").joinpath("templates").iterdir()}
    assert {"page.html.j2", "rapport.html.j2", "situation.html.j2", "mail.html.j2", "style.css"} <= names


def test_the_files_to_mend_with_are_linked_and_said_what_for(sample):
    document = verdict_document(sample.one(Verdict.REJECTED, [sample.finding()]), sample.zone, sample.known)
    files = ("a_corriger_n1a.csv", "verdict.json", "a_corriger_n1a.xlsx", "annote.xlsx")
    page = Page(report_html(document, files=files))
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["annote.xlsx", "a_corriger_n1a.xlsx", "a_corriger_n1a.csv"]
    assert page.words.index("À faire maintenant") < page.words.index("Pour corriger")
    assert "Pour corriger" not in Page(report_html(document)).words


def test_a_long_list_stops_and_says_where_the_rest_is(sample):
    found = [sample.finding(row) for row in range(2, 1503)]
    document = verdict_document(sample.one(Verdict.REJECTED, found), sample.zone, sample.known)
    html = report_html(document, files=("annote.xlsx",))
    assert html.count('<tr role="row"><td') == 1000
    words = Page(html).words
    assert "montre les 1 000 premiers sur 1 501" in words.replace("\u202f", " ")
    assert "annote.xlsx" in words
    assert len(html) < 700_000

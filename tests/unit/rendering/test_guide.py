"""The guide says everything that schemas and rules declare, in whole pages that link to each other."""

import itertools
import re
from datetime import date
from html.parser import HTMLParser

import pandera.pandas as pa
import pytest

from domain.findings import Severity
from domain.organisations import OrganisationType
from domain.periods import Period, Periodicity
from domain.workdays import WorkingDays
from ingest.catalogue import load_catalogue
from ingest.stages.naming import read_name
from rendering.guide import GuideFacts, guide_pages
from rendering.guide.examples import INVENTED, example_period, example_sender, example_table
from rendering.guide.pages import names_that_work, page_name
from rendering.guide.typography import typeset_page
from rendering.guide.words import duty, expected
from rules.generic import GENERIC_RULES
from rules.predicates import at_most
from rules.rule import RuleSet
from schemas.collection import Collection
from schemas.columns import Compte, Jour, OuiNon, Texte, code, compte, date_du_jour, oui_non, texte

CATALOGUE = load_catalogue()
EACH = pytest.mark.parametrize("collection", CATALOGUE.collections, ids=lambda one: one.code)
VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = "<script>alert(1)</script>\"';$(rm -rf ~)`"


class Page(HTMLParser):
    """Checks that tags close in order, and collects what a test asks about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.examples: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "pre":
            self.examples.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        if "pre" in self.open:
            self.examples[-1] += data
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"[^\S\u00a0\u202f]+", " ", "".join(self.text))

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if attrs.get("id")]


def pages_of(*collections, facts=None):
    made = guide_pages(
        collections or CATALOGUE.collections, CATALOGUE.rules_for, **({} if facts is None else {"facts": facts})
    )
    return {name: Page(html) for name, html in made.items()}


@pytest.fixture(scope="module")
def pages():
    return pages_of()


def test_there_is_a_page_for_each_collection_besides_the_three_of_the_guide(pages):
    assert set(pages) == {
        "index.html",
        "deposer.html",
        "corriger.html",
        *(page_name(one) for one in CATALOGUE.collections),
    }


@EACH
def test_every_column_stands_on_its_page_with_its_titles_and_what_it_counts(pages, collection):
    words = spaced(pages[page_name(collection)].words)
    for column in collection.stored_columns:
        assert column.name in words
        assert spaced(column.label) in words
        assert not [alias for alias in column.aliases if spaced(alias) not in words]
        assert column.note is None or spaced(column.note) in words


def spaced(text: str) -> str:
    """With plain spaces: the page puts no-break ones where French wants them."""
    return " ".join(text.split())


@EACH
def test_a_cell_needed_on_some_lines_only_says_which_and_a_free_text_what_it_may_not_hold(pages, collection):
    words = spaced(pages[page_name(collection)].words)
    for form in collection.formats:
        for column in form.columns:
            word, why = duty(column, form)
            condition = form.condition(column)
            assert (word == "Selon la ligne") is (condition is not None)
            assert condition is None or f"Obligatoire {condition}." in spaced(why).replace("’", "'")
            assert spaced(f"{word}. {why}") in words if why else word in words
            assert ("Rien sur des personnes" in expected(column)) is column.free_text


@EACH
def test_every_code_of_every_list_stands_on_its_page_with_its_label(pages, collection):
    words = spaced(pages[page_name(collection)].words)
    for column in (column for form in collection.formats for column in form.columns):
        for value, label in (column.codes or {}).items():
            assert spaced(f"{value} {label}") in words


@EACH
def test_every_rule_stands_on_its_page_in_its_own_words(pages, collection):
    words = pages[page_name(collection)].words
    for rule in (*GENERIC_RULES, *CATALOGUE.rules_for(collection).rules):
        assert rule.code in words
        assert rule.sentence in words, rule.code


@EACH
def test_the_front_page_names_each_collection_and_a_dated_example(pages, collection):
    words = pages["index.html"].words
    assert f"{collection.code} – {collection.label}" in words
    assert "samedi 30 avril 2005" in words  # 30 days after the first quarter


@EACH
def test_the_file_names_given_as_examples_are_understood(pages, collection):
    period, sender = example_period(collection), example_sender(collection)
    for name in names_that_work(collection, period, sender):
        assert name in pages[page_name(collection)].words
        reading = read_name(name, CATALOGUE)
        assert (reading.collection, reading.period) == (collection, period), name
        assert reading.emitter in {None, sender}


def test_the_name_on_the_front_page_is_understood(pages):
    names = set(re.findall(r"\S+\.xlsx", pages["index.html"].words)) - {"annote.xlsx", "a_corriger_….xlsx"}
    assert names
    assert all(read_name(name, CATALOGUE).usable for name in names)


def test_every_internal_link_leads_somewhere_and_none_leads_out(pages):
    links = 0
    for here, page in pages.items():
        for tag, attrs in page.tags:
            assert not attrs.get("src"), (here, tag)
            target = attrs.get("href")
            if target is None:
                continue
            links += 1
            name, _, anchor = target.partition("#")
            assert (name or here) in pages, target
            assert not anchor or anchor in pages[name or here].ids, target
    assert links > 20


def test_nothing_is_fetched_from_elsewhere():
    for html in guide_pages(CATALOGUE.collections, CATALOGUE.rules_for).values():
        assert "Content-Security-Policy" in html
        assert not re.search(r"https?://|@import|url\(|<script|<link|<img", html)


def test_pages_are_french_with_one_title_ordered_headings_captions_and_scopes(pages):
    for name, page in pages.items():
        assert ("html", {"lang": "fr"}) in page.tags
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, name
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels)), name
        tags = [tag for tag, _ in page.tags]
        assert tags.count("caption") == tags.count("table")
        assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
        assert len(page.ids) == len(set(page.ids))
        assert ("a", {"class": "skip", "href": "#contenu"}) in page.tags
        assert [attrs["href"] for _, attrs in page.tags if attrs.get("aria-current") == "page"] == [name]


def test_the_typography_is_french_everywhere_but_in_examples(pages):
    for name, page in pages.items():
        for text in page.text:
            wrong = re.search(r".{0,30}(?: [;!?»]| :(?:\s|$)|« |\d [%€]|\w'\w).{0,30}", text)
            assert wrong is None, (name, wrong)


def test_typography_leaves_tags_and_examples_alone():
    made = typeset_page("<p title='a : b'>Qu'est-ce ?</p><pre><code>a ; b</code> : c</pre><p>5 % d&#39;or</p>")
    assert made == "<p title='a : b'>Qu’est-ce\u202f?</p><pre><code>a ; b</code> : c</pre><p>5\u00a0% d’or</p>"


def test_no_technical_word_reaches_an_office_worker(pages):
    office = [name for name in pages if name != "deposer.html"]
    for name in office:
        found = re.search(
            r"\b(regex|null|parser?|encodage|clé primaire|schéma|SQL|UTF-8|int64|string)\b", pages[name].words
        )
        assert found is None, (name, found)


@EACH
def test_the_csv_to_copy_is_the_table_shown(pages, collection):
    example = example_table(collection, example_period(collection))
    assert example.text in pages[page_name(collection)].examples
    assert len(example.rows) >= len(INVENTED)
    for row in example.rows:
        assert all(cell in pages[page_name(collection)].words for cell in row)


def test_what_is_known_of_the_desk_is_written_and_what_is_not_is_left_to_fill_in(pages):
    blank = pages["deposer.html"]
    assert "remise avec vos accès" in blank.words
    assert "votre-compte@adresse-du-guichet" in "".join(blank.examples)
    facts = GuideFacts(
        host="sftp.uesl.example",
        port=2022,
        fingerprint="SHA256:abcDEF123+/x",
        account="pf03",
        organisation="PF03",
        reply_to="pilotage@uesl.example",
        period=Period(2006, 2),
        retours_days=30,
    )
    known = pages_of(facts=facts)
    words, examples = known["deposer.html"].words, "".join(known["deposer.html"].examples)
    assert "remise avec vos accès" not in words
    assert "SHA256:abcDEF123+/x" in words
    assert "sftp -P 2022 pf03@sftp.uesl.example" in examples
    assert "open sftp://pf03@sftp.uesl.example:2022/" in examples
    assert '-hostkey="ssh-ed25519 255 abcDEF123+/x"' in examples
    assert "pilotage@uesl.example" in known["index.html"].words
    assert "gardées 30 jours" in known["index.html"].words
    assert "dimanche 30 juillet 2006" in known["index.html"].words


@pytest.mark.parametrize(("host", "port"), [("0.0.0.0", 0), ("::", 0), ("", None), (None, 0)])  # noqa: S104 - as set
def test_an_address_to_which_nobody_can_connect_is_not_given(host, port):
    page = pages_of(facts=GuideFacts(host=host, port=port))["deposer.html"]
    assert "remise avec vos accès" in page.words
    assert "sftp -P 2222 votre-compte@adresse-du-guichet" in "".join(page.examples)


def test_hostile_facts_are_escaped_and_never_enter_a_script():
    facts = GuideFacts(host=HOSTILE, account=HOSTILE, organisation="PF03", reply_to=HOSTILE, fingerprint=HOSTILE)
    for name, html in guide_pages(CATALOGUE.collections, CATALOGUE.rules_for, facts=facts).items():
        assert "<script" not in html, name
        page = Page(html)
        scripts = [text for text in page.examples if text.startswith(("#!", "# ", "option"))]
        assert not [text for text in scripts if "rm -rf" in text]


def test_the_same_arguments_give_the_same_bytes():
    first, second = (guide_pages(CATALOGUE.collections, CATALOGUE.rules_for) for _ in range(2))
    assert first == second


def test_without_a_collection_the_guide_still_says_how_to_deposit():
    made = guide_pages((), CATALOGUE.rules_for)
    assert set(made) == {"index.html", "deposer.html", "corriger.html"}


class _Dossiers(pa.DataFrameModel):
    """A collection of another kind: cases, a year, dates, a list of its own."""

    numero: Texte = texte("N° du dossier", key=True, pattern="[A-Z][0-9]{4}")
    ouvert_le: Jour = date_du_jour("Ouvert le")
    clos: OuiNon = oui_non("Clos")
    motif: Texte = code({"A": "Mutation", "B": "Séparation"}, "Motif", note="Le motif principal.")
    visites: Compte = compte("Nb de visites", required=False)
    rendez_vous: Compte = compte("Nb de rendez-vous")


def _cases() -> tuple[Collection, RuleSet]:
    collection = Collection(
        code="X2D",
        slug="dossiers_essai",
        label="Dossiers d’essai",
        model=_Dossiers,
        periodicity=Periodicity.YEAR,
        due_days=45,
        senders=frozenset({OrganisationType.CIL, OrganisationType.CCI}),
        tolerance=0.0,
        cases=True,
        first_period=Period(2006),
        frequent_mistakes={"Le dossier d'un autre.": "Rendez-le lui !"},
    )
    rule = at_most(
        "X2D.R01",
        Severity.ERROR,
        "visites",
        "rendez_vous",
        sentence="Les visites ne dépassent pas les rendez-vous.",
        message="Trop de visites.",
        hint="Comptez-les de nouveau.",
    )
    return collection, RuleSet(collection="X2D", rules=(rule,))


def test_a_collection_of_another_kind_gets_its_page_without_a_word_of_ours():
    collection, rules = _cases()
    made = {name: Page(html) for name, html in guide_pages([collection], lambda _: rules).items()}
    words = made["X2D.html"].words
    for text in (
        "les CCI et les CIL, chaque année",
        "45\u00a0jours après la fin de l’année",
        "mercredi 14 février 2007",
        "C’est tout ou rien",
        "Les visites ne dépassent pas les rendez-vous.",
        "Le dossier d’un autre.",
        "Rendez-le lui\u202f!",
        "A Mutation",
        "Ces dossiers sont anonymes",
        "X2D_2006.xlsx",
    ):
        assert text in words, text
    assert "Une ligne attendue manque" not in words
    assert "k€" not in words
    assert "jamais joint au courriel" in made["corriger.html"].words
    assert "60 jours pour les dossiers" in made["index.html"].words


def test_due_days_that_roll_are_told_rolled():
    collection, rules = _cases()
    free = WorkingDays(is_holiday=lambda day: day == date(2007, 2, 14))
    made = guide_pages([collection], lambda _: rules, facts=GuideFacts(due_days=free))
    words = Page(made["X2D.html"]).words
    assert "vous avez jusqu’au jour ouvré suivant" in words
    assert "jeudi 15 février 2007" in words
    assert "jours fériés comptent" not in words


def test_a_collection_without_a_due_date_promises_none():
    collection, rules = _cases()
    free = Collection(
        **{
            **{name: getattr(collection, name) for name in ("code", "slug", "label", "model", "senders", "cases")},
            "periodicity": Periodicity.EVENT,
            "due_days": None,
            "tolerance": 1.0,
        }
    )
    made = {name: Page(html) for name, html in guide_pages([free], lambda _: rules).items()}
    assert "Pas de date limite fixe." in made["X2D.html"].words
    assert "quel qu’en soit le nombre" in made["X2D.html"].words
    assert "Par exemple, " not in made["index.html"].words

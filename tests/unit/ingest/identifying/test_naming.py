"""What names of files and sheets say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.stages.naming import expected_name, period_in_words, read_name

CATALOGUE = load_catalogue()
T1 = Period(2005, 1)


@pytest.mark.parametrize(
    "name",
    [
        "N1A_2005T1.csv",
        "n1a-2005t1.XLSX",
        "N1A 2005T1.xls",
        "n1a.2005t1.csv",
        "N1A_2005-T1.csv",
        "N1A_2005_T1.ods",
        "N1A2005T1.csv",
        "assistance_trimestrielle_2005T1.ods",
        "Assistance-Trimestrielle 2005t1 v2 final.csv",
        "N1A_PF03_2005T1_v01.csv",
        "N1A_2005T1_v07.csv",
        "N1A_2005T1 (1).csv",
        "N1A_2005T1(12).csv",
        "N1A_2005T1 - Copie.xlsx",
        "Copie de N1A_2005T1.xlsx",
        "a_corriger_N1A_2005T1.csv",
        "N1A_final_2005T1.csv",
        "N1A_2005T1_remplace_2004T4.csv",
        "N1A_2005T1.csv.xlsx",
        "  N1A_2005T1.csv ",
        "Ｎ１Ａ_2005T1.csv",
    ],
)
def test_a_name_that_says_collection_and_period_is_understood(name: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert reading.collection is CATALOGUE.by_code("N1A")
    assert reading.period == T1
    assert reading.usable
    assert not reading.wrong_length


@pytest.mark.parametrize(
    "name", ["N1A_PF04_2005T1_v01.csv", "N1A_PF-04_2005T1.csv", "pf04_n1a_2005T1.csv", "N1A PF04 2005T1.csv"]
)
def test_the_emitter_of_the_long_form_is_told(name: str) -> None:
    assert read_name(name, CATALOGUE).emitter == "PF04"


def test_a_code_of_the_register_is_an_emitter_whatever_its_form() -> None:
    assert read_name("N1A_LOGIREP_2005T1.csv", CATALOGUE, codes={"LOGIREP"}).emitter == "LOGIREP"
    assert read_name("N1A_LOGIREP_2005T1.csv", CATALOGUE).emitter is None


@pytest.mark.parametrize(
    "name", ["N1A_CIL_2005T1.csv", "N1A_CIL_CCI_2005T1.csv", "N1A_PF_2005T1.csv", "N1A_DIR_2005T1.csv"]
)
def test_a_kind_of_organisation_is_not_an_emitter(name: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert (reading.emitter, reading.period) == (None, T1)


def test_what_follows_the_period_is_not_an_emitter() -> None:
    assert read_name("N1A_2005T1_PF04.csv", CATALOGUE).emitter is None


@pytest.mark.parametrize(
    "name",
    [
        "N1A_T1-2005.csv",
        "N1A_T12005.csv",
        "N1A_1T2005.csv",
        "N1A 1er trimestre 2005.xls",
        "N1A_2005Q1.csv",
        "N1A_Q1_2005.csv",
        "N1A_2005T01.csv",
        "N1A_05T1.csv",
        "N1A premier trimestre 2005.csv",
        "N1A_2005_trim1.csv",
        "N1A_1er_trim_2005.csv",
        "N1A_2005 1er trimestre.csv",
    ],
)
def test_a_period_written_another_way_is_only_a_guess(name: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert reading.period is None or reading.wrong_length
    if reading.period is None:
        assert reading.guess == T1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("N1A_2005T5.csv", "2005T5"),
        ("N1A_2005T0.csv", "2005T0"),
        ("N1A_1999T1.csv", "1999T1"),
        ("N1A_2005T12.csv", "2005T12"),
        ("N1A_2005S1.csv", "2005S1"),
    ],
)
def test_an_impossible_period_is_told_and_not_guessed(name: str, text: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert (reading.period, reading.bad_period, reading.guess) == (None, text, None)


def test_a_year_for_a_quarterly_collection_is_of_the_wrong_length() -> None:
    reading = read_name("N1A_2005.csv", CATALOGUE)
    assert reading.period == Period(2005)
    assert reading.wrong_length


def test_a_day_in_the_name_is_not_a_period() -> None:
    assert read_name("N1A_20050418.csv", CATALOGUE).period is None


def test_a_name_without_a_collection_still_gives_its_period() -> None:
    reading = read_name("2005T1.xlsx", CATALOGUE)
    assert (reading.collection, reading.period) == (None, T1)


def test_a_name_with_two_collections_gives_none_of_them_and_the_period() -> None:
    reading = read_name("N1A_N1M_2005T1.xlsx", CATALOGUE)
    assert reading.collection is None
    assert [one.code for one in reading.several] == ["N1A", "N1M"]
    assert reading.period == T1


@pytest.mark.parametrize(
    ("name", "code"), [("N1X_2003T4.csv", "N1X"), ("CPI_2011.csv", "CPI"), ("R9I_2005.xlsx", "R9I")]
)
def test_a_collection_announced_and_not_open_is_known_as_such(name: str, code: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert (reading.collection, reading.announced) == (None, code)


def test_an_unknown_word_is_kept_for_the_suggestion() -> None:
    assert read_name("N1B_2005T1.csv", CATALOGUE).word == "N1B"


@pytest.mark.parametrize("name", ["", "___", ".csv", "Feuil1", "\u202e", "2005", "N1", "(1)"])
def test_a_name_that_says_nothing_gives_nothing(name: str) -> None:
    reading = read_name(name, CATALOGUE)
    assert not reading.usable
    assert reading.collection is None


def test_the_expected_name_reads_back() -> None:
    for collection in CATALOGUE.collections:
        reading = read_name(expected_name(collection, T1, "ods"), CATALOGUE)
        assert (reading.collection, reading.period, reading.extension) == (collection, T1, "ods")
        slug = read_name(f"{collection.slug}-{T1.code}.csv", CATALOGUE)
        assert (slug.collection, slug.period) == (collection, T1)


@given(st.text(max_size=60))
def test_any_text_can_be_a_name(text: str) -> None:
    read_name(text, CATALOGUE)
    period_in_words(text)


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("1er Trimestre 2005", T1),
        ("2ème trimestre 2005", Period(2005, 2)),
        ("3e trim. 2005", Period(2005, 3)),
        ("Quatrième trimestre 2004", Period(2004, 4)),
        ("Suivi de l'activité – 1er trimestre de l'année 2005", T1),
        ("n ème Trimestre 20xx", None),
        ("Cumul depuis le 01/01/05", None),
        ("Tél. 01 20 05 20 05", None),
        ("UESL", None),
    ],
)
def test_the_quarter_of_a_title_line_is_read(title: str, period: Period | None) -> None:
    assert period_in_words(title) == period

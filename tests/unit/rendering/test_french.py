"""French dates, numbers, periods and sizes, to the exact character."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.periods import Period
from rendering import french

PARIS = ZoneInfo("Europe/Paris")


def test_a_long_instant_names_the_day_and_keeps_its_hours_together():
    due = datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)
    assert french.long_instant(due) == "samedi 30 avril 2005 à 23\u00a0h\u00a059"
    assert french.exact_instant(due) == "samedi 30 avril 2005 à 23\u00a0h\u00a059\u00a0min\u00a059\u00a0s"
    assert french.short_instant(due) == "30/04/2005 à 23\u00a0h\u00a059"


def test_the_first_of_the_month_is_an_ordinal():
    assert french.long_date(date(2005, 5, 1)) == "dimanche 1er mai 2005"
    assert french.long_date(date(2005, 5, 11)) == "mercredi 11 mai 2005"


def test_an_instant_is_written_in_the_civil_time_it_carries():
    utc = datetime(2005, 4, 18, 8, 5, tzinfo=UTC)
    assert french.short_instant(utc.astimezone(PARIS)) == "18/04/2005 à 10\u00a0h\u00a005"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234567, None, "1\u202f234\u202f567"),
        (Decimal("1234.5"), 2, "1\u202f234,50"),
        (Decimal("-12.25"), None, "-12,25"),
        (0, None, "0"),
    ],
)
def test_numbers_have_narrow_spaces_and_a_comma(value, decimals, expected):
    assert french.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(0, "0\u00a0ligne"), (1, "1\u00a0ligne"), (2, "2\u00a0lignes"), (1200, "1\u202f200\u00a0lignes")],
)
def test_the_plural_begins_at_two(quantity, expected):
    assert french.count(quantity, "ligne") == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (1, "1\u00a0octet"),
        (812, "812\u00a0octets"),
        (1812, "1,8\u00a0ko"),
        (12_400, "12\u00a0ko"),
        (1_200_000, "1,2\u00a0Mo"),
        (300_000_000, "300\u00a0Mo"),
        (5_000_000_000, "5,0\u00a0Go"),
    ],
)
def test_sizes_are_in_octets(octets, expected):
    assert french.file_size(octets) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [(Period(2005, 1), "1er trimestre 2005"), ("2005T3", "3e trimestre 2005"), ("2005", "année 2005"), ("<b>", "<b>")],
)
def test_periods_have_a_name(period, expected):
    assert french.period_name(period) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (12, "il reste 12\u00a0jours"),
        (1, "il reste 1\u00a0jour"),
        (0, "c’est aujourd’hui"),
        (-3, "3\u00a0jours de retard"),
    ],
)
def test_delays_are_said_as_people_say_them(days, expected):
    assert french.days_left(days) == expected


def test_our_sentences_get_french_spaces_and_values_are_left_alone():
    said = french.say("Valeur « {value} » : est-ce l'année ; vraiment ?", value="a : b ; 'c' ?")
    assert said == "Valeur «\u00a0a : b ; 'c' ?\u00a0»\u00a0: est-ce l’année\u202f; vraiment\u202f?"


def test_braces_in_a_value_are_not_a_template():
    assert french.say("Fichier {name}", name="{0} {x!r}") == "Fichier {0} {x!r}"


def test_lists_end_with_and():
    assert french.joined(["a"]) == "a"
    assert french.joined(["a", "b", "c"]) == "a, b et c"

"""French wording."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.periods import Period
from rules.messages import both, day, either, euros, number, period_name, plural, quoted, say, shown


def test_french_spaces_are_put_in_the_template_and_never_in_the_words() -> None:
    assert say("« {word} » : {other} !", word="a : b", other="l'un") == "«\u00a0a : b\u00a0»\u00a0: l'un\u202f!"


def test_words_with_braces_are_left_alone() -> None:
    assert say("Valeur {value}.", value="{x} {0}") == "Valeur {x} {0}."
    assert say("Rien à dire.") == "Rien à dire."


def test_numbers_are_written_in_french() -> None:
    assert number(1234567) == "1\u202f234\u202f567"
    assert number(Decimal("1234.50")) == "1\u202f234,50"
    assert number(Decimal("1234.00")) == "1\u202f234"
    assert euros(0.5) == "0,50\u00a0€"
    assert plural(1, "ligne") == "1\u00a0ligne"
    assert plural(0, "ligne") == "0\u00a0ligne"
    assert plural(2, "ligne") == "2\u00a0lignes"


def test_dates_periods_and_lists_are_written_in_french() -> None:
    assert day(date(2005, 3, 1)) == "01/03/2005"
    assert period_name(Period(2005, 1)) == "1er\u00a0trimestre\u00a02005"
    assert period_name(Period(2005)) == "année\u00a02005"
    assert either(["a", "b", "c"]) == "a, b ou c"
    assert both(["a"]) == "a"
    assert both([]) == ""


def test_what_is_quoted_is_cut_at_a_hundred_characters() -> None:
    assert len(shown("x" * 500)) == 100
    assert quoted("ici") == "«\u00a0ici\u00a0»"

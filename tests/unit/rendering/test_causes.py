"""Findings are grouped by what one mending cures."""

from dataclasses import replace

from domain.findings import Finding, Severity
from rendering.causes import group


def finding(row, *, code="G-10", severity=Severity.ERROR, column="a", cause="", message=None, value=None):
    return Finding(
        code=code,
        severity=severity,
        message=message or f"«\u00a0{value}\u00a0» ne va pas",
        row=row,
        column=column,
        cell=f"B{row}",
        label=column.upper(),
        value=value,
        expected="entier",
        cause=cause,
    )


def test_one_cause_for_one_code_and_one_column_with_three_different_examples():
    found = [finding(row, value=str(row // 2)) for row in range(4, 14)]
    (cause,) = group(found)
    assert cause.count == 10
    assert cause.places == "lignes 4 à 13"
    assert [one.value for one in cause.examples] == ["2", "3", "4"]
    assert cause.title == "Colonne «\u00a0A\u00a0»\u00a0: 10 valeurs ne conviennent pas (attendu\u00a0: entier)."


def test_two_columns_are_mended_apart_unless_the_rule_says_that_they_share_a_cause():
    assert len(group([finding(1, column="a"), finding(2, column="b")])) == 2
    assert len(group([finding(1, column="a", cause="G-10"), finding(2, column="b", cause="G-10")])) == 2
    assert len(group([finding(1, column="a", cause="signe"), finding(2, column="b", cause="signe")])) == 1


def test_the_gravest_comes_first_then_the_most_frequent():
    causes = group(
        [
            finding(1, severity=Severity.INFO, column="x"),
            finding(2, column="rare"),
            finding(3, column="souvent"),
            finding(4, column="souvent"),
            finding(0, severity=Severity.BLOCKING, column="y"),
        ],
    )
    assert [cause.severity for cause in causes] == ["blocking", "error", "error", "info"]
    assert causes[1].columns == ("SOUVENT",)


def test_a_warning_never_hides_in_a_group_of_errors():
    causes = group([finding(1, cause="c1"), finding(2, cause="c1", severity=Severity.WARNING)])
    assert [cause.severity for cause in causes] == ["error", "warning"]


def test_a_single_finding_names_its_cell_and_its_column():
    (cause,) = group([finding(9)])
    assert cause.places == "cellule B9 (A)"


def test_a_single_finding_shows_the_value_that_was_read_unless_the_message_does():
    (cause,) = group([finding(9, value="12,5", message="le nombre n'est pas entier")])
    assert cause.places == "cellule B9 (A)\u00a0: «\u00a012,5\u00a0»"
    assert group([finding(9, value="12,5")])[0].places == "cellule B9 (A)"


def test_many_scattered_rows_are_counted_not_listed():
    (cause,) = group([finding(row, value="x") for row in range(1, 101, 2)])
    assert cause.places.endswith("23 et 38\u00a0autres")


def test_advice_for_one_value_only_is_not_given_for_all():
    first, second = (replace(finding(row, cause="c", value=str(row)), hint=f"Écrivez {row}0.") for row in (1, 2))
    assert group([first, second])[0].hint is None
    assert group([first, replace(second, hint=first.hint)])[0].hint == "Écrivez 10."


def test_nothing_in_gives_nothing_out():
    assert group([]) == ()

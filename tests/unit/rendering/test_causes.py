"""Findings are grouped by what one mending cures."""

from dataclasses import replace

from domain.causes import CauseTally
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
    assert cause.title == "Colonne B «\u00a0A\u00a0»\u00a0: 10\u00a0valeurs ne conviennent pas (attendu\u00a0: entier)."


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


def tally(cause, *, severity=Severity.ERROR, count=1, rows=1, cures=0, **more):
    return CauseTally(cause=cause, code="G-10", severity=severity, count=count, rows=rows, cures=cures, **more)


def test_counts_are_those_of_the_whole_file_not_of_the_findings_kept():
    (cause,) = group([finding(4, cause="c")], [tally("c", count=1243, rows=1243, cures=1243, spans=((4, 1246),))])
    assert (cause.count, cause.lines, cause.places) == (1243, 1243, "lignes 4 à 1246")


def test_errors_come_in_the_order_of_what_mending_them_brings():
    found = [finding(1, cause="often"), finding(2, cause="cures"), finding(0, cause="b", severity=Severity.BLOCKING)]
    causes = group(
        found,
        [
            tally("often", count=90, rows=90, cures=2),
            tally("cures", count=30, rows=30, cures=30),
            tally("b", severity=Severity.BLOCKING),
        ],
        rejected=40,
    )
    assert [cause.lines for cause in causes] == [1, 30, 90]


def test_the_only_cause_says_that_mending_it_is_enough():
    (cause,) = group([finding(4, cause="c")], [tally("c", count=12, rows=12, cures=12)], rejected=12)
    assert cause.brings == "C’est la seule cause\u00a0: la corriger suffit pour les 12\u00a0lignes."


def test_lines_with_another_fault_are_told_apart_from_those_that_are_cured():
    tallies = [tally("c", count=12, rows=12, cures=9), tally("d", count=3, rows=3)]
    first, second = group([finding(4, cause="c"), finding(4, cause="d")], tallies, rejected=12)
    assert first.brings.startswith("Corriger ceci suffit pour 9\u00a0lignes")
    assert "3\u00a0autres ont encore un autre défaut" in first.brings
    assert second.brings == "Ces lignes ont encore un autre défaut."


def test_nothing_is_promised_when_the_only_line_is_cured():
    (cause,) = group([finding(4, cause="c")], [tally("c", cures=1)], rejected=1)
    assert cause.brings == ""


def test_a_consequence_comes_last_and_asks_for_nothing():
    found = [finding(0, cause="t", severity=Severity.BLOCKING), finding(4, cause="c")]
    first, last = group(found, [tally("t", severity=Severity.BLOCKING, consequence=True), tally("c", cures=1)])
    assert (first.to_mend, last.to_mend, last.consequence) == (True, False, True)


def test_a_diagnosis_gives_the_title_and_the_advice():
    (cause,) = group([finding(4, cause="c")], [tally("c", title="Tout est décalé.", hint="Décalez.")])
    assert (cause.title, cause.hint) == ("Tout est décalé.", "Décalez.")


def test_examples_that_say_what_the_title_says_are_places_and_values():
    found = [finding(row, cause="c", message="ce n’est pas un nombre", value=f"{row} dossiers") for row in (4, 5)]
    (cause,) = group(found, [tally("c", count=2, rows=2)])
    assert cause.alike
    assert cause.sample == "B4\u00a0«\u00a04 dossiers\u00a0», B5\u00a0«\u00a05 dossiers\u00a0»"


def test_causes_beyond_those_told_apart_are_together():
    found = [finding(4, cause="unknown-1"), finding(5, cause="unknown-2"), finding(6, cause="c")]
    causes = group(found, [tally("c"), tally("autres", count=80, rows=80)])
    assert sorted(cause.count for cause in causes) == [1, 80]

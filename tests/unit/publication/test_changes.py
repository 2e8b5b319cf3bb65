"""What an edition says of the one before, and what its hash covers."""

from __future__ import annotations

import json
from dataclasses import replace

from domain.periods import Period
from domain.releases import CoverageState
from publication.aggregates import content_hash
from publication.changes import changes
from publication.coverage import coverage_of
from publication.table import RowKind
from publication.tables.cil_pass import quarterly_tables
from publication.values import MISSING, Value
from publication.words import banner, change_sentence, edition_words, release_notes, reminder
from tests.publication_kit import all_deposits, deposit, edited, facts, network, story

NETWORK = network()
T1 = Period(2005, 1)
BEFORE = facts(NETWORK, all_deposits(NETWORK, [T1]), T1)
AFTER = facts(
    NETWORK, [*all_deposits(NETWORK, [T1]), edited(deposit(NETWORK, "PF01", "N1A", T1), {"CIL001": "97"})], T1
)


def test_one_corrected_figure_changes_its_line_its_totals_and_the_nation() -> None:
    found = changes(quarterly_tables(BEFORE), quarterly_tables(AFTER))

    own = [one for one in found if one.member == "CIL001"]
    assert {(one.table, one.column) for one in own if one.table != "D8bis"} == {
        ("D1", "diagnostics_prealables"),
        *((table, f"diagnostics_prealables_{one}") for table in ("D4", "D5") for one in ("trimestre", "cumul")),
    }
    assert {one.after for one in own if one.table in {"D1", "D4", "D5"}} == {Value(97)}
    assert {one.row_kind for one in found if one.table == "D5"} == set(RowKind)
    assert not [one for one in found if one.table in {"D2", "D6", "D7"}]


def test_a_change_as_json_names_its_row_and_both_figures() -> None:
    one = changes(quarterly_tables(BEFORE), quarterly_tables(AFTER))[0]

    assert json.loads(json.dumps(one.as_document())) == {
        "table": "D1",
        "row": {"departement": "37", "code_cil": "CIL001", "nom_cil": "CIL du Val de Loire"},
        "column": "diagnostics_prealables",
        "before": str(one.before.number if one.before else None),
        "after": "97",
    }


def test_a_row_that_comes_and_a_row_that_goes_are_told_cell_by_cell() -> None:
    table = quarterly_tables(BEFORE)[0]
    less = replace(table, rows=table.rows[1:])

    gone, come = changes([table], [less]), changes([less], [table])
    assert [(one.before, one.after) for one in gone] == [(value, None) for value in table.rows[0].values]
    assert [(one.before, one.after) for one in come] == [(None, value) for value in table.rows[0].values]
    assert change_sentence(*gone) == "D1, CIL du Bugey\u00a0: ligne retirée"
    assert change_sentence(*come).startswith("D1, CIL du Bugey, ligne nouvelle – Nb de diagnostics préalables\u00a0: ")


def test_a_renamed_organisation_is_not_another_content() -> None:
    organisations = tuple(
        replace(one, nom="CIL rebaptisé") if one.code == "CIL001" else one for one in NETWORK.organisations
    )
    renamed = replace(BEFORE, directory=replace(NETWORK, organisations=organisations))

    assert changes(quarterly_tables(BEFORE), quarterly_tables(renamed)) == ()
    assert content_hash(quarterly_tables(renamed), coverage_of(renamed)) == content_hash(
        quarterly_tables(BEFORE), coverage_of(BEFORE)
    )


def test_the_coverage_is_part_of_the_content() -> None:
    coverage = coverage_of(BEFORE)
    other = (replace(coverage[0], state=CoverageState.NIL), *coverage[1:])

    assert content_hash(quarterly_tables(BEFORE), coverage) != content_hash(quarterly_tables(BEFORE), other)


def test_the_sentences_of_a_change_gather_the_cells_of_a_row() -> None:
    found = changes(quarterly_tables(BEFORE), quarterly_tables(AFTER))

    told = change_sentence(*[one for one in found if one.table == "D4" and one.member == "CIL001"])
    assert told.startswith("D4, CIL du Val de Loire – Nb de diagnostics préalables – Trimestre\u00a0: 97 au lieu de ")
    assert "\u202f; Nb de diagnostics préalables – Cumul depuis le 01/01/05\u00a0: 97 au lieu de " in told


def test_release_notes_begin_with_the_members_and_count_what_they_leave() -> None:
    edition = story().edition()
    notes = release_notes(edition)
    few = release_notes(edition, most=2)

    assert notes[0].startswith("D1, ")
    assert not [line for line in notes if line.startswith(("D5", "D7"))]
    assert few[:2] == notes[:2]
    assert few[-1].startswith("… et ")
    assert release_notes(replace(edition, changes=())) == ()


def test_release_notes_fall_back_on_what_there_is() -> None:
    edition = story().edition()
    only = tuple(one for one in edition.changes if one.table == "D7")

    moved = replace(only[0] if only else edition.changes[0], table="D7", before=MISSING, after=Value(3))
    assert release_notes(replace(edition, changes=(moved,)))[0].startswith("D7, ")


def test_the_banner_tells_platforms_and_never_a_cause() -> None:
    edition = story().edition()

    told = " ".join(banner(edition))
    assert "Plates-formes non parvenues pour le CIL-PASS assistance\u00a0: PF05 – Plate-forme Sud-Ouest" in told
    assert (
        "parvenues en partie pour le CIL-PASS assistance\u00a0: PF04 – Plate-forme Sud-Est (manque\u00a0: CIL031)"
        in told
    )
    assert "prises en compte en entier pour le CIL-PASS assistance\u00a0: PF01" in told
    assert "état néant pour le CIL-PASS mobilité\u00a0: PF05" in told
    assert reminder(edition) == (
        "Plates-formes non parvenues pour le CIL-PASS assistance\u00a0: PF05\u202f; parvenues en partie pour le "
        "CIL-PASS assistance\u00a0: PF04."
    )


def test_the_banner_of_a_whole_edition_is_one_sentence() -> None:
    edition = replace(story().edition(), coverage=coverage_of(BEFORE))

    assert banner(edition) == ("Toutes les Plates-formes sont prises en compte.",)
    assert reminder(edition) == ""


def test_an_edition_is_named_in_french() -> None:
    assert edition_words("official-v02") == "l’édition officielle n°\u00a02"
    assert edition_words(None) == "l’édition précédente"

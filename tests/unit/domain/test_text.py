"""Two spellings of one header or one name meet on the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import fold, normalise_header, without_hidden


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("diagnostics_prealables", "diagnostics_prealables"),
        ("Nb de diagnostics préalables", "nb_de_diagnostics_prealables"),
        ("NB DE DIAGNOSTICS PRÉALABLES (1)", "nb_de_diagnostics_prealables"),
        ("Nb de diagnostics préalables¹", "nb_de_diagnostics_prealables"),
        ("  Nb de diagnostics\u00a0préalables **", "nb_de_diagnostics_prealables"),
        ("Nb de\r\ndiagnostics-préalables [2]", "nb_de_diagnostics_prealables"),
        ("Nombre d’entreprises", "nombre_d_entreprises"),
        ("Nombre d'entreprises", "nombre_d_entreprises"),
        ("Montant facturé (€ HT)", "montant_facture_ht"),
        ("1 %", "1"),
        ("1% logement", "1_logement"),
        ("N° de dossier", "n_de_dossier"),
        ("Cœur de cible", "coeur_de_cible"),
        ("e\u0301tat", "etat"),
        ("pré\u00adalables\u200b", "prealables"),
        ("\ufeffcode_cil", "code_cil"),
        ("***", ""),
        ("", ""),
    ],
)
def test_a_header_is_recognised_whatever_its_typing(title: str, expected: str) -> None:
    assert normalise_header(title) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CIL de l’Ain", "cil  DE L'AIN"),
        ("Saint-Étienne", "SAINT ETIENNE"),
        ("Œuvre sociale", "oeuvre sociale"),
        ("CIL\u202fNord", "CIL Nord"),
    ],
)
def test_names_that_differ_by_case_accents_and_spaces_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_names_that_differ_by_a_figure_stay_apart() -> None:
    assert fold("CIL Nord 1") != fold("CIL Nord 2")


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_header(normalise_header(text)) == normalise_header(text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_normalised_header_is_a_plain_word(text: str) -> None:
    word = normalise_header(text)
    assert not word.startswith("_")
    assert not word.endswith("_")
    assert "__" not in word
    assert word == word.strip()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Accueil des salariés", "Accueil des salariés"),
        ("Rendez-vous\u00a0: sous 8\u202fjours", "Rendez-vous\u00a0: sous 8\u202fjours"),
        ("\ufeffloge\u00adment\u200b", "logement"),
        ("\x1b[31mrouge\x07\x9b", "[31mrouge"),
        ("\u202eexe.fdp\u2066", "exe.fdp"),
        ("\uf0b7 un point", " un point"),
        ("un\r\ndeux\rtrois\x0bquatre\u2028cinq\x85six", "un\ndeux\ntrois\nquatre\ncinq\nsix"),
        ("un\tdeux", "un deux"),
    ],
)
def test_what_nobody_sees_goes_and_what_is_seen_stays(text: str, seen: str) -> None:
    assert without_hidden(text) == seen


@given(st.text())
def test_a_text_without_hidden_signs_stays_as_it_is(text: str) -> None:
    seen = without_hidden(text)
    assert without_hidden(seen) == seen
    assert [one for one in text if one.isprintable() and one != " "] == [
        one for one in seen if one.isprintable() and one != " "
    ]

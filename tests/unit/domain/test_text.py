"""Two spellings of one header or one name meet on the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import fold, normalise_header


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

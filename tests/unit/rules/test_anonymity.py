"""Shapes and titles that make a file nominative, and those that only look so."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.anonymity import (
    KnownNames,
    Nominative,
    contains_nir,
    fills,
    is_bare_nir,
    is_birth_date,
    is_email,
    is_iban,
    is_phone,
    nominative_title,
    valid_nir,
)


def with_key(thirteen: str) -> str:
    """A made-up NIR: the key is computed as the register of persons does."""
    return f"{thirteen}{97 - int(thirteen.replace('2A', '19').replace('2B', '18')) % 97:02d}"


MADE_UP = with_key("2690549588157")


@pytest.mark.parametrize(
    "thirteen", ["2690549588157", "185022A004123", "285022B004123", "1850297123456", "7990175101001", "1552075116001"]
)
def test_a_nir_with_its_key_is_recognised(thirteen: str) -> None:
    nir = with_key(thirteen)
    assert valid_nir(nir)
    assert contains_nir(nir)
    spaced = f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:7]} {nir[7:10]} {nir[10:13]} {nir[13:]}"
    for text in (
        spaced,
        spaced.replace(" ", "."),
        spaced.replace(" ", "\u202f"),
        f"{nir[:13]}-{nir[13:]}",
        f"NIR : {spaced} (salarié)",
        f"NIR{nir}",
    ):
        assert contains_nir(text), text


@given(
    st.tuples(st.integers(0, 99), st.integers(1, 12), st.integers(1, 95), st.integers(1, 990), st.integers(1, 999)),
    st.sampled_from("12"),
)
def test_every_nir_is_found_and_no_neighbour_of_it(parts: tuple[int, int, int, int, int], sex: str) -> None:
    year, month, place, town, order = parts
    nir = with_key(f"{sex}{year:02d}{month:02d}{place:02d}{town:03d}{order:03d}")
    assert contains_nir(nir)
    wrong = nir[:13] + f"{int(nir[13:]) % 97 + 1:02d}"
    assert not contains_nir(wrong)


@pytest.mark.parametrize(
    "text",
    [
        MADE_UP[:13],
        MADE_UP[:-1] + str((int(MADE_UP[-1]) + 1) % 10),
        f"9{MADE_UP}",
        f"{MADE_UP}1",
        f"0,{MADE_UP}",
        f"{MADE_UP[0]}.{MADE_UP[1:]}",
        with_key("2691349588157"),
        with_key("2690500588157"),
        "123456789012345",
        "1 234 567,89",
        "69003",
        "01 23 45 67 89",
        "0,142857142857143",
        "",
    ],
)
def test_what_is_no_complete_nir_is_left_alone(text: str) -> None:
    """Thirteen figures, a wrong key, a longer number, decimals, an impossible month or place."""
    assert not contains_nir(text)


def test_quotients_of_whole_numbers_are_never_taken_for_a_nir() -> None:
    for top in range(1, 4000):
        for text in (f"{top / 7919:.15g}", f"{top / 7919:.15f}", f"{top / 97:.16g}"):
            assert not contains_nir(text)
            assert not contains_nir(text.replace(".", ","))


def test_without_its_key_a_nir_counts_for_cases_only() -> None:
    assert is_bare_nir(MADE_UP[:13])
    assert is_bare_nir(MADE_UP)
    assert not is_bare_nir("2005")
    assert not is_bare_nir("1234567890123")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Nom", Nominative.NAME),
        ("NOM", Nominative.NAME),
        ("Prénom", Nominative.NAME),
        ("Nom et prénom", Nominative.NAME),
        ("Nom du demandeur", Nominative.NAME),
        ("Nom de famille", Nominative.NAME),
        ("Nom du contact", Nominative.NAME),
        ("Date de naissance", Nominative.BIRTH),
        ("Né(e) le", Nominative.BIRTH),
        ("Adresse", Nominative.ADDRESS),
        ("Adresse du demandeur", Nominative.ADDRESS),
        ("Tél.", Nominative.PHONE),
        ("Téléphone portable", Nominative.PHONE),
        ("Mobile", Nominative.PHONE),
        ("E-mail", Nominative.EMAIL),
        ("Courriel", Nominative.EMAIL),
        ("Adresse électronique", Nominative.EMAIL),
        ("NIR", Nominative.NIR),
        ("N° sécu", Nominative.NIR),
        ("N° de sécurité sociale", Nominative.NIR),
        ("N° SS", Nominative.NIR),
        ("Employeur", Nominative.EMPLOYER),
        ("Matricule", Nominative.REGISTRATION),
    ],
)
def test_nominative_titles_are_recognised(title: str, kind: Nominative) -> None:
    assert nominative_title(title) is kind


@pytest.mark.parametrize(
    "title",
    [
        "nom_cil",
        "Nom du CIL",
        "Nom du CIL/CCI",
        "CIL/CCI",
        "CIL/CCI qui réalise le service",
        "Dénomination",
        "Nom de la commune",
        "Nom du partenaire",
        "Adresse du siège",
        "Tél. du CIL",
        "Nb de contacts par téléphone",
        "Nombre d'employeurs",
        "Code postal",
        "N° d'ordre",
        "Chef de famille",
        "Dpt.",
        "Plate-forme",
        "Montant facturé (2) HT en €",
        "Nb de diagnostics préalables (1)",
        "Observations",
        "Remarque",
        "Mobilité",
        "",
        "Établi par le service pilotage de la Plate-forme Centre, tél. 01 23 45 67 89, courriel x@y.fr",
    ],
)
def test_other_titles_are_left_alone(title: str) -> None:
    assert nominative_title(title) is None


def test_free_remarks_count_for_cases_only() -> None:
    assert nominative_title("Observations", cases=True) is Nominative.REMARKS


@pytest.mark.parametrize(
    ("kind", "value", "filled"),
    [
        (Nominative.NAME, "DURAND", True),
        (Nominative.NAME, "CIL de l'Ain", False),
        (Nominative.NAME, "LOGEO", False),
        (Nominative.NAME, "logis auvergne", False),
        (Nominative.NAME, "NEANT", False),
        (Nominative.NAME, "12", False),
        (Nominative.NAME, "CIL001", False),
        (Nominative.PHONE, "12", False),
        (Nominative.PHONE, "01 23 45 67 89", True),
        (Nominative.EMAIL, "a@b.fr", True),
        (Nominative.EMAIL, "non", False),
        (Nominative.ADDRESS, "12 rue du Port", True),
        (Nominative.ADDRESS, "3", False),
        (Nominative.NIR, MADE_UP[:13], True),
        (Nominative.BIRTH, "1969", True),
        (Nominative.BIRTH, "3", False),
        (Nominative.EMPLOYER, "SARL Dupont", True),
        (Nominative.EMPLOYER, "4", False),
        (Nominative.REGISTRATION, "A1234", True),
        (Nominative.REGISTRATION, "7", False),
        (Nominative.REMARKS, "a perdu son emploi", True),
        (Nominative.REMARKS, "-", False),
    ],
)
def test_a_cell_fills_a_nominative_column_only_with_such_a_thing(kind: Nominative, value: str, filled: bool) -> None:
    assert fills(kind, value, KnownNames.of(["LOGEO", "Logis d'Auvergne"])) is filled


def test_shapes_that_only_cases_are_searched_for() -> None:
    assert all(is_phone(text) for text in ("01 23 45 67 89", "0123456789", "+33 6 12 34 56 78", "01.23.45.67.89"))
    assert not any(is_phone(text) for text in ("69003", "1234567890", "2005", "12/05/1969"))
    assert is_email("écrire à jean.dupont@example.org")
    assert not is_email("3 @ 12 €")
    assert is_iban("FR76 3000 6000 0112 3456 7890 189")
    assert not is_iban("FR76 3000 6000 0112 3456 7890 188")


def test_a_day_long_before_the_period_is_a_birth() -> None:
    start = date(2005, 1, 1)
    assert is_birth_date("12/05/1969", start)
    assert is_birth_date("1969-05-12", start)
    assert not is_birth_date("12/05/2004", start)
    assert not is_birth_date("31/02/1969", start)
    assert not is_birth_date("1969", start)

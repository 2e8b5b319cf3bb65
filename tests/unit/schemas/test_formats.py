"""A collection in the format of a period: what it has there, and what belongs to another format."""

from __future__ import annotations

from dataclasses import replace

import pandera.pandas as pa
import pytest

from domain.organisations import Service
from domain.periods import Period
from domain.text import normalise_header
from ingest.database.collections import collection_table
from schemas.cil_pass.n1a import COLLECTION as N1A
from schemas.cil_pass.n2a import COLLECTION as N2A
from schemas.cil_pass.n2m import COLLECTION as N2M
from schemas.cil_pass.n2p import COLLECTION as N2P
from schemas.cil_pass.n2s import COLLECTION as N2S
from schemas.codes import DEPARTEMENTS, department_of_postcode
from schemas.collection import CollectionError, FormerFormat
from schemas.columns import Entier, OuiNon, Texte, entier, oui_non, texte

BOTH = pytest.mark.parametrize("collection", [N2A, N2M], ids=["N2A", "N2M"])


@BOTH
def test_the_exercices_up_to_2004_have_the_2003_format(collection) -> None:
    assert collection.at(Period(2005)) is collection.at(Period(2010)) is collection
    before = collection.at(Period(2004))
    assert before is collection.at(Period(2003))
    assert (before.code, before.slug, before.cases) == (collection.code, collection.slug, True)
    assert before.key == collection.key == ("numero_ordre",)
    assert collection.formats == (collection, before)


@BOTH
def test_the_table_holds_every_column_of_every_format_once(collection) -> None:
    names = [column.name for column in collection.stored_columns]
    assert len(names) == len(set(names))
    assert set(names) == {column.name for form in collection.formats for column in form.columns}
    assert set(names) <= set(collection_table(collection).described)


@BOTH
def test_a_title_of_another_format_is_known_as_such_whichever_way(collection) -> None:
    before = collection.at(Period(2004))
    for here, there in ((collection, before), (before, collection)):
        only_there = {column.name for column in there.columns} - set(here.by_name)
        told = {name for name in only_there if name in here.retired_headers or name in here.header_names}
        assert told == only_there
        assert not set(here.retired_headers) & set(here.header_names)


def test_a_collection_without_former_format_is_the_same_at_every_period() -> None:
    assert N1A.formats == (N1A,)
    assert N1A.at(Period(2003, 3)) is N1A
    assert not N1A.retired_headers


def test_a_former_format_may_end_with_a_quarter() -> None:
    until = FormerFormat(until=Period(2004, 4), model=N1A.model)
    collection = replace(N1A, former=(until,))
    assert collection.at(Period(2004, 4)) is not collection
    assert collection.at(Period(2005, 1)) is collection


def test_formats_that_do_not_agree_on_the_type_of_a_column_are_refused() -> None:
    class Now(pa.DataFrameModel):
        code: Texte = texte("Code", key=True)
        reste: OuiNon = oui_non("Reste")

    class Before(pa.DataFrameModel):
        code: Texte = texte("Code", key=True)
        reste: Entier = entier("Reste", 0, 9)

    collection = replace(N1A, model=Now, former=(FormerFormat(until=Period(2004), model=Before),))
    with pytest.raises(CollectionError, match="reste"):
        _ = collection.stored_columns


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ressources nettes mensuelles moyennes (1)", "ressources_nettes_mensuelles"),
        ("CSP du demandeur", "csp_demandeur"),
        ("Code postal du demandeur", "code_postal_demandeur"),
        ("Nature du service apporté - Autre", "svc_autre"),
        ("Produits du 1% : Autre", "prod_autre"),
        ("Recours à des partenaires Autres", "part_autres"),
        ("Banque de France", "part_banque_de_france"),
        ("SECURI-PASS", "prod_securi_pass"),
        ("Aides financières (1% ou externes)", "svc_aides_financieres"),
    ],
)
def test_the_words_of_the_document_are_titles_of_assistance(title: str, name: str) -> None:
    assert N2A.header_names[normalise_header(title)] == name


@pytest.mark.parametrize(
    ("code", "year", "departement"),
    [
        ("01000", 2005, "01"),
        ("75116", 2005, "75"),
        ("20000", 2005, "2A"),
        ("20167", 2005, "2A"),
        ("20200", 2005, "2B"),
        ("20600", 2005, "2B"),
        ("20300", 2005, None),
        ("97110", 2005, "971"),
        ("97490", 2005, "974"),
        ("97500", 2005, None),
        ("97600", 2005, None),
        ("97600", 2011, "976"),
        ("98800", 2005, None),
        ("96000", 2005, None),
        ("00123", 2005, None),
        ("2A", 2005, "2A"),
        ("44", 2005, "44"),
        ("971", 2005, "971"),
        ("976", 2010, None),
        ("99", 2005, None),
    ],
)
def test_the_departement_of_a_postal_code(code: str, year: int, departement: str | None) -> None:
    assert department_of_postcode(code, year) == departement


def test_every_departement_is_its_own_code() -> None:
    assert [one for one in DEPARTEMENTS if department_of_postcode(one, 2020) != one] == []


def test_whose_contacts_are_told_depends_on_the_format_of_the_period() -> None:
    assert [one.service_in(Period(2005)) for one in (N2A, N2M, N2P, N2S)] == [
        Service.ASA,
        Service.MOB,
        Service.ASA,
        None,
    ]
    assert (N2P.service_in(Period(2004)), N2P.service_in(None)) == (None, None)
    assert N2A.service_in(None) is Service.ASA

"""What a template asks for, shows and watches, whatever the collection."""

from __future__ import annotations

import io
import warnings
from datetime import datetime
from zoneinfo import ZoneInfo

import openpyxl
import pandera.pandas as pa
import pytest

from domain.findings import Severity
from domain.organisations import Organisation, OrganisationType, Service
from domain.periods import Period, Periodicity
from ingest.catalogue import load_catalogue
from rendering.workbooks.template import LISTS_SHEET, VERSION_PROPERTY, TemplateOrder, template_workbook
from rendering.workbooks.template_cells import MESSAGE_CHARS, TITLE_CHARS, about, live_rules, validation
from rendering.workbooks.template_plan import SPARE_LINES, TITLE_ROW, TemplatePlan
from rules.predicates import at_most
from rules.rule import RuleSet
from schemas.codes import DEPARTEMENTS
from schemas.collection import Collection
from schemas.columns import (
    Compte,
    Jour,
    Montant,
    OuiNon,
    Texte,
    annee,
    code,
    compte,
    date_du_jour,
    membre,
    montant,
    oui_non,
    plateforme,
    texte,
)

DUE = datetime(2005, 4, 30, 23, 59, 59, tzinfo=ZoneInfo("Europe/Paris"))
SENDER = Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme A & B", compte_sftp="pf03")
MEMBERS = tuple(
    Organisation(code=each, type=OrganisationType.CIL, nom=nom, departement=place)
    for each, nom, place in (("CIL002", "=cmd|'/c calc'!A1", "2A"), ("CIL001", "CIL de l’Ain", "01"))
)


class Cases(pa.DataFrameModel):
    """One column of each kind."""

    code_plateforme: Texte = plateforme()
    exercice: Compte = annee("Exercice")
    numero: Compte = compte("N° d’ordre", note="x" * 400)
    code_cil: Texte = membre("CIL/CCI", key=False)
    nature: Texte = code({"1": "interne", "2": "embauche"}, "Nature de la mutation", key=True)
    departement: Texte = code(DEPARTEMENTS, "Département d’arrivée, avec un titre qui n’en finit pas du tout")
    montant: Montant = montant(12, 2, "Montant en €")
    le: Jour = date_du_jour("Date", required=False)
    abouti: OuiNon = oui_non("Abouti")
    suite: Texte = texte("Suite donnée", max_length=40, required=False, optional=True)


CASES = Collection(
    code="X9X",
    slug="dossiers_d_essai",
    label="Dossiers d’essai",
    model=Cases,
    periodicity=Periodicity.YEAR,
    due_days=45,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
    cases=True,
)
CASE_RULES = RuleSet(
    collection="X9X",
    rules=(at_most("X9X.R01", Severity.ERROR, "numero", "montant", sentence="A ≤ B.", message="…"),),
)


def order(code: str = "N1M", **values: object) -> TemplateOrder:
    catalogue = load_catalogue()
    collection = catalogue.by_code(code) or CASES
    rules = CASE_RULES if collection is CASES else catalogue.rules_for(collection)
    asked = {"expected": MEMBERS, "sender": SENDER, "due_at": DUE, "version": "1+abc", "account": "pf03"}
    period = Period(2005) if collection is CASES else Period(2005, 1)
    return TemplateOrder(collection=collection, rules=rules, period=period, **{**asked, **values})  # type: ignore[arg-type]


def opened(asked: TemplateOrder) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the library drops a list or a message that is too long with a warning only
        return openpyxl.load_workbook(io.BytesIO(template_workbook(asked)))


def test_the_same_order_gives_the_same_bytes_and_another_version_others() -> None:
    assert template_workbook(order()) == template_workbook(order())
    assert template_workbook(order()) != template_workbook(order(version="1+abd"))


def test_names_say_collection_sender_and_period() -> None:
    assert order().file_name == "N1M_PF03_2005T1.xlsx"
    assert order(sender=None).file_name == "N1M_2005T1.xlsx"
    assert opened(order()).sheetnames == ["N1M_2005T1", "Mode d’emploi", LISTS_SHEET]


def test_lines_are_prefilled_in_the_order_of_the_tables_and_only_the_figures_can_be_written() -> None:
    sheet = opened(order())["N1M_2005T1"]
    first = TITLE_ROW + 2
    assert [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=first, max_row=first + 1)] == [
        ["01", "CIL001", "CIL de l’Ain"],
        ["2A", "CIL002", "=cmd|'/c calc'!A1"],
    ]
    assert sheet.cell(first + 1, 3).data_type == "s"
    assert [cell.protection.locked for cell in sheet[first][:6]] == [True, True, True, False, False, False]
    assert not any(cell.protection.locked for cell in sheet[first + 2][:6])
    assert all(cell.protection.locked for cell in sheet[first + 2 + SPARE_LINES][:6])
    assert sheet.protection.sheet
    assert not sheet.protection.password
    assert not sheet.protection.formatColumns  # allowed
    assert sheet.cell(TITLE_ROW + 1, 1).value == "Dpt."
    total = sheet[first + 2 + SPARE_LINES]
    assert total[0].value == "Total service CIL-PASS mobilité"
    assert total[3].value == '=IF(COUNT(D8:D12)=0,"",SUM(D8:D12))'


@pytest.mark.parametrize("name", ["N1A", "N1M", "X9X"])
def test_every_cell_to_fill_in_is_validated_with_words(name: str) -> None:
    asked = order(name)
    plan = TemplatePlan(order=asked)
    sheet = opened(asked)[asked.sheet_name]
    for one in plan.columns:
        row = plan.first_row + 1 + (len(plan.lines) if one.prefilled else 0)
        found = [
            each
            for each in sheet.data_validations.dataValidation
            if sheet.cell(row, one.index + 1).coordinate in each.sqref
        ]
        assert len(found) == 1, one.column.name
        assert found[0].type in {"whole", "custom", "date", "list", "textLength"}
        assert 0 < len(found[0].promptTitle) <= TITLE_CHARS
        assert 0 < len(found[0].prompt) <= MESSAGE_CHARS
        assert found[0].error
        if one.column.codes is not None:
            assert found[0].formula1 == f"Liste_{one.column.name}"
        assert sheet.cell(TITLE_ROW + 1, one.index + 1).comment is not None


def test_lists_stand_whole_on_a_hidden_sheet() -> None:
    book = opened(order("X9X"))
    assert book[LISTS_SHEET].sheet_state == "hidden"
    sheet_name, cells = next(iter(book.defined_names["Liste_departement"].destinations))
    assert sheet_name == LISTS_SHEET
    assert [row[0].value for row in book[LISTS_SHEET][cells]] == list(DEPARTEMENTS)


def test_a_collection_without_expected_lines_gets_free_lines_that_go_on_below() -> None:
    asked = order("X9X")
    plan = TemplatePlan(order=asked)
    sheet = opened(asked)[asked.sheet_name]
    assert plan.total_row is None
    assert sheet.max_row == plan.last_drawn_row + 1
    assert not sheet.cell(plan.first_row + 1, 1).protection.locked
    assert sheet.column_dimensions["A"].width > 0
    assert not any("exercice" in str(cell.value).lower() for cell in sheet[TITLE_ROW + 1])


def test_what_the_register_does_not_say_leaves_an_empty_table_that_works() -> None:
    asked = order(expected=(), sender=None, due_at=None)
    plan = TemplatePlan(order=asked)
    assert plan.lines == ()
    assert not any(one.prefilled for one in plan.columns)
    assert opened(asked)["N1M_2005T1"].max_row > 100


def test_the_version_of_the_rules_is_in_the_properties() -> None:
    properties = {each.name: each.value for each in opened(order()).custom_doc_props.props}
    assert properties[VERSION_PROPERTY] == f"{order().collection.fingerprint} 1+abc"


def test_the_comment_on_a_title_tells_what_is_counted_and_the_rules_that_look_at_it() -> None:
    asked = order("N1A")
    text = about(asked.collection.column("diagnostics_complementaires"), asked.collection, asked.rules)
    assert "demandés à des structures spécialisées" in text
    assert "une case vide n’est pas un zéro" in text
    assert "À confirmer : Les diagnostics complémentaires ne dépassent pas les diagnostics préalables." in text.replace(
        "\xa0", " "
    )


def test_a_member_can_be_named_that_the_list_does_not_know_with_a_warning_only() -> None:
    plan = TemplatePlan(order=order("X9X"))
    member = next(one for one in plan.columns if one.column.name == "code_cil")
    assert validation(member, plan.first_row, listed="Liste_code_cil")["error_type"] == "warning"


def test_a_relation_is_watched_where_all_its_columns_are_shown() -> None:
    (watched,) = live_rules(TemplatePlan(order=order("N1A")))
    assert watched.severity is Severity.WARNING
    assert watched.formula == ('=IF(AND($F8<>"",$D8<>"",ISNUMBER($F8),ISNUMBER($D8)),NOT($F8<=$D8),FALSE)')
    assert len(live_rules(TemplatePlan(order=order("N1M")))) == 5

"""A list that lives from year to year: its template begins with the agreements in force for the year before."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

import openpyxl

from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.templates import begun, template_order
from rendering.workbooks.template import template_workbook
from rendering.workbooks.template_plan import TITLE_ROW
from tests.completing_kit import PARIS

if TYPE_CHECKING:
    from tests.completing_kit import Counter

TITLES = (
    "code_accord;service;statut;partenaire_nom;activite_principale;formalise;date_signature;duree_validite_mois;objet"
)
BEFORE = [
    TITLES.split(";"),
    ["A-1", "ASA", "nouveau", "ADIL", "Information", "O", "14/03/2004", "36", "=HYPERLINK(1)"],
    ["A-2", "ASA", "caduc", "Entraide", "Hébergement", "N", "", "", "Accueil"],
    ["M-1", "MOB", "nouveau", "Agence", "Location", "N", "", "", "Recherche"],
]


def test_agreements_in_force_come_back_but_for_their_status_which_is_asked(desk: Counter) -> None:
    desk.opens_at = datetime(2006, 1, 18, 10, 15, 2, tzinfo=PARIS)
    assert desk.drop("N2P_2004.csv", BEFORE).section.verdict is Verdict.ACCEPTED
    catalogue = load_catalogue()
    collection = catalogue.by_code("N2P")

    def begins(account: str) -> list[list[object]]:
        order = template_order(catalogue, desk.directory, collection, Period(2005), account=account, zone=PARIS)
        book = openpyxl.load_workbook(io.BytesIO(template_workbook(begun(order, desk.ledger))))
        rows = book[order.sheet_name].iter_rows(min_row=TITLE_ROW + 1, values_only=True)
        return [list(row) for row in rows if any(cell is not None for cell in row)]

    titles, *carried = begins("pf03")
    (line,) = (dict(zip(titles, row, strict=True)) for row in carried)  # neither the ended one, nor that of mobility
    assert (line["N° d’accord"], line["Partenaire – Nom"], line["Formalisé"]) == ("A-1", "ADIL", "O")
    assert (line["Date de signature"], line["Durée de validité initiale"]) == (datetime(2004, 3, 14), 36)  # noqa: DTZ001
    assert (line["Statut"], line["Objet"]) == (None, "=HYPERLINK(1)")
    assert len(begins("pf05")) == 1

    line |= {"Statut": "reconduit", "Famille de partenaires": "AI", "Date de signature": "14/03/2004"}
    again = [[str(title) for title in line], ["" if cell is None else str(cell) for cell in line.values()]]
    second = desk.drop("N2P_2005.csv", again)
    assert second.section.verdict is Verdict.ACCEPTED, second.section.findings

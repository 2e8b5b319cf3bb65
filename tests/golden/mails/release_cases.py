"""What readers of the tables get, and what tells UESL that they leave, each with a story: mails to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from domain.notices import Notice
from domain.organisations import Directory
from domain.releases import EditionKind
from domain.restitution import OwnFigure, OwnService, Restitution
from notifications.announcements import Announcement, announcement_notices, offer_notices
from notifications.recipients import Recipient
from notifications.releases import readers, release_notices
from notifications.withdrawals import withdrawal_notices
from rendering.collections import Known
from rendering.french import NBSP
from tests.golden.mails.cases import PILOT, Case

MAY_2 = date(2005, 5, 2)
JOINED = ("edition:2005T2/official-v02/tables_2005T2.pdf", "edition:2005T2/official-v02/tables_2005T2.xlsx")


def figure(label: str, quarter: tuple[str, ...], cumul: tuple[str, ...]) -> tuple[OwnFigure, OwnFigure]:
    """The quarter, then the year so far."""
    return (
        OwnFigure(label=label, span="Trimestre", value=quarter[0], place=unbroken(quarter)),
        OwnFigure(label=label, span="Depuis le 1er janvier", value=cumul[0], place=unbroken(cumul)),
    )


def unbroken(told: tuple[str, ...]) -> tuple[str, ...]:
    """As `publication.restitution` writes what stands under a figure."""
    return tuple(one.replace(" ", NBSP) for one in told[1:])


ASSISTANCE = OwnService(
    title="CIL-PASS assistance",
    figures=(
        *figure(
            "Nb de diagnostics préalables",
            ("9", "18e sur 44", "2,0 % de 448", "médiane 9"),
            ("21", "11e sur 44", "2,3 % de 913", "médiane 17"),
        ),
        *figure(
            "Nb d’engagements réciproques",
            ("5", "16e sur 44", "2,1 % de 238", "médiane 5"),
            ("9", "17e sur 44", "1,9 % de 474", "médiane 10"),
        ),
    ),
)
MOBILITY = OwnService(
    title="CIL-PASS mobilité",
    performer="CIL de la Touraine",
    figures=figure("Montant facturé HT en €", ("n.d.", "réseau : 206 933"), ("12 014", "réseau : 390 120")),
)
OFFICIAL = Restitution(
    organisation="CIL001",
    name="CIL du Val de Loire",
    period="2005T2",
    edition="official-v02",
    kind=EditionKind.OFFICIAL,
    title="Suivi trimestriel – 2e trimestre 2005",
    label="Édition officielle n° 2",
    banner=("Plates-formes non parvenues pour le CIL-PASS mobilité : PF05.",),
    services=(ASSISTANCE, MOBILITY),
)
REVISED = replace(
    OFFICIAL,
    edition="revised-v04",
    kind=EditionKind.REVISED,
    banner=("Toutes les Plates-formes sont prises en compte.",),
    changes=("D1, CIL du Val de Loire : Nb de diagnostics préalables 9 au lieu de 12",),
    changed_cells=31,
    replaces="final-v03",
)
LATER = replace(
    REVISED, period="2005T3", edition="revised-v02", title="Suivi trimestriel – 3e trimestre 2005", changes=()
)


def case(name: str, story: str, told: Sequence[Restitution], attachments: tuple[str, ...] = JOINED) -> Case:
    """One message to the readers of the first organisation."""

    def compose(directory: Directory, _known: Known) -> Sequence[Notice]:
        whom = readers(directory, told[0].organisation)
        return release_notices(told, whom, directory, MAY_2, reply_to=PILOT, attachments=attachments)

    return Case(name=name, story=story, compose=compose)


def announced(directory: Directory, _known: Known) -> Sequence[Notice]:
    """One edition, to be made."""
    coming = Announcement(
        period="2005T1",
        kind=EditionKind.OFFICIAL,
        for_on=MAY_2,
        lacking=("Plates-formes non parvenues pour le CIL-PASS assistance : PF05 – Plate-forme Sud-Ouest.",),
    )
    return announcement_notices([coming], directory, addresses=52, unreachable=["CIL099 – CIL d’Ailleurs"])


def announced_again(directory: Directory, _known: Known) -> Sequence[Notice]:
    """Two revised editions."""
    what = [
        Announcement(
            period=period, kind=EditionKind.REVISED, for_on=date(2006, 2, 8), edition="revised-v04", changed_cells=cells
        )
        for period, cells in (("2005T2", 31), ("2005T3", 1))
    ]
    return announcement_notices(what, directory, addresses=52, reply_to=PILOT)


def offered(directory: Directory, _known: Known) -> Sequence[Notice]:
    """The tables of a year, which leave on its order."""
    ready = Announcement(
        period="2005",
        kind=EditionKind.OFFICIAL,
        for_on=date(2006, 2, 15),
        edition="official-v02",
        lacking=(
            "Plates-formes non parvenues pour « Dossiers terminés CIL-PASS mobilité » : PF05 – Plate-forme Sud-Ouest.",
            "Plates-formes prises en compte en entier pour « Enquêtes de satisfaction » : PF01 – Plate-forme Ouest.",
        ),
    )
    attachments = ("edition:2005/official-v02/tables_2005.pdf", "edition:2005/official-v02/tables_2005.xlsx")
    return offer_notices(
        ready,
        directory,
        addresses=52,
        unreachable=["CIL099 – CIL d’Ailleurs"],
        attachments=attachments,
        reply_to=PILOT,
    )


YEARLY = Restitution(
    organisation="CIL001",
    name="CIL du Val de Loire",
    period="2005",
    edition="official-v02",
    kind=EditionKind.OFFICIAL,
    title="Restitution annuelle – année 2005",
    label="Édition officielle n° 2",
    banner=("Plates-formes non parvenues pour « Dossiers terminés CIL-PASS mobilité » : PF05.",),
    services=(
        OwnService(
            title="CIL-PASS assistance",
            figures=(
                OwnFigure(
                    label="Diagnostics préalables",
                    span="Année",
                    value="41",
                    place=unbroken(("", "12e sur 44", "2,2 % de 1 870", "médiane 36")),
                ),
                OwnFigure(label="Dossiers terminés", span="Année", value="s.", place=unbroken(("", "réseau : 1 204"))),
            ),
        ),
    ),
)
OWN_SHEET = (
    "edition:2005/official-v02/situation-CIL001.pdf",
    "edition:2005/official-v02/tables_2005.pdf",
    "edition:2005/official-v02/situation-CIL001.xlsx",
    "edition:2005/official-v02/tables_2005.xlsx",
)


def withdrawn(_directory: Directory, _known: Known) -> Sequence[Notice]:
    """An edition that was wrong."""
    return withdrawal_notices(
        "2005T2",
        "revised-v04",
        "la Plate-forme PF01 a déposé le fichier d'un autre trimestre",
        [Recipient(address="cil001@reseau.example", name="Secrétariat", organisation="CIL001")],
        former="final-v03",
        reply_to=PILOT,
    )


PF01 = replace(OFFICIAL, organisation="PF01", name="Plate-forme Ouest", services=(ASSISTANCE,))

RELEASE_CASES = (
    case("release-official", "L'édition officielle à un CIL ; un autre fait la mobilité pour lui.", [OFFICIAL]),
    case("release-revised", "Une édition rectifiée, trop lourde pour un message, à un CIL sans compte.", [REVISED], ()),
    case("release-grouped", "Deux éditions rectifiées par une même correction.", [REVISED, LATER]),
    case("release-shared", "Une adresse qui sert une Plate-forme et un CIL.", [PF01, OFFICIAL]),
    case("release-year", "L'édition d'une année à un CIL, avec sa feuille.", [YEARLY], OWN_SHEET),
    Case(name="release-offered", story="Les tableaux d'une année attendent l'ordre de l'UESL.", compose=offered),
    Case(name="release-announced", story="Le jour ouvré d'avant, à l'UESL.", compose=announced),
    Case(name="release-announced-again", story="Deux éditions rectifiées, à l'UESL.", compose=announced_again),
    Case(name="release-withdrawn", story="Une édition retirée, à qui l'avait.", compose=withdrawn),
)

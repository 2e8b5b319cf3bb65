"""Files that are no table that can be read: archives, protected or broken workbooks, transfers cut short."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, saved_anew, untouched
from tests.golden.wrong.grids import as_book, as_csv, n1a, n1m, to_csv

CORPUS = Path(__file__).parents[2] / "corpus"
GOOD = n1a()
CSV, BOOK = as_csv(GOOD), as_book(GOOD, sheet="N1A")
NO = Verdict.REJECTED
FILE, EMPTY = frozenset({"G-05"}), frozenset({"G-08"})
XLSX = "N1A_2005T1.xlsx"
MADE_ON = (2005, 4, 18, 9, 0, 0)


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, MADE_ON), content)
    return buffer.getvalue()


def _folder_zipped(network: Directory) -> bytes:
    return _packed(
        {
            "Envoi UESL/N1A_2005T1.csv": CSV(network),
            "Envoi UESL/N1M_2005T1.csv": as_csv(n1m())(network),
        }
    )


CASES = (
    Case(
        name="zipped-folder",
        story="Mme Michel a compressé le dossier de ses deux fichiers : « Envoi UESL.zip ».",
        file="Envoi UESL.zip",
        build=_folder_zipped,
        verdict=NO,
        codes=FILE,
        says=("archive", "un à un"),
        mend=saved_anew(CSV),
        mended_name="N1A_2005T1.csv",
    ),
    Case(
        name="whole-folder",
        story="M. Laurent a glissé tout un dossier dans « depot ».",
        folder="T1 2005",
        build=CSV,
        verdict=None,
        oddity="sub_folder",
        says=("sous-dossier", "directement dans « depot »"),
        mend=untouched,
    ),
    Case(
        name="numbers-of-apple",
        story="Mme Lemoine travaille sur un Mac, avec Numbers.",
        file="N1A_2005T1.numbers",
        build=lambda _network: _packed({"Index/Document.iwa": bytes(64), "Index/Tables/DataList.iwa": bytes(64)}),
        verdict=NO,
        codes=FILE,
        says=("Numbers", "Exporter vers"),
        mend=saved_anew(BOOK),
        mended_name=XLSX,
    ),
    Case(
        name="protected-workbook",
        story="Mme Girault a mis un mot de passe à l’ouverture du classeur.",
        file=XLSX,
        build=lambda _network: (CORPUS / "05-xlsx" / "pass_protected.xlsx").read_bytes(),
        verdict=NO,
        codes=FILE,
        says=("mot de passe", "effacez le mot de passe"),
        mend=saved_anew(BOOK),
    ),
    Case(
        name="empty-file",
        story="Le disque de Mme Legrand était plein : le fichier fait 0 octet.",
        build=lambda _network: b"",
        verdict=NO,
        codes=EMPTY,
        says=("vide",),
        mend=saved_anew(CSV),
    ),
    Case(
        name="workbook-cut-short",
        story="La connexion de M. Garnier a lâché au milieu : le classeur est tronqué.",
        file=XLSX,
        build=lambda network: BOOK(network)[:3000],
        verdict=NO,
        codes=FILE,
        says=("incomplet", "interrompu"),
        mend=saved_anew(BOOK),
    ),
    Case(
        name="unfinished-transfer",
        story="FileZilla s’est arrêté en route et a laissé N1A_2005T1.csv.part.",
        file="N1A_2005T1.csv.part",
        build=lambda network: CSV(network)[:200],
        verdict=None,
        oddity="unfinished",
        says=("ne s’est pas terminé", ".part"),
        mend=saved_anew(CSV),
        mended_name="N1A_2005T1.csv",
    ),
    Case(
        name="two-extensions",
        story="Mme Faure a enregistré sous « N1A_2005T1.xlsx.csv » : c’est bien un CSV.",
        file="N1A_2005T1.xlsx.csv",
        build=CSV,
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="workbook-named-csv",
        story="M. Rousseau a renommé son classeur en .csv au lieu de l’enregistrer en CSV.",
        build=BOOK,
        verdict=Verdict.ACCEPTED,
        says=("au format XLSX",),
    ),
    Case(
        name="csv-named-workbook",
        story="Mme Vincent a renommé son CSV en .xlsx.",
        file=XLSX,
        build=lambda network: to_csv(GOOD(network)),
        verdict=Verdict.ACCEPTED,
        says=("au format CSV",),
    ),
)

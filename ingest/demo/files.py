"""The deposits of the demonstration, of the tests and of the bench: bytes made from the register, always the same."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from domain.organisations import (
    Adhesion,
    Directory,
    Organisation,
    OrganisationType,
    Service,
    Span,
)
from domain.periods import Period
from ingest.demo.figures import assistance, mobilite
from schemas.codes import department_rank

N1A_COLUMNS = (
    "departement",
    "code_cil",
    "nom_cil",
    "diagnostics_prealables",
    "engagements_reciproques",
    "diagnostics_complementaires",
)
N1A_LABELS = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "CIL/CCI",
    "Nb de diagnostics préalables (1)",
    "Nb d’engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
)
N1M_COLUMNS = (
    "departement",
    "code_cil",
    "nom_cil",
    "dossiers_individuels",
    "entreprises_concernees",
    "montant_facture_ht",
)
N1M_LABELS = (
    "Dpt.",
    "CIL/CCI qui réalise le service (1)",
    "CIL/CCI",
    "Nb de dossiers individuels (2)",
    "Nb d’entreprises concernées (3)",
    "Montant facturé (2) HT en €",
)
Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class DemoFile:
    """One deposit: who drops it, under which name, and what the demonstration expects of it."""

    account: str
    name: str
    content: bytes
    story: str


def n1a_rows(directory: Directory, platform: str, period: Period) -> list[Row]:
    """One line per CIL/CCI expected of `platform` for the assistance, by département."""
    rows = []
    for one in _expected(directory, platform, Service.ASA, period):
        figures = assistance(one.code, period)
        rows.append(
            (
                one.departement,
                one.code,
                one.nom,
                figures.diagnostics_prealables,
                figures.engagements_reciproques,
                figures.diagnostics_complementaires,
            )
        )
    return rows


def n1m_rows(directory: Directory, platform: str, period: Period) -> list[Row]:
    """One line per CIL/CCI expected of `platform` for the mobilité, by département."""
    rows = []
    for one in _expected(directory, platform, Service.MOB, period):
        figures = mobilite(one.code, period)
        rows.append(
            (
                one.departement,
                one.code,
                one.nom,
                figures.dossiers_individuels,
                figures.entreprises_concernees,
                figures.montant_facture_ht,
            )
        )
    return rows


def _expected(directory: Directory, platform: str, service: Service, period: Period) -> list[Organisation]:
    found = [directory.by_code[code] for code in directory.expected_lines(platform, service, period)]
    return sorted(found, key=lambda one: (department_rank(one.departement or ""), one.nom))


def csv_bytes(
    header: Sequence[str],
    rows: Sequence[Row],
    *,
    encoding: str = "utf-8-sig",
    separator: str = ";",
) -> bytes:
    """A CSV as a French spreadsheet saves it: CRLF, decimal comma, fields quoted where needed."""

    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        if isinstance(value, Decimal):
            text = f"{value:.2f}".replace(".", ",")
        if separator in text or '"' in text or "\n" in text:
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [separator.join(map(cell, row)) for row in (header, *rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def good_csv(directory: Directory, platform: str, period: Period) -> DemoFile:
    """A complete N1A in CSV, technical names."""
    return _file(
        directory,
        platform,
        f"N1A_{platform}_{period}_v01.csv",
        csv_bytes(N1A_COLUMNS, n1a_rows(directory, platform, period)),
        "a good CSV",
    )


def good_n1m_csv(directory: Directory, platform: str, period: Period) -> DemoFile:
    """A complete N1M in CSV as Excel saves it under Windows: cp1252, French labels, decimal comma."""
    rows = n1m_rows(directory, platform, period)
    content = csv_bytes(N1M_LABELS, rows, encoding="cp1252")
    return _file(directory, platform, f"mobilite-trimestrielle_{period}.csv", content, "a good CSV from Excel")


def both_services(directory: Directory, platform: str, period: Period) -> DemoFile:
    """A workbook with a sheet for each service: title block, official labels, sub-header, TOTAL line."""
    sheets = (
        (
            "N1A",
            "Suivi de l’activité du CIL-PASS assistance",
            N1A_LABELS,
            n1a_rows(directory, platform, period),
            "Total service CIL-PASS assistance",
        ),
        (
            "N1M",
            "Suivi de l’activité du CIL-PASS mobilité",
            N1M_LABELS,
            n1m_rows(directory, platform, period),
            "Total service CIL-PASS mobilité",
        ),
    )
    buffer = io.BytesIO()
    with _workbook(buffer) as workbook:
        bold = workbook.add_format({"bold": True})
        money = workbook.add_format({"num_format": "#,##0.00"})
        for name, title, labels, rows, total in sheets:
            sheet = workbook.add_worksheet(name)
            sheet.set_column(0, 0, 8)
            sheet.set_column(1, len(labels) - 1, 24)
            sheet.write_string(0, 0, f"UESL — {title}", bold)
            sheet.write_string(1, 0, f"{_ordinal(period)} Trimestre {period.year}")
            sheet.write_string(2, 0, f"{platform} — {directory.by_code[platform].nom}")
            for column, label in enumerate(labels):
                sheet.write_string(4, column, label, bold)
                if column > 2:  # noqa: PLR2004 - the three columns of keys
                    sheet.write_string(5, column, "Trimestre")
            _write_rows(sheet, rows, money, first=6)
            last = 6 + len(rows)
            sheet.write_string(last, 0, total, bold)
            for column in range(3, len(labels)):
                sheet.write_number(last, column, float(sum(row[column] for row in rows)), bold)
    return _file(
        directory,
        platform,
        f"Activite_{platform}_{period}.xlsx",
        buffer.getvalue(),
        "a workbook with both services",
    )


def full_of_mistakes(directory: Directory, platform: str, period: Period) -> DemoFile:
    """An N1A with eleven kinds of mistake, on less than half of its lines; the platform needs eleven lines or more."""
    rows = [list(row) for row in n1a_rows(directory, platform, period)]
    department, code, name, first, second, third = range(6)
    rows[0][first], rows[0][second], rows[0][third] = -3, None, "deux"  # negative; empty is not zero; words
    rows[1][first], rows[1][department] = "12,5", "99"  # not an integer; no such département
    rows[2][code], rows[2][name] = "CIL999", None  # nobody; so that the real one is missing
    rows[3][name] = "Nom qui n’est pas le sien"
    rows[5][third] = rows[5][first] + 4  # more complementary diagnostics than diagnostics
    rows.append(list(rows[4]))  # the same CIL/CCI twice
    total = ["TOTAL", None, None, 1, 1, 1]  # not the sum
    header = [*N1A_COLUMNS, "commentaire libre"]  # not a column of the collection
    body = [(*row, "à vérifier" if number == 6 else None) for number, row in enumerate((*rows, total))]  # noqa: PLR2004
    return _file(
        directory,
        platform,
        f"N1A_{platform}_{period}_v01.csv",
        csv_bytes(header, body),
        "a file full of mistakes",
    )


def nil_return(directory: Directory, platform: str, period: Period, collection: str = "N1M") -> DemoFile:
    """NEANT under a header: no activity, said once for all expected lines."""
    columns = N1M_COLUMNS if collection == "N1M" else N1A_COLUMNS
    content = csv_bytes(columns, [("NEANT",)])
    return _file(directory, platform, f"{collection}_{period}_neant.csv", content, "a nil return")


def wrong_platform(directory: Directory, platform: str, period: Period) -> DemoFile:
    """A complete N1A with one line more: a CIL/CCI that adheres to another platform."""
    own = set(directory.adherents(platform, Service.ASA, period.ends_on))
    stranger = next(
        one
        for one in sorted(directory.organisations, key=lambda one: one.code)
        if one.code not in own and directory.adhesion_on(one.code, Service.ASA, period.ends_on) is not None
    )
    figures = assistance(stranger.code, period)
    row = (
        stranger.departement,
        stranger.code,
        stranger.nom,
        figures.diagnostics_prealables,
        figures.engagements_reciproques,
        figures.diagnostics_complementaires,
    )
    rows = sorted([*n1a_rows(directory, platform, period), row], key=lambda one: (department_rank(one[0]), one[2]))
    content = csv_bytes(N1A_COLUMNS, rows)
    return _file(
        directory,
        platform,
        f"N1A_{platform}_{period}_v02.csv",
        content,
        "a line that belongs to another platform",
    )


def no_table(directory: Directory, platform: str, period: Period) -> DemoFile:
    """A PDF under the name of a spreadsheet."""
    content = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
    return _file(directory, platform, f"N1A_{platform}_{period}_v03.xlsx", content, "a PDF named like a workbook")


def _file(directory: Directory, platform: str, name: str, content: bytes, story: str) -> DemoFile:
    account = directory.by_code[platform].compte_sftp or platform.lower()
    return DemoFile(account=account, name=name, content=content, story=story)


def _ordinal(period: Period) -> str:
    return "1er" if period.quarter == 1 else f"{period.quarter}ème"


_MADE_AT = datetime(2005, 4, 18, 9, 0)  # noqa: DTZ001 - the format has no zone


def _workbook(buffer: io.BytesIO) -> xlsxwriter.Workbook:
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    workbook.set_properties({"created": _MADE_AT})
    return workbook


def _write_rows(sheet: Any, rows: Sequence[Row], money: Any, *, first: int) -> None:
    for index, row in enumerate(rows, start=first):
        for column, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(index, column, float(value), money)
            elif isinstance(value, int):
                sheet.write_number(index, column, value)
            elif value is not None:
                sheet.write_string(index, column, str(value))


def bench_directory(platforms: int = 20, members: int = 60) -> Directory:
    """A network as large as asked (at most 199 platforms and 1 998 CIL/CCI) for load tests."""
    total = platforms * members
    if not 0 < platforms < 200 or not 0 < total < 1999:  # noqa: PLR2004 - what the codes can number
        msg = f"cannot number {platforms} platforms of {members} members"
        raise ValueError(msg)
    codes = [f"{'CIL' if index < 999 else 'CCI'}{index % 999 + 1:03d}" for index in range(total)]  # noqa: PLR2004
    organisations = [Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl")]
    adhesions: list[Adhesion] = []
    for number in range(platforms):
        platform = f"PF{number + 1:02d}"
        organisations.append(
            Organisation(
                code=platform,
                type=OrganisationType.PF,
                nom=f"Plate-forme {number + 1}",
                compte_sftp=platform.lower(),
            ),
        )
        for code in codes[number * members : (number + 1) * members]:
            organisations.append(
                Organisation(
                    code=code,
                    type=OrganisationType(code[:3]),
                    nom=f"Membre {code}",
                    departement=f"{_draw_department(code):02d}",
                ),
            )
            adhesions.extend(
                Adhesion(code_cil=code, code_plateforme=platform, service=service, dates=Span()) for service in Service
            )
    return Directory(version=0, organisations=tuple(organisations), adhesions=tuple(adhesions))


def _draw_department(code: str) -> int:
    return (int(code[3:]) * 7) % 19 + 1


def many_files(directory: Directory, period: Period, count: int, rows: int | None = None) -> Iterator[DemoFile]:
    """`count` different N1A deposits, platform after platform; `rows` repeats lines up to that number (for size)."""
    platforms = [one.code for one in directory.organisations if one.type is OrganisationType.PF]
    bodies = {platform: n1a_rows(directory, platform, period) for platform in platforms}
    for number in range(count):
        platform = platforms[number % len(platforms)]
        body = bodies[platform]
        wanted = rows or len(body)
        lines = [body[index % len(body)] for index in range(wanted)]
        head = lines[0]
        # The last figure of the first line makes each file's bytes its own.
        lines[0] = (*head[:3], head[3] + number, *head[4:])
        yield _file(
            directory,
            platform,
            f"N1A_{platform}_{period}_{number:05d}.csv",
            csv_bytes(N1A_COLUMNS, lines),
            "one of many",
        )

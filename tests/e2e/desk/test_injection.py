"""Nothing that others write acts where it is shown: formulas, markup, headers, escapes, lines of a log (contract §12).

And nothing that one platform writes is anywhere where another can read.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.injecting_kit import CANARIES, Day, decisions, drop_day, payloads, register, reply

pytestmark = pytest.mark.slow
OFFICE = shutil.which("soffice")
HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"),
    *("Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence"),
    *("X-Guichet-Event", "X-Guichet-Submission", "Content-Language"),
}


@pytest.fixture(scope="module")
def day(desk_in: Any, network: Path, directory: Any, tmp_path_factory: pytest.TempPathFactory) -> Day:
    desk = desk_in(tmp_path_factory.mktemp("injection"))
    desk.at = "2006-02-10T10:00"
    mailbox = desk.folder / "retours-courrier"
    desk.environment |= {"GUICHET_FIRST_PERIOD": "2005T4", "GUICHET_MAIL_BOUNCES": str(mailbox)}
    for name in ("tmp", "new", "cur"):
        (mailbox / name).mkdir(parents=True)
    for number, refused in enumerate((True, False)):
        desk.drop("uesl", f"annuaire_{number}_=1+1.xlsx", register(network, refused=refused))
    drop_day(desk, directory)
    desk.environment["GUICHET_LOG_FORMAT"] = "json"
    log = desk.run("once").stderr
    desk.drop("uesl", "decisions_<b>.csv", decisions())
    (mailbox / "new" / "1").write_bytes(reply(_a_message(desk), "pf01"))
    desk.at = "2006-02-20T10:00"
    log += desk.run("once").stderr
    shown = {}
    for words in (("publish", "2005T4"), ("publish", "2005"), *_verbs(desk)):
        done = desk.run(*words)
        lines = done.stderr.splitlines(keepends=True)
        log += "".join(one for one in lines if one.startswith("{"))
        shown[" ".join(words)] = done.stdout + "".join(one for one in lines if not one.startswith("{"))
    log += desk.run("once").stderr
    return Day(desk=desk, log=log.splitlines(), shown=shown)


def _a_message(desk: Any) -> str:
    sent = [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "verdict" and "pf01" in str(mail["To"])]
    return str(sent[0]["Message-ID"])


def _verbs(desk: Any) -> Iterator[tuple[str, ...]]:
    """What shows something of what was written."""
    said = payloads("uesl")
    yield from (("submissions",), ("mail", "list"), ("explain", "2005T4", "CIL001"), ("show", said[15]))
    until = ("--until", "2006-03-20", "--reason", said[13], "--by", said[15])
    yield ("deadline", "extend", "PF04", "N1A", "2005T4", *until)
    yield ("anomaly", "raise", "CIL001", "diagnostics_prealables", "2005T4", "--reason", said[14])
    worst = next(one for one in desk.verdicts("pf01") if one["verdict"] == "rejected" and "N1A" in one["file"]["name"])
    copy = desk.folder / "N1A_2005T4_\x1b[31m=1.csv"
    archived = [path for path in (desk.home / "archive").rglob("*") if path.is_file()]
    copy.write_bytes(next(one for one in archived if worst["submission"] in str(one)).read_bytes())
    yield ("check", str(copy), "--as", "pf01")
    yield ("show", worst["submission"])
    yield ("mail", "show", str(max(int(one["id"]) for one in desk.json("mail", "list"))))


def _hidden(text: str) -> set[str]:
    """The signs of a text that act on what shows it, or deceive."""
    return {one for one in text if not one.isprintable()} - set("\u00a0\u202f\n")


def test_the_day_went_as_it_should(day: Day) -> None:
    """Or the rest shows nothing: some accepted, some refused, both tables published, the register changed."""
    outcomes = {one["file"]["name"]: one["verdict"] for a in CANARIES for one in day.desk.verdicts(a)}
    assert outcomes["annuaire_0_=1+1.xlsx"] == "rejected"
    assert outcomes["annuaire_1_=1+1.xlsx"].startswith("accepted")
    assert outcomes["decisions_<b>.csv"].startswith("accepted")
    assert outcomes["N2P_2005.csv"].startswith("accepted")
    assert outcomes["N2I_2005_Serinun.csv"] != "destroyed"
    assert "distributed" in day.shown["publish 2005T4"]
    assert "distributed" in day.shown["publish 2005"]


def test_no_verb_prints_what_a_terminal_obeys(day: Day) -> None:
    assert {words: _hidden(text) for words, text in day.shown.items() if _hidden(text)} == {}
    assert "unexpected" not in "".join(day.shown.values())


def test_the_log_is_one_object_a_line_and_nobody_else_writes_in_it(day: Day) -> None:
    events = [json.loads(line) for line in day.log]
    assert not [one for one in events if one["event"] == "forge" or one["level"] in {"error", "critical"}]
    assert not [line for line in day.log if _hidden(line)]


def _parts(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in mail.walk():
        if part.get_content_maintype() == "text" and not part.is_attachment():
            yield part.get_content_type(), part.get_content()


def test_a_mail_has_our_headers_once_our_recipients_and_nothing_that_acts(day: Day) -> None:
    mails = day.mails()
    assert len(mails) > 50
    for mail in mails:
        assert set(mail.keys()) <= HEADERS, set(mail.keys()) - HEADERS
        assert max(Counter(mail.keys()).values()) == 1
        assert "tous@" not in str(mail["To"])
        assert not [one for one in mail.values() if _hidden(str(one))]
        if mail.get_content_type() == "multipart/mixed" and "message/rfc822" in mail.as_string():
            continue  # what a person wrote, handed on whole
        for kind, text in _parts(mail):
            assert not _hidden(text), mail["Subject"]
            if kind == "text/html":
                assert _page(text) == []


class _Page(HTMLParser):
    """Collects what no page of ours may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"iframe", "object", "embed", "form", "base", "x"} or (tag == "script" and dict(attrs).get("src")):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}")
            if tag in {"img", "link", "script"} and name == "src" and not (value or "").startswith(("data:", "cid:")):
                self.found.append(f"{tag} {name}={value}")
            if name in {"class", "id", "style", "href"} and any(
                mark in (value or "") for mark in ("alert(", "<", "Serin")
            ):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self.get_starttag_text() in {"<script>", "<style>"} and "Serin" in data:
            self.found.append(f"in {self.get_starttag_text()}: {data[:40]}")


def _page(text: str) -> list[str]:
    page = _Page()
    page.feed(text)
    page.close()
    return page.found


def test_pages_hold_no_markup_of_others(day: Day) -> None:
    pages = day.produced(".html")
    assert len(pages) > 15
    assert any("alert(" in path.read_text() for path in pages)
    assert {path.name: _page(path.read_text()) for path in pages if _page(path.read_text())} == {}
    assert {path.name: _hidden(path.read_text()) for path in pages if _hidden(path.read_text())} == {}


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_libreoffice_finds_no_formula_that_we_did_not_mean(day: Day, ending: str, tmp_path: Path) -> None:
    """Every table that we wrote that day, opened."""
    sources = [path for path in day.produced(ending) if not OTHER_TEMPLATE.fullmatch(path.name)]
    assert len(sources) > 3
    for number, path in enumerate(sources):
        shutil.copy(path, tmp_path / f"{number:03d}{ending}")
    filters = ["--infilter=CSV:59,34,76,1"] if ending == ".csv" else []
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [OFFICE or "", "--headless", profile, *filters, "--convert-to", "fods", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, *map(str, sorted(tmp_path.glob(f"*{ending}")))], check=True, capture_output=True, timeout=300
    )
    made = sorted(tmp_path.glob("*.fods"))
    assert len(made) == len(sources)
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    found = set()
    for path in made:
        for cell in ET.parse(path).iter(f"{table}table-cell"):  # noqa: S314 - LibreOffice wrote it
            formula = cell.get(f"{table}formula")
            if formula is not None:
                found.add((sources[int(path.stem)].name, formula))
    found -= {one for one in found if one[0] == "annote.xlsx" and THEIR_FORMULA.fullmatch(one[1])}
    assert {one for one in found if any(mark in one[1] for mark in MARKS)} == set()
    assert {name for name, _formula in found if not TEMPLATE.match(name)} == set()  # those that add up


THEIR_FORMULA = re.compile(r'of:=HYPERLINK\("http://ailleurs.example"[;|]"x"\)')
"""Their own workbook comes back as it was, with what they had in it."""
MARKS = ("ailleurs", "cmd", "alert", "Serin", "1+1", "2+3", "HYPERLINK")
TEMPLATE = re.compile(r"N\d[A-Z]_PF\d\d_2\d")
OTHER_TEMPLATE = re.compile(r"N\d[A-Z]_PF0[2-5]_.*|N\d[A-Z]_PF01_2005T[123].*")


def test_what_a_platform_writes_no_other_can_read(day: Day) -> None:
    """Names of files, sheets, columns, values, comments, incidents: in nobody else's folders nor mails."""
    for account in ("pf01", "pf02"):
        own = CANARIES[account].encode()
        assert any(own in path.read_bytes() for path in day.readable(account))
    for account in ("pf02", "pf03", "pf04", "pf05"):
        for path in day.readable(account):
            assert b"Serinun" not in path.read_bytes(), path
            assert "Serinun" not in str(path)
    assert not [path for path in day.readable("pf01") if b"Serindeux" in path.read_bytes()]
    for mail in day.mails():
        to = str(mail["To"])
        text = mail.as_string() + "".join(content for _kind, content in _parts(mail))
        for account, word in (("pf01", "Serinun"), ("pf02", "Serindeux")):
            if word in text:
                assert f"{account}.example" in to or "uesl.example" in to, (to, mail["Subject"])

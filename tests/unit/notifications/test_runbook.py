"""The runbook: an entry for each alert and each event of the log, and the same ones in French."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifications.incidents import _FOR_THE_ADMINISTRATOR

ROOT = Path(__file__).resolve().parents[3]
ENGLISH, FRENCH = ROOT / "docs" / "runbook.md", ROOT / "docs" / "runbook.fr.md"
WAYS_TO_LOG = {"debug", "info", "warning", "error", "critical", "exception", "log_event", "log_trouble"}
ALERTS, MACHINE, EVENTS, OUTSIDE, WHEN, FILES = range(1, 7)


def sections(path: Path) -> list[str]:
    return re.split(r"^## .*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def codes(path: Path, section: int) -> list[list[str]]:
    """What stands between backquotes in the first column of the section's table, row by row."""
    rows = re.findall(r"^\| (`.*?) \|", sections(path)[section], re.MULTILINE)
    return [re.findall(r"`([^`]+)`", row) for row in rows]


def said(path: Path, section: int) -> set[str]:
    return {code for row in codes(path, section) for code in row}


def logged() -> Iterator[str]:
    """Every event that the code writes to its log, by name."""
    for path in (ROOT / "ingest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and node.args
                and path.stem not in {"doctor", "doctor_ground", "doctor_openssh"}
            ):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                event = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if name in WAYS_TO_LOG and isinstance(event, str) and re.fullmatch(r"[a-z0-9_.]+", event):
                    yield event


def test_each_alert_has_an_entry():
    assert set(_FOR_THE_ADMINISTRATOR) <= said(ENGLISH, ALERTS)


def test_each_event_of_the_log_has_an_entry():
    events = set(logged())
    assert len(events) > 30
    families = {code.removesuffix("*") for code in said(ENGLISH, EVENTS) if code.endswith("*")}
    without = {event for event in events - said(ENGLISH, EVENTS) if not event.startswith(tuple(families))}
    assert not without


def test_each_alert_of_the_machine_has_an_entry():
    scripts = ROOT / "deploy" / "systemd"
    who = re.findall(
        r'^(?:look|\[.* look) .*"([^"$]+)" \|\| status=1$', (scripts / "watch.sh").read_text(), re.MULTILINE
    )
    assert len(who) == 2
    called = [path.name for path in scripts.glob("*.service") if "OnFailure=guichet-alert" in path.read_text()]
    entries = said(ENGLISH, MACHINE)
    assert {f"{one} gives no sign of life" for one in who} <= entries
    assert {"failed: guichet-backup.service", "failed: guichet-accounts.service"} <= {
        f"failed: {name}" for name in called
    }
    assert {"failed: guichet-backup.service", "failed: guichet-accounts.service", "failed:"} <= entries


@pytest.mark.parametrize("section", [ALERTS, MACHINE, EVENTS, OUTSIDE, FILES])
def test_the_french_runbook_has_the_same_entries(section):
    assert codes(ENGLISH, section) == codes(FRENCH, section)
    assert codes(FRENCH, section)


def test_the_french_runbook_answers_the_same_questions():
    def asked(path: Path) -> int:
        return len(re.findall(r"^- \*\*", sections(path)[WHEN], re.MULTILINE))

    assert asked(ENGLISH) == asked(FRENCH) > 10

"""What the fault tests counted, in one table at the end of `make faults`, with what was not done."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

KEY = "fault_counts"
LINES = (
    ("cycles", "runs cut at a system call by SIGKILL, then mended"),
    ("errors", "runs in which a system call failed (no room, a bad disk), then mended"),
    ("cuts_while_mending", "cuts of a service that was mending itself"),
    ("states_restarted", "states of a file from which the service was started again, twice each"),
    ("commits_cut", "PostgreSQL transactions cut, before or during COMMIT"),
    ("corpus_files", "odd and hostile files of the corpus, at once"),
    ("mutants", "files of it spoiled by chance"),
    ("mails", "mails through a relay that fails 30 % of the time"),
    ("relay_failures", "  failures that it made"),
    ("mails_repeated", "  mails that came twice, each counted as an ambiguous cut"),
    ("at_once_files", "files dropped at once"),
    ("at_once_accounts", "  by so many accounts"),
    ("at_once_seconds", "  until all were answered (s)"),
    ("at_once_single_seconds", "  until the single file of another account was (s)"),
    ("at_once_single_mail_seconds", "  until its mail had left (s)"),
    ("at_once_single_work_seconds", "  processor time that the service spent meanwhile (s)"),
    ("at_once_peak_mb", "  memory of the service at its most (MB)"),
    ("at_once_peak_all_mb", "  with its limited processes (MB)"),
)
BAD = ("lost", "doubled", "halved", "crashes", "hangs")
"""Every test of these fails at the first: what is printed here is what was counted before."""
SETTINGS = (
    ("FAULT_CYCLES", "4", "1000", "cuts of each kind"),
    ("FAULT_MUTANTS", "40", "20000", "spoiled files"),
    ("FAULT_MAILS", "100", "20000", "mails through the bad relay"),
    ("FAULT_FILES", "120", "10000", "files at once, by a twentieth, at most 100, of so many accounts"),
)


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Add to the figures of the summary."""

    def add(**figures: int) -> None:
        request.node.user_properties.append((KEY, figures))

    return add


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table."""
    figures: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for key, found in report.user_properties:
                if key == KEY:
                    figures.update(found)
    if not figures:
        return
    write = terminalreporter.write_line
    terminalreporter.section("faults")
    for name, words in LINES:
        if name in figures:
            write(f"{figures[name]:>9,}  {words}")
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    if failed:
        write(f"{failed:>9,}  tests FAILED: something above was lost, doubled, halved, crashed or hung; see there")
    else:
        write("        0  lost, 0 doubled, 0 halved, 0 crashed, 0 hung: exactly one outcome each")
    write("Not done:")
    for line in _not_done(terminalreporter):
        write(f"  - {line}")


def _not_done(reporter: pytest.TerminalReporter) -> list[str]:
    lines = [
        f"{words}: {os.environ.get(name, short)} of the {aim} that `make faults` makes ({name})"
        for name, short, aim, words in SETTINGS
        if int(os.environ.get(name, short)) < int(aim)
    ]
    if not os.environ.get("LONG"):
        lines.append("every single system call, one after the other, on all kinds of deposit (LONG=1, for hours)")
    lines += [f"skipped: {report.nodeid} ({report.longrepr[2]})" for report in reporter.stats.get("skipped", [])]
    lines += [
        "real power cuts (a virtual machine killed): a SIGKILL leaves what was written in the machine's memory",
        "file systems other than the one of the temporary folder; disks that lie about fsync",
        "30 days without a pause; several machines on one inbox",
    ]
    return lines

"""What the fault tests counted, in one table at the end of `make faults`, with what was not done."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.faults.desk import AT, FaultDesk, network_of, quick_folder, scenario
from tests.faults.zygote import Zygotes

KEY = "fault_counts"
LINES = (
    ("kills", "kill cycles: kill -9, then a start that mends everything"),
    ("cycles", "  at a system call"),
    ("postgresql_cycles", "  at a system call, on PostgreSQL"),
    ("cuts_while_mending", "  while it mended itself after a kill"),
    ("random_kills", "  at any moment, while many files waited"),
    ("destructions_killed", "  while something was destroyed"),
    ("all_errors", "runs in which a system call failed (no room, a bad disk; once, or from then on), then mended"),
    ("errors", "  at any call"),
    ("destructions_failed", "  while something was destroyed"),
    ("full_file_systems", "file systems really full, or read-only, then mended"),
    ("meanwhile", "files rewritten, replaced, cut or removed by their depositor at any call of ours"),
    ("states_restarted", "states of a file from which the service was started again, twice each"),
    ("commits_cut", "PostgreSQL transactions cut, before or during COMMIT"),
    ("sessions_ended", "  and sessions ended by the server, at any call"),
    ("corpus_files", "odd and hostile files of the corpus, at once"),
    ("corpus_files_one_by_one", "  and one by one, with a pass for each"),
    ("corpus_files_watched", "of them read with every file that is opened, and every network, looked at"),
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
    ("outcomes", "files in all, each with what became of it, its bytes, its rows and its mails"),
)
KILLS = ("cycles", "cuts_while_mending", "postgresql_cycles", "random_kills", "destructions_killed")
ERRORS = ("errors", "destructions_failed")
SETTINGS = (
    ("FAULT_CYCLES", "4", "600", "kills at a call, the others in proportion"),
    ("FAULT_MUTANTS", "40", "20000", "spoiled files"),
    ("FAULT_MAILS", "100", "20000", "mails through the bad relay"),
    ("FAULT_FILES", "120", "10000", "files at once, by a twentieth, at most 100, of so many accounts"),
)


@pytest.fixture(scope="module")
def quick() -> Iterator[Path]:
    """A folder in memory."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def zygotes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygotes]:
    """For forks that cost little: this process has done all once that a service does, and none starts an interpreter.

    Imports, templates, the model of the database are in the parent's memory; nothing that a service has written is.
    """
    folder = tmp_path_factory.mktemp("warm")
    before = structlog.get_config()
    with Zygotes() as made:
        network, directory = network_of(folder / "network")
        desk = FaultDesk(folder / "desk")
        desk.folder.mkdir()
        desk.found(network, scenario(directory))
        try:
            assert desk._pass(AT, tables=False, busy=False) == 0
        finally:
            structlog.configure(**before)
        shutil.rmtree(folder)
        gc.collect()
        gc.freeze()  # else each fork copies what it looks at to find garbage
        yield made
        gc.unfreeze()


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
    figures["kills"], figures["all_errors"] = (sum(figures[one] for one in group) for group in (KILLS, ERRORS))
    write = terminalreporter.write_line
    terminalreporter.section("faults")
    for name, words in LINES:
        if figures[name]:
            write(f"{figures[name]:>9,}  {words}")
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    if failed:
        write(f"{failed:>9,}  tests FAILED: something was lost, doubled, halved, crashed or hung; see there")
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
        "file systems other than that of the temporary folder and the memory's; disks that lie about fsync",
        "30 days without a pause; several machines on one inbox are killed in tests/e2e/desk/test_machines.py",
    ]
    return lines

"""Kills a verb at its N-th change of the disk, N = 1, 2… until a run is untouched; then lets it run to its end.

A script: it imports the program once and forks for each cycle. `python backup_kit.py STEP WORDS…`, in the desk's
folder; after each kill it runs the shell command of the environment's AFTER_KILL (which must succeed), then the same
words again (which must succeed), then CLEAN. Prints the number of kills.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib import import_module

from ingest.cli import main
from ingest.cli.parser import build_parser  # noqa: F401 - imported before the forks

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod", "os.truncate"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def child(words: list[str], kill_at: int) -> None:
    """Run the verb, and die at its `kill_at`-th change of the disk."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if writes or event in CHANGES:
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    if kill_at:
        sys.addaudithook(watch)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - short
        os.dup2(nowhere.fileno(), 1)
    os._exit(main(words))


def run(words: list[str], kill_at: int) -> int:
    """The status of one run: negative when it was killed."""
    pid = os.fork()
    if pid == 0:
        child(words, kill_at)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def shell(name: str) -> None:
    """A command of the environment, which must succeed."""
    subprocess.run(["bash", "-euc", os.environ[name]], check=True)


def cycles(step: int, words: list[str]) -> int:
    """How many kills it took until a run was untouched."""
    kills, at = 0, 1
    while True:
        status = run(words, at)
        if status == 0:
            return kills
        assert status == -signal.SIGKILL, (status, at)
        kills += 1
        shell("AFTER_KILL")
        assert run(words, 0) == 0, at
        shell("CLEAN")
        at += step


if __name__ == "__main__":
    for name in ("backing_up.making", "backing_up.restoring", "cli.safekeeping", "retention"):
        import_module(f"ingest.{name}")  # before the forks: each cycle then costs its own work only
    sys.stdout.write(f"{cycles(int(sys.argv[1]), sys.argv[2:])}\n")

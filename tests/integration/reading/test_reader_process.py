"""Whatever happens to the child, the file gets one outcome and the reader goes on."""

import os
import platform
import resource
import signal
import sys
import threading
import time
from ast import literal_eval
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from domain.errors import Park, Retry, TryApart
from ingest.limited.client import Turn
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, ReadOutcome, Unreadable, UnreadableReason, Vocabulary

LIMITS = ReadingLimits(cpu_seconds=2, wall_seconds=3.0, memory_bytes=512 << 20)
# A reading process whose reader does what the depositor's file name says, before it reads.
MISBEHAVING = """
import ctypes, os, resource, sys, time
sys.path.insert(0, ROOT)
from ingest.reading import server
from ingest.reading.files import read_file

def escapes(path, folder):
    import platform, socket, subprocess, threading
    libc, parent, info = ctypes.CDLL(None), os.getppid(), ctypes.create_string_buffer(128)
    column = platform.machine() == "aarch64"
    numbers = {"tgkill": (234, 131)[column], "rt_sigqueueinfo": (129, 138)[column]}
    tries = {
        "internet": lambda: socket.socket(socket.AF_INET),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "pair": socket.socketpair,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": lambda: os.fork() or os._exit(0),
        "server": lambda: os.kill(os.getppid(), 0),
        "signal to a thread of the server": lambda: 1 / (libc.syscall(numbers["tgkill"], parent, parent, 0) + 1),
        "queued signal": lambda: 1 / (libc.syscall(numbers["rt_sigqueueinfo"], parent, 0, info) + 1),
        "limits of the server": lambda: resource.prlimit(parent, resource.RLIMIT_CPU),
        "share of the server": lambda: os.setpriority(os.PRIO_PROCESS, parent, 5),
        "memory that is not counted": lambda: os.memfd_create("x"),
        "rights of the file": lambda: os.chmod(path, 0o666),
        "a folder in its folder": lambda: (folder / "deep").mkdir(),
        "instant of the file": lambda: os.utime(path),
        "trace": lambda: 1 / (ctypes.CDLL(None).ptrace(0, 0, 0, 0) + 1),
        "passwords": lambda: open("/etc/passwd"),
        "neighbour": lambda: open(folder.parent / "neighbour"),
        "environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").read(),
        "memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
        "write beside": lambda: (folder.parent / "beside").touch(),
        "write the file": lambda: open(path, "r+b"),
        "remove the file": lambda: os.unlink(path),
        "link": lambda: os.link(path, folder / "link"),
        "through a link": lambda: os.symlink("/etc/passwd", folder / "link") or (folder / "link").read_bytes(),
        "device": lambda: os.mknod(folder / "device", 0o20600, 0x101),
        # what it needs goes on working
        "its file": lambda: path.read_bytes(),
        "its folder": lambda: (folder / "x").write_text("x") and os.rename(folder / "x", folder / "y"),
        "a library": lambda: __import__("wave"),
        "a thread": lambda: threading.Thread(target=print).start(),
        "its own limits": lambda: resource.prlimit(0, resource.RLIMIT_CPU) and resource.prlimit(os.getpid(), 0),
    }
    done = set()
    for what, attempt in tries.items():
        try:
            attempt()
            done.add(what)
        except Exception:
            pass
    return sorted(done)

def read(path, name, folder, vocabulary, limits):
    what = name.partition(".")[0]
    if what == "abort":
        os.abort()
    if what == "segfault":
        ctypes.string_at(0)
    if what == "spin":
        while True:
            pass
    if what == "sleep":
        time.sleep(60)
    if what == "allocate":
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))
    if what == "rust":
        os.write(2, b"memory allocation of 1073741824 bytes failed")
        os.abort()
    if what == "bug":
        raise ZeroDivisionError("secret content")
    if what == "disk":
        raise OSError(28, "No space left on device")
    if what == "exit":
        os._exit(0)
    if what == "lie":
        (folder / "meta.json").write_bytes(b'{"schema": 1}')
        os._exit(0)
    if what == "flood":
        os.write(2, b"x" * 10)
        for _ in range(100_000):
            try:
                os.write(2, b"x" * 1000)
            except BlockingIOError:
                break
        raise ValueError
    if what == "server" and not (folder.parent / "killed").exists():
        (folder / "here").touch()
        time.sleep(60)
    if what == "escape":
        (folder / "escapes").write_text(repr(escapes(path, folder)))
    if what == "greedy":
        open("/etc/passwd")
    if what == "look":
        facts = {
            "environment": sorted(os.environ),
            "descriptors": sorted(os.listdir("/proc/self/fd")),
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "privileges": [l for l in open("/proc/self/status") if l.startswith("NoNewPrivs")],
            "network": os.readlink("/proc/self/ns/net"),
            "pandas": sys.modules.get("pandas") is not None,
        }
        (folder / "facts").write_text(repr(facts))
    return read_file(path, name, folder, vocabulary, limits)

sys.exit(server.main(read=read))
"""


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    script = tmp_path_factory.mktemp("script") / "server.py"
    root = str(Path(__file__).parents[3])
    script.write_text(MISBEHAVING.replace("ROOT", repr(root)), encoding="utf-8")
    with Reader(LIMITS, command=(sys.executable, str(script))) as reader:
        yield reader


def ask(reader: Reader, workdir: Path, name: str) -> ReadOutcome:
    path = workdir.parent / "spooled"
    path.write_bytes(b"a;b\n1;2\n")
    return reader.read(path, name=name, workdir=workdir, vocabulary=Vocabulary())


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("abort", UnreadableReason.CRASHED),
        ("segfault", UnreadableReason.CRASHED),
        ("spin", UnreadableReason.TIME_LIMIT),
        ("sleep", UnreadableReason.TIME_LIMIT),
        ("allocate", UnreadableReason.MEMORY_LIMIT),
        ("rust", UnreadableReason.MEMORY_LIMIT),
        ("bug", UnreadableReason.CRASHED),
        ("exit", UnreadableReason.CRASHED),
        ("lie", UnreadableReason.CRASHED),
        ("flood", UnreadableReason.CRASHED),
    ],
)
def test_a_child_that_fails_gives_one_outcome_and_the_next_file_is_read(
    misbehaving: Reader,
    workdir: Path,
    what: str,
    reason: UnreadableReason,
) -> None:
    outcome = ask(misbehaving, workdir, f"{what}.csv")
    assert isinstance(outcome, Unreadable)
    assert outcome.reason is reason
    assert isinstance(ask(misbehaving, workdir, "good.csv"), RawFile)


@pytest.mark.parametrize("turn", [Turn.QUICK, Turn.FIRST])
def test_on_a_first_try_nothing_is_said_yet_of_what_kills_the_child(
    misbehaving: Reader, workdir: Path, turn: Turn
) -> None:
    with misbehaving.turn(turn):
        for what in ("abort", "allocate"):
            with pytest.raises(TryApart):
                ask(misbehaving, workdir, f"{what}.csv")
        assert isinstance(ask(misbehaving, workdir, "good.csv"), RawFile)


@pytest.mark.parametrize(("turn", "tries"), [(Turn.QUICK, 1), (Turn.FIRST, 1), (Turn.LAST, 1), (Turn.ALONE, 2)])
def test_a_file_that_somebody_comes_back_to_is_tried_once_at_a_time(
    misbehaving: Reader, workdir: Path, monkeypatch: pytest.MonkeyPatch, turn: Turn, tries: int
) -> None:
    asked: list[object] = []
    ask_child = misbehaving._ask
    monkeypatch.setattr(misbehaving, "_ask", lambda document: asked.append(document["name"]) or ask_child(document))
    with misbehaving.turn(turn), suppress(TryApart):
        outcome = ask(misbehaving, workdir, "abort.csv")
        assert isinstance(outcome, Unreadable)
    assert asked == ["abort.csv"] * tries


def test_our_bug_is_told_to_the_log_without_a_word_of_the_file(misbehaving: Reader, workdir: Path) -> None:
    outcome = ask(misbehaving, workdir, "bug.csv")
    assert misbehaving.last_usage is not None
    assert "ZeroDivisionError" in misbehaving.last_usage.last_words
    assert "secret" not in misbehaving.last_usage.last_words + str(outcome)


def test_a_failure_of_our_disk_is_not_the_fault_of_the_file(misbehaving: Reader, workdir: Path) -> None:
    with pytest.raises(Retry):
        ask(misbehaving, workdir, "disk.csv")


def test_a_file_that_is_not_there_is_our_fault(misbehaving: Reader, workdir: Path) -> None:
    with pytest.raises(Retry):
        misbehaving.read(workdir / "nowhere", name="x.csv", workdir=workdir, vocabulary=Vocabulary())


def test_a_server_that_dies_in_mid_file_is_started_again(misbehaving: Reader, workdir: Path) -> None:
    def kill() -> None:
        ends = time.monotonic() + 30
        while not (workdir / "here").exists():
            assert time.monotonic() < ends
            time.sleep(0.01)
        (workdir.parent / "killed").touch()
        assert misbehaving._process is not None
        misbehaving._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    assert isinstance(ask(misbehaving, workdir, "server.csv"), RawFile)
    killer.join()


MANY_FILES = 1_100
NEEDED = {"its file", "its folder", "a library", "a thread", "its own limits"}
OF_THE_FILTER_ALONE = {
    "signal to a thread of the server",
    "queued signal",
    "limits of the server",
    "share of the server",
    "memory that is not counted",
    "rights of the file",
    "instant of the file",
    "a folder in its folder",
}


def test_the_child_reaches_nothing_but_its_file_and_its_folder(misbehaving: Reader, workdir: Path) -> None:
    (workdir.parent / "neighbour").write_bytes(b"of another account")
    ask(misbehaving, workdir, "escape.csv")
    done = set(literal_eval((workdir / "escapes").read_text(encoding="utf-8")))
    assert misbehaving.last_usage is not None
    fences = misbehaving.last_usage.fences
    allowed = set(NEEDED)
    if not fences.calls:
        allowed |= {"unix", "pair", "program", "fork", "server", "link", "device"} | OF_THE_FILTER_ALONE
        allowed |= {"trace", *(() if fences.network else ("internet",))}
    if not fences.files:
        allowed |= {
            "passwords",
            "neighbour",
            "environment",
            "memory",
            "through a link",
            "write beside",
            "write the file",
        }
        allowed |= {"remove the file", "link", "device"}
    assert NEEDED <= done <= allowed


@pytest.mark.skipif(platform.system() != "Linux", reason="the fences are the Linux kernel's")
def test_the_filter_of_calls_stands_on_the_machines_that_we_know(misbehaving: Reader, workdir: Path) -> None:
    ask(misbehaving, workdir, "good.csv")
    assert misbehaving.last_usage is not None
    if platform.machine() not in {"x86_64", "aarch64"}:
        pytest.skip("no filter for this machine")
    assert misbehaving.last_usage.fences.calls


def test_a_fence_in_the_way_is_not_taken_for_a_fault_of_our_disk(misbehaving: Reader, workdir: Path) -> None:
    """It would be tried for ever."""
    ask(misbehaving, workdir, "good.csv")
    assert misbehaving.last_usage is not None
    if not misbehaving.last_usage.fences.files:
        pytest.skip("this kernel does not confine files (Landlock)")
    outcome = ask(misbehaving, workdir, "greedy.csv")
    assert isinstance(outcome, Unreadable)
    assert outcome.reason is UnreadableReason.CRASHED


def test_a_server_killed_between_two_files_is_started_again(reader: Reader, workdir: Path) -> None:
    ask(reader, workdir, "one.csv")
    process = reader._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert isinstance(ask(reader, workdir, "two.csv"), RawFile)


def test_the_child_has_no_secret_no_descriptor_and_no_pandas(
    misbehaving: Reader,
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUICHET_MAIL_URL", "smtp://user:secret@example.org")
    misbehaving.close()
    ask(misbehaving, workdir, "look.csv")
    facts = eval((workdir / "facts").read_text(encoding="utf-8"))  # noqa: S307 - our own child's repr
    assert not [name for name in facts["environment"] if "GUICHET" in name]
    assert len(facts["descriptors"]) <= 3
    assert facts["core"] == (0, 0)
    assert facts["privileges"] == ["NoNewPrivs:\t1\n"]
    assert facts["pandas"] is False
    assert misbehaving.last_usage is not None
    fences = misbehaving.last_usage.fences
    assert (facts["network"] != str(Path("/proc/self/ns/net").readlink())) is fences.network


def test_the_child_has_no_descriptor_of_a_service_that_has_many(misbehaving: Reader, workdir: Path) -> None:
    """The line to the service then has a high number; whoever takes the child over could answer in its place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY_FILES + 200:
        pytest.skip("this machine gives no process so many descriptors")
    misbehaving.close()
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY_FILES + 200), hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(MANY_FILES):
            stack.enter_context(Path(os.devnull).open("rb"))
        ask(misbehaving, workdir, "look.csv")
        misbehaving.close()
    facts = literal_eval((workdir / "facts").read_text(encoding="utf-8"))
    assert len(facts["descriptors"]) <= 3


def test_the_server_ends_when_the_service_closes_its_end(workdir: Path) -> None:
    reader = Reader(LIMITS)
    ask(reader, workdir, "x.csv")
    process = reader._process
    assert process is not None
    reader.close()
    assert process.returncode == 0


def test_the_child_ends_with_the_service_in_mid_file(misbehaving: Reader, workdir: Path) -> None:
    """A service that is killed leaves nobody behind: its end of the socket closes."""
    ask(misbehaving, workdir, "good.csv")
    process, connection = misbehaving._process, misbehaving._connection
    assert process is not None
    assert connection is not None
    waiting = threading.Thread(target=ask, args=(misbehaving, workdir, "sleep.csv"))
    waiting.start()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    ends = time.monotonic() + 30
    while not children.read_text(encoding="ascii"):  # the next child is forked once the answer has left
        assert time.monotonic() < ends
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    waiting.join(30)
    assert not waiting.is_alive()


def test_interrupting_the_service_does_not_interrupt_the_file_in_hand(reader: Reader, workdir: Path) -> None:
    ask(reader, workdir, "x.csv")
    process = reader._process
    assert process is not None
    process.send_signal(signal.SIGINT)
    assert isinstance(ask(reader, workdir, "x.csv"), RawFile)
    assert reader._process is process


def test_one_reader_serves_many_threads_one_file_at_a_time(reader: Reader, tmp_path: Path) -> None:
    found: list[ReadOutcome] = []

    def work(number: int) -> None:
        folder = tmp_path / str(number)
        (folder / "work").mkdir(parents=True)
        found.append(ask(reader, folder / "work", f"{number}.csv"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in found] == [RawFile] * 8


def test_a_reading_process_that_cannot_start_parks_the_file(workdir: Path) -> None:
    with Reader(LIMITS, command=("/nonexistent/python",)) as reader, pytest.raises(Park):
        ask(reader, workdir, "x.csv")


def test_a_new_vocabulary_reaches_the_child(reader: Reader, tmp_path: Path, workdir: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"b|a,b|c\n1|2,3|4\n")
    separators = []
    for header in ("a,b", "b", "c,d"):
        words = Vocabulary(words=frozenset({"c", "a"}) if header == "b" else frozenset({"b_c"}))
        outcome = reader.read(path, name="x.csv", workdir=workdir, vocabulary=words)
        assert isinstance(outcome, RawFile)
        separators.append(outcome.separator)
    assert separators == [",", "|", ","]

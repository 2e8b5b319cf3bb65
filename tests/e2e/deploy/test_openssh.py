"""OpenSSH as shipped: a deposit through its chroot, and nothing by any other way (contract §6, §12)."""

from __future__ import annotations

import json
import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files
from ingest.demo.network_files import write_network
from ingest.register.reading import directory_of_folder

T1 = Period(2005, 1)
BIG_BYTES = 20_000_000
SLOWLY = ("-l", "4000")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> files.DemoFile:
    return files.good_csv(directory_of_folder(write_network(tmp_path_factory.mktemp("network"))), "PF03", T1)


def verdict_by_sftp(machine: Any, account: str, key: str, number: str) -> dict[str, Any]:
    """The answer to the deposit of that number, as its depositor fetches it."""
    fetched = machine.private / f"{number}.json"
    done = machine.sftp(account, key, f"get retours/{number}/verdict.json {fetched}")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(fetched.read_text())
    return document


def test_a_deposit_is_judged_and_its_answer_can_be_read(machine, good, given_up):
    assert given_up.exists()
    sent = machine.private / good.name
    sent.write_bytes(good.content)
    sent.chmod(0o600)  # clients send the rights of their own file
    done = machine.sftp(machine.one, "a", f"put {sent} depot/{good.name}")
    assert done.returncode == 0, (done.stderr, machine.log())
    number = machine.wait_for("the verdict", lambda: machine.answered(machine.one, good.name))
    verdict = verdict_by_sftp(machine, machine.one, "a", number)
    assert verdict["verdict"] in {"accepted", "accepted_with_warnings"}, verdict
    assert json.loads(machine.guichet("show", number, "--format", "json"))[0]["proof"] == "sftp_close"
    assert machine.sftp(machine.one, "a", "get retours/situation.html").returncode == 0
    assert machine.sftp(machine.one, "a", "rm retours/situation.html").returncode == 1
    assert machine.sftp(machine.one, "a", f"put {sent} retours/x.csv").returncode == 1


def test_no_account_reaches_another_nor_anything_of_ours(machine):
    secret = machine.inbox / machine.two / "depot" / ".secret-of-two.part"
    secret.write_text("canary-of-two")
    mine = machine.private / "mine.txt"
    mine.write_text("mine")
    before = _tree(machine)
    two = f"{machine.two}/depot"
    for where in (
        f"/{two}",
        f"../{two}",
        f"/../{two}",
        f"/../../../..{machine.inbox}/{two}",
        f"../../..{machine.inbox}/{two}",
        f"depot/../../{two}",
        f"{machine.inbox}/{two}",
        f"/proc/1/root{machine.inbox}/{two}",
    ):
        target = f"{where}/{secret.name}"
        refused(
            machine,
            f"get {target} stolen",
            f"ls -la {target}",
            f"ls -la {where}",
            f"cd {where}",
            f"put {mine} {where}/planted.csv",
            f"rename {target} depot/taken.csv",
            f"rm {target}",
            f"chmod 777 {target}",
            f"mkdir {where}/folder",
            f"symlink {target} depot/link.csv",
            f"ln {target} depot/hard.csv",
        )
    refused(
        machine,
        "symlink /etc/passwd depot/l.csv",
        "symlink ../../.. depot/l",
        "mkdir depot/folder",
        "mkdir x",
        "rmdir depot",
        "rm dev/log",
        "rename depot old",
        f"put {mine} x.csv",
        f"put {mine} dev/x",
        "chmod 777 depot",
        "chmod 777 /",
        "get /etc/passwd stolen",
        "get dev/log stolen",
        "ls .guichet",
        "ls /../.guichet",
        "ls dev",
        "rename dev/log depot/log.csv",
    )
    listed = machine.sftp(machine.one, "a", "ls -1a /..").stdout.split("\n")[1:]
    assert {posixpath.basename(each) for each in listed} - {""} == {
        *".",
        "..",
        "depot",
        "essai",
        "retours",
        "diffusion",
        "dev",
    }
    assert _tree(machine) == before
    assert not (machine.private / "stolen").exists()
    secret.unlink()


def refused(machine: Any, *lines: str) -> None:
    """Each line says its refusal, of its own, and none stops those that follow."""
    done = machine.sftp(machine.one, "a", *(f"-{line}" for line in lines), "ls -1 depot")
    assert done.returncode == 0, done.stderr
    assert "canary-of-two" not in done.stdout + done.stderr
    words = [each for each in done.stderr.splitlines() if each]
    assert len(words) == len(lines), f"{done.stdout}\n{done.stderr}"


def _tree(machine: Any) -> dict[str, tuple[int, int, int]]:
    """Every name in both accounts' own folders, with rights, owner and size."""
    found = {}
    for account in (machine.one, machine.two):
        for box in (".", "depot", "essai", "dev"):
            for path in (machine.inbox / account / box).iterdir():
                about = path.lstat()
                size = about.st_size if path.is_file() else 0
                found[str(path)] = (about.st_mode, about.st_uid, size)
    return found


def test_there_is_no_shell_no_tunnel_no_password(machine):
    ssh = ["ssh", *machine.sftp_words(machine.one, "a")[1:-1]]
    ssh[ssh.index("-P")] = "-p"
    for more in ([f"{machine.one}@127.0.0.1", "id"], ["-tt", f"{machine.one}@127.0.0.1"]):
        done = subprocess.run(
            [*ssh, *more], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=machine.patience
        )
        assert b"uid=" not in done.stdout
        assert b"$" not in done.stdout
    tunnel = [*ssh, "-W", f"127.0.0.1:{machine.port}", f"{machine.one}@127.0.0.1"]
    done = subprocess.run(tunnel, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=machine.patience)
    assert b"SSH-" not in done.stdout
    without = [*ssh, "-o", "PubkeyAuthentication=no", "-v", "-o", "LogLevel=DEBUG1", f"{machine.one}@127.0.0.1"]
    done = subprocess.run(without, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=machine.patience)
    assert done.returncode != 0
    assert b"can continue: publickey\r" in done.stderr or b"(publickey)" in done.stderr


def cut_upload(machine: Any, good: files.DemoFile, name: str) -> Path:
    """What a client leaves that is killed in mid-upload, having sent all that counts; sshd has said so."""
    sent = machine.private / name
    sent.write_bytes(good.content + b"\n" * (BIG_BYTES - len(good.content)))
    before = machine.log().count("openssh.cut")
    client = subprocess.Popen(
        machine.sftp_words(machine.one, "a", *SLOWLY, "-b", "-"), stdin=subprocess.PIPE, cwd=machine.private
    )
    cut: Path = machine.inbox / machine.one / "depot" / name
    with client, suppress(BrokenPipeError):
        try:
            assert client.stdin is not None
            client.stdin.write(f"put {sent} depot/{name}\n".encode())
            client.stdin.flush()
            machine.wait_for("the upload", lambda: cut.exists() and cut.stat().st_size > len(good.content))
        finally:
            client.kill()
    machine.wait_for("the forced close", lambda: machine.log().count("openssh.cut") > before)
    assert cut.stat().st_size < BIG_BYTES
    return cut


@pytest.fixture(scope="module")
def given_up(machine, good):
    """Cut at the beginning: once it has kept still for `unfinished_minutes` (one, here) its depositor is told."""
    return cut_upload(machine, good, f"given_up_{good.name}")


def test_a_client_that_vanishes_has_deposited_nothing(machine, good):
    name = f"cut_{good.name}"
    sent = machine.private / name
    cut = cut_upload(machine, good, name)

    other = machine.private / f"later_{good.name}"  # dropped later, judged: the cut one had longer to be taken
    other.write_bytes(good.content)
    assert machine.sftp(machine.one, "a", f"put {other} essai/{other.name}").returncode == 0
    machine.wait_for("the later one", lambda: machine.answered(machine.one, other.name))
    assert cut.exists()
    assert machine.answered(machine.one, name) is None

    sent.write_bytes(good.content)  # sent again, whole: now it is one
    assert machine.sftp(machine.one, "a", f"put {sent} depot/{name}").returncode == 0
    machine.wait_for("the whole one", lambda: machine.answered(machine.one, name))


def test_a_key_that_is_removed_lets_nobody_in_and_ends_its_sessions(machine):
    assert machine.sftp(machine.two, "b", "ls").returncode == 0
    machine.guichet("account", "key", machine.two, "a.pub")
    machine.sync()
    assert machine.sftp(machine.two, "a", "ls").returncode == 0

    with live_session(machine, machine.two, "b") as session:
        remove_key(machine, machine.two)
        machine.sync()
        said, _ = session.communicate(b"ls -1 depot\n", timeout=machine.patience)  # the client notices when it asks
        assert session.returncode != 0, said
    assert machine.sftp(machine.two, "b", "ls").returncode != 0
    assert machine.sftp(machine.two, "a", "ls").returncode == 0

    machine.guichet("account", "disable", machine.two)
    machine.sync()
    assert machine.sftp(machine.two, "a", "ls").returncode != 0
    assert (machine.inbox / machine.two / "depot").is_dir()
    machine.guichet("account", "add", machine.two)
    machine.sync()
    assert machine.sftp(machine.two, "a", "ls").returncode == 0

    remove_key(machine, machine.two)  # back to its own key, for the tests that come after
    machine.guichet("account", "key", machine.two, f"{machine.two}.pub")
    machine.sync()
    assert machine.sftp(machine.two, "a", "ls").returncode != 0
    assert machine.sftp(machine.two, "b", "ls").returncode == 0


def remove_key(machine: Any, account: str) -> None:
    """The first of its keys."""
    rows = json.loads(machine.guichet("account", "list", "--format", "json"))
    fingerprint = next(row for row in rows if row["account"] == account)["fingerprints"][0]
    machine.guichet("account", "key", account, "--remove", fingerprint)


@contextmanager
def live_session(machine: Any, account: str, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """A client that is in, and waits for its user."""
    words = machine.sftp_words(account, key)
    client = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=machine.private
    )
    with client:
        try:
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdin.write(b"ls\n")
            client.stdin.flush()
            while b"retours" not in client.stdout.readline():
                assert client.poll() is None
            yield client
        finally:
            client.kill()


def test_a_user_of_the_machine_is_not_taken_over(machine):
    machine.guichet("account", "add", "daemon")
    with machine.users_are_ours_alone():
        before = Path("/etc/passwd").stat().st_mtime_ns
        with pytest.raises(AssertionError, match="not ours"):
            machine.sync()
        assert Path("/etc/passwd").stat().st_mtime_ns == before
    assert not (machine.keys / "daemon").exists()
    machine.guichet("account", "disable", "daemon")
    machine.sync()


def test_doctor_sees_what_sshd_needs(machine):
    rows = json.loads(machine.guichet_whatever("doctor", "--format", "json"))
    found = [(row["health"], row["detail"]) for row in rows if row["check"] == "openssh"]
    assert ("ok", "sshd's log is heard") in found, found
    assert all("daemon" in detail for health, detail in found if health != "ok"), found


def test_what_a_client_left_is_told_to_its_depositor_once_and_never_judged(machine, given_up):
    """`forced close` alone tells it: nobody writes to the file any more, and its bytes look whole."""

    def told() -> list[dict[str, Any]]:
        rows = json.loads(machine.guichet("mail", "list", "--format", "json"))
        return [row for row in rows if "inachevé" in row["subject"] and given_up.name in row["subject"]]

    mails = machine.wait_for("the answer to what was given up", told)
    assert len({row["recipient"] for row in mails}) == len(mails)
    assert given_up.exists()
    assert machine.answered(machine.one, given_up.name) is None
    given_up.unlink()

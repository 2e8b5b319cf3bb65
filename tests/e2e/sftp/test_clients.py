"""What each real client drops arrives byte for byte, once, with the proof of its close."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from domain.clock import SystemClock

Send = Callable[[Any, Path, str], None]


def by_sftp(desk: Any, path: Path, name: str) -> None:
    done = desk.sftp(f"put {path} depot/{name}")
    assert done.returncode == 0, done.stderr


def by_sftp_preserving(desk: Any, path: Path, name: str) -> None:
    os.utime(path, (0, 0))
    done = desk.sftp(f"put -p {path} depot/{name}")
    assert done.returncode == 0, done.stderr


def by_scp(desk: Any, path: Path, name: str) -> None:
    done = desk.run(["scp", *desk.ssh_options, "-P", str(desk.port), str(path), f"pf01@127.0.0.1:/depot/{name}"])
    assert done.returncode == 0, done.stderr


def by_old_scp(desk: Any, path: Path, name: str) -> None:
    done = desk.run(["scp", "-O", *desk.ssh_options, "-P", str(desk.port), str(path), f"pf01@127.0.0.1:/depot/{name}"])
    assert done.returncode == 0, done.stderr


def lftp(desk: Any, *commands: str) -> None:
    ssh = " ".join(["ssh", "-a", "-x", *desk.ssh_options])
    script = "; ".join(
        [
            "set net:max-retries 2",
            "set cmd:fail-exit yes",
            f'set sftp:connect-program "{ssh}"',
            f"open -u pf01,unused -p {desk.port} sftp://127.0.0.1",
            *commands,
        ]
    )
    done = desk.run(["lftp", "-c", script])
    assert done.returncode == 0, done.stderr


def by_lftp(desk: Any, path: Path, name: str) -> None:
    lftp(desk, f"put -O depot {path} -o {name}")


def by_lftp_temporary(desk: Any, path: Path, name: str) -> None:
    lftp(desk, "set xfer:use-temp-file yes", f"put -O depot {path} -o {name}")


def by_curl(desk: Any, path: Path, name: str) -> None:
    user = f"pf01:{desk.password}"
    done = desk.run(["curl", "-sS", "-k", "-u", user, "-T", str(path), f"sftp://127.0.0.1:{desk.port}/depot/{name}"])
    assert done.returncode == 0, done.stderr


def by_rclone(desk: Any, path: Path, name: str) -> None:
    remote = f":sftp,host=127.0.0.1,port={desk.port},user=pf01,key_file={desk.key}:depot/{name}"
    done = desk.run(
        ["rclone", "--config", "/dev/null", "--retries", "1", "copyto", "--ignore-times", str(path), remote]
    )
    assert done.returncode == 0, done.stderr


def by_asyncssh(desk: Any, path: Path, name: str) -> None:
    async def put() -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1", desk.port, username="pf01", client_keys=[str(desk.key)], known_hosts=None, config=None
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            await client.put(str(path), f"depot/{name}")

    asyncio.run(put())


def by_paramiko(desk: Any, path: Path, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, at import
        import paramiko  # noqa: PLC0415
    transport = paramiko.Transport(("127.0.0.1", desk.port))
    try:
        transport.connect(username="pf01", password=desk.password)
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        client.put(str(path), f"/depot/{name}")  # looks at the size once more after the close
    finally:
        transport.close()
        transport.join(10)


CLIENTS: dict[str, tuple[str, Send]] = {
    "sftp": ("sftp", by_sftp),
    "sftp-p": ("sftp", by_sftp_preserving),
    "scp": ("scp", by_scp),
    "scp-O": ("scp", by_old_scp),
    "lftp": ("lftp", by_lftp),
    "lftp-temporary": ("lftp", by_lftp_temporary),
    "curl": ("curl", by_curl),
    "rclone": ("rclone", by_rclone),
    "asyncssh": ("ssh-keygen", by_asyncssh),
    "paramiko": ("ssh-keygen", by_paramiko),
}


@pytest.fixture(params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest, desk: Any, need: Callable[[str], None]) -> tuple[str, Send]:
    program, send = CLIENTS[request.param]
    need(program)
    if request.param == "curl" and "sftp" not in desk.run(["curl", "--version"]).stdout:
        pytest.skip("this curl cannot do sftp")
    return request.param, send


@pytest.mark.parametrize("size", [0, 1, 1_000, 40_000, 3_000_001])
def test_what_is_sent_is_deposited_with_its_close_recorded(desk: Any, client: tuple[str, Send], size: int) -> None:
    label, send = client
    path = desk.payload(f"envoi-{label}", size)
    content = path.read_bytes()
    before = SystemClock().now()
    send(desk, path, f"{label}-{size}.csv")
    after = SystemClock().now()

    arrived = desk.depot() / f"{label}-{size}.csv"
    assert arrived.read_bytes() == content
    found = arrived.lstat()
    assert found.st_mode & 0o777 == 0o640
    assert found.st_nlink == 1
    assert before - timedelta(minutes=1) < datetime.fromtimestamp(found.st_mtime, tz=UTC)
    record = desk.record(arrived)
    assert record is not None
    assert (record.account, record.folder, record.size) == ("pf01", "depot", size)
    assert record.name == arrived.name
    assert before <= record.closed_at <= after
    assert desk.unfinished(arrived.name.encode()) is None


def test_a_shorter_file_over_a_longer_one_has_the_right_size(desk: Any, client: tuple[str, Send]) -> None:
    label, send = client
    name = f"{label}-deux-fois.csv"
    send(desk, desk.payload("long", 40_000), name)
    former = (desk.depot() / name).lstat()
    path = desk.payload("court", 1_000)
    send(desk, path, name)
    arrived = desk.depot() / name
    assert arrived.read_bytes() == path.read_bytes()
    record = desk.record(arrived)
    assert record is not None
    assert record.size == 1_000
    assert (
        former.st_ino == arrived.lstat().st_ino
        or not (desk.inbox / ".guichet" / "closes" / f"{former.st_dev}-{former.st_ino}.json").exists()
    )


def test_what_lies_in_retours_can_be_listed_and_fetched_by_sftp_and_scp(desk: Any, need: Any) -> None:
    need("sftp")
    folder = desk.inbox / "pf01" / "retours" / "20050418-101502-7f3a9c"
    folder.mkdir(parents=True)
    (folder / "verdict.json").write_text('{"schema": 1}')
    done = desk.sftp("ls -l retours/20050418-101502-7f3a9c", f"get -r retours {desk.root}/recu")
    assert done.returncode == 0, done.stderr
    assert "verdict.json" in done.stdout
    assert (desk.root / "recu" / folder.name / "verdict.json").read_text() == '{"schema": 1}'
    for option in ([], ["-O"]):
        target = desk.root / f"verdict{len(option)}.json"
        remote = f"pf01@127.0.0.1:/retours/{folder.name}/verdict.json"
        done = desk.run(["scp", *option, *desk.ssh_options, "-P", str(desk.port), remote, str(target)])
        assert done.returncode == 0, done.stderr
        assert target.read_text() == '{"schema": 1}'


def test_lftp_mirrors_a_folder_up_and_down(desk: Any, need: Any) -> None:
    need("lftp")
    source = desk.root / "lot"
    source.mkdir()
    for index in range(5):
        (source / f"mirror-{index}.csv").write_bytes(os.urandom(500 + index))
    lftp(desk, f"mirror -R {source} essai", f"mirror essai {desk.root}/lot-retour")
    for path in source.iterdir():
        assert (desk.inbox / "pf01" / "essai" / path.name).read_bytes() == path.read_bytes()
        assert (desk.root / "lot-retour" / path.name).read_bytes() == path.read_bytes()


def test_a_temporary_name_made_final_is_complete_at_the_rename(desk: Any, need: Any) -> None:
    """WinSCP sends NAME.filepart, then renames it, over a former file if need be."""
    need("sftp")
    path = desk.payload("winscp", 2_000)
    assert desk.sftp(f"put {path} depot/w.csv.filepart").returncode == 0
    first = desk.record(desk.depot() / "w.csv.filepart")
    assert desk.sftp("rename depot/w.csv.filepart depot/w.csv").returncode == 0
    final = desk.record(desk.depot() / "w.csv")
    assert first is not None
    assert final is not None
    assert final.closed_at > first.closed_at
    assert final.name == "w.csv"

    assert desk.sftp("rename depot/w.csv depot/w2.csv").returncode == 0
    moved = desk.record(desk.depot() / "w2.csv")
    assert moved is not None
    assert moved.closed_at == final.closed_at, "a rename between final names changes no time"

    other = desk.payload("winscp2", 100)
    assert desk.sftp(f"put {other} depot/w.csv.filepart", "rename depot/w.csv.filepart depot/w2.csv").returncode == 0
    assert (desk.depot() / "w2.csv").read_bytes() == other.read_bytes()


def test_a_plain_rename_does_not_overwrite_a_final_name(desk: Any) -> None:
    async def attempt() -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1", desk.port, username="pf01", client_keys=[str(desk.key)], known_hosts=None, config=None
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            for name in ("u.csv", "v.csv"):
                async with client.open(f"depot/{name}", "wb") as handle:
                    await handle.write(name.encode())
            with pytest.raises(asyncssh.SFTPError, match="existe déjà"):
                await client.rename("depot/u.csv", "depot/v.csv")
            await client.posix_rename("depot/u.csv", "depot/v.csv")

    asyncio.run(attempt())
    assert (desk.depot() / "v.csv").read_bytes() == b"u.csv"


def test_a_removed_file_leaves_no_record(desk: Any) -> None:
    path = desk.payload("retire", 10)
    by_asyncssh(desk, path, "retire.csv")
    found = (desk.depot() / "retire.csv").lstat()
    assert desk.sftp("rm depot/retire.csv").returncode == 0
    assert not (desk.depot() / "retire.csv").exists()
    assert not (desk.inbox / ".guichet" / "closes" / f"{found.st_dev}-{found.st_ino}.json").exists()


def test_a_file_taken_at_once_is_still_there_for_the_client_that_checks(desk: Any) -> None:
    """With `settle_seconds = 0` the watcher may take the file before paramiko's last stat."""

    async def attempt() -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1", desk.port, username="pf01", client_keys=[str(desk.key)], known_hosts=None, config=None
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            async with client.open("depot/vite.csv", "wb") as handle:
                await handle.write(b"12345")
            (desk.depot() / "vite.csv").unlink()
            assert (await client.stat("depot/vite.csv")).size == 5
            await client.utime("depot/vite.csv", (0, 0))
            assert "vite.csv" not in await client.listdir("depot")

    asyncio.run(attempt())

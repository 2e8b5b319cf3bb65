"""The daemon's side: the server starts, says where, restarts, stops, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import domain.errors
from domain.errors import CannotDo
from ingest.settings import Settings
from ingest.sftp.supervisor import SftpState, SftpSupervisor


def gone(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_a_killed_server_is_started_again_on_the_same_port(
    make_desk: Callable[..., Any], until: Callable[..., None]
) -> None:
    desk = make_desk()
    former, port = desk.pid, desk.port
    os.kill(former, signal.SIGKILL)
    until(lambda: (ready := desk.supervisor.status().ready) is not None and ready.pid != former)
    status = desk.supervisor.status()
    assert status.state is SftpState.RUNNING
    assert status.restarts == 1
    assert status.ready is not None
    assert status.ready.port == port


def test_the_settings_say_where_it_listens_and_a_file_too_big_to_judge_still_arrives(
    make_desk: Callable[..., Any],
) -> None:
    """The judge's limit gets a written answer in `retours/`; a refusal at the door would say less."""
    desk = make_desk(started=False)
    settings = Settings(home=desk.home, inbox=desk.inbox, sftp_port=0, max_csv_bytes=1_000)
    desk.supervisor = SftpSupervisor.from_settings(settings)
    desk.supervisor.start()
    said = desk.supervisor.ready(timeout_seconds=60)
    assert set(said) == {"host", "port", "fingerprint"}
    desk.port = said["port"]
    done = desk.sftp(f"put {desk.payload('gros', 5_000)} depot/gros.csv")
    assert done.returncode == 0, done.stderr
    assert (desk.depot() / "gros.csv").stat().st_size == 5_000


def test_stopping_leaves_no_process(make_desk: Callable[..., Any]) -> None:
    desk = make_desk()
    pid = desk.pid
    desk.supervisor.stop(5)
    assert gone(pid)
    assert desk.supervisor.status().state is SftpState.STOPPED
    assert not (desk.home / "sftp" / "ready.json").exists()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", desk.port))


def test_a_port_in_use_is_told_in_words(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(started=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk.port = taken.getsockname()[1]
        desk.supervisor = desk.new_supervisor()
        with pytest.raises(CannotDo, match=r"cannot listen on 127.0.0.1 port .* choose another one"):
            desk.start()
        assert desk.supervisor.status().state in (SftpState.BACKING_OFF, SftpState.STARTING)
        desk.supervisor.stop()


def test_the_server_ends_when_its_parent_is_killed(
    make_desk: Callable[..., Any], until: Callable[..., None], tmp_path: Path
) -> None:
    """Started from a folder that is not ours, with a secret about that is none of its business."""
    desk = make_desk(started=False)
    (tmp_path / "json.py").write_text("raise SystemExit('the current folder was imported')")
    script = textwrap.dedent(
        f"""
        import os, time
        from pathlib import Path
        from ingest.sftp.config import SftpConfig
        from ingest.sftp.supervisor import SftpSupervisor
        home = Path({str(desk.home)!r})
        config = SftpConfig(port=0, host_key=home / "sftp" / "key", accounts=home / "accounts" / "accounts.json",
                            inbox=Path({str(desk.inbox)!r}), ready_path=home / "sftp" / "ready.json")
        supervisor = SftpSupervisor(config, home / "sftp" / "config.json", parent_pid=os.getpid())
        supervisor.start()
        print(supervisor.wait_ready(60).pid, flush=True)
        time.sleep(600)
        """
    )
    home = str(Path(domain.errors.__file__).parents[1])
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": home, "GUICHET_MAIL_URL": "smtp://secret"},
    )
    assert parent.stdout is not None
    try:
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        assert b"GUICHET_" not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    until(lambda: gone(pid), seconds=20)


def test_a_bad_configuration_is_one_line_and_status_2(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"host": 1}')
    done = subprocess.run(
        [sys.executable, "-m", "ingest.sftp", "--config-json", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "sftp.cannot_start" in done.stderr

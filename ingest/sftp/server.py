"""The SFTP process: listens, says where, and ends with its parent."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncssh

from domain.clock import SystemClock
from ingest.files import sync_folder, write_whole
from ingest.sftp import texts
from ingest.sftp.authentication import AccountsFile, Door
from ingest.sftp.closes import sweep_closes
from ingest.sftp.config import SftpConfig, SftpReady
from ingest.sftp.staging import sweep_unfinished
from ingest.sftp.telemetry import log_event, log_to_stderr, log_trouble
from ingest.sftp.uploads import Uploads

CANNOT: Final = 2
_PR_SET_PDEATHSIG: Final = 1
_WATCH_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 3600.0
_SETTLE_SECONDS: Final = 3.0
_PRIVATE: Final = 0o700


def main(arguments: list[str]) -> int:
    """Run until SIGTERM, or until the parent is gone; 0 then, 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="ingest.sftp", description="Guichet's SFTP server")
    parser.add_argument("--config-json", required=True, metavar="FILE")
    path = Path(parser.parse_args(arguments).config_json)
    log_to_stderr()
    try:
        config = SftpConfig.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        log_trouble("sftp.cannot_start", error=f"{path}: {error}")
        return CANNOT
    os.umask(0o027)
    _die_with(config.parent_pid)
    _raise_descriptor_limit()
    try:
        asyncio.run(serve(config))
    except (OSError, asyncssh.Error, ValueError) as error:
        log_trouble("sftp.cannot_start", error=_explained(config, error))
        return CANNOT
    return 0


def _explained(config: SftpConfig, error: Exception) -> str:
    return (
        f"the SFTP server cannot listen on {config.host} port {config.port}: {error}. "
        "Free the port or choose another one (sftp_port, sftp_host)"
    )


def _die_with(parent_pid: int | None) -> None:
    """Ask the kernel for SIGTERM when the parent dies (Linux); `_watch` covers the rest."""
    if parent_pid is None or not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def host_key(path: Path) -> asyncssh.SSHKey:
    """Return the server's key; made once, readable by us alone. Depositors remember it."""
    try:
        return asyncssh.read_private_key(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        key = asyncssh.generate_private_key("ssh-ed25519", comment="guichet")
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        write_whole(draft, key.export_private_key())
        with suppress(FileExistsError):  # a colleague who shares the home was faster: there is one key
            os.link(draft, path)
            log_event("sftp.host_key_made", fingerprint=key.get_fingerprint())
        draft.unlink()
        sync_folder(path.parent)
        return asyncssh.read_private_key(path)


async def serve(config: SftpConfig) -> None:
    """Listen until told to stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    uploads = Uploads(config.inbox, config.limits, SystemClock().now)
    door = Door(AccountsFile(config.accounts), uploads, time.monotonic)
    key = host_key(config.host_key)
    listener = await _listen(config, door, key)
    ready = SftpReady(
        host=config.host,
        port=listener.get_port(),
        fingerprint=key.get_fingerprint(),
        pid=os.getpid(),
    )
    write_whole(config.ready_path, ready.to_json().encode())
    log_event("sftp.listening", host=ready.host, port=ready.port, fingerprint=ready.fingerprint)
    watching = asyncio.ensure_future(_watch(config, door, stopping))
    await stopping.wait()
    watching.cancel()
    await _stop(listener, door)
    config.ready_path.unlink(missing_ok=True)
    log_event("sftp.stopped")


async def _listen(config: SftpConfig, door: Door, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    limits = config.limits
    return await asyncssh.create_server(
        door.visitor,
        config.host,
        config.port,
        server_host_keys=[key],
        server_version="Guichet",
        reuse_address=True,
        encoding=None,
        allow_pty=False,
        line_editor=False,
        x11_forwarding=False,
        agent_forwarding=False,
        gss_host=None,
        host_based_auth=False,
        rdns_lookup=False,
        compression_algs=None,
        kex_algs="-*-sha1",
        signature_algs="-ssh-rsa",  # not announced: RSA keys sign with rsa-sha2, not SHA-1
        login_timeout=limits.login_timeout_seconds,
        keepalive_interval=limits.keepalive_seconds,
        keepalive_count_max=limits.keepalive_count,
    )


async def _watch(config: SftpConfig, door: Door, stopping: asyncio.Event) -> None:
    """Follow the parent and the accounts file; tidy up once an hour."""
    swept = float("-inf")
    version = door.accounts.refresh()
    while True:
        if config.parent_pid is not None and os.getppid() != config.parent_pid:
            log_trouble("sftp.parent_gone")
            stopping.set()
            return
        if door.accounts.refresh() != version:
            version = door.accounts.version
            door.show_out()
        if time.monotonic() - swept > _SWEEP_SECONDS:
            swept = time.monotonic()
            await asyncio.to_thread(_sweep, config)
        await asyncio.sleep(_WATCH_SECONDS)


def _sweep(config: SftpConfig) -> None:
    now = SystemClock().now()
    try:
        parts = sweep_unfinished(config.inbox, before=now - timedelta(days=config.limits.unfinished_days))
        records = sweep_closes(config.inbox, before=now - timedelta(days=config.limits.close_record_days))
    except OSError as error:
        log_trouble("sftp.sweep_failed", error=str(error))
        return
    if parts or records:
        log_event("sftp.swept", unfinished=parts, close_records=records)


async def _stop(listener: asyncssh.SSHAcceptor, door: Door) -> None:
    """Let go of the port, finish what clients closed, leave the rest resumable."""
    listener.close()
    door.close(texts.STOPPING)
    await door.uploads.settled(_SETTLE_SECONDS)
    door.uploads.abandon_all()

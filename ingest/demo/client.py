"""The demonstration's depositor: OpenSSH's `sftp` where the machine has it, else a client in Python. Both are real."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from domain.errors import CannotDo


@dataclass(frozen=True, kw_only=True)
class SftpClient:
    """Puts files on the server with one key. The server's own key is in `known_hosts`: nothing is taken on trust."""

    host: str
    port: int
    key: Path
    known_hosts: Path

    @property
    def name(self) -> str:
        """Which client it is."""
        return "OpenSSH sftp" if shutil.which("sftp") else "asyncssh"

    def put(self, account: str, local: Path, folder: str, name: str) -> None:
        """Upload `local` as `folder/name`; CannotDo with the client's words when it fails."""
        if shutil.which("sftp"):
            self._openssh(account, local, folder, name)
        else:
            asyncio.run(self._python(account, local, folder, name))

    def command(self, account: str) -> str:
        """What a person would type to connect."""
        return f"sftp -P {self.port} -i {self.key} -o UserKnownHostsFile={self.known_hosts} {account}@{self.host}"

    def _openssh(self, account: str, local: Path, folder: str, name: str) -> None:
        batch = f'put "{local}" "/{folder}/{name}"\n'
        command = [
            "sftp",
            "-q",
            "-b",
            "-",
            "-P",
            str(self.port),
            "-i",
            str(self.key),
            "-F",
            os.devnull,
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            f"UserKnownHostsFile={self.known_hosts}",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=20",
            f"{account}@{self.host}",
        ]
        done = subprocess.run(command, input=batch, text=True, capture_output=True, timeout=60, check=False)  # noqa: S603 - fixed words
        if done.returncode:
            raise CannotDo(f"sftp could not put {name}: {done.stderr.strip() or done.stdout.strip()}")

    async def _python(self, account: str, local: Path, folder: str, name: str) -> None:
        try:
            async with (
                asyncssh.connect(
                    self.host,
                    self.port,
                    username=account,
                    client_keys=[str(self.key)],
                    known_hosts=str(self.known_hosts),
                    config=None,
                ) as connection,
                connection.start_sftp_client() as sftp,
            ):
                await sftp.put(str(local), f"/{folder}/{name}")
        except (OSError, asyncssh.Error) as error:
            raise CannotDo(f"the SFTP client could not put {name}: {error}") from None


def new_key(path: Path) -> str:
    """Make an ed25519 key pair; the private key is for this user only. Returns the public key's line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="guichet demo")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key.export_private_key())
    line = key.export_public_key().decode().strip()
    path.with_suffix(".pub").write_text(line + "\n")
    return line


def write_known_hosts(path: Path, host: str, port: int, host_key: Path) -> None:
    """Note the server's key, read from its own file, so that the client can check it."""
    public = asyncssh.read_private_key(str(host_key)).export_public_key().decode().strip()
    path.write_text(f"[{host}]:{port} {public}\n")

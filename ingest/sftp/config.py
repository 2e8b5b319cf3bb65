"""What the SFTP process is told when it starts, and what it says when it listens."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class SftpLimits:
    """The bounds of contract §12 that the server itself enforces."""

    max_file_bytes: int = 300_000_000
    quota_bytes: int = 2_000_000_000
    """Per account: everything in `depot/`, `essai/` and unfinished, not yet taken."""
    max_files: int = 10_000
    """Per account, same places."""
    max_connections: int = 200
    max_unproven_per_peer: int = 20
    """Connections of one address that have not shown a key or a password yet."""
    max_sessions_per_account: int = 16
    max_channels_per_connection: int = 8
    max_handles_per_channel: int = 64
    login_timeout_seconds: int = 60
    keepalive_seconds: int = 30
    keepalive_count: int = 3
    unfinished_days: int = 2
    """An unfinished transfer is kept that long for a client that comes back to resume it."""
    close_record_days: int = 400


@dataclass(frozen=True, kw_only=True)
class SftpConfig:
    """Everything the process needs; no secret in it (keys and hashes stay in their files)."""

    host: str = "127.0.0.1"
    port: int = 2222
    host_key: Path
    accounts: Path
    inbox: Path
    ready_path: Path
    parent_pid: int | None = None
    """The process ends when this one is no longer its parent."""
    limits: SftpLimits = field(default_factory=SftpLimits)

    def to_json(self) -> str:
        """Write the configuration for `--config-json`."""
        row = asdict(self)
        for key in ("host_key", "accounts", "inbox", "ready_path"):
            row[key] = str(row[key])
        return json.dumps(row)

    @classmethod
    def from_json(cls, text: str) -> SftpConfig:
        """Read what `to_json` wrote; unknown or missing keys raise `TypeError`/`KeyError`."""
        row = json.loads(text)
        for key in ("host_key", "accounts", "inbox", "ready_path"):
            row[key] = Path(row[key])
        row["limits"] = SftpLimits(**row.get("limits", {}))
        return cls(**row)


@dataclass(frozen=True, kw_only=True)
class SftpReady:
    """Where the server listens, as written in `ready_path`."""

    host: str
    port: int
    fingerprint: str
    pid: int

    def to_json(self) -> str:
        """Write the answer for `ready_path`."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> SftpReady:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))

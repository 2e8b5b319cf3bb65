"""The folder of a backup: names, manifest, list of files (docs/reference/backup-format.md)."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Self

from domain.errors import CannotDo

MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
"""Written last: a backup without it is not whole."""
TABLES: Final = "tables"
HOME: Final = "home"
FILES: Final = "files.jsonl.gz"
SETTINGS: Final = "settings.json"
FORMAT: Final = "guichet-backup"
VERSION: Final = 1
CHUNK_BYTES: Final = 1 << 20
_COMPRESSION: Final = 6
FOLDERS: Final = ("archive", "releases", "answers", "courrier", "accounts", "sftp")
"""What a backup holds of the home: originals and their verdicts, editions, what answers need, mail that arrived,
accounts (public keys, hashes of passwords), and the host key, without which every depositor's client would refuse us.

Not the spool: nobody knows yet whether what lies there breaks anonymity. Not `mail/`: it has left.
"""
LOOSE: Final = ("destructions.jsonl",)
"""Files that lie in the home itself."""
_TABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, kw_only=True, slots=True)
class TableFile:
    """One table: `columns` are (name, kind) in the order of each line's values."""

    rows: int
    sha256: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLine:
    """One file of the home, or a link (`target`), by its path below the home."""

    path: str
    size: int = 0
    sha256: str = ""
    mode: int = 0o600
    target: str | None = None

    def as_line(self) -> bytes:
        """As the list holds it."""
        return (json.dumps(asdict(self), ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read back; CannotDo for a path that would lead out of the home."""
        row = json.loads(line)
        found = cls(**{key: row[key] for key in ("path", "size", "sha256", "mode", "target")})
        inside = is_inside(found.path)
        if not inside or (found.target is not None and not is_plain_name(found.target)):
            raise CannotDo(f"the backup names {found.path!r}, which is no file of a home: it was not made by guichet")
        return found


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself. Instants are ISO texts in UTC."""

    guichet_version: str
    made_at: str
    schema_revision: str
    dialect: str
    tables: Mapping[str, TableFile]
    collections: Mapping[str, tuple[tuple[str, str], ...]]
    files: int
    files_bytes: int
    files_sha256: str
    others: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    """Deposits without a verdict: their bytes are not in the backup."""
    damaged: tuple[str, ...] = ()
    """Deposits whose original is not, or no longer, what was received."""

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(one.rows for one in self.tables.values())

    def as_document(self) -> dict[str, Any]:
        """As it is written."""
        return {"format": FORMAT, "version": VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, found: Mapping[str, Any]) -> Self:
        """Read back; CannotDo when it is not, or not yet, ours."""
        if found.get("format") != FORMAT:
            raise CannotDo("this is no backup of guichet: give the folder that 'guichet backup' made")
        if found.get("version") != VERSION:
            raise CannotDo(
                f"the backup is in format {found.get('version')}, this guichet reads format {VERSION}: "
                f"use the version that made it ({found.get('guichet_version')}) or a newer one",
            )
        values = {key: value for key, value in found.items() if key not in {"format", "version"}}
        tables = {
            name: TableFile(rows=one["rows"], sha256=one["sha256"], columns=_pairs(one["columns"]))
            for name, one in values.pop("tables").items()
        }
        collections = {slug: _pairs(columns) for slug, columns in values.pop("collections").items()}
        wrong = [name for name in (*tables, *collections) if _TABLE.fullmatch(name) is None]
        if wrong:
            raise CannotDo(f"the backup names a table {wrong[0]!r}: it was not made by guichet")
        values["waiting"], values["damaged"] = tuple(values["waiting"]), tuple(values["damaged"])
        return cls(**values, tables=tables, collections=collections)


def _pairs(found: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(kind)) for name, kind in found)


def is_inside(path: str) -> bool:
    """Whether a path below the home stays in the folders that a backup holds."""
    parts = PurePosixPath(path).parts
    plain = bool(parts) and all(is_plain_name(part) for part in parts) and "/".join(parts) == path
    return plain and (parts[0] in FOLDERS or path in LOOSE)


def is_plain_name(name: str) -> bool:
    """Whether it names something in the folder itself."""
    return name not in {"", ".", ".."} and "/" not in name and "\x00" not in name


def table_path(folder: Path, name: str) -> Path:
    """Where a table lies in a backup."""
    return folder / TABLES / f"{name}.jsonl.gz"


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A private compressed file, whole and synced at the end; the same content gives the same bytes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as plain:
        with gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=_COMPRESSION, mtime=0) as stream:
            yield stream  # type: ignore[misc] # it writes bytes
        plain.flush()
        os.fsync(plain.fileno())


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a compressed file, one at a time."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        yield from stream


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest and its hash, which names the backup; CannotDo when the folder is no whole backup."""
    if not folder.is_dir():
        raise CannotDo(f"there is no backup at {folder}: give the folder that 'guichet backup' made")
    try:
        content, seal = (folder / MANIFEST).read_bytes(), (folder / SEAL).read_text().split()[0]
    except (FileNotFoundError, NotADirectoryError, IndexError):
        raise CannotDo(f"{folder} is no whole backup: {MANIFEST} or {SEAL} is missing; take another backup") from None
    if hashlib.sha256(content).hexdigest() != seal:
        raise CannotDo(f"the backup {folder} is damaged: {MANIFEST} is not what was written; take another backup")
    try:
        return Manifest.from_document(json.loads(content)), seal
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotDo(f"{folder / MANIFEST} cannot be read ({type(error).__name__}): take another backup") from error

"""Settings: one TOML file, `GUICHET_<KEY>` above it, defaults below (contract §4). Unknown keys are refused."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from domain.errors import SettingsError
from domain.periods import Period

ENV_PREFIX = "GUICHET_"
NOT_SETTINGS = frozenset({"GUICHET_CONFIG", "GUICHET_AT", "GUICHET_DEBUG", "GUICHET_GOLDEN"})
"""Environment variables of ours that are not settings."""


class Settings(BaseModel):
    """All settings. Paths are absolute after loading; sizes in bytes, durations in the unit of their name."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    home: Path = Field(default=Path("./var"), description="State: spool, archive, releases, mail, SQLite database.")
    inbox: Path = Field(default=Path("./inbox"), description="Where depositors drop their files.")
    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL; default: SQLite in `home`. `postgresql+psycopg://…` in production.",
    )
    mail_url: SecretStr | None = Field(
        default=None,
        description="`maildir:<path>` (default `maildir:<home>/mail`), `smtp://`, `smtps://` or `smtp+starttls://`.",
    )
    mail_mode: str = Field(default="send", description="`send`, `hold`, or `redirect:ADDRESS`.")
    mail_from: str = Field(default="guichet@localhost", description="Sender of every message.")
    mail_reply_to: str | None = Field(default=None, description="A person at UESL.")
    mail_admin: str | None = Field(
        default=None, description="Alerts for the administrator, even with an empty register."
    )
    mail_bounces: Path | None = Field(
        default=None,
        description="Maildir, or folder of `.eml` files, where what is sent to `mail_from` arrives: reports, answers.",
    )
    mail_timeout_seconds: int = Field(default=60, ge=1, description="Patience with the mail server.")
    mail_attachment_bytes: int = Field(
        default=8_000_000,
        ge=0,
        description="Largest workbook attached to a mail; a larger one waits in `retours/`. 0: none is attached.",
    )
    timezone: str = Field(default="Europe/Paris", description="Civil time of deadlines and answers.")
    mail_hours: str = Field(default="8-18", description="Hours of working days in which reminders may leave.")
    holidays: Literal[
        "metropole", "alsace-moselle", "guadeloupe", "martinique", "guyane", "reunion", "mayotte", "none"
    ] = Field(default="metropole", description="Whose public holidays are not worked.")
    due_on_working_day: bool = Field(
        default=False, description="Whether a due day that is not worked rolls to the next working day."
    )
    settle_seconds: float = Field(
        default=3.0, ge=0, description="How long a file must not have moved before it is taken."
    )
    scan_seconds: float = Field(default=2.0, gt=0, description="Period of the full scan of the inbox.")
    watch: Literal["auto", "events", "polling"] = Field(
        default="auto",
        description="Hints from the kernel, or polling for network file systems.",
    )
    unfinished_minutes: int = Field(
        default=60, ge=1, description="After this a transfer still unfinished gets an answer."
    )
    first_period: str | None = Field(
        default=None, description="First period owed; default: current when `home` was made."
    )
    close_after_months: int | None = Field(
        default=None, ge=1, description="Past periods close after this; default never."
    )
    secret_minimum: int = Field(default=11, ge=3, description="Smallest cell published for cases.")
    retours_days: int = Field(default=400, ge=1, description="How long answers stay in `retours/`.")
    retours_cases_days: int = Field(default=60, ge=1, description="The same for answers that may speak of cases.")
    cases_months: int = Field(
        default=12,
        ge=1,
        le=12,
        description="How long after the closing of their exercice (31 December) cases, and all that was made of them, "
        "are kept; the charter allows a year, no more.",
    )
    raw_years: int = Field(default=10, ge=1, description="How long the originals of other deposits are kept.")
    mail_years: int = Field(
        default=3, ge=1, description="How long messages, mails that arrived and who got which edition are kept."
    )
    contact_days: int = Field(
        default=365,
        ge=1,
        description="How long a contact who left the register stays in its former versions, and these as deposited.",
    )
    purge_notice_days: int = Field(
        default=30,
        ge=0,
        description="How long before the cases of an exercice are destroyed it is announced. 0: never.",
    )
    max_csv_bytes: int = Field(default=300_000_000, ge=1, description="Largest CSV file.")
    max_workbook_bytes: int = Field(default=100_000_000, ge=1, description="Largest workbook.")
    max_unpacked_bytes: int = Field(default=500_000_000, ge=1, description="Largest workbook once unpacked.")
    max_unpack_ratio: int = Field(default=200, ge=2, description="Largest compression ratio of a workbook part.")
    max_rows: int = Field(default=1_100_000, ge=1, description="Most rows in a sheet.")
    max_columns: int = Field(default=1_000, ge=1, description="Most columns in a sheet.")
    max_cell_chars: int = Field(default=100_000, ge=1, description="Longest cell.")
    reading_seconds: int = Field(default=120, ge=1, description="Wall time for reading one file.")
    reading_cpu_seconds: int = Field(default=60, ge=1, description="Processor time for reading one file.")
    reading_memory_bytes: int = Field(default=1 << 30, ge=1 << 28, description="Address space of the reading child.")
    max_findings: int = Field(default=10_000, ge=1, description="Findings written per section; all are counted.")
    max_case_findings: int = Field(
        default=1_000, ge=1, description="The same, for cases: a file of theirs is long, and its mistakes are alike."
    )
    big_file_bytes: int = Field(default=2_000_000, ge=1, description="Files above this take the slow lane.")
    sftp_enabled: bool = Field(default=True, description="Whether the built-in SFTP server runs.")
    sftp_host: str = Field(default="127.0.0.1", description="Address that it listens on.")
    sftp_port: int = Field(default=2222, ge=0, le=65535, description="Port; 0 = any free.")
    sftp_quota_bytes: int = Field(
        default=2_000_000_000, ge=1, description="Most bytes waiting in one account's folders."
    )
    sftp_openssh: bool = Field(
        default=False,
        description="Whether sshd serves the inbox (deploy/openssh): root makes the accounts' folders, keys alone let "
        "in, and sshd's log says which uploads were finished. Set `sftp_enabled = false` with it.",
    )
    backup_max_age_days: int = Field(
        default=7, ge=0, description="From this age of the last backup `doctor` finds fault. 0: never."
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of 127.0.0.1 for `/healthz` and `/metrics` (Prometheus). 0: none.",
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Readable lines, or JSON for machines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least grave log level."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            msg = f"unknown time zone {value!r}; use a name such as Europe/Paris"
            raise ValueError(msg) from error
        return value

    @field_validator("first_period")
    @classmethod
    def _a_period(cls, value: str | None) -> str | None:
        return None if value is None else Period.parse(value).code

    @field_validator("mail_mode")
    @classmethod
    def _a_mail_mode(cls, value: str) -> str:
        if value in {"send", "hold"}:
            return value
        if value.startswith("redirect:") and _is_address(value.removeprefix("redirect:")):
            return value
        msg = "expected send, hold or redirect:ADDRESS"
        raise ValueError(msg)

    @field_validator("mail_from", "mail_reply_to", "mail_admin")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        """`name@domain`, also when written `Somebody <name@domain>`."""
        if value is None:
            return None
        address = parseaddr(value)[1]
        if not _is_address(address):
            msg = f"{value!r} is not a mail address; write name@domain"
            raise ValueError(msg)
        return address

    @field_validator("mail_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        first, _, last = value.partition("-")
        if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):  # noqa: PLR2004 - a day
            msg = "expected two hours, such as 8-18"
            raise ValueError(msg)
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The civil time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL in force (holds a secret: never print it)."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'guichet.sqlite3'}"

    @cached_property
    def mail(self) -> str:
        """The mail URL in force (holds a secret: never print it)."""
        return self.mail_url.get_secret_value() if self.mail_url is not None else f"maildir:{self.home / 'mail'}"


def _is_address(text: str) -> bool:
    return text.isascii() and re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", text) is not None


def load_settings(
    config: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Read the settings: file (`--config`, `$GUICHET_CONFIG`, `./guichet.toml`), then `GUICHET_<KEY>` above it.

    Raises SettingsError with the key at fault and the nearest known one.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    path = config_path(config, environ, folder)
    values: dict[str, Any] = {}
    if path is not None:
        values = _read_toml(path)
        _refuse_unknown(values, str(path))
    where = path.parent if path is not None else folder
    _absolute_paths(values, where)
    overrides = {
        key.removeprefix(ENV_PREFIX).lower(): value
        for key, value in environ.items()
        if key.startswith(ENV_PREFIX) and key not in NOT_SETTINGS
    }
    _refuse_unknown(overrides, "the environment")
    _absolute_paths(overrides, folder)
    merged = {**values, **{key: value for key, value in overrides.items() if value != ""}}
    for key, default in (("home", "./var"), ("inbox", "./inbox")):
        merged.setdefault(key, str((where / default).resolve()))
    try:
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        source = "the environment" if key in overrides else str(path or "the defaults")
        msg = f"setting {key!r} in {source}: {first['msg'].removeprefix('Value error, ')}"
        raise SettingsError(msg) from None


def config_path(config: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The settings file in force; None: there is none, the defaults stand. SettingsError when it is missing."""
    if config is None and environ.get("GUICHET_CONFIG"):
        config = Path(environ["GUICHET_CONFIG"])
    if config is not None:
        path = (folder / config).resolve()
        if not path.is_file():
            msg = f"no settings file at {path}; copy deploy/guichet.example.toml there, or leave --config out"
            raise SettingsError(msg)
        return path
    default = folder / "guichet.toml"
    return default.resolve() if default.is_file() else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        msg = f"{path} cannot be read: {error}"
        raise SettingsError(msg) from None


def _refuse_unknown(values: Mapping[str, Any], source: str) -> None:
    for key in values:
        if key not in Settings.model_fields:
            near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else "; see deploy/guichet.example.toml"
            msg = f"unknown setting {key!r} in {source}{hint}"
            raise SettingsError(msg)


def _absolute_paths(values: dict[str, Any], where: Path) -> None:
    for key in ("home", "inbox", "mail_bounces"):
        if isinstance(values.get(key), str) and values[key]:
            values[key] = str((where / values[key]).expanduser().resolve())
    mail = values.get("mail_url")
    if isinstance(mail, str) and mail.startswith("maildir:"):
        values["mail_url"] = f"maildir:{(where / mail.removeprefix('maildir:')).expanduser().resolve()}"
    database = values.get("database_url")
    if isinstance(database, str) and database.startswith("sqlite:///") and not database.startswith("sqlite:////"):
        values["database_url"] = f"sqlite:///{(where / database.removeprefix('sqlite:///')).resolve()}"

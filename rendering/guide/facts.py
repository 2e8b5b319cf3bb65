"""What a guide says of the place where it is read: server, account, whom to ask. Everything may be unknown."""

from __future__ import annotations

from dataclasses import dataclass

from domain.periods import Period
from domain.workdays import WorkingDays

_LISTENING_EVERYWHERE = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104 - names that are no address to connect to


@dataclass(frozen=True, kw_only=True)
class GuideFacts:
    """Facts of one desk, or of one account; an unknown one is shown as something to fill in.

    `host`, `port`: settings `sftp_host`, `sftp_port` (an address that listens everywhere, or port 0, is unknown).
    `fingerprint`: of the server's key, `SHA256:…`. `account`: the SFTP account whose `diffusion/` holds the guide;
    `organisation`: the code of the organisation that it belongs to.
    `reply_to`: setting `mail_reply_to`. `period`: a quarter or a year that dates are worked out for, as an example.
    `retours_days`, `max_csv_bytes`, `max_workbook_bytes`, `unfinished_minutes`: the settings of these names.
    `due_days`: the days on which something may be due; None: all of them (setting `due_on_working_day`).
    """

    host: str | None = None
    port: int | None = None
    fingerprint: str | None = None
    account: str | None = None
    organisation: str | None = None
    reply_to: str | None = None
    period: Period | None = None
    retours_days: int = 400
    max_csv_bytes: int = 300_000_000
    max_workbook_bytes: int = 100_000_000
    unfinished_minutes: int = 60
    due_days: WorkingDays | None = None

    @property
    def server(self) -> str | None:
        """The host, if one can connect to it under that name."""
        return None if self.host is None or self.host.strip() in _LISTENING_EVERYWHERE else self.host.strip()

    @property
    def open_port(self) -> int | None:
        """The port, if it is always the same."""
        return self.port or None


NEUTRAL = GuideFacts()
"""Nothing known: what the repository's own copy is made with."""

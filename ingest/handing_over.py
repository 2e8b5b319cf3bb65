"""One message of the outbox, as it is handed to the mail server: its letter, its files, how it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Row

from ingest.attachments import Attachable
from notifications.attachments import attached, carries_files, left_behind, needs_deposit
from notifications.delivery import Delivery, Refused, Session
from notifications.message import Attachment, Letter, build

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailRoute:
    """How mail leaves, from the settings. `mode`: send, hold, or redirect:ADDRESS."""

    sender: str
    mail_domain: str
    mode: str = "send"
    reply_to: str | None = None
    admin: str | None = None

    @property
    def redirect_to(self) -> str | None:
        """The one address that receives everything, or None."""
        return self.mode.removeprefix("redirect:") if self.mode.startswith("redirect:") else None


class HandOver:
    """Hands messages over. `attachment` gives the files that they name."""

    def __init__(self, route: MailRoute, attachment: Attachable) -> None:
        """Nothing is read before a message is handed over."""
        self._route = route
        self._attachment = attachment

    def __call__(self, session: Session, row: Row[Any]) -> Delivery:
        """Hand one over, without its files when the server does not let them in; what became of it."""
        letter = self._letter(row)
        outcome = self._deliver(session, letter)
        if isinstance(outcome, Refused) and carries_files(letter.attachments):
            # Too large for that server, or of a kind that it does not let in: the words count more than the file.
            _log.warning("mail_attachment_refused", message_id=letter.message_id, detail=outcome.detail)
            bare = (left_behind(row.attachments, row.submission_id),)
            return self._deliver(session, replace(letter, attachments=bare))
        return outcome

    def _letter(self, row: Row[Any]) -> Letter:
        """The message as it was written, with the files that it names or a note saying where they wait."""
        files, missing = [], []
        for name in row.attachments:
            if row.submission_id is None and needs_deposit(name):
                continue
            content = self._attachment(row.submission_id, name)
            if content is None:
                missing.append(name)
            else:
                files.append(attached(name, content))
        if missing:
            _log.warning("mail_attachment_missing", message_id=row.message_id, submission_id=row.submission_id)
            files.append(left_behind(missing, row.submission_id))
        return _letter(row, tuple(files))

    def _deliver(self, session: Session, letter: Letter) -> Delivery:
        redirect_to = self._route.redirect_to
        try:
            built = build(
                letter,
                sender=self._route.sender,
                reply_to=self._route.reply_to,
                redirect_to=redirect_to,
            )
        except (ValueError, TypeError, LookupError) as error:
            return Refused(detail=f"cannot be written as mail: {error}")
        recipient = redirect_to or letter.recipient
        return session.deliver(built, sender=self._route.sender, recipient=recipient)


def _letter(row: Row[Any], attachments: tuple[Attachment, ...]) -> Letter:
    return Letter(
        message_id=row.message_id,
        event=row.event,
        recipient=row.recipient,
        recipient_name=row.recipient_name or "",
        subject=row.subject,
        text=row.text,
        html=row.html,
        date=row.created_at,
        submission_id=row.submission_id,
        in_reply_to=row.in_reply_to,
        headers=row.headers,
        attachments=attachments,
    )

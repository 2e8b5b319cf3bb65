"""Makes one notice of one recipient and one body; subjects and cause keys are cut here and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.notices import Event, Notice
from notifications.recipients import Recipient
from rendering import letter, wording
from rendering.escaping import visible
from rendering.french import typeset
from rendering.letter import Block, Body, Line

SUBJECT_CHARS: Final = 77
CAUSE_KEY_CHARS: Final = 200

_FOOTER: Final = (typeset("Guichet – message automatique. Vous pouvez y répondre : une personne vous lira."),)
_FOOTER_WITHOUT_REPLY: Final = ("Guichet – message automatique.",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """What is written, once for all its recipients. `key` names what happened: never sent twice to one address."""

    key: str
    event: Event
    subject: str
    blocks: Sequence[Block]
    test: bool = False
    submission_id: str | None = None
    reply_to: str | None = None
    attachments: tuple[str, ...] = ()

    def to(self, recipients: Iterable[Recipient]) -> list[Notice]:
        """One message for each address; laid out once for all who read the same."""
        laid_out: dict[str, tuple[str, str]] = {}
        notices = []
        for one in recipients:
            if one.reason not in laid_out:
                laid_out[one.reason] = self._laid_out(one.reason)
            notices.append(self._to(one, *laid_out[one.reason]))
        return notices

    def _laid_out(self, why: str) -> tuple[str, str]:
        """As text and as HTML."""
        reason = (Line(why),) if why else ()
        body = Body(
            subject=subject_line(self.subject, test=self.test),
            blocks=(*self.blocks, *reason),
            footer=_FOOTER if self.reply_to else _FOOTER_WITHOUT_REPLY,
        )
        return letter.as_text(body), letter.as_html(body)

    def _to(self, recipient: Recipient, text: str, html: str) -> Notice:
        return Notice(
            cause_key=cause_key(self.key, recipient.address),
            event=self.event,
            recipient=recipient.address,
            recipient_name=recipient.name,
            subject=subject_line(self.subject, test=self.test),
            text=text,
            html=html,
            organisation=recipient.organisation,
            submission_id=self.submission_id,
            headers={"Reply-To": self.reply_to} if self.reply_to else {},
            attachments=self.attachments,
        )


def subject_line(text: str, *, test: bool) -> str:
    """The subject in fewer than 78 characters, after the prefix of a test."""
    shown = visible(text, SUBJECT_CHARS)
    return f"{wording.TEST_PREFIX} {shown}" if test else shown


def cause_key(key: str, address: str) -> str:
    """What happened and for whom; at most 200 characters, the same for the same two."""
    whole = f"{key}:{address.lower()}"
    if len(whole) <= CAUSE_KEY_CHARS:
        return whole
    return f"{whole[:120]}:{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()}"

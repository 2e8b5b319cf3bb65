"""What the central body reads by itself: the digest of what changed, and the weekly page (contract §8, §9, D9)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from domain.bulletins import Bulletin, BulletinKind
from domain.notices import Event, Notice
from domain.organisations import Directory, OrganisationType, Role
from domain.suivi import Suivi
from notifications.envelope import Writing
from notifications.news import changed, news, tone
from notifications.recipients import Recipient, uesl, unique
from rendering.collections import Known
from rendering.french import count, joined, long_date, say, short_date, typeset
from rendering.letter import Block, Headline, Line, Title
from rendering.suivi.tables import followed, punctuality, who_what
from rendering.suivi.words import LEGEND, capital, latest_sentence

_NAMED: Final = 8
"""Organisations named in the headline."""
_NO_PILOT: Final = typeset(
    "Ce message vous parvient parce que l'annuaire n'indique aucun correspondant « pilotage » pour l'UESL : "
    "faites-le compléter.",
)


def bulletin_notices(
    bulletin: Bulletin,
    directory: Directory,
    *,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """The bulletin to each of those who follow the network; their absence from the register is said with it."""
    weekly = bulletin.kind is BulletinKind.WEEKLY
    writing = Writing(
        key=f"{bulletin.kind}:{bulletin.day.isoformat()}",
        event=Event.WEEKLY if weekly else Event.DIGEST,
        subject=_weekly_subject(bulletin) if weekly else _digest_subject(bulletin),
        blocks=_weekly_blocks(bulletin, directory, known) if weekly else _digest_blocks(bulletin, known),
        reply_to=reply_to,
    )
    return writing.to(readers(directory, admin=admin))


def readers(directory: Directory, *, admin: str | None) -> tuple[Recipient, ...]:
    """UESL's `pilotage`, else its `depot`, else the administrator, who is told why."""
    found = uesl(directory, Role.PILOTAGE)
    if found:
        return unique(found)
    others = uesl(directory, Role.DEPOT)
    if others:
        return unique(others, reason=_NO_PILOT)
    return (Recipient(address=admin, reason=_NO_PILOT),) if admin else ()


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _digest_subject(bulletin: Bulletin) -> str:
    return say("Du nouveau au {day} : {what}", day=short_date(bulletin.made_at.date()), what=news(bulletin))


def _weekly_subject(bulletin: Bulletin) -> str:
    late = sum(line.past_due for line in bulletin.suivi.lines)
    what = say("{late} en retard", late=count(late, "dépôt")) if late else "aucun retard"
    return say("Suivi des échéances, semaine du {day} : {what}", day=short_date(bulletin.day), what=what)


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _digest_blocks(bulletin: Bulletin, known: Known) -> list[Block]:
    head = Headline(capital(news(bulletin)), _since(bulletin.since), tone(bulletin))
    return [head, *changed(bulletin, known), Line(_ELSE)]


_ELSE: Final = typeset("Rien d'autre n'a changé. La page complète vous parvient chaque semaine.")


def _since(since: datetime | None) -> str:
    if since is None:
        return typeset("Premier message de suivi du guichet.")
    return say("Voici ce qui a changé depuis notre message du {day}.", day=long_date(since.date()))


# ── the weekly page ──────────────────────────────────────────────────────────────────────────────────────────────────


def _weekly_blocks(bulletin: Bulletin, directory: Directory, known: Known) -> list[Block]:
    suivi = bulletin.suivi
    blocks: list[Block] = [_state(suivi)]
    parts = changed(bulletin, known)
    if parts:
        blocks += [Line(_since(bulletin.since)), *parts]
    elif bulletin.since is not None:
        blocks.append(_nothing_new(bulletin.since))
    current = suivi.current
    if not current:
        return blocks
    blocks += [Title("Qui a déposé quoi"), *who_what(current), Line(_legend())]
    rates = punctuality(suivi)
    if rates is not None:
        blocks += [Title("Ponctualité"), rates]
    for group, grid in followed(current, suivi):
        blocks += [Title(group.title), grid]
    has_page = any(one.type is OrganisationType.UESL and one.compte_sftp for one in directory.organisations)
    return [*blocks, Line(_WHERE)] if has_page else blocks


def _nothing_new(since: datetime) -> Line:
    """Nothing changed."""
    return Line(say("Rien n'a changé depuis notre message du {day}.", day=long_date(since.date())))


_WHERE: Final = typeset(
    "La même page, à jour et avec les quatre dernières périodes, est dans votre dossier « diffusion/suivi » : "
    "suivi.html à lire, suivi.csv pour un tableur."
)


def _state(suivi: Suivi) -> Headline:
    late = sorted({line.standing.organisation for line in suivi.lines if line.past_due})
    if not suivi.lines:
        return Headline("Rien n’est attendu", typeset("Aucune période n'est ouverte pour l'instant."), "calm")
    if not late:
        return Headline("Aucun retard", latest_sentence(suivi), "good")
    label = say("{late} en retard", late=count(sum(line.past_due for line in suivi.lines), "dépôt"))
    who = joined(late) if len(late) <= _NAMED else count(len(late), "organisme")
    return Headline(label, f"{who}. {latest_sentence(suivi)}", "bad")


def _legend() -> str:
    return say("Légende : {marks}.", marks=say(" ; ").join(f"{mark} {words}" for mark, words in LEGEND))

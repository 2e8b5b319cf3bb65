"""The sheet « À corriger » as rows of cells, whichever library writes it: what to do, why, and a link to each place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.submissions import NO_DEPOSIT
from rendering.french import NBSP, count, say, typeset
from rendering.workbooks import styles
from rendering.workbooks.annotation import AnnotationPlan, CauseLine, FindingLine, Spot
from rendering.workbooks.styles import Look

TITLE: Final = "À corriger"
LINKS_KEPT: Final = 10_000
"""Links of the list; a sheet bears 65 530 in all, and more of them only make it slow."""
_MARKER: Final = "Guichet – réponse au dépôt {submission}"
_MARKER_OF_CHECK: Final = "Guichet – réponse à une vérification"
_IS_OURS: Final = re.compile(rf"Guichet – réponse au dépôt \S+\Z|{_MARKER_OF_CHECK}\Z")
_TITLE_CHARS: Final = 31

_IN_THIS_WORKBOOK: Final = (
    "Corrigez directement dans ce classeur : chaque cellule en cause est colorée, l'explication est dans son "
    "commentaire et, sur sa ligne, dans la colonne « guichet_messages ». Enregistrez, puis déposez ce classeur comme "
    "le premier fichier, sous le nom que vous voulez."
)
_CONFIRM: Final = (
    "Une valeur « À confirmer » est juste ? Écrivez pourquoi dans la colonne « justification », sur sa ligne : "
    "la question ne vous sera plus posée pour cette valeur."
)
_LEAVE: Final = (
    "Laissez cette feuille et les colonnes « guichet_… » en place : le guichet les reconnaît et ne les compte pas "
    "parmi vos données."
)
_CAUSES: Final = "Les causes, à corriger dans cet ordre"
_LIST: Final = "Tous les points, un par un"
_LOST: Final = typeset("Ce que cette copie n'a pas gardé")
_KEPT_BY_YOU: Final = typeset("Votre fichier d'origine n'est pas modifié : tout y est encore.")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontCell:
    """A cell from column `column` (from 0) to `last`; `location`: the place in the workbook that it links to."""

    column: int
    text: str | int
    look: Look
    last: int | None = None
    location: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontRow:
    """`height` in points; None: an ordinary row."""

    cells: tuple[FrontCell, ...] = ()
    height: float | None = None


@dataclass(kw_only=True, slots=True)
class Front:
    """The whole sheet; rows of the list are counted from 0 (`list_head` is its title row)."""

    widths: tuple[float, ...]
    rows: list[FrontRow] = field(default_factory=list)
    list_head: int = 0

    @property
    def last_column(self) -> int:
        """Index of the last column."""
        return len(self.widths) - 1


def front_of(plan: AnnotationPlan, titles: Mapping[int, str], losses: Sequence[str]) -> Front:
    """Lay the sheet out; `titles`: how the copy calls each sheet; `losses`: what it could not keep, in sentences."""
    several = len({one.sheet for one in plan.findings if one.sheet}) > 1
    front = Front(widths=(12, 15, 10, 26, 15, 46, 46, 9) if several else (12, 11, 26, 15, 49, 49, 9))
    _head(front, plan)
    _what_to_do(front, plan)
    _causes(front, plan, titles)
    if losses:
        _section(front, _LOST)
        for sentence in (*losses, _KEPT_BY_YOU):
            _wide(front, f"– {sentence}", styles.TEXT)
        front.rows.append(FrontRow())
    _list(front, plan, titles, several=several)
    return front


def is_ours(marker: object, title: str) -> bool:
    """Whether a sheet is a former « À corriger »: by its name and by what stands in A1."""
    return title.startswith(TITLE) and isinstance(marker, str) and _IS_OURS.match(marker.strip()) is not None


def free_title(taken: Collection[str], wanted: str = TITLE) -> str:
    """A sheet title that is not taken yet, whatever the case: « À corriger (2) »."""
    known = {one.casefold() for one in taken}
    title, number = wanted[:_TITLE_CHARS], 1
    while title.casefold() in known:
        number += 1
        tail = f" ({number})"
        title = wanted[: _TITLE_CHARS - len(tail)] + tail
    return title


def location(title: str, cell: str) -> str:
    """The internal address of a cell: `'Feuille d''essai'!E9`."""
    quoted = title.replace("'", "''")
    return f"'{quoted}'!{cell}"


def _head(front: Front, plan: AnnotationPlan) -> None:
    marker = _MARKER_OF_CHECK if plan.submission == NO_DEPOSIT else _MARKER.format(submission=plan.submission)
    _wide(front, marker, styles.MARKER)
    _wide(front, plan.label, styles.verdict_look(plan.tone, title=True), height=26)
    _wide(front, plan.headline, styles.verdict_look(plan.tone, title=False))
    if plan.banner:
        _wide(front, plan.banner, styles.BANNER)
    facts = [f"{label}{NBSP}: {value}" for label, value in plan.facts if label != "Numéro de dépôt"]
    _wide(front, "  ·  ".join(facts), styles.SOFT_TEXT)
    for title, pairs in plan.counts:
        figures = ", ".join(f"{figure} {word}" for figure, word in pairs)
        _wide(front, f"{title}{NBSP}: {figures}", styles.SOFT_TEXT)
    front.rows.append(FrontRow())


def _what_to_do(front: Front, plan: AnnotationPlan) -> None:
    _section(front, typeset("Ce qu'il faut faire"))
    # Of one table the first action says to mend the file and deposit it: here, in this workbook.
    others = plan.actions[1:] if len(plan.counts) == 1 else plan.actions
    told = [typeset(_IN_THIS_WORKBOOK), *([typeset(_CONFIRM)] if plan.confirmable else []), *others, typeset(_LEAVE)]
    for number, sentence in enumerate(told, start=1):
        _wide(front, f"{number}. {sentence}", styles.TEXT)
    front.rows.append(FrontRow())


def _causes(front: Front, plan: AnnotationPlan, titles: Mapping[int, str]) -> None:
    if not plan.causes:
        return
    _section(front, _CAUSES)
    shift = 1 if front.last_column > 6 else 0  # noqa: PLR2004 - the column of the sheet's name
    heads = ("Gravité", "Aller à", "Où", "Nombre", "Cause", "Comment corriger")
    places = (0, 1, 2 + shift, 3 + shift, 4 + shift, 5 + shift)
    spans = (None, 1 + shift or None, None, None, None, front.last_column)
    looks = [styles.FIGURE_HEAD if head == "Nombre" else styles.HEAD for head in heads]
    front.rows.append(_row(front, [*zip(places, heads, looks, spans, [None] * 6, strict=True)]))
    for cause in plan.causes:
        front.rows.append(_cause_row(front, cause, titles, places, spans))
    front.rows.append(FrontRow())


def _cause_row(
    front: Front,
    cause: CauseLine,
    titles: Mapping[int, str],
    places: Sequence[int],
    spans: Sequence[int | None],
) -> FrontRow:
    target = _target(cause.spot, titles)
    texts: tuple[tuple[str | int, Look, str | None], ...] = (
        (cause.word, styles.severity_look(cause.severity), None),
        (_goes_to(cause.spot, titles), styles.LINK_CELL if target else styles.CELL, target),
        (cause.places, styles.CELL, None),
        (cause.count, styles.FIGURE, None),
        (cause.title, styles.STRONG, None),
        (cause.hint, styles.CELL, None),
    )
    cells = [(place, *told[:2], span, told[2]) for place, told, span in zip(places, texts, spans, strict=True)]
    return _row(front, cells)


def _goes_to(spot: Spot | None, titles: Mapping[int, str]) -> str:
    if spot is None:
        return ""
    return f"{titles[spot.sheet_index]} {spot.cell}" if len(titles) > 1 and spot.sheet_index in titles else spot.cell


def _list(front: Front, plan: AnnotationPlan, titles: Mapping[int, str], *, several: bool) -> None:
    _section(front, _LIST)
    for remark in plan.remarks:
        _wide(front, remark, styles.SOFT_TEXT)
    if len(plan.findings) > LINKS_KEPT:
        links = count(LINKS_KEPT, "ligne")
        _wide(front, say("Les {links} du début ont un lien vers leur cellule.", links=links), styles.SOFT_TEXT)
    front.list_head = len(front.rows)
    heads = ["Gravité", "Feuille", "Cellule", "Colonne", "Valeur lue", "Ce qui ne va pas", "Comment corriger", "Règle"]
    if not several:
        heads.remove("Feuille")
    cells = tuple(FrontCell(column=column, text=head, look=styles.HEAD) for column, head in enumerate(heads))
    front.rows.append(FrontRow(cells=cells))
    front.rows.extend(
        _finding_row(front, line, titles, several=several, number=n) for n, line in enumerate(plan.findings)
    )


def _finding_row(
    front: Front,
    line: FindingLine,
    titles: Mapping[int, str],
    *,
    several: bool,
    number: int,
) -> FrontRow:
    target = _target(line.spot, titles) if number < LINKS_KEPT else None
    told: list[tuple[str, Look, str | None]] = [
        (line.word, styles.severity_look(line.severity), None),
        (line.place, styles.LINK_CELL if target else styles.CELL, target),
        (line.label, styles.CELL, None),
        (line.value, styles.CELL, None),
        (line.message, styles.CELL, None),
        (line.hint, styles.CELL, None),
        (line.code, styles.SOFT_CELL, None),
    ]
    if several:
        told.insert(1, (line.sheet, styles.CELL, None))
    return _row(front, [(column, text, look, None, target) for column, (text, look, target) in enumerate(told)])


def _target(spot: Spot | None, titles: Mapping[int, str]) -> str | None:
    if spot is None or spot.sheet_index not in titles:
        return None
    return location(titles[spot.sheet_index], spot.cell)


def _section(front: Front, title: str) -> None:
    _wide(front, title, styles.HEADING, height=20)


def _wide(front: Front, text: str, look: Look, *, height: float | None = None) -> None:
    """A sentence over the whole width: merged cells do not fit their height by themselves."""
    cell = FrontCell(column=0, text=text, look=look, last=front.last_column)
    front.rows.append(FrontRow(cells=(cell,), height=height or styles.height(text, sum(front.widths), look)))


_Told = tuple[int, str | int, Look, int | None, str | None]


def _row(front: Front, told: Iterable[_Told]) -> FrontRow:
    """A row with merged cells, high enough for its longest text."""
    cells = tuple(
        FrontCell(column=column, text=text, look=look, last=last if last != column else None, location=target)
        for column, text, look, last, target in told
    )
    widths = (sum(front.widths[one.column : (one.last or one.column) + 1]) for one in cells)
    heights = (styles.height(str(one.text), width, one.look) for one, width in zip(cells, widths, strict=True))
    return FrontRow(cells=cells, height=max(heights))

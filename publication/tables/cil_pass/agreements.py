"""D13: the agreements with partners, without what only the UESL may know (S1-18, R D13)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date, timedelta

from domain.text import fold
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.dimensions import AGREEMENTS, FAMILIES
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.titles import year_title
from publication.values import MISSING, NOT_CONCERNED, Value
from publication.year import Record, YearFacts
from rendering.escaping import visible

TITLE = "Liste des accords de partenariat"
SOON_DAYS = 90
NO_FAMILY = "ND"
GONE = "caduc"
STATUSES = {"nouveau": "nouveau", "amende": "amendé", "reconduit": "reconduit", GONE: "caduc"}
NATIONAL = "NATIONAL"
_SERVICES = {"ASA": "CIL-PASS assistance", "MOB": "CIL-PASS mobilité"}
FOOTNOTE = (
    "Accords formalisés ou non, correspondant à un volume significatif d’activité. Les modalités financières ne sont "
    "connues que de l’UESL."
)
_ENDING = f"Fin dans les {SOON_DAYS} jours qui suivent le 31 décembre de l’exercice, accords caducs exceptés."
_NO_FAMILY_NOTE = "Famille non renseignée : le format des exercices jusqu’à 2004 ne la demande pas."
_KEYS = (
    Key(name="famille", label="Code famille", hidden=True),
    Key(name="libelle_famille", label="Famille de partenaires"),
    Key(name="code_plateforme", label="Plate-forme signataire"),
    Key(name="code_accord", label="N° d’accord"),
    Key(name="partenaire", label="Partenaire"),
    Key(name="activite", label="Activité principale"),
    Key(name="service", label="Service concerné"),
    Key(name="formalise", label="Formalisé"),
    Key(name="date_signature", label="Date de signature"),
    Key(name="fin", label="Fin"),
    Key(name="points_cles", label="Points clés"),
    Key(name="statut", label="Statut"),
)
_COLUMNS = (
    Column(name="duree_validite_mois", label="Durée de validité initiale (mois)", kind=Kind.COUNT),
    Column(name="volume_previsionnel", label="Volumes prévisionnels", kind=Kind.COUNT),
)
_COUNTED = (
    ("en_vigueur", "En vigueur"),
    ("formalises", "dont formalisés"),
    ("nouveaux", "dont nouveaux"),
    ("amendes", "dont amendés"),
    ("reconduits", "dont reconduits"),
    ("caducs", "Caducs"),
)


def agreement_tables(facts: YearFacts) -> tuple[Table, ...]:
    """The list, the lists of what changed or is about to end, the counts."""
    records = facts.year.records.get(AGREEMENTS, ())
    ordered = sorted(records, key=_place)
    notes = missing_notes(facts, AGREEMENTS, "Partenariats")
    if any(family_of(one) == NO_FAMILY for one in records):
        notes = (*notes, _NO_FAMILY_NOTE)
    return (_listed(facts, ordered, notes), _changed(facts, ordered, notes), _counted(facts, ordered, notes))


def family_of(record: Record) -> str:
    """The code of its family; `ND` where the format does not ask for it."""
    found = record.values.get("famille_partenaire")
    return str(found) if found in FAMILIES else NO_FAMILY


def end_of(record: Record) -> date | None:
    """The last day of its initial duration; None when it cannot be known."""
    signed, months = record.values.get("date_signature"), record.values.get("duree_validite_mois")
    if not isinstance(signed, date) or not months:
        return None
    month = signed.month - 1 + int(months)
    year, month = signed.year + month // 12, month % 12 + 1
    return date(year, month, min(signed.day, calendar.monthrange(year, month)[1])) - timedelta(days=1)


def ends_soon(record: Record, facts: YearFacts) -> bool:
    """Whether it ends in the 90 days after the year's end, still alive."""
    end, last = end_of(record), facts.period.ends_on
    return end is not None and record.values.get("statut") != GONE and last < end <= last + timedelta(days=SOON_DAYS)


def _label(family: str) -> str:
    return FAMILIES[family][1] if family in FAMILIES else "Famille non renseignée"


def _place(record: Record) -> tuple[object, ...]:
    families = (*FAMILIES, NO_FAMILY)
    name = str(record.values.get("partenaire_nom") or "")
    return (families.index(family_of(record)), fold(name), record.platform, str(record.values.get("code_accord")))


def _day(value: object) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else ""


def _text(value: object) -> str:
    """Free text on one line, with what hides or deceives written out."""
    return visible(re.sub(r"[ \t\r\n]+", " ", str(value or "")).strip(" "), None)


def _row(facts: YearFacts, record: Record, extra: dict[str, str]) -> Row:
    values, family = record.values, family_of(record)
    points = [_text(values.get(name)) for name in ("objet", "champ", "modalites_application") if values.get(name)]
    months, volume = values.get("duree_validite_mois"), values.get("volume_previsionnel")
    status = str(values.get("statut") or "")
    notes = ("arrive à échéance dans les 90 jours",) if ends_soon(record, facts) else ()
    return Row(
        kind=RowKind.LINE,
        keys={
            "famille": family,
            "libelle_famille": _label(family),
            "heading": _label(family),
            "code_plateforme": record.platform,
            "code_accord": _text(values.get("code_accord")),
            "partenaire": _text(values.get("partenaire_nom")),
            "activite": _text(values.get("activite_principale")),
            "service": _SERVICES.get(str(values.get("service")), ""),
            "formalise": {True: "oui", False: "non"}.get(values.get("formalise"), ""),  # type: ignore[arg-type]
            "date_signature": _day(values.get("date_signature")),
            "fin": _day(end_of(record)),
            "points_cles": " – ".join(points),
            "statut": STATUSES.get(status, status),
            **extra,
        },
        values=(
            NOT_CONCERNED if months is None else Value(int(months)),
            NOT_CONCERNED if volume is None else Value(volume),
        ),
        kinds=(Kind.COUNT, Kind.EUROS if values.get("volume_unite") == "€" else Kind.COUNT),
        notes=notes,
    )


def _listed(facts: YearFacts, ordered: Sequence[Record], notes: tuple[str, ...]) -> Table:
    return Table(
        code="D13",
        title=TITLE,
        subtitle=year_title(facts.period),
        period=facts.period,
        keys=_KEYS,
        columns=_COLUMNS,
        rows=tuple(_row(facts, one, {}) for one in ordered),
        block="libelle_famille",
        footnotes=(FOOTNOTE,),
        notes=notes,
    )


def _changed(facts: YearFacts, ordered: Sequence[Record], notes: tuple[str, ...]) -> Table:
    lists = (
        ("nouveaux", "Accords nouveaux", [one for one in ordered if one.values.get("statut") == "nouveau"]),
        ("amendes", "Accords amendés", [one for one in ordered if one.values.get("statut") == "amende"]),
        ("caducs", "Accords caducs", [one for one in ordered if one.values.get("statut") == GONE]),
        (
            "echeance",
            f"Accords arrivant à échéance dans {SOON_DAYS} jours",
            [one for one in ordered if ends_soon(one, facts)],
        ),
    )
    return Table(
        code="D13L",
        title=TITLE,
        subtitle=f"nouveaux, amendés, caducs, à échéance – {year_title(facts.period)}",
        period=facts.period,
        keys=(Key(name="liste", label="Liste"), *_KEYS),
        columns=_COLUMNS,
        rows=tuple(
            _row(facts, record, {"liste": code, "heading": heading})
            for code, heading, found in lists
            for record in found
        ),
        block="liste",
        footnotes=(FOOTNOTE, _ENDING),
        notes=notes,
    )


def _counted(facts: YearFacts, ordered: Sequence[Record], notes: tuple[str, ...]) -> Table:
    year = facts.year
    nil, present = year.nil.get(AGREEMENTS, frozenset()), year.present.get(AGREEMENTS, frozenset())
    platforms = sorted({*year.expected.get(AGREEMENTS, ()), *nil, *present, *(one.platform for one in ordered)})
    rows: list[Row] = []
    for platform in platforms:
        mine = [one for one in ordered if one.platform == platform]
        keys = {"code_plateforme": platform, "heading": f"PLATE-FORME {platform} – {facts.name(platform)}"}
        rows += _counts(mine, keys, RowKind.BLOCK_TOTAL, came=bool(mine) or platform in nil | present)
    came = any(one.platform for one in ordered) or bool(nil | present)
    keys = {"code_plateforme": NATIONAL, "heading": "NATIONAL"}
    rows += _counts(ordered, keys, RowKind.TOTAL, came=came)
    return Table(
        code="D13C",
        title="Accords de partenariat par famille de partenaires",
        subtitle=f"national et par Plate-forme – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="code_plateforme", label="Plate-forme"),
            Key(name="famille", label="Code", hidden=True),
            Key(name="libelle", label="Famille de partenaires"),
        ),
        columns=tuple(Column(name=name, label=label, kind=Kind.COUNT) for name, label in _COUNTED),
        rows=tuple(rows),
        block="code_plateforme",
        footnotes=(FOOTNOTE, "En vigueur : accords nouveaux, amendés et reconduits."),
        notes=notes,
    )


def _counts(records: Sequence[Record], keys: dict[str, str], total: RowKind, *, came: bool) -> list[Row]:
    families = [*FAMILIES, *([NO_FAMILY] if any(family_of(one) == NO_FAMILY for one in records) else [])]
    rows = []
    for family in families:
        mine = [one for one in records if family_of(one) == family]
        words = {**keys, "famille": family, "libelle": _label(family)}
        rows.append(Row(kind=RowKind.LINE, keys=words, values=_numbers(mine, came=came)))
    words = {**keys, "famille": "TOTAL", "libelle": "Total"}
    rows.append(Row(kind=total, keys=words, values=_numbers(records, came=came)))
    return rows


def _numbers(records: Sequence[Record], *, came: bool) -> tuple[Value, ...]:
    if not came:
        return (MISSING,) * len(_COUNTED)
    alive = [one for one in records if one.values.get("statut") != GONE]
    by_status = [sum(one.values.get("statut") == status for one in records) for status in STATUSES]
    formal = sum(one.values.get("formalise") is True for one in alive)
    return tuple(Value(number) for number in (len(alive), formal, *by_status))

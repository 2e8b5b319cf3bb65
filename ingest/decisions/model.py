"""The workbook to fill in with decisions, with its drop-downs: in the central body's `diffusion/modeles/`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.organisations import Organisation
from domain.periods import Period, Periodicity
from rendering.workbooks.template import TemplateOrder, template_workbook
from rules.rule import RuleSet
from schemas.decisions import DECISIONS


@dataclass(frozen=True, kw_only=True)
class _Order(TemplateOrder):
    """A template without a period: its names say none."""

    @property
    def reports(self) -> bool:
        """It says what is decided, not what happened."""
        return False

    @property
    def file_name(self) -> str:
        """A name that says everything when it is dropped."""
        return "decisions.xlsx"

    @property
    def sheet_name(self) -> str:
        """For people: any name is read."""
        return "Décisions"


def decides(organisation: Organisation | None) -> bool:
    """Whether this is who decides."""
    return organisation is not None and organisation.type in DECISIONS.senders


def decisions_model(organisation: Organisation, account: str, *, version: str, today: date) -> tuple[str, bytes]:
    """File name and workbook."""
    order = _Order(
        collection=DECISIONS,
        rules=RuleSet(collection=DECISIONS.code),
        period=Period.containing(today, Periodicity.YEAR),
        account=account,
        sender=organisation,
        due_at=None,
        version=version,
    )
    return order.file_name, template_workbook(order)

"""What a health check answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One check's answer; `remedy` is empty when there is nothing to do."""

    check: str
    health: Health
    detail: str
    remedy: str = ""

    def as_row(self) -> dict[str, str]:
        """For the listing."""
        return {key: str(value) for key, value in asdict(self).items()}


def ok(check: str, detail: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(check=check, health=Health.OK, detail=detail)


def warning(check: str, detail: str, remedy: str) -> Diagnosis:
    """It works, and somebody should look."""
    return Diagnosis(check=check, health=Health.WARNING, detail=detail, remedy=remedy)


def fault(check: str, detail: str, remedy: str) -> Diagnosis:
    """Something is wrong."""
    return Diagnosis(check=check, health=Health.FAULT, detail=detail, remedy=remedy)

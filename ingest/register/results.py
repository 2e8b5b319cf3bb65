"""What an import, a check or a deposit of the register gives: values for the command line and the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import Detected
from domain.organisations import Directory
from ingest.register.checking import blocks
from ingest.register.effects import Effects
from ingest.register.wording import english, english_line, summary
from rendering.escaping import terminal

_WORDS = {
    Severity.BLOCKING: "bloquant",
    Severity.ERROR: "erreur",
    Severity.WARNING: "avertissement",
    Severity.INFO: "information",
}
DONE, REFUSED, NOT_DONE = 0, 1, 2
"""Exit statuses (contract §3)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A register that was read and checked, and what importing it would give.

    `after` None: it cannot be imported. `changed`: it does not say the same as the register in force. `destroy`: it
    holds what no deposit may hold (G-12).
    """

    findings: tuple[Finding, ...]
    before: Directory
    after: Directory | None = None
    changed: bool = False
    effects: Effects = field(default_factory=Effects)
    detected: Detected = field(default_factory=Detected)
    n_rows: int = 0
    destroy: bool = False

    @property
    def valid(self) -> bool:
        """Whether it may be imported."""
        return not blocks(self.findings)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What `guichet directory check` found."""

    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether it could be imported."""
        return not blocks(self.findings)

    @property
    def lines(self) -> list[str]:
        """One line per finding, in French, for a terminal."""
        return [finding_line(finding) for finding in self.findings]

    @property
    def exit_status(self) -> int:
        """0 when it could be imported, 1 when not."""
        return DONE if self.valid else REFUSED

    @property
    def sentence(self) -> str:
        """The conclusion."""
        return f"the register {'can' if self.valid else 'cannot'} be imported: {_counted(self.findings)}"

    def as_document(self) -> dict[str, Any]:
        """For `--format json`."""
        return {
            "valid": self.valid,
            "findings": [finding.as_document() for finding in self.findings],
            "finding_counts": count_by_severity(self.findings),
        }


@dataclass(frozen=True, kw_only=True)
class ImportResult(CheckResult):
    """What `guichet directory import` did. `version`: the one in force afterwards, None before the first import."""

    effects: Effects
    changed: bool
    imported: bool
    version: int | None
    source: str

    @property
    def effect_lines(self) -> list[str]:
        """One line per effect, in English, for a terminal."""
        return [terminal(line) for line in english(self.effects)]

    @property
    def exit_status(self) -> int:
        """0 done or nothing to do, 1 refused, 2 waiting for `--yes`."""
        if not self.valid:
            return REFUSED
        return DONE if self.imported or not self.changed else NOT_DONE

    @property
    def sentence(self) -> str:
        """What was done, or what to do."""
        if not self.valid:
            return f"nothing was imported: {_counted(self.findings)}; mend the register, then import it again"
        if not self.changed:
            return f"nothing changes: the register in force (version {self.version}) already says all this"
        if self.imported:
            return f"imported: version {self.version} of the register is in force ({summary(self.effects)})"
        order = f"guichet directory import {self.source} --yes"
        return f"nothing was imported yet ({summary(self.effects)}); to do it: {order}"

    def as_document(self) -> dict[str, Any]:
        """For `--format json`."""
        return {
            **super().as_document(),
            "changed": self.changed,
            "imported": self.imported,
            "version": self.version,
            "effects": [{**effect.as_document(), "text": english_line(effect)} for effect in self.effects.items],
        }


def finding_line(finding: Finding) -> str:
    """`erreur organisations!E5 ANN.R05 : … → …`."""
    place = finding.cell or (f"ligne {finding.row}" if finding.row else "")
    head = " ".join(part for part in (_WORDS[finding.severity], place, finding.code) if part)
    hint = f" → {finding.hint}" if finding.hint else ""
    return terminal(f"{head} : {finding.message}{hint}")


def _counted(findings: tuple[Finding, ...]) -> str:
    counts = count_by_severity(findings)
    words = {"blocking": "blocking finding", "error": "error", "warning": "warning", "info": "remark"}
    told = [
        f"{count} {word}{'s' if count > 1 else ''}" for severity, word in words.items() if (count := counts[severity])
    ]
    return ", ".join(told) or "nothing to remark"

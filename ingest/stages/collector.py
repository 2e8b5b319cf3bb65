"""Collects findings: all are counted, the gravest and first ones are kept up to a stated cap, in a stable order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.findings import Finding, Severity


@dataclass(kw_only=True)
class FindingCollector:
    """At most `cap` findings are kept by severity while collecting, and `cap` in all at the end.

    `register_faults` and `other_faults` count errors and blocking findings by what must be mended: the register, or
    the file (a consequence of others, such as the tolerance, counts in neither).
    """

    cap: int
    counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    register_faults: int = 0
    other_faults: int = 0
    _kept: dict[Severity, list[Finding]] = field(default_factory=lambda: {severity: [] for severity in Severity})

    def add(self, finding: Finding, *, register: bool = False, consequence: bool = False) -> None:
        """Count a finding, and keep it if there is room."""
        self.count(finding.severity, 1, register=register, consequence=consequence)
        if len(self._kept[finding.severity]) < self.cap:
            self._kept[finding.severity].append(finding)

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Add findings that are the file's own fault."""
        for finding in findings:
            self.add(finding)

    def count(self, severity: Severity, number: int, *, register: bool = False, consequence: bool = False) -> None:
        """Count findings without keeping them: for when there is no room."""
        self.counts[severity] += number
        if consequence or severity not in _FAULTS:
            return
        if register:
            self.register_faults += number
        else:
            self.other_faults += number

    def room(self, severity: Severity) -> int:
        """How many more of this severity are kept."""
        return self.cap - len(self._kept[severity])

    @property
    def blocked(self) -> bool:
        """Whether something stops the whole section."""
        return self.counts[Severity.BLOCKING] > 0

    @property
    def faulty(self) -> bool:
        """Whether there is any error or blocking finding."""
        return self.blocked or self.counts[Severity.ERROR] > 0

    @property
    def register_only(self) -> bool:
        """Whether every fault comes from the register (contract §5)."""
        return self.register_faults > 0 and self.other_faults == 0

    @property
    def truncated(self) -> bool:
        """Whether some findings are counted but not given."""
        return sum(self.counts.values()) > min(self.cap, sum(len(kept) for kept in self._kept.values()))

    def findings(self) -> tuple[Finding, ...]:
        """What is kept: the gravest first when there are too many, then in the order of the file."""
        chosen: list[Finding] = []
        for severity in Severity:
            chosen.extend(sorted(self._kept[severity], key=_order)[: self.cap - len(chosen)])
        return tuple(sorted(chosen, key=_order))

    def counted(self) -> dict[str, int]:
        """`finding_counts` of the answer."""
        return {severity.value: number for severity, number in self.counts.items()}


_FAULTS = frozenset({Severity.BLOCKING, Severity.ERROR})


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    return finding.sort_key

"""Collects findings: all are counted, the gravest and first ones are kept up to a stated cap, in a stable order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from domain.causes import CauseTally, cause_key
from domain.findings import Finding, Severity
from ingest.stages.confirming import WHOLE, About, Confirmer
from ingest.stages.tallies import EXAMPLES, CauseBook, Root


@dataclass(kw_only=True)
class FindingCollector:
    """At most `cap` findings are kept by severity while collecting (besides three of each cause), `cap` in the end.

    `register_faults` and `other_faults` count errors and blocking findings by what must be mended: the register, or
    the file (a consequence of others, such as the tolerance, counts in neither). Every finding goes by `confirmer`
    first, when there is one, so that a confirmed warning counts as a remark.
    """

    cap: int
    counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    register_faults: int = 0
    other_faults: int = 0
    confirmer: Confirmer | None = None
    _kept: dict[Severity, list[Finding]] = field(default_factory=lambda: {severity: [] for severity in Severity})
    _book: CauseBook = field(default_factory=CauseBook)
    _roots: dict[str, Root] = field(default_factory=dict)

    def add(
        self, finding: Finding, *, register: bool = False, consequence: bool = False, about: About = WHOLE
    ) -> Finding:
        """Count a finding, and keep it if there is room; what became of it, a remark when it is confirmed.

        `about`: what it asks beyond its place.
        """
        if self.confirmer is not None:
            finding = self.confirmer(finding, about)
        key = cause_key(finding)
        wanted = self.wants(finding.severity, key)
        self._count(finding.severity, register=register, consequence=consequence)
        self._book.add_one(finding.code, key, finding.severity, finding.row, consequence=consequence)
        if wanted:
            self._kept[finding.severity].append(finding)
        return finding

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Add findings that are the file's own fault."""
        for finding in findings:
            self.add(finding)

    def skip(self, code: str, cause: str, severity: Severity, row: int | None, *, register: bool = False) -> None:
        """Count a finding that is not kept (`wants` says so): it need not even be made."""
        self._count(severity, register=register)
        self._book.add_one(code, cause, severity, row)
        if self.confirmer is not None and row is not None and severity is Severity.ERROR:
            self.confirmer.on_error(row)

    def wants(self, severity: Severity, cause: str) -> bool:
        """Whether one more finding of this cause is kept: there is room, or the cause still lacks examples."""
        if len(self._kept[severity]) < self.cap:
            return True
        return self._book.count_of(cause, severity) < EXAMPLES and len(self._kept[severity]) < 2 * self.cap

    def confirms(self, severity: Severity, row: int | None) -> bool:
        """Whether a finding may be confirmed: then it is made, room or not."""
        return severity is Severity.WARNING and self.confirmer is not None and self.confirmer.may_confirm(row)

    def _count(self, severity: Severity, *, register: bool = False, consequence: bool = False) -> None:
        self.counts[severity] += 1
        if consequence or severity not in _FAULTS:
            return
        if register:
            self.register_faults += 1
        else:
            self.other_faults += 1

    def group(self, root: Root) -> None:
        """Make one cause of some, under a title of its own; the findings keep their places and messages."""
        for cause in root.causes:
            self._roots[cause] = root

    def causes(self) -> tuple[CauseTally, ...]:
        """Every cause, counted over all findings."""
        return self._book.tallies(self._roots)

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
            chosen.extend(_fair(sorted(self._kept[severity], key=_order), self.cap - len(chosen)))
        return tuple(self._grouped(one) for one in sorted(chosen, key=_order))

    def _grouped(self, finding: Finding) -> Finding:
        root = self._roots.get(cause_key(finding)) if self._roots and finding.severity is not Severity.INFO else None
        return finding if root is None else replace(finding, cause=root.cause)

    def counted(self) -> dict[str, int]:
        """`finding_counts` of the answer."""
        return {severity.value: number for severity, number in self.counts.items()}


_FAULTS = frozenset({Severity.BLOCKING, Severity.ERROR})


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    return finding.sort_key


def _fair(findings: list[Finding], room: int) -> list[Finding]:
    """The first ones when there are too many, but a few of every cause."""
    if len(findings) <= room:
        return findings
    seen: Counter[str] = Counter()
    examples: list[Finding] = []
    others: list[Finding] = []
    for one in findings:
        key = cause_key(one)
        (examples if seen[key] < EXAMPLES else others).append(one)
        seen[key] += 1
    return [*examples, *others][:room]

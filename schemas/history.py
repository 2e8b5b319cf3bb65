"""How the figures of a collection are compared with its past: declared with it, documented with it (contract §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class History:
    """The parameters of A-01…A-06 for one collection. Every figure can be another in another collection.

    A value departs from a level when it is off by more than `share` of it, by more than `units`, and by more than
    `noise` times what chance alone does to a count of that size (its square root).

    `recent`: known periods whose median is the usual level, looked for in the last `reach`; `latest`: of these, the
    last ones, any of which makes a value normal; `years`: earlier years whose same period is looked at. With fewer
    than `needs` known periods nothing is asked; with fewer than `settled`, only what is `gross` times beyond all seen.
    `silence`: non-zero periods before a zero, at a usual level of `silent_level` at least (A-02); `asleep`: zeros
    before a value of `waking_level` at least (A-03). `copy_chance`: what chance explains more often than this is no
    copy (A-04). `peer_factor` × the quantile `peer_share` of at least `peers` values of the last `peer_periods` (A-05).
    `correction`: share of a total that a late correction changes (A-06).

    `paid_cases`: column of an amount → column that counts the cases it pays for; `dispersion`: spread of the amount of
    one case over its mean. An amount without its count is not compared.
    """

    share: float = 0.5
    units: float = 5
    noise: float = 3.0
    recent: int = 4
    reach: int = 8
    latest: int = 2
    years: int = 3
    needs: int = 2
    settled: int = 4
    gross: float = 3
    silence: int = 2
    silent_level: float = 8
    asleep: int = 4
    waking_level: float = 5
    copy_chance: float = 0.001
    peers: int = 30
    peer_share: float = 0.99
    peer_factor: float = 3
    peer_periods: int = 4
    correction: float = 0.10
    dispersion: float = 0.6
    paid_cases: Mapping[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """The published description (keys are stable)."""
        return {**asdict(self), "paid_cases": dict(self.paid_cases)}

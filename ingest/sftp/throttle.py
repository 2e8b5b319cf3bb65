"""Slows password guessing down without letting a stranger lock a depositor out."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 300.0
FAILURES_PER_PEER_AND_ACCOUNT: Final = 10
FAILURES_PER_PEER: Final = 30
LONGEST_DELAY_SECONDS: Final = 4.0
_FIRST_DELAY_SECONDS: Final = 0.1
_KEYS_KEPT: Final = 10_000


class Throttle:
    """Counts recent failures per peer, and per peer and account; never per account alone."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds."""
        self._monotonic = monotonic
        self._failures: OrderedDict[tuple[str, str | None], deque[float]] = OrderedDict()

    def refuses(self, peer: str, account: str) -> bool:
        """Whether this peer has failed too often lately: its password is not even looked at."""
        return (
            self._count((peer, account)) >= FAILURES_PER_PEER_AND_ACCOUNT
            or self._count((peer, None)) >= FAILURES_PER_PEER
        )

    def failed(self, peer: str, account: str) -> float:
        """Count a failure; return how many seconds to wait before the answer."""
        now = self._monotonic()
        for key in ((peer, account), (peer, None)):
            self._failures.setdefault(key, deque(maxlen=FAILURES_PER_PEER)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _KEYS_KEPT:
            self._failures.popitem(last=False)
        exponent = self._count((peer, account)) - 1
        return min(_FIRST_DELAY_SECONDS * float(2**exponent), LONGEST_DELAY_SECONDS)

    def succeeded(self, peer: str, account: str) -> None:
        """Forget the failures of this peer on this account."""
        self._failures.pop((peer, account), None)

    def _count(self, key: tuple[str, str | None]) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        oldest = self._monotonic() - WINDOW_SECONDS
        while times and times[0] < oldest:
            times.popleft()
        return len(times)

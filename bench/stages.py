"""Where the time goes: a few functions of the pipeline are timed from outside while a benchmark runs."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Split:
    """Sums of wall seconds by stage, over all threads; a stage inside another is taken out of it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._local = threading.local()
        self._guard = threading.Lock()

    @contextmanager
    def watching(self, *places: tuple[object, str, str]) -> Iterator[None]:
        """Time `owner.name` as `stage` for each place, while the block runs."""
        former = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
        for owner, name, stage in places:
            setattr(owner, name, self._timed(getattr(owner, name), stage))
        try:
            yield
        finally:
            for owner, name, function in former:
                setattr(owner, name, function)

    def _timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            inner = getattr(self._local, "inner", 0.0)
            self._local.inner = 0.0
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - started
                with self._guard:
                    self.seconds[stage] += spent - self._local.inner
                    self.calls[stage] += 1
                self._local.inner = inner + spent

        return timed

    def show(self, files: int) -> None:
        """Print the split, the costliest first."""
        total = sum(self.seconds.values())
        for stage, seconds in sorted(self.seconds.items(), key=lambda one: -one[1]):
            print(f"    {stage:<28} {1000 * seconds / files:8.2f} ms a file  {seconds / total:6.1%}")

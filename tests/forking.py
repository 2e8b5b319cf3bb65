"""For tests that fork: what the threads of the test's process would do is done elsewhere in the child.

Typst keeps a pool of threads from its first document on. A fork has none of them, and would wait for ever.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any, Final

import typst

_MADE_HERE: Final = typst.compile_with_warnings
_ELSEWHERE: Final = """
import pickle, sys, typst
words, options = pickle.load(sys.stdin.buffer)
made, warnings = typst.compile_with_warnings(*words, **options)
pickle.dump((made, [str(one) for one in warnings]), sys.stdout.buffer)
"""
_used = False


def watch() -> None:
    """Know from now on whether the pool is there."""
    typst.compile_with_warnings = _noting


def settle() -> None:
    """To be called first in a forked child."""
    if _used:
        typst.compile_with_warnings = _in_another_process


def _noting(*words: Any, **options: Any) -> Any:
    global _used  # noqa: PLW0603 - of the process, as the pool is
    _used = True
    return _MADE_HERE(*words, **options)


def _in_another_process(*words: Any, **options: Any) -> Any:
    order = pickle.dumps((words, options))
    done = subprocess.run([sys.executable, "-c", _ELSEWHERE], input=order, stdout=subprocess.PIPE, check=True)
    return pickle.loads(done.stdout)  # noqa: S301 - our own

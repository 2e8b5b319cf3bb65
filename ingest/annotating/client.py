"""`Annotator`: the service's end of annotating. Safe to call from any thread; one copy at a time per annotator."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from domain.errors import Retry, TryApart
from domain.judgement import ReadTable
from ingest.limited.client import LimitedClient, ServerLostError, Turn, emptied
from ingest.reading.limits import ReadingLimits
from rendering.workbooks.annotation import AnnotationPlan

__all__ = ["Annotated", "Annotator"]

log = structlog.get_logger(__name__)

RESULT_BYTES = 1 << 12
REOPENED = frozenset({"xlsx", "xlsm"})
"""Formats of which the workbook itself can be annotated; the others have one attempt, a plain copy."""
QUICK_CPU_SECONDS, QUICK_WALL_SECONDS = 15, 45.0
COPY_NAME, RESULT_NAME, PLAN_NAME = "annote.xlsx", "result.json", "plan.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotated:
    """A copy that was made at `path`. `kept`: it is the depositor's own workbook, not a plain copy of its values."""

    path: Path
    kept: bool
    n_bytes: int


class Annotator(LimitedClient):
    """Annotates untrusted workbooks in a process of its own, started at the first one and again if it dies."""

    def __init__(self, limits: ReadingLimits, *, command: Sequence[str] | None = None) -> None:
        """An annotator with its limits; `command` replaces the process in tests of its failures."""
        super().__init__("ingest.annotating.server", command)
        self._limits = limits
        self._quick = limits.quick(cpu_seconds=QUICK_CPU_SECONDS, wall_seconds=QUICK_WALL_SECONDS)

    def annotate(
        self,
        original: Path,
        *,
        format: str,  # noqa: A002 - the word of the answer's document
        tables: Sequence[ReadTable],
        plan: AnnotationPlan,
        workdir: Path,
    ) -> Annotated | None:
        """The annotated copy of `original` (of which `tables` were read), made in `workdir` (emptied first).

        None when not even a plain copy could be made: the log says why, the answer does without. `workdir` and the
        copy in it are the caller's.

        Raises:
            TryApart: on a quick try (`turn`), it takes too long among small files.
            Retry: our disk failed (full, input or output error).
            Park: the annotating process cannot be started.
        """
        with self._lock:
            for plain in (False, True) if format.lower() in REOPENED else (False,):
                _prepare(workdir, plan)
                ended = self._attempt(self._document(original, format, tables, workdir, plain=plain))
                if ended in {"time_limit", "output_limit"} and self._turn is Turn.QUICK:
                    raise TryApart(f"annotating, {ended}")
                if ended == "our_disk":
                    raise Retry(f"the annotated copy of {plan.submission} could not be written")
                made = _made(workdir) if ended == "done" else None
                if made is not None:
                    return made
                words = self.last_usage.last_words[-300:] if self.last_usage is not None else ""
                log.warning("annotated_copy_failed", submission=plan.submission, ended=ended, plain=plain, words=words)
            return None

    def _attempt(self, document: dict[str, Any]) -> str:
        self._ready()
        try:
            return str(self._ask(document)["ended"])
        except ServerLostError:
            return "server_lost"

    def _document(
        self,
        original: Path,
        file_format: str,
        tables: Sequence[ReadTable],
        workdir: Path,
        *,
        plain: bool,
    ) -> dict[str, Any]:
        return {
            "path": str(original.absolute()),
            "format": file_format.lower(),
            "workdir": str(workdir.absolute()),
            "plan": str((workdir / PLAN_NAME).absolute()),
            "plain": plain,
            "limits": (self._quick if self._turn is Turn.QUICK else self._limits).as_document(),
            "tables": [
                {
                    "index": table.index,
                    "name": table.name,
                    "path": str(table.path.absolute()) if table.path is not None else None,
                    "n_columns": table.n_columns,
                }
                for table in tables
            ],
        }


def _prepare(workdir: Path, plan: AnnotationPlan) -> None:
    try:
        emptied(workdir)
        (workdir / PLAN_NAME).write_bytes(plan.to_json())
    except OSError as error:
        raise Retry(f"the annotated copy of {plan.submission} could not be prepared: {error.strerror}") from error


def _made(workdir: Path) -> Annotated | None:
    """What the child says that it made; hostile bytes may have written all of it, so little is believed."""
    copy = workdir / COPY_NAME
    try:
        descriptor = os.open(workdir / RESULT_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as source:  # noqa: PTH123 - a descriptor
            said = json.loads(source.read(RESULT_BYTES))
        kept = said["kept"]
        if copy.is_symlink() or not copy.is_file() or not isinstance(kept, bool):
            return None
        return Annotated(path=copy, kept=kept, n_bytes=copy.stat().st_size)
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""`purge`: retention, now (contract §3, §12)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from domain.errors import CannotDo
from ingest.cli.output import emit_json, emit_rows, say
from ingest.telemetry import configure
from ingest.wiring import Wiring, current_user
from rendering.escaping import terminal

_HEADINGS = {
    "collection": "COLLECTION",
    "exercice": "EXERCICE",
    "rule": "RULE",
    "deposits": "DEPOSITS",
    "rows": "ROWS",
    "files": "FILES",
}


def purge(arguments: argparse.Namespace) -> int:
    """Destroy what has come to its end; with --dry-run, say what that is."""
    from ingest.retention.clock import why_not  # noqa: PLC0415 - weighs more than the parser
    from ingest.retention.purging import Purge  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        configure(wiring.settings.log_format, "warning")
        work = Purge(wiring, author=current_user())
        trouble = why_not(wiring)
        if arguments.dry_run:
            return _dry_run(wiring, work, trouble, arguments.format)
        if trouble is not None:
            raise CannotDo(trouble)
        report = work.run()
    rows: list[dict[str, Any]] = [
        {
            "collection": one.collection,
            "exercice": one.exercice,
            "rule": one.rule.value,
            "deposits": one.deposits,
            "rows": one.rows,
            "files": one.files,
        }
        for one in report.lots
    ]
    if arguments.format == "json":
        emit_json(rows)
        return 0
    emit_rows(rows, _HEADINGS, "text", empty="nothing had come to its end")
    swept = report.swept
    if not swept.nothing:
        say(f"{swept.messages} message(s), {swept.arrived} mail(s) that arrived, {swept.contacts} contact(s) too")
    if not report.wiped:
        say("the database's own files are still being read by another process: the next pass rewrites them")
    return 0


def _dry_run(wiring: Wiring, work: Any, trouble: str | None, form: str) -> int:
    from ingest.retention.foreseeing import foresee  # noqa: PLC0415

    seen = foresee(wiring, work)
    if form == "json":
        emit_json(seen.rows)
        return 0
    emit_rows(seen.rows, _HEADINGS, "text", empty="nothing has come to its end")
    _list(seen.files)
    if seen.messages or seen.contacts:
        say(f"{seen.messages} message(s) and mail(s) that arrived, {seen.contacts} contact(s)")
    if trouble is not None:
        say(f"refused for now: {trouble}")
    return 0


def _list(files: Sequence[str]) -> None:
    for path in files:
        say(f"  {terminal(path)}")

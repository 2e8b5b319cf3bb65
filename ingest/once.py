"""`guichet once`: one full pass, with the same steps as the service and no thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ingest.colleagues import at_the_desk
from ingest.pipeline import Pipeline
from ingest.wiring import Wiring

PATIENCE_SECONDS = 30.0
"""A file that never stands still is left for the next pass after this, beyond the settle time."""
POLL_SECONDS = 0.05
EVERYTHING = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PassReport:
    """What one pass did."""

    taken: int
    judged: int
    postponed: int
    answered: int
    sent: int
    still_moving: int
    mail_trouble: str | None = None
    held: int = 0

    @property
    def sentence(self) -> str:
        """One line for the administrator."""
        parts = [f"{self.taken} file(s) taken", f"{self.judged} judged", f"{self.sent} message(s) sent"]
        if self.postponed:
            parts.append(f"{self.postponed} postponed (see 'guichet submissions --state claimed')")
        if self.still_moving:
            parts.append(f"{self.still_moving} still being written, left for the next pass")
        if self.held:
            parts.append(f"{self.held} message(s) on hold")
        if self.mail_trouble:
            parts.append(f"the others wait for the mail server ({self.mail_trouble})")
        return ", ".join(parts)


def one_pass(wiring: Wiring, progress: Callable[[str], None] = lambda _line: None) -> PassReport:
    """Take the files present at the start once they have settled, judge, answer, send; then stop."""
    with at_the_desk(wiring):
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        taken, moving = _take_all(wiring, pipeline)
        pipeline.follow_register()
        judged, postponed = _judge_all(wiring, pipeline, progress)
        if pipeline.follow_register():  # the register itself may have been among the files
            again, later = _judge_all(wiring, pipeline, progress)
            judged, postponed = judged + again, postponed + later
        pipeline.follow_deadlines(at_once=True, patience_seconds=PATIENCE_SECONDS)
        answered = pipeline.carry_out_effects()
        mail = wiring.outbox.flush(limit=EVERYTHING)
        pipeline.upkeep()
    return PassReport(
        taken=taken,
        judged=judged,
        postponed=postponed,
        answered=answered,
        sent=mail.sent,
        still_moving=moving,
        mail_trouble=mail.unreachable,
        held=mail.held,
    )


def _take_all(wiring: Wiring, pipeline: Pipeline) -> tuple[int, int]:
    patience_ends = time.monotonic() + wiring.settings.settle_seconds + PATIENCE_SECONDS
    total = 0
    while True:
        taken = pipeline.take_ready(limit=EVERYTHING)
        total += taken.files
        moving = taken.settling + taken.being_written
        if not moving or time.monotonic() > patience_ends:
            return total, moving
        time.sleep(POLL_SECONDS)


def _judge_all(wiring: Wiring, pipeline: Pipeline, progress: Callable[[str], None]) -> tuple[int, int]:
    """How many were judged and put off; those to be tried once more apart come after all the others."""
    clerk = wiring.new_clerk()
    judged, tasks, postponed = 0, pipeline.pending(), set[str]()
    for _ in range(2):
        for number, task in enumerate(tasks, start=1):
            progress(f"judging {number}/{len(tasks)}: {task.submission_id}")
            if pipeline.judge(task.submission_id, clerk) is None:
                postponed.add(task.submission_id)
            else:
                postponed.discard(task.submission_id)
                judged += 1
        if not postponed:
            break
        tasks = [task for task in pipeline.pending() if task.submission_id in postponed]
    return judged, len(postponed)

"""What the demonstration drops, and what it expects to become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.organisations import Directory
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.demo.files import (
    DemoFile,
    both_services,
    full_of_mistakes,
    good_csv,
    nil_return,
    no_table,
    wrong_platform,
)

NOW = "2005-04-18T10:00"
"""The rehearsal's clock: twelve days before the first quarter of 2005 is due."""
PERIOD = Period(2005, 1)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One drop. `verdict`: what the file must get; `sections`: what each collection must get.

    `mends`: the name of an earlier drop of the same account, whose correction kit is mended and dropped in the place
    of the content.
    """

    title: str
    file: DemoFile
    verdict: Verdict
    sections: Mapping[str, Verdict]
    folder: str = "depot"
    mends: str | None = None


def scenes(directory: Directory) -> tuple[Scene, ...]:
    """The story, in order."""
    good = good_csv(directory, "PF01", PERIOD)
    mistakes = full_of_mistakes(directory, "PF03", PERIOD)
    again = replace(good, name=f"N1A_{PERIOD}_envoi-de-Claire.csv", story="the same bytes under another name")
    accepted, rejected = Verdict.ACCEPTED, Verdict.REJECTED
    return (
        Scene(title="a good CSV", file=good, verdict=accepted, sections={"N1A": accepted}),
        Scene(
            title="a workbook with both services",
            file=both_services(directory, "PF02", PERIOD),
            verdict=accepted,
            sections={"N1A": accepted, "N1M": accepted},
        ),
        Scene(
            title="a trial in essai/, full of mistakes",
            file=mistakes,
            verdict=Verdict.PARTIALLY_ACCEPTED,
            sections={"N1A": Verdict.PARTIALLY_ACCEPTED},
            folder="essai",
        ),
        Scene(
            title="a file full of mistakes",
            file=mistakes,
            verdict=Verdict.PARTIALLY_ACCEPTED,
            sections={"N1A": Verdict.PARTIALLY_ACCEPTED},
        ),
        Scene(
            title="the correction kit of that file, mended",
            file=replace(mistakes, name="copie de a_corriger (2).csv", story="what the messages say, and nothing else"),
            verdict=accepted,
            sections={"N1A": accepted},
            mends=mistakes.name,
        ),
        Scene(title="a duplicate", file=again, verdict=Verdict.DUPLICATE, sections={"N1A": Verdict.DUPLICATE}),
        Scene(
            title="a nil return",
            file=nil_return(directory, "PF04", PERIOD),
            verdict=Verdict.NIL,
            sections={"N1M": Verdict.NIL},
        ),
        Scene(
            title="another platform's CIL",
            file=wrong_platform(directory, "PF05", PERIOD),
            verdict=Verdict.PARTIALLY_ACCEPTED,
            sections={"N1A": Verdict.PARTIALLY_ACCEPTED},
        ),
        Scene(
            title="a file that is no table",
            file=no_table(directory, "PF04", PERIOD),
            verdict=rejected,
            sections={"N1A": rejected},
        ),
    )

"""What a case of the catalogue is: a wrong file as people really make it, and the mending that its answer asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.organisations import Directory
from domain.verdicts import Verdict

Build = Callable[[Directory], bytes]
Mend = Callable[[bytes, Directory], bytes]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One wrong file. Everything here is stated by hand, from the story: never copied from an answer.

    `story`: one French sentence, what happened at the depositor's desk. `codes`: every rule that must speak (remarks
    apart), and no other. `places`: cells and lines that the answer must name. `says`: words that its first page must
    hold, where faults are told by causes; `never`: words that would mislead. `causes`: how many things there are to
    understand (remarks apart): a fault is told once. `oddity`: the kind of what is not taken, so never judged.
    `folder`: the file lies in a folder of that name, which was dropped whole.

    `mend` does what the answer's hints say and nothing else, on the deposited bytes; `mended_name` when the answer asks
    for another name; `mended` is the verdict then. `mend` None: nothing is to be mended.
    """

    name: str
    story: str
    account: str = "pf03"
    file: str = "N1A_2005T1.csv"
    build: Build
    verdict: Verdict | None
    codes: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    causes: int = 1
    oddity: str | None = None
    folder: str | None = None
    mend: Mend | None = None
    mended_name: str | None = None
    mended: Verdict = Verdict.ACCEPTED

    def __str__(self) -> str:
        """Its name, for pytest."""
        return self.name


def saved_anew(build: Build) -> Mend:
    """The good file, deposited in the place of the wrong one: what « déposez le classeur » asks for."""
    return lambda _content, network: build(network)


def untouched(content: bytes, network: Directory) -> bytes:
    """The same bytes: only the name was wrong."""
    del network
    return content

"""No pattern of secret cells gives a secret cell away, whatever was counted and whatever was published before."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publication.secrecy.cells import Counts, Cross, Dimension, Home, Trait
from publication.secrecy.pattern import Published
from publication.secrecy.protecting import protect
from tests.attack_kit import Reader

MINIMUM = 11
Profile = tuple[str, str, str]
"""Modality of « a », of « b », flags held of « v »."""
Cases = Mapping[str, Mapping[Profile, int]]
"""How many, by CIL/CCI and profile."""
A, B, V = ("1", "2", "3"), ("x", "y"), ("p", "q")
PROFILES = [(a, b, flags) for a in A for b in B for flags in ("", "p", "q", "pq")]
DIMENSIONS = (
    Dimension(name="a", modalities=A),
    Dimension(name="b", modalities=B),
    Dimension(name="v", modalities=V, exclusive=False),
)
Homes = Mapping[str, tuple[str, str]]


def counts(cases: Cases, homes: Homes, *, crossed_everywhere: bool) -> Counts:
    """As the service counts them."""
    return Counts.of(
        "dossiers",
        2005,
        [
            (member, Trait(*trait), number)
            for member, profiles in cases.items()
            for profile, number in profiles.items()
            for trait in traits_of(profile)
        ],
        {member: Home(*home) for member, home in homes.items()},
        DIMENSIONS,
        (
            Cross(name="a×v", first="a", second="v", everywhere=crossed_everywhere),
            Cross(name="b×a", first="b", second="a", everywhere=crossed_everywhere),
        ),
    )


def traits_of(profile: Profile) -> Iterator[tuple[str, str, str]]:
    a, b, flags = profile
    yield ("total", "", "")
    yield ("a", a, "")
    yield ("b", b, "")
    yield ("b×a", b, a)
    for one in flags:
        yield ("v", one, "")
        yield ("a×v", a, one)


# ── what a reader sees ───────────────────────────────────────────────────────────────────────────────────────────────

View = tuple[Cases, Homes, frozenset[tuple[str, tuple[str, str, str]]], bool]


def groups_of(homes: Homes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"": list(homes)}
    for member, home in homes.items():
        found[member] = [member]
        for one in home:
            found.setdefault(one, []).append(member)
    return found


def reader_of(views: Sequence[View]) -> Reader:
    """A reader of every edition, who is told which figures have changed: an unknown is a figure with its value."""
    reader = Reader()
    for cases, homes, hidden, everywhere in views:
        groups = groups_of(homes)

        def name(group: str, *trait: str, cases: Cases = cases, groups: Mapping[str, list[str]] = groups) -> object:
            number = sum(
                many
                for member in groups[group]
                for profile, many in cases.get(member, {}).items()
                if trait in set(traits_of(profile))
            )
            return (group, trait, number, tuple(groups[group]))

        wholes = [("total", "", "")] + [("a", one, "") for one in A] + [("b", one, "") for one in B]
        pairs = [("a×v", one, other) for one in A for other in V] + [("b×a", one, other) for one in B for other in A]
        traits = [*wholes, *(("v", one, "") for one in V)]
        for group in groups:
            for trait in [*traits, *(pairs if everywhere or not group else [])]:
                one = name(group, *trait)
                reader.sees(one, None if (group, trait) in hidden else one[2])
            _sums(reader, lambda *trait, group=group: name(group, *trait), crossed=everywhere or not group)
        for group, members in groups.items():
            if group not in homes:
                for trait in [*traits, *(pairs if everywhere else [])]:
                    reader.adds_up([name(member, *trait) for member in members], name(group, *trait))
    return reader


def _sums(reader: Reader, name: Callable[..., object], *, crossed: bool) -> None:
    total = name("total", "", "")
    reader.adds_up([name("a", one, "") for one in A], total)
    reader.adds_up([name("b", one, "") for one in B], total)
    for flag in V:
        reader.at_most(name("v", flag, ""), total)
    if not crossed:
        return
    for flag in V:
        reader.adds_up([name("a×v", one, flag) for one in A], name("v", flag, ""))
        for one in A:
            reader.at_most(name("a×v", one, flag), name("a", one, ""))
    for b in B:
        reader.adds_up([name("b×a", b, one) for one in A], name("b", b, ""))
    for one in A:
        reader.adds_up([name("b×a", b, one) for b in B], name("a", one, ""))


def view(cases: Cases, homes: Homes, published: Published, *, everywhere: bool) -> View:
    return (cases, homes, frozenset((cell.group, tuple(cell.trait)) for cell in published.hidden), everywhere)


def publish(series: Sequence[Cases], homes: Homes, *, everywhere: bool, growing: bool = False) -> list[View]:
    """Every edition, each protected knowing those before; `growing`: of those with figures by then alone."""
    earlier: list[Published] = []
    views = []
    for cases in series:
        there = {member: home for member, home in homes.items() if member in cases or not growing}
        one = protect(counts(cases, there, crossed_everywhere=everywhere), MINIMUM, tuple(earlier))
        earlier.append(one)
        views.append(view(cases, there, one, everywhere=everywhere))
    return views


def too_small(views: Sequence[View]) -> list[object]:
    """Figures under the minimum that are shown."""
    return [one for one, number in reader_of(views).known.items() if number < MINIMUM]


# ── whatever is counted ──────────────────────────────────────────────────────────────────────────────────────────────


def drawn(seed: int, members: int, platforms: int, regions: int, often: int) -> tuple[Cases, Homes]:
    chance = random.Random(seed)  # noqa: S311 - a seeded drawing
    homes = {f"CIL{at}": (f"PF{at % platforms}", f"R{chance.randrange(regions)}") for at in range(members)}
    sizes = [1, 2, 4, 9, 10, 11, 12, 30, 200]
    cases = {
        member: Counter(
            {
                chance.choice(PROFILES): chance.choice(sizes[: chance.randint(3, len(sizes))])
                for _ in range(chance.randint(0, often))
            }
        )
        for member in homes
    }
    return cases, homes


def later(cases: Cases, seed: int) -> Cases:
    """The same with cases added and taken out."""
    chance = random.Random(seed)  # noqa: S311 - a seeded drawing
    found = {member: Counter(profiles) for member, profiles in cases.items()}
    for _ in range(chance.randint(1, 3)):
        member, profile = chance.choice(list(found)), chance.choice(PROFILES)
        change = chance.choice([1, 1, 2, 5, 12, 40, -1, -3, -20])
        found[member][profile] = max(0, found[member][profile] + change)
    return found


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    members=st.integers(1, 6),
    platforms=st.integers(1, 3),
    regions=st.integers(1, 3),
    often=st.integers(0, 8),
    everywhere=st.booleans(),
)
def test_nothing_can_be_computed_back(
    seed: int, members: int, platforms: int, regions: int, often: int, *, everywhere: bool
) -> None:
    """In one edition, neither exactly nor by bounds."""
    cases, homes = drawn(seed, members, platforms, regions, often)
    views = publish([cases], homes, everywhere=everywhere)
    assert not too_small(views)
    assert not reader_of(views).finds()


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    members=st.integers(1, 5),
    regions=st.integers(1, 3),
    often=st.integers(1, 8),
    everywhere=st.booleans(),
)
def test_nor_by_laying_editions_side_by_side(
    seed: int, members: int, regions: int, often: int, *, everywhere: bool
) -> None:
    """Three editions, with cases added and taken out, read by somebody who knows what has not changed."""
    cases, homes = drawn(seed, members, 2, regions, often)
    series = [cases, later(cases, seed + 1)]
    series.append(later(series[-1], seed + 2))
    views = publish(series, homes, everywhere=everywhere)
    assert not too_small(views)
    assert not reader_of(views).finds()


# ── what is hard ─────────────────────────────────────────────────────────────────────────────────────────────────────

LARGE: Profile = ("1", "x", "")
HARD: dict[str, tuple[Cases, Homes]] = {
    "one CIL/CCI a platform": (
        {f"CIL{at}": {LARGE: 40, ("2", "y", "p"): at} for at in range(4)},
        {f"CIL{at}": (f"PF{at}", f"R{at % 2}") for at in range(4)},
    ),
    "one modality only": (
        {f"CIL{at}": {LARGE: 50 + at} for at in range(4)},
        {f"CIL{at}": (f"PF{at % 2}", "R0") for at in range(4)},
    ),
    "everything small": (
        {f"CIL{at}": {PROFILES[at]: 1 + at % 3} for at in range(5)},
        {f"CIL{at}": (f"PF{at % 2}", f"R{at % 2}") for at in range(5)},
    ),
    "two cells that make ten or less": (
        {"CIL0": {("1", "x", ""): 30, ("2", "x", ""): 1}, "CIL1": {("1", "x", ""): 60, ("2", "y", ""): 9}},
        {"CIL0": ("PF0", "R0"), "CIL1": ("PF0", "R0")},
    ),
    "a région that is a platform": (
        {f"CIL{at}": {LARGE: 30, ("2", "x", "q"): 2, ("3", "y", "p"): 15} for at in range(4)},
        {f"CIL{at}": (f"PF{at // 2}", f"R{at // 2}") for at in range(4)},
    ),
    "one small figure among large ones": (
        {f"CIL{at}": {(a, b, ""): 40 for a in A for b in B} | {LARGE: 3 if at == 0 else 40} for at in range(5)},
        {f"CIL{at}": (f"PF{at % 2}", f"R{at % 2}") for at in range(5)},
    ),
    "nothing at all": ({"CIL0": {}, "CIL1": {}}, {"CIL0": ("PF0", "R0"), "CIL1": ("PF0", "R0")}),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("everywhere", [False, True])
def test_hard_cases(name: str, everywhere: bool) -> None:
    """Where little or nothing can stand in for a secret figure; and one case more afterwards."""
    cases, homes = HARD[name]
    more = {**cases, "CIL0": {**cases["CIL0"], ("2", "y", "p"): cases["CIL0"].get(("2", "y", "p"), 0) + 1}}
    views = publish([cases, more], homes, everywhere=everywhere)
    assert not too_small(views)
    assert not reader_of(views).finds()


def test_the_attack_finds_what_only_the_minimum_hides() -> None:
    """By elimination where a margin has one hidden figure; by bounds where several make zero."""
    cases, homes = HARD["one small figure among large ones"]
    found = counts(cases, homes, crossed_everywhere=True)
    small = frozenset((cell.group, tuple(cell.trait)) for cell, number in found.cells() if number < MINIMUM)
    reader = reader_of([(cases, homes, small, True)])
    assert ("CIL0", ("b×a", "x", "1"), 3, ("CIL0",)) in reader.solved()
    cases, homes = HARD["one modality only"]
    found = counts(cases, homes, crossed_everywhere=False)
    empty = frozenset((cell.group, tuple(cell.trait)) for cell, number in found.cells() if number < MINIMUM)
    reader = reader_of([(cases, homes, empty, False)])
    assert reader.finds() > reader.solved()


def test_the_attack_finds_what_editions_tell_together() -> None:
    """A second edition protected as if there had been no first."""
    cases, homes = HARD["one small figure among large ones"]
    changed = [{"CIL1": {**cases["CIL1"], ("2", "y", ""): 3}}, {"CIL2": {**cases["CIL2"], LARGE: 2}}]
    series = [cases, *({**cases, **one} for one in changed)]
    views = [publish([one], homes, everywhere=True)[0] for one in series]
    assert reader_of(views).finds()


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_platform_that_comes_late_hides_nothing_of_the_others(everywhere: bool) -> None:
    """It adds nothing to some counts: that they have not changed must not tell, nor keep the edition from being."""
    first = {f"CIL{at}": {(a, b, "p"): 40 for a in ("1", "2") for b in B} for at in range(3)}
    late = {"CIL3": {("1", "x", ""): 60, ("1", "y", ""): 12}, "CIL4": {("1", "y", "q"): 25}}
    homes = {one: ("PF0", "R0") if one in first else ("PF1", "R1") for one in (*first, *late)}
    views = publish([first, {**first, **late}], homes, everywhere=everywhere, growing=True)
    assert not too_small(views)
    assert not reader_of(views).finds()
    hidden = views[-1][2]
    assert not [group for group, trait in hidden if trait[0] == "total"]
    assert [trait for group, trait in hidden if group == ""] != []


def test_where_nothing_would_do_everything_is_secret_and_the_next_edition_is_free_of_it() -> None:
    """A cross is added below zeros that were shown once: its zeros can be nothing else."""
    cases, homes = HARD["one modality only"]
    plain = replace(counts(cases, homes, crossed_everywhere=True), crosses=())
    shown = Published(counts=plain, minimum=0, hidden=frozenset())
    crossed = counts(cases, homes, crossed_everywhere=True)
    one = protect(crossed, MINIMUM, (shown,))
    assert one.hidden == {cell for cell, _ in crossed.cells()}
    alone = protect(crossed, MINIMUM)
    assert protect(crossed, MINIMUM, (one,)).hidden == alone.hidden != one.hidden


def test_a_pattern_is_kept_as_json_and_read_back() -> None:
    """With all that a later edition needs."""
    cases, homes = HARD["a région that is a platform"]
    one = protect(counts(cases, homes, crossed_everywhere=False), MINIMUM)
    kept = Published.from_document(json.loads(json.dumps(one.as_document())))
    assert kept.hidden == one.hidden
    assert dict(kept.counts.cells()) == dict(one.counts.cells())
    assert protect(counts(cases, homes, crossed_everywhere=False), MINIMUM, (kept,)).hidden == one.hidden


def one_platform(homes: Iterable[str]) -> dict[str, Home]:
    return {member: Home(platform="PF0", region="R0") for member in homes}


def test_small_departures_hide_no_more_than_departures_where_only_the_first_flows_are_shown() -> None:
    """A pair that nobody took is one that somebody may have taken: the flows that are not listed give room."""
    places = tuple("123456")
    flows = {("1", "2"): 300, ("1", "3"): 200, ("2", "3"): 150, ("2", "1"): 60, ("3", "2"): 45, ("4", "1"): 5}
    counted = [
        ("CIL0", Trait(*trait), number)
        for (one, two), number in flows.items()
        for trait in (("total",), ("from", one), ("to", two), ("from×to", one, two))
    ]
    sides = tuple(Dimension(name=one, modalities=places, everywhere=False) for one in ("from", "to"))
    listed = Cross(name="from×to", first="from", second="to", everywhere=False, listed=(("1", "2"), ("1", "3")))
    made = protect(Counts.of("dossiers", 2005, counted, one_platform(["CIL0"]), sides, (listed,)), MINIMUM)
    secret = {cell.trait for cell in made.hidden}
    assert {Trait("from", "4"), Trait("from", "5"), Trait("from", "6")} <= secret
    assert not secret & {Trait("total"), *(Trait("from×to", *pair) for pair in listed.listed or ())}


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_what_protects_the_small_figures_of_everybody_is_hidden_once_for_the_nation(seed: int) -> None:
    """Not one modality for the sake of one CIL/CCI and another for the next."""
    chance = random.Random(seed)  # noqa: S311 - a seeded drawing
    modalities = tuple("123456")
    members = [f"CIL{at}" for at in range(8)]
    counted = [
        (member, trait, number)
        for member in members
        for one in modalities
        if (number := 0 if one in "12" else chance.choice([4, 30, 90, 400]))
        for trait in (Trait("total"), Trait("a", one))
    ]
    homes = {one: Home(platform="PF0" if one < "CIL4" else "PF1", region="R0") for one in members}
    dimension = Dimension(name="a", modalities=modalities)
    made = protect(Counts.of("dossiers", 2005, counted, homes, (dimension,)), MINIMUM)
    nation = {cell.trait.modality for cell in made.hidden if cell.group == ""}
    assert {"1", "2"} < nation
    assert len(nation) == 3

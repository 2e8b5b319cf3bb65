"""Notes of the yearly tables about what did not come, and about « états néant » (D0)."""

from __future__ import annotations

from publication.year import YearFacts


def missing_notes(facts: YearFacts, slug: str, title: str) -> tuple[str, ...]:
    """Platforms that owe the collection and sent nothing in force, or not all; those that say there was nothing."""
    year = facts.year
    nil, present = year.nil.get(slug, frozenset()), year.present.get(slug, frozenset())
    missing = year.expected.get(slug, frozenset()) - present - nil
    told = []
    if missing:
        named = _named(facts, missing)
        told.append(f"{title} : Plates-formes non parvenues : {named}. Les totaux ne les comptent pas.")
    if partial := frozenset(year.partial.get(slug, {})):
        told.append(f"{title} : Plates-formes parvenues en partie : {_named(facts, partial)}.")
    if nil:
        told.append(f"{title} : Plates-formes déclarant un état néant : {_named(facts, nil)}.")
    return tuple(told)


def _named(facts: YearFacts, platforms: frozenset[str]) -> str:
    return ", ".join(f"{one} – {facts.name(one)}" if facts.name(one) != one else one for one in sorted(platforms))

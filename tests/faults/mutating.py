"""Files spoiled by chance, always the same for a seed: bytes flipped, cut, doubled, spliced, also within a package."""

from __future__ import annotations

import io
import random
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

LARGEST = 300_000
"""Bytes of an original that is spoiled; larger ones would only take longer."""
TEXT = (b";", b"\x00", b'"', b"\r", b"=cmd|'/c calc'!A0", b"\xff\xfe", b"&lt;", b"<!ENTITY a 'b'>", b"9" * 40, b"-")


def mutants(corpus: Path, number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`number` files: name and content."""
    originals = [path for path in sorted(corpus.rglob("*")) if path.is_file() and path.stat().st_size <= LARGEST]
    dice = random.Random(seed)  # noqa: S311 - what is spoiled
    for place in range(number):
        path = dice.choice(originals)
        content = path.read_bytes()
        for _ in range(dice.choice((1, 1, 2, 5))):
            content = _spoilt(content, originals, dice)
        yield f"{place:05d}-{path.name}", content


def _spoilt(content: bytes, originals: Sequence[Path], dice: random.Random) -> bytes:
    ways: list[Callable[[bytes, random.Random], bytes]] = [_flipped, _cut, _doubled, _inserted, _shuffled]
    if content.startswith(b"PK") and dice.random() < 0.7:
        return _within(content, dice)
    if dice.random() < 0.1:
        other = dice.choice(originals).read_bytes()
        return content[: dice.randrange(len(content) + 1)] + other[dice.randrange(len(other) + 1) :]
    return dice.choice(ways)(content, dice)


def _flipped(content: bytes, dice: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(dice.choice((1, 3, 30))):
        if made:
            made[dice.randrange(len(made))] ^= 1 << dice.randrange(8)
    return bytes(made)


def _cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _doubled(content: bytes, dice: random.Random) -> bytes:
    first = dice.randrange(len(content) + 1)
    last = dice.randrange(first, len(content) + 1)
    return content[:last] + content[first:last] * dice.choice((1, 2, 50)) + content[last:]


def _inserted(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content) + 1)
    return content[:place] + dice.choice(TEXT) * dice.choice((1, 1, 100)) + content[place:]


def _shuffled(content: bytes, dice: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    dice.shuffle(lines)
    return b"".join(lines)


def _within(content: bytes, dice: random.Random) -> bytes:
    """A part of a package spoiled, the package itself whole; anything goes when it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = [(one, package.read(one)) for one in package.infolist() if one.file_size <= LARGEST]
    except Exception:  # noqa: BLE001 - a package of the corpus is broken in any way
        return _flipped(content, dice)
    if not parts:
        return _flipped(content, dice)
    chosen = dice.randrange(len(parts))
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        warnings.simplefilter("ignore")  # a name given twice is one of the things to try
        for place, (info, part) in enumerate(parts):
            way = dice.choice((_flipped, _cut, _doubled, _inserted))
            package.writestr(info.filename or "x", way(part, dice) if place == chosen else part)
    return made.getvalue()

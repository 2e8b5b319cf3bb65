"""What a reader who is no computer person may be shown: no technical word, and the typography of French."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

TECHNICAL = re.compile(
    r"\b(?:null|none|nan|pars(?:e|er|ing)|regex|header|string|integer|float|boolean|booléen|int|varchar|schema|schéma|"
    r"exception|traceback|json|xsd|utf-?16|ascii|unicode|octet nul|clé (?:primaire|naturelle)|tuple|array|dataframe|"
    r"timestamp|token|payload|buffer|cast|enum|record|dataset|checksum|hash|stack|timeout|index|offset|stdin|encodage|"
    r"unpack|decode|sheet|row|column|cell)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"«[^»]*»")
FAULTS = (
    (re.compile(r"(?<=[^\W\d_]) [:;!?»](?=\s|$)"), "an ordinary space before a double mark"),
    (re.compile(r"[^\W\d_)»][;!?](?=\s|$)"), "no space before a double mark"),
    (re.compile(r"[^\W\d_)»%]:(?=\s|$)"), "no space before a colon"),
    (re.compile(r"«[^\u00a0\u202f]|[^\u00a0\u202f]»"), "no no-break space inside quotation marks"),
    (re.compile(r"(?<=\w)'(?=\w)"), "a straight apostrophe"),
    (re.compile(r"  "), "two spaces"),
    (re.compile(r"[.]{3}"), "three dots in the place of an ellipsis"),
    (re.compile(r"[.] [a-zà-ÿ]"), "a sentence without a capital"),
    (re.compile(r"[{}]"), "a brace"),
    (re.compile(r"[.]{2}$|,[.]|:[.]"), "two marks at the end"),
)


def technical_words(texts: Iterable[str]) -> list[str]:
    """The technical words of our texts; what is quoted from the file is its author's."""
    return sorted({found[0] for text in texts for found in TECHNICAL.finditer(QUOTED.sub("", text))})


def typographic_faults(texts: Iterable[str]) -> list[str]:
    """Each fault with the text that has it."""
    return sorted({f"{fault}: {text}" for text in texts for fault in _faults(text)})


def _faults(text: str) -> Iterator[str]:
    ours = QUOTED.sub(_emptied, text)
    for pattern, fault in FAULTS:
        if pattern.search(ours):
            yield fault


def _emptied(quoted: re.Match[str]) -> str:
    """The marks and the spaces inside them, a word in the place of what is quoted."""
    inside = quoted[0][1:-1]
    return f"«{inside[:1]}mot{inside[-1:]}»"

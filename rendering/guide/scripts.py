"""The scripts of the page on depositing, with what is known of the server filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rendering.environment import render
from rendering.guide.facts import GuideFacts

SCRIPTS: Final = ("deposer.sh", "lire_reponse.py", "deposer.txt", "deposer.ps1")
"""Bash with OpenSSH, Python to read the answer, then the same for Windows with WinSCP."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_FINGERPRINT: Final = re.compile(r"SHA256:([A-Za-z0-9+/]+)=?")
_HOST, _ACCOUNT, _PORT, _KEY = "adresse-du-guichet", "votre-compte", 2222, "empreinte-du-serveur"


def scripts(facts: GuideFacts) -> Mapping[str, str]:
    """File name → text. What is unknown, or could not stand in a script as it is, is named in its place."""
    key = _FINGERPRINT.fullmatch(facts.fingerprint or "")
    values = {
        "host": _plain(facts.server, _HOST),
        "account": _plain(facts.account, _ACCOUNT),
        "port": facts.open_port or _PORT,
        "host_key": key[1] if key else _KEY,
    }
    return {name: render(f"guide/{name}.j2", values) + "\n" for name in SCRIPTS}


def _plain(text: str | None, otherwise: str) -> str:
    return text if text is not None and _PLAIN.fullmatch(text) else otherwise

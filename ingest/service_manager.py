"""What systemd is told: that the desk is ready, that it is alive, that it stops (sd_notify(3), `Type=notify`)."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

VARIABLE: Final = "NOTIFY_SOCKET"


class ServiceManager:
    """Speaks to the socket that systemd names; without one, says nothing.

    The name is taken out of the environment: no child of ours, least of all one that reads what strangers send, may
    speak in our name. A message that cannot be said is dropped: systemd then thinks what it must.
    """

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        """`environment`: the process's own when None."""
        named = (os.environ if environment is None else environment).pop(VARIABLE, "")
        self._address = "\0" + named[1:] if named.startswith("@") else named

    def ready(self) -> None:
        """Depositors may come."""
        self._say("READY=1\nSTATUS=open")

    def alive(self) -> None:
        """A look into the inbox has ended, well or not: `WatchdogSec` of the unit counts from here."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """Asked to stop: what is in hand is put away."""
        self._say("STOPPING=1\nSTATUS=stopping")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as mouth:
            mouth.settimeout(0)
            mouth.sendto(words.encode(), self._address)

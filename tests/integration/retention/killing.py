"""A purge that is killed (SIGKILL) when it reaches a step; run as a process: folder, database, instant, step."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from domain.clock import FixedClock
from ingest.retention.purging import Purge
from ingest.settings import load_settings
from ingest.wiring import Wiring


def main() -> None:
    folder, url, instant, module, name, when = sys.argv[1:]
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    work = getattr(owner, last)

    def killed(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            work(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, killed)
    values = {
        "home": Path(folder) / "var",
        "inbox": Path(folder) / "inbox",
        "database_url": SecretStr(url),
        "first_period": "2005",
        "mail_admin": "admin@uesl.example",
    }
    settings = load_settings(environ={}, folder=Path(folder)).model_copy(update=values)
    clock = FixedClock(datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo("Europe/Paris")))
    with Wiring(settings, clock) as wiring:
        Purge(wiring).run()


main()

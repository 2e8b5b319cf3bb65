"""Lives through the year from where a former process was killed: `python -m tests.year.live FOLDER NETWORK`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from ingest.files import write_whole
from ingest.register.reading import directory_of_folder
from tests.year.desk import FIRST_DAY, LAST_DAY, YearDesk, days
from tests.year.story import story


def main(folder: Path, network: Path) -> None:
    """One line a day on standard output; the day in hand is lived again after a kill."""
    desk = YearDesk(folder, network, story(directory_of_folder(network)))
    desk.found()
    reached = folder / "reached"
    first = date.fromisoformat(reached.read_text()) if reached.exists() else FIRST_DAY
    for day in days(first, LAST_DAY):
        write_whole(reached, day.isoformat().encode())
        desk.live_day(day)
        sys.stdout.write(f"{day}\n")
        sys.stdout.flush()
    desk.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

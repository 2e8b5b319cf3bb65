"""Lives through the year from where a former process was killed: `python -m tests.year.live FOLDER NETWORK`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from ingest.files import write_whole
from ingest.register.reading import directory_of_folder
from tests.year.desk import FIRST_DAY, LAST_DAY, YearDesk, days, without_pdf
from tests.year.story import story


def main(folder: Path, network: Path) -> None:
    """One line a day on standard output; after a kill the clock goes on from the moment in hand."""
    desk = YearDesk(folder, network, story(directory_of_folder(network)))
    desk.found()
    reached = folder / "reached"
    since = datetime.fromisoformat(reached.read_text()) if reached.exists() else None

    def reach(moment: datetime) -> None:
        write_whole(reached, moment.isoformat().encode())

    for day in days(FIRST_DAY if since is None else since.date(), LAST_DAY):
        desk.live_day(day, since=since, reach=reach)
        sys.stdout.write(f"{day}\n")
        sys.stdout.flush()
    desk.close()


if __name__ == "__main__":
    with without_pdf():
        main(Path(sys.argv[1]), Path(sys.argv[2]))

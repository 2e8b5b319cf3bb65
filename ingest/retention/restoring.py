"""A restored home knows less than was destroyed: what was destroyed since is destroyed again (contract §3)."""

from __future__ import annotations

from datetime import datetime

from domain.retention import Rule
from ingest.destructions import Destructions
from ingest.ledger import destroying
from ingest.retention.places import destroy_files
from ingest.retention.purging import Purge
from ingest.wiring import Wiring


def apply_destructions(wiring: Wiring, since: datetime | None = None) -> int:
    """Destroy again what `home/destructions.jsonl` says was destroyed at `since` or later; the number of deposits.

    For the end of a restore, once the database and the files are in their places and before anything else runs.
    The file must be the newest that is known: merge the one that the home had with the one of the backup
    (`ingest.destructions.merge`). Nothing asks the clock; no mail is made (the destruction was told in its time).
    May be called again after a crash.
    """
    lines = Destructions(wiring.settings.home).read(since)
    purge = Purge(wiring)
    for line in lines:
        if line.rule.whole and line.rule is not Rule.ANONYMITY:
            destroy_files(wiring, line.submission, line.account)
        else:
            wiring.archive.destroy(line.submission)
        if line.rule is Rule.ANONYMITY:
            wiring.answers.destroy(line.submission)
    with wiring.database.write() as connection:
        destroying.decide_again(connection, lines)
    purge.carry_out(tell=False)
    return len({line.submission for line in lines})

"""The drop zone: what is there (`scan`), what is odd (`oddities`), and how a file becomes ours (`claim`).

Nothing here knows what a deposit means; it turns a file that a stranger controls into private,
synced, hashed bytes and an honest instant of receipt (contract §6).
"""

from ingest.inbox.claim import Claimed, Gone, Refused
from ingest.inbox.desk import Inbox
from ingest.inbox.names import printable
from ingest.inbox.oddities import Audience, Oddity, OddityKind
from ingest.inbox.recovery import Recovered
from ingest.inbox.scan import Candidate, Scanner, ScanResult

__all__ = [
    "Audience",
    "Candidate",
    "Claimed",
    "Gone",
    "Inbox",
    "Oddity",
    "OddityKind",
    "Recovered",
    "Refused",
    "ScanResult",
    "Scanner",
    "printable",
]

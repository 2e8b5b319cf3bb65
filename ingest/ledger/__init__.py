"""The ledger: what was deposited, what was judged, what is in force, who owes what (contract §7, §8)."""

from ingest.ledger.desk import Ledger
from ingest.ledger.effects import Effect, EffectKind
from ingest.ledger.journal import EventKind
from ingest.ledger.queries import TRIED_ONCE, Pending
from ingest.ledger.questions import Kept
from ingest.ledger.view import CommittedView
from ingest.ledger.withdrawing import Withdrawal

__all__ = [
    "TRIED_ONCE",
    "CommittedView",
    "Effect",
    "EffectKind",
    "EventKind",
    "Kept",
    "Ledger",
    "Pending",
    "Withdrawal",
]

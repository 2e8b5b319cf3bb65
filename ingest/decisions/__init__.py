"""The workbook of decisions that the central body deposits: judged like any file, applied whole or not at all (§8, §9).

Extensions, waivers, withdrawals and answers to questions are those of the verbs; the author is the account.
"""

from ingest.decisions.applying import DecisionsDeposit
from ingest.decisions.judging import DecisionsJudge, is_decisions_deposit

__all__ = ["DecisionsDeposit", "DecisionsJudge", "is_decisions_deposit"]

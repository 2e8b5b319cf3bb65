"""What is said by itself, when its time comes: steps, bulletins, reminders of questions, mail that arrived.

Every pass is level-triggered: it looks at the register, the calendar, the ledger and what was said before, says what
is due now, and writes in the same transaction that it was said. Run twice, or after a crash, it says nothing twice.
"""

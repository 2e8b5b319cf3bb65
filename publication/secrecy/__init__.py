"""Statistical secrecy: which counts of cases are not shown, so that none of them can be computed back (contract §10).

`protect(counts, minimum, earlier)` chooses, once for everything published together; `Published.value` is what a table
may show. What an attacker is supposed to know, and what is guaranteed: ADR 14.
"""

"""Editions of the tables, from the ledger to a folder that others read (contract §10)."""

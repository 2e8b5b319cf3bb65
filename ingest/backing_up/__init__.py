"""A consistent copy of the database, the archive and the releases, and the way back from it (contract §3).

A backup is a folder in a format of our own (`docs/reference/backup-format.md`): a table a file, whatever the database,
so that what SQLite held can be given back to PostgreSQL and the other way round.
"""

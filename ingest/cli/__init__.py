"""The command `guichet`. Importing this costs a few milliseconds; each verb imports what it needs."""

from ingest.cli.main import main

__all__ = ["main"]

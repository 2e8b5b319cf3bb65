"""The mail-reading process: see `ingest.limited.server`; its children read one mail each."""

import sys

from ingest.incoming.child import MailJob
from ingest.limited import server

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve requests on the descriptor given until the other end closes."""
    return server.main(MailJob(), arguments)


if __name__ == "__main__":
    sys.exit(main())

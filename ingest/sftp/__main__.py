"""`python -m ingest.sftp --config-json PATH`: what the supervisor starts."""

from __future__ import annotations

import sys

from ingest.sftp.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The reading process: see `ingest.limited.server`; its children read one file each."""

import sys
from collections.abc import Callable

# The service's heavy libraries have no place here: pyarrow imports pandas at its first array when it can.
sys.modules["pandas"] = None  # type: ignore[assignment]
sys.modules["numpy"] = None  # type: ignore[assignment]

from ingest.limited import server  # noqa: E402 - after the two lines above
from ingest.reading.child import ReadingJob  # noqa: E402 - same
from ingest.reading.files import read_file  # noqa: E402 - same
from ingest.reading.raw import RawFile  # noqa: E402 - same

__all__ = ["main"]


def main(arguments: list[str] | None = None, read: Callable[..., RawFile] = read_file) -> int:
    """Serve requests on the descriptor given until the other end closes."""
    return server.main(ReadingJob(read), arguments)


if __name__ == "__main__":
    sys.exit(main())

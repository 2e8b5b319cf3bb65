"""The annotating process: see `ingest.limited.server`; its children write one annotated copy each."""

import sys

# Nothing here computes: both workbook libraries and Arrow would import these when they can.
sys.modules["pandas"] = None  # type: ignore[assignment]
sys.modules["numpy"] = None  # type: ignore[assignment]

from ingest.annotating.child import AnnotatingJob  # noqa: E402 - after the two lines above
from ingest.limited import server  # noqa: E402 - same

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve requests on the descriptor given until the other end closes."""
    return server.main(AnnotatingJob(), arguments)


if __name__ == "__main__":
    sys.exit(main())

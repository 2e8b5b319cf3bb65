"""The exception by which a reader, inside the child, says that a file gives no table."""

from ingest.reading.reasons import UnreadableReason

__all__ = ["RefusedError"]


class RefusedError(Exception):
    """The file cannot be read for `reason` ; becomes an `Unreadable` value.

    `detail` holds sizes, limits and places, never content of the file.
    """

    def __init__(self, reason: UnreadableReason, **detail: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail

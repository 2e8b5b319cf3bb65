"""The bounds of reading one file. Every bound has its own reason when it is passed (contract §12)."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

__all__ = ["ReadingLimits"]

QUICK_CPU_SECONDS = 5
QUICK_WALL_SECONDS = 20.0
QUICK_OUTPUT_BYTES = 256_000_000
"""Many times what the largest file of the fast lane needs; others wait no longer than this for one that needs more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingLimits:
    """How much of our machine one file may use, and how large its content may be."""

    max_csv_bytes: int = 300_000_000
    max_workbook_bytes: int = 100_000_000
    max_unpacked_bytes: int = 500_000_000
    max_unpack_ratio: int = 200
    max_zip_entries: int = 2_000
    max_rows: int = 1_100_000
    max_columns: int = 1_000
    max_cells: int = 20_000_000
    """Area of a workbook's sheet (rows x columns): its reader holds the sheet in memory."""
    max_cell_chars: int = 100_000
    batch_rows: int = 20_000
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    output_bytes: int = 2 << 30
    """Most that the child may write: an Arrow stream is larger than its CSV when cells are short."""

    @property
    def max_text_bytes(self) -> int:
        """Most text of one sheet, as much as the largest CSV holds: a workbook may say one once and show it often."""
        return max(2 * self.max_csv_bytes, self.max_unpacked_bytes)

    def quick(self, *, cpu_seconds: int = QUICK_CPU_SECONDS, wall_seconds: float = QUICK_WALL_SECONDS) -> Self:
        """What a first try may take among small files, so that nobody waits long for one that is not what it seems."""
        return replace(
            self,
            cpu_seconds=min(self.cpu_seconds, cpu_seconds),
            wall_seconds=min(self.wall_seconds, wall_seconds),
            output_bytes=min(self.output_bytes, QUICK_OUTPUT_BYTES),
        )

    def as_document(self) -> dict[str, int | float]:
        """The JSON object sent to the reading process."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The limits sent by the parent, which the reading process trusts."""
        return cls(**{field.name: document[field.name] for field in fields(cls)})

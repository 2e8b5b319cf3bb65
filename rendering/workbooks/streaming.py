"""Workbooks written line after line in little memory, beside which nothing of theirs is left elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

__all__ = ["streamed"]


@contextmanager
def streamed(target: Path, *, tmpdir: Path, **options: Any) -> Iterator[xlsxwriter.Workbook]:
    """A workbook that becomes `target`; its sheets wait in `tmpdir`. What looks like a formula or an address is text.

    Raises:
        OSError: the disk refused; the library alone would hide it.
    """
    known = {"constant_memory": True, "tmpdir": str(tmpdir), "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(str(target), {**known, **options}) as book:
            yield book
    except FileCreateError as error:
        hidden = error.args[0] if error.args else None
        raise (hidden if isinstance(hidden, OSError) else OSError(str(error))) from error

"""Folders reached one component at a time, by descriptor, never through a link."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""O_NONBLOCK: a FIFO put in place of a file must not hold us."""
_NO_REPLACE: Final = 1
_renameat2: Final = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


@contextmanager
def opened(root: Path | int, *below: str | bytes) -> Iterator[int]:
    """Open the folder `root/below…`; `root` (a path or a descriptor) is trusted, what is below is not.

    OSError when a component is missing, is not a folder, or is a link.
    """
    descriptor = os.dup(root) if isinstance(root, int) else os.open(root, FOLDER_FLAGS & ~os.O_NOFOLLOW)
    try:
        for part in below:
            deeper = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def names_in(folder: int) -> list[str]:
    """The names in the folder of that descriptor (bytes that are not UTF-8 as surrogates)."""
    with os.scandir(folder) as entries:
        return [each.name for each in entries]


def move_without_replacing(name: str | bytes, source: int, target: str | bytes, folder: int) -> bool:
    """Move `name` from the folder `source` to `target` in `folder`; False when that name is taken."""
    if _renameat2 is not None:
        if _renameat2(source, os.fsencode(name), folder, os.fsencode(target), _NO_REPLACE) == 0:
            return True
        error = ctypes.get_errno()
        if error == errno.EEXIST:
            return False
        if error not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(error, os.strerror(error), os.fsdecode(target))
    try:  # a file system or a libc without RENAME_NOREPLACE: the look and the move are two steps
        os.stat(target, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, target, src_dir_fd=source, dst_dir_fd=folder)
        return True
    return False

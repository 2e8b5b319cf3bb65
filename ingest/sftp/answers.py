"""What clients are answered: descriptions of files, and refusals that say what to do."""

from __future__ import annotations

import errno
import os
import stat
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import asyncssh
from asyncssh import SFTPAttrs
from asyncssh.constants import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR

from ingest.sftp import texts
from ingest.sftp.quota import OverLimitError
from ingest.sftp.telemetry import log_trouble
from ingest.sftp.upload import UploadRefusedError

_FILE_MODE: Final = stat.S_IFREG | 0o640


def attrs_of(found: os.stat_result, *, writable: bool) -> SFTPAttrs:
    """Describe a file or folder without our users; times are those of the last change."""
    mode = found.st_mode | 0o600 if writable else found.st_mode & ~0o222
    kind = FILEXFER_TYPE_DIRECTORY if stat.S_ISDIR(found.st_mode) else FILEXFER_TYPE_REGULAR
    return asyncssh.SFTPAttrs(
        type=kind,
        size=found.st_size,
        uid=0,
        gid=0,
        permissions=mode,
        atime=int(found.st_mtime),
        mtime=int(found.st_mtime),
    )


def plain_file(size: int) -> SFTPAttrs:
    """Describe a file of which only the size is known: on its way, or taken already."""
    now = int(time.time())
    return asyncssh.SFTPAttrs(
        type=FILEXFER_TYPE_REGULAR,
        size=size,
        uid=0,
        gid=0,
        permissions=_FILE_MODE,
        atime=now,
        mtime=now,
    )


@contextmanager
def answers() -> Iterator[None]:
    """Turn what went wrong into an answer that says, in French, what to do."""
    try:
        yield
    except (UploadRefusedError, OverLimitError) as error:
        raise asyncssh.SFTPFailure(str(error)) from error
    except OSError as error:
        _refuse(error)
    except ValueError as error:  # a NUL inside a name
        raise asyncssh.SFTPFailure(texts.BAD_NAME) from error
    except asyncssh.SFTPError:
        raise
    except Exception as error:  # a fault of ours: the library would tell it to the client and not to us
        log_trouble("sftp.fault", error=repr(error), traceback=traceback.format_exc())
        raise asyncssh.SFTPFailure(texts.NOT_STORED) from error


def _refuse(error: OSError) -> NoReturn:
    if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
        raise asyncssh.SFTPNoSuchFile(texts.NOT_FOUND) from error
    if error.errno == errno.ENOTDIR:
        raise asyncssh.SFTPNoSuchFile(texts.NOT_A_FOLDER) from error
    if error.errno in (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL):
        raise asyncssh.SFTPFailure(texts.BAD_NAME) from error
    if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
        raise asyncssh.SFTPFailure(texts.EXISTS) from error
    if error.errno == errno.EISDIR:
        raise asyncssh.SFTPFailure(texts.NOT_A_FILE) from error
    log_trouble("sftp.failed", error=error.strerror or str(error), errno=error.errno or 0)
    raise asyncssh.SFTPFailure(texts.NOT_STORED) from error

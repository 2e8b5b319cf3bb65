"""What the reading child does: reads one file under its limits and says in `meta.json` what it found."""

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ingest.limited.confinement import no_new_privileges
from ingest.reading.asides import bears_nir
from ingest.reading.delimited import read_delimited
from ingest.reading.files import read_file
from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import encode_meta
from ingest.reading.raw import RawFile, ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["META_NAME", "ReadingJob"]

META_NAME = "meta.json"
_EFBIG = 27


class ReadingJob:
    """Reads the file of a request; all children know the service's words."""

    open_files = 32
    needed_calls = frozenset[str]()

    def __init__(self, read: Callable[..., RawFile] = read_file) -> None:
        """`read` is replaced in tests of its failures."""
        self._read = read
        self._vocabulary = Vocabulary()

    def take(self, document: dict[str, Any]) -> bool:
        """Keep the vocabulary that a request brings: it is sent once."""
        if "vocabulary" not in document:
            return False
        self._vocabulary = Vocabulary(words=frozenset(document.pop("vocabulary")))
        return True

    def warm_up(self) -> None:
        """Read a small table."""
        text = 'a;"b"\n1;é\n \n'.encode()
        no_new_privileges()
        read_delimited(io.BytesIO(text), Path(os.devnull), Vocabulary.of(["a"]), ReadingLimits())
        encode_meta(Unreadable(reason=UnreadableReason.EMPTY))

    def reads(self, document: dict[str, Any]) -> Iterable[Path]:
        """The depositor's file."""
        return (Path(document["path"]),)

    def run(self, document: dict[str, Any]) -> None:
        """Read `path`, called `name` by its depositor, into the empty folder `workdir`."""
        workdir = Path(document["workdir"])
        limits = ReadingLimits.from_document(document["limits"])
        outcome = self._outcome(Path(document["path"]), document["name"], workdir, limits)
        # Whole or not at all: it counts only when this process ends with status 0.
        (workdir / META_NAME).write_bytes(encode_meta(outcome))

    def _outcome(self, path: Path, name: str, workdir: Path, limits: ReadingLimits) -> ReadOutcome:
        try:
            return self._read(path, name, workdir, self._vocabulary, limits)
        except RefusedError as refusal:
            nominative = bears_nir(path, limits)
            return Unreadable(reason=refusal.reason, detail=refusal.detail, nominative=nominative)
        except MemoryError:
            return Unreadable(reason=UnreadableReason.MEMORY_LIMIT, detail={"limit": limits.memory_bytes})
        except OSError as error:
            # RLIMIT_FSIZE: the sheet grew past what a stream may weigh. Other errors of the disk are not the file's.
            if error.errno == _EFBIG or isinstance(error.__context__, MemoryError):
                return Unreadable(reason=UnreadableReason.OUTPUT_LIMIT, detail={"limit": limits.output_bytes})
            raise

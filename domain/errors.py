"""What stops *us*. What is wrong with *their* data is a `Finding`, never an exception.

GuichetError
├── CannotDo          the user asked for something impossible: one clear line, exit status 2
│   ├── SettingsError     a setting is unknown or out of bounds
│   ├── DirectoryError    the register does not allow it
│   └── NotFound          no such deposit, account, message…
└── Fault             something of ours failed while a file was in hand
    ├── Retry             try again later (database away, disk full); then park
    ├── TryApart          a file kills its reader, or takes long: once more, where nobody waits for it
    ├── Park              keep the bytes, tell the administrator, go on with the next file
    └── Stop              the service cannot go on safely
"""

from __future__ import annotations


class GuichetError(Exception):
    """Root of all our own errors; the message is written for the person who must act."""


class CannotDo(GuichetError):  # noqa: N818 - says what it is
    """A request that cannot be carried out; the command line prints it and exits with 2."""


class SettingsError(CannotDo):
    """A setting is unknown, missing or out of its bounds."""


class DirectoryError(CannotDo):
    """The register of organisations does not allow what was asked."""


class NotFound(CannotDo):
    """The thing named does not exist."""


class Fault(GuichetError):  # noqa: N818 - says what it is
    """Something of ours failed while a file was in hand."""


class Retry(Fault):
    """Temporary: the file is put back and tried again with a growing delay, then parked."""


class TryApart(Fault):
    """The process that had the file in hand died of it or took too long: once more, apart, and then it is answered."""


class Park(Fault):
    """Ours and lasting: the bytes are kept, the administrator is told, the next file goes on."""


class Stop(Fault):
    """The service cannot go on safely."""

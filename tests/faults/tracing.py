"""Runs a piece of the service in a forked process and cuts it at its N-th system call that changes anything.

The process that forks has imported everything once. What it forks asks the kernel (a seccomp filter) to stop at calls
that write, rename, remove or send, and nowhere else; its parent counts these stops by `ptrace` and, at the N-th, kills
or lets the call fail. Every process and thread of it is followed, and none is left behind. Linux only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import select
import signal
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests import forking

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_LIBC.ptrace.restype = ctypes.c_long
_TRACEME, _CONT, _GETREGS, _SETREGS, _SETOPTIONS = 0, 7, 12, 13, 0x4200
_FORK, _VFORK, _CLONE, _EXEC, _SECCOMP, _EXITKILL = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 7, 1 << 20
_EVENT_SECCOMP = 7
_EVENTS_OF_BIRTH = frozenset({1, 2, 3})
_GETEVENTMSG = 0x4201
_WALL = 0x40000000
_CALLS = {
    "x86_64": (
        *(1, 18, 20, 44, 46),  # write pwrite64 writev sendto sendmsg
        *(74, 75, 76, 77),  # fsync fdatasync truncate ftruncate
        *(82, 264, 316, 86, 265, 88, 266),  # rename renameat renameat2 link linkat symlink symlinkat
        *(87, 263, 84, 83, 258),  # unlink unlinkat rmdir mkdir mkdirat
        *(326, 40, 91, 90, 93, 260),  # copy_file_range sendfile fchmod chmod fchown fchownat
    ),
}
_WRITES = frozenset({1, 18, 20})
STATE_CHANGING = frozenset(_CALLS.get(platform.machine(), ()))
SUPPORTED = bool(STATE_CHANGING)
_AUDIT_ARCH = 0xC000003E
_OPENAT, _FLAGS = 257, 32
"""An open that may create a file changes something too; where its flags lie in `seccomp_data`."""
_JSET = 0x45
_LD, _JEQ, _RET, _ALLOW, _TRACE = 0x20, 0x15, 0x06, 0x7FFF0000, 0x7FF00000
_ORIG_RAX, _RAX = 15, 10
"""Places of two registers in `user_regs_struct`."""
_REGISTERS = 27
HUNG_SECONDS = 1200
"""No pass takes as long, on any machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """What happens at the N-th call, from 1: SIGKILL, or it fails with `error` (and all later ones, if `lasting`)."""

    at: int
    error: int | None = None
    lasting: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How the run ended. `calls`: how many were counted; `cut`: whether the N-th came; `status`: of the process."""

    calls: int
    cut: bool
    status: int


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _filter() -> bytes:
    steps = [(_LD, 0, 0, 4), (_JEQ, 1, 0, _AUDIT_ARCH), (_RET, 0, 0, _ALLOW), (_LD, 0, 0, 0)]
    creates = [(_LD, 0, 0, _FLAGS), (_JSET, 1, 0, os.O_CREAT), (_RET, 0, 0, _ALLOW), (_RET, 0, 0, _TRACE)]
    steps += [(_JEQ, 0, len(creates), _OPENAT), *creates]
    for number in sorted(STATE_CHANGING):
        steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _TRACE)]
    steps.append((_RET, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


class HungError(Exception):
    """It did not end, however long one waited."""


@contextmanager
def _not_for_ever() -> Iterator[None]:
    def hung(_number: int, _frame: object) -> None:
        raise HungError

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(HUNG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(action: Callable[[], int], cut: Cut | None = None, watch: Callable[[int], None] | None = None) -> Ended:
    """Fork, do `action` there, cut it as told; everything that it started is dead when this returns.

    Raises HungError when it does not end.

    `watch` is told the number of each call before it is made, while all stands still; of writes in a row, the first.
    """
    tracer = Tracer(to_follow(action), cut, watch)
    try:
        with _not_for_ever():
            return tracer.follow()
    except BaseException:  # what watches found something wrong: what it watched stands still for ever
        tracer.end()
        raise


def to_follow(action: Callable[[], int]) -> int:
    """A fork that does `action` once a tracer follows it; its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a relay of the test's has threads; the fork needs none
        pid = os.fork()
    if pid == 0:
        _become_traced(action)
    return pid


def untraced(action: Callable[[], int]) -> int:
    """Do `action` in a forked process whose calls nobody looks at, which is faster; its status."""
    pid = _forked(action)
    try:
        with _not_for_ever():
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except HungError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def killed_after(seconds: float, action: Callable[[], int]) -> bool:
    """Fork, do `action` there, kill it after so long, wherever it is; False: it had ended before, and well."""
    pid = _forked(action)
    handle = os.pidfd_open(pid)
    try:
        killed = not select.select([handle], [], [], seconds)[0]
    finally:
        os.close(handle)
    if killed:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in {0, -signal.SIGKILL}:
        message = f"the service ended with {status}"
        raise AssertionError(message)
    return status != 0


def _forked(action: Callable[[], int]) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as above
        pid = os.fork()
    if pid == 0:
        status = 70
        try:
            forking.settle()
            status = action()
        finally:
            os._exit(status)
    return pid


def _become_traced(action: Callable[[], int]) -> None:
    status = 70
    try:
        _LIBC.ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        code = _filter()
        buffer = ctypes.create_string_buffer(code, len(code))
        program = _Program(length=len(code) // 8, instructions=ctypes.addressof(buffer))
        _LIBC.prctl(38, 1, 0, 0, 0)
        if _LIBC.prctl(22, 2, ctypes.byref(program), 0, 0) == 0:
            forking.settle()
            status = action()
    finally:
        os._exit(status)


class Tracer:
    """Follows one process and all that it starts."""

    def __init__(self, pid: int, cut: Cut | None, watch: Callable[[int], None] | None) -> None:
        self._pid, self._cut, self._watch = pid, cut, watch
        self._alive = {pid}
        self._calls, self._done, self._status = 0, False, 0
        self._wrote = False

    def follow(self) -> Ended:
        """Wait for everything to end."""
        os.waitpid(self._pid, _WALL)
        options = _FORK | _VFORK | _CLONE | _EXEC | _SECCOMP | _EXITKILL
        _LIBC.ptrace(_SETOPTIONS, self._pid, None, options)
        self._go_on(self._pid)
        while self._alive:  # not until there is no child at all: the test's process may have others
            try:
                self._turn(*os.waitpid(-1, _WALL))
            except ChildProcessError:
                break
        return Ended(calls=self._calls, cut=self._done, status=self._status)

    def _turn(self, pid: int, status: int) -> None:
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            self._alive.discard(pid)
            if pid == self._pid:
                self._status = os.waitstatus_to_exitcode(status)
                self.end()
            return
        self._alive.add(pid)
        signal_number, event = os.WSTOPSIG(status), status >> 16
        if event == _EVENT_SECCOMP:
            self._counted(pid)
        elif event in _EVENTS_OF_BIRTH:  # before it is seen itself
            self._alive |= {self._told(pid)} - {0}  # nothing is told of one that was killed meanwhile
            self._go_on(pid)
        elif event or signal_number == signal.SIGSTOP:
            self._go_on(pid)  # it began, forked, or became another program
        else:
            self._go_on(pid, signal_number)

    def _counted(self, pid: int) -> None:
        self._calls += 1
        if self._watch is not None:
            writes = self._registers(pid)[_ORIG_RAX] in _WRITES
            if not (writes and self._wrote):
                self._watch(self._calls)
            self._wrote = writes
        cut = self._cut
        if cut is None or self._calls < cut.at or (self._calls > cut.at and not (cut.lasting and cut.error)):
            self._go_on(pid)
            return
        self._done = True
        if cut.error is None:
            os.kill(self._pid, signal.SIGKILL)
            return
        registers = self._registers(pid)
        registers[_ORIG_RAX] = (1 << 64) - 1  # no call at all
        registers[_RAX] = (1 << 64) - cut.error
        _LIBC.ptrace(_SETREGS, pid, None, ctypes.byref(registers))
        self._go_on(pid)

    @staticmethod
    def _registers(pid: int) -> ctypes.Array[ctypes.c_ulonglong]:
        registers = (ctypes.c_ulonglong * _REGISTERS)()
        _LIBC.ptrace(_GETREGS, pid, None, ctypes.byref(registers))
        return registers

    def end(self) -> None:
        """What a dead service leaves behind does not outlive the test."""
        for pid in self._alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    @staticmethod
    def _told(pid: int) -> int:
        number = ctypes.c_ulong()
        _LIBC.ptrace(_GETEVENTMSG, pid, None, ctypes.byref(number))
        return number.value

    @staticmethod
    def _go_on(pid: int, signal_number: int = 0) -> None:
        if _LIBC.ptrace(_CONT, pid, None, signal_number) != 0 and ctypes.get_errno() != errno.ESRCH:
            raise OSError(ctypes.get_errno(), "ptrace")

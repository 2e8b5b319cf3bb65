"""What a child may no longer do, asked of the kernel: no network, no other program, no file but those of its request.

Three fences, each where the kernel has it, for good once it stands, and inherited: a network namespace of one's own
(empty), a filter of system calls (seccomp), rights on files (Landlock). `Fences` says which stand; `guichet doctor`
tells the administrator. Standard library only: nothing of ours is loaded in the child.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Fences", "forbid_calls", "forbid_files", "leave_network", "no_new_privileges"]

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000


@dataclass(frozen=True, kw_only=True, slots=True)
class Fences:
    """Which protections hold."""

    calls: bool
    files: bool
    network: bool


def no_new_privileges() -> None:
    """No program started from here has more rights than this one; what two of the fences rest on."""
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # where it is refused, the fences do not stand, and say so


def leave_network() -> bool:
    """Move this process to an empty network of its own, and all that it forks; whether that was possible.

    Without root a user namespace is needed for it, where one's own number is the only one known.
    """
    if _LIBC.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        try:
            Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
        except OSError:  # rights on files go by the true numbers, named or not
            break
    return True


# ── system calls ─────────────────────────────────────────────────────────────────────────────────────────────────────

_FORBIDDEN = {
    # name: (x86_64, aarch64); None: there is no such call
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    # other processes of our user: their share of the machine, their memory
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    # memory that the limit of address space does not count
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "semget": (64, 190),
    # what Landlock does not see: rights, owners and instants of files
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "lchown": (94, None),
    "fchown": (93, 55),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "iopl": (172, None),
    "ioperm": (173, None),
    "reboot": (169, 142),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "mkdir": (83, None),  # a tree so deep that whoever removes it stumbles
    "mkdirat": (258, 34),
    "link": (86, None),
    "linkat": (265, 37),
    "chown": (92, None),
    "fchownat": (260, 54),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
"""Nothing that reads a table needs one of these. What is refused fails with EPERM, so that a library can go on."""
_ON_ITSELF = {"tgkill": (234, 131), "prlimit64": (302, 261)}
"""Allowed with this process for their first argument: an abort is a signal to oneself, a limit may be asked for."""
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def forbid_calls(*, but: Container[str] = ()) -> bool:
    """Refuse every call by which a table could reach another program or machine; whether the filter stands.

    `but`: calls that the work in hand needs. Threads may still be made, processes not. Another machine than the two
    known has no filter.
    """
    known = _MACHINES.get(platform.machine())
    if known is None or sys.byteorder != "little":
        return False
    code = _filter(*known, os.getpid(), but)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(length=len(code) // 8, instructions=ctypes.addressof(buffer))
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(column: int, architecture: int, process: int, but: Container[str]) -> bytes:
    """The filter of one process as instructions of eight bytes: code, jumps if true and false, operand."""
    wanted = (pair[column] for name, pair in _FORBIDDEN.items() if name not in but)
    numbers = sorted(number for number in wanted if number is not None)
    steps: list[tuple[int, int, int, int]] = [
        (_LD, 0, 0, _ARCHITECTURE),
        (_JEQ, 1, 0, architecture),
        (_RET, 0, 0, _KILL),
        (_LD, 0, 0, _NUMBER),
        (_JGE, 0, 1, _X32),  # calls of the other table of this machine
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        # glibc asks for a thread by clone3 first, whose flags a filter cannot see: it takes clone when there is none.
        (_JEQ, 0, 1, _CLONE3[column]),
        (_RET, 0, 0, _ERRNO | errno.ENOSYS),
        (_JEQ, 0, 4, _CLONE[column]),
        (_LD, 0, 0, _FIRST_ARGUMENT),
        (_JSET, 1, 0, _CLONE_THREAD),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        (_RET, 0, 0, _ALLOW),
    ]
    for pair in _ON_ITSELF.values():
        steps += [(_JEQ, 0, 5, pair[column]), (_LD, 0, 0, _FIRST_ARGUMENT)]
        steps += [(_JEQ, 2, 0, 0), (_JEQ, 1, 0, process), (_RET, 0, 0, _ERRNO | errno.EPERM), (_RET, 0, 0, _ALLOW)]
    for number in numbers:
        steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ERRNO | errno.EPERM)]
    steps.append((_RET, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The same numbers on every machine."""
_ASK_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE, _MAKE, _TRUNCATE = (1 << 4) | (1 << 5), (1 << 8) | (1 << 12), 1 << 14
"""Files and symbolic links are made (a reader wants a name that ends as the format does); we follow none."""
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE
_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights that each version of the kernel's interface knows."""
_NET_SINCE, _SCOPES_SINCE = 4, 6


def forbid_files(*, read: Iterable[Path], write: Iterable[Path]) -> bool:
    """Let this process open nothing but what lies under these paths, read or written; whether the kernel sees to it.

    What is open already stays so. A path that does not exist is left out.
    """
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    handled = _HANDLED[max(known for known in _HANDLED if known <= version)]
    attributes = struct.pack("<Q", handled)
    if version >= _NET_SINCE:
        attributes += struct.pack("<Q", 0b11)  # neither bind nor connect
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("<Q", 0b11)  # neither abstract sockets nor signals outside
    ruleset = _LIBC.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for path in read:
            _allow(ruleset, path, (_READ | _LIST | _EXECUTE) & handled)
        for path in write:
            _allow(ruleset, path, (_READ | _LIST | _WRITE | _REMOVE | _MAKE | _TRUNCATE) & handled)
        return bool(_LIBC.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _OF_A_FILE
        _LIBC.syscall(_ADD_RULE, ruleset, _BENEATH, struct.pack("<Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)

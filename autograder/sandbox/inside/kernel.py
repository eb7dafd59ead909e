"""The few system calls that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import platform
import signal

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWCGROUP = 0x40000000, 0x4000000, 0x2000000
NAMESPACES = (
    CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
    | CLONE_NEWUTS | CLONE_NEWCGROUP
)  # fmt: skip
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 3, 4, 36
PR_SET_NAME, PR_GET_NAME, PR_GET_NO_NEW_PRIVS = 15, 16, 39
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
_NUMBERS = {
    "x86_64": {"clone": 56, "capset": 126, "keyctl": 250},
    "aarch64": {"clone": 220, "capset": 91, "keyctl": 219},
}
MADV_COLLAPSE, HUGE_PAGE = 25, 2 << 20
_CAPABILITY_VERSION_3 = 0x20080522
_KEYCTL_JOIN_SESSION_KEYRING = 1

_libc = ctypes.CDLL(None, use_errno=True)
_call = ctypes.PyDLL(None, use_errno=True).syscall  # keeps the interpreter's lock: a fork needs it


def _checked(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _number(name: str) -> int:
    try:
        return _NUMBERS[platform.machine()][name]
    except KeyError:
        raise OSError(f"no system call numbers for {platform.machine()}") from None


def fork_into(namespaces: int) -> int:
    """Fork a child that starts in fresh namespaces; return its number, and 0 in the child.

    One clone instead of a fork, an unshare and another fork. The C library does not know of it, so
    the child must do little more than fork properly.
    """
    zero = ctypes.c_ulong(0)
    flags = ctypes.c_ulong(namespaces | signal.SIGCHLD)
    child = int(_call(_number("clone"), flags, zero, zero, zero, zero))
    _checked(child, "clone")
    return child


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount, bind or remount."""
    words = [word.encode() or None for word in (source, target, kind)]
    options = data.encode() or None
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), options), f"mount {target}")


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process."""
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def install_filter(program: bytes) -> None:
    """Put this process and all its children under a seccomp filter (struct sock_filter records)."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("records", ctypes.c_char_p))

    whole = Program(len(program) // 8, program)
    zero = ctypes.c_ulong(0)
    mode = ctypes.c_ulong(SECCOMP_MODE_FILTER)
    _checked(_libc.prctl(PR_SET_SECCOMP, mode, ctypes.byref(whole), zero, zero), "seccomp")


def drop_capabilities() -> None:
    """Give up every capability."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_call(_number("capset"), header, nothing), "capset")


def leave_keyring() -> None:
    """Start an empty session keyring: none is shared with the caller or with other submissions.

    A kernel without keyrings has none to share, so failure does not matter.
    """
    _call(_number("keyctl"), _KEYCTL_JOIN_SESSION_KEYRING, None)


def use_huge_pages() -> None:
    """Have the kernel put this process's memory into huge pages, as far as it can.

    Of those a fork copies one entry instead of 512; what is written to is copied in small pages as
    ever. Kernels before 6.1 do not know of it, and leave all as it is.
    """
    with open("/proc/self/maps", encoding="utf-8") as file:
        regions = [line.split() for line in file]
    for place, rights, _, _, _, *name in regions:
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(bound, 16) for bound in place.split("-"))
            for page in range(-(-start // HUGE_PAGE) * HUGE_PAGE, end - HUGE_PAGE + 1, HUGE_PAGE):
                _libc.madvise(
                    ctypes.c_void_p(page), ctypes.c_size_t(HUGE_PAGE), ctypes.c_int(MADV_COLLAPSE)
                )

"""The jail of one submission: fresh namespaces, its own disk, limits, and no way back.

The steps run in a process that is still ours; each is one thing that is taken away or set up.
"""

from __future__ import annotations

import os
import resource
from contextlib import suppress

from . import kernel

HOME = "/home/student"
WORK = f"{HOME}/work"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - in the jail
READ_ONLY = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_RESERVED_PIDS = 300
MARGIN = 16  # tasks more than allowed: the watchdog sees them and ends the jail, as anywhere


FRESH = (
    kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)  # fmt: skip


def keep_identity(uid: int, gid: int) -> None:
    """Be the same user and group in the fresh user namespace, and nobody else."""
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def limit_namespaces(tasks: int) -> None:
    """Allow no further user namespaces and, where the kernel counts by namespace, few tasks."""
    _write("/proc/sys/user/max_user_namespaces", "0")
    # Before 6.14 this file is the machine's own, and root may write it from in here.
    if kernel_release() >= (6, 14):
        # A container may hold /proc read-only: the watchdog counts as well.
        with suppress(OSError):
            _write("/proc/sys/kernel/pid_max", str(_RESERVED_PIDS + tasks + MARGIN))
            _write("/proc/sys/kernel/ns_last_pid", str(_RESERVED_PIDS))  # none from below


def set_up(shared: list[str], disk: int, inodes: int, shared_memory: int) -> None:
    """Mount the submission's own disk and its given folders; cover what it need not see."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", HOME, "tmpfs", flags, f"size={disk},nr_inodes={inodes},mode=700")
    for folder in (WORK, f"{HOME}/tmp"):  # noqa: S108 - in the jail
        os.mkdir(folder)
    for name in shared:
        if os.path.isdir(f"/shared/{name}"):
            os.mkdir(f"{WORK}/{name}")
        else:
            os.close(os.open(f"{WORK}/{name}", os.O_CREAT | os.O_WRONLY))
        kernel.mount(f"/shared/{name}", f"{WORK}/{name}", flags=kernel.MS_BIND)
    kernel.mount(
        "tmpfs", SHARED_MEMORY, "tmpfs", flags, f"size={shared_memory},nr_inodes=256,mode=1777"
    )
    for folder in ("/dev/pts", "/proc"):
        kernel.mount("tmpfs", folder, "tmpfs", READ_ONLY, "size=4k,nr_inodes=2,mode=755")
    # One submission must not leave a message to the next in Matplotlib's folder.
    kernel.mount("none", "/warm", flags=kernel.MS_REMOUNT | kernel.MS_BIND | READ_ONLY)


def limit_process(limits: dict[str, int], *, by_namespace: bool) -> None:
    """Set the limits that hold for each process by itself."""
    table = {
        resource.RLIMIT_DATA: limits["process_memory"],
        resource.RLIMIT_AS: limits["address_space"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_FSIZE: limits["disk"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    # From 5.14 on tasks are counted in each user namespace; before, all of this user's would count.
    if by_namespace and kernel_release() >= (5, 14):
        table[resource.RLIMIT_NPROC] = limits["tasks"] + MARGIN
    for name, value in table.items():
        ceiling = resource.getrlimit(name)[1]
        most = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        resource.setrlimit(name, (most, most))


def prefer_to_kill() -> None:
    """Make this the first process that the kernel ends when the machine runs out of memory."""
    _write("/proc/self/oom_score_adj", "1000")


def kernel_release() -> tuple[int, int]:
    """Return the kernel's version as (major, minor)."""
    major, minor = os.uname().release.split("-")[0].split(".")[:2]
    return int(major), int("".join(c for c in minor if c.isdigit()))


def close_all_but(keep: int) -> None:
    """Keep one descriptor: no other socket or file is within reach, what is said is not heard."""
    os.closerange(3, keep)
    os.closerange(keep + 1, 1 << 20)
    os.dup2(0, 1)  # 0 is /dev/null
    os.dup2(0, 2)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)

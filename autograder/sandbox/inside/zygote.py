"""The warm process that every submission is forked from. No student code ever runs in it.

Theory of operation: the grader starts this once. It imports what notebooks import, says that it is
warm, and waits. Each order brings a socket; the zygote forks the jail's *init* into fresh
namespaces (there it is PID 1, and only waits), which forks the *student*. The grader learns the
host's process numbers of both from the kernel, by the credentials of their first byte. When the
init is killed, the kernel ends everything in the jail. When the grader goes away, its end of the
order socket closes, and the zygote ends; it is PID 1 of bubblewrap's namespace: all jails end too.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
from typing import Any

from . import kernel, namespaces, session, shell, syscalls
from .bounds import WireError


def start(descriptor: int, settings: dict[str, Any]) -> None:
    """Warm up, then fork a jail for each order until the grader hangs up."""
    orders = socket.socket(fileno=descriptor)
    limits = settings["limits"]
    interpreter = shell.make(limits["stream_bytes"], limits["output_bytes"], settings["warm_cells"])
    if settings["sandboxed"] and settings["shared"]:
        os.chdir(namespaces.WORK)
    shell.import_packages(settings["packages"])
    shell.make_ready(settings["warm"])
    os.chdir("/")
    shell.environment_for_children()
    gc.freeze()  # the little garbage too: to look for it takes a tenth of the start
    kernel.use_huge_pages()
    gc.enable()  # it is off while modules are imported: they stay
    identity = {"uid": os.getuid(), "gid": os.getgid()}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps init processes
    if settings["sandboxed"]:
        syscalls.program()  # it is kept, for all jails
    orders.send(b"W")
    while True:
        data, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 1)
        if not data:
            return
        order = json.loads(data) | identity
        child = kernel.fork_into(namespaces.FRESH) if settings["sandboxed"] else os.fork()
        if not child:
            keep(descriptors[0], order, settings, interpreter)
        for unneeded in descriptors:
            os.close(unneeded)


def keep(
    descriptor: int, order: dict[str, Any], settings: dict[str, Any], interpreter: shell.Shell
) -> None:
    """Set the jail up, fork the student, and wait for its end. Does not return."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        namespaces.close_all_but(descriptor)
        sock = socket.socket(fileno=descriptor)
        set_up(order, settings)
        sock.send(b"K")
        # The first process of a namespace only gets signals it has a handler for: this is the one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        student = os.fork()
        if not student:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            study(sock, order["work"], interpreter)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        sock.close()
        while os.wait()[0] != student:
            pass
    except OSError as problem:
        os.write(descriptor, b"E" + str(problem).encode()[:500])
    finally:
        os._exit(0)


def set_up(order: dict[str, Any], settings: dict[str, Any]) -> None:
    """Set the jail up, then give up the right to change it."""
    limits = settings["limits"]
    if settings["sandboxed"]:
        namespaces.keep_identity(order["uid"], order["gid"])
        namespaces.prefer_to_kill()
        kernel.leave_keyring()
        namespaces.limit_namespaces(limits["tasks"])
        namespaces.set_up(
            settings["shared"], limits["disk"], limits["inodes"], limits["shared_memory"]
        )
        kernel.drop_capabilities()
    else:
        namespaces.prefer_to_kill()
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    namespaces.limit_process(limits, by_namespace=settings["sandboxed"])
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if settings["sandboxed"]:
        kernel.install_filter(syscalls.program())


def study(sock: socket.socket, work: str, interpreter: shell.Shell) -> None:
    """Be the student's process. Does not return."""
    try:
        os.setsid()
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        sock.send(b"S")
        session.serve(sock, interpreter, work)
    except (EOFError, OSError, WireError):
        pass
    finally:
        os._exit(0)

"""The warm process that every submission is forked from. No student code ever runs in it.

Theory of operation: the grader starts this file once. It imports what notebooks import, says it is warm, and
then waits. Each order brings a socket; the zygote forks a process that moves to fresh namespaces, which
forks the room's *keeper* (PID 1 there; it only waits), which forks the *student*. The grader learns the host's
process numbers of both from the kernel, by the credentials of their first byte. When the keeper is
killed, the kernel ends everything in the room. When the grader goes away, its end of the order socket
closes, the zygote ends, and bubblewrap's PID namespace takes all rooms along.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
from typing import Any

from . import kernel, namespaces, session, shell
from .wire import WireError


def start(descriptor: int, settings: dict[str, Any]) -> None:
    """Warm up, then fork a room for each order until the grader hangs up."""
    orders = socket.socket(fileno=descriptor)
    limits = settings["limits"]
    interpreter = shell.make(limits["stream_bytes"], limits["output_bytes"])
    shell.environment_for_children()
    gc.collect()
    gc.freeze()
    orders.send(b'{"warm": true}')
    while True:
        data, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 1)
        if not data:
            return
        order = json.loads(data)
        child = os.fork()
        if not child:
            open_room(descriptors[0], order, settings, interpreter)
        for descriptor in descriptors:
            os.close(descriptor)
        _reap(child, settings["sandboxed"])


def open_room(
    descriptor: int, order: dict[str, Any], settings: dict[str, Any], interpreter: shell.Shell
) -> None:
    """Enter fresh namespaces and fork the keeper. Does not return."""
    try:
        os.setsid()
        namespaces.close_all_but(descriptor)
        sock = socket.socket(fileno=descriptor)
        if settings["sandboxed"]:
            namespaces.leave_host()
            if os.fork():
                return
        keep(sock, order, settings, interpreter)
    except OSError as problem:
        _complain(descriptor, problem)
    finally:
        os._exit(0)


def keep(
    sock: socket.socket, order: dict[str, Any], settings: dict[str, Any], interpreter: shell.Shell
) -> None:
    """Furnish the room, fork the student, and wait for its end. Does not return."""
    try:
        limits, sandboxed = settings["limits"], settings["sandboxed"]
        work = order["work"]
        namespaces.prefer_to_kill()
        if sandboxed:
            furnish(settings["shared"], limits)
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        namespaces.limit_process(limits, by_namespace=sandboxed)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        sock.send(b"K")
        student = os.fork()
        if not student:
            study(sock, work, interpreter)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        sock.close()
        while os.wait()[0] != student:
            pass
    except OSError as problem:
        _complain(sock.fileno(), problem)
    finally:
        os._exit(0)


def furnish(shared: list[str], limits: dict[str, int]) -> None:
    """Make the room, then throw the keys away."""
    kernel.leave_keyring()
    namespaces.limit_namespaces(limits["tasks"])
    namespaces.furnish(shared, limits["disk"], limits["inodes"], limits["shared_memory"])
    kernel.drop_capabilities()


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


def _reap(child: int, sandboxed: bool) -> None:
    """Collect what has ended: the one who opened a room at once, a keeper without one whenever."""
    try:
        if sandboxed:
            os.waitpid(child, 0)
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _complain(descriptor: int, problem: OSError) -> None:
    """Tell the grader why there is no room."""
    os.write(descriptor, b"E" + str(problem).encode()[:500])

"""Commands of this environment, each in a process forked from one that has imported nbgrader.

A Python of its own takes a second for that, and tests give dozens of commands. What is forked has
its own folder, environment and streams, one processor, for a second one would start a grader of its
own for two submissions, and nothing in it but imported modules. The commands as they are installed
are given by test_new.py, test_postgres.py and test_pytest_submission.py.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

PATIENCE = 300  # s, for one command
LONGEST = 1 << 20  # bytes of an order
SERVERS: list[tuple[subprocess.Popen[bytes], socket.socket]] = []
"""What commands are forked from, and by which socket it is told."""
IMPORTED = (
    *("nbgrader.apps.nbgraderapp", "nbgrader.apps.autogradeapp", "nbgrader.converters"),
    *("autograder.cli", "autograder.classroom.batch", "autograder.classroom.pages"),
    *("autograder.outputs.feedback", "autograder.outputs.pages", "autograder.outputs.export"),
    "autograder.release.build",
)


def run(
    *command: str, cwd: Path, memory: int | None = None, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Give a command of this environment, as `subprocess.run` would; nothing is on its stdin.

    Args:
        command: `autograder` or `nbgrader`, and its words.
        cwd: where it is given.
        memory: bytes of address space that it may have.
        python: the interpreter of another environment that has them.
    """
    _, orders = _server(python)
    folders = [str(Path(one).parent) for one in (python, sys.executable)]
    env = os.environ | {"PATH": os.pathsep.join([*folders, os.environ["PATH"]])}
    env["JUPYTER_PATH"] = f"{sys.prefix}/share/jupyter"
    order = json.dumps([command, str(cwd), env, memory]).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        socket.send_fds(orders, [order], [out.fileno(), err.fileno()])
        status = int(orders.recv(64))
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return subprocess.CompletedProcess(command, status, *texts)


def stop() -> None:
    """End the processes that commands were forked from."""
    while SERVERS:
        process, orders = SERVERS.pop()
        orders.close()
        process.wait()


@cache
def _server(python: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(PATIENCE)
    for one in (ours, theirs):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
    with theirs:
        start = [python, "-P", __file__, str(theirs.fileno())]
        process = subprocess.Popen(start, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    SERVERS.append((process, ours))
    return SERVERS[-1]


# In the process that commands are forked from


def _serve(orders: socket.socket) -> None:
    from autograder.startup import collect_seldom, skip_uri_grammar

    skip_uri_grammar()
    collect_seldom()
    for name in IMPORTED:
        import_module(name)
    gc.freeze()
    while True:
        order, fds, _, _ = socket.recv_fds(orders, LONGEST, 2)
        if not order:
            return
        child = os.fork()
        if not child:
            orders.close()
            _become(fds, *json.loads(order))
        for fd in fds:
            os.close(fd)
        orders.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become(
    fds: Sequence[int], command: list[str], cwd: str, env: dict[str, str], memory: int | None
) -> None:
    """Be the process of a command, to its end."""
    status = 1
    try:
        os.dup2(fds[0], 1)
        os.dup2(fds[1], 2)
        os.closerange(3, max(fds) + 1)
        os.environ.clear()
        os.environ.update(env)
        os.sched_setaffinity(0, {secrets.choice(sorted(os.sched_getaffinity(0)))})
        os.chdir(cwd)
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        sys.argv = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        status = _status_of(command[0])
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _status_of(program: str) -> int:
    """Run a command's main function as its script does."""
    names = {"autograder": "autograder.cli", "nbgrader": "nbgrader.apps.nbgraderapp"}
    try:
        sys.exit(import_module(names[program]).main())
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return int(ended.code or 0)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        _serve(given)

"""A submission's process: it runs cells, one by one, and forks a fork for each question."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import time
import warnings
from contextlib import suppress
from typing import Any

from . import blame, chance, fork, frames, kernel, shell
from .bounds import WireError


def serve(sock: socket.socket, interpreter: shell.Shell, work: str) -> None:
    """Answer the grader until it hangs up. The first message brings the submission's files."""
    files = frames.receive(sock)
    place_files(work, files["files"])
    os.chdir(work)
    sys.path.insert(0, "")
    chance.fix()
    frames.send(sock, {"ready": True})
    while True:
        message, descriptor = frames.receive_with_descriptor(sock)
        if message["op"] == "cell":
            frames.send(sock, run_cell(interpreter, message["id"], message["source"]))
        elif message["op"] == "draw":
            frames.send(sock, {"drawn": draw(message["pictures"])})
        elif descriptor is not None:
            fork_for_question(sock, descriptor, interpreter)


def place_files(work: str, files: dict[str, Any]) -> None:
    """Write the submission's files where its notebook will look for them."""
    for name, content in files.items():
        path = os.path.join(work, name)
        with suppress(OSError):  # a file that does not fit is missing when it is looked for
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.tobytes())


def draw(files: list[bytes]) -> list[Any]:
    """Draw the submission's pictures anew; it is asked for before any cell has run."""
    from . import pictures  # noqa: PLC0415 - Pillow, which not every submission needs

    return pictures.all_drawn(files)


def run_cell(interpreter: shell.Shell, cell_id: str, source: str) -> dict[str, Any]:
    """Run a cell and describe what came of it."""
    started = time.process_time()
    good, raised = shell.run(interpreter, cell_id, source)
    error = None
    if raised is not None:
        error = blame.describe(raised) | {"message": blame.message(raised)}
    outputs = interpreter.outputs.finish()
    return {
        "status": "ok" if good else "error",
        "outputs": outputs,
        "cpu": time.process_time() - started,
        "error": error,
    }


def fork_for_question(sock: socket.socket, descriptor: int, interpreter: shell.Shell) -> None:
    """Fork one process more, that answers for one question and then ends."""
    _reap()
    state = random.getstate()
    parted, holds_it_too = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about threads of the student's: they are not forked
        child = os.fork()
    if child:
        for unneeded in (descriptor, parted, holds_it_too):
            os.close(unneeded)
        return
    try:
        sock.close()
        # The grader stops the parent as soon as it hears from here. One stopped before it let go
        # of the descriptor would keep the socket open after the fork's end.
        os.close(holds_it_too)
        os.read(parted, 1)
        os.close(parted)
        random.setstate(state)  # a fork seeds it anew
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        fork.serve(socket.socket(fileno=descriptor), interpreter.user_ns)
    except (EOFError, OSError, WireError):
        pass
    finally:
        os._exit(0)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return

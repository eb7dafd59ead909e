"""A real sandbox with short limits; after each attack the same zygote works and nobody is left."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.sandbox import POLICY, Sandbox, SandboxUnavailable, Session, SourceCell
from autograder.sandbox.policy import MIB
from autograder.sandbox.processes import children

QUICK = replace(
    POLICY,
    cell_cpu=0.6,
    cell_wall=3,
    check_cpu=0.6,
    check_wall=1.5,
    submission_wall=20,
    memory=640 * MIB,
    process_memory=600 * MIB,
    disk=8 * MIB,
    output_bytes=MIB,
    reply_bytes=4 * MIB,
)
PATIENT = replace(QUICK, cell_cpu=20, cell_wall=30, check_cpu=10, check_wall=15, submission_wall=90)
patiently = pytest.mark.parametrize("zygote", ["patient"], indirect=True)
SECRET = "a grade that nobody may see"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every session is given."""
    folder = tmp_path_factory.mktemp("shared") / "support"
    folder.mkdir()
    (folder / "__init__.py").write_text("answer = 42\n")
    return folder


@pytest.fixture(scope="module", params=["short"])
def zygote(request: pytest.FixtureRequest, shared: Path) -> Iterator[Sandbox]:
    """One sandbox for all attacks of a module, started with a secret in the environment."""
    policy = PATIENT if request.param == "patient" else QUICK
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", SECRET)
        with Sandbox(shared={"support": shared}, policy=policy) as sandbox:
            try:
                sandbox.probe()
            except SandboxUnavailable as reason:
                pytest.skip(str(reason))
            yield sandbox


@pytest.fixture
def sandbox(zygote: Sandbox) -> Iterator[Sandbox]:
    """The sandbox; afterwards the same zygote gives a good session, and no process is left over."""
    before = processes()
    yield zygote
    with zygote.session({}) as session:
        (run,) = session.run([SourceCell("after", "from support import answer\nanswer")])
    assert run.outputs[0]["data"]["text/plain"] == "42"
    until = time.monotonic() + 5
    while processes() != before and time.monotonic() < until:
        time.sleep(0.02)
    assert processes() == before, "a process was left over, or the zygote did not survive"


@pytest.fixture
def attack(sandbox: Sandbox) -> Iterator[Callable[..., Session]]:
    """Run cells in a fresh session and return it; the runs are its ``runs``."""
    opened: list[Session] = []

    def run(*sources: str) -> Session:
        session = sandbox.session({})
        opened.append(session)
        cells = [SourceCell(f"c{n}", dedent(source)) for n, source in enumerate(sources)]
        session.runs = session.run(cells)
        return session

    yield run
    for session in opened:
        session.close()


def processes() -> set[int]:
    """Return all descendants of this process."""
    found = [os.getpid()]
    for pid in found:
        found += children(pid)
    return set(found[1:])


def printed(run) -> str:
    """Return what a cell printed."""
    return "".join(o["text"] for o in run.outputs if o["output_type"] == "stream")

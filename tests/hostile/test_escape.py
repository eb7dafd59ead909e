"""Code that looks for what it should not see, and for a way out."""

import os

import pytest

from tests.hostile.conftest import SECRET, patiently, printed

LOOK = """
import os
def walk(top):
    for folder, names, files in os.walk(top):
        for name in files:
            yield os.path.join(folder, name)
"""


def test_the_callers_environment_is_not_there(attack):
    session = attack(
        "import os, glob\nprint(dict(os.environ))\n"
        "for p in glob.glob('/proc/*/environ'): print(open(p, 'rb').read())"
    )
    assert SECRET not in printed(session.runs[0])


def test_there_is_no_process_table(attack):
    assert printed(attack("import os\nprint(os.listdir('/proc'))").runs[0]) == "[]\n"


def test_the_hosts_files_are_not_there(attack, tmp_path):
    (tmp_path / "gradebook.db").write_text(SECRET)
    places = [str(tmp_path), os.getcwd(), os.path.expanduser("~"), "/etc/shadow", "/sys", "/root"]
    session = attack(f"import os\nprint([p for p in {places!r} if os.path.exists(p)])")
    found = set(eval(printed(session.runs[0])))
    assert found <= {"/root", "/home/student"} - {os.getcwd()}


@patiently
def test_nothing_of_the_grader_but_the_inside_folder_is_there(attack):
    session = attack(
        LOOK + "found = [p for p in walk('/') if 'autograder' in p or 'misconception' in p]\n"
        "print([p for p in found if os.path.getsize(p)])\n"
        "import autograder\nprint(getattr(autograder, '__file__', None))"
    )
    assert printed(session.runs[0]) in ("[]\n", "[]\nNone\n")


@patiently
def test_nothing_outside_the_own_folder_can_be_written(attack):
    session = attack(
        LOOK + "places = {os.path.dirname(p) for p in walk('/')} | set(os.listdir('/'))\n"
        "places |= {'/', '/warm', '/shared/support', '/dev', '/engine', '/tmp/..', '/usr/bin'}\n"
        "written = []\n"
        "for place in places:\n"
        "    try: open(os.path.join('/', place, 'mark'), 'w').close()\n"
        "    except OSError: continue\n"
        "    written.append(os.path.realpath(os.path.join('/', place)))\n"
        "print(sorted({'/'.join(w.split('/')[:3]) for w in written}))"
    )
    assert printed(session.runs[0]) == "['/dev/shm', '/home/student']\n"


def test_what_one_session_writes_the_next_does_not_see(attack):
    attack("for p in ('mark', '/tmp/mark', '/dev/shm/mark'): open(p, 'w').close()\nimport sys, numpy\n"
           "numpy.mark = sys.mark = 1")  # fmt: skip
    session = attack(
        "import glob, sys, numpy\nprint(glob.glob('*mark') + glob.glob('/tmp/*mark')"
        " + glob.glob('/dev/shm/*mark'), hasattr(numpy, 'mark'), hasattr(sys, 'mark'))"
    )
    assert printed(session.runs[0]) == "[] False False\n"


def test_given_folders_are_read_only(attack, shared):
    session = attack(
        "import os, shutil\n"
        "for act in (lambda: open('support/__init__.py', 'w'), lambda: os.remove('support/__init__.py'),"
        " lambda: shutil.rmtree('support'), lambda: os.rename('support', 'x'),"
        " lambda: os.chmod('support/__init__.py', 0o777)):\n"
        "    try: act(); print('done')\n"
        "    except OSError: pass"
    )
    assert "done" not in printed(session.runs[0])
    assert (shared / "__init__.py").read_text() == "answer = 42\n"


def test_there_is_no_network(attack):
    session = attack(
        "import socket\n"
        "for family, address in ((2, ('127.0.0.1', 22)), (2, ('8.8.8.8', 53)), (10, ('::1', 22))):\n"
        "    s = socket.socket(family)\n    s.settimeout(1)\n"
        "    try: s.connect(address); print('connected')\n    except OSError: pass\n"
        "for family in (16, 17, 38, 40):\n"
        "    try: socket.socket(family, socket.SOCK_RAW); print('opened', family)\n"
        "    except OSError: pass\n"
        "try: socket.getaddrinfo('example.org', 80); print('resolved')\nexcept OSError: pass"
    )
    assert session.runs[0].status == "ok"
    assert printed(session.runs[0]) == ""


def test_there_is_one_socket_and_it_leads_only_to_the_grader(attack):
    session = attack(
        "import os, stat, socket\n"
        "open_fds = []\n"
        "for fd in range(3, 4096):\n"
        "    try: mode = os.fstat(fd).st_mode\n    except OSError: continue\n"
        "    open_fds.append('socket' if stat.S_ISSOCK(mode) else 'other')\n"
        "print(open_fds)"
    )
    assert printed(session.runs[0]) == "['socket']\n"


def test_standard_streams_lead_nowhere(attack):
    session = attack(
        "import os\nos.write(1, b'x' * 10**6)\nos.write(2, b'x' * 10**6)\nprint(os.read(0, 10),"
        " len({(os.fstat(n).st_dev, os.fstat(n).st_ino) for n in (0, 1, 2)} |"
        " {(os.stat('/dev/null').st_dev, os.stat('/dev/null').st_ino)}))"
    )
    assert printed(session.runs[0]) == "b'' 1\n"


def test_the_keeper_cannot_be_killed_or_traced(attack):
    session = attack(
        "import os, signal\n"
        "for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT, signal.SIGHUP):\n"
        "    try: os.kill(1, number)\n    except OSError: pass\n"
        "    try: os.kill(os.getppid(), number)\n    except OSError: pass\n"
        "import ctypes\nprint(ctypes.CDLL(None).ptrace(16, 1, 0, 0))",
        "1",
    )
    assert [run.status for run in session.runs] == ["ok", "ok"]
    assert printed(session.runs[0]) == "-1\n"


def test_killing_everybody_costs_only_oneself(attack):
    session = attack("import os\nos.kill(-1, 9)", "1 + 1")
    assert session.runs[1].status == "ok"


def test_daemons_end_with_the_cells(attack):
    session = attack(
        "import os, time\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        "            while True: open('alive', 'a').write('x'); time.sleep(.01)\n"
        "        os._exit(0)\n"
        "def f():\n"
        "    a = os.path.getsize('alive') if os.path.exists('alive') else 0\n"
        "    time.sleep(.2)\n"
        "    return (os.path.getsize('alive') if os.path.exists('alive') else 0) - a"
    )
    with session.branch() as branch:
        assert branch.request("call", target="f", args=[], kwargs={}).items[0].value == 0


@pytest.mark.parametrize(
    "call",
    ["unshare(0x10000000)", "unshare(0x20000)", "setns(0, 0)", "umount2(b'/proc', 2)", "chroot(b'/')",
     "mount(b'x', b'/proc', b'proc', 0, 0)", "setuid(0)", "syscall(250, 0, -3, 0)"],
)  # fmt: skip
def test_there_is_no_way_back_to_privilege(attack, call):
    session = attack(f"import ctypes\nprint(ctypes.CDLL(None, use_errno=True).{call})")
    assert printed(session.runs[0]) == "-1\n"


def test_sessions_of_one_zygote_do_not_hear_each_other(sandbox):
    from autograder.sandbox import SourceCell

    listen = "import socket\ns = socket.socket(socket.AF_UNIX); s.bind('/tmp/here'); s.listen()"
    call = "import socket\nsocket.socket(socket.AF_UNIX).connect('/tmp/here')"
    with sandbox.session({}) as one, sandbox.session({}) as two:
        assert one.run([SourceCell("a", listen)])[0].status == "ok"
        assert two.run([SourceCell("b", call)])[0].error.type_name == "FileNotFoundError"

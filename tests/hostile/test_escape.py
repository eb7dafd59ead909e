"""Code that looks for what it should not see, and for a way out."""

import os

import pytest
from attacks import SECRET, patiently, printed

LOOK = """import os
        def walk(top):
            for folder, _, files in os.walk(top):
                yield from (os.path.join(folder, name) for name in files)
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
        f"""
        {LOOK}
        ours = [p for p in walk('/') if 'autograder' in p.lower() and 'nbgrader' not in p]
        print([p for p in ours if os.path.getsize(p)])
        """
    )
    assert printed(session.runs[0]) == "[]\n"


def test_the_graders_package_is_empty_if_it_is_there_at_all(attack):
    session = attack("import autograder\nprint(autograder.__file__)", "import autograder.sandbox")
    assert printed(session.runs[0]) in ("", "None\n")
    assert session.runs[1].error.type_name == "ModuleNotFoundError"


@patiently
def test_nothing_outside_the_own_folder_can_be_written(attack):
    session = attack(
        f"""
        {LOOK}
        places = {{os.path.dirname(p) for p in walk('/')}} | {{'/' + n for n in os.listdir('/')}}
        places |= {{'/', '/shared/support', '/dev/shm', '/dev/pts', '/tmp/..', '/usr/bin'}}
        written = set()
        for place in places:
            try: open(os.path.join(place, 'mark'), 'w').close()
            except OSError: continue
            written.add('/'.join(os.path.realpath(place).split('/')[:3]))
        print(sorted(written))
        """
    )
    assert printed(session.runs[0]) == "['/dev/shm', '/home/student']\n"


def test_what_one_session_writes_the_next_does_not_see(attack):
    attack(
        """
        import sys, numpy
        numpy.mark = sys.mark = 1
        for path in ('mark', '/tmp/mark', '/dev/shm/mark'): open(path, 'w').close()
        """
    )
    session = attack(
        """
        import glob, sys, numpy
        found = [p for place in ('', '/tmp/', '/dev/shm/') for p in glob.glob(place + '*mark')]
        print(found, hasattr(numpy, 'mark'), hasattr(sys, 'mark'))
        """
    )
    assert printed(session.runs[0]) == "[] False False\n"


def test_given_folders_are_read_only(attack, shared):
    session = attack(
        """
        import os, shutil
        path = 'support/__init__.py'
        for act in (
            lambda: open(path, 'w'),
            lambda: os.remove(path),
            lambda: os.chmod(path, 0o777),
            lambda: shutil.rmtree('support'),
            lambda: os.rename('support', 'x'),
        ):
            try: act(); print('done')
            except OSError: pass
        """
    )
    assert printed(session.runs[0]) == ""
    assert (shared / "__init__.py").read_text() == "answer = 42\n"


def test_there_is_no_network(attack):
    session = attack(
        """
        import socket, urllib.request
        for family, host, port in ((2, '127.0.0.1', 22), (2, '8.8.8.8', 53), (10, '::1', 22)):
            try: socket.create_connection((host, port), 1); print('connected', host)
            except OSError: pass
        for act in (
            lambda: socket.getaddrinfo('example.org', 80),
            lambda: urllib.request.urlopen('http://example.org', timeout=1),
        ):
            try: act(); print('done')
            except OSError: pass
        """
    )
    assert session.runs[0].status == "ok"
    assert printed(session.runs[0]) == ""


def test_there_is_one_socket_and_it_leads_only_to_the_grader(attack):
    session = attack(
        """
        import os, stat
        found = []
        for fd in range(3, 4096):
            try: mode = os.fstat(fd).st_mode
            except OSError: continue
            found.append('socket' if stat.S_ISSOCK(mode) else 'other')
        print(found)
        """
    )
    assert printed(session.runs[0]) == "['socket']\n"


def test_standard_streams_lead_nowhere(attack):
    session = attack(
        """
        import os
        os.write(1, b'x' * 10**6), os.write(2, b'x' * 10**6)
        null = os.stat('/dev/null')
        print(os.read(0, 10), [os.path.samestat(os.fstat(n), null) for n in (0, 1, 2)])
        """
    )
    assert printed(session.runs[0]) == "b'' [True, True, True]\n"


def test_the_keeper_cannot_be_killed_or_traced(attack):
    session = attack(
        """
        import ctypes, os, signal
        for number in ('SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGINT', 'SIGHUP'):
            for pid in (1, os.getppid()):
                try: os.kill(pid, getattr(signal, number))
                except OSError: pass
        print(ctypes.CDLL(None).ptrace(16, 1, 0, 0))
        """,
        "1",
    )
    assert [run.status for run in session.runs] == ["ok", "ok"]
    assert printed(session.runs[0]) == "-1\n"


def test_killing_everybody_costs_only_oneself(attack):
    session = attack("import os\nos.kill(-1, 9)", "1 + 1")
    assert session.runs[1].status == "ok"


def test_daemons_end_with_the_cells(attack):
    session = attack(
        """
        import os, time
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True: open('alive', 'a').write('x'); time.sleep(.01)
                os._exit(0)
        def size():
            return os.path.getsize('alive') if os.path.exists('alive') else 0
        def growth():
            before = size()
            time.sleep(.2)
            return size() - before
        """
    )
    with session.fork() as fork:
        assert fork.request("call", target="growth", args=[], kwargs={}).items[0].value == 0


WAYS_BACK = (
    "unshare(0x10000000)",
    "unshare(0x20000)",
    "setns(0, 0)",
    "umount2(b'/proc', 2)",
    "chroot(b'/')",
    "mount(b'x', b'/proc', b'proc', 0, 0)",
    "setuid(0)",
)


@pytest.mark.parametrize("call", WAYS_BACK)
def test_there_is_no_way_back_to_privilege(attack, call):
    session = attack(f"import ctypes\nprint(ctypes.CDLL(None, use_errno=True).{call})")
    assert printed(session.runs[0]) == "-1\n"

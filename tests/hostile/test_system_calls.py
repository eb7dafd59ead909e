"""What a jail may ask of the kernel: what notebooks need works, everything else is not there."""

import errno
import os
import platform
import signal
import struct

import pytest
from attacks import patiently, printed

from autograder.sandbox import SourceCell
from autograder.sandbox.inside.syscalls import program

HONEST = {
    "shell": "!echo $HOME | tr a-z A-Z",
    "bash": "%%bash\nfor n in 1 2; do /bin/true & done; wait; echo done | cat",
    "subprocess": "import subprocess\nsubprocess.run(['ls', '/'], timeout=9, check=True)",
    "top-level await": "import asyncio\nawait asyncio.sleep(.01)",
    "processes": "from concurrent.futures import ProcessPoolExecutor\n"
    "with ProcessPoolExecutor(2) as pool: assert list(pool.map(abs, [-1])) == [1]",
    "threads": "import numpy as np\nfrom concurrent.futures import ThreadPoolExecutor\n"
    "list(ThreadPoolExecutor(3).map(np.linalg.svd, np.ones((3, 99, 99))))",
    "files": "import numpy as np, shutil, sqlite3, tempfile\nfolder = tempfile.mkdtemp()\n"
    "sqlite3.connect(folder + '/a.db').execute('create table t(a)')\n"
    "np.save(folder + '/a.npy', np.eye(2)); np.load(folder + '/a.npy', mmap_mode='r')\n"
    "shutil.copytree(folder, folder + '/copy'); shutil.disk_usage(folder)",
    "plots": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "clocks": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: None)\n"
    "signal.setitimer(signal.ITIMER_REAL, .01); time.sleep(.02)",
    "machine": "import os, platform, random, resource, uuid\nplatform.platform(); uuid.uuid1()\n"
    "os.cpu_count(); os.sched_getaffinity(0); resource.getrusage(0); random.SystemRandom()",
}


@patiently
@pytest.mark.parametrize("kind", HONEST)
def test_what_notebooks_do_works(attack, kind):
    (run,) = attack(HONEST[kind]).runs
    assert (run.status, run.error) == ("ok", None)


CLOSED = {
    "statmount": "call(457, 0, 0, 0, 0)",
    "listmount": "call(458, 0, 0, 0, 0)",
    "clone3": "call(435, 0, 0)",
    "io_uring": "call(425, 8, 0)",
    "a call of a later kernel": "call(600)",
    "memfd_create": "os.memfd_create('x')",
    "inotify": "call(253)",
    "mlock": "call(149, 0, 4096)",
    "keyctl": "call(250, 0, -3, 0)",
}
ASK = """
import ctypes, errno, os, signal, socket
def call(*words):
    if ctypes.CDLL(None, use_errno=True).syscall(*words) < 0:
        raise OSError(ctypes.get_errno(), '')
"""

these_numbers = pytest.mark.skipif(platform.machine() != "x86_64", reason="others' numbers")


def refusal(attack, act: str) -> str:
    """The error that an act ends with in a jail."""
    tell = f"{ASK}\ntry: {act}; print('done')\nexcept OSError as e: print(errno.errorcode[e.errno])"
    return printed(attack(tell).runs[0]).strip()


@these_numbers
@pytest.mark.parametrize("name", CLOSED)
def test_what_no_notebook_needs_is_not_there(attack, name):
    assert refusal(attack, CLOSED[name]) == "ENOSYS"


REFUSED = {
    "the internet": ("socket.socket(socket.AF_INET)", "EAFNOSUPPORT"),
    "the internet's sixth version": ("socket.socket(socket.AF_INET6)", "EAFNOSUPPORT"),
    "packets": ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", "EAFNOSUPPORT"),
    "the kernel's own sockets": ("socket.socket(socket.AF_NETLINK)", "EAFNOSUPPORT"),
    "virtual machines": ("socket.socket(socket.AF_VSOCK)", "EAFNOSUPPORT"),
    "a name for a local socket": ("socket.socketpair()[0].bind('\\0here')", "ENOSYS"),
    "a pair of another family": ("socket.socketpair(socket.AF_TIPC)", "EAFNOSUPPORT"),
    "a larger socket buffer": (
        "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)",
        "ENOSYS",
    ),
    "idle priority": ("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))", "EPERM"),
    "lower priority": ("os.nice(19)", "EPERM"),
    "one processor": ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", "EPERM"),
    "children that nobody waits for": ("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", "EPERM"),
    "namespaces": ("call(56, 0x10000000 | 17, 0, 0, 0, 0)", "EPERM"),
    "terminals' input": ("__import__('fcntl').ioctl(0, 0x5412, b'x')", "ENOTTY"),
    "adopting others' children": ("call(157, 36, 1, 0, 0, 0)", "EINVAL"),
}


@these_numbers
@pytest.mark.parametrize("what", REFUSED)
def test_what_would_reach_out_or_hide_is_refused(attack, what):
    act, error = REFUSED[what]
    assert refusal(attack, act) == error


def test_each_submission_has_a_network_of_its_own(sandbox):
    """A port that one submission used was seen by the next one."""
    with sandbox.session({}) as one, sandbox.session({}) as two:
        for session in (one, two):
            session.run([SourceCell("a", "1")])
        networks = {os.readlink(f"/proc/{pid}/ns/net") for pid in ("self", one.pid, two.pid)}
    assert len(networks) == 3


def answer(machine: str, number: int, first: int = 0, second: int = 0) -> int:
    """What a machine's filter answers to a call: an error's number, or 0 where it is allowed."""
    architecture = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    data = struct.pack("<IIQQQQQQQ", number, architecture, 0, first, second, 0, 0, 0, 0)
    records = list(struct.iter_unpack("=HBBI", program(machine)))
    place, value = 0, 0
    while True:
        code, yes, no, constant = records[place]
        if code == 0x06:
            return 0 if constant == 0x7FFF0000 else constant & 0xFFFF
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, constant)
            place += 1
            continue
        tests = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}
        place += 1 + (yes if tests[code] else no)


SAME = (  # name, number on x86_64, number on aarch64, first argument, answer
    ("read", 0, 63, 0, 0),
    ("openat", 257, 56, 0, 0),
    ("socketpair of AF_UNIX", 53, 199, 1, 0),
    ("socketpair of AF_INET", 53, 199, 2, errno.EAFNOSUPPORT),
    ("socket", 41, 198, 1, errno.EAFNOSUPPORT),
    ("clone a thread", 56, 220, 0x3D0F00, 0),
    ("clone into a namespace", 56, 220, 0x20000011, errno.EPERM),
    ("clone3", 435, 435, 0, errno.ENOSYS),
    ("sigaction of SIGALRM", 13, 134, signal.SIGALRM, 0),
    ("sigaction of SIGCHLD", 13, 134, signal.SIGCHLD, errno.EPERM),
    ("mount", 165, 40, 0, errno.ENOSYS),
    ("ptrace", 101, 117, 0, errno.ENOSYS),
    ("sched_setattr", 314, 274, 0, errno.EPERM),
    ("listmount", 458, 458, 0, errno.ENOSYS),
)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_both_machines_have_the_same_filter(machine):
    column = 1 if machine == "x86_64" else 2
    said = {case[0]: answer(machine, case[column], case[3]) for case in SAME}
    assert said == {case[0]: case[4] for case in SAME}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_what_is_not_named_is_not_allowed(machine):
    allowed = [number for number in range(1024) if answer(machine, number) == 0]
    assert 120 < len(allowed) < 260
    assert max(allowed) <= 452

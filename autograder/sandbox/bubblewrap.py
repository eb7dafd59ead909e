"""The command lines that start the zygote: inside bubblewrap, or bare with `--sandbox none`.

What the sandbox sees is built up from nothing: the interpreter and its libraries, the directories
the packages lie in, our `inside` folder and the shared folders, all read-only and at fixed paths.
The rest of the machine is not hidden, it is not there. What of us lies in a bound directory is
covered.
"""

from __future__ import annotations

import importlib.util
import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autograder.sandbox.binary import find_bwrap
from autograder.sandbox.errors import SandboxUnavailable
from autograder.sandbox.policy import Policy
from autograder.startup import ONE_THREAD, PLOTS, WARM_CELLS, WARM_PLOTS

INSIDE = Path(__file__).parent / "inside"
PACKAGES = ("numpy", "matplotlib", "IPython", "matplotlib_inline")
USER = 1000
WORK = "/home/student/work"
BOOT = """
import gc, json, site, sys
gc.disable()
settings = json.loads(sys.argv[2])
sys.path += settings["site"]
sys.path.insert(0, settings["engine"])
site.setcopyright(), site.sethelper()
from grading_inside import zygote
sys.path.remove(settings["engine"])
zygote.start(int(sys.argv[1]), settings)
"""
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "NBGRADER_EXECUTION": "autograde",
    **dict.fromkeys(ONE_THREAD, "1"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
OURS = ("*autograder*", "__pycache__/*autograder*", "*.pth")  # an editable install names our place
USERS = "root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:/home/student:/bin/sh\n"
NOT_LIBRARIES = ("/usr/local/share", "/usr/local/etc", "/usr/local/src", "/usr/src", "/usr/etc")
"""Parts of /usr that people put things in: nbgrader's exchange, with all that was handed in."""
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")


def site_directories() -> list[Path]:
    """Return the directories that hold the packages notebooks import, in the order of sys.path."""
    known = {Path(p).resolve() for p in (*site.getsitepackages(), site.getusersitepackages())}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SandboxUnavailable(f"The package {name} is not installed.")
        known.add(Path(spec.origin).resolve().parents[1 if spec.submodule_search_locations else 0])
    ordered = [Path(p).resolve() for p in sys.path if p]
    return [p for p in dict.fromkeys(ordered) if p in known and p.is_dir()]


def interpreter() -> tuple[Path, str]:
    """Return the interpreter's installation and the path of its program within it."""
    base = Path(sys.base_prefix).resolve()
    program = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    if not program.is_relative_to(base):
        program = base / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return base, str(program.relative_to(base))


def sandboxed_command(
    control: int,
    shared: Mapping[str, Path],
    policy: Policy,
    scratch: Path,
    warm: Sequence[str] = (),
) -> tuple[list[str], dict[str, str]]:
    """Return the command and the (empty) environment that start the zygote in bubblewrap.

    `control` is the descriptor of the order socket, to pass on.
    """
    passwd = scratch / "passwd"
    passwd.write_text(USERS)
    base, program = interpreter()
    sites = site_directories()
    places = {f"/site/{n}": path for n, path in enumerate(sites)}
    system = base == Path("/usr")
    prefix = "/usr" if system else "/python"
    if not system:
        places[prefix] = base
    environment = ENVIRONMENT | {"HOME": "/home/student", "USER": "student"}
    environment |= {"MPLCONFIGDIR": "/warm", "IPYTHONDIR": "/warm"}
    environment["PATH"] = f"{prefix}/bin:{environment['PATH']}"
    if not system:
        environment["LD_LIBRARY_PATH"] = f"{prefix}/lib"
    command = [find_bwrap().path, "--unshare-all", "--uid", str(USER), "--gid", str(USER)]
    command += ["--hostname", "grading", "--new-session", "--clearenv"]
    command += ["--as-pid-1"]  # so that everything ends with the zygote
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += [*_system(), *_surroundings(passwd)]
    for place, path in places.items():
        command += ["--ro-bind", str(path), place]
    for name, path in shared.items():
        command += ["--ro-bind", str(Path(path).resolve()), f"/shared/{name}"]
    for name, path in shared.items():  # where jails will have them, under a disk of their own
        command += ["--ro-bind", str(Path(path).resolve()), f"{WORK}/{name}"]
    command += ["--ro-bind", str(INSIDE), "/engine/grading_inside"]
    command += _covers({"/usr": Path("/usr"), **places}, sites)
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
    packages = [f"{WORK}/{name}" for name in _packages(shared)]
    settings = _settings(
        policy, shared, True, list(places)[: len(sites)], "/engine", packages, warm
    )
    return [*command, f"{prefix}/{program}", *_arguments(control, settings)], {}


def bare_command(
    control: int,
    shared: Mapping[str, Path],
    policy: Policy,
    scratch: Path,
    warm: Sequence[str] = (),
) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment that start the zygote without a sandbox."""
    base, program = interpreter()
    os.symlink(INSIDE, scratch / "grading_inside")
    environment = ENVIRONMENT | {"HOME": str(scratch), "USER": "student"}
    environment |= {"MPLCONFIGDIR": str(scratch), "IPYTHONDIR": str(scratch)}
    sites = [str(path) for path in site_directories()]
    settings = _settings(policy, shared, False, sites, str(scratch), [], warm)
    return [str(base / program), *_arguments(control, settings)], environment


def _packages(shared: Mapping[str, Path]) -> list[str]:
    return [name for name, path in shared.items() if (Path(path) / "__init__.py").is_file()]


def _settings(
    policy: Policy,
    shared: Mapping[str, Path],
    sandboxed: bool,
    sites: Sequence[str],
    engine: str,
    packages: list[str],
    warm: Sequence[str],
) -> dict[str, object]:
    limits = {name: int(value) for name, value, _, _ in policy.rows()}
    return {
        "sandboxed": sandboxed,
        "shared": list(shared),
        "limits": limits,
        "site": list(sites),
        "engine": engine,
        "packages": packages,
        "warm": list(warm),
        "warm_cells": [*(WARM_PLOTS if PLOTS in warm else ()), *WARM_CELLS],
    }


def _arguments(control: int, settings: dict[str, object]) -> list[str]:
    """Return the interpreter's arguments: no site module, so no .pth file, runs in there."""
    return ["-P", "-s", "-S", "-B", "-c", BOOT, str(control), json.dumps(settings)]


def _system() -> Iterator[str]:
    """Yield the mounts of the system's libraries and commands."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("/bin", "/sbin", "/lib", "/lib64", "/lib32"):
        if os.path.islink(name):
            yield from ("--symlink", os.readlink(name), name)
        elif os.path.isdir(name):
            yield from ("--ro-bind", name, name)
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--ro-bind-try", "/nix/store", "/nix/store")


def _surroundings(passwd: Path) -> Iterator[str]:
    """Yield the rest of the jail: devices, the process table that jails cover, empty folders."""
    yield from ("--ro-bind", str(passwd), "/etc/passwd")
    yield from ("--dev", "/dev", "--bind", "/proc", "/proc")
    yield from ("--dir", "/home/student", "--tmpfs", "/warm", "--dir", "/shared")
    yield from ("--symlink", "/home/student/tmp", "/tmp")  # noqa: S108 - in the sandbox


def _covers(places: Mapping[str, Path], sites: Sequence[Path]) -> Iterator[str]:
    """Yield empty covers for all of ours that lies in a bound directory, and for unwanted fonts."""
    for place, path in places.items():
        for hidden in _hidden(sites):
            if path not in hidden.parents:
                continue
            where = f"{place}/{hidden.relative_to(path)}"
            if hidden.is_dir():
                yield from ("--tmpfs", where)
            else:
                yield from ("--ro-bind", "/dev/null", where)
    if os.path.isdir("/usr/share/fonts"):
        yield from ("--tmpfs", "/usr/share/fonts")


def _hidden(sites: Sequence[Path]) -> Iterator[Path]:
    """Yield what is ours: package, project, course, and what an installation says of them."""
    package = Path(__file__).resolve().parents[1]
    folders = [package, Path.cwd().resolve(), *map(Path, NOT_LIBRARIES)]
    if (package.parent / "pyproject.toml").exists():
        folders.append(package.parent)
    library = Path(sysconfig.get_path("stdlib")).resolve()
    there = (folder for folder in dict.fromkeys(folders) if folder.exists())
    yield from (folder for folder in there if folder not in library.parents)
    for directory in sites:
        for pattern in OURS:
            yield from (path for path in directory.glob(pattern) if path != package)

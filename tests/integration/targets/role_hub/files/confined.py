# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command as a unit of systemd would, on a machine without systemd: confined.py UNIT [COMMAND…]. Default: the command of the unit.

Needs root, and only mounts, in a namespace of its own. It follows these settings of the unit: Environment, WorkingDirectory, UMask,
LimitNOFILE, ProtectSystem=strict, ReadWritePaths, ProtectHome, BindPaths, PrivateDevices, ProtectProc, ProtectKernelTunables, an empty
CapabilityBoundingSet, NoNewPrivileges and SystemCallFilter. It keeps the account, and does not follow the others.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

NEW_MOUNTS = 0x00020000
DROP_CAPABILITY, NO_NEW_PRIVILEGES = 24, 38
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "shm")
libc = ctypes.CDLL(None, use_errno=True)


def read(unit: Path) -> dict[str, list[str]]:
    """Return the words of each setting; a setting without a value clears what came before it."""
    settings: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if not equals or line.startswith("#"):
            continue
        # Keep the lines of this setting apart, because ~ applies to one line.
        words = [value] if name == "SystemCallFilter" else shlex.split(value)
        settings[name] = settings.get(name, []) + words if words else []
    return settings


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def confine_files(settings: dict[str, list[str]]) -> None:
    if libc.unshare(NEW_MOUNTS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("--make-rprivate", "/")
    writable = [path.removeprefix("-") for path in settings["ReadWritePaths"] if os.path.exists(path.removeprefix("-"))]
    missing = {path for path in settings["ReadWritePaths"] if not path.startswith("-")} - {*writable}
    if missing:
        sys.exit(f"The unit would not start, because these do not exist: {missing}")
    binds = [tuple(pair.removeprefix("-").split(":")) for pair in settings.get("BindPaths", [])]
    for path in writable:
        mount("--bind", path, path)
    for source, target in binds:
        mount("--bind", source, target)
    private_devices(tempfile.mkdtemp(dir=writable[0]))
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place = line.split()[4]
        if place not in (*writable, *(target for _source, target in binds)) and not place.startswith(("/proc", "/dev")):
            mount("-o", "remount,bind,ro", place)
    mount("-t", "proc", "-o", "hidepid=invisible", "proc", "/proc")
    mount("--bind", "-o", "ro", "/proc/sys", "/proc/sys")
    if settings["ProtectHome"] == ["true"]:
        for place in filter(os.path.isdir, ("/home", "/root", "/run/user")):
            mount("-t", "tmpfs", "-o", "ro,mode=000", "tmpfs", place)


def private_devices(directory: str) -> None:
    mount("-t", "tmpfs", "tmpfs", directory)
    for name in DEVICES:
        new = Path(directory, name)
        if Path("/dev", name).is_dir():
            new.mkdir()
        else:
            new.touch()
        mount("--bind", f"/dev/{name}", str(new))
    for name, place in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(directory, name).symlink_to(place)
    mount("--move", directory, "/dev")
    os.rmdir(directory)


def names(of: str) -> set[str]:
    """Return the system calls in the group ``of`` of systemd, such as @system-service, or only ``of`` if it is a single call."""
    if not of.startswith("@"):
        return {of}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", of], capture_output=True, text=True, check=True
    ).stdout
    words = [line.split()[0] for line in listed.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*map(names, words))


def confine_calls(filters: list[str]) -> None:
    allowed: set[str] = set()
    for line in filters:
        for word in line.removeprefix("~").split():
            allowed = allowed - names(word) if line.startswith("~") else allowed | names(word)
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in sorted(allowed):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        # A negative number: the call is unknown, or does not exist on this kind of machine.
        if number >= 0 and seccomp.seccomp_rule_add(context, ALLOW, number, 0) != 0:
            sys.exit(f"{name} cannot be allowed.")
    if seccomp.seccomp_load(context) != 0:
        sys.exit("The filter cannot be loaded.")


def main() -> None:
    settings = read(Path(sys.argv[1]))
    command = sys.argv[2:] or settings["ExecStart"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["CapabilityBoundingSet"] == []
    filters = settings["SystemCallFilter"]
    # Only root can mount, and only with all system calls. What is not known of those is asked before.
    confine_files(settings)
    # systemd may raise the limit of the caller, but this script cannot.
    most = min(int(settings["LimitNOFILE"][0]), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.umask(int(settings["UMask"][0], 8))
    os.chdir(settings["WorkingDirectory"][0])
    for capability in range(64):
        libc.prctl(DROP_CAPABILITY, capability, 0, 0, 0)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    confine_calls(filters)
    os.execvpe(command[0], command, dict(item.split("=", 1) for item in settings["Environment"]))


if __name__ == "__main__":
    main()

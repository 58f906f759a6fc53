# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real 0.18.7 hub, installed (once per checkout) and run by the role that users have."""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook


@contextmanager
def role_hub(directory: pathlib.Path) -> Iterator[str]:
    """Run a hub with its data below ``directory`` and yield the address of its API."""
    port, instances_port = free_port(), free_port()
    variables = {
        "hub_prefix": str(ROOT / ".quickstart" / "prefix"),
        "hub_data_dir": str(directory / "data"),
        "hub_log_dir": str(directory / "log"),
        "hub_manage_user": False,
        "hub_supervisor": "process",
        "hub_port": port,
        "hub_instances_port": instances_port,
    }
    book = play(directory / "hub.yml", {"roles": ["scramjet.sth.hub"]})
    run_playbook(book, variables)
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        run_playbook(book, {**variables, "hub_state": "stopped", "hub_interrupt_instances": True})


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

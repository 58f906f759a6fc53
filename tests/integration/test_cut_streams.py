# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run behind a proxy that closes idle connections loses none of its output."""

from __future__ import annotations

import contextlib
import pathlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import TARGETS, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.pace import bound

# The proxy closes a connection after this many seconds without a byte. This is longer than the silence after which the client takes a cut
# as harmless (`Timings.silent`), even on a slow machine.
IDLE = 3.0
# Seconds for which the program is silent: longer than IDLE.
PAUSE = 8


@contextmanager
def impatient_proxy(port: int) -> Iterator[int]:
    """Yield the port of a proxy to ``port`` on loopback, which closes idle connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _address = listener.accept()
                    threading.Thread(target=carry, args=(client, port), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield int(listener.getsockname()[1])


def carry(client: socket.socket, port: int) -> None:
    """Pass on bytes in both directions until one side ends, or no data comes for too long."""
    with client, socket.create_connection(("127.0.0.1", port)) as hub, selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, hub)
        ready.register(hub, selectors.EVENT_READ, client)
        with contextlib.suppress(OSError):
            while events := ready.select(IDLE):
                for key, _mask in events:
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not data:
                        return
                    key.data.sendall(data)


@pytest.mark.parametrize("hub", ["fake-1.x", "real-0.18"], indirect=True)
def test_a_silent_job_behind_an_impatient_proxy_completes(hub: Hub, tmp_path: pathlib.Path) -> None:
    with impatient_proxy(urlsplit(hub.api_url).port or 80) as port:
        book = play(
            tmp_path / "play.yml",
            {
                "module_defaults": {"group/scramjet.sth.hub": {"api_url": f"http://127.0.0.1:{port}/api/v1"}},
                "tasks": [
                    {"scramjet.sth.sth_sequence": {"src": str(TARGETS.parent / "packages" / "probe")}},
                    {
                        "scramjet.sth.sth_instance": {
                            "name": "job",
                            "sequence": "probe",
                            "state": "completed",
                            "app_config": {"behaviour": "complete", "seconds": PAUSE, "result": "all of it"},
                            "output_dest": str(tmp_path / "out"),
                            "run_timeout": bound(30),
                        },
                        "register": "job",
                    },
                    {"scramjet.sth.sth_sequence": {"name": "probe", "state": "absent"}},
                    {
                        "ansible.builtin.assert": {
                            "that": ["job.instance.outcome == 'completed'", "'was cut off' in job.notes | join(' ')"]
                        }
                    },
                ],
            },
        )
        run_playbook(book, {})
    assert "all of it" in (tmp_path / "out").read_text(encoding="utf-8")
    assert not (tmp_path / "out.partial").exists()

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before each item of a loop, the hub is replaced by an empty one, of the same or another version, at the same address."""

from __future__ import annotations

import http.server
import pathlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.ports import free_port

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
DEPLOYED = ["0.18", "1.x", "1.x", "0.28"]
# The hub of 0.28 has no topics.
WITH_TOPICS = ["1.x", "0.28", "0.39", "1.x"]


@contextmanager
def replaced_on_request(hubs: list[FakeHub]) -> Iterator[dict[str, Any]]:
    """Yield variables: the address of a hub, and one that replaces it by a hub of the version at the end of the path.

    ``hubs``: every hub that has run, in order.
    """
    port = free_port()
    with ExitStack() as running:

        class Replacing(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                running.close()
                hubs.append(running.enter_context(FakeHub(self.path.rpartition("/")[2], port=port)))
                self.send_response(200)
                self.send_header("Content-Length", "8")
                self.end_headers()
                self.wfile.write(b"replaced")

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Replacing) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield {
                    "sth_api_url": f"http://127.0.0.1:{port}",
                    "replacing": f"http://127.0.0.1:{server.server_port}/",
                    "versions": VERSIONS,
                }
            finally:
                server.shutdown()


def looped(module: str, options: dict[str, Any], versions: list[str]) -> dict[str, Any]:
    """Return a task with one item for each of the hubs, which replaces the one before."""
    return {
        f"scramjet.sth.{module}": options,
        "when": "lookup('ansible.builtin.url', replacing ~ item) == 'replaced'",
        "loop": versions,
        "register": "done",
    }


def checked(*that: str) -> dict[str, Any]:
    """Return a task that checks every result."""
    return {
        "ansible.builtin.assert": {"that": list(that), "fail_msg": "The result was {{ item }}"},
        "loop": "{{ done.results }}",
        "loop_control": {"label": "{{ item.item }}"},
    }


def test_each_item_changes_the_hub_that_is_there(tmp_path: pathlib.Path) -> None:
    hubs: list[FakeHub] = []
    deployed = {"name": "shop", "src": str(PROBE), "replicas": 2, "stable_for": 0}
    tasks = [
        looped("sth_deployment", deployed, DEPLOYED),
        checked(
            "item is changed",
            "item.hub.version == versions[item.item]",
            "item.actions | map(attribute='action') == ['upload', 'start', 'start']",
            "item.actions | selectattr('done') | length == 3",
            "item.instances | length == 2",
        ),
    ]
    with replaced_on_request(hubs) as variables:
        run_playbook(play(tmp_path / "replaced.yml", {"tasks": tasks}), variables)
        found = [(hub.state.version, len(hub.sequences), len(hub.instances)) for hub in hubs]
    assert found == [(VERSIONS[name], 1, 2) for name in DEPLOYED]


def test_each_item_can_do_what_the_hub_that_is_there_can_do(tmp_path: pathlib.Path) -> None:
    hubs: list[FakeHub] = []
    tasks = [
        {**looped("sth_topic", {"name": "orders"}, WITH_TOPICS), "ignore_errors": True},
        checked(
            "item.hub.version == versions[item.item]",
            "(item is changed) == (item.item != '0.28')",
            "item.actions | length == (0 if item.item == '0.28' else 1)",
            "item.error_code | default('') == ('UNSUPPORTED_BY_HUB' if item.item == '0.28' else '')",
            "item.item != '0.28' or versions['0.28'] in item.msg",
        ),
        looped("sth_hub_info", {}, DEPLOYED),
        checked(
            "item.hub.version == versions[item.item]", "('reconnect' in item.hub.capabilities) == (item.item == '1.x')"
        ),
    ]
    with replaced_on_request(hubs) as variables:
        run_playbook(play(tmp_path / "replaced.yml", {"tasks": tasks}), variables)
    assert [list(hub.state.topics) for hub in hubs[: len(WITH_TOPICS)]] == [["orders"], [], ["orders"], ["orders"]]

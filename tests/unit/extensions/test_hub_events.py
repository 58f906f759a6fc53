# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source, loaded and run as ansible-rulebook does it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pathlib
import runpy
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.following import arguments
from ansible_collections.scramjet.sth.plugins.module_utils.following.rulebook_events import RulebookEvents
from ansible_collections.scramjet.sth.plugins.module_utils.following.watch import Watch
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Event, HubVersion, InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import working_threads

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "hub_events.py"
PAGE = (ROOT / "docs" / "event-driven.md").read_text(encoding="utf-8")
PLUGIN = runpy.run_path(str(SOURCE))
DOCUMENTED: dict[str, Any] = yaml.safe_load(PLUGIN["DOCUMENTATION"])["options"]


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, bound(20)))


def test_the_plugin_has_the_connection_options_of_the_modules() -> None:
    assert set(arguments.CONNECTION) == set(HUB) - {"api_url"}


def test_every_argument_is_documented_with_its_default() -> None:
    assert set(DOCUMENTED) == {*arguments.OWN, *arguments.CONNECTION}
    assert set(DOCUMENTED["hubs"]["suboptions"]) == {"name", "api_url"}
    defaults = arguments.read_arguments({"hubs": [{"api_url": "http://h"}]}, {})
    for name, option in DOCUMENTED.items():
        if "default" in option and name not in ("events", "headers"):
            value = getattr(defaults, name, None)
            found = getattr(defaults.hubs[0].connection, name) if value is None else value
            assert (found, type(found)) == (option["default"], type(option["default"])), name


def test_the_page_lists_every_argument_with_its_default() -> None:
    rows = {line.split("`")[1]: line.split("|")[2].strip() for line in _section("Arguments") if line.startswith("| `")}
    assert set(rows) == set(arguments.OWN)
    for name, told in rows.items():
        default = DOCUMENTED[name].get("default")
        if isinstance(default, (bool, float)):
            assert told == f"`{default}`".lower(), name


def test_the_page_lists_every_event_with_its_fields() -> None:
    """Reported by a hub that has gone through everything."""
    rows = {line.split("`")[1]: line for line in _section("Events") if line.startswith("| `") and line.count("|") == 4}
    found = {event["type"]: event for event in _one_of_each()}
    assert rows.keys() >= found.keys()
    for kind, event in found.items():
        own = sorted(set(event) - {"type", "hub", "time"})
        assert [name for name in own if f"`{name}`" in rows[kind].split("|")[3]] == own, kind
    instance = next(line for line in _section("Events") if line.startswith("| `instance` |"))
    assert all(f"`{name}`" in instance for name in found["event"]["instance"]), instance


def _section(title: str) -> list[str]:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0].splitlines()


def _one_of_each() -> list[dict[str, Any]]:
    hub = HubClient("http://127.0.0.1:9")
    rulebook_events = RulebookEvents("h", hub, mask_output=True)
    record = InstanceRecord("i", "s", "running")
    return [
        rulebook_events.reachable(HubVersion("1.0.1", "1.x"), 0.0),
        rulebook_events.unreachable(SthError("UNREACHABLE", "away")),
        rulebook_events.event(record, None, "up", Event(1), kept=False),
        rulebook_events.gap(record, None, "up", 1.0, "cut"),
        *(
            rulebook_events.instance(kind, record, None)
            for kind in ("instance_started", "instance_ready", "instance_ended")
        ),
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml")), ids=lambda path: path.stem
)
def test_the_rulebooks_pass_valid_arguments_to_the_source(path: pathlib.Path) -> None:
    for ruleset in yaml.safe_load(path.read_text(encoding="utf-8")):
        for source in ruleset["sources"]:
            given = source["scramjet.sth.hub_events"]
            assert arguments.read_arguments({**given, "hubs": [{"api_url": "http://h"}]}, {})
    assert f"scramjet.sth.{path.stem}" in PAGE


@pytest.mark.parametrize("example", yaml.safe_load(PLUGIN["EXAMPLES"]), ids=lambda item: str(sorted(*item.values())))
def test_the_examples_are_right(example: dict[str, Any]) -> None:
    (given,) = example.values()
    assert len(arguments.read_arguments(given, {}).hubs) == len(given["hubs"])


def test_events_arrive_in_the_queue_and_cancelling_ends_everything(
    hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        # As small as that of ansible-rulebook.
        queue: asyncio.Queue[Any] = asyncio.Queue(1)
        args = {"hubs": [{"name": "h", "api_url": hub.api_url}], "interval": 0.1, "token": "canary-token"}
        source = asyncio.create_task(PLUGIN["main"](queue, args))
        assert (await queue.get())["type"] == "hub_reachable"
        hub.leave()
        assert (await queue.get())["type"] == "hub_unreachable"
        hub.revive()
        back = await queue.get()
        assert (back["type"], back["hub"]["name"]) == ("hub_reachable", "h")
        source.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await source
        assert working_threads("follow ") == []

    with caplog.at_level(logging.INFO):
        run(main())
    said = [record.getMessage() for record in caplog.records if record.name == "scramjet.sth.hub_events"]
    assert said[0] == "h: hub_reachable"
    assert said[1].startswith("h: hub_unreachable: GET ")
    assert "canary" not in caplog.text


def test_cancelling_does_not_wait_for_a_queue_that_is_full_or_a_hub_that_is_silent(hub: FakeHub) -> None:
    async def main() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue(1)
        queue.put_nowait({})
        listed = [{"api_url": hub.api_url}, {"name": "silent", "api_url": f"{hub.api_url}/silent"}]
        hub.fault(Fault("hang", path="/silent", times=99))
        source = asyncio.create_task(PLUGIN["main"](queue, {"hubs": listed, "interval": 0.1}))
        while not any("silent" in item.path for item in hub.requests):
            await asyncio.sleep(0.01)
        source.cancel()
        with pytest.raises(asyncio.CancelledError):
            await source
        assert working_threads("follow ") == []

    run(main())


def test_bad_arguments_end_the_source_with_a_sentence_and_its_code() -> None:
    with pytest.raises(ValueError, match=r"^hubs is empty: .*\(error_code=INVALID_OPTION\)$"):
        run(PLUGIN["main"](asyncio.Queue(), {"token": "canary"}))


def test_a_failure_in_a_thread_ends_the_source(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def exits(_self: Watch) -> None:
        raise SystemExit

    monkeypatch.setattr(Watch, "_look", exits)
    with pytest.raises(SthError, match="was interrupted"):
        run(PLUGIN["main"](asyncio.Queue(), {"hubs": [{"api_url": hub.api_url}]}))


def test_the_source_finds_its_collection_beside_another_package_of_that_name(tmp_path: pathlib.Path) -> None:
    """In a decision environment the collection is not on the path of Python, and another package may have its name."""
    place = tmp_path / "own" / "ansible_collections" / "scramjet" / "sth"
    place.parent.mkdir(parents=True)
    place.symlink_to(ROOT, target_is_directory=True)
    other = tmp_path / "other" / "ansible_collections"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    source = place / SOURCE.relative_to(ROOT)
    script = (
        "import asyncio, runpy, site, sys\n"
        "sys.path = [sys.argv[1], *(entry for entry in sys.path if not (entry and __import__('pathlib').Path(entry, 'ansible_collections').exists()))]\n"
        "import ansible_collections\n"
        f"asyncio.run(runpy.run_path({str(source)!r})['main'](asyncio.Queue(), {{}}))\n"
    )
    # The libraries, but not the link to this collection that is among them.
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for name in ("requests", "urllib3", "certifi", "idna", "charset_normalizer"):
        found = __import__(name).__path__[0]
        (libraries / name).symlink_to(found)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(other.parent)],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hubs is empty" in done.stderr, done.stderr

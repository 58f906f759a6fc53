# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One table of what hubs can do and how they behave, with the first version of each. The dialect follows from it.

Source: hub-behaviour.md#versions. To support a new version of the hub, change this table and the fake hub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import HubVersion

Release = tuple[int, int, int]

# What a task may need but not every hub has. sth_hub_info and README list these.
Capability = Literal[
    "any_payload",
    "binary_input",
    "binary_output",
    "exit_code",
    "instance_id",
    "instance_status",
    "limits",
    "overwrite",
    "reconnect",
    "start_topics",
    "topics",
]
# Other differences between hubs.
Habit = Literal[
    "topics_never_end",
    "log_never_ends",
    "drops_unread",
    "empty_write_never_answered",
    "keeps_ended",
    "delete_inverted",
    "plain_orders",
    "one_list",
    "ids_are_uuids",
    "bare_event_payload",
    "start_in_environment",
    "stop_is_final",
    "second_kill_is_forced",
    "answers_for_starting",
]
Feature = Literal[Capability, Habit]


@dataclass(frozen=True)
class Span:
    """The versions that have a feature: from ``first`` on, and before ``mended`` if the feature is a fault."""

    first: Release
    mended: Release | None = None

    def holds(self, release: Release) -> bool:
        """Whether a hub of ``release`` has it."""
        return self.first <= release and (self.mended is None or release < self.mended)


FEATURES: Mapping[Feature, Span] = {
    # The header ``x-end-stream`` of a write does not end a topic.
    "topics_never_end": Span((0, 20, 0)),
    # After a first reader has gone, what a program writes while nobody reads is lost. Measured on 0.24.3 and 0.26.1.
    "drops_unread": Span((0, 20, 0), mended=(0, 28, 2)),
    # A request with an empty body to an input is carried out, but its answer never ends.
    "empty_write_never_answered": Span((0, 23, 0), mended=(0, 35, 3)),
    # Complete instances are listed, with their status.
    "instance_status": Span((0, 24, 0)),
    # The stream of the log does not end with its instance.
    "log_never_ends": Span((0, 24, 0)),
    "limits": Span((0, 24, 2)),
    # Ended instances stay listed for a while, with their outcome and the ends of their streams.
    "keeps_ended": Span((0, 24, 3)),
    # DELETE of a sequence removes it while one of its instances runs, and is refused if all have ended.
    "delete_inverted": Span((0, 24, 3), mended=(0, 27, 0)),
    "exit_code": Span((0, 27, 0)),
    "binary_input": Span((0, 27, 0)),
    "overwrite": Span((0, 28, 0)),
    # The bodies of _stop and _kill are plain objects; before, the second element of a list.
    "plain_orders": Span((0, 28, 2)),
    # ``GET /entities``.
    "one_list": Span((0, 31, 4)),
    # Hubs from 0.20.0 on accept topics in a start, but the older ones do not report them, so a task could not compare them.
    "start_topics": Span((0, 31, 4)),
    "instance_id": Span((0, 31, 4)),
    "ids_are_uuids": Span((0, 34, 1), mended=(0, 37, 0)),
    "topics": Span((0, 35, 0)),
    # The answer of ``GET /instance/:id/event/:name`` is the payload; before, an object that has it as ``message``.
    "bare_event_payload": Span((0, 38, 0)),
    "any_payload": Span((0, 39, 0)),
    "binary_output": Span((1, 0, 0)),
    # Runners survive the end of the hub, and reconnect to it.
    "reconnect": Span((1, 0, 0)),
    # A second kill, before the first has ended the process, ends it with SIGKILL.
    "second_kill_is_forced": Span((0, 26, 0), mended=(1, 0, 0)),
    # The runner gets the body of a start in an environment variable.
    "start_in_environment": Span((1, 0, 0)),
    # After a stop, only the removal of its package ends a program that does not answer.
    "stop_is_final": Span((1, 0, 0)),
    # The hub answers a GET of an instance that has not connected yet.
    "answers_for_starting": Span((1, 0, 0)),
}

# What each capability allows, for README.
CAPABILITIES: Mapping[Capability, str] = {
    "instance_status": "the state of an instance, and whether it completed",
    "limits": "`limits` of an instance",
    "binary_input": "input that is not text",
    "exit_code": "exit codes and reasons, which distinguish failed, stopped and killed",
    "overwrite": "`on_change: overwrite`",
    "instance_id": "instances with an `id` that you choose",
    "start_topics": "`input_topic` and `output_topic`",
    "topics": "`sth_topic`, `sth_topic_info`",
    "any_payload": "events with a payload that is not text, or without a payload",
    "binary_output": "output that is not text, byte for byte",
    "reconnect": "instances that survive a restart of the hub",
}

# The oldest and the newest version that were measured.
OLDEST: Release = (0, 18, 0)
NEWEST: Release = (1, 0, 1)
_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?![\d.])")


def has(release: Release, feature: Feature) -> bool:
    """Whether a hub of ``release`` has ``feature``."""
    return FEATURES[feature].holds(release)


def text(release: tuple[int, ...]) -> str:
    """Write a release as a hub does."""
    return ".".join(map(str, release))


def read_version(raw: Any) -> HubVersion | None:
    """Read ``GET /version``; None if this is not the answer of a hub (hub-behaviour.md#what-a-client-does-about-it)."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("version"), str):
        return None
    said = str(raw["version"])
    # The key apiVersion does not help: it came long before most of the behaviour of 1.x.
    return HubVersion(said, "1.x" if has(release_of(said), "instance_status") else "0.18")


def release_of(said: str) -> Release:
    """Return the release that decides how to treat a hub that reports the version ``said``; `NEWEST` for an unknown version."""
    return min(NEWEST, _numbers(said) or NEWEST)


def doubt(said: str) -> str | None:
    """Say why a hub is treated as another version than it reports; None if it is not."""
    numbers = _numbers(said)
    if numbers is None:
        return f"The hub says that its version is {said[:40]!r}, which is not a version number: it is treated as {text(NEWEST)}."
    if numbers > NEWEST:
        return f"The hub's version {said[:40]} is newer than all known versions: it is treated as {text(NEWEST)}."
    if numbers < OLDEST:
        return f"The hub's version {said[:40]} is older than all known versions: it is treated as {text(OLDEST)}."
    return None


def _numbers(said: str) -> Release | None:
    found = _VERSION.match(said.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hubs can and do, each with the first version that does: the one table from which the dialect follows.

Source: hub-behaviour.md#versions. A new version of the hub is a change here, and a version of the fake hub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import HubVersion

Release = tuple[int, int, int]

# What a task may need and not every hub has; sth_hub_info and README tell which.
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
# How hubs speak.
Habit = Literal[
    "topics_never_end",
    "log_never_ends",
    "empty_write_never_answered",
    "keeps_ended",
    "delete_inverted",
    "plain_orders",
    "one_list",
    "ids_are_uuids",
    "bare_event_payload",
    "start_in_environment",
    "stop_is_final",
    "answers_for_starting",
]
Feature = Literal[Capability, Habit]


@dataclass(frozen=True)
class Span:
    """From version ``first`` on; before ``mended``, where it was a fault."""

    first: Release
    mended: Release | None = None

    def holds(self, release: Release) -> bool:
        """Whether a hub of ``release`` has it."""
        return self.first <= release and (self.mended is None or release < self.mended)


FEATURES: Mapping[Feature, Span] = {
    # Topics do not end with a writer's ``x-end-stream``.
    "topics_never_end": Span((0, 20, 0)),
    # A request with an empty body to an input is carried out, and its answer has no end.
    "empty_write_never_answered": Span((0, 23, 0), mended=(0, 35, 3)),
    # Instances are listed whole, with the state that each is in.
    "instance_status": Span((0, 24, 0)),
    # The log goes on after its instance has ended.
    "log_never_ends": Span((0, 24, 0)),
    "limits": Span((0, 24, 2)),
    # What has ended stays listed for a while, with its outcome and the ends of its streams.
    "keeps_ended": Span((0, 24, 3)),
    # DELETE of a sequence removes it while an instance of it runs, and is refused where all have ended.
    "delete_inverted": Span((0, 24, 3), mended=(0, 27, 0)),
    "exit_code": Span((0, 27, 0)),
    "binary_input": Span((0, 27, 0)),
    "overwrite": Span((0, 28, 0)),
    # The bodies of _stop and _kill are plain objects; before, the second element of a list.
    "plain_orders": Span((0, 28, 2)),
    # ``GET /entities``.
    "one_list": Span((0, 31, 4)),
    # Older ones from 0.20.0 on take topics with a start, and do not report them: a task could not see that they are set.
    "start_topics": Span((0, 31, 4)),
    "instance_id": Span((0, 31, 4)),
    "ids_are_uuids": Span((0, 34, 1), mended=(0, 37, 0)),
    "topics": Span((0, 35, 0)),
    # The answer of ``GET /instance/:id/event/:name`` is the payload; before, an object that has it as ``message``.
    "bare_event_payload": Span((0, 38, 0)),
    "any_payload": Span((0, 39, 0)),
    "binary_output": Span((1, 0, 0)),
    # Runners survive the hub and come back to it.
    "reconnect": Span((1, 0, 0)),
    # The body of a start is handed to the runner in an environment variable.
    "start_in_environment": Span((1, 0, 0)),
    # Once it has been told to stop, nothing but the removal of its package ends a program that does not answer.
    "stop_is_final": Span((1, 0, 0)),
    # GET of an instance that has not connected yet is answered.
    "answers_for_starting": Span((1, 0, 0)),
}

# What a person gets with a capability.
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

# Those that were measured.
OLDEST: Release = (0, 18, 0)
NEWEST: Release = (1, 0, 1)
_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?![\d.])")


def has(release: Release, feature: Feature) -> bool:
    """Whether a hub of ``release`` has ``feature``."""
    return FEATURES[feature].holds(release)


def text(release: Release) -> str:
    """Write a release as a hub does."""
    return ".".join(map(str, release))


def read_version(raw: Any) -> HubVersion | None:
    """Read ``GET /version``; None if this is no hub's answer (hub-behaviour.md#what-a-client-does-about-it)."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("version"), str):
        return None
    said = str(raw["version"])
    # Not by the key apiVersion, which came long before most of what 1.x does.
    return HubVersion(said, "1.x" if has(release_of(said), "instance_status") else "0.18")


def release_of(said: str) -> Release:
    """Return the release whose contract a hub that calls itself ``said`` is taken to follow."""
    return min(NEWEST, _numbers(said) or NEWEST)


def doubt(said: str) -> str | None:
    """Say why a hub is taken for another version than it says; None where it is not."""
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

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes, plans and applies for ``sth_topic``; reads for ``sth_topic_info``."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    checking_effect,
    given,
    refuse_empty,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.topic.lookup import (
    find_topic,
    require_topic_name,
    topic_view,
)
from ansible_collections.scramjet.sth.plugins.module_utils.topic.options import TopicInfoOptions, TopicOptions


def reconcile(run: Run, options: TopicOptions) -> Result:
    """Create a topic with its content type, or remove it. Returns ``{topic, diff}``. Raises ``CONFLICT`` for another type."""
    hub = run.hub
    name = options.name
    require_topic_name(name)
    _require(hub)
    before = find_topic(hub, name)
    after = {"name": name, "content_type": options.content_type} if options.state == "present" else None
    action = _plan(before, after, hub.api_url)
    if action is not None:
        run.journal.plan((action,))
        if not run.check_mode:
            with run.journal.doing(action):
                if before is not None and after is not None:
                    _apply(hub, name, None)
                _apply(hub, name, after)
        if action.action == "delete":
            _warn_of_return(run, name)
    header = f"topic {name} on {hub.api_url}"
    diff = {"before": before or {}, "after": after or {}, "before_header": header, "after_header": header}
    return {"topic": after, "diff": diff}


def reconcile_info(run: Run, options: TopicInfoOptions) -> Result:
    """Return ``{exists, topics}``, sorted by name."""
    refuse_empty("name a topic", name=options.name)
    _require(run.hub)
    wanted = options.name
    topics = sorted((topic_view(raw) for raw in run.hub.topics()), key=lambda item: str(item["name"]))
    found = [item for item in topics if wanted is None or item["name"] == wanted]
    return {"exists": bool(found), "topics": found}


def _plan(before: dict[str, Any] | None, after: dict[str, Any] | None, api_url: str) -> Action | None:
    if before == after:
        return None
    if before is None and after is not None:
        return Action("create", f"topic {after['name']}", "the hub does not have it", leaves=after)
    if before is not None and after is None:
        return Action("delete", f"topic {before['name']}", "the task has state: absent", before)
    there = given(before)
    if after is not None and not there["content_type"]:
        # hub-behaviour.md#a-removed-topic-comes-back
        return Action("create", f"topic {after['name']}", "the hub has it without a content type", leaves=after)
    raise SthError(
        "CONFLICT",
        f"Topic {there['name']} on {api_url} carries {there['content_type']}: use that content_type, or first "
        "remove the topic, with the data in it.",
    )


def _warn_of_return(run: Run, name: str) -> None:
    """Warn if the hub will create a removed topic again, without a content type (hub-behaviour.md#a-removed-topic-comes-back)."""
    listed = run.hub.instances()
    named = [item for item in listed if item.output_topic == name or (item.live and item.input_topic == name)]
    if named:
        run.warnings.append(
            f"Instances that read or write topic {name} are still listed on {run.hub.api_url}: {', '.join(item.label for item in named)}. "
            "When they end, or when the hub forgets them, it creates the topic again, without a content type. Then the start of a program "
            "whose code names the topic ends the hub. Remove the topic once more then, or create it again with its content type."
        )


def _apply(hub: HubClient, name: str, after: dict[str, Any] | None) -> None:
    what, effect = ("creation", "it is there") if after else ("removal", "it is gone")
    try:
        for is_last in (False, True):
            try:
                _bring_about(hub, name, after)
                return
            except LostAnswerError as lost:
                with checking_effect(lost, hub.api_url, f"The {what} of topic {name}", effect):
                    there = find_topic(hub, name)
                if there == after:
                    return
                if is_last:
                    raise
    except SthError as error:
        # If another client has created the same topic at the same time, it is there as wanted.
        if error.code != "CONFLICT" or find_topic(hub, name) != after:
            raise


def _bring_about(hub: HubClient, name: str, after: dict[str, Any] | None) -> None:
    if after is None:
        hub.topic(name).delete()
    else:
        hub.topic(name).create(after["content_type"])


def _require(hub: HubClient) -> None:
    hub.require("topics", "Managing topics", "topics exist there only while something writes to them or reads them")

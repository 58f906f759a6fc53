# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes and hints about topics at a start, because a program that names a topic can end a 1.x hub.

Source: hub-behaviour.md#a-topic-of-another-type-ends-the-hub.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run


def note_topics(run: Run) -> None:
    """List the existing topics in a note if the task starts a program that may name one. No hub reports which it names.

    If the topics cannot be read, the task does not fail.
    """
    started = (action.leaves for action in run.journal.actions if action.action == "start")
    if not _may_name_topics(run.hub, (item for item in started if isinstance(item, InstanceRecord))):
        return
    try:
        # Without one: hub-behaviour.md#a-removed-topic-comes-back.
        topics = sorted(
            (str(item.get("topic")), str(item.get("contentType") or "no content type")) for item in run.hub.topics()
        )
    except SthError:
        return
    if topics:
        listed = ", ".join(f"{name} ({kind})" for name, kind in topics)
        run.notes.append(
            f"These topics exist on {run.hub.api_url}: {listed}. If the code of the program names one of them with another "
            "content type, starting it ends the hub: set input_topic or output_topic, which override the names in the code."
        )


def likely_topic(hub: HubClient, program: Program) -> str:
    """Return a hint for a hub that ended at a start; "" if a topic cannot be the cause."""
    if not _may_name_topics(hub, (program,)):
        return ""
    return (
        "If the start has ended the hub, the likely cause is that the code of the program names a topic that exists with another "
        "content type ('Content-type mismatch' in the hub's log): set input_topic or output_topic, or create the topic with the "
        "program's type."
    )


def _may_name_topics(hub: HubClient, started: Iterable[InstanceRecord | Program]) -> bool:
    if "topics" not in hub.dialect.capabilities:
        return False
    return any(not (item.input_topic and item.output_topic) for item in started)

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failures of ``sth_event`` if the event that it waits for does not come."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.event_wait import Expectation, Heard
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import ended_error


def missing_event(hub: HubClient, instance_id: str, label: str, expected: Expectation, heard: Heard) -> SthError:
    """Build the failure for a wait without its event: ``FAILURE_EVENT``, ``ENDED_EARLY`` or ``TIMEOUT``."""
    if heard.failure is not None:
        return SthError(
            "FAILURE_EVENT",
            f"Instance {label} ({instance_id}) on {hub.api_url} emitted {expected.failure_event!r} instead "
            f"of {expected.event!r}: see its payload in event, and correct the cause.",
            instance=instance_id,
            event=heard.failure.payload,
        )
    if heard.ended is not None:
        doing = f"while the task waited for its event {expected.event!r}"
        return ended_error(hub, heard.ended, label, doing, code="ENDED_EARLY")
    hint = ""
    if expected.which == "last" and hub.dialect.forgets_falsy_events:
        hint = (
            " (or only with a payload of 0, false, null or an empty string, which a hub of this version does not keep)"
        )
    # The notes say that a gateway has cut off requests. Between two of them, the event may have been missed.
    notes = "".join(f" {note}" for note in sorted(hub.transport.notes))
    return SthError(
        "TIMEOUT",
        f"Instance {label} ({instance_id}) on {hub.api_url} has not emitted {expected.event!r}{hint} "
        f"within wait_timeout ({expected.timeout:g} s); it keeps running. Check the name of the event and what the program does, or raise "
        f"wait_timeout.{notes}",
        instance=instance_id,
    )

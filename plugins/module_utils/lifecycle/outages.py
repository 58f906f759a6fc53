# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an instance while a task waits for it, also while a gateway gets no answer from the hub.

Source: hub-behaviour.md#behind-a-gateway.
"""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, given
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import read_surely
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses


def read_through(hub: HubClient, instance_id: str, bound: Deadline) -> InstanceRecord | None:
    """Return the record of an instance; None if the hub does not list it.

    While a gateway answers in the place of the hub, ask again until ``bound``, but no longer than ``timings.outage``. Then raise its
    last answer, a `GatewayError`.
    """
    failure: GatewayError | None = None
    for _pause in pauses(Deadline(min(hub.timings.outage, bound.remaining)), hub.timings.gateway_tries):
        try:
            return read_surely(hub, instance_id)
        except GatewayError as error:
            failure = error
    raise given(failure)

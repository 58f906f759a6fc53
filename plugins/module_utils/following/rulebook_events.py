# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events that a rulebook gets, one function for each type.

Each is a mapping with ``type``, ``hub`` (``{name, api_url}``) and ``time`` (ISO 8601, of the machine that follows the hub), and the keys
that docs/event-driven.md lists.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    Event,
    HubVersion,
    InstanceRecord,
    SequenceRecord,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import bare_instance_view
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub, scrub_all

RulebookEvent = dict[str, Any]


class RulebookEvents:
    """Builds the events of one hub. They never show its token or password. ``mask_output``: mask secrets of programs too."""

    def __init__(self, name: str, hub: HubClient, mask_output: bool) -> None:
        self._name = name
        self._hub = hub
        self._mask_output = mask_output

    @property
    def _secrets(self) -> frozenset[str]:
        # Read them each time, because token_file may hold another token by now.
        return self._hub.transport.own_secrets

    def reachable(self, version: HubVersion, unreachable_for: float) -> RulebookEvent:
        """The hub answers."""
        return self._event(
            "hub_reachable",
            version=version.version,
            generation=version.generation,
            unreachable_for=round(unreachable_for, 1),
        )

    def unreachable(self, error: SthError) -> RulebookEvent:
        """The hub does not answer, or refuses the request."""
        return self._event("hub_unreachable", error_code=error.code, message=scrub(error.message, self._secrets))

    def instance(self, kind: str, record: InstanceRecord, sequence: SequenceRecord | None) -> RulebookEvent:
        """An instance has changed. ``kind``: ``instance_started``, ``instance_ready`` or ``instance_ended``."""
        return self._event(kind, instance=bare_instance_view(record, sequence))

    def event(
        self, record: InstanceRecord, sequence: SequenceRecord | None, name: str, event: Event, kept: bool
    ) -> RulebookEvent:
        """The program has emitted an event."""
        payload = scrub_all(event.payload, self._secrets)
        if self._mask_output:
            masker = Masker()
            payload = masker.data(payload, masker.secrets(record.app_config, record.args))
        return self._event(
            "event",
            name=name,
            payload=payload,
            payload_lost=event.lost,
            kept=kept,
            instance=bare_instance_view(record, sequence),
        )

    def gap(
        self, record: InstanceRecord, sequence: SequenceRecord | None, name: str, seconds: float, reason: str
    ) -> RulebookEvent:
        """Events of the last ``seconds`` may be lost."""
        since = datetime.now(timezone.utc) - timedelta(seconds=seconds)
        return self._event(
            "gap",
            name=name,
            since=since.isoformat(timespec="milliseconds"),
            seconds=round(seconds, 1),
            message=scrub(reason, self._secrets),
            instance=bare_instance_view(record, sequence),
        )

    def _event(self, kind: str, **more: Any) -> RulebookEvent:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return {"type": kind, "hub": {"name": self._name, "api_url": self._hub.api_url}, "time": now, **more}

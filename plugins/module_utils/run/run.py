# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a task: its options, its hub, and what it collects for its result. Does not know Ansible.

Source: architecture.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import (
    Connection,
    api_url_of,
    connection_from_options,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.hub.prediction import Prediction
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker

if TYPE_CHECKING:
    # Most tasks have no package, and so need not import what reads one.
    from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package

Result = dict[str, Any]


@dataclass
class Run:
    """What one run of a task may use, and what it collects for its result."""

    options: Mapping[str, Any]
    check_mode: bool
    journal: Journal
    warnings: list[str] = field(default_factory=list)
    # Information for the user that is not a warning; ``notes`` in the result.
    notes: list[str] = field(default_factory=list)
    # Values to mask in failures and logs. The hub client masks them too.
    secrets: set[str] = field(default_factory=set)
    # How to open a hub, and what to do with it after a success. The items of a loop share a hub in this way.
    open_hub: Callable[[Connection], HubClient] = HubClient
    leave_hub: Callable[[HubClient], None] = HubClient.close
    failed: bool = False
    # The package that the task has read, with its entries.
    package: Package | None = None
    # In check mode: instances that would have ended by themselves at the end of the task.
    predicts_ended: list[InstanceRecord] = field(default_factory=list)
    # Values for the action plugin that no result may contain, such as secrets. It gets them in-process only.
    kept_back: dict[str, Any] = field(default_factory=dict)
    # The changes of the plan, as rows of a report. Filled only if `reports`.
    changes: list[dict[str, Any]] = field(default_factory=list)
    _hub: HubClient | None = None

    @property
    def hub(self) -> HubClient:
        """The hub of the connection options."""
        if self._hub is None:
            self._hub = self.open_hub(connection_from_options(self.options))
            self._hub.prediction = _prediction(self.options.get("_predicted"), self._hub.api_url)
            self._hub.hide(self.secrets)
        return self._hub

    @cached_property
    def masker(self) -> Masker:
        """Masks secrets in the result and the diff of this run: by names, by ``secret_keys``, and known secrets."""
        return Masker(self.options.get("secret_keys") or (), self.secrets)

    @property
    def reports(self) -> bool:
        """Whether the action plugin asks for `changes`."""
        return bool(self.options.get("_report"))

    @property
    def remembers(self) -> bool:
        """Whether the caller asks for the settings that were in force before, which the playbook rollout brings back."""
        return bool(self.options.get("_remember"))

    @property
    def only_missing(self) -> bool:
        """Whether to start only missing replicas of a deployment, and to replace none."""
        return bool(self.options.get("_only_missing"))

    def hide(self, records: Iterable[InstanceRecord]) -> None:
        """Mask the secrets of ``records`` in all texts of this run, because the runner writes them into the log.

        Source: hub-behaviour.md#secrets-on-the-hub.
        """
        for record in records:
            self.secrets.update(self.masker.secrets(record.app_config, record.args))

    def note(self, text: str) -> None:
        """Add ``text`` to the notes, once."""
        if text not in self.notes:
            self.notes.append(text)

    def keep_left_over(self, path: str) -> None:
        """Keep what a killed task has read from a stream for the file ``path``, because it cannot be read again, and note that."""
        # Here, because a module compiles all that it imports, and most tasks write no file.
        from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import keep_left_over

        part = keep_left_over(path)
        if part is not None:
            self.note(
                f"An earlier task was killed before it had written {path}. What it had read until then is in {part}."
            )

    def warn(self, text: str) -> None:
        """Warn the user once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def shown_payload(self, payload: Any, mask_output: bool) -> tuple[Any, bool]:
        """Return a payload as the result shows it, and whether something in it is masked."""
        # Mask it even if it is shown: otherwise a path in secret_keys that matches only here would cause a warning.
        shown = self.masker.data(payload, self.secrets)
        return (shown, shown != payload) if mask_output else (payload, False)

    def close(self) -> None:
        """Close the hub, or leave it for the next task, if it was opened."""
        if self._hub is not None:
            # After a failure, forget the version of the hub: it may be in the middle of an upgrade.
            (HubClient.close if self.failed else self.leave_hub)(self._hub)

    def describe_hub(self) -> dict[str, Any]:
        """Return the ``hub`` key of a result."""
        self.hub.version()
        if self.hub.dialect.note is not None:
            self.note(self.hub.dialect.note)
        for note in sorted(self.hub.transport.notes):
            self.note(note)
        return self.known_hub()

    def known_hub(self) -> dict[str, Any]:
        """Return what is known about the hub without a request, for a failure."""
        version = self._hub.known_version if self._hub else None
        return {
            "api_url": self._hub.api_url if self._hub else api_url_of(self.options),
            "generation": version.generation if version else None,
            "version": version.version if version else None,
        }


def _prediction(passed_on: Iterable[dict[str, Any]] | None, api_url: str) -> Prediction:
    """Return the state that earlier tasks of a run with ``--check`` have ``passed_on``."""
    if not passed_on:
        return Prediction()
    # Here, because a module compiles all that it imports, and only runs with --check need this.
    from ansible_collections.scramjet.sth.plugins.module_utils.run.predicted import read_prediction

    return read_prediction(passed_on, api_url)

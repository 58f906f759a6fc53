# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sequence of a hub, one method per endpoint. It has the methods of the hub's own SequenceClient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response, failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.hub.api import (
    HubApi,
    has_no_endpoint,
    require_acknowledged,
)
from ansible_collections.scramjet.sth.plugins.module_utils.hub.instance_client import InstanceClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import SequenceRecord

# Before a start, a hub checks the first disk that it finds. Without a disk, every start is a 500, and nothing is logged
# (hub-behaviour.md#hub-without-disks).
_BLIND = (
    "Look in the hub's log for the cause. If the log says nothing, the hub may find no disk: a 0.18 hub refuses every "
    "start in this way if `df` does not list `/`, as in a chroot or some containers. Make `/` a mount there (for a chroot, run "
    "`mount --bind DIR DIR` before you enter it), and start the hub again."
)
# What a 1.x hub answers if the program dies before the start is answered (hub-behaviour.md#start-and-life-cycle).
_DIED = ("Runner failed", "Sequence failed")


class DiedAtStartError(SthError):
    """The program died before the hub answered its start. Any other refusal of a start is final."""


class SequenceClient:
    """One sequence of a hub. It has the methods of the hub's own SequenceClient."""

    def __init__(self, api: HubApi, sequence_id: str) -> None:
        self._api = api
        self.id = sequence_id

    def info(self) -> SequenceRecord | None:
        """``GET /sequence/:id``; None if there is no such sequence."""
        answer = self._api.transport.get("sequence", self.id)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise failed_answer(answer, f"read sequence {self.id}")
        return self._api.dialect.sequence(answer.json())

    def start(
        self,
        app_config: Mapping[str, Any] | None = None,
        args: Sequence[Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> InstanceClient:
        """``POST /sequence/:id/start``; ``options`` are other keys of its body. Success does not mean that the program works.

        Raises ``INSUFFICIENT_RESOURCES`` (419: nothing was started, repeat later), ``START_FAILED`` (`DiedAtStartError` if
        the program died), ``CONFLICT`` (the chosen instanceId is in use) or `LostAnswerError`.
        """
        # A Python program on 0.18 dies unless both are present (hub-behaviour.md#python-programs).
        body = {**(options or {}), "appConfig": dict(app_config or {}), "args": list(args or [])}
        hold = self._api.timings.start_hold
        answer = self._api.transport.write("POST", "sequence", self.id, "start", body=body, hold=hold)
        if answer.status == 400:
            said = answer.error_text()
            # The hub passes on this error of the operating system: the environment of the process is too large.
            is_large = "E2BIG" in said
            error = failed_answer(
                answer, f"start sequence {self.id}", "Make app_config and args smaller." if is_large else ""
            )
            if any(text in said for text in _DIED):
                raise DiedAtStartError.of(error, "START_FAILED")
            raise SthError.of(error, "INVALID_CONFIG" if is_large else "START_FAILED")
        if not answer.ok:
            raise failed_answer(answer, f"start sequence {self.id}", _BLIND if answer.status == 500 else "")
        return InstanceClient(self._api, self._api.id_of(answer.json()))

    def list_instances(self) -> list[str]:
        """``GET /sequence/:id/instances``: ids; empty if there is no such sequence.

        Hubs up to 0.28.1 answer 500 then (hub-behaviour.md#errors-without-a-body).
        """
        answer = self._api.transport.get("sequence", self.id, "instances")
        if answer.status == 404 or (answer.status == 500 and "Failed to serialize" in answer.error_text()):
            return []
        if not answer.ok:
            raise failed_answer(answer, f"list the instances of sequence {self.id}")
        listed = answer.json() or []
        if not isinstance(listed, list):
            raise self._api.dialect.unreadable("something other than a list of a sequence's instances")
        return [str(item) for item in listed]

    def get_instance(self, instance_id: str) -> InstanceClient:
        """Address one of its instances."""
        return InstanceClient(self._api, instance_id)

    def overwrite(self, package: bytes | IO[bytes]) -> None:
        """``PUT /sequence/:id`` (from 0.28.0 on): replace the package under its id. Not atomic, see
        hub-behaviour.md#put-keeps-old-files and hub-behaviour.md#refused-put-has-written.
        """
        what, instead = "Overwriting a sequence", "upload the new package next to it (on_change: replace)"
        self._api.require("overwrite", what, instead)
        answer = self._api.transport.write("PUT", "sequence", self.id, content=package)
        if has_no_endpoint(answer):
            # The hub may have been replaced by one of another version since the version was read.
            self._api.forget_version()
            raise self._api.unsupported(what, instead)
        uploaded_id(self._api, answer, "overwrite the sequence")

    def delete(self, force: bool = False) -> None:
        """``DELETE /sequence/:id``. If there is no such sequence, this is a success.

        Do not rely on its checks: it can delete the package under a running instance, and ``force`` does not kill
        reliably (hub-behaviour.md#delete-orphans-a-running-instance and hub-behaviour.md#forced-delete). Raises
        ``CONFLICT`` while the hub counts an instance, but from 0.24.3 to 0.26 only if all instances have ended
        (hub-behaviour.md#inverted-delete).
        """
        headers = {"x-seq-kill-inst": "true"} if force else {}
        hold = self._api.timings.force_hold if force else 0.0
        answer = self._api.transport.write("DELETE", "sequence", self.id, headers=headers, hold=hold)
        # A concurrent delete can answer 500 although the sequence is gone (hub-behaviour.md#concurrent-deletes).
        if not answer.ok and answer.status != 404 and not (answer.status == 500 and self.info() is None):
            raise failed_answer(answer, f"delete sequence {self.id}")
        if answer.ok:
            require_acknowledged(answer)


def uploaded_id(api: HubApi, answer: Response, purpose: str) -> str:
    """Read the id of a sequence from the answer to an upload.

    Raises ``INVALID_PACKAGE`` if the hub refused the package, and ``TIMEOUT`` if it did not wait for the end of the upload.
    """
    if answer.status == 422:
        error = failed_answer(answer, purpose, "Correct the package.")
        raise SthError.of(error, "INVALID_PACKAGE")
    if answer.status == 408:
        # hub-behaviour.md#slow-uploads
        message = (
            f"The upload to {answer.api_url} took {answer.seconds:.0f} s, which is longer than it waits for a request (408): use a faster "
            "connection, or a smaller package. What has arrived may stay in the hub's folder of sequences."
        )
        raise SthError.of(failed_answer(answer, purpose), "TIMEOUT", message)
    if not answer.ok:
        raise failed_answer(answer, purpose)
    return api.id_of(answer.json())

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One topic of a hub, one method per endpoint."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.hub.api import (
    HubApi,
    feed_headers,
    has_no_endpoint,
    require_acknowledged,
)

_MANAGING = ("Managing topics", "a topic is there as soon as it is written to or read")


class TopicClient:
    """One topic. Hubs can create and delete topics from 0.35.0 on. On older hubs, a topic exists as soon as it is used."""

    def __init__(self, api: HubApi, name: str) -> None:
        self._api = api
        self.name = name

    def create(self, content_type: str) -> None:
        """``POST /topics``. Raises ``CONFLICT`` if the topic exists."""
        self._require()
        answer = self._api.transport.write("POST", "topics", body={"id": self.name, "content-type": content_type})
        self._refuse_missing(has_no_endpoint(answer))
        if answer.status == 400 and "exist" in answer.error_text():
            raise SthError(
                "CONFLICT",
                f"Topic {self.name} exists already on {self._api.api_url}: choose another name, or delete the topic first.",
                http_status=400,
            )
        if not answer.ok:
            raise failed_answer(answer, f"create topic {self.name}")
        require_acknowledged(answer)

    def delete(self) -> None:
        """``DELETE /topics/:id``. If there is no such topic, this is a success."""
        self._require()
        answer = self._api.transport.write("DELETE", "topics", self.name)
        self._refuse_missing(has_no_endpoint(answer))
        if not answer.ok and answer.status != 404:
            raise failed_answer(answer, f"delete topic {self.name}")
        if answer.ok:
            require_acknowledged(answer)

    def write(
        self,
        data: bytes | IO[bytes],
        content_type: str,
        end: bool = False,
        timeout: float | None = None,
        request: InFlight | None = None,
    ) -> None:
        """``POST /topic/:name``: write to it. If it does not exist, a 1.x hub creates it with ``content_type``.

        Raises ``CONFLICT`` if the topic has another content type. Hubs from 0.30 to 0.34 compare it too, but no list shows which
        content type a topic has.
        """
        answer = self._api.transport.write(
            "POST", "topic", self.name, content=data, headers=feed_headers(content_type, end),
            timeout=timeout, request=request,
        )  # fmt: skip
        if answer.status == 415:
            raise SthError(
                "CONFLICT",
                f"Topic {self.name} on {self._api.api_url} has another content type than {content_type}: set content_type to "
                "the one that the topic was first used with, or write to another topic.",
                http_status=415,
            )
        if not answer.ok:
            raise failed_answer(answer, f"write to topic {self.name}")

    def read(self, content_type: str, timeout: float | None = None) -> AbstractContextManager[ByteStream]:
        """``GET /topic/:name``: chunks as they arrive. Reading consumes them, and creates the topic if it is missing (1.x)."""
        # A 1.x hub compares this with the content type of the topic, on GET too.
        headers = {"Content-Type": content_type}
        return self._api.transport.stream("topic", self.name, timeout=timeout, headers=headers)

    def _require(self) -> None:
        self._api.require("topics", *_MANAGING)

    def _refuse_missing(self, endpoint: bool) -> None:
        if endpoint:
            # The hub may have been replaced by one of another version since the version was read.
            self._api.forget_version()
            raise self._api.unsupported(*_MANAGING)

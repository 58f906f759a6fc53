# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of events that can be waited for."""

from __future__ import annotations

import re

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError

# The name is a segment of the URL, and the hub does not decode URLs.
_AWAITABLE = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+\Z")


def require_awaitable(option: str, event: str) -> None:
    """Raise ``INVALID_OPTION`` for the name of an event that no request to a hub can contain. ``option``: where it is set."""
    if not _AWAITABLE.match(event):
        raise SthError(
            "INVALID_OPTION",
            f"{option} {event!r} cannot be waited for: the name of an event is part of an address, so use only "
            "letters, digits and punctuation such as - _ . : @.",
        )

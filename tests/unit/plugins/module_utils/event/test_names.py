# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of events that can be part of an address."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.event.names import require_awaitable


@pytest.mark.parametrize("name", ["ready", "a-b_c.d:e@f", "Übung", "two words", "a/b", "a%20b", ""])
def test_a_name_that_needs_quoting_is_refused(name: str) -> None:
    if name.isascii() and name and not set(name) & set(" /%"):
        require_awaitable("expect", name)
        return
    with pytest.raises(SthError, match="cannot be waited for") as failure:
        require_awaitable("expect", name)
    assert failure.value.message.startswith(f"expect {name!r}")

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No value of a ``no_log`` option is in a result."""

from __future__ import annotations

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.plugin_utils.no_log import without_no_log


def test_no_log_values_are_masked_everywhere() -> None:
    # From ansible-core 2.22 on, the validation registers the values.
    ArgumentSpecValidator({"token": {"type": "str", "no_log": True}}).validate({"token": "canary-token"})
    result = {"msg": "refused canary-token", "items": [{"deep": ["canary-token"]}], "count": 3, "none": None}
    shown = without_no_log(result, {"canary-token"})
    assert "canary" not in str(shown)
    assert shown["msg"].startswith("refused ")
    assert (shown["count"], shown["none"]) == (3, None)

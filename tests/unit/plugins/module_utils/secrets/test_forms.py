# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which programs and hubs write a secret."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import (
    scrub,
)

HIDDEN = "********"
AWKWARD = "tab\there\rü€\u2028'\"\\\nnext \x1b[0m line"
# What Node.js's util.inspect says, which takes another quote than those that the text holds.
INSPECTED = "tab\\there\\rü€\u2028\\'\"\\\\\\nnext \\x1B[0m line"


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD,
        json.dumps(AWKWARD),
        json.dumps(AWKWARD, ensure_ascii=False),
        json.dumps(AWKWARD).replace("\\u00fc", "\\u00FC").replace("\\u20ac", "\\u20AC").replace("\\u001b", "\\u001B"),
        INSPECTED,
        INSPECTED.replace("\\'", "'"),
        repr(AWKWARD),
        json.dumps({"said": json.dumps({"password": AWKWARD})}),
        json.dumps(INSPECTED, ensure_ascii=False),
        f"https://hub/?key={quote(AWKWARD)}",
        quote_plus(AWKWARD),
        json.dumps({"url": f"/x?key={quote(AWKWARD, safe='').lower()}"}),
    ],
)
def test_secrets_are_found_in_every_form_in_which_they_are_written(written: str) -> None:
    shown = scrub(f"before {written} after", {AWKWARD})
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert HIDDEN in shown
    assert not any(piece in shown for piece in ("tab", "here", "next", "line"))


def test_the_lines_of_a_secret_are_secrets_too() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nx\n"
    assert scrub("it's 'MIIEvQIBADANBgkq\\n' + 'x'", {key}) == f"it's '{HIDDEN}\\n' + 'x'"

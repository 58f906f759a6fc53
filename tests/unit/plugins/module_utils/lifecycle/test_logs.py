# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failure shows of what a program has said, as real hubs have written it."""

from __future__ import annotations

import json

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import last_words


def entry(level: str, source: str, msg: str, *data: str) -> str:
    return json.dumps({"level": level, "msg": msg, "ts": 1795880436502, "data": [*data], "from": source})


STACK = "/hub/seq/ae82efc7/index.js:2\n\n\n\nSyntaxError: Unexpected end of input\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)"


def test_a_syntax_error_is_called_by_its_name() -> None:
    words = last_words({"log": entry("ERROR", "Runner", "Sequence syntax error.", STACK)}, set())
    assert words.error == "SyntaxError: Unexpected end of input at /hub/seq/ae82efc7/index.js:2"


def test_an_error_that_comes_first_is_all_that_is_told() -> None:
    words = last_words({"log": entry("ERROR", "Runner", "Sequence error:", "Error: boom\n    at TypeError: x")}, set())
    assert words.error == "Error: boom"


def test_what_only_the_runner_and_the_hub_say_is_shown_where_there_is_nothing_else() -> None:
    noise = [entry("TRACE", "Runner", "Handshake sent"), entry("INFO", "CSIController", "Instance started")]
    own = entry("INFO", "Sequence", "what the program says")
    assert last_words({"log": "\n".join([*noise, own])}, set()).ends["log"] == own
    assert "Handshake sent" in last_words({"log": "\n".join(noise)}, set()).ends["log"]

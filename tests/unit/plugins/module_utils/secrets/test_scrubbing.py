# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Known secrets are masked in texts."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import (
    is_distinctive,
    scrub,
    scrub_all,
    scrub_configuration,
    scrub_data,
    scrub_stream,
)

HIDDEN = "********"


def test_a_part_of_a_secret_at_a_cut_is_masked() -> None:
    secrets = {"canary-of-some-length", 'with "quotes" in it'}
    assert scrub("bad token canary-of-so", secrets, part=True) == f"bad token {HIDDEN}"
    assert scrub("of-some-length was bad", secrets, part=True) == f"{HIDDEN} was bad"
    assert scrub('{"x":"with \\"quo', secrets, part=True) == f'{{"x":"{HIDDEN}'
    assert scrub("ary-of-so", secrets, part=True) == HIDDEN
    assert scrub("canary-of-so", secrets, part=False) == "canary-of-so"
    assert scrub("a can", secrets, part=True) == "a can"
    assert scrub_stream("pässwörd".encode()[:-3], {"pässwörd"}, cut=True, all_of_them=True) == HIDDEN.encode()


def test_secrets_that_overlap_are_hidden_whole() -> None:
    secrets = {"abcdabcd", "canary-token", "token-other"}
    assert scrub("say abcdabcd", secrets, part=True) == f"say {HIDDEN}"
    assert scrub("canary-token-other!", secrets) == f"{HIDDEN}!"


@pytest.mark.parametrize(
    "value", ["hunter22", "s3cretkey", "correct-horse-battery", "Tr0ub4", "aBcDeFg", "pass!word", "k7-x9-2b"]
)
def test_values_that_are_distinctive(value: str) -> None:
    assert is_distinctive(value)


@pytest.mark.parametrize(
    "value",
    [
        "test",
        "prod",
        "production",
        "Production",
        "PRODUCTION",
        "8080",
        "127.0.0.1",
        "2026-11-28",
        "my-app",
        "on",
        "a1b2",
        "",
    ],
)
def test_values_of_any_data(value: str) -> None:
    assert not is_distinctive(value)


def test_short_and_common_values_are_not_masked_in_output() -> None:
    secrets = {"test", "prod", "8080", "hunter22"}
    said = b'{"test_servers": ["prod-1:8080"], "production": "hunter22"}'
    shown = b'{"test_servers": ["prod-1:8080"], "production": "********"}'
    assert scrub_stream(said, secrets, cut=False) == shown
    assert scrub_data([said.decode(), 8080], secrets) == [shown.decode(), 8080]
    assert scrub_all("in test", secrets) == f"in {HIDDEN}"
    assert scrub_configuration(["in test", "latest", "xhunter22x"], secrets) == [
        f"in {HIDDEN}",
        "latest",
        f"x{HIDDEN}x",
    ]


def test_a_complete_stream_keeps_text_that_only_begins_like_a_secret() -> None:
    secrets = {"production-2026"}
    assert scrub_stream(b"hello product", secrets, cut=False) == b"hello product"
    assert scrub_stream(b"hello product", secrets, cut=True) == b"hello ********"
    # Nothing cuts the beginning off.
    assert scrub_stream(b"ion-2026 said", secrets, cut=True) == b"ion-2026 said"
    assert scrub_stream(b"hello pr", {"prod"}, cut=True) == b"hello pr"


def test_the_log_shows_no_secret_however_short() -> None:
    assert scrub_stream(b'{"password":"test"}', {"test"}, cut=False, all_of_them=True) == b'{"password":"********"}'


def test_only_distinctive_lines_of_a_long_secret_are_masked_in_data() -> None:
    secret = "username\nMIIEvQIBADANBgkq\n"
    assert scrub_data("username: MIIEvQIBADANBgkq", {secret}) == f"username: {HIDDEN}"

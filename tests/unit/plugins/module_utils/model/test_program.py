# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that a task wants to run: one instance, or each member of a pool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import (
    InstanceMark,
    member_mark,
    read_mark,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import (
    Program,
    ProgramOptions,
    check_program,
    member,
    settings_of,
    single,
    with_index,
)
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.tests.unit.running import validated


def options(**given: Any) -> ProgramOptions:
    return validated(ProgramOptions, specs.PROGRAM, **given)


def test_a_name_is_one_program_and_so_is_an_id() -> None:
    assert single(options(), "web", None).label == "web"
    by_id = single(options(), None, "own")
    assert (by_id.mark, by_id.label) == (None, "own")


def test_an_override_is_merged_into_the_configuration_of_its_member_and_replaces_its_args() -> None:
    given = options(
        app_config={"db": {"host": "a", "port": 1}}, args=["all"], index_key="db.index",
        overrides=[{"app_config": {"db": {"port": 2}}, "args": ["own"]}],
    )  # fmt: skip
    first, second = (member(settings_of(given, index), "web", index) for index in (0, 1))
    assert first.app_config == {"db": {"host": "a", "port": 2, "index": 0}}
    assert first.args == ("own",)
    assert second.app_config == {"db": {"host": "a", "port": 1, "index": 1}}
    assert second.args == ("all",)


def test_without_app_config_overrides_are_merged_into_the_running_configuration() -> None:
    own = member(settings_of(options(index_key="index"), 3), "web", 3)
    assert own.app_config is None
    assert own.config_over({"kept": 1, "index": 9}) == {"kept": 1, "index": 3}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.integers(0, 99))
def test_an_index_is_found_where_its_key_says(path: list[str], index: int) -> None:
    found: Any = with_index({}, ".".join(path), index)
    for key in path:
        found = found[key]
    assert found == index


@pytest.mark.parametrize(
    ("path", "code"),
    [("a.b", "INVALID_CONFIG"), (".x", "INVALID_OPTION"), ("b.", "INVALID_OPTION"), ("", "INVALID_OPTION")],
)
def test_an_index_key_that_leads_nowhere_is_refused(path: str, code: str) -> None:
    with pytest.raises(SthError) as raised:
        with_index({"a": 1}, path, 0)
    assert raised.value.code == code


def test_unset_options_are_copied_from_the_previous_instance() -> None:
    ran = InstanceRecord(
        "i", "s", "running", {"_sth": {"name": "web"}, "a": 1}, ("x",), input_topic="in", output_topic="out"
    )
    whole = Program(member_mark("web", None), args=("y",)).completed_from(ran)
    assert whole.start_app_config() == {"a": 1, "_sth": {"name": "web"}}
    assert (whole.args, whole.input_topic, whole.output_topic) == (("y",), "in", "out")
    own = Program(member_mark("web", None), app_config={}, args=())
    assert own.completed_from(ran).start_app_config() == {"_sth": {"name": "web"}}
    assert own.completed_from(None) is own


def test_a_member_addressed_by_its_own_name_stays_in_its_pool() -> None:
    ran = InstanceRecord("i", "s", "running", {"_sth": {"name": "web-0", "pool": "web", "index": 0}})
    for called in (InstanceMark("web-0"), None):
        assert Program(called, id="i").completed_from(ran).mark == member_mark("web", 0)
    alone = InstanceRecord("i", "s", "running", {"_sth": {"name": "web-0"}})
    assert Program(member_mark("web", 0)).completed_from(alone).mark == member_mark("web", 0)


def test_a_replacement_does_not_request_the_id_of_its_predecessor() -> None:
    ran = InstanceRecord("own", "s", "running", {})
    again = Program(None, id="own").instead_of(ran)
    assert "instanceId" not in again.start_body_options()
    assert again.label == "own"
    assert Program(None, id="own").start_body_options() == {"instanceId": "own"}


def test_check_mode_lists_the_configuration_that_would_be_sent() -> None:
    program = Program(member_mark("web", 1), app_config={"a": 1}, args=("x",), input_topic="in")
    record = program.started_from("s")
    assert (record.sequence_id, record.known_id, record.app_config) == ("s", None, program.start_app_config())
    assert read_mark(record.app_config) == program.mark
    assert (record.args, record.input_topic) == (("x",), "in")
    assert program.start_body_options() == {"inputTopic": "in"}


def test_a_configuration_that_is_too_large_is_refused() -> None:
    program = Program(member_mark("web", None), app_config={"data": "x" * 3100})
    program.check_size(None)
    program.check_size(8 * 1024)
    with pytest.raises(SthError, match="web take .* accepts at most 3 KiB") as raised:
        program.check_size(4 * 1024)
    assert raised.value.code == "INVALID_CONFIG"


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        ({"app_config": {"_sth": {}}}, "INVALID_CONFIG", "_sth"),
        (
            {"overrides": [{}, {"app_config": {"_sth": {}}}]},
            "INVALID_CONFIG",
            "_sth in app_config of element 1 of overrides",
        ),
        ({"args": [2**53]}, "INVALID_CONFIG", "option args contains .* beyond 9007199254740991"),
        ({"start_options": {"a": 2**53}}, "INVALID_CONFIG", "option start_options contains"),
        ({"app_config": {"a": [{"b": float("nan")}]}}, "INVALID_CONFIG", "infinite"),
        ({"start_options": {"args": []}}, "INVALID_OPTION", "option args"),
        ({"input_topic": " "}, "INVALID_OPTION", "input_topic"),
    ],
)
def test_contradictory_options_are_refused(given: dict[str, Any], code: str, word: str) -> None:
    with pytest.raises(SthError, match=word) as raised:
        check_program(options(**given))
    assert raised.value.code == code


def test_app_config_as_text_is_refused() -> None:
    with pytest.raises(SthError, match="app_config") as raised:
        check_program(replace(options(), app_config="{a: 2026-01-01}"))  # type: ignore[arg-type]
    assert raised.value.code == "INVALID_CONFIG"


def test_values_that_a_hub_accepts_are_accepted() -> None:
    most: dict[str, Any] = {"a": [2**53 - 1, 1 - 2**53, 1.5, True, None, "x"]}
    check_program(options(app_config=most, overrides=[{"args": ["x"]}], index_key="i"))

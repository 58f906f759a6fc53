# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each YAML block of a page, and each YAML file that users copy, names only what there is: keywords, modules, options, variables."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pathlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jinja2
import pytest
import yaml
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task

from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import CONNECTION_VARIABLES

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN = "scramjet.sth."
BLOCK = re.compile(r"^( *)```(?:yaml|yaml\+jinja)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
TASK_LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers")
BLOCK_LISTS = ("block", "rescue", "always")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
RULESET = {
    "name",
    "hosts",
    "gather_facts",
    "default_events_ttl",
    "execution_strategy",
    "match_multiple_rules",
    "sources",
    "rules",
}
JINJA = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


class Loader(yaml.SafeLoader):
    """Takes ``!vault`` and the like as text."""


Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def texts() -> dict[str, str]:
    """Return the YAML text of each block and file, by where it is."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/*.md")]
    files = [path for place in ("docs", "extensions", "playbooks") for path in (ROOT / place).rglob("*.y*ml")]
    found = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(files)}
    for path in sorted(pages):
        page = path.read_text(encoding="utf-8")
        for block in BLOCK.finditer(page):
            line = page.count("\n", 0, block.start()) + 1
            found[f"{path.relative_to(ROOT)}:{line}"] = textwrap.dedent(block[2])
    return found


TEXTS = texts()


def problems(text: str) -> list[str]:
    """Return what is wrong with a YAML text."""
    found: list[str] = []
    for document in yaml.load_all(text, Loader):
        found += [*_of_document(document), *_of_templates(document)]
    return found


def _of_document(document: Any) -> Iterator[str]:
    items = [item for item in document if isinstance(item, dict)] if isinstance(document, list) else []
    if isinstance(document, dict) and document.get("plugin") == f"{OWN}hubs":
        yield from _unknown("option", document, {"plugin", *_inventory_options()})
    elif isinstance(document, dict):
        yield from _of_variables(document)
    elif any("sources" in item for item in items):
        for item in items:
            yield from _of_ruleset(item)
    elif any({"hosts", "import_playbook", "ansible.builtin.import_playbook"} & item.keys() for item in items):
        for item in items:
            yield from _of_play(item)
    elif items and any(_action(item) or item.keys() & set(BLOCK_LISTS) for item in items):
        yield from _of_tasks(items)


def _of_play(item: Mapping[str, Any]) -> Iterator[str]:
    imported = item.get("import_playbook", item.get("ansible.builtin.import_playbook"))
    if imported is not None:
        if imported.startswith(OWN) and imported.removeprefix(OWN) not in PLAYBOOKS:
            yield f"no playbook {imported}"
        yield from _of_variables(item.get("vars") or {})
        return
    yield from _unknown("keyword of a play", item, {*Play.fattributes, "hosts", "user"})
    for role in item.get("roles") or ():
        yield from _of_role(role if isinstance(role, str) else role.get("role", role.get("name")))
        yield from _of_variables({} if isinstance(role, str) else {**role, **(role.get("vars") or {})})
    yield from _of_variables(item.get("vars") or {})
    for name in TASK_LISTS:
        yield from _of_tasks(item.get(name) or ())


def _of_tasks(tasks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for task in tasks:
        inner = [name for name in BLOCK_LISTS if name in task]
        if inner:
            yield from _unknown("keyword of a block", task, {*Block.fattributes, *BLOCK_LISTS})
            for name in inner:
                yield from _of_tasks(task[name])
            continue
        actions = _action(task)
        if len(actions) != 1:
            yield f"not one action but {actions}: {task.get('name')}"
            continue
        options = task[actions[0]]
        yield from _of_action(actions[0], options if isinstance(options, dict) else {})
        yield from _of_variables(task.get("vars") or {})


def _action(task: Mapping[str, Any]) -> list[str]:
    """Return what is not a keyword: the action."""
    keywords = {*Task.fattributes, "local_action"}
    return [key for key in task if key not in keywords and not key.startswith("with_")]


def _of_action(action: str, options: Mapping[str, Any]) -> Iterator[str]:
    if action.startswith("ansible.builtin."):
        module = f"ansible.modules.{action.rpartition('.')[2]}"
        if importlib.util.find_spec(module) is None:
            yield f"no module {action}"
        if action.endswith(("include_role", "import_role")):
            yield from _of_role(options.get("name"))
    elif action.startswith(OWN):
        name = action.removeprefix(OWN)
        if not (ROOT / "plugins" / "modules" / f"{name}.py").is_file():
            yield f"no module {action}"
            return
        spec = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{name}").TASK.spec
        # Internal ones are between our playbooks and our action plugins.
        public = [option for option in options if not option.startswith("_")]
        yield from _unknown(
            f"option of {name}", public, {*spec, *(a for o in spec.values() for a in o.get("aliases", ()))}
        )
        for option, value in options.items():
            choices = spec.get(option, {}).get("choices")
            wrong = {str(item) for item in (value if isinstance(value, list) else [value])} - set(
                map(str, choices or ())
            )
            if choices and wrong and "{{" not in str(value):
                yield f"{option} of {name} cannot be {', '.join(sorted(wrong))}"
    elif "." not in action:
        yield f"{action} is no full name"


def _of_role(name: Any) -> Iterator[str]:
    if str(name).startswith(OWN) and str(name).removeprefix(OWN) not in ROLES:
        yield f"no role {name}"


def _of_variables(variables: Mapping[str, Any]) -> Iterator[str]:
    """Names that begin as those of this collection must be some; below them may be hosts, with variables of their own."""
    known = _variables()
    for name, value in variables.items():
        if re.match(rf"(sth|{'|'.join(ROLES)})_", str(name)) and "__" not in str(name) and name not in known:
            yield f"no variable {name}"
        if isinstance(value, dict):
            yield from _of_variables(value)


@functools.cache
def _variables() -> set[str]:
    known = {*CONNECTION_VARIABLES.values(), "sth_entrance", "sth_hosts"}
    # What plugins set, and groups of the inventory.
    known |= {"sth_hub", "sth_managed_hub", "sth_instance", "sth_hubs", "sth_instances"}
    # Those of playbooks, which another test compares with what they read.
    page = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
    known |= set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    for role in ROLES:
        spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
        known |= {f"{role}_result", *spec["argument_specs"]["main"]["options"]}
    return known


def _of_ruleset(ruleset: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("key of a ruleset", ruleset, RULESET)
    for source in ruleset.get("sources") or [{"": {}}]:
        for name, options in source.items():
            if name.startswith(OWN):
                plugin = ROOT / "extensions" / "eda" / "plugins" / "event_source" / f"{name.removeprefix(OWN)}.py"
                if plugin.is_file():
                    yield from _unknown(f"option of {name}", options or {}, set(_source_options(plugin)))
                else:
                    yield f"no event source {name}"
    for rule in ruleset.get("rules") or [{}]:
        actions = rule.get("actions", [rule.get("action")])
        if not {"name", "condition"} <= rule.keys() or not all(isinstance(item, dict) for item in actions):
            yield f"a rule needs name, condition and action: {rule}"
            continue
        for action in actions:
            playbook = (action.get("run_playbook") or {}).get("name", "")
            if playbook.startswith(OWN) and playbook.removeprefix(OWN) not in PLAYBOOKS:
                yield f"no playbook {playbook}"


def _documented(path: pathlib.Path) -> dict[str, Any]:
    """Return the options in DOCUMENTATION of a plugin, without those of its fragments."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            options: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value)).get("options", {})
            return options
    raise LookupError(f"{path} has no DOCUMENTATION")


def _inventory_options() -> set[str]:
    common = {"compose", "groups", "keyed_groups", "strict", "use_extra_vars", "leading_separator"}
    cache = {"cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix"}
    hub = {name.removeprefix("sth_") for name in CONNECTION_VARIABLES.values()}
    return {*_documented(ROOT / "plugins" / "inventory" / "hubs.py"), *common, *cache, *hub}


def _source_options(plugin: pathlib.Path) -> set[str]:
    return set(_documented(plugin))


def _of_templates(value: Any) -> Iterator[str]:
    """Each expression is one that Jinja can read."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("when", "failed_when", "changed_when", "until", "that"):
                for condition in item if isinstance(item, list) else [item]:
                    yield from _of_templates(f"{{{{ {condition} }}}}")
            else:
                yield from _of_templates(item)
    elif isinstance(value, list):
        for item in value:
            yield from _of_templates(item)
    elif isinstance(value, str) and "{{" in value:
        try:
            # Expressions of GitHub are not Jinja's.
            JINJA.parse(re.sub(r"\$\{\{.*?\}\}", "", value))
        except jinja2.TemplateSyntaxError as error:
            yield f"{value}: {error}"


def _unknown(what: str, names: Iterable[str], known: set[str]) -> list[str]:
    return [f"no {what} {name}" for name in names if name not in known]


@pytest.mark.parametrize("place", TEXTS)
def test_yaml_blocks_use_only_existing_names(place: str) -> None:
    assert problems(TEXTS[place]) == []


def test_there_are_blocks_in_pages_of_each_kind() -> None:
    found = {place.rpartition(":")[0] for place in TEXTS}
    assert {"README.md", "docs/quickstart.md", "docs/inventory.md", "roles/hub/README.md"} <= found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {scramjet.sth.sth_event: {instance: web, sent: go}}", "no option of sth_event sent"),
        ("- {scramjet.sth.sth_evnt: {}}", "no module scramjet.sth.sth_evnt"),
        ("- {scramjet.sth.sth_instance: {name: web, state: halted}}", "state of sth_instance cannot be halted"),
        ("- {debug: {msg: x}}", "debug is no full name"),
        ("- {ansible.builtin.debugg: {msg: x}}", "no module ansible.builtin.debugg"),
        (
            "- {ansible.builtin.debug: {msg: x}, loops: [1]}",
            "not one action but ['ansible.builtin.debug', 'loops']: None",
        ),
        ("- {block: [{scramjet.sth.sth_topic: {nam: x}}]}", "no option of sth_topic nam"),
        ("- {hosts: all, task: []}", "no keyword of a play task"),
        ("- {hosts: all, roles: [scramjet.sth.hubb]}", "no role scramjet.sth.hubb"),
        ("- {hosts: all, vars: {hub_prot: 1}}", "no variable hub_prot"),
        ("- {import_playbook: scramjet.sth.deployy}", "no playbook scramjet.sth.deployy"),
        ("all: {hosts: {a: {sth_api_ulr: x}}}", "no variable sth_api_ulr"),
        ("{plugin: scramjet.sth.hubs, hub: []}", "no option hub"),
        ("- {hosts: all, sources: [{scramjet.sth.none: {}}], rules: []}", "no event source scramjet.sth.none"),
        ("- {hosts: all, sources: [], rules: [{name: x}]}", "a rule needs name, condition and action: {'name': 'x'}"),
        (
            "- {sources: [], rules: [{name: x, condition: y, action: {run_playbook: {name: scramjet.sth.no}}}]}",
            "no playbook scramjet.sth.no",
        ),
        ("- {ansible.builtin.debug: {msg: '{{ x + }}'}}", "{{ x + }}: unexpected 'end of print statement'"),
    ],
)
def test_the_failure_names_the_wrong_name(text: str, problem: str) -> None:
    assert problem in problems(text)

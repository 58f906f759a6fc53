# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of plugins/ and what each may use (docs/architecture.md#rooms)."""

from __future__ import annotations

import ast
import functools
import itertools
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
PREFIX = "ansible_collections.scramjet.sth.plugins."
# From the ground up: a room uses itself and those before it.
ROOMS = (
    "module_utils/errors",
    "module_utils/model",
    "module_utils/secrets",
    "module_utils/threads",
    "module_utils/http",
    "module_utils/hub",
    "module_utils/client",
    "module_utils/package",
    "module_utils/run",
    "module_utils/lifecycle",
    "module_utils/sequence",
    "module_utils/instance",
    "module_utils/topic",
    "module_utils/streams",
    "module_utils/event",
    "module_utils/job",
    "module_utils/hub_info",
    "module_utils/following",
    "module_utils/deployment",
    "module_utils/fleet",
    "module_utils/export",
    "module_utils/task",
    "modules",
    "plugin_utils",
    "inventory",
    "filter",
    "action",
)
# The public face is for users: nothing here uses it.
FOR_USERS = "module_utils/client"
MAY_USE_ANSIBLE = ("module_utils/task", "plugin_utils", "inventory", "action")
LARGEST = 15
# What decides, and gets all that it needs as values. It says so: "Pure."
PLANNERS = re.compile(r"plan(_\w+)?|goal|wanted|known_settings")
# What nothing pure may reach, be it through others: clients, the transport, the dialect, clocks, chance, files, processes.
IMPURE_ROOMS = ("module_utils/http", "module_utils/hub")
# The base of what check mode predicts, which is a value.
PURE_IN_THEM = ("hub/prediction",)
IMPURE_MODULES = {"datetime", "os", "pathlib", "random", "requests", "socket", "subprocess", "time"}
# What blocks, or has waits that block, without a time. `Attended.join` waits in turns.
BLOCKING = tuple(f"threading.{name}" for name in ("Barrier", "Condition", "Event", "Semaphore", "Thread", "Timer")) + (
    "time.sleep",
)
WAITS_WITHOUT_A_TIME = ("wait", "acquire", "communicate")
WITH_WAITS = {"concurrent.futures", "multiprocessing"}
# Options below `task` are typed, and no code passes on changed options as a mapping.
RAW_OPTIONS = re.compile(r"\boptions\[|\{\*\*(\w+\.)*options\b|\breplace\((\w+\.)*options\b|\brun\.options\b")
# How code decides by a text, beside comparing it or looking for something in it.
DECIDING_CALLS = {
    "startswith", "endswith", "find", "index", "count", "search", "match", "fullmatch", "findall", "finditer", "removeprefix",
}  # fmt: skip
# An exception, by the name of its class in an annotation.
OF_AN_ERROR = re.compile(r"Error\b|Exception\b")
# The text of a failed task is also under this key of its result, and ansible-core has it as an attribute.
TEXT_NAMES = {"message", "msg", "args", "strerror"}
# The lines of a log have this key too, and are no failures.
LOG_LINES = "module_utils/lifecycle/log_lines.py"
# Such a condition in YAML.
YAML_DECIDES_BY_TEXT = re.compile(
    r"\b(msg|stderr|message)\b[^|{}]*\bis (not )?(search|match|regex)\b|['\"] (not )?in [\w.]+\.(msg|stderr|message)\b"
)
# Action plugins that do more than run their module, and the tests that run playbooks with them: a worker of ansible-core is their input.
TESTED_BY_PLAYBOOKS = {
    "action/sth_deployment": "test_role_deployment",
    "action/sth_deployment_info": "test_fleet",
    "action/sth_export": "test_export",
    "action/sth_sequence": "test_shown_actions",
    "plugin_utils/package/action": "test_build",
}
# Tests of what no single file does.
TESTS_OF_SEVERAL = {
    "module_utils/deployment/test_take_over": "instances that a deployment takes over, from their observation to the end of the rollout",
    "module_utils/http/test_certificates": "hubs whose certificate cannot be trusted",
    "module_utils/http/test_client_certificates": "a hub behind TLS that asks for certificates",
    "module_utils/http/test_proxies": "requests through a proxy of the machine where the task runs",
    "module_utils/job/test_python": "how programs in Python ended",
    "module_utils/job/test_seconds": "what the seconds of a run count",
    "module_utils/lifecycle/test_no_answer": "the requests that end a program that does not answer, and the messages if none of them ends it",
    "module_utils/package/test_digest": "that a directory and its archives have one digest",
    "module_utils/package/test_fuzz": "that a hostile package is refused, or harmless",
    "module_utils/package/test_memory": "that memory does not grow with a package",
    "module_utils/secrets/test_data": "which secrets are masked in the output of programs, in collected streams, reads and events",
    "module_utils/secrets/test_hiding": "that no part of a secret is left in a text",
    "module_utils/secrets/test_unmatched_keys": "that every module with secret_keys warns about paths that match nothing",
}
# What does the same part of the work in several rooms.
IN_EVERY_ROOM = {
    *("reconcile", "check_options", "refuse_clash", "plan_present", "plan_absent", "_check", "_plan", "_Apply"),
    *("main", "ActionModule"),
}
# Constants with a fraction that are not times. Times are in model/timings.py.
NO_TIMES = {"package/compressing._WORTH"}
UTILS = PLUGINS / "module_utils"
TESTS = ROOT / "tests" / "unit" / "plugins"
FILES = sorted(path for path in PLUGINS.rglob("*.py") if "doc_fragments" not in path.parts)


def room_of(path: pathlib.Path) -> str:
    """Return the room that a file below plugins/ is in."""
    parts = path.relative_to(PLUGINS).with_suffix("").parts
    return "/".join(parts[:2]) if parts[0] == "module_utils" else parts[0]


@functools.cache
def nodes(path: pathlib.Path) -> tuple[ast.AST, ...]:
    """Return all that a file's source consists of."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: pathlib.Path) -> Iterator[str]:
    """Yield the modules that a file imports."""
    for node in nodes(path):
        yield from imports_of(node)


def imports_of(node: ast.AST) -> Iterator[str]:
    """Yield the modules that a statement imports."""
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)


def used_rooms(path: pathlib.Path) -> Iterator[str]:
    """Yield the rooms that a file uses."""
    for name in imports(path):
        if name.startswith(PREFIX):
            yield room_of(PLUGINS / (name.removeprefix(PREFIX).replace(".", "/") + ".py"))


def test_a_file_uses_only_rooms_below_its_own() -> None:
    """Each file is in a room, and its arrows point down."""
    lost = [str(path.relative_to(ROOT)) for path in FILES if room_of(path) not in ROOMS]
    assert lost == [], f"put it into one of {', '.join(ROOMS)}"
    wrong = {}
    for path in FILES:
        room = room_of(path)
        allowed = set(ROOMS[: ROOMS.index(room) + 1]) - {FOR_USERS}
        if room != FOR_USERS:
            wrong[str(path.relative_to(PLUGINS))] = sorted(set(used_rooms(path)) - allowed)
    assert {name: rooms for name, rooms in wrong.items() if rooms} == {}, "may not use these rooms"


def test_ansible_is_used_at_the_edge_only() -> None:
    """What does the work knows nothing of Ansible, so that it runs in both entrances and in tests."""
    using = {
        str(path.relative_to(PLUGINS))
        for path in FILES
        if room_of(path) not in MAY_USE_ANSIBLE
        for name in imports(path)
        if name == "ansible" or name.startswith("ansible.")
    }
    assert using == set()


def reached(path: pathlib.Path) -> dict[pathlib.Path, list[str]]:
    """Return the files that a file uses, itself and those that they use included, and what each imports from elsewhere."""
    found: dict[pathlib.Path, list[str]] = {}
    left = [path]
    while left:
        file = left.pop()
        if file in found or not file.is_file():
            continue
        names = list(imports(file))
        found[file] = [name for name in names if not name.startswith(PREFIX)]
        left += [
            PLUGINS / (name.removeprefix(PREFIX).replace(".", "/") + ".py") for name in names if name not in found[file]
        ]
    return found


def test_a_task_without_a_package_imports_nothing_that_reads_one() -> None:
    """Each run imports it again, which takes as long as a short task."""
    actions = {path.stem for path in (PLUGINS / "action").glob("sth_*.py")}
    names = [f"{PREFIX}action.{name}" for name in sorted(actions - {"sth_deployment", "sth_package", "sth_sequence"})]
    script = f"import sys, {', '.join(names)}\nprint([name for name in sys.modules if '.package.reading' in name])"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert (len(names), found.strip()) == (10, "[]")


# What does the writes of a plan, and what only they use.
CHANGING = re.compile(r"\.(apply|rollout|starting|ending|readiness|event_wait|storing|packing|collecting|feeding)$")


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("sth_sequence", {}),
        ("sth_instance", {"name": "web", "sequence": "probe", "stable_for": 0}),
        ("sth_deployment", {"name": "api", "stable_for": 0}),
    ],
)
def test_a_module_imports_what_changes_a_hub_only_to_change_it(module: str, options: dict[str, Any]) -> None:
    """A module compiles all that it imports in every task, and most tasks change nothing."""
    source: dict[str, Any] = {} if module == "sth_instance" else {"src": str(PACKAGES / "probe")}
    script = f"""if True:
        import json, sys
        from ansible_collections.scramjet.sth.tests.benchmark.one_task import run_task
        result = run_task({module!r}, json.loads(sys.argv[1]))
        print(json.dumps([result["changed"], [name for name in sys.modules if name.startswith({PREFIX!r})]]))
    """
    with FakeHub(generation="1.x") as hub:
        run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
        run_task(module, hub, **source, **options)
        given = json.dumps({**source, **options, "api_url": hub.api_url})
        said = subprocess.run([sys.executable, "-c", script, given], check=True, capture_output=True, text=True).stdout
    changed, imported = json.loads(said)
    assert not changed
    assert [name for name in imported if CHANGING.search(name)] == []
    # The action plugin imports it before workers are forked, so that no worker has to.
    script = f"import json, sys, {PREFIX}action.{module}\nprint(json.dumps([*sys.modules]))"
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert [name for name in json.loads(said) if name.startswith(PREFIX) and CHANGING.search(name)] != []


def is_pure(path: pathlib.Path) -> bool:
    """Whether a file says that it is, or is one of a room's typed options."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return "Pure." in said or path.stem == "options"


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(UTILS.rglob("*.py")) if is_pure(path)],
    ids=lambda path: str(path.relative_to(UTILS)),
)
def test_pure_rooms_import_no_client_and_no_clock(path: pathlib.Path) -> None:
    """A plan follows from what was observed and from the options alone."""
    for file, modules in reached(path).items():
        name = file.relative_to(UTILS).with_suffix("").as_posix()
        assert room_of(file) not in IMPURE_ROOMS or name in PURE_IN_THEM, f"it uses {name}"
        assert not IMPURE_MODULES.intersection(modules), (
            f"{name} uses {', '.join(IMPURE_MODULES.intersection(modules))}"
        )


def test_planners_are_pure() -> None:
    """They say so, and the test above holds them to it."""
    planners = [path for path in UTILS.rglob("*.py") if PLANNERS.fullmatch(path.stem)]
    assert len(planners) >= 8
    assert [str(path.relative_to(UTILS)) for path in planners if not is_pure(path)] == []


def test_options_are_typed_below_the_edge() -> None:
    """A name of an option that is misspelt is found by mypy, and no planner is given options that no task has."""
    below = [path for path in UTILS.rglob("*.py") if room_of(path) != "module_utils/task"]
    raw = [path for path in below if RAW_OPTIONS.search(path.read_text(encoding="utf-8"))]
    assert [str(path.relative_to(UTILS)) for path in raw] == []


def errors_of(function: ast.AST) -> set[str]:
    """Return the names in a function that are exceptions: caught ones, and arguments of such a class."""
    caught = {node.name for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name}
    arguments = {
        node.arg
        for node in ast.walk(function)
        if isinstance(node, ast.arg) and node.annotation and OF_AN_ERROR.search(ast.unparse(node.annotation))
    }
    return caught | arguments


def is_text_of_an_error(node: ast.AST, errors: set[str], texts: set[str]) -> bool:
    """Whether an expression is, or contains, the text of an error. ``texts``: variables with such a text."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in texts:
            return True
        # The arguments of a program and of a task are no error.
        is_error = isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in errors
        if isinstance(part, ast.Attribute) and part.attr in TEXT_NAMES and (part.attr != "args" or is_error):
            return True
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and part.slice.value == "msg":
            return True
        if isinstance(part, ast.Call):
            called = ast.unparse(part.func)
            named = any(isinstance(item, ast.Name) and item.id in errors for item in part.args)
            if (called in ("str", "repr", "format") and named) or (
                called.endswith(".get") and part.args and ast.unparse(part.args[0]) == "'msg'"
            ):
                return True
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) and part.value.id in errors:
            return True
    return False


def decides(node: ast.AST, errors: set[str], texts: set[str]) -> bool:
    """Whether a part of a source compares the text of an error with something, or looks for something in it."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Compare) and not isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.Match):
        parts = [node.subject]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DECIDING_CALLS:
        parts = [node.func.value, *node.args]
    return any(is_text_of_an_error(part, errors, texts) for part in parts)


def decisions(source: str) -> list[str]:
    """Return the places of a source that decide by the text of an error."""
    found = []
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for function in functions:
        errors, texts = errors_of(function), set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and is_text_of_an_error(node.value, errors, set()):
                texts |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        found += [ast.unparse(node) for node in ast.walk(function) if decides(node, errors, texts)]
    return found


def test_no_behaviour_is_decided_by_the_text_of_an_error() -> None:
    """A failure that code has to recognise has a class or a code of its own. What a hub answers is read in the room `hub`."""
    sources = [*FILES, *(path for part in ("roles", "extensions", "playbooks") for path in (ROOT / part).rglob("*.py"))]
    deciding = {
        str(path.relative_to(ROOT)): places
        for path in sources
        if path != PLUGINS / LOG_LINES and (places := decisions(path.read_text(encoding="utf-8")))
    }
    assert deciding == {}
    tasks = [path for part in ("roles", "playbooks") for path in (ROOT / part).rglob("*.yml")]
    assert [str(path.relative_to(ROOT)) for path in tasks if YAML_DECIDES_BY_TEXT.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "line",
    [
        "if 'x' in str(error): pass",
        "text = str(error)\n        if text.startswith('x'): pass",
        "if re.search('x', f'{error}'): pass",
        "if error.args[0] == 'x': pass",
        "if result['msg'] == 'x': pass",
        "if PATTERN.match(result.get('msg')): pass",
        "if error.message.endswith('x'): pass",
    ],
)
def test_the_check_above_finds_each_way_to_decide_by_a_text(line: str) -> None:
    assert decisions(f"def f():\n    try: pass\n    except OSError as error:\n        {line}\n")


def test_no_folder_has_more_than_15_python_files() -> None:
    """A newcomer finds a file by the folder's name."""
    folders = {path.parent for path in FILES}
    sizes = {str(folder.relative_to(PLUGINS)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_durations_are_defined_in_one_place() -> None:
    """Where a time is a constant of a module, a test can shorten it only by patching that module."""
    found = {
        f"{path.relative_to(UTILS).with_suffix('')}.{ast.unparse(node.targets[0])}"
        for path in UTILS.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, float)
    }
    assert found == NO_TIMES


# A rulebook engine runs it, which interrupts no thread.
IN_NO_TASK = {"module_utils/following/outbox.py: threading.Condition"}


def blocks(node: ast.AST) -> bool:
    """Whether a part of a source can block without a time."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "flock":
            return "LOCK_NB" not in ast.unparse(node)
        return node.func.attr in WAITS_WITHOUT_A_TIME and not node.args and not node.keywords
    return (isinstance(node, ast.Attribute) and ast.unparse(node) in BLOCKING) or bool(WITH_WAITS & {*imports_of(node)})


def test_every_wait_can_be_interrupted() -> None:
    """Only the room `threads` waits without a time limit, starts threads without a watch over their failures, or sleeps: see `threads/turns.py`."""
    blocking = {
        f"{path.relative_to(PLUGINS)}: {ast.unparse(node)}"
        for path in FILES
        if room_of(path) != "module_utils/threads"
        for node in nodes(path)
        if blocks(node)
    }
    assert blocking == IN_NO_TASK


def test_a_constant_has_one_name_in_one_place() -> None:
    """Private names belong to their file, a type variable to its file too, and each module has its ``TASK``."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            name = target.id if isinstance(target, ast.Name) else ""
            if re.fullmatch(r"[A-Z][A-Z0-9_]+", name) and path.parent.name != "modules":
                places.setdefault(name, []).append(str(path.relative_to(PLUGINS)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_function_or_class_has_one_name() -> None:
    """Who looks for a name finds one thing, except what each room or plugin has under the same name."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name not in IN_EVERY_ROOM:
                places.setdefault(node.name, []).append(str(path.relative_to(PLUGINS)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_the_architecture_page_names_every_room_in_order() -> None:
    """The page and this check are one."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Rooms")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `([a-z_/]+?)/?`", table, re.MULTILINE)
    assert named == [room.removeprefix("module_utils/") for room in ROOMS]


def has_logic(path: pathlib.Path) -> bool:
    """Whether a file has any function or method; without one it holds only values, or names of other files."""
    return any(isinstance(node, ast.FunctionDef) for node in nodes(path))


def names_below(folder: pathlib.Path, pattern: str) -> set[str]:
    """Return ``<room>/<file>`` of the files below a folder."""
    return {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob(pattern)}


def test_the_picture_of_the_rooms_has_the_arrows_of_the_code() -> None:
    """Within a group it shows every arrow; between groups, arrows only point down."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = re.split(r"^```", page.partition("## Rooms")[2], maxsplit=2, flags=re.MULTILINE)[1]
    groups: list[set[str]] = []
    drawn = set()
    for part in picture.split("subgraph")[1:]:
        lines = [
            re.findall(r"\w+", line) for line in part.partition("\n    end")[0].partition("\n  end")[0].splitlines()[1:]
        ]
        rooms = [[name for name in line if any(room.split("/")[-1] == name for room in ROOMS)] for line in lines]
        groups.append({name for line in rooms for name in line})
        drawn |= {pair for line in rooms for pair in itertools.pairwise(line)}
    group_of = {name: number for number, names in enumerate(groups) for name in names}
    assert set(group_of) | {FOR_USERS.split("/")[-1]} == {room.split("/")[-1] for room in ROOMS}
    imported = {(room_of(path).split("/")[-1], room.split("/")[-1]) for path in FILES for room in used_rooms(path)}
    arrows = {(user, used) for user, used in imported if user != used and user in group_of}
    assert {pair for pair in arrows if group_of[pair[0]] == group_of[pair[1]]} == drawn
    assert {pair for pair in arrows if group_of[pair[0]] > group_of[pair[1]]} == set(), "these arrows point up"


def test_tests_mirror_the_rooms() -> None:
    """A newcomer finds the test of a file by its path: ``<room>/<file>.py`` is tested by ``<room>/test_<file>.py``.

    Modules hold documentation and wiring; tests/integration/targets runs them.
    """
    files = {name for name in names_below(PLUGINS, "*.py") if not name.startswith(("doc_fragments/", "modules/"))}
    with_logic = {name for name in files if has_logic(PLUGINS / f"{name}.py")}
    tests = {re.sub(r"/test_(?=[^/]+\Z)", "/", name): name for name in names_below(TESTS, "test_*.py") if "/" in name}
    assert with_logic - tests.keys() - TESTED_BY_PLAYBOOKS.keys() == set(), "has no test of its own"
    lonely = {name for file, name in tests.items() if file not in files}
    assert lonely - TESTS_OF_SEVERAL.keys() == set(), "tests no file of this name"
    # What is listed as an exception is one.
    assert TESTS_OF_SEVERAL.keys() - lonely == set()
    assert TESTED_BY_PLAYBOOKS.keys() - (with_logic - tests.keys()) == set()
    playbooks = ROOT / "tests" / "integration"
    assert [name for name in TESTED_BY_PLAYBOOKS.values() if not (playbooks / f"{name}.py").is_file()] == []


def test_only_the_dialect_compares_the_generation_of_a_hub() -> None:
    """Others ask the dialect for a difference by its name. (The `generation` of a rollout is a number that others may compare.)"""
    comparing = []
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(
                isinstance(side, ast.Attribute) and side.attr == "generation" for side in [node.left, *node.comparators]
            ):
                comparing.append(f"{path.relative_to(PLUGINS)}:{node.lineno}")
    assert [place for place in comparing if not place.startswith("module_utils/hub/dialect.py")] == []

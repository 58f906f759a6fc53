# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task finds its package: on the machine where it runs, or through its action plugin."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, PackageOptions
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import (
    describe,
    describe_copy,
    need_content,
    read_source,
)
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, validated

PROBE = read_package(str(PACKAGES / "probe"))


def options(described: dict[str, Any] | None, src: str = PROBE.source) -> PackageOptions:
    # As a module gets it.
    return validated(PackageOptions, specs.PACKAGE, src=src, _package=json.loads(json.dumps(described)))


def read(given: PackageOptions) -> Package:
    return read_source(Run({}, False, Journal()), given)


@pytest.fixture
def copied(tmp_path: Path) -> tuple[str, str]:
    """An archive as it was copied to the target, and its checksum."""
    path = tmp_path / "copy.tar.gz"
    with path.open("wb") as file:
        write_package(PROBE, file, reproducible=True)
    return str(path), hashlib.sha256(path.read_bytes()).hexdigest()


def known(package: Package) -> tuple[Any, ...]:
    return package.ref, package.hub_version, package.engine, package.files, package.size, package.warnings


def test_without_a_description_the_package_is_read_where_the_task_runs() -> None:
    given = options(None)
    assert known(read(given)) == known(PROBE)
    need_content(given)


def test_a_package_description_is_enough_to_compare_but_not_to_upload() -> None:
    given = options(describe(PROBE), src="/on/the/controller")
    assert known(read(given)) == known(PROBE)
    with pytest.raises(SthError) as raised:
        need_content(given)
    assert raised.value.code == "PACKAGE_NEEDED"


def test_a_copy_is_uploaded_as_it_is(copied: tuple[str, str]) -> None:
    given = options(describe_copy(PROBE, *copied), src="/on/the/controller")
    package = read(given)
    need_content(given)
    assert (known(package), package.source, package.as_it_is) == (known(PROBE), copied[0], True)


def test_a_copy_that_was_damaged_on_its_way_is_refused(copied: tuple[str, str]) -> None:
    given = options(describe_copy(PROBE, *copied))
    with open(copied[0], "ab") as file:
        file.write(b"x")
    with pytest.raises(SthError, match="damaged") as raised:
        read(given)
    assert raised.value.code == "INVALID_PACKAGE"


def test_warnings_of_a_package_are_those_of_the_task() -> None:
    task = Run({}, False, Journal())
    read_source(task, options({**describe(PROBE), "warnings": ["look"]}))
    assert task.warnings == ["look"]

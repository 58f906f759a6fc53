# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of npm for a folder of archives. The tests of the role install from such a folder."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile

from ansible_collections.scramjet.sth.tests.running.commands import ROOT

SCRIPT = ROOT / "roles" / "hub" / "files" / "install_archives.py"
# In place of npm: prints what the registry answers for each path, as JSON or as a digest.
ASK = """
import hashlib, json, sys, urllib.error, urllib.request
answers = []
for path in sys.argv[1:-2]:
    try:
        with urllib.request.urlopen(sys.argv[-2].partition("=")[2] + path) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        answers.append(error.code)
        continue
    answers.append(json.loads(body) if body[:1] == b"{" else hashlib.sha512(body).hexdigest())
print(json.dumps(answers))
sys.exit(any(isinstance(answer, int) for answer in answers))
"""


def archive(path: pathlib.Path, name: str, version: str, top: str = "package") -> None:
    """Write an archive as `npm pack` does."""
    content = json.dumps({"name": name, "version": version, "dependencies": {"b": "^1"}}).encode()
    with tarfile.open(path, "w:gz") as tar:
        for member, text in ((f"{top}/lib/package.json", b"no manifest"), (f"{top}/package.json", content)):
            info = tarfile.TarInfo(member)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))


def ask(folder: pathlib.Path, *paths: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(folder), sys.executable, "-c", ASK, *paths]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_version_is_listed_and_its_archive_served(tmp_path: pathlib.Path) -> None:
    archive(tmp_path / "a-1.0.0.tgz", "@x/a", "1.0.0")
    archive(tmp_path / "a-2.0.0.tgz", "@x/a", "2.0.0", top="other")
    done = ask(tmp_path, "/@x%2fa", "/-/a-2.0.0.tgz")
    assert (done.returncode, done.stderr) == (0, "")
    told, digest = json.loads(done.stdout)
    assert sorted(told["versions"]) == ["1.0.0", "2.0.0"]
    assert told["versions"]["2.0.0"]["dependencies"] == {"b": "^1"}
    assert digest == hashlib.sha512((tmp_path / "a-2.0.0.tgz").read_bytes()).hexdigest()
    integrity = "sha512-" + base64.b64encode(bytes.fromhex(digest)).decode()
    assert told["versions"]["2.0.0"]["dist"]["integrity"] == integrity


def test_missing_packages_are_named(tmp_path: pathlib.Path) -> None:
    archive(tmp_path / "a-1.0.0.tgz", "a", "1.0.0")
    done = ask(tmp_path, "/a", "/c", "/b")
    assert done.returncode == 1
    assert done.stderr.strip() == f"{tmp_path} has no archive of b, c: add them with `npm pack`."


def test_a_file_that_is_not_an_archive_of_npm_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "broken.tgz").write_text("nothing", encoding="utf-8")
    done = ask(tmp_path, "/a")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{tmp_path / 'broken.tgz'} is not an archive as `npm pack` makes it")

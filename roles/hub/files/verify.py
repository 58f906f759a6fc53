# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a tiny program of each language on the hub and removes it: verify.py {"api_url": …, "languages": [node, python]}.

Prints as JSON {language: why its program did not run, "" if it did}. Uses only the standard library, because `requests` may be
missing on this machine.
"""

from __future__ import annotations

import gzip
import http.client
import io
import json
import sys
import tarfile
import time
import urllib.error
import urllib.request
from typing import Any

NAME = "sth-hub-verify"
WORD = "verified"
ENGINES = {"node": "node", "python": "python3"}
PROGRAMS = {
    "node": ("index.js", f'module.exports = async () => "{WORD}\\n";\n'),
    # A 0.18 runner accepts only a stream as output.
    "python": (
        "main.py",
        f'from scramjet.streams import Stream\n\nasync def run(context, input):\n    return Stream.read_from(["{WORD}\\n"])\n',
    ),
}
PATIENCE = 30.0  # seconds, for each request, and until the hub lets the package be removed


def request(method: str, url: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    """Return the hub's open answer. Raises OSError or http.client.HTTPException. Does not use a proxy: the hub is on this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, body, {"Content-Type": kind}, method=method), timeout=PATIENCE)


def call(method: str, url: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    with request(method, url, body, kind) as answer:
        return json.loads(answer.read() or b"null")


def archive(language: str) -> bytes:
    name, text = PROGRAMS[language]
    package = {"name": NAME, "version": "1.0.0", "main": name, "engines": {ENGINES[language]: "*"}}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path, content in (("package.json", json.dumps(package)), (name, text)):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))
    return gzip.compress(plain.getvalue())


def run(api_url: str, language: str) -> str:
    """Return why the program did not run; "" if it did."""
    try:
        sequence = call("POST", f"{api_url}/sequence", archive(language), "application/octet-stream")["id"]
        # Without both keys, a Python program on 0.18 fails.
        start = b'{"appConfig": {}, "args": []}'
        instance = call("POST", f"{api_url}/sequence/{sequence}/start", start)["id"]
        with request("GET", f"{api_url}/instance/{instance}/output") as output:
            # Read only one line, because the output of a Python program stays open longer than the program runs.
            said = output.readline().decode(errors="replace").strip()
    except urllib.error.HTTPError as error:
        return f"{error.url} answered {error.code} {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    except (ValueError, KeyError, TypeError):
        return "the answer is not that of a hub"
    return "" if said == WORD else "it ended without output"


def clear(api_url: str) -> bool:
    """Removes the programs, also those of an earlier run, and returns whether they are gone.

    A hub refuses this while an instance runs, and a 1.x hub until 15 seconds after its end.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        listed = attempt("GET", f"{api_url}/sequences")
        left = [sequence for sequence in listed or [] if sequence["config"].get("name") == NAME]
        if listed is not None and not left:
            return True
        for sequence in left:
            for instance in sequence.get("instances", []):
                attempt("POST", f"{api_url}/instance/{instance}/_kill", b"{}")
            attempt("DELETE", f"{api_url}/sequence/{sequence['id']}")
        time.sleep(1)
    return False


def attempt(method: str, url: str, body: bytes | None = None) -> Any:
    """Return the hub's answer; None if there is none. The next list shows whether the request has worked."""
    try:
        return call(method, url, body)
    except (OSError, ValueError, http.client.HTTPException):
        return None


def main() -> None:
    want = json.loads(sys.argv[1])
    results = {language: run(want["api_url"], language) for language in want["languages"]}
    if not clear(want["api_url"]):
        sys.exit(
            f"The hub does not remove the sequence {NAME}, which the verification has uploaded: remove it with sth_sequence."
        )
    print(json.dumps(results))


if __name__ == "__main__":
    main()

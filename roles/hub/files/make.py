# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates directories and writes files, in the order of a list: make.py < JSON list.

Directories: {"directories": [path, …], "mode": "0755", "user": name or id, "group": name or id}. A file: {"path": …,
"mode": …, "user": …, "text": content without its last line feed}. A file is replaced atomically, and other users cannot read it
before it has its mode.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any


def known(name: str | int) -> str | int:
    """Return a name, or an id as a number. Some versions of Ansible convert ids to text."""
    return int(name) if str(name).isdigit() else name


def make_directory(path: str, entry: dict[str, Any]) -> None:
    os.makedirs(path, exist_ok=True)
    shutil.chown(path, known(entry["user"]), known(entry["group"]))
    os.chmod(path, int(entry["mode"], 8))


def write_file(path: str, entry: dict[str, Any]) -> None:
    # Replace the file that a symbolic link names, and not the link.
    real = os.path.realpath(path)
    new = Path(f"{real}.new")
    new.unlink(missing_ok=True)
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(entry["text"] + "\n")
        shutil.chown(new, known(entry["user"]))
        os.chmod(new, int(entry["mode"], 8))
        os.replace(new, real)
    finally:
        new.unlink(missing_ok=True)


def main() -> None:
    os.umask(0o022)
    for entry in json.load(sys.stdin):
        for path in entry.get("directories", [entry.get("path")]):
            try:
                (make_directory if "directories" in entry else write_file)(path, entry)
            except (OSError, LookupError) as error:
                sys.exit(f"{path} could not be created ({error}): correct the path, the account or the permissions.")


if __name__ == "__main__":
    main()

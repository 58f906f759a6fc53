# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Walks a package directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import BinaryIO

from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import Contents
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import Entry
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.braces import (
    MOST_ALTERNATIVES,
    TooManyAlternatives,
)
from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.ignore import IgnoreRules
from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.siignore import SiIgnore

IGNORE_FILE = ".siignore"
# Version control and caches are not part of the program, and differ on every machine. A pattern with "!" in exclude includes
# them again.
ALWAYS_IGNORED = (
    ".git",
    ".hg/",
    ".svn/",
    "**/node_modules/.cache/",
    "__pycache__/",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".nyc_output/",
    ".DS_Store",
    "Thumbs.db",
)
# Read once, so that the workers of ansible-playbook need not do it for each task and host.
_ALWAYS = IgnoreRules(ALWAYS_IGNORED)


def read_directory(source: str, exclude: Iterable[str]) -> Contents:
    """Read every file, link and directory below ``source`` that no rule leaves out. Does not follow links.

    Raises ``INVALID_PACKAGE`` for what cannot be read or packed.
    """
    contents = Contents(source)
    excluded = IgnoreRules(exclude)
    ignore_file = _ignore_file(source)
    if ignore_file.idle:
        lines = ", ".join(map(repr, ignore_file.idle))
        contents.warnings.append(
            f"these patterns of {IGNORE_FILE} match nothing: {lines}; as with si, a pattern must match the whole path without a "
            "slash at either end, and a line with # after other text is skipped; correct them, or use exclude"
        )
    pending = [""]
    while pending:
        for found in _scan(source, pending.pop()):
            path, mode = found
            is_directory = stat.S_ISDIR(mode)
            left_out = excluded.verdict(path, is_directory)
            if left_out is None:
                left_out = ignore_file.leaves_out(path) or _ALWAYS.ignores(path, is_directory)
            if left_out:
                continue
            if not _is_utf8(path):
                raise refusal(source, f"the name {path!r} is not UTF-8; rename the file or leave it out")
            if is_directory:
                contents.add(Entry(path, "d"))
                pending.append(f"{path}/")
            elif stat.S_ISLNK(mode):
                contents.add(Entry(path, "l", _link_target(source, path)))
            elif stat.S_ISREG(mode):
                with open_file(source, path) as file:
                    contents.add_file(path, bool(os.fstat(file.fileno()).st_mode & stat.S_IXUSR), file.read)
            else:
                raise refusal(
                    source, f"{path!r} is a socket, pipe or device; leave it out with exclude or {IGNORE_FILE}"
                )
    return contents


def open_file(source: str, path: str) -> BinaryIO:
    """Open a file of the package. Raises ``INVALID_PACKAGE`` if a link or a pipe has replaced it in the meantime."""
    full = _full(source, path)
    try:
        handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(source, path, error) from error
    file = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise refusal(
            source, f"{path!r} is no longer a regular file; run the task again when nothing changes the source"
        )
    return file


def unreadable(source: str, path: str, error: OSError) -> Exception:
    """Return the error for a file that cannot be read."""
    return refusal(source, f"{path!r} cannot be read ({error.strerror}); correct its permissions or leave it out")


def _ignore_file(source: str) -> SiIgnore:
    full = _full(source, IGNORE_FILE)
    # As si does, follow a link, and ignore a link to a missing file.
    if not os.path.exists(full):
        return SiIgnore()
    if not os.path.isfile(full):
        raise refusal(source, f"{IGNORE_FILE} is not a file; replace it with a file, or remove it")
    try:
        with open(full, "rb") as file:
            return SiIgnore(file.read().decode())
    except OSError as error:
        raise unreadable(source, IGNORE_FILE, error) from error
    except UnicodeDecodeError:
        raise refusal(source, f"{IGNORE_FILE} is not UTF-8; save it as UTF-8") from None
    except TooManyAlternatives:
        raise refusal(
            source,
            f"{IGNORE_FILE} has a pattern whose braces expand to more than {MOST_ALTERNATIVES} names; use * instead",
        ) from None


def _scan(source: str, below: str) -> list[tuple[str, int]]:
    """Return (path, mode) of each entry of a directory; ``below`` is "" or ends with a slash."""
    try:
        with os.scandir(_full(source, below)) as found:
            return [
                (below + entry.name.decode("utf-8", "surrogateescape"), entry.stat(follow_symlinks=False).st_mode)
                for entry in found
            ]
    except OSError as error:
        raise unreadable(source, below or ".", error) from error


def _link_target(source: str, path: str) -> bytes:
    try:
        target = os.readlink(_full(source, path))
    except OSError as error:
        raise unreadable(source, path, error) from error
    if not _is_utf8(target.decode("utf-8", "surrogateescape")):
        raise refusal(source, f"the target of the link {path!r} is not UTF-8; rename it or leave the link out")
    return target


def _full(source: str, path: str) -> bytes:
    return os.path.join(os.fsencode(source), path.encode("utf-8", "surrogateescape"))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

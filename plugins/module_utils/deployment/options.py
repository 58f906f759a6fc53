# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_deployment``, and which package they require."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import EndingOptions, ReadinessOptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options, suboptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import ProgramOptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import parse_digest, parse_reference
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, PackageOptions

Strategy = Literal["rolling", "blue_green", "recreate"]


@dataclass(frozen=True, repr=False, eq=False)
class TakeOverOptions(Options):
    """The option ``take_over``."""

    instances: list[str]
    sequence: str | None


@dataclass(frozen=True, repr=False, eq=False)
class DeploymentOptions(PackageOptions, ProgramOptions, ReadinessOptions, EndingOptions):
    """The options of ``sth_deployment``."""

    state: Literal["present", "absent", "restarted", "rolled_back"]
    name: str
    sequence: str | None
    digest: str | None
    replicas: int | None
    indexes: list[int] | None
    strategy: Strategy
    max_surge: int
    max_unavailable: int
    canary: int | None
    on_failure: Literal["rollback", "stop", "leave"]
    keep_versions: int
    keep_config: bool
    take_over: TakeOverOptions | None = field(metadata=suboptions(TakeOverOptions))


@dataclass(frozen=True)
class RequiredPackage:
    """``digest``: the first hex digits. ``name``: None if any name will do. ``option``: the option that says so, and ``text``: its value."""

    option: str
    text: str
    digest: str
    name: str | None = None

    def refuse_other(self, source: str, package: Package) -> None:
        """Raise ``INVALID_PACKAGE`` if the package in ``source`` is another one."""
        # The digest of a package that was not built yet is "".
        other_content = package.digest and not package.digest.startswith(self.digest)
        if other_content or self.name not in (None, package.name):
            # A package that was not built yet has a name only.
            found = f"sha256:{package.digest[:12]}" if package.digest else ""
            raise SthError(
                "INVALID_PACKAGE",
                f"The package in {source} is {package.name}{found and '@'}{found} and not {self.text}: set src to that package, or "
                f"correct {self.option}.",
            )


def required_package(src: str | None, sequence: str | None, digest: str | None) -> RequiredPackage | None:
    """Return which package must be in ``src``; None if any may be. The arguments are options. Raises ``INVALID_OPTION``."""
    if digest is not None:
        if src is None:
            raise SthError(
                "INVALID_OPTION",
                "digest is set without src: set src, or name a version that is on the hub as sequence: name@sha256:<digest>.",
            )
        if sequence is not None:
            raise SthError(
                "INVALID_OPTION",
                "digest and sequence cannot both be set with src: leave out digest, and set sequence: name@sha256:<digest>.",
            )
        return RequiredPackage("digest", digest, parse_digest(digest))
    if src is None or sequence is None:
        return None
    reference = parse_reference(sequence)
    if reference.digest is None:
        raise SthError(
            "INVALID_OPTION",
            f"src and sequence are both set, and sequence {sequence} has no digest: to run the package in src only if it has a certain "
            "digest, set sequence: name@sha256:<digest>; otherwise leave out src or sequence.",
        )
    return RequiredPackage("sequence", sequence, reference.digest, reference.name)

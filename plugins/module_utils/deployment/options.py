# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``sth_deployment``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.options import EndingOptions, ReadinessOptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options, suboptions
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import ProgramOptions
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import PackageOptions

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

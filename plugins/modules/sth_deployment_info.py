#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_deployment_info
short_description: Summarise the deployments on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Returns for each deployment on a hub how many replicas run, which indexes and versions they have, and since when they run.
  - The result has only a few values for each deployment, even if it has many replicas. To list the replicas, use
    M(scramjet.sth.sth_instance_info).
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.attributes.info_module
options:
  names:
    description:
      - Names of deployments to return. If a deployment is not on the hub, the result has no element for it. If this option is not set, all
        deployments are returned.
    type: list
    elements: str
seealso:
  - module: scramjet.sth.sth_deployment
  - module: scramjet.sth.sth_instance_info
"""

EXAMPLES = r"""
- name: See what is deployed
  scramjet.sth.sth_deployment_info:
  register: deployed

- name: Show which replicas of each deployment are on this hub
  ansible.builtin.debug:
    msg: "{{ dict(deployed.deployments | map(attribute='name') | zip(deployed.deployments | map(attribute='indexes'))) }}"

- name: Fail if fewer than four replicas of a deployment are ready, or none is left
  scramjet.sth.sth_deployment_info:
    names: [shop]
  register: shop
  failed_when: shop.deployments | map(attribute='ready') | sum < 4
"""

RETURN = r"""
deployments:
  description: The deployments of which at least one replica is alive, sorted by name.
  returned: success
  type: list
  elements: dict
  sample:
    - {"name": "shop", "ref": "cart@sha256:6b1f0c2d9e4a", "version": "1.4.2", "versions": {"cart@sha256:6b1f0c2d9e4a": 4},
       "replicas": 4, "ready": 4, "wanted": 4, "missing": 0, "copies": 0, "indexes": "0-3", "ready_indexes": "0-3", "canary": 0,
       "oldest": "2026-11-02T08:00:00.000Z", "newest": "2026-11-02T08:00:04.000Z"}
  contains:
    name:
      description: Name of the deployment.
      returned: success
      type: str
    ref:
      description: The version of the latest run, with the name of the package, C(name@sha256:<12 hex digits>), or C(name@version). Null if
        the hub no longer has it.
      returned: success
      type: str
    version:
      description: The version of the latest run, as it is in C(package.json). Null if the hub no longer has it.
      returned: success
      type: str
    versions:
      description: How many replicas run each version. The keys are refs. Replicas whose version the hub no longer has are not counted.
      returned: success
      type: dict
    replicas:
      description: How many indexes have a replica that has not ended.
      returned: success
      type: int
    ready:
      description: How many indexes have a replica that runs and is no longer starting or stopping.
      returned: success
      type: int
    wanted:
      description: How many replicas the latest run wanted. A run that only ends replicas leaves no record on the hub, so after it, this is
        still the number of the run before.
      returned: success
      type: int
    missing:
      description: How many indexes that the latest run wanted (see C(wanted)) have no replica. After a run that only ends replicas, the
        indexes of these replicas are counted too. A deployment without any replica is not in the list at all. So to watch a deployment,
        compare C(ready) with the number that you want.
      returned: success
      type: int
    copies:
      description: How many more replicas than indexes there are. During an update, for example, an old and a new replica can have the same
        index.
      returned: success
      type: int
    indexes:
      description: The indexes of the replicas, such as V(0-3,8).
      returned: success
      type: str
    ready_indexes:
      description: The indexes that are counted as C(ready), such as V(0-3,8).
      returned: success
      type: str
    canary:
      description: How many of the replicas got the new version in the latest run. V(0) means all.
      returned: success
      type: int
    oldest:
      description: When the oldest replica was started. Null if the hub does not report it.
      returned: success
      type: str
    newest:
      description: When the newest replica was started. Null if the hub does not report it.
      returned: success
      type: str
notes:
  description: Remarks. For example, as which version the task treats a hub that is newer or older than all versions that it knows, and
    whether a gateway in front of the hub ends requests too early.
  returned: if there are any
  type: list
  elements: str
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable code of the failure, such as V(UNREACHABLE).
  returned: failure
  type: str
http_status:
  description: HTTP status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: Method of the request that failed, such as V(GET).
  returned: failure of a request
  type: str
url:
  description: URL of the request that failed.
  returned: failure of a request
  type: str
"""

from ansible_collections.scramjet.sth.plugins.module_utils.fleet.info import DeploymentInfoOptions, reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={"names": {"type": "list", "elements": "str"}},
    options_type=DeploymentInfoOptions,
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()

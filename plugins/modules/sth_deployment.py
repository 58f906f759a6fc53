#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_deployment
short_description: Keep replicas of a package running on a Scramjet Transform Hub, and update them without an outage
version_added: 0.1.0
description:
  - Makes sure that a package is on a hub and that as many replicas of it run as described, all with the same version and
    configuration. What differs is replaced step by step, each new replica seen ready before an old one is ended.
  - A hub refuses to update a package while anything runs from it. This module uploads the new version beside the old one,
    lets the replicas move over, and removes old versions that are no longer needed.
  - If a new replica does not become ready, what ran before is brought back.
  - The replicas carry what the next run has to know, so that a run that was cut off is completed by the next, and of two
    runs at once one has the last word.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.package
  - scramjet.sth.package.source
  - scramjet.sth.program
  - scramjet.sth.readiness
  - scramjet.sth.ending
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state=present), O(state=absent) and O(state=rolled_back) are idempotent.
      - O(state=restarted) always restarts.
options:
  state:
    description:
      - With V(present), it runs as described. Replicas that have ended are started again. Of a replica with the highest index
        this is certain only if O(replicas) is given.
      - With V(absent), no replica runs, and the versions that the replicas or the task name are removed unless something else
        runs from them. Once no replica is left to say which versions there were, only the one that O(src) or
        O(sequence) names is known.
      - With V(restarted), every replica is replaced once by what it is, always, as O(strategy) says. Not together with
        O(canary), which stays what it is, or V(0), which completes the update too.
      - With V(rolled_back), the version before the present one runs. The configuration stays unless it is given. O(src) and
        O(sequence) are not looked at. A second run changes nothing. Going back from a canary is remembered by the few replicas
        that had the new version. When they have ended, a 1.x hub still tells it for some minutes, a 0.18 hub does not, and a
        further run goes back one version more.
    type: str
    choices: [present, absent, restarted, rolled_back]
    default: present
  name:
    description:
      - Name of the deployment, unique on its hub. Its replicas are C(<name>-0), C(<name>-1) and so on.
    type: str
    required: true
  sequence:
    description:
      - Instead of O(src), a version that is on the hub. An id, a name, V(name@version) or
        V(name@sha256:<7 or more hex digits>).
      - With neither O(src) nor O(sequence), the version of the latest run stays, and what is not given of the configuration.
    type: str
  replicas:
    description:
      - How many replicas run. Those with the highest indexes are ended first, V(0) ends all.
      - If not set, as many as there are, and V(1) for a new deployment. Where the replicas with the highest indexes have ended,
        a 1.x hub still tells for some minutes that they ended by themselves, and they count if the others were started
        for as many. A 0.18 hub forgets them at once. Give it where that matters.
    type: int
  strategy:
    description:
      - How replicas are replaced.
      - With V(rolling), a few at a time, as O(max_surge) and O(max_unavailable) say.
      - With V(blue_green), when all new ones are ready, all old ones are ended.
      - With V(recreate), all old ones are ended before the new ones are started. If it is cut off in between, nothing on the
        hub tells what was there. Let the task say it all then, O(src) or O(sequence), O(app_config), O(args) and O(replicas).
    type: str
    choices: [rolling, blue_green, recreate]
    default: rolling
  max_surge:
    description:
      - With O(strategy=rolling), how many replicas more than O(replicas) may run at a time.
    type: int
    default: 1
  max_unavailable:
    description:
      - With O(strategy=rolling), how many of O(replicas) may be missing at a time. Not V(0) together with O(max_surge=0).
      - Where two replicas with one index must not run at once, because they use one file or queue, use O(max_surge=0) and
        O(max_unavailable=1).
    type: int
    default: 0
  canary:
    description:
      - So many replicas, those with the lowest indexes, run the new version or configuration, the others go on with the old.
        This is a state of its own, a second run changes nothing. The old is what is in force, so that another canary replaces
        the one before and not what the others run.
      - V(0) completes the update, and is meant where this is not set and O(src) or O(sequence) is given.
      - Where neither is given it stays as it is if it is not set, so that scaling and restarting leave a canary alone.
    type: int
  on_failure:
    description:
      - What to do when a replica does not become ready, or ends after it was. The task fails in any case.
      - With V(rollback), what ran before is brought back to full strength, and what was started is ended. The version of O(src)
        that has failed is removed, unless anything runs from it or it is one to go back to.
      - With V(stop), nothing more is replaced, and the replica that failed is ended.
      - With V(leave), nothing is touched.
    type: str
    choices: [rollback, stop, leave]
    default: rollback
  keep_versions:
    description:
      - How many older versions of the deployment stay on the hub, for O(state=rolled_back). Versions from which anything else
        runs, or to which another deployment can go back, are never removed.
      - A version that never was in force is none to go back to. It is not counted, and removed by the next run that brings
        another one. That is a canary which was not completed, a failed one that O(on_failure) left, or that of a run that was
        cut off.
      - If the hub refuses to remove an old version, the task succeeds all the same. The action is not done, and RV(notes) says why.
        The next run tries again.
    type: int
    default: 1
  keep_config:
    description:
      - Leave the configuration of what runs as it is. O(app_config), O(args), O(overrides) and O(index_key) are only looked at
        for a replica of which nothing on the hub tells what it is to have, such as one that had O(overrides) and does
        not run.
      - For scaling and going back with the same variables that a deployment was made with.
    type: bool
    default: false
notes:
  - Limits and O(start_options) are not reported by a hub. Give them with every run, a replica that is started without them
    has none. Whatever a run starts has those that it gives, also if it brings back what ran before.
  - A replica that had O(overrides) does not tell what it would have without them. Give O(app_config), O(args) and
    O(overrides) together.
  - If no replica runs any more, nothing on the hub tells version and configuration. Give O(src) or O(sequence), O(app_config),
    O(args) and O(replicas).
  - If a run was cut off after a start, the next one sees that replica ready before it ends any other. Where nothing is left
    that the first run would have ended, because it was cut off before its last replica was ready or had only started
    replicas, nothing tells it, and what runs counts as ready.
seealso:
  - module: scramjet.sth.sth_instance
  - module: scramjet.sth.sth_sequence
"""

EXAMPLES = r"""
- name: Deploy three replicas of a package
  scramjet.sth.sth_deployment:
    name: shop
    src: packages/wordcount
    replicas: 3
    app_config:
      events:
        - {name: ready, payload: {ok: true}}
    wait_for: event
    ready_event: ready
    stop_timeout: 1

- name: Scale it only, version and configuration stay
  scramjet.sth.sth_deployment:
    name: shop
    replicas: 2
    stop_timeout: 1

- name: Update it with never fewer than two ready, two at a time
  scramjet.sth.sth_deployment:
    name: shop
    src: packages/wordcount
    app_config:
      top: 5
      events:
        - {name: ready, payload: {ok: true}}
    max_surge: 2
    wait_for: event
    ready_event: ready
    stop_timeout: 1

- name: Try a configuration with one replica
  scramjet.sth.sth_deployment:
    name: shop
    app_config:
      top: 6
    canary: 1
    stop_timeout: 1

- name: Let the others have it too
  scramjet.sth.sth_deployment:
    name: shop
    canary: 0
    stop_timeout: 1

- name: Deploy a new version beside the old one, which ends when all of the new is ready
  scramjet.sth.sth_deployment:
    name: shop
    src: packages/wordcount-2
    strategy: blue_green
    stop_timeout: 1

- name: Go back to the version before
  scramjet.sth.sth_deployment:
    name: shop
    state: rolled_back
    stop_timeout: 1

- name: End it, and remove its versions
  scramjet.sth.sth_deployment:
    name: shop
    state: absent
    stop_timeout: 1
"""

RETURN = r"""
deployment:
  description: The deployment.
  returned: success, after a replica has failed, and after another task has had the last word
  type: dict
  contains:
    name:
      description: Its name.
      returned: success
      type: str
    ref:
      description:
        - The version that it is brought to, C(name@sha256:<12 hex digits>). Null with O(state=absent), and with
          O(replicas=0) where the task does not name a version.
        - After V(CONFLICT) the one that the other task has brought it to.
      returned: success
      type: str
    previous_ref:
      description: The version before, to which O(state=rolled_back) would go. Null if none is left.
      returned: success
      type: str
    replicas:
      description: How many replicas there are.
      returned: success
      type: int
    ready:
      description: How many of them run and are past their start.
      returned: success
      type: int
    canary:
      description: How many of them were to have the new version. V(0) stands for all.
      returned: success
      type: int
instances:
  description: The replicas by index, and then those that were ended and have no successor.
  returned: success, and after a replica has failed
  type: list
  elements: dict
  contains:
    was:
      description: What happened to it, V(kept), V(started), V(replaced) or V(ended).
      returned: success
      type: str
    previous_ref:
      description: What the replica with this index ran before. Null if there was none.
      returned: success
      type: str
    seconds:
      description: How long it took until it was ready, or had ended. Null if it was kept, and in check mode.
      returned: success
      type: float
    id:
      description: The hub's id. Null in check mode if it is yet to be started.
      returned: success
      type: str
    name:
      description: Its name, C(<deployment>-<index>).
      returned: success
      type: str
    index:
      description: Its index.
      returned: success
      type: int
    deployment:
      description: The deployment it belongs to.
      returned: success
      type: str
    sequence:
      description: What it runs, C(id) and C(ref).
      returned: success
      type: dict
    app_config:
      description: Its configuration, secrets masked.
      returned: success
      type: dict
    args:
      description: Its arguments, secrets masked.
      returned: success
      type: list
      elements: raw
    live:
      description: Whether its process has not ended.
      returned: success
      type: bool
    status:
      description: One of V(starting), V(running), V(stopping) and V(ended).
      returned: success
      type: str
    outcome:
      description:
        - How it ended, one of V(completed), V(failed), V(stopped), V(killed) and V(unknown). Null while it lives.
      returned: success
      type: str
    exit_code:
      description: What a 1.x hub reports, which is V(-1) for success. Null where the hub reports none.
      returned: success
      type: int
    reason:
      description: The hub's words for its end.
      returned: success
      type: str
    created:
      description: When it was created, as the hub says it.
      returned: success
      type: str
    started:
      description: When it was started.
      returned: success
      type: str
    ended:
      description: When it ended.
      returned: success
      type: str
rolled_back:
  description: Whether the version before is back, because of O(state=rolled_back) or after a replica has failed.
  returned: success, and after a replica has failed
  type: bool
notes:
  description: What is assumed in check mode, and which old version the hub refuses to remove.
  returned: if there is any
  type: list
  elements: str
actions:
  description: What was, or in check mode would be, written. Elements as RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that was addressed. After a failure, what is not known of it is null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description:
    - Machine-readable kind of the failure, such as V(START_FAILED), V(ENDED_EARLY) or V(TIMEOUT).
    - V(CONFLICT) if another task has changed the deployment meanwhile and has the last word.
  returned: failure
  type: str
http_status:
  description: The status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: The method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: The address of the request that failed.
  returned: failure of a request
  type: str
instance:
  description: The hub's id of the replica that failed.
  returned: failure, if a replica failed
  type: str
outcome:
  description: How a failed replica ended.
  returned: failure, if a replica ended
  type: str
exit_code:
  description: What a 1.x hub reports for a failed replica.
  returned: failure, if the hub reports it
  type: int
reason:
  description: The hub's words for the end of the failed replica.
  returned: failure, if the hub tells it
  type: str
event:
  description: Payload of O(failure_event), secrets masked.
  returned: failure, if the replica emitted it
  type: raw
logs:
  description: The ends of what a failed replica said, C(stderr) and C(log), secrets scrubbed. A 0.18 hub keeps none.
  returned: failure, if a replica on a 1.x hub failed
  type: dict
"""

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.reconcile import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent", "restarted", "rolled_back"]},
        "name": {"type": "str", "required": True},
        "sequence": {"type": "str"},
        "replicas": {"type": "int"},
        "strategy": {"type": "str", "default": "rolling", "choices": ["rolling", "blue_green", "recreate"]},
        "max_surge": {"type": "int", "default": 1},
        "max_unavailable": {"type": "int", "default": 0},
        "canary": {"type": "int"},
        "on_failure": {"type": "str", "default": "rollback", "choices": ["rollback", "stop", "leave"]},
        "keep_versions": {"type": "int", "default": 1},
        "keep_config": {"type": "bool", "default": False},
        **specs.PACKAGE,
        **specs.PROGRAM,
        **specs.READINESS,
        **specs.ENDING,
    },
    constraints={"mutually_exclusive": [("src", "sequence")]},
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()

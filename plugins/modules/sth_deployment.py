#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_deployment
short_description: Keep replicas of a package running on a Scramjet Transform Hub, and update them without an outage
version_added: 1.0.0
description:
  - Uploads a package to a hub and keeps O(replicas) replicas of it running, all with the same version and configuration.
    Replicas that differ are replaced step by step. By default, an old replica is stopped only when its successor is ready.
  - A hub refuses to update a package while anything runs from it. So this module uploads the new version next to the old one,
    replaces the replicas, and then removes old versions that are no longer needed.
  - If a new replica does not become ready, the deployment is rolled back by default, see O(on_failure).
  - Each replica carries a record of the deployment. So if a run is interrupted, the next run completes it. If two runs change the same
    deployment at the same time, one wins and the other fails with C(error_code=CONFLICT). If you want the state that the failed task
    describes, run it again.
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
      - O(state=present), O(state=absent) and O(state=rolled_back) are idempotent. O(state=restarted) always restarts.
      - O(state=rolled_back) changes nothing in a second run as long as the hub lists a replica that the first run has started. After
        a canary, these are only the replicas that were the canary. If all of them have ended, and the hub no longer lists them, a second run
        goes back one more version. A hub from 0.24.3 on lists an ended replica for some minutes, and an older hub does not list it.
options:
  state:
    description:
      - V(present) runs the deployment as the task describes it. Replicas that have ended are started again. If O(replicas) is not set, the
        task may not notice that those with the highest indexes are missing.
      - V(absent) stops all replicas and removes the versions that the deployment has run, B(even if another tool has uploaded them).
        Versions that something else runs from, or that another deployment can go back to, stay on the hub. If the hub lists no replica any
        more, the task knows only the version in O(src) or O(sequence), and removes it. The other versions stay without a warning. If the hub
        refuses to remove a version for too long (see O(removal_timeout)), the task fails with C(error_code=CONFLICT).
      - V(restarted) replaces every replica once, in the way that O(strategy) sets, even if nothing has changed. It cannot be used with
        O(canary), except with O(canary=0), which completes the update too.
      - V(rolled_back) goes back to the version before the present one. O(src) and O(sequence) are ignored. The configuration does not go
        back, because the hub no longer has the old one. To keep the present configuration, leave out O(app_config), O(args) and
        O(overrides), or set O(keep_config). To get the old one, set these options to their old values.
      - If there is a canary, V(rolled_back) gives it the version and the configuration of the other replicas, even if only the configuration
        differs.
      - A second run with V(rolled_back) changes nothing, as long as the hub lists a replica that the first run has started (see
        the attribute C(idempotent)). To go back further, deploy the version with O(sequence). If no older version is left, the task fails with
        C(error_code=NOT_FOUND).
    type: str
    choices: [present, absent, restarted, rolled_back]
    default: present
  name:
    description:
      - Name of the deployment, unique on its hub. Its replicas are C(<name>-0), C(<name>-1) and so on. If another instance or pool has
        one of these names, the task fails with C(error_code=CONFLICT).
    type: str
    required: true
  sequence:
    description:
      - A version on the hub to run, instead of O(src). Set an id, a name, V(name@version),
        V(name@sha256:<7 or more hex digits>) or V(name@current), see O(scramjet.sth.sth_instance#module:sequence).
      - With O(src) too, this option is the name and the digest that the package in O(src) must have, and only
        V(name@sha256:<7 or more hex digits>) is allowed. It works like O(digest), and both cannot be set. So the version that another hub
        runs, as RV(deployment.ref) and M(scramjet.sth.sth_export) name it, can be uploaded from a directory of archives.
      - The new version is usually another version of the same package, but it can also be a package with another name.
      - If neither O(src) nor O(sequence) is set, the version of the latest run stays, and so does every part of the configuration
        that is not set.
    type: str
  digest:
    description:
      - The digest that the package in O(src) must have, as V(sha256:<7 or more hex digits>). RV(deployment.ref) contains it, and
        RV(scramjet.sth.sth_package#module:package.digest) has it without V(sha256:). If the package has another digest, the task fails with
        C(error_code=INVALID_PACKAGE) before it changes anything. So you can be sure that the same build runs on every hub, wherever the
        archive comes from.
      - If O(src) is a directory of archives (C(*.tar.gz), C(*.tgz)) and not a package itself, the task uses the archive with this digest.
        It finds the archive faster if the name of the archive contains the digest, or if you set all 64 digits.
    type: str
  replicas:
    description:
      - How many replicas run. Scaling down stops those with the highest indexes. V(0) stops all.
      - If not set, the number stays as it is. A new deployment gets V(1), or one replica for each instance that it takes over. The task then
        counts the replicas that the hub lists. A hub from 0.24.3 on lists a replica that has ended for some minutes, and an older hub does
        not list it. So if replicas can end by themselves, set this option. Otherwise the number can become smaller.
    type: int
  indexes:
    description:
      - If the deployment runs on several hubs, the indexes of the replicas on this hub. Give each hub other indexes. Then O(index_key) and
        O(overrides) can be the same for all hubs. This option replaces O(replicas). An empty list ends all replicas on this hub.
      - The role C(deployment) computes these indexes from C(total_replicas).
      - If neither this option nor O(replicas) is set, the replicas keep their indexes.
    type: list
    elements: int
  strategy:
    description:
      - How replicas are replaced.
      - V(rolling) replaces a few replicas at a time, limited by O(max_surge) and O(max_unavailable).
      - V(blue_green) starts all new replicas, and stops the old ones when all new ones are ready. Until then, twice as many replicas run.
      - V(recreate) stops all old replicas before it starts new ones, so there is an outage. If the run is interrupted in between, the hub
        no longer has the settings of the deployment. So set O(src) or O(sequence), O(app_config), O(args) and O(replicas) in the task.
    type: str
    choices: [rolling, blue_green, recreate]
    default: rolling
  max_surge:
    description:
      - With O(strategy=rolling), how many replicas may run in addition to O(replicas) during the update. It has no effect with other
        strategies.
    type: int
    default: 1
  max_unavailable:
    description:
      - With O(strategy=rolling), how many of O(replicas) may be missing during the update. This option and O(max_surge) cannot both
        be V(0). It has no effect with other strategies.
      - If two replicas with the same index must not run at the same time, for example because they use the same file or queue, set
        O(max_surge=0) and O(max_unavailable=1).
    type: int
    default: 0
  canary:
    description:
      - How many replicas get the new version or configuration. They are those with the lowest indexes. The others keep the old one.
        A second run changes nothing. With O(indexes), it is the number on this hub. If nothing ran before, or the number includes every
        replica, all replicas get the new version, and there is no canary.
      - V(0) gives the new version or configuration to all replicas, which completes the update. This is the default if O(src) or
        O(sequence) is set.
      - If neither is set and there is a canary, its number is the default. So scaling and restarting do not complete the update, and new
        options, such as O(app_config), apply only to the replicas of the canary.
      - If you set a smaller number than before, the replicas that no longer belong to the canary get the old version and configuration
        back. A canary of a third version or configuration replaces the previous canary.
      - To take back a canary, use O(state=rolled_back) without this option.
    type: int
  on_failure:
    description:
      - What to do if a replica does not become ready, or ends while the task still runs. The task fails in any case.
      - V(rollback) restores what ran before this run. Each replica that the task has replaced gets back the version and the configuration
        that it had, so a canary stays a canary. The task does not touch the other replicas, and ends those that were not there before. The
        version of O(src) that failed is removed, unless something runs from it or a deployment can go back to it.
      - V(stop) stops the replica that failed, and replaces no more replicas. Those that the task has already replaced stay.
      - V(leave) changes nothing more. The replica that failed stays too, so that you can look at it.
    type: str
    choices: [rollback, stop, leave]
    default: rollback
  keep_versions:
    description:
      - How many older versions of the deployment stay on the hub, for O(state=rolled_back) and O(sequence). With V(0), there is no version
        to go back to. Versions that something else runs from, or that another deployment can go back to, are not removed. A task of
        M(scramjet.sth.sth_sequence) that replaces a package keeps them too.
      - A version that never ran on all replicas does not count as an older version, and is removed when the next new version is deployed.
        Such a version comes from a canary that was not completed, from a failure (if O(on_failure) has left it), or from a run that was
        interrupted.
      - If the hub refuses to remove an old version, the task still succeeds. RV(notes) says why, and the next run tries again.
    type: int
    default: 1
  keep_config:
    description:
      - Whether to keep the configuration that the replicas run with, and ignore O(app_config), O(args), O(overrides) and O(index_key). A
        new replica gets the configuration of the others, with its own index where they have theirs.
      - If there is no running replica from which a replica can get its configuration, it gets the one in these options. This is so for a
        replica that had O(overrides) and has ended, and for a new one if every replica that runs has O(overrides). If the task does not set
        these options, it then fails with C(error_code=INVALID_CONFIG).
      - Use it to scale or roll back a deployment with the same variables that it was deployed with.
    type: bool
    default: false
  take_over:
    description:
      - Instances that the deployment takes over, for example an instance that M(scramjet.sth.sth_instance) has started. Each of them counts
        as an old replica until a new replica is ready in its place, so there is no outage. Each new replica gets the configuration of the
        instance that it replaces, except for options that are set. If neither O(src) nor O(sequence) is set, all of them run the package of
        the instance that becomes the replica with the lowest index. If the new replicas do not become ready, the instances run on.
      - If O(replicas) is not set, each instance gets a new replica.
      - The deployment can have the name of an instance or pool that it takes over.
      - Use it only with O(state=present). A second run finds nothing left to take over, and changes nothing. If no replica of the deployment
        runs, and a name matches nothing, the task gives a warning.
    type: dict
    suboptions:
      instances:
        description:
          - Ids or names of instances. The name of a pool selects all its members.
        type: list
        elements: str
        default: []
      sequence:
        description:
          - Id, name or other reference of a package, see O(scramjet.sth.sth_instance#module:sequence). It selects all instances of the
            package that have no name, no matter who has started them. The name of a package selects all its versions.
        type: str
notes:
  - A hub does not report O(limits) and O(start_options). So set them in every run. Each replica that a run starts gets the ones of that
    run, even if the run rolls back.
  - If you set one of O(app_config), O(args) and O(overrides), set all of them that you use. If you leave out O(app_config) or O(args), each
    replica keeps its own, including values from earlier O(overrides). But O(canary=0) gives all replicas the configuration of the canary.
    If you set O(app_config) and leave out O(overrides), the values from earlier O(overrides) are gone, and likewise for O(args).
  - If no replica runs any more, the hub no longer has the version and the configuration of the deployment. Then set O(src) or
    O(sequence), O(app_config), O(args) and O(replicas).
  - If a run was interrupted after it started a replica, the next run waits until that replica is ready before it stops an old
    one. If no old replica is left, the next run does not check again whether the replicas that run became ready.
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
      # A setting of a sample program: events that it emits.
      events:
        - {name: ready, payload: {ok: true}}
    wait_for: event
    ready_event: ready
    stop_timeout: 1

- name: Run the replicas with two indexes of a deployment on this hub, each with its index in app_config
  scramjet.sth.sth_deployment:
    name: fleet
    src: packages/wordcount
    indexes: [4, 5]
    index_key: shard
    app_config: {}
    stop_timeout: 1

- name: Build an archive on the controller, and read the digest of the package
  scramjet.sth.sth_package:
    src: packages/wordcount
    dest: "{{ work_dir }}/archives/wordcount-1.4.2.tar.gz"
  delegate_to: localhost
  register: tested

- name: Deploy it, unless its content has changed in the meantime
  scramjet.sth.sth_deployment:
    name: fleet
    src: packages/wordcount
    digest: "sha256:{{ tested.package.digest }}"
    stop_timeout: 1

- name: Deploy the archive that has this digest, whatever its name is
  scramjet.sth.sth_deployment:
    name: fleet
    src: "{{ work_dir }}/archives"
    digest: "sha256:{{ tested.package.digest }}"
    stop_timeout: 1

- name: Only scale it, and keep version and configuration
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

- name: Give it to the other replicas too
  scramjet.sth.sth_deployment:
    name: shop
    canary: 0
    stop_timeout: 1

- name: Try another version of the package with one replica
  scramjet.sth.sth_deployment:
    name: shop
    src: packages/wordcount-2
    canary: 1
    stop_timeout: 1

- name: Go back from this canary, so that all replicas have the old version again
  scramjet.sth.sth_deployment:
    name: shop
    state: rolled_back
    stop_timeout: 1

- name: Deploy a new version next to the old one, and end the old one when all new replicas are ready
  scramjet.sth.sth_deployment:
    name: shop
    src: packages/wordcount-2
    strategy: blue_green
    stop_timeout: 1

- name: Go back to the previous version
  scramjet.sth.sth_deployment:
    name: shop
    state: rolled_back
    stop_timeout: 1

- name: Start an instance
  scramjet.sth.sth_instance:
    name: till
    sequence: wordcount@current
    app_config:
      top: 3

- name: Make a deployment of it, with the same package and configuration and without an outage
  scramjet.sth.sth_deployment:
    name: till
    replicas: 2
    take_over:
      instances: [till]
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
  returned: success, after a replica has failed, and after another task has won
  type: dict
  contains:
    name:
      description: Its name.
      returned: success
      type: str
    ref:
      description:
        - The version of the deployment after the task, with the name of the package, C(name@sha256:<12 hex digits>), or C(name@version)
          if it was uploaded with O(compare=version). Null with O(state=absent), and with O(replicas=0) if the task does not set a version.
        - After V(CONFLICT), the version that the other task deployed.
      returned: success
      type: str
    previous_ref:
      description:
        - The previous version, to which O(state=rolled_back) goes back. Null if none is left. If there is a canary that differs only in its
          configuration, O(state=rolled_back) keeps the version.
      returned: success
      type: str
    replicas:
      description: How many replicas there are.
      returned: success
      type: int
    ready:
      description: How many of the replicas run and are no longer starting. This does not mean that they are ready as O(wait_for) says.
      returned: success
      type: int
    canary:
      description: How many of the replicas get the new version. V(0) means all.
      returned: success
      type: int
instances:
  description: The replicas, sorted by index, followed by replicas that were ended without a successor.
  returned: success, and after a replica has failed
  type: list
  elements: dict
  contains:
    was:
      description: What the task did with the replica, V(kept), V(started), V(replaced) or V(ended).
      returned: success
      type: str
    previous_ref:
      description: The version that the replica with this index ran before. Null if there was none.
      returned: success
      type: str
    seconds:
      description: Seconds until it was ready, or had ended. Null if it was kept, and in check mode.
      returned: success
      type: float
    id:
      description: Its id on the hub. Null in check mode if the task would start it.
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
      description: The sequence that it runs, with C(id) and C(ref).
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
      description: Whether its process is alive.
      returned: success
      type: bool
    status:
      description: One of V(starting), V(running), V(stopping) or V(ended).
      returned: success
      type: str
    outcome:
      description:
        - How it ended, one of V(completed), V(failed), V(stopped), V(killed) or V(unknown). Null while it is alive.
      returned: success
      type: str
    exit_code:
      description: Exit code that the hub reports. A hub from 1.0 on reports V(-1) for success, so test C(outcome) instead. Null if the
        hub reports none.
      returned: success
      type: int
    reason:
      description: Why it ended, in the words of the hub.
      returned: success
      type: str
    created:
      description: When it was created, as the hub reports it.
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
  description: Whether the deployment went back to the previous version, because of O(state=rolled_back) or because a replica failed.
  returned: success, and after a replica has failed
  type: bool
notes:
  description:
    - Remarks. For example, what the task assumed in check mode, which old version the hub refuses to remove, which topics the hub has (see
      O(output_topic)), and as which version the task treats a hub that is newer or older than all versions that it knows.
  returned: if there are any
  type: list
  elements: str
actions:
  description: What the task wrote, or in check mode would write. Elements are as in RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description:
    - Machine-readable code of the failure, such as V(START_FAILED), V(ENDED_EARLY) or V(TIMEOUT).
    - V(CONFLICT) if another task changed the deployment at the same time and has won.
  returned: failure
  type: str
http_status:
  description: HTTP status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: Method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: URL of the request that failed.
  returned: failure of a request
  type: str
instance:
  description: Id of the replica that failed, or of one that was started but could not be read afterwards.
  returned: failure, if a replica failed or could not be read
  type: str
outcome:
  description: How the failed replica ended.
  returned: failure, if a replica ended
  type: str
exit_code:
  description: Exit code that the hub reports for the failed replica.
  returned: failure, if the hub reports it
  type: int
reason:
  description: Why the failed replica ended, in the words of the hub.
  returned: failure, if the hub reports it
  type: str
event:
  description: Payload of O(failure_event), secrets masked.
  returned: failure, if the replica emitted it
  type: raw
logs:
  description: The last part of C(stderr) and C(log) of the failed replica, secrets masked. A hub before 0.24.3 keeps neither.
  returned: failure, if a replica failed and the hub keeps them
  type: dict
"""

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions
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
        "digest": {"type": "str"},
        "replicas": {"type": "int"},
        "indexes": {"type": "list", "elements": "int"},
        "strategy": {"type": "str", "default": "rolling", "choices": ["rolling", "blue_green", "recreate"]},
        "max_surge": {"type": "int", "default": 1},
        "max_unavailable": {"type": "int", "default": 0},
        "canary": {"type": "int"},
        "on_failure": {"type": "str", "default": "rollback", "choices": ["rollback", "stop", "leave"]},
        "keep_versions": {"type": "int", "default": 1},
        "keep_config": {"type": "bool", "default": False},
        "take_over": {
            "type": "dict",
            "options": {
                "instances": {"type": "list", "elements": "str", "default": []},
                "sequence": {"type": "str"},
            },
        },
        **specs.PACKAGE,
        **specs.PROGRAM,
        **specs.READINESS,
        **specs.ENDING,
    },
    options_type=DeploymentOptions,
    constraints={"mutually_exclusive": [("replicas", "indexes")]},
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()

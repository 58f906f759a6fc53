# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say what an instance runs with."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment C(program)."""

    DOCUMENTATION = r"""
options:
  app_config:
    description:
      - Configuration for the program. An instance that runs with another configuration counts as changed. The whole mapping is compared,
        with the types of the values, so V("3") differs from V(3). If you remove a key, this is a change too.
      - If not set, it is not compared, and a restart of an instance that runs keeps its configuration. M(scramjet.sth.sth_instance)
        starts an instance that has ended with V({}). M(scramjet.sth.sth_deployment) gives such a replica the configuration of the others.
        V({}) clears it.
      - The task fails with C(error_code=INVALID_CONFIG) if the reserved key C(_sth) is used, or if O(app_config) and O(args) together are
        larger than 127 KiB on a hub from 1.0 on. It also fails if they contain integers beyond 9007199254740991, because a hub rounds
        them. Write such numbers as strings.
      - Values under keys that look secret, such as C(password), C(apiKey) or C(...Token), are masked in results.
      - "On ansible-core 2.16 to 2.18, a template that computes a number returns a string. To get a number there, write the whole
        mapping as one expression, such as C({{ {'workers': n | int} }})."
    type: dict
  args:
    description:
      - Arguments for the program, a list of JSON values (strings, numbers, booleans, V(null), lists, mappings). The program gets
        them with their types, and they are compared as O(app_config) is.
      - Instead of a list, the option can be text with one argument on each line, or the JSON text of a list.
      - If not set, they are not compared, and a restart keeps the present arguments. V([]) clears them.
      - Dates, binary data and sets are refused, because JSON does not have them. Write them as strings. The limits for numbers are the
        same as for O(app_config).
      - On ansible-core 2.16 to 2.18, to get a number from a template, write the whole list as one expression, such as
        C({{ ['--workers', n | int] }}).
      - In a task that is written with the keyword C(action), use the alias C(sequence_args), because C(args) is another keyword there.
    type: list
    elements: raw
    aliases: [sequence_args]
  start_options:
    description:
      - Additional keys for the body of the hub's start request. Use it only if a newer hub has keys for which this module has no option.
        Hubs up to 1.0 have no such key that is useful. Keys that have an option, such as C(limits), are refused.
      - They are not compared, because a hub does not report them. So set them in every task that can start the instance.
    type: dict
    default: {}
  index_key:
    description:
      - For a pool or deployment, the place in O(app_config) where each member finds its index, an integer from 0 on. It is a dotted path
        such as V(server.index). Mappings that are missing on the path are created. If there is a value in this place, the index replaces
        it. If this option is not set, the members do not get their index.
      - If O(app_config) is not set, the index is added to the present configuration of the member.
    type: str
  overrides:
    description:
      - Different values for single members of a pool or deployment. The first element is for the member with index 0, the second for
        index 1, and so on. Use V({}) for a member without different values. The list can be shorter than the pool. Elements beyond the
        last member have no effect.
    type: list
    elements: dict
    suboptions:
      app_config:
        description:
          - Merged into O(app_config) recursively. Where both have a value, this one wins. If O(app_config) is not set, it is merged into
            the present configuration of the member, so what an earlier task has merged stays.
        type: dict
      args:
        description:
          - Arguments for this member, instead of O(args).
        type: list
        elements: raw
  input_topic:
    description:
      - Topic that the program reads its input from. It replaces the topic that the code of the program names, if it names one. An instance
        that runs with another input topic counts as changed. Requires a hub from 0.31.4 on.
      - If not set, it is not compared, and a restart keeps the present topic. To go back to the topic in the code, end the instance first,
        and start it without this option.
    type: str
  output_topic:
    description:
      - Topic that the program writes its output to. It replaces the topic that the code of the program names, if it names one. An instance
        that runs with another output topic counts as changed. Requires a hub from 0.31.4 on.
      - If not set, it is not compared, and a restart keeps the present topic. To go back to the topic in the code, end the instance first,
        and start it without this option.
      - B(Starting a program can crash the hub), with everything that runs on it, if the code of the program names a topic that
        exists with another content type. This cannot happen if the task sets both O(input_topic) and O(output_topic). If the hub has
        topics and the task does not set both, RV(notes) lists the topics with their types.
    type: str
  limits:
    description:
      - Resource limits. C(memory) is a number of megabytes. C(gpu) is a boolean, whether the program gets the GPUs of the machine.
        Requires a hub from 0.24.2 on.
      - A hub that runs programs in Docker uses both keys, and a hub that runs them in Kubernetes uses C(memory). A hub that runs
        programs as processes ignores limits. A hub of the role P(scramjet.sth.hub#role) is of this kind.
      - They are not compared, because a hub does not report them. So set them in every task that can start the instance.
    type: dict
  secret_keys:
    description:
      - Dotted paths in O(app_config) whose values are masked in results, such as V(db.host). In a path, V(*) stands for any one key, as in
        V(users.*.mail). V(args.0) is the first argument, and V(args.0.mail) a value in it. V(*) alone masks all values.
      - Values under keys that look secret, such as C(password), C(dbPass), C(ssh_key) or C(api_tokens), are always masked. A masked
        value is also masked where it is part of another value, such as an address.
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
"""

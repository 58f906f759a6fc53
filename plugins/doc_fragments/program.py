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
      - Configuration for the program. It is compared as a whole and with its types, so V("3") differs from V(3).
      - If not set, it is not compared, and a restart keeps the present configuration. V({}) clears it.
      - The key C(_sth) is reserved. A 1.x hub accepts up to 127 KiB.
      - Integers beyond 9007199254740991 are refused, because a hub rounds them. Write such numbers as strings.
      - Values under keys that look secret, such as C(password), C(apiKey) or C(...Token), are masked in results.
      - On ansible-core 2.16 to 2.18, a template that computes a number returns a string. To get a number there, write the whole
        mapping as one expression, such as C({{ {'workers':\ n | int} }}).
    type: dict
  args:
    description:
      - Arguments for the program, a list of JSON values (strings, numbers, booleans, V(null), lists, mappings). The program gets
        them with their types. They are compared with their types too, so V("3") differs from V(3).
      - A string that is a JSON list is read as that list. Any other string is split at commas.
      - Dates, binary data and sets are refused, because JSON does not have them. Write them as strings.
      - If not set, they are not compared, and a restart keeps the present arguments. V([]) clears them.
      - The limits for numbers are the same as for O(app_config). On ansible-core 2.16 to 2.18, write the whole list as one
        expression, such as C({{ ['--workers',\ n | int] }}).
      - Use the alias in the task form C(action:), which cannot take an option named V(args).
    type: list
    elements: raw
    aliases: [sequence_args]
  start_options:
    description:
      - Additional keys for the body of the hub's start request. They are not compared. The hub does not report them, so set them in
        every task that can start the instance again.
    type: dict
    default: {}
  index_key:
    description:
      - For a pool or deployment, a dotted path in O(app_config). Each member gets its index there, an integer from 0.
      - If O(app_config) is not set, the index is added to the present configuration of the member.
    type: str
  overrides:
    description:
      - Other values for single members of a pool or deployment. The first element is for the member with index 0, and so on. The list
        can be shorter than the pool.
    type: list
    elements: dict
    suboptions:
      app_config:
        description:
          - Merged into O(app_config) recursively. It wins over O(app_config). If O(app_config) is not set, it is merged into the present
            configuration of the member.
        type: dict
      args:
        description:
          - Used instead of O(args).
        type: list
        elements: raw
  input_topic:
    description:
      - Topic that the program reads its input from. It wins over a topic that the code of the program names. Needs a hub from
        0.31.4 on.
    type: str
  output_topic:
    description:
      - Topic that the program writes its output to. It wins over a topic that the code of the program names. Needs a hub from
        0.31.4 on.
      - If the code of the program names a topic that exists with another content type, starting the program ends the hub. To avoid
        this, set O(output_topic). If the hub has topics and the task does not set both O(input_topic) and O(output_topic), RV(notes)
        list the topics with their types.
    type: str
  limits:
    description:
      - Resource limits. Needs a hub from 0.24.2 on. The hub does not report them, so they are not compared. Set them in every task
        that can start the instance again.
    type: dict
  secret_keys:
    description:
      - Dotted paths in O(app_config) whose values are secret and masked in results. V(*) stands for any one key. V(args.<n>) is an
        argument, and V(args.<n>.<key>) a value in it. A single V(*) masks everything.
      - Values under keys that look secret, such as C(password), C(dbPass), C(ssh_key) or C(api_tokens), are always masked, and so is
        a secret inside another value.
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
"""

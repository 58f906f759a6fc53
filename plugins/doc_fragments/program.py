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
      - Configuration that the program reads. Compared as a whole and with its types, V("3") is not V(3).
      - If not set, it is not compared, and a restart keeps what was there. V({}) clears it.
      - The key C(_sth) is reserved. A 1.x hub carries up to 127 KiB.
      - Integers beyond 9007199254740991 are refused, since a hub rounds them; write such numbers as texts.
      - Values under keys that look secret (C(password), C(apiKey), C(...Token) and the like) are never shown.
      - On ansible-core 2.16 to 2.18 a template that computes a number gives a text. Build the mapping as one expression
        there, C({{ {'workers':\ n | int} }}).
    type: dict
  args:
    description:
      - Arguments of the program, a list of any JSON values (texts, numbers, booleans, V(null), lists, mappings). The program
        gets them with their types, and they are compared with their types, V("3") is not V(3).
      - JSON text of a list is that list, other text is split at commas.
      - Dates, binary data and sets are refused, since JSON has none. Write them as texts.
      - If not set, they are not compared, and a restart keeps what was there. V([]) clears them.
      - What is said of numbers at O(app_config) holds here too. On ansible-core 2.16 to 2.18 a template that computes a number
        gives a text. Build the list as one expression there, C({{ ['--workers',\ n | int] }}).
      - The alias is for the form C(action:), which cannot take an option of this name.
    type: list
    elements: raw
    aliases: [sequence_args]
  start_options:
    description:
      - Further keys for the body of the hub's start call, passed through. They are not compared, and have to be given again where
        an instance is started anew.
    type: dict
    default: {}
  index_key:
    description:
      - Dotted path in O(app_config) that receives the member's index, an integer from 0. Only for a pool.
      - Where O(app_config) is not set, it is added to what the member runs with.
    type: str
  overrides:
    description:
      - What single members of a pool have instead, by index. A list shorter than the pool leaves the rest as they are.
    type: list
    elements: dict
    suboptions:
      app_config:
        description:
          - Merged over O(app_config), recursively; where that is not set, over what the member runs with.
        type: dict
      args:
        description:
          - Used instead of O(args).
        type: list
        elements: raw
  input_topic:
    description:
      - Topic from which the program's input comes (1.x). It counts before one that the program's code names.
    type: str
  output_topic:
    description:
      - Topic to which the program's output goes (1.x). It counts before one that the program's code names.
      - Set it where a topic exists that the code names with another content type, since the start of such a program ends the
        hub. Where topics exist and the task does not set both, RV(notes) list them with their types.
    type: str
  limits:
    description:
      - Resource limits (1.x). The hub does not report them, so that a change in them alone is not seen, and that they have to be
        given again where an instance is started anew.
    type: dict
  secret_keys:
    description:
      - Further dotted paths in O(app_config) whose values are never shown. V(*) stands for any one key, V(args.<n>) for an
        argument, V(args.<n>.<key>) for what is inside of one, and V(*) alone for everything.
      - Values under keys that look secret, such as C(password), C(dbPass), C(ssh_key) or C(api_tokens), never are either, nor is
        a secret inside another value.
      - One that fits nothing is told in a warning.
    type: list
    elements: str
    default: []
"""

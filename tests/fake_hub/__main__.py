# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a fake hub until it is killed: python -m ...tests.fake_hub GENERATION PORT."""

from __future__ import annotations

import signal
import sys

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

if __name__ == "__main__":
    with FakeHub(sys.argv[1], port=int(sys.argv[2])) as hub:
        print(hub.api_url, flush=True)
        signal.pause()

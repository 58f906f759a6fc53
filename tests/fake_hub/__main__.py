# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a fake hub until it is killed."""

from __future__ import annotations

import argparse
import signal
from dataclasses import replace

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.fake_hub.versions import VERSIONS

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="fake_hub", description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    # On 0.18, the collection recognises a completed run because its runner stays for some seconds (hub-behaviour.md#no-outcome-on-018).
    with FakeHub(arguments.version, replace(FAST, linger=5.0), port=arguments.port) as hub:
        print(hub.api_url, flush=True)
        signal.pause()

# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks with uncommon contents, which no integration target has, get the same results through both entrances."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import recorded, recording, require_same
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
# The vaulted value is "canary-vault", its password what the test writes into a file. Tasks with ignore_errors are to fail, with
# the same words through both entrances: their results are compared like all others.
PLAY = """
- hosts: all
  gather_facts: false
  vars:
    sth_ca_path: "{{ undefined_here | default(omit) }}"
    sth_token: "{{ undefined_here | default(omit) }}"
    vaulted: &vaulted !vault |
      $ANSIBLE_VAULT;1.1;AES256
      33373965316238313230633237613130653163326163336638643333373636336561663535363065
      6535383364396665373931383831363538336565316262650a643234393039613936343036396435
      36393466333562366633626161623965363838663138366135326437623630396265656464633930
      3861626165656432390a613331653166346133373031626139616539366166366230373731393964
      3166
  tasks:
    - name: Give keys, dates and a vaulted value
      scramjet.sth.sth_instance: &start
        name: web
        sequence: probe
        stable_for: 0
        app_config:
          day: 2024-01-01
          at: 2024-01-01 12:30:00
          map: {1: one, false: never, 2.5: half, text: text}
          apiToken: *vaulted
      register: started
      failed_when: started is not changed
    - name: Give them again
      scramjet.sth.sth_instance: *start
      register: again
      failed_when: again is changed
    - name: Give JSON text of arguments
      scramjet.sth.sth_instance:
        name: typed
        sequence: probe
        stable_for: 0
        args: '["Hello", 123, {"abc": 456}, ["789"], true, null]'
      register: typed
      failed_when: typed.instance.args != ["Hello", 123, {"abc":456}, ["789"], true, none]
    - name: Give them as a list
      scramjet.sth.sth_instance:
        name: typed
        args: ["Hello", 123, {abc: 456}, ["789"], true, null]
      register: retyped
      failed_when: retyped is changed
    - name: Give them as template
      scramjet.sth.sth_instance:
        name: typed
        args: "{{ ['Hello', '123' | int, {'abc': 456}, ['789'], true, none] }}"
      register: retyped
      failed_when: retyped is changed
    - name: Give text that is no list
      scramjet.sth.sth_instance:
        name: typed
        args: "one\\ntwo"
      check_mode: true
      register: listed
      failed_when: listed.instance.args != ["one", "two"]
    # From here on, some tasks fail on purpose: how they fail is compared as everything else is.
    - name: Give a date as argument
      scramjet.sth.sth_instance:
        name: typed
        args: [{day: 2024-01-01}]
      ignore_errors: true
    - name: Give a time as argument of one member
      scramjet.sth.sth_instance:
        name: many
        count: 1
        sequence: probe
        overrides: [{args: [2024-01-01 12:30:00]}]
      ignore_errors: true
    - name: Give a number that is none
      scramjet.sth.sth_instance:
        name: typed
        args: [.nan]
      ignore_errors: true
    - name: Give text that is no JSON
      scramjet.sth.sth_deployment:
        name: typed
        sequence: probe
        args: "[one, two"
      ignore_errors: true
    - name: Sign in with a vaulted token
      scramjet.sth.sth_sequence_info:
        token: *vaulted
    - name: Sign in with a vaulted header
      scramjet.sth.sth_sequence_info:
        headers: {X-Key: *vaulted, X-Too: "{{ vaulted }}"}
    - name: Write to a path beside the playbook
      scramjet.sth.sth_package:
        src: probe
        dest: built.tar.gz
    - name: Read a path beside the playbook
      scramjet.sth.sth_sequence:
        src: built.tar.gz
        remote_src: true
    - name: Write to a path with the working directory in it
      scramjet.sth.sth_package:
        src: probe
        dest: $PWD/again.tar.gz
      register: again
      failed_when: again is not changed or again.package.path != playbook_dir ~ "/again.tar.gz"
    - name: Give no source
      scramjet.sth.sth_sequence:
        src: null
      ignore_errors: true
    - name: Give a header with a name that none has
      scramjet.sth.sth_sequence_info:
        headers: {"X:Y": "some-value"}
      ignore_errors: true
    - name: Trust what lies beside the playbook
      scramjet.sth.sth_sequence_info:
        ca_path: authority.pem
        validate_certs: true
    - name: Misspell options
      scramjet.sth.sth_instance:
        name: web
        sequences: probe
        replics: 3
      ignore_errors: true
    - name: Mistake several values
      scramjet.sth.sth_instance:
        name: web
        state: there
        count: many
      ignore_errors: true
    - name: Give an option by two names
      scramjet.sth.sth_instance:
        name: web
        state: stopped
        stop_timeout: 0
        args: [a]
        sequence_args: [a]
"""


def test_values_of_a_playbook_mean_the_same_in_process_and_as_a_module(
    tmp_path: pathlib.Path, certificate: tuple[str, str], authority: str
) -> None:
    results = []
    for entrance in ("in_process", "module"):
        book, elsewhere = tmp_path / "book", tmp_path / "elsewhere"
        elsewhere.mkdir()
        shutil.copytree(PROBE, book / "probe")
        shutil.copy(authority, book / "authority.pem")
        (book / "play.yml").write_text(PLAY)
        # ansible-core 2.22 masks it in every path too.
        (book / "password").write_text("not-in-any-path-8")
        record = tmp_path / f"{entrance}.jsonl"
        with FakeHub(generation="1.x", tls=certificate) as hub:
            variables: dict[str, Any] = {
                "sth_api_url": hub.api_url,
                "sth_entrance": entrance,
                # urllib3 warns of it on standard error.
                "sth_validate_certs": False,
            }
            deploy(book, variables)
            output = run_playbook(
                book / "play.yml",
                variables,
                "-vvv",
                "--vault-password-file",
                str(book / "password"),
                environment=recording(record),
                directory=elsewhere,
                warned=True,
            )
            # As it was sent: what has ended is soon not listed any more.
            config = next(json.loads(item.body) for item in hub.requests if item.path.endswith("/start"))["appConfig"]
            results.append(recorded(record))
        assert "canary-vault" not in output
        assert output.count("[WARNING]") == 1, output
        assert output.count("...ignoring") == PLAY.count("ignore_errors: true"), output
        assert "Both option args and its alias sequence_args are set." in output
        assert config["map"] == {"1": "one", "false": "never", "2.5": "half", "text": "text"}
        assert (config["day"], config["apiToken"]) == ("2024-01-01", "canary-vault")
        elsewhere.rmdir()
        shutil.rmtree(book)
    require_same(*results)


def deploy(book: pathlib.Path, variables: dict[str, Any]) -> None:
    """Put the probe on the hub."""
    task = {"scramjet.sth.sth_sequence": {"src": "probe"}}
    run_playbook(play(book / "deploy.yml", {"tasks": [task]}), variables)

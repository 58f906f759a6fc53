# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of M(scramjet.sth.sth_export): writes the files, the secrets encrypted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.export.yaml_text import yaml_lines
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import replacing, require_writable
from ansible_collections.scramjet.sth.plugins.modules.sth_export import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction
from ansible_collections.scramjet.sth.plugins.plugin_utils.project_files import working_directory

EXPORTED = "exported.yml"
VAULT = "exported_vault.yml"


class ActionModule(HubAction):
    """See `HubAction`."""

    task = TASK

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task, and write what it returns to files."""
        result = super().run(tmp, task_vars)
        # Missing if the task ran as a module, because the output of the module would contain the secrets.
        values = result.pop("_kept_back", None)
        if result.get("failed") or "content" not in result:
            return result
        try:
            self._write(result, values)
        except SthError as error:
            result.update(failed=True, msg=error.message, error_code=error.code)
        return result

    def _write(self, result: dict[str, Any], values: Mapping[str, Any] | None) -> None:
        directory = self._directory()
        exported, vault = (os.path.join(directory, name) for name in (EXPORTED, VAULT))
        texts = {exported: result["content"]}
        before = {exported: _text_of_file(exported)}
        if result["variables"]:
            before[vault] = _text_of_file(vault)
            encrypted = self._encrypted(values, before[vault], result)
            if encrypted is not None:
                texts[vault] = encrypted
        changed = [path for path, text in texts.items() if before[path] != text]
        result.update(changed=bool(changed), files=list(texts))
        if self._task.diff:
            result["diff"] = {
                "before": before[exported] or "",
                "after": result["content"],
                "before_header": exported,
                "after_header": exported,
            }
        if self._task.check_mode:
            return
        for path in changed:
            with replacing(path, 0o600 if path == vault else 0o644) as file:
                file.write(texts[path].encode("utf-8"))

    def _directory(self) -> str:
        """Return the directory for the files. It is created if it is missing, but not in check mode."""
        given = os.path.expandvars(os.path.expanduser(str(self._task.args["dest"])))
        directory = os.path.join(working_directory(self._loader, self._task), given)
        if os.path.isdir(directory):
            require_writable("dest", os.path.join(directory, EXPORTED))
            return directory
        if not self._task.check_mode:
            try:
                os.makedirs(directory)
            except OSError as error:
                raise SthError(
                    "LOCAL_ERROR",
                    f"dest {directory} could not be created ({error.strerror}): correct dest, or create the directory first.",
                ) from None
        return directory

    def _encrypted(self, values: Mapping[str, Any] | None, before: str | None, result: dict[str, Any]) -> str | None:
        """Return the encrypted text of the variables; None if it cannot be encrypted, which is noted.

        A file that decrypts to the same text stays, because encrypting the same text again gives another result, which would be a change.
        """
        notes = result.setdefault("notes", [])
        vault = self._loader._vault
        if values is None:
            notes.append(
                "The task ran as a module, which does not pass on secrets: run it on the controller with the connection local, "
                "or set the variables yourself."
            )
            return None
        if not vault.secrets:
            notes.append(
                "There is no vault password, so the values of the secrets are not written: use --ask-vault-pass or --vault-id, "
                "or set the variables yourself."
            )
            return None
        text = "\n".join(("---", *yaml_lines(values))) + "\n"
        try:
            if before is not None and vault.is_encrypted(before) and vault.decrypt(before).decode("utf-8") == text:
                return before
        except AnsibleError:
            # The file was encrypted with another password. Replace it.
            pass
        return str(vault.encrypt(text).decode("utf-8"))


def _text_of_file(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SthError(
            "LOCAL_ERROR", f"{path} could not be read ({error}): correct or remove it, or set another dest."
        ) from None

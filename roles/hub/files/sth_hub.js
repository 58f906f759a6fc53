// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Starts one Scramjet Transform Hub: node sth_hub.js SETTINGS
//
// SETTINGS is the JSON file that the role writes (keys: see vars/main.yml). The installed packages of the hub are not changed. The
// functions below correct from outside what they do wrong on a shared machine, and say why.
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const { createRequire } = require("module");
const net = require("net");
const path = require("path");

const settings = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const runnerEnvironment = JSON.parse(fs.readFileSync(settings.runner_environment, "utf8"));
const runDir = path.join(settings.data_dir, "run");
const uploadsDir = path.join(settings.data_dir, "uploads");
const tmpDir = settings.tmp_dir;

const fromPrefix = createRequire(path.join(settings.package_dir, "package.json"));
const fromHost = createRequire(fromPrefix.resolve("@scramjet/host"));

// The hub's own merge() ignores keys without a default, and values that are false or 0.
function merged(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const nested = value !== null && typeof value === "object" && !Array.isArray(value);
    result[key] = nested ? merged(result[key] || {}, value) : value;
  }
  return result;
}

const config = merged(fromHost("@scramjet/sth-config").defaultConfig, settings.hub);

// A 0.18 hub listens for its runners on all interfaces, a 1.x hub at the address of its API. The runners are local processes,
// which always connect to 127.0.0.1.
function keepInstancesPortLocal() {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (port, ...rest) {
    if (port !== config.host.instancesServerPort) return listen.call(this, port, ...rest);
    return listen.call(this, port, "127.0.0.1", ...(typeof rest[0] === "string" ? rest.slice(1) : rest));
  };
}

// From 0.39.0 on, a hub also checks the disk space of this folder before each start, although only the kubernetes adapter uses it. If
// it does not exist, every start answers 500 (hub-behaviour.md#hub-without-disks). So name a folder that exists.
function checkOnlyFoldersThatExist() {
  config.kubernetes = { ...config.kubernetes, sequencesRoot: config.sequencesRoot };
}

// Runners get the environment that the user chose, the interpreter that works, and the variable by which sth_supervise.py finds
// them: a program that holds a timer outlives its hub, and no other hub can end it.
function prepareRunners() {
  const spawn = childProcess.spawn;
  // The hub takes these two for its runners from its own environment.
  for (const name of ["PATH", "PYTHONPATH"]) {
    if (name in runnerEnvironment) process.env[name] = runnerEnvironment[name];
  }
  childProcess.spawn = function (command, args, options) {
    if (!options || !options.env || !options.env.SEQUENCE_PATH) return spawn.apply(this, arguments);
    const env = { TMPDIR: tmpDir, ...runnerEnvironment, ...options.env, STH_HUB_RUN_DIR: runDir };
    if (settings.python && command === "/usr/bin/env" && args[0] === "python3") {
      return spawn.call(this, settings.python, args.slice(1), { ...options, env });
    }
    return spawn.call(this, command, args, { ...options, env });
  };
}

// A failed or interrupted upload leaves a directory that the hub would list as a sequence after its next start
// (hub-behaviour.md#ghost-sequences). So write a note before the hub creates the directory, and remove the note when the hub has accepted
// the upload. A note that is left names a failed upload.
function forgetFailedUploads() {
  const { ProcessSequenceAdapter } = fromHost("@scramjet/adapters/process-sequence-adapter");
  const { identify } = ProcessSequenceAdapter.prototype;
  const discard = (id) => {
    fs.rmSync(path.join(config.sequencesRoot, id), { recursive: true, force: true });
    fs.rmSync(path.join(uploadsDir, id));
  };
  fs.mkdirSync(uploadsDir, { recursive: true });
  fs.readdirSync(uploadsDir).forEach(discard);
  ProcessSequenceAdapter.prototype.identify = async function (stream, id, ...rest) {
    // This upload overwrites an existing sequence (1.x), whose directory must stay.
    if (fs.existsSync(path.join(config.sequencesRoot, id))) return identify.call(this, stream, id, ...rest);
    fs.writeFileSync(path.join(uploadsDir, id), "");
    try {
      const accepted = await identify.call(this, stream, id, ...rest);
      fs.rmSync(path.join(uploadsDir, id));
      return accepted;
    } catch (error) {
      discard(id);
      throw error;
    }
  };
}

// The hub and its programs have a directory of their own for temporary files. If programs cannot survive a hub, nobody needs the files
// of an earlier hub. The directory itself stays, because the unit has mounted it.
function useOwnTemporaryDirectory() {
  fs.mkdirSync(runDir, { recursive: true });
  if (Object.keys(settings.reconnect).length === 0) {
    for (const name of fs.readdirSync(tmpDir)) {
      try {
        fs.rmSync(path.join(tmpDir, name), { recursive: true, force: true });
      } catch (error) {
        // The hub must start even if a program has left something that cannot be removed, such as a read-only directory.
        console.error(`Could not remove ${name} from ${tmpDir}: ${error.message}`);
      }
    }
  }
  process.env.TMPDIR = tmpDir;
}

// Records which process is the hub, and with which settings it is ready, for `sth_supervise.py status`.
function tellReady() {
  const ready = path.join(runDir, "ready.json");
  fs.writeFileSync(`${ready}.new`, JSON.stringify({ pid: process.pid, fingerprint: settings.fingerprint }), { mode: 0o600 });
  fs.renameSync(`${ready}.new`, ready);
}

useOwnTemporaryDirectory();
if (config.runtimeAdapter === "process") {
  checkOnlyFoldersThatExist();
  keepInstancesPortLocal();
  prepareRunners();
  forgetFailedUploads();
}
fromHost("@scramjet/host")
  .startHost({}, config, { identifyExisting: config.identifyExisting })
  .then(tellReady)
  .catch((error) => {
    console.error("The hub did not start:", error);
    process.exit(1);
  });

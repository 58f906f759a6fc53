// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Starts one Scramjet Transform Hub: node sth_hub.js SETTINGS
//
// SETTINGS is the JSON file that the role writes (keys: see vars/main.yml). The hub's packages are used as they are
// installed; what they get wrong on a shared machine is put right from outside, each with its reason below.
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

// The hub's own merge() neither accepts keys that have no default nor values that are false or 0.
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

// Before each start a 1.x hub looks for disk space in this folder too, which only the kubernetes adapter uses. One that does not
// exist makes every start answer 500.
function checkOnlyFoldersThatExist() {
  config.kubernetes = { ...config.kubernetes, sequencesRoot: config.sequencesRoot };
}

// Runners get the environment that the user chose, the interpreter that works, and the mark by which
// sth_supervise.py finds them: a program that holds a timer outlives its hub, and nobody could reach it any more.
function prepareRunners() {
  const spawn = childProcess.spawn;
  // These two the hub builds for its runners from its own.
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

// A failed or cut-off upload leaves a directory that the hub would list as a sequence after its next start. So an
// upload is noted before its directory is made, and the note goes when the hub has accepted it.
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
    // An existing one is being overwritten (1.x): its directory is not ours to discard.
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

// Temporary files are not shared with the machine. Where no program has survived the hub before, nobody needs the old ones. The
// directory itself stays, because the unit has mounted it.
function useOwnTemporaryDirectory() {
  fs.mkdirSync(runDir, { recursive: true });
  if (Object.keys(settings.reconnect).length === 0) {
    for (const name of fs.readdirSync(tmpDir)) {
      try {
        fs.rmSync(path.join(tmpDir, name), { recursive: true, force: true });
      } catch (error) {
        // What a program has left, such as a directory without write permission, must not keep the hub from starting.
        console.error(`Could not remove ${name} from ${tmpDir}: ${error.message}`);
      }
    }
  }
  process.env.TMPDIR = tmpDir;
}

// Says which hub with which settings is ready, for `sth_supervise.py status`.
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

// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Runs until it is stopped. Emits `ready` once and `beat` every few seconds, and answers `ping` with `pong`.
// Configuration: greeting (a text in each event), interval (seconds).
"use strict";

const { version } = require("./package.json");

module.exports = async function () {
  const { greeting = "hello", interval = 5 } = this.config;
  let beats = 0;
  const state = () => ({ greeting, version, beats });
  let stop;
  const stopped = new Promise((resolve) => { stop = resolve; });
  const timer = setInterval(() => {
    beats += 1;
    this.emit("beat", state());
  }, interval * 1000);
  this.on("ping", (payload) => this.emit("pong", { ...state(), payload }));
  this.addStopHandler(() => {
    clearInterval(timer);
    stop();
  });
  this.emit("ready", state());
  await stopped;
  return JSON.stringify(state()) + "\n";
};

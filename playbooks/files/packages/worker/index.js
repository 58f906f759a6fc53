// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A member of a pool. Answers the event `work` (a text, or JSON text with the key `text`) with `done`, which has its index and the number
// of words, and the event `report` with `reported`, which has the totals of its work so far.
// Configuration: worker (its index, set by index_key), seconds (how long a piece of work takes).
"use strict";

const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function textOf(payload) {
  try {
    const value = typeof payload === "string" ? JSON.parse(payload) : payload;
    return String((value && value.text) || value);
  } catch (error) {
    return String(payload);
  }
}

module.exports = async function () {
  const { worker = 0, seconds = 0.1 } = this.config;
  let pieces = 0;
  let words = 0;
  let stop;
  const stopped = new Promise((resolve) => { stop = resolve; });
  this.on("work", async (payload) => {
    await wait(seconds);
    const count = (textOf(payload).match(/[\p{L}\p{N}]+/gu) || []).length;
    pieces += 1;
    words += count;
    this.emit("done", { worker, words: count });
  });
  this.on("report", () => this.emit("reported", { worker, pieces, words }));
  this.addStopHandler(() => stop());
  const alive = setInterval(() => {}, 1000);
  this.emit("ready", { worker });
  await stopped;
  clearInterval(alive);
  return `${JSON.stringify({ worker, pieces, words })}\n`;
};

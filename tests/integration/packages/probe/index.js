// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A program for tests: `behaviour` in its configuration says what it does. The fake hub simulates the same.
const { PassThrough } = require("stream");

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

module.exports = async function (input, ...args) {
  const config = this.config || {};
  const behaviour = config.behaviour || "run";
  const seconds = config.seconds === undefined ? 0.3 : config.seconds;
  if (behaviour === "throw_at_start") throw new Error(config.message || "boom at start");
  if (behaviour === "exit") process.exit(config.code || 0);
  if (config.log) this.logger.info(config.log);
  if (config.stdout) console.log(config.stdout);
  if (config.stderr) console.error(config.stderr);
  if (config.healthy === false) this.addMonitoringHandler(() => ({ healthy: false }));
  this.on("ping", (message) => this.emit("pong", message));
  let counted = 0;
  this.on("count", () => this.emit("counted", String(++counted)));
  for (const [asked, event] of Object.entries(config.answers || {})) {
    this.on(asked, () => this.emit(event.name, event.payload));
  }
  for (const event of config.events || []) {
    setTimeout(() => this.emit(event.name, event.payload), (event.after || 0) * 1000);
  }
  if (behaviour === "echo") {
    const output = new PassThrough({ encoding: "utf-8" });
    (async () => {
      for await (const chunk of input) output.write(typeof chunk === "string" ? chunk.toUpperCase() : chunk);
      output.end();
    })();
    return output;
  }
  if (behaviour === "copy") {
    const output = new PassThrough();
    input.pipe(output);
    return output;
  }
  if (behaviour === "flood") {
    const output = new PassThrough();
    (async () => {
      const piece = Buffer.alloc(64 * 1024, "x");
      for (let left = config.bytes; left > 0; left -= piece.length) {
        if (!output.write(piece.subarray(0, Math.min(left, piece.length)))) {
          await new Promise((resolve) => output.once("drain", resolve));
        }
      }
      output.end();
    })();
    return output;
  }
  if (behaviour === "return_nothing") {
    setTimeout(() => console.log(config.late), seconds * 1000);
    return;
  }
  if (behaviour === "stream") {
    const output = new PassThrough();
    let number = 0;
    const timer = setInterval(() => {
      output.write(`line ${++number}\n`);
      if (number === config.count) clearInterval(timer);
    }, config.every * 1000);
    return output;
  }
  if (behaviour === "complete") {
    await sleep(seconds);
    if (config.late) setTimeout(() => console.log(config.late), 300);
    return JSON.stringify({ args, shard: config.shard, result: config.result || "done" }) + "\n";
  }
  if (behaviour === "hang") {
    // As a program does that computes without an end, but for the heat.
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), seconds * 1000);
  }
  if (behaviour === "end") {
    setTimeout(() => this.end(), seconds * 1000);
  }
  if (behaviour === "throw_when_told") {
    await new Promise((resolve) => this.on("throw", resolve));
    throw new Error(config.message || "boom when told");
  }
  if (behaviour === "throw_later") {
    await sleep(seconds);
    throw new Error(config.message || "boom later");
  }
  // "run": until it is stopped or told to finish, with a timer as a real service has one.
  const timer = setInterval(() => this.emit("tick", { args }), 1000);
  await new Promise((resolve) => this.on("finish", resolve));
  clearInterval(timer);
  return "result\n";
};

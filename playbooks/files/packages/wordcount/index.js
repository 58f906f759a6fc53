// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Counts the words of the text that is fed to it and writes the most frequent ones as JSON lines.
// Configuration: min_length (shortest word that counts), top (how many to write). Arguments: words to leave out.
"use strict";

const { StringDecoder } = require("string_decoder");

const LINES_PER_REPORT = 100;

async function* linesOf(input) {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.write(chunk))).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  rest += decoder.end();
  if (rest) yield rest;
}

module.exports = async function* (input, ...leftOut) {
  const { min_length: minLength = 4, top = 10 } = this.config;
  const counts = new Map();
  let lines = 0;
  let words = 0;
  for await (const line of linesOf(input)) {
    lines += 1;
    for (const word of line.toLowerCase().match(/\p{L}+/gu) || []) {
      words += 1;
      if (word.length >= minLength && !leftOut.includes(word)) counts.set(word, (counts.get(word) || 0) + 1);
    }
    if (lines % LINES_PER_REPORT === 0) this.emit("progress", { lines, words });
  }
  this.emit("progress", { lines, words });
  console.log(`${words} words in ${lines} lines, ${counts.size} different ones counted`);
  const table = [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).slice(0, top);
  // Objects become JSON lines in the hub's runner.
  for (const [word, count] of table) yield { word, count };
};

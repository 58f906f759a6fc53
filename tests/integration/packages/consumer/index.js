// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Reads the topic `orders` and gives each line back in capitals as its output.
const { PassThrough } = require("stream");

module.exports = [
  { requires: "orders", contentType: "text/plain" },
  async function (input) {
    const output = new PassThrough({ encoding: "utf-8" });
    (async () => {
      for await (const text of input) output.write(String(text).toUpperCase());
      output.end();
    })();
    return output;
  },
];

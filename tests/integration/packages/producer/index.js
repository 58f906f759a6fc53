// Copyright (c) 2026 scramjet.sth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Writes a line to the topic `orders` every tenth of a second until it is stopped.
const { PassThrough } = require("stream");

module.exports = async function () {
  const output = new PassThrough({ encoding: "utf-8" });
  output.topic = "orders";
  output.contentType = "text/plain";
  let number = 0;
  setInterval(() => output.write(`order ${(number += 1)}\n`), 100);
  return output;
};

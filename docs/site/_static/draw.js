// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the diagrams of a page, in the colours of its theme.
document.addEventListener("DOMContentLoaded", () => {
  const theme = document.body.dataset.theme;
  const dark = theme === "dark" || (theme !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  // By default, an id is the time: diagrams that are drawn in one millisecond would share the styles of the first.
  const ids = { deterministicIds: true, deterministicIDSeed: "diagram" };
  mermaid.initialize({ ...ids, startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral" });
  mermaid.run({ querySelector: "pre.mermaid" });
});

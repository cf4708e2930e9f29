// SPDX-License-Identifier: GPL-3.0-or-later
// node validate.js FILE... : one JSON report of the Khronos validator per line.
"use strict";
const fs = require("fs");
const validator = require("gltf-validator");

(async () => {
  for (const file of process.argv.slice(2)) {
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), { uri: file, maxIssues: 100 });
    process.stdout.write(JSON.stringify(report) + "\n");
  }
})().catch((failure) => {
  process.stderr.write(String(failure) + "\n");
  process.exit(1);
});

// SPDX-License-Identifier: Apache-2.0
// Starts the emulator, runs client.mjs against it with the emulator's CA trusted, and stops it.
//   node run.mjs GRAPH_EMULATOR
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "microsoft-client."));
const ports = join(folder, "ports.json");

const emulator = spawn(program, ["--state", folder, "--cert-dir", join(folder, "certs")], { stdio: "inherit" });
let status = 1;
try {
  while (!existsSync(ports)) {
    if (emulator.exitCode !== null) throw new Error("the emulator ended before it was ready");
    await pause(20);
  }
  const environment = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "certs", "ca.pem") };
  const client = spawn(process.execPath, [join(here, "client.mjs"), ports], { stdio: "inherit", env: environment });
  [status] = await once(client, "exit");
} finally {
  const ended = emulator.exitCode === null ? once(emulator, "exit") : null;
  emulator.kill("SIGTERM");
  await ended;
}
if (status === 0) rmSync(folder, { recursive: true });
else console.error(`evidence kept in ${folder}`);
process.exit(status ?? 1);

// Node as a host: requests come as lines of JSON on standard input, answers go to standard output, all else to standard
// error. Ends when standard input does, so that it does not outlive the worker that started it.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Answering } from "./answering.mjs";

globalThis.console = new console.Console(process.stderr, process.stderr);

const packages = process.argv[2];
const require = createRequire(join(packages, "here.js"));

let stat = null;
try {
  stat = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
} catch {} // told by Linux alone
const text = Buffer.alloc(64);

const host = {
  page: false,
  tells: stat !== null,
  own: (name) => import(new URL(name, import.meta.url)),
  module: (name, path) => import(pathToFileURL(join(packages, name, path))),
  script: (name) => require(name),
  folder: (name, path) => join(packages, name, path) + "/",
  bytes: async (path) => new Uint8Array(readFileSync(join(host.artifact, path))),
  peak: () => process.resourceUsage().maxRSS * 1024,
  about: async () => ({ versions: { node: process.versions.node } }),
  // As the worker reads its own: how long this thread stood ready, how often it ran, the clock, the CPU time.
  waits() {
    if (stat === null) return null;
    const [, waited, times] = text.toString("latin1", 0, readSync(stat, text, 0, 64, 0)).split(" ");
    const { user, system } = process.cpuUsage();
    return [waited / 1e9, Number(times), performance.now() / 1e3, (user + system) / 1e6];
  },
};

const answering = new Answering(host);
for await (const line of createInterface({ input: process.stdin })) {
  const answer = JSON.stringify(await answering.answer(JSON.parse(line)));
  // By the stream, which waits: WebAssembly's threads leave the pipe in a mode in which it would be said to be full.
  await new Promise((done) => process.stdout.write(answer + "\n", done));
}
process.exit(0);

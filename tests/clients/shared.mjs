// What the sessions of both TypeScript clients do alike: each step ends the process with 1 at the first
// surprise. `call` is how a client calls a tool: a name, arguments, options.

import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

export const identity = { name: "ringfence-tests", version: "1.0.0" };

// Who the person behind the client says to be.
export const person = () => ({
  action: "accept",
  content: { username: "ada", email: "ada@example.com" },
});

export function check(holds, what) {
  if (!holds) {
    console.error(`FAILED: ${what}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

// A bell that rings once, and who waits for it.
export function bell() {
  let ring;
  const rung = new Promise((resolve) => (ring = resolve));
  return { ring: () => ring(), rung };
}

// Over HTTP at an URL, or over the pipes of a process.
export function transport(http, stdio, [command, ...args]) {
  return command.startsWith("http://")
    ? new http(new URL(command))
    : new stdio({ command, args, stderr: "inherit" });
}

export async function echoes(call) {
  const result = await call("echo_echo", { text: "grüße ✓" });
  check(!result.isError && result.content[0].text === "grüße ✓", "a call gives its text");
  check(result.structuredContent.result === "grüße ✓", "and its structured value");
  return result;
}

export async function refuses(call) {
  const code = await call("nobody_home").then(() => 0, (error) => error.code);
  check(code === -32602, `an unknown tool is refused with -32602: ${code}`);
}

// This tool reports five times and then waits: the call ends because it is given up, once every report is
// here. One that ends by itself would not do: a client that forgets a call's listener as soon as it reads
// the answer drops a report that comes in the same read with "unknown token".
export async function reports(call) {
  const reports = [];
  const enough = new AbortController();
  const reporting = call("linger_linger", { steps: 5 }, {
    signal: enough.signal,
    onprogress: (report) => {
      reports.push(report);
      if (reports.length === 5) enough.abort();
    },
  });
  check(await reporting.then(() => false, () => enough.signal.aborted), "a call reports while it runs, and is given up");
  const wanted = [1, 2, 3, 4, 5].map((progress) => ({ progress, total: 5, message: "one step" }));
  check(isDeepStrictEqual(reports, wanted), `every report is here, in order: ${JSON.stringify(reports)}`);
}

export async function asks(call) {
  const result = await call("conformance_test_elicitation", { message: "Who are you?" });
  check(result.content[0].text.includes("ada@example.com"), "a tool asks, and is answered");
}

// A tool is added to the folder: `told` is when the client hears of it.
export async function hearsOfMore(client, folder, told) {
  copyFileSync(join(folder, "echo.wasm"), join(folder, "added.wasm.part"));
  renameSync(join(folder, "added.wasm.part"), join(folder, "added.wasm"));
  const late = new Promise((resolve) => setTimeout(() => resolve("late"), 10_000).unref());
  check((await Promise.race([told, late])) !== "late", "the client is told of a new tool");
  const now = (await client.listTools()).tools.map((tool) => tool.name);
  check(now.includes("added_echo"), "and lists it");
}

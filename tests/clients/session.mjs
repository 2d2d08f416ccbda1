// A session of the official TypeScript client with `ringfence serve`.
//
// Usage: session.mjs MODE FOLDER URL
//        session.mjs MODE FOLDER RINGFENCE [ARGUMENT ...]
//
// MODE is legacy, auto, or a protocol version. FOLDER is served, at URL or by RINGFENCE, and holds the
// guests of `tests/guests/plain` and the one for conformance; a tool is added to it half-way. Exits with
// 1 at the first surprise.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [mode, folder, command, ...args] = process.argv.slice(2);

function check(holds, what) {
  if (!holds) {
    console.error(`FAILED: ${what}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

let told;
const changed = new Promise((resolve) => (told = resolve));
const client = new Client(
  { name: "ringfence-tests", version: "1.0.0" },
  {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: ["legacy", "auto"].includes(mode) ? mode : { pin: mode } },
    listChanged: { tools: { onChanged: () => told() } },
  },
);
client.setRequestHandler("elicitation/create", () => ({
  action: "accept",
  content: { username: "ada", email: "ada@example.com" },
}));
const transport = command.startsWith("http://")
  ? new StreamableHTTPClientTransport(new URL(command))
  : new StdioClientTransport({ command, args, stderr: "inherit" });
await client.connect(transport);
check(client.getServerVersion()?.name === "ringfence", "the server says who it is");

const { tools } = await client.listTools();
const byName = new Map(tools.map((tool) => [tool.name, tool]));
check(["echo_echo", "add_add", "sleep_sleep", "spin_spin"].every((name) => byName.has(name)), "the tools are listed");
check(byName.get("add_add").inputSchema.additionalProperties === false, "schemas are strict objects");
check(byName.get("echo_echo").annotations.readOnlyHint === true, "a tool without grants is read-only");

const call = (name, given = {}, options) => client.callTool({ name, arguments: given }, options);
let result = await call("echo_echo", { text: "grüße ✓" });
check(!result.isError && result.content[0].text === "grüße ✓", "a call gives its text");
check(result.structuredContent.result === "grüße ✓", "and its structured value");
check(result._meta["ringfence/receipt"].fuel > 0, "and a receipt");

result = await call("echo_echo", { text: 5 });
check(result.isError && result.content[0].text.includes("/text"), "a wrong type is an error with a path");
result = await call("trap_unreachable");
check(result.isError, "a trap is an error of that call");
const code = await call("nobody_home").then(() => 0, (error) => error.code);
check(code === -32602, `an unknown tool is refused with -32602: ${code}`);

// This tool reports five times and then waits: the call ends because it is given up, once every report is
// here. One that ends by itself would not do. This client forgets a call's listener as soon as it reads
// the answer, and drops a report that comes in the same read with "unknown token".
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

const started = performance.now();
await Promise.all(Array.from({ length: 16 }, () => call("sleep_sleep", { milliseconds: 100 })));
check(performance.now() - started < 1000, "sixteen calls sleep at once");

result = await call("conformance_test_elicitation", { message: "Who are you?" });
check(result.content[0].text.includes("ada@example.com"), "a tool asks, and is answered");

const giveUp = new AbortController();
const spinning = call("spin_spin", {}, { signal: giveUp.signal }).then(() => false, () => true);
setTimeout(() => giveUp.abort(), 200);
check(await spinning, "a spinning call is given up");
result = await call("echo_echo", { text: "still here" });
check(result.content[0].text === "still here", "the next call is not touched");

copyFileSync(join(folder, "echo.wasm"), join(folder, "added.wasm.part"));
renameSync(join(folder, "added.wasm.part"), join(folder, "added.wasm"));
const late = new Promise((resolve) => setTimeout(() => resolve("late"), 10_000).unref());
check((await Promise.race([changed, late])) !== "late", "the client is told of a new tool");
const now = (await client.listTools()).tools.map((tool) => tool.name);
check(now.includes("added_echo"), "and lists it");
await client.close();

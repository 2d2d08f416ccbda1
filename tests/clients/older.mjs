// A session of the TypeScript SDK that most hosts still have with `ringfence serve`.
//
// Usage: older.mjs FOLDER URL
//        older.mjs FOLDER RINGFENCE [ARGUMENT ...]
//
// FOLDER is served, at URL or by RINGFENCE, and holds the guests of `tests/guests/plain` and the one for
// conformance; a tool is added to it half-way. Exits with 1 at the first surprise.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [folder, command, ...args] = process.argv.slice(2);

function check(holds, what) {
  if (!holds) {
    console.error(`FAILED: ${what}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

let told;
const changed = new Promise((resolve) => (told = resolve));
const client = new Client({ name: "ringfence-tests", version: "1.0.0" }, { capabilities: { elicitation: {} } });
client.setNotificationHandler(ToolListChangedNotificationSchema, () => told());
client.setRequestHandler(ElicitRequestSchema, () => ({
  action: "accept",
  content: { username: "ada", email: "ada@example.com" },
}));
const transport = command.startsWith("http://")
  ? new StreamableHTTPClientTransport(new URL(command))
  : new StdioClientTransport({ command, args, stderr: "inherit" });
await client.connect(transport);
check(client.getServerVersion()?.name === "ringfence", "the server says who it is");

const { tools } = await client.listTools();
const names = tools.map((tool) => tool.name);
check(["echo_echo", "add_add", "spin_spin"].every((name) => names.includes(name)), "the tools are listed");

const call = (name, given = {}, options) => client.callTool({ name, arguments: given }, undefined, options);
let result = await call("echo_echo", { text: "grüße ✓" });
check(result.content[0].text === "grüße ✓", "a call gives its text");
check(result.structuredContent.result === "grüße ✓", "and its structured value");
const code = await call("nobody_home").then(() => 0, (error) => error.code);
check(code === -32602, `an unknown tool is refused with -32602: ${code}`);

// The call ends because it is given up, once every report is here.
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

result = await call("conformance_test_elicitation", { message: "Who are you?" });
check(result.content[0].text.includes("ada@example.com"), "a tool asks, and is answered");

copyFileSync(join(folder, "echo.wasm"), join(folder, "added.wasm.part"));
renameSync(join(folder, "added.wasm.part"), join(folder, "added.wasm"));
const late = new Promise((resolve) => setTimeout(() => resolve("late"), 10_000).unref());
check((await Promise.race([changed, late])) !== "late", "the client is told of a new tool");
const now = (await client.listTools()).tools.map((tool) => tool.name);
check(now.includes("added_echo"), "and lists it");
await client.close();

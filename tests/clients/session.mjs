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
import { asks, bell, check, echoes, hearsOfMore, identity, person, refuses, reports, transport } from "./shared.mjs";

const [mode, folder, ...server] = process.argv.slice(2);
const changed = bell();
const client = new Client(identity, {
  capabilities: { elicitation: {} },
  versionNegotiation: { mode: ["legacy", "auto"].includes(mode) ? mode : { pin: mode } },
  listChanged: { tools: { onChanged: changed.ring } },
});
client.setRequestHandler("elicitation/create", person);
await client.connect(transport(StreamableHTTPClientTransport, StdioClientTransport, server));
check(client.getServerVersion()?.name === "ringfence", "the server says who it is");

const { tools } = await client.listTools();
const byName = new Map(tools.map((tool) => [tool.name, tool]));
check(["echo_echo", "add_add", "sleep_sleep", "spin_spin"].every((name) => byName.has(name)), "the tools are listed");
check(byName.get("add_add").inputSchema.additionalProperties === false, "schemas are strict objects");
check(byName.get("echo_echo").annotations.readOnlyHint === true, "a tool without grants is read-only");

const call = (name, given = {}, options) => client.callTool({ name, arguments: given }, options);
let result = await echoes(call);
check(result._meta["ringfence/receipt"].fuel > 0, "and a receipt");

result = await call("echo_echo", { text: 5 });
check(result.isError && result.content[0].text.includes("/text"), "a wrong type is an error with a path");
result = await call("trap_unreachable");
check(result.isError, "a trap is an error of that call");
await refuses(call);
await reports(call);

// One after the other they take eight seconds.
const started = performance.now();
await Promise.all(Array.from({ length: 16 }, () => call("sleep_sleep", { milliseconds: 500 })));
check(performance.now() - started < 4000, "sixteen calls sleep at once");

await asks(call);

const giveUp = new AbortController();
const spinning = call("spin_spin", {}, { signal: giveUp.signal }).then(() => false, () => true);
setTimeout(() => giveUp.abort(), 200);
check(await spinning, "a spinning call is given up");
result = await call("echo_echo", { text: "still here" });
check(result.content[0].text === "still here", "the next call is not touched");

await hearsOfMore(client, folder, changed.rung);
await client.close();

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
import { asks, bell, check, echoes, hearsOfMore, identity, person, refuses, reports, transport } from "./shared.mjs";

const [folder, ...server] = process.argv.slice(2);
const changed = bell();
const client = new Client(identity, { capabilities: { elicitation: {} } });
client.setNotificationHandler(ToolListChangedNotificationSchema, changed.ring);
client.setRequestHandler(ElicitRequestSchema, person);
await client.connect(transport(StreamableHTTPClientTransport, StdioClientTransport, server));
check(client.getServerVersion()?.name === "ringfence", "the server says who it is");

const { tools } = await client.listTools();
const names = tools.map((tool) => tool.name);
check(["echo_echo", "add_add", "spin_spin"].every((name) => names.includes(name)), "the tools are listed");

const call = (name, given = {}, options) => client.callTool({ name, arguments: given }, undefined, options);
await echoes(call);
await refuses(call);
await reports(call);
await asks(call);
await hearsOfMore(client, folder, changed.rung);
await client.close();

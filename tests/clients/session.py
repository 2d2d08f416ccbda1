"""A session of the official Python client with `ringfence serve`.

Usage: session.py MODE FOLDER URL
       session.py MODE FOLDER RINGFENCE [ARGUMENT ...]

MODE is the client's: legacy, auto, or a protocol version. FOLDER is served, at URL or by RINGFENCE, and
holds the guests of `tests/guests/plain` and the one for conformance; a tool is added to it half-way.
Exits with 1 at the first surprise.
"""

import asyncio
import shutil
import sys
import time
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters
from mcp.types import ElicitResult


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


async def cancelled_call(client, name):
    """A call that the client gives up on."""
    task = asyncio.create_task(client.call_tool(name, {}))
    await asyncio.sleep(0.3)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def main(mode, folder, command):
    changed = asyncio.Event()
    progress = []
    enough = asyncio.Event()

    async def on_message(message):
        if "tools/list_changed" in str(getattr(message, "method", message)) or "ToolListChanged" in type(message).__name__:
            changed.set()

    async def on_progress(done, total, message):
        progress.append((done, total, message))
        if len(progress) == 5:
            enough.set()

    async def on_question(context, params):
        return ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.com"})

    if command[0].startswith("http://"):
        server = command[0]
    else:
        server = StdioServerParameters(command=command[0], args=command[1:])
    async with Client(
        server,
        mode=mode,
        message_handler=on_message,
        elicitation_callback=on_question,
        read_timeout_seconds=20,
    ) as client:
        print(f"protocol {client.protocol_version}")
        check(client.server_info is None or client.server_info.name == "ringfence", "the server says who it is")

        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        check({"echo_echo", "add_add", "sleep_sleep", "spin_spin"} <= tools.keys(), "the tools are listed")
        schema = tools["add_add"].input_schema
        check(schema["type"] == "object" and schema["additionalProperties"] is False, "schemas are strict objects")
        check(tools["echo_echo"].annotations.read_only_hint is True, "a tool without grants is read-only")

        result = await client.call_tool("echo_echo", {"text": "grüße \u2713"})
        check(not result.is_error and result.content[0].text == "grüße \u2713", "a call gives its text")
        check(result.structured_content == {"result": "grüße \u2713"}, "and its structured value")
        check(result.meta["ringfence/receipt"]["fuel"] > 0, "and a receipt")

        result = await client.call_tool("echo_echo", {"text": 5})
        check(result.is_error and "/text" in result.content[0].text, "a wrong type is an error with a path")
        result = await client.call_tool("echo_echo", {"text": "x", "more": 1})
        check(result.is_error and "more" in result.content[0].text, "an unknown argument is refused")
        result = await client.call_tool("trap_unreachable", {})
        check(result.is_error, "a trap is an error of that call")
        try:
            await client.call_tool("nobody_home", {})
            check(False, "an unknown tool is refused")
        except MCPError as error:
            check(error.error.code == -32602, "an unknown tool is refused with -32602")

        # This tool reports five times and then waits: the call ends because it is given up, once every
        # report is here.
        reporting = asyncio.create_task(client.call_tool("linger_linger", {"steps": 5}, progress_callback=on_progress))
        await asyncio.wait({asyncio.ensure_future(enough.wait()), reporting}, return_when=asyncio.FIRST_COMPLETED)
        check(not reporting.done(), "a call reports while it runs")
        reporting.cancel()
        await asyncio.wait({reporting})
        check(progress == [(step, 5, "one step") for step in range(1, 6)], f"every report is here, in order: {progress}")

        started = time.monotonic()
        results = await asyncio.gather(*(client.call_tool("sleep_sleep", {"milliseconds": 500}) for _ in range(16)))
        check(all(not result.is_error for result in results), "sixteen calls sleep at once")
        check(time.monotonic() - started < 4.0, "and not one after the other")

        result = await client.call_tool("conformance_test_elicitation", {"message": "Who are you?"})
        check("ada@example.com" in result.content[0].text, "a tool asks, and is answered")

        check(await cancelled_call(client, "spin_spin"), "a spinning call is given up")
        result = await client.call_tool("forge_forge", {})
        check("777" not in str(result.structured_content), "a forged answer stays with the tool")
        result = await client.call_tool("echo_echo", {"text": "still here"})
        check(result.content[0].text == "still here", "the next call is not touched")

        async def added():
            shutil.copy(folder / "echo.wasm", folder / "added.wasm.part")
            (folder / "added.wasm.part").rename(folder / "added.wasm")

        if client.protocol_version >= "2026-07-28":
            async with client.listen(tools_list_changed=True) as events:
                await added()
                await asyncio.wait_for(anext(aiter(events)), 10)
        else:
            await added()
            await asyncio.wait_for(changed.wait(), 10)
        names = {tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools}
        check("added_echo" in names, "a new file in the folder is a new tool, and the client was told")


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))

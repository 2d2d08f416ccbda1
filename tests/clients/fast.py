"""A session of FastMCP's client with `ringfence serve`.

Usage: fast.py MODE FOLDER URL

MODE is the client's: legacy, auto, or a protocol version. FOLDER is served at URL, and holds the guests of
`tests/guests/plain` and the one for conformance. Exits with 1 at the first surprise.
"""

import asyncio
import sys

from fastmcp import Client
from fastmcp.exceptions import ToolError


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


async def main(mode, url):
    reports = []
    enough = asyncio.Event()

    async def on_progress(done, total, message):
        reports.append((done, total, message))
        if len(reports) == 5:
            enough.set()

    async def on_question(message, response_type, params, context):
        return response_type(username="ada", email="ada@example.com")

    async with Client(url, mode=mode, elicitation_handler=on_question, timeout=20) as client:
        names = {tool.name for tool in await client.list_tools()}
        check({"echo_echo", "add_add", "spin_spin"} <= names, "the tools are listed")

        result = await client.call_tool("echo_echo", {"text": "grüße \u2713"})
        check(result.content[0].text == "grüße \u2713", "a call gives its text")
        check(result.structured_content == {"result": "grüße \u2713"}, "and its structured value")
        try:
            await client.call_tool("trap_unreachable", {})
            check(False, "a trap is an error of that call")
        except ToolError as error:
            check("broke" in str(error), "a trap is an error of that call")

        reporting = asyncio.create_task(client.call_tool("linger_linger", {"steps": 5}, progress_handler=on_progress))
        await asyncio.wait({asyncio.ensure_future(enough.wait()), reporting}, return_when=asyncio.FIRST_COMPLETED)
        check(not reporting.done(), "a call reports while it runs")
        reporting.cancel()
        await asyncio.wait({reporting})
        check(reports == [(step, 5, "one step") for step in range(1, 6)], f"every report is here, in order: {reports}")

        result = await client.call_tool("conformance_test_elicitation", {"message": "Who are you?"})
        check("ada@example.com" in result.content[0].text, "a tool asks, and is answered")


asyncio.run(main(sys.argv[1], sys.argv[3]))

"""Write ``docs/reference/http.md`` from the server's OpenAPI document.

python -m tests.docs.write_pages
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from plugin_bridge.protocol import HTTP_PORT
from server.http.app import create_app
from server.http.websocket import MESSAGE
from server.session.service import Service
from tests import ROOT
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher

PAGE = ROOT / "docs" / "reference" / "http.md"
HEAD = f"""# HTTP

Made from the server's OpenAPI document by `python -m tests.docs.write_pages`; a test compares them.
`patchwright serve` listens on TCP port {HTTP_PORT} of this machine (`--http-port`). It shows the
same operations at `/docs` and gives the document at `/openapi.json`.

With `--token`, a request needs the header `Authorization: Bearer TOKEN`. A unit value is 0..1 of a
parameter's range. An `id` is the text that an earlier answer gave.
"""
GROUPS = {
    "server": ("The server", "Its state."),
    "match": ("Matches", "A sound in, a preset out: at once, or as a job."),
    "instrument": ("The instrument", "What plays now: its knobs, parameters and presets."),
    "collection": ("Saved presets", "The collection, and the history."),
}
BODIES = {
    "multipart/form-data": "form field",
    "application/json": "JSON field",
    "application/octet-stream": "body",
}

Schema = Mapping[str, Any]


def document() -> str:
    """Return the whole page as Markdown."""
    openapi, metrics = asyncio.run(_served())
    lines = [HEAD]
    for tag, (title, about) in GROUPS.items():
        lines.append(f"## {title}\n\n{about}\n")
        for path, methods in openapi["paths"].items():
            for method, operation in methods.items():
                if next(iter(operation.get("tags", [])), "") == tag:
                    lines += _operation(f"{method.upper()} {path}", operation, openapi)
    lines += [*_errors(openapi), *_live(), *_metrics(metrics)]
    return "\n".join(lines)


async def _served() -> tuple[dict[str, Any], str]:
    """Return the OpenAPI document and the metrics of a server with a small fake model."""
    app = create_app(Service(FakeCheckpoint(), FakeMatcher()), ("reference",))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reference") as client:
        openapi = (await client.get("/openapi.json")).json()
        return openapi, (await client.get("/metrics")).text


def _operation(title: str, operation: Schema, openapi: Schema) -> Iterator[str]:
    """Yield the lines of one operation: meaning, parameters, body and responses."""
    yield f"### {title}\n"
    yield f"{_text(operation.get('description', ''), paragraphs=True)}\n"
    rows = [
        (_name(one["name"], one.get("required", False)), one["in"], one["schema"], one)
        for one in operation.get("parameters", ())
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content["schema"], openapi)
        fields = schema.get("properties")
        if fields is None:
            rows.append(("the file" if "octet" in kind else "the document", "body", schema, {}))
            continue
        needed = schema.get("required", ())
        rows += [(_name(n, n in needed), BODIES[kind], one, one) for n, one in fields.items()]
    if rows:
        yield "| name | in | type | default | meaning |\n| --- | --- | --- | --- | --- |"
        for name, place, schema, one in rows:
            about = _text(one.get("description", "")) or "-"
            kind = _type(schema, openapi)
            yield f"| {name} | {place} | {kind} | {_default(schema)} | {about} |"
        yield ""
    yield f"Responses: {_responses(operation['responses'], openapi)}\n"


def _name(name: str, required: bool) -> str:
    return f"`{name}`" + (" (required)" if required else "")


def _responses(responses: Schema, openapi: Schema) -> str:
    """Return the responses in one sentence; every error has the same body."""
    said = []
    for status, response in responses.items():
        if status == "default":
            continue
        content = response.get("content", {})
        kinds = " or ".join(f"`{kind}`" for kind in content) or "no body"
        schemas = [_type(one.get("schema", {}), openapi) for one in content.values()]
        shape = f", {schemas[0]}" if schemas and schemas[0] not in ("any", "text") else ""
        words = response.get("description", "").rstrip(".")
        words = "" if words == "Successful Response" else f" ({words})"
        said.append(f"**{status}**{words}: {kinds}{shape}")
    return "; ".join([*said, "other: [an error](#errors)"]) + "."


def _errors(openapi: Schema) -> Iterator[str]:
    body = openapi["components"]["schemas"]["ErrorBody"]
    yield "## Errors\n\nEvery response with another status than those above has this JSON body:\n"
    yield f"`{json.dumps(_example(body, openapi))}`\n"
    yield "`code` is one word for programs; `message` says what is wrong and how to fix it.\n"


def _example(schema: Schema, openapi: Schema) -> object:
    """Return an example of a schema that holds objects and texts."""
    schema = _resolved(schema, openapi)
    if "properties" not in schema:
        return "..."
    return {name: _example(one, openapi) for name, one in schema["properties"].items()}


def _live() -> Iterator[str]:
    """Yield the lines about the WebSocket, whose messages OpenAPI cannot describe."""
    schema = MESSAGE.json_schema()
    yield "## WebSocket /v1/live\n\nText frames of JSON, in both directions. A client sends:\n"
    yield "| fields | meaning |\n| --- | --- |"
    for reference in schema["anyOf"]:
        message = schema["$defs"][reference["$ref"].rpartition("/")[2]]
        fields = message["properties"].items()
        shown = ", ".join(f"`{name}` {_type(one, schema)}" for name, one in fields)
        yield f"| {shown} | {_text(message['description'])} |"
    yield (
        '\nThe server sends `{"knobs": [...]}` and `{"parameters": [...]}`, at first all of them,\n'
        'and `{"error": {"code": "...", "message": "..."}}`.\n'
    )


def _metrics(text: str) -> Iterator[str]:
    yield "## GET /metrics\n\nFor Prometheus, as text.\n"
    yield "| metric | type | meaning |\n| --- | --- | --- |"
    for family in sorted(text_string_to_metric_families(text), key=lambda one: str(one.name)):
        if family.name.startswith("patchwright"):
            yield f"| `{family.name}` | {family.type} | {_text(family.documentation)} |"
    yield ""


def _resolved(schema: Schema, document: Schema) -> Schema:
    """Return the schema that a reference names."""
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _type(schema: Schema, document: Schema) -> str:
    """Return the type and range of a schema in words."""
    schema = _resolved(schema, document)
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(_type(one, document) for one in kinds)
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("contentMediaType") or schema.get("format") == "binary":
        return "file"
    kind = schema.get("type")
    if kind == "array":
        count = _length(schema, "Items").removeprefix(", ")
        list_ = f"list ({count})" if count else "list"
        return f"{list_} of {_type(schema.get('items', {}), document)}"
    words = {"string": "text", "boolean": "true or false", None: "any"}
    return words.get(kind, str(kind)) + (_length(schema, "Length") or _range(schema))


def _length(schema: Schema, unit: str) -> str:
    low, high = schema.get(f"min{unit}"), schema.get(f"max{unit}")
    of = " characters" if unit == "Length" else ""
    if low is not None and high is not None:
        return f", {low} to {high}{of}"
    return f", at most {high}{of}" if high is not None else ""


def _range(schema: Schema) -> str:
    """Return the range of a number in words; a limit of 2**63 is the type's own."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    high = None if high is None or high >= 2**62 else high
    over = "over" if "exclusiveMinimum" in schema else "at least"
    if low is not None and high is not None:
        return f", {low:g} to {high:g}"
    return "" if low is None else f", {over} {low:g}"


def _default(schema: Schema) -> str:
    value = schema.get("default")
    return "-" if value in (None, "", []) else f"`{json.dumps(value)}`"


def _text(text: str, paragraphs: bool = False) -> str:
    """Return a docstring as Markdown, on one line unless its paragraphs are kept."""
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return ("\n\n" if paragraphs else " ").join(parts).replace("``", "`").replace("|", "&#124;")

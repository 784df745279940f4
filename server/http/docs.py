"""Show the API documentation at ``/docs`` without a network: Swagger UI from our own server.

The files of Swagger UI come from the package fastapi-swagger. FastAPI's own page would load them
from a CDN. That fails on a stage without internet, and the CDN sees every visit.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

router = APIRouter(prefix="/docs", include_in_schema=False)
FileName = Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"]
MEDIA_TYPES = {"js": "text/javascript", "css": "text/css", "png": "image/png"}

# The browser may contact this server only. Swagger UI sets inline styles, shows images as data and
# plays responses as blobs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>patchwright: HTTP API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The description is in <a href="openapi.json">openapi.json</a>.
</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# A file of its own, because the policy forbids scripts inside the page. `validatorUrl: null` stops
# Swagger UI from sending the description to its online validator.
START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""


@router.get("")
async def page() -> HTMLResponse:
    """Return the documentation page."""
    return HTMLResponse(PAGE, headers=HEADERS)


@router.get("/start.js")
async def start() -> Response:
    """Return the script that starts Swagger UI."""
    return Response(START, media_type=MEDIA_TYPES["js"], headers=HEADERS)


@router.get("/{name}")
async def swagger_file(name: FileName) -> Response:
    """Return a file of Swagger UI."""
    content = files("fastapi_swagger.resources").joinpath(name).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers=HEADERS)

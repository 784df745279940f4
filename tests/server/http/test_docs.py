"""Test that the API documentation works without a network: no other host is contacted."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from tests.programs.live_server import live_server

TYPES = {"js": "text/javascript", "css": "text/css", "png": "image/png", "json": "application/json"}


class References(HTMLParser):
    """Collect every address that a page refers to."""

    def __init__(self, page: str) -> None:
        """Parse the page."""
        super().__init__()
        self.found: list[str] = []
        self.inline_scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses of one element."""
        given = dict(attrs)
        names = {"src", "href", "action", "poster", "srcset", "data"} & set(given)
        self.found += [given[name] or "" for name in sorted(names)]
        self.inline_scripts += tag == "script" and "src" not in given


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Run a server and return a client that follows no redirect."""
    with live_server() as running, httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client


def test_the_server_answers_everything_that_the_page_needs(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    references = References(page.text)
    assert not references.inline_scripts  # the policy would block them
    start = http.get("/docs/start.js").text
    described = re.findall(r'url: "([^"]+)"', start)
    assert described == ["openapi.json"]
    assert {"docs/swagger-ui-bundle.js", "docs/swagger-ui.css"} < set(references.found)
    for address in {*references.found, *described}:
        answer = http.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.content, address
        assert answer.headers["content-type"].startswith(TYPES[address.rpartition(".")[2]])
    assert len(http.get("/openapi.json").json()["paths"]) > 20


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js"])
def test_the_page_names_no_other_host(http: httpx.Client, path: str) -> None:
    text = http.get(path).text
    assert "//" not in text  # no http://host and no //host
    for address in References(text).found:
        assert re.fullmatch(r"[a-z][a-z0-9./-]*", address), address


def test_the_style_sheet_loads_nothing(http: httpx.Client) -> None:
    style = http.get("/docs/swagger-ui.css").text
    assert "@import" not in style
    addresses = re.findall(r"url\(\s*[\"']?([^)\"']{0,60})", style)
    assert addresses and all(address.startswith("data:") for address in addresses)


def test_the_browser_may_contact_this_server_only(http: httpx.Client) -> None:
    for path in ("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"):
        headers = http.get(path).headers
        rules = [rule.split() for rule in headers["content-security-policy"].split(";")]
        policy = {name: set(sources) for name, *sources in rules}
        assert policy["default-src"] == {"'none'"}
        assert policy["script-src"] == policy["connect-src"] == {"'self'"}
        allowed = {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}
        assert set().union(*policy.values()) <= allowed
        assert headers["x-content-type-options"] == "nosniff"


def test_no_other_page_or_file_is_served(http: httpx.Client) -> None:
    assert http.get("/redoc").status_code == 404
    assert http.get("/docs/oauth2-redirect").status_code == 422
    for name in ("__init__.py", "%2e%2e%2fmain.py", "..%2f__init__.py"):
        assert http.get(f"/docs/{name}").status_code in (404, 422)


def test_a_token_and_a_foreign_page_are_checked_here_too(http: httpx.Client) -> None:
    assert http.get("/docs", headers={"host": "evil.example"}).status_code == 400
    assert http.get("/docs", headers={"origin": "https://evil.example"}).status_code == 403
    with live_server(token="s3cret") as running:
        assert httpx.get(f"{running.http_url}/docs").status_code == 401


def test_the_script_defines_what_the_page_starts(http: httpx.Client) -> None:
    assert "SwaggerUIBundle" in http.get("/docs/start.js").text
    assert "SwaggerUIBundle" in http.get("/docs/swagger-ui-bundle.js").text

"""The whole HTTP API as its own description has it, asked at random: no error of the server's.

``PATCHWRIGHT_FUZZ_EXAMPLES=1000 pytest tests/test_http_fuzz.py`` asks more.
"""

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from tests.live_server import live_server

EXAMPLES = int(os.environ.get("PATCHWRIGHT_FUZZ_EXAMPLES", "8"))
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def ask_at_random(
    operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any], mode: GenerationMode
) -> int:
    """Ask one operation with what fits its description, or does not; how often."""
    asked = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        nonlocal asked
        case.call_and_validate(checks=CHECKS, timeout=20)
        asked += 1

    ask()
    return asked


def test_no_request_is_an_error_of_the_server() -> None:
    with live_server() as running:
        schema = schemathesis.openapi.from_url(f"{running.http_url}/openapi.json")
        operations = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
        assert len(operations) >= 25
        asked = [
            ask_at_random(operation, mode)
            for operation in operations
            for mode in GenerationMode
            if mode is GenerationMode.POSITIVE or operation.body or operation.query
        ]
    assert sum(asked) >= 2 * len(operations)

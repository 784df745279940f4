"""The whole HTTP API as its own description has it, asked at random: no error of the server's.

    python -m tests.long.http_fuzz --examples 300

A program of its own: a plugin in the process takes it subnormal numbers, which hypothesis needs.
"""

import argparse
import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from tests.long.fuzz import attacked

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def ask_at_random(
    operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    examples: int,
) -> int:
    """Ask one operation with what fits its description, or does not; how often."""
    asked = 0

    @settings(
        max_examples=examples,
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


def main() -> None:
    """Ask every operation of a server in another process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    examples = parser.parse_args().examples
    with attacked() as server:
        schema = schemathesis.openapi.from_url(f"{server.running.http_url}/openapi.json")
        operations = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
        asked = [
            ask_at_random(operation, mode, examples)
            for operation in operations
            for mode in GenerationMode
            if mode is GenerationMode.POSITIVE or operation.body or operation.query
        ]
    print(json.dumps({"operations": len(operations), "asked": sum(asked)}))


if __name__ == "__main__":
    main()

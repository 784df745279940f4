"""The examples in docstrings run and give what they show."""

import doctest
import importlib

import pytest

from tests.test_architecture import module_name, source_files

EXAMPLES = [
    module_name(path) for path in source_files() if "    >>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", ["patchwright", *EXAMPLES])
def test_examples_of_a_module(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted and not result.failed

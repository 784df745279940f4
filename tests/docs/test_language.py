"""The project is written in plain English, and its public functions say what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.docstrings import faults, public
from tests.docs.prose import Passage, banned_words, passages, sentences


def places() -> list[str]:
    return [
        f"{passage.path.name}:{line}: {word}"
        for passage in passages()
        for line, word in banned_words(passage)
        if passage.path.name not in ("contributing.md", "prose.py")
    ]


def test_no_archaic_word_in_code_and_docs() -> None:
    assert places() == [], "see docs/contributing.md for the word to use"


def test_sentences_are_short() -> None:
    for kind in ("page", "docstring", "comment", "message"):
        lengths = [n for p in passages() if p.kind == kind for n in sentences(p)]
        assert sum(lengths) / len(lengths) <= 16, kind


def test_public_docstrings_keep_the_rules() -> None:
    assert [*faults([*public()])] == []


@pytest.mark.parametrize("text", ["The knob is told.", "Whoever asks", "It was heard"])
def test_an_archaic_word_is_found(text: str) -> None:
    assert banned_words(Passage(Path("page.md"), 1, "page", text))


@pytest.mark.parametrize("text", ["Move the slider back and forth.", "The word `told` in code."])
def test_an_allowed_phrase_is_not_found(text: str) -> None:
    assert not banned_words(Passage(Path("page.md"), 1, "page", text))

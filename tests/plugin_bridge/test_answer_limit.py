"""Few answers to many wrong messages, and a search for the nearest address once a second."""

import pytest

from plugin_bridge.answer_limit import ANSWERS, AnswerLimit
from plugin_bridge.protocol import INCOMING, ProtocolError, UnknownAddressError


def test_suggestions_come_once_a_second_and_answers_have_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches = list[str]()

    def search(path: str, *_: object, **__: object) -> list[str]:
        searches.append(path)
        return ["/nearest"]

    monkeypatch.setattr("plugin_bridge.protocol.difflib.get_close_matches", search)
    now = 0.0
    limit = AnswerLimit(lambda: now)
    for second in range(3):
        now = float(second)
        texts = [limit.answer(UnknownAddressError(f"/t/{n}", INCOMING)) for n in range(2000)]
        told = [text for text in texts if text]
        assert len(told) == ANSWERS
        assert "did you mean /nearest" in told[0]
        assert told[1].startswith("/t/1: unknown address") and "/nearest" not in told[1]
        assert len(searches) == second + 1


def test_foreign_messages_do_not_keep_back_the_answers_to_ours() -> None:
    limit = AnswerLimit(lambda: 5.0)
    for n in range(2000):
        limit.answer(UnknownAddressError(f"/t/{n}", INCOMING))
    assert limit.answer(UnknownAddressError("/t/1", INCOMING)) is None
    ours = UnknownAddressError("/patchwright/marco/1", INCOMING)
    assert "unknown address" in str(limit.answer(ours))
    assert limit.answer(ProtocolError("value must be float"))


def test_other_errors_keep_their_text() -> None:
    limit = AnswerLimit(lambda: 5.0)
    assert limit.answer(ProtocolError("value must be float")) == "value must be float"

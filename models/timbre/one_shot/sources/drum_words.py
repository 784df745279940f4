"""Name the class of a drum hit from the words in a file name."""

from __future__ import annotations

import re

# The first class whose pattern fits wins. Patterns see lower-case words, separated by spaces.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("rim", r"side ?stick|rim(?! ?shot)( ?click)?|cross ?stick|snare ?rim(?! ?shot)|rs|stick"),
    ("clap", r"hand ?clap|clap|cp|finger ?snap|snap"),
    ("cowbell", r"cow ?bell|cb|agogo"),
    (
        "hat-open",
        r"(semi ?)?open ?hi? ?hat|hi? ?hat ?(semi ?|half ?)?(open|op)|hat (\d )?op(en)?|ohh|ho|oh"
        r"|hh ?(semi ?)?open|hat ?(semi ?)?open|hhat \w+ \d+ \d+ open|hh ?o",
    ),
    ("hat-closed", r"(closed?|pedal) ?hi? ?hat|hi? ?hat|chh?|hh ?(closed|pedal)?|hat"),
    ("ride", r"ride( ?(bow|bell|cup|flink))?|(paiste ?)?bell|rc|rd"),
    ("crash", r"crash|china|splash|cc|cymbal|cym|cra"),
    ("kick", r"kick|bass ?drum|bd|bass ?dr|k"),
    ("snare", r"snares?|snr|sd|sn|sr|jsnare|rsnare|rim ?shot"),
    ("tom", r"toms?( ?(hi|high|mid|low|floor))?|floor ?tom|ft|t (?=\d)|ht|lt|mt|tomh"),
    ("conga", r"congas?|bongos?|djembe|cajon( ?\w+)?|timbale"),
    ("shaker", r"shakers?|maracas?|cabasa|tambourine( ?foot)?|tamb|fxshake"),
    ("clave", r"claves?|wood ?block|woody"),
)
CLASSES = tuple(name for name, _ in PATTERNS)
_COMPILED = [(name, re.compile(rf"(?<![a-z])(?:{rule})(?![a-z])")) for name, rule in PATTERNS]


def drum_class(stem: str) -> str:
    """Return the class that the words of a name mean, or an empty text.

    >>> drum_class("808_Hat_Open"), drum_class("GMKit HatClosed-Hard"), drum_class("sd_04")
    ('hat-open', 'hat-closed', 'snare')
    >>> drum_class("beats_06-12")
    ''
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)  # HatClosed
    words = re.sub(r"[\W_]+", " ", words).lower()
    words = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", words).strip()
    return next((name for name, rule in _COMPILED if rule.search(words)), "")

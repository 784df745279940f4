"""The long form of test_fuzz: broken OSC packets and broken sound files, against a real server.

    python -m tests.long.fuzz --packets 100000 --sounds 20000

Packets come by UDP, sounds are uploaded over HTTP and read as a match reads them; what is printed
is how many were followed or refused, and how much memory the server's process took on the way.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import soundfile
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from models.matching.options import MatchOptions, Watcher
from models.matching.sound_target import load_target
from plugin_bridge import protocol
from renderer.plugins.patch_template import PatchTemplate
from server.lifecycle import Running, Serving, serve_service
from server.logging_setup import set_up
from server.session.service import Service
from tests import ROOT
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, FakeResult, match_of
from tests.programs.live_server import OscClient

BATCH = 500  # packets between two questions whether the server still answers
FORMATS = (
    ("wav", "PCM_16"),
    ("wav", "FLOAT"),
    ("flac", "PCM_16"),
    ("ogg", "VORBIS"),
    ("mp3", "MPEG_LAYER_III"),
    ("aiff", "PCM_16"),
    ("au", "PCM_16"),
    ("caf", "PCM_16"),
)
MIB = 1024**2


class Reader(FakeMatcher):
    """Reads a sound exactly as a match does, and answers without a search."""

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None = None,
        template: PatchTemplate | None = None,
    ) -> FakeResult:
        """Errors as of ``models.matching.sound_target.load_target``."""
        load_target(sound, FakeCheckpoint().spec, options.start_s, options.end_s, options.note)
        return FakeResult(match_of(options.seed), options.seed)


def main_serve() -> None:
    """The server that is attacked, in a process of its own; prints where it answers."""
    set_up("warning", "text")

    def ready(running: Running) -> None:
        print(json.dumps([running.http_url, *running.osc]), flush=True)

    ports = Serving(http_port=0, osc_port=0, oscquery_port=0, announce=False)
    serve_service(lambda: Service(FakeCheckpoint(), Reader()), ports, ready)


@dataclass
class Attacked:
    """A server in a process of its own."""

    running: Running
    process: psutil.Process
    rss: list[int] = field(default_factory=list)  # bytes, on the way

    def measure(self) -> None:
        """Remember how much memory it takes; an error if it has died."""
        self.rss.append(self.process.memory_info().rss)


@contextmanager
def attacked() -> Iterator[Attacked]:
    """One that runs, and still runs at the end."""
    command = [sys.executable, "-c", "from tests.long.fuzz import main_serve; main_serve()"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = iter(server.stdout.readline, "")
        url, ip, port = next(json.loads(line) for line in lines if line.startswith("["))
        running = Running(url, (ip, port), "", server.terminate)
        try:
            yield Attacked(running, psutil.Process(server.pid))
            assert server.poll() is None, f"the server ended with {server.returncode}"
        finally:
            server.terminate()


def mutated(data: bytes, chance: random.Random, most: int = 8) -> bytes:
    """Some bytes changed, cut, doubled or put in."""
    out = bytearray(data)
    for _ in range(chance.randint(1, most)):
        at = chance.randrange(len(out) + 1)
        way = chance.randrange(5)
        if way == 0 and at < len(out):
            out[at] = chance.randrange(256)
        elif way == 1:
            out[at:at] = chance.randbytes(chance.randint(1, 8))
        elif way == 2:
            del out[at : at + chance.randint(1, 8)]
        elif way == 3:
            out[at : at + 4] = struct.pack(">i", chance.choice([-1, 0, -4, 2**31 - 1, -(2**31), 5]))
        else:
            out[at:at] = out[at : at + chance.randint(1, 64)]
    return bytes(out)


def packets(
    count: int, seed: int, addresses: tuple[protocol.Address, ...] = protocol.INCOMING
) -> Iterator[bytes]:
    """Valid messages and bundles, most of them then broken; and bytes of no meaning."""
    chance = random.Random(seed)
    for _ in range(count):
        way = chance.randrange(10)
        if way == 0:
            yield chance.randbytes(chance.randint(0, 300))
        elif way == 1:
            yield b"#bundle\0" + chance.randbytes(chance.randint(0, 100))
        elif way == 2:
            yield _any_tags(chance, addresses)
        elif way == 3:
            yield _nested(_message(chance, addresses), chance)
        else:
            valid = _bundle(chance) if way == 4 else _message(chance, addresses)
            yield valid if way == 5 else mutated(valid, chance)


def _any_tags(chance: random.Random, addresses: tuple[protocol.Address, ...]) -> bytes:
    """A message with any type tags, known or not, and bytes for some of them."""
    path = chance.choice(addresses).at(chance.randint(0, 4)).encode()
    tags = "," + "".join(chance.choices("ifsbhdtTFNIcrmS[]x", k=chance.randint(0, 12)))
    texts = b"".join(text + bytes(4 - len(text) % 4) for text in (path, tags.encode()))
    return texts + chance.randbytes(4 * chance.randint(0, 12))


def _nested(packet: bytes, chance: random.Random) -> bytes:
    """A packet in bundles of bundles, some of them deeper than may be."""
    for _ in range(chance.choice([1, 2, 8, 9, 330])):
        packet = b"#bundle\0" + struct.pack(">Qi", 1, len(packet)) + packet
    return packet


def _message(chance: random.Random, addresses: tuple[protocol.Address, ...]) -> bytes:
    # All but what would fill the collection or take a token.
    address = chance.choice([a for a in addresses if a is not protocol.KEEP])
    builder = OscMessageBuilder(address.at(chance.randint(0, 20)))
    odd: list[Any] = [
        0.5,
        1,
        -1,
        2**31 - 1,
        float("nan"),
        float("inf"),
        1e-40,
        "",
        "x" * 300,
        "osc_1_level",
        True,
        None,
        b"blob",
        "/etc/passwd",
    ]
    for _ in range(chance.choice([len(address.arguments)] * 4 + [0, 1, 6])):
        builder.add_arg(chance.choice(odd))
    return builder.build().dgram


def _bundle(chance: random.Random) -> bytes:
    builder = OscBundleBuilder(chance.choice([1, 10**9, 2 * 10**9]))
    for _ in range(chance.randint(1, 5)):
        message = OscMessageBuilder(protocol.MACRO.at(chance.randint(1, 3)))
        message.add_arg(chance.random())
        builder.add_content(message.build())
    return builder.build().dgram


def fuzz_osc(server: Attacked, count: int, seed: int = 0) -> dict[str, Any]:
    """Send packets; between batches a knob must answer. Messages by outcome, and memory."""
    slowest = 0.0
    with OscClient(server.running) as attacker:
        for number, packet in enumerate(packets(count, seed), start=1):
            if number % BATCH == 1:
                # Its answers then go to itself: a result that comes late would be among the
                # client's values.
                attacker.send(protocol.SUBSCRIBE.path, attacker.port, 600.0)
            attacker.socket.sendto(packet, attacker.server)
            if number % BATCH == 0 or number == count:
                slowest = max(slowest, answering(server))
    return {"packets": count, "slowest_answer_s": round(slowest, 3), **_memory(server)}


def answering(server: Attacked) -> float:
    """Seconds until a knob was answered with where it was put."""
    started = time.monotonic()
    with OscClient(server.running) as client:
        client.subscribe()
        position = random.random()
        client.send("/patchwright/param/7", position)
        client.hear()
        number = [args[1] for path, args in client.state if path == protocol.PARAMETER.path][6]
        assert abs(number - position) < 0.5  # stepped or not
        client.unsubscribe()
    server.measure()
    return time.monotonic() - started


def sounds(count: int, seed: int) -> Iterator[bytes]:
    """Short sounds of every format: broken headers, forged rates and lengths, cut ends."""
    chance = random.Random(seed)
    noise = np.random.default_rng(seed).normal(0, 0.1, (9000, 2)).astype(np.float32)
    whole = []
    for format_, subtype in FORMATS:
        buffer = io.BytesIO()
        soundfile.write(buffer, noise, 44100, format=format_.upper(), subtype=subtype)
        whole.append(buffer.getvalue())
    for _ in range(count):
        data = chance.choice(whole)
        head = chance.choice([64, 64, 300, len(data)])
        data = mutated(data[:head], chance, 12) + data[head:]
        yield data[: chance.randrange(1, len(data))] if chance.random() < 0.2 else data


def fuzz_sounds(server: Attacked, count: int, seed: int = 0) -> dict[str, Any]:
    """Upload sounds; answers by status, and memory. An answer of 500 or none is an error."""
    statuses: Counter[int] = Counter()
    slowest = 0.0
    with httpx.Client(base_url=server.running.http_url, timeout=60) as http:
        for number, data in enumerate(sounds(count, seed), start=1):
            started = time.monotonic()
            answer = http.post("/v1/match", files={"sound": ("a.wav", data)})
            slowest = max(slowest, time.monotonic() - started)
            assert answer.status_code in (200, 400, 422), (number, answer.text)
            statuses[answer.status_code] += 1
            if number % BATCH == 0 or number == count:
                server.measure()
    answers = {str(status): times for status, times in sorted(statuses.items())}
    return {"sounds": answers, "slowest_answer_s": round(slowest, 3), **_memory(server)}


def _memory(server: Attacked) -> dict[str, float]:
    """MiB at first, at most, and at the end."""
    first, most, last = server.rss[0], max(server.rss), server.rss[-1]
    return {
        name: round(value / MIB, 1)
        for name, value in (("rss_first", first), ("rss_most", most), ("rss_last", last))
    }


def main() -> None:
    """Both, each on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--sounds", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with attacked() as server:
        print(json.dumps(fuzz_osc(server, asked.packets, asked.seed)), flush=True)
    with attacked() as server:
        print(json.dumps(fuzz_sounds(server, asked.sounds, asked.seed)), flush=True)


if __name__ == "__main__":
    main()

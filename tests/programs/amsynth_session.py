"""amsynth itself, without a window: it loads a bank and saves it again.

It plays the client of a session manager (NSM, the Non Session Manager's OSC protocol), and we are
the manager: it announces itself, is told where its session lies, and is told to save it there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from tests.programs.real_plugins import amsynth

WAIT_S = 20.0
Address = tuple[str, int]


def saved_by_amsynth(bank: Path, folder: Path) -> Path:
    """The bank that amsynth saves after it loaded ``bank``; ``folder`` is its home meanwhile."""
    amsynth()
    program = shutil.which("amsynth")
    if program is None:
        pytest.skip("the program amsynth is not installed, only its plugin")
    (folder / "data").mkdir(parents=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
        manager.bind(("127.0.0.1", 0))
        manager.settimeout(WAIT_S)
        # No sound is wanted: neither JACK nor a sound card needs to be there.
        environment = os.environ | {
            "NSM_URL": f"osc.udp://127.0.0.1:{manager.getsockname()[1]}/",
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "JACK_NO_START_SERVER": "1",
            "JACK_DEFAULT_SERVER": "no such server",
        }
        quiet = subprocess.DEVNULL
        command = [program, "-x", "-b", str(bank)]
        process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
        try:
            save_session(manager, folder / "session")
        finally:
            process.kill()
            process.wait()
    return folder / "session" / "bank"


def save_session(manager: socket.socket, session: Path) -> None:
    """Let the client that announces itself open a session and save it."""
    client = answer(manager, "/nsm/server/announce")
    send(manager, client, "/reply", "/nsm/server/announce", "welcome", "tests", ":")
    send(manager, client, "/nsm/client/open", str(session), "tests", "amsynth")
    answer(manager, "/reply")
    send(manager, client, "/nsm/client/save")
    answer(manager, "/reply")


def send(manager: socket.socket, client: Address, path: str, *arguments: str) -> None:
    builder = OscMessageBuilder(path)
    for argument in arguments:
        builder.add_arg(argument)
    manager.sendto(builder.build().dgram, client)


def answer(manager: socket.socket, path: str) -> Address:
    """Where the next message comes from; it has to be of that address."""
    content, client = manager.recvfrom(65536)
    (timed,) = OscPacket(content).messages
    assert timed.message.address == path
    return str(client[0]), int(client[1])

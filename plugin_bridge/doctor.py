"""Check what the bridge can reach, and say what to do next: ``patchwright bridge doctor``.

Each check gives one line. All checks run at the same time, so the command takes as long as the
slowest of them.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from datasets.errors import PatchwrightError
from datasets.spec import SynthSpec
from plugin_bridge.ableton.abletonosc_client import HERE, AbletonOsc, LiveAddress
from plugin_bridge.ableton.device import dials, find_device, how_to_configure
from plugin_bridge.addresses import parse_address, shown
from plugin_bridge.midi.ports import midi_ports
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import ERROR, LOOPBACK, PARAMETER, TOKEN
from plugin_bridge.sync.run_link import model_spec
from renderer.engines.vita_patch import MACROS
from renderer.plugins.silence_output import silenced

PATIENCE_S = 0.5  # wait for an answer; Live gets two tries
SURGE, SURGE_OUT = 53280, 53281
Check = Callable[[], str]


def diagnose(model: str, server: str, token: str = "", live: LiveAddress = HERE) -> list[str]:
    """Return one line for each program that the bridge can connect to.

    Args:
        model: Shipped model, model folder or spec.
        server: HOST:PORT of the server's OSC.
        token: Token of the server, if it has one.
        live: Address of AbletonOSC.

    Returns:
        Lines such as ``JACK: runs, 4 ports``, in a fixed order.

    Raises:
        SpecError: The model is unknown.
        ServeError: The server's address is invalid.
    """
    spec, address = model_spec(model), parse_address(server)
    checks: dict[str, Check] = {
        "server": partial(check_server, spec, address, token),
        "Live": partial(check_live, spec, live),
        "Surge XT": check_surge,
        "MIDI": check_midi,
        "JACK": check_jack,
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(_line, check) for name, check in checks.items()}
        return [f"{name}: {line.result()}" for name, line in asked.items()]


def _line(check: Check) -> str:
    """Run a check, and return its line or its error's text."""
    try:
        return check()
    except (PatchwrightError, OSError) as error:  # OSError: the address cannot be reached
        return str(error)


def check_server(spec: SynthSpec, address: tuple[str, int], token: str) -> str:
    """Check that a patchwright server answers and plays the spec's parameters.

    Args:
        spec: Spec of the model that the bridge uses.
        address: IP address and UDP port of the server.
        token: Token of the server; empty for none.

    Returns:
        The result in one line, with the next step if something is wrong.
    """
    where = shown(*address)
    with contextlib.closing(OscClient(address, subscribed=False, ttl_s=5.0)) as client:
        if token:
            client.send(TOKEN.path, token)
        client.subscribe()
        received = list(client.receive(PATIENCE_S))
        client.unsubscribe()
    names = [str(args[0]) for path, args in received if path == PARAMETER.path]
    refused = [str(args[2]) for path, args in received if path == ERROR.path]
    if not names:
        why = f" ({refused[0]})" if refused else ""
        return f"{where}: no patchwright server answers{why}; start `patchwright serve`"
    if set(names) == set(MACROS) and spec.engine == "vita":
        return f"{where} plays a whole Vital preset with its macros: load that file in the plugin"
    if set(names) != set(spec.names):
        return f"{where} plays a model other than {spec.name}: give the server's --model here too"
    return f"{where} plays {spec.name}, {len(names)} parameters"


def check_live(spec: SynthSpec, at: LiveAddress) -> str:
    """Check that Live answers, and which of the spec's parameters it shows for the plugin."""
    with contextlib.closing(AbletonOsc(at)) as live:
        live.check(PATIENCE_S)
        device = find_device(live, spec)
        found, missing, _ = dials(live, device, spec)
    return how_to_configure(device, spec, missing) or (
        f"{device} with all {len(found)} parameters: run `patchwright bridge ableton`"
    )


def check_surge(port: int = SURGE, out: int = SURGE_OUT) -> str:
    """Check that Surge XT answers over OSC."""
    try:
        client = OscClient((LOOPBACK, port), subscribed=False, port=out)
    except OSError:
        return f"UDP port {out} is in use: another program already receives Surge XT's OSC output"
    with contextlib.closing(client):
        client.send("/q/param/macro/1")
        answers = client.hear(PATIENCE_S)
    if answers:
        return f"answers on UDP port {port}"
    return (
        f"no answer on UDP port {port}: in Surge XT, open Menu > OSC Settings and start OSC input "
        "and output"
    )


def check_midi() -> str:
    """List the MIDI ports that the bridge can send to."""
    with silenced():  # JACK and ALSA print to stderr if they are not running
        outputs, _ = midi_ports()
    return ", ".join(outputs) or "no output port: connect a device or start a software synth"


def check_jack() -> str:
    """Check that a JACK server runs, without starting one."""
    lister = shutil.which("jack_lsp")
    if lister is None:
        return (
            "JACK tools are not installed; you need them only to play a plugin into other programs"
        )
    try:
        done = subprocess.run([lister], capture_output=True, text=True, timeout=3, check=False)
    except subprocess.TimeoutExpired:
        return "a JACK server runs but does not answer: restart it"
    ports = done.stdout.split("\n")[:-1]
    return f"runs, {len(ports)} ports" if done.returncode == 0 else "no server runs: start jackd"

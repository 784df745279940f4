"""``patchwright bridge doctor``: check what can be reached, and say what to do next.

One line each. All are asked at the same time, so that the slowest alone is waited for.
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
from plugin_bridge.midi.midi_target import midi_ports
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import ERROR, LOOPBACK, PARAMETER, TOKEN
from plugin_bridge.sync.run_link import model_spec, parse_address
from renderer.engines.vita_patch import MACROS
from renderer.plugins.silence_output import silenced

PATIENCE_S = 0.5  # for an answer; Live is asked twice
SURGE, SURGE_OUT = 53280, 53281
Check = Callable[[], str]


def diagnose(model: str, server: str, token: str = "", live: LiveAddress = HERE) -> list[str]:
    """One line for each thing that the bridge may join; SpecError, ServeError for bad options."""
    spec, address = model_spec(model), parse_address(server)
    checks: dict[str, Check] = {
        "server": partial(check_server, spec, address, token),
        "Live": partial(check_live, spec, live),
        "Surge XT": check_surge,
        "MIDI": check_midi,
        "JACK": check_jack,
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(_told, check) for name, check in checks.items()}
        return [f"{name}: {line.result()}" for name, line in asked.items()]


def _told(check: Check) -> str:
    try:
        return check()
    except (PatchwrightError, OSError) as error:  # OSError: an address that is out of reach
        return str(error)


def check_server(spec: SynthSpec, address: tuple[str, int], token: str) -> str:
    """Whether a patchwright server answers, and plays that spec's parameters."""
    where = f"{address[0]}:{address[1]}"
    with contextlib.closing(OscClient(address, subscribed=False, ttl_s=5.0)) as client:
        if token:
            client.send(TOKEN.path, token)
        client.subscribe()
        heard = list(client.receive(PATIENCE_S))
        client.unsubscribe()
    names = [str(args[0]) for path, args in heard if path == PARAMETER.path]
    refused = [str(args[2]) for path, args in heard if path == ERROR.path]
    if not names:
        why = f" ({refused[0]})" if refused else ""
        return f"no patchwright server answers at {where}{why}: start `patchwright serve`"
    if set(names) == set(MACROS) and spec.engine == "vita":
        return f"{where} plays a whole preset file of Vital by its macros: load it in the plugin"
    if set(names) != set(spec.names):
        return f"{where} plays another model than {spec.name}: give --model to the bridge too"
    return f"{where} plays {spec.name}, {len(names)} parameters"


def check_live(spec: SynthSpec, at: LiveAddress) -> str:
    """Whether Live answers, and what of the plugin it lets be turned."""
    with contextlib.closing(AbletonOsc(at)) as live:
        live.check(PATIENCE_S)
        device = find_device(live, spec)
        found, missing, _ = dials(live, device, spec)
    return how_to_configure(device, spec, missing) or (
        f"{device} with all {len(found)} parameters: run `patchwright bridge ableton`"
    )


def check_surge(port: int = SURGE, out: int = SURGE_OUT) -> str:
    """Whether Surge XT answers over OSC."""
    try:
        client = OscClient((LOOPBACK, port), subscribed=False, port=out)
    except OSError:
        return f"UDP port {out} is taken: a program already listens to what Surge XT says"
    with contextlib.closing(client):
        client.send("/q/param/macro/1")
        heard = client.hear(PATIENCE_S)
    if heard:
        return f"answers on UDP port {port}"
    return f"no answer on UDP port {port}: in Surge XT, Menu > OSC Settings, start OSC in and out"


def check_midi() -> str:
    """The MIDI ports that can be sent to."""
    with silenced():  # asked in vain, JACK and ALSA write to stderr by themselves
        outputs, _ = midi_ports()
    return ", ".join(outputs) or "no port to send to: connect a device or start a software synth"


def check_jack() -> str:
    """Whether a JACK server runs; it is not started."""
    lister = shutil.which("jack_lsp")
    if lister is None:
        return "no JACK tools here; needed only to play a plugin into other programs"
    try:
        done = subprocess.run([lister], capture_output=True, text=True, timeout=3, check=False)
    except subprocess.TimeoutExpired:
        return "a JACK server runs and does not answer: start it again"
    ports = done.stdout.split("\n")[:-1]
    return f"runs, {len(ports)} ports" if done.returncode == 0 else "no server runs: start jackd"

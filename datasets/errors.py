"""Define all errors that the project raises on purpose, in one tree.

- PatchwrightError: Base of all others.
    - SpecError: A synth spec, a parameter name or a unit vector.
    - StoreError: A dataset folder or one of its parts.
    - RenderError: A synth that fails, hangs or does not repeat.
    - AudioError: A sound that cannot be read or used.
    - CheckpointError: A trained model that is missing, half-written, or of another version.
    - ServeError: A port, an address, a request.
        - MissingError: A job or a preset that does not exist.
    - TargetError: A host or synth that changes go to (plugin_bridge/sync/target.py).

A message names the value, the file or key, and the fix.
"""


class PatchwrightError(Exception):
    """Signal an error that the caller can fix; base of all others."""


class SpecError(PatchwrightError):
    """Signal that a synth spec, a parameter name or a unit vector is not valid."""


class StoreError(PatchwrightError):
    """Signal that a dataset folder cannot be read, written or continued."""


class RenderError(PatchwrightError):
    """Signal that a synth failed, hung, or did not give the same audio twice."""


class AudioError(PatchwrightError):
    """Signal that a sound cannot be read or used."""


class CheckpointError(PatchwrightError):
    """Signal that a trained model is missing, half-written, or of another version."""


class ServeError(PatchwrightError):
    """Signal that the server cannot use a port, an address or a request."""


class MissingError(ServeError):
    """Signal that a requested id does not exist, or no longer exists."""


def reason(error: BaseException) -> str:
    """Return the text of another library's error on one line of at most 200 characters."""
    return " ".join(str(error).split())[:200] or type(error).__name__

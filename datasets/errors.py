"""All errors that the project raises on purpose, in one tree.

    PatchwrightError
    |-- SpecError        a synth spec, a parameter name or a unit vector
    |-- StoreError       a dataset folder or one of its parts
    |-- RenderError      a synth that fails, hangs or changes its mind
    |-- AudioError       a sound that cannot be read or used
    |-- CheckpointError  a trained model: missing, half-written, of another version
    |-- ServeError       a port, an address, a request
        |-- MissingError a job or a preset that is not there
    |-- TargetError      a host or synth that changes go to (plugin_bridge/sync/target.py)

A message names the value, the file or key, and the fix.
"""


class PatchwrightError(Exception):
    """Base of all errors that are the caller's to fix."""


class SpecError(PatchwrightError):
    """A synth spec, a parameter name or a unit vector is not valid."""


class StoreError(PatchwrightError):
    """A dataset folder cannot be read, written or continued."""


class RenderError(PatchwrightError):
    """A synth failed, hung, or did not give the same audio twice."""


class AudioError(PatchwrightError):
    """A sound cannot be read, or holds nothing to work on."""


class CheckpointError(PatchwrightError):
    """A trained model is missing, half-written, or of another version."""


class ServeError(PatchwrightError):
    """A port, an address or a request of the server is not usable."""


class MissingError(ServeError):
    """What was asked for by its id is not there, or no longer."""

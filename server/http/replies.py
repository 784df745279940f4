"""Describe the body of each JSON response, for checks and for the API documentation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.http.errors import ErrorDetail


class Reply(BaseModel):
    """Describe the body of a response; later versions may add fields."""

    model_config = ConfigDict(extra="allow")


class HealthReply(Reply):
    """Describe the running server."""

    status: str = Field(description='Always "ok".')
    model: str = Field(description="Name of the model that the server plays.")
    version: str = Field(description='Version of patchwright; "0" if it is not installed.')
    busy: bool = Field(description="True while a match runs or waits.")


class ParameterReply(Reply):
    """Describe the current value of a parameter."""

    unit: float = Field(description="Unit value, 0 to 1.")
    native: float = Field(description="Value in the plugin's own unit.")
    text: str = Field(description="Value as the plugin displays it.")
    steps: int = Field(description="Number of possible values; 0 for a continuous parameter.")
    idle: bool = Field(
        False, description="True if the parameter changes nothing in the patch that plays."
    )


class KnobReply(Reply):
    """Describe a macro-knob."""

    index: int = Field(description="Number of the knob, from 1.")
    name: str = Field(description="Name of the knob.")
    position: float = Field(description="Current position, 0 to 1.")
    idle: bool = Field(
        False,
        description="True if the knob does nothing in the patch that plays: it moves parameters "
        "that are not idle by less than 5 % of their range.",
    )


class InstrumentReply(Reply):
    """Describe the current instrument."""

    model: str = Field(description="Name of the model that the server plays.")
    patch: str | None = Field(
        description="Title of the whole preset file that plays; null for a preset of the model."
    )
    template: str | None = Field(
        None,
        description="Name of the preset file that is the template; null for the model's own.",
    )
    formats: list[str] = Field(
        default=[],
        description="Formats of `GET /v1/instrument/file`, the default first. `preset` is the "
        "synth's own format; a timbre model has several.",
    )
    parameters: dict[str, ParameterReply] = Field(
        description="All parameters by name, in the order of the spec."
    )
    knobs: list[KnobReply] = Field(description="All macro-knobs.")
    locked: list[str] = Field(description="Names of the locked parameters.")
    side: str = Field(description='Side of the A/B comparison that plays: "A" or "B".')
    undo: int = Field(description="Number of gestures that can be undone, at most 200.")
    redo: int = Field(description="Number of gestures that can be redone.")


class PatchReply(Reply):
    """Describe the player's own patch that the model plays on."""

    file: str | None = Field(description="Name of the file; null for the model's own template.")
    sha256: str | None = Field(description="SHA-256 of the file; null without one.")
    missing: list[str] = Field(
        description="What the model assumes and the patch lacks or has otherwise, one line each."
    )
    idle: list[str] = Field(description="Names of the parameters that change nothing in it.")
    idle_knobs: list[int] = Field(description="Numbers of the knobs that do nothing, from 1.")


class NeighbourReply(Reply):
    """Describe a preset that sounds like another one."""

    unit: list[float] = Field(
        description="Unit values of the preset, 0 to 1, in the order of the spec. "
        "`PUT /v1/instrument/preset` loads them."
    )
    distance: float = Field(description="Expected distance in dB.")
    name: str = Field("", description="Name of a training sound of a timbre model, or empty.")


class PresetReply(Reply):
    """Describe a saved preset."""

    id: str = Field(description="Id of the preset.")
    spec: str = Field(description="Name of the synth's spec.")
    digest: str = Field(description="Digest of the spec. A preset fits only its own spec.")
    unit: list[float] = Field(
        description="Unit values, 0 to 1, in the order of the spec. For a whole preset file: the "
        "positions of its four macros."
    )
    name: str = Field(description="Name of the preset.")
    made: str = Field(description="Time of saving, ISO 8601 in UTC.")
    origin: dict[str, Any] = Field(
        description='Where the preset comes from, for example `{"match": "sketch.wav"}`.'
    )
    note: str = Field(description="Note of the player; may be empty.")
    starred: bool = Field(description="True if the preset has a star.")
    tags: list[str] = Field(description="Tags, sorted.")
    patch: str = Field(
        description="SHA-256 of the whole preset file; empty for a preset of a model."
    )
    template: str = Field(
        "",
        description="SHA-256 of the preset file that is its template; empty for the model's own.",
    )


class ImportReply(Reply):
    """Describe the result of an import."""

    __pydantic_extra__: dict[str, int]

    added: int = Field(description="Number of presets that were not saved before.")


class ProgressReply(Reply):
    """Describe the progress of a match."""

    renders: int = Field(description="Number of presets rendered so far.")
    of: int = Field(description="Largest number of renders that the budget allows.")
    distance: float | None = Field(
        description="Distance of the best preset so far in dB; null before the first one."
    )


class MatchReply(Reply):
    """Describe the result of a match."""

    id: str = Field(description="Id of the job.")
    result: dict[str, Any] = Field(
        description="Content of `match.json`: note with hold and length in seconds, distance in "
        "dB, candidates, answers, timings."
    )
    preset: Any = Field(
        description="The chosen preset as JSON; null if the synth's format is not JSON."
    )
    preset_suffix: str = Field(description="Suffix of the synth's preset files, with its dot.")
    warning: str | None = Field(
        None, description="What failed after the match itself, for example saving the preset."
    )


class JobState(Reply):
    """Describe how far a match is; a field without a value is absent."""

    id: str = Field(description="Id of the job.")
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = Field(
        description="State of the job. The last three are final."
    )
    progress: ProgressReply | None = Field(None, description="Progress, once there is any.")
    error: ErrorDetail | None = Field(None, description="The error of a failed job.")
    warning: str | None = Field(
        None, description="What failed after the match itself, for example saving the preset."
    )


class ListedJobReply(JobState):
    """Describe a match in the list of jobs, without its result."""

    title: str = Field(description="Name of the sound.")


class JobReply(JobState):
    """Describe a match that runs as a job; a field without a value is absent."""

    result: dict[str, Any] | None = Field(
        None, description="Content of `match.json`, once there is a result."
    )
    preset: Any = Field(
        None, description="The chosen preset as JSON; null if the synth's format is not JSON."
    )
    preset_suffix: str | None = Field(
        None, description="Suffix of the synth's preset files, with its dot."
    )

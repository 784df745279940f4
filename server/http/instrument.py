"""Route requests about the current preset: knobs, parameters, locks, undo, morphs, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from models.instrument.neighbours import Neighbour
from server.http.dependencies import Served, while_connected
from server.http.replies import InstrumentReply, NeighbourReply, PatchReply
from server.session.service import Service

router = APIRouter(prefix="/v1/instrument", tags=["instrument"])
UnitValue = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
KnobNumber = Annotated[int, Path(description="Number of the knob, from 1.")]
ParameterName = Annotated[str, Path(description="Name of the parameter, as in the spec.")]
Neighbours = Annotated[int, Query(ge=1, le=256, description="Number of neighbours, 1 to 256.")]
Distance = Annotated[
    float | None,
    Query(
        ge=0,
        le=40,
        description="Distance of each neighbour in dB, 0 to 40. Without it, the response has the "
        "nearest presets of the model's library.",
    ),
]
Seed = Annotated[int, Query(ge=0, lt=2**63, description="Seed of the random directions.")]
ClipNote = Annotated[
    int, Query(ge=0, le=127, description="MIDI note to play, 0 to 127; 60 is middle C.")
]
Title = Annotated[
    str,
    Query(max_length=200, description="Title of the preset; by default the title in the file."),
]
PatchKnobs = Annotated[
    Literal["model", "macros"],
    Query(
        description="model: the model's knobs move the patch. macros: the four macros of a .vital "
        "file are the knobs."
    ),
]
WAV = "A WAV file, 16 bit, with no peak above -1 dBFS."
STATE = "The instrument after the change."
State = dict[str, Any]


class Position(BaseModel):
    """Hold the new position of a knob."""

    position: UnitValue = Field(description="New position, 0 to 1.")


class Value(BaseModel):
    """Hold the new value of a parameter."""

    unit: UnitValue = Field(description="New unit value, 0 to 1.")


class Model(BaseModel):
    """Name the model to play."""

    name: str = Field(
        max_length=200, description="Name of the model; `GET /v1/instrument/models` lists them."
    )


class Vector(BaseModel):
    """Hold a whole preset of the model."""

    unit: list[UnitValue] = Field(
        max_length=1000,
        description="Unit value of each parameter, 0 to 1, in the order of the spec.",
    )


class Locks(BaseModel):
    """Name the parameters to lock or to unlock."""

    names: list[str] = Field(max_length=1000, description="Names of the parameters.")
    on: bool = Field(True, description="true locks the parameters, false unlocks them.")


class Corners(BaseModel):
    """Name the saved presets of a morph, with their weights."""

    ids: list[str] = Field(min_length=2, max_length=4, description="Ids of 2 to 4 saved presets.")
    weights: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        description="Weight of each preset, 0 or more. The weights need not sum to 1."
    )


class Step(BaseModel):
    """Describe a random step."""

    length: float = Field(
        0.5,
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="Length of the step in the latent space, 0 to 10. 0.1 is a nuance, 3 another "
        "sound.",
    )
    seed: int = Field(
        0, ge=0, lt=2**63, description="Seed of the direction. The same seed repeats the step."
    )


@router.get(
    "",
    summary="Read the instrument",
    response_model=InstrumentReply,
    response_description="The current instrument.",
)
async def instrument(service: Served) -> State:
    """Return the current parameters, knobs and locks, and the number of undo and redo steps."""
    return await state(service)


@router.get(
    "/models", summary="List the models", response_description="Names of the models, sorted."
)
async def models(service: Served) -> list[str]:
    """Return the names of the models that the server can play."""
    return sorted(service.models)


@router.put(
    "/model",
    summary="Change the model",
    response_model=InstrumentReply,
    response_description="The new instrument.",
)
async def change_model(service: Served, to: Model) -> State:
    """Play another model, from its start preset.

    This clears the undo history. The saved presets stay. The server refuses the change while a
    match runs.
    """
    await service.change_model(to.name)
    return await state(service)


@router.put(
    "/knobs/{number}",
    summary="Turn a knob",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def turn(service: Served, number: KnobNumber, to: Position) -> State:
    """Turn a macro-knob to a position; the parameters that it moves change with it."""
    await service.turn(number, to.position)
    return await state(service)


@router.put(
    "/parameters/{name}",
    summary="Set a parameter",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def set_parameter(service: Served, name: ParameterName, to: Value) -> State:
    """Set one parameter manually; from now on the knobs start from the new preset."""
    await service.set_parameter(name, to.unit)
    return await state(service)


@router.post(
    "/locks",
    summary="Lock or unlock parameters",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def lock(service: Served, locks: Locks) -> State:
    """Lock parameters, or unlock them; knobs, matches and presets do not change locked ones."""
    await service.lock(locks.names, locks.on)
    return await state(service)


@router.post(
    "/undo",
    summary="Undo the last gesture",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def undo(service: Served) -> State:
    """Undo the last gesture; a knob that moves without a pause of 0.6 s is one gesture."""
    await service.undo()
    return await state(service)


@router.post(
    "/redo",
    summary="Redo a gesture",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def redo(service: Served) -> State:
    """Redo the gesture that was undone last."""
    await service.redo()
    return await state(service)


@router.post(
    "/switch",
    summary="Switch between A and B",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def switch(service: Served) -> State:
    """Switch from side A to side B, or back; an unused side starts as a copy of the other."""
    await service.switch()
    return await state(service)


@router.get(
    "/neighbours",
    summary="Find presets near the current one",
    response_model=list[NeighbourReply],
    response_description="The neighbours, nearest first.",
)
async def neighbours(
    service: Served, count: Neighbours = 16, distance: Distance = None, seed: Seed = 0
) -> list[dict[str, Any]]:
    """Return presets that sound like the current preset; this does not load any.

    They come from the model's library. With `distance` they are new presets at this distance.
    """
    return neighbour_list(await service.around(count, distance, seed))


def neighbour_list(found: Sequence[Neighbour]) -> list[dict[str, Any]]:
    """Return neighbours as the body of a response."""
    return [
        {"unit": one.unit.tolist(), "distance": one.distance, "name": one.name} for one in found
    ]


class Wav(Response):
    """Send a WAV file."""

    media_type = "audio/wav"


@router.get(
    "/preview",
    summary="Render the current preset",
    response_class=Wav,
    response_description=WAV,
)
async def preview(service: Served, request: Request, note: ClipNote = 60) -> Wav:
    """Render a note with the current preset and return it as a WAV file."""
    return Wav(await while_connected(request, service.hear(note)))


# The route reads the body itself, because the body is the file. A model would describe it twice.
PATCH_SCHEMA = {"type": "string", "format": "binary", "description": "Content of a preset file."}
PATCH_CONTENT = {"application/octet-stream": {"schema": PATCH_SCHEMA}}
PATCH_FILE = {"requestBody": {"required": True, "content": PATCH_CONTENT}}


@router.put(
    "/preset",
    summary="Load unit values",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def load(service: Served, vector: Vector) -> State:
    """Load any preset of the model, for example a neighbour."""
    await service.load(np.array(vector.unit, np.float32))
    return await state(service)


@router.put(
    "/patch",
    summary="Play on your own patch",
    response_model=InstrumentReply,
    response_description=STATE,
    openapi_extra=PATCH_FILE,
)
async def load_patch(
    service: Served, request: Request, title: Title = "", knobs: PatchKnobs = "model"
) -> State:
    """Load a preset file of the synth; everything in it stays, and the knobs start from it.

    The body is the content of a `.vital`, `.fxp`, `.vstpreset`, `.bank` or `.h2p` file, at most
    16 MiB. `GET /v1/instrument/patch` says what the model assumes and the patch lacks. With
    `knobs=macros`, the four macros of a `.vital` file become the knobs, and no other control moves.
    """
    content = await request.body()
    if knobs == "macros":
        await service.load_patch(content, title)
    else:
        await service.use_patch(content, title)
    return await state(service)


@router.get(
    "/patch",
    summary="Read your own patch",
    response_model=PatchReply,
    response_description="The patch that is the template.",
)
async def patch(service: Served) -> dict[str, Any]:
    """Return the patch that the model plays on, what it lacks, and what therefore does nothing."""
    template, (_, knobs) = service.template, await service.state()
    if template is None:
        return {"file": None, "sha256": None, "missing": [], "idle": [], "idle_knobs": []}
    return template.listing() | {"idle_knobs": [knob.index for knob in knobs if knob.idle]}


@router.delete(
    "/patch",
    summary="Return to the model's own template",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def leave_patch(service: Served) -> State:
    """Play the model on its own template again, from the preset that it had there."""
    await service.leave_patch()
    return await state(service)


@router.put(
    "/morph",
    summary="Morph between saved presets",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def morph(service: Served, corners: Corners) -> State:
    """Load a preset between 2 to 4 saved presets, by their weights."""
    await service.morph(corners.ids, corners.weights)
    return await state(service)


@router.put(
    "/wander",
    summary="Take a random step",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def wander(service: Served, taken: Step) -> State:
    """Change the current preset by one step in a random direction."""
    await service.wander(taken.length, taken.seed)
    return await state(service)


async def state(service: Service) -> State:
    """Return the whole state of the instrument as the body of a response."""
    changes, knobs = await service.state()
    parameters = {change.name: change._asdict() for change in changes}
    played = service.instrument
    shown = dict(zip(played.spec.names, played.names, strict=True))
    marked = {shown[name] for name in played.idle}
    for parameter in parameters.values():
        parameter["idle"] = parameter.pop("name") in marked
    template = service.template
    undo, redo = service.history.depth
    return {
        "model": service.model_name,
        "patch": service.patch_title,
        "template": template.file.name if template else None,
        "formats": list(service.formats),
        "parameters": parameters,
        "knobs": [asdict(knob) for knob in knobs],
        "locked": [shown[name] for name in played.locked],
        "side": service.history.side,
        "undo": undo,
        "redo": redo,
    }

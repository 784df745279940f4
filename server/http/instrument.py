"""Routes of the current preset: knobs, parameters, locks, undo, morphs, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from models.instrument.neighbours import Neighbour
from server.http.dependencies import Served
from server.session.service import Service

router = APIRouter(prefix="/v1/instrument", tags=["instrument"])
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Neighbours = Annotated[int, Query(ge=1, le=256)]
Distance = Annotated[float | None, Query(ge=0, le=40, description="dB")]
Seed = Annotated[int, Query(ge=0, lt=2**63)]
State = dict[str, Any]


class Position(BaseModel):
    """Where a knob goes."""

    position: Unit


class Value(BaseModel):
    """What a parameter is set to."""

    unit: Unit


class Model(BaseModel):
    """Which model is played."""

    name: str = Field(max_length=200)


class Vector(BaseModel):
    """A whole preset, in the order of the spec's parameters."""

    unit: list[Unit] = Field(max_length=1000)


class Locks(BaseModel):
    """Parameters to lock where they are, or to free."""

    names: list[str] = Field(max_length=1000)
    on: bool = True


class Corners(BaseModel):
    """Kept presets to go between, and how much of each."""

    ids: list[str] = Field(min_length=2, max_length=4)
    weights: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]


class Step(BaseModel):
    """A step in a random direction of the latent space."""

    length: float = Field(0.5, ge=0, le=10, allow_inf_nan=False)
    seed: int = Field(0, ge=0, lt=2**63)


@router.get("")
async def instrument(service: Served) -> State:
    """The present parameters, knobs, locks, and how far undo and redo go.

    ``patch`` is the title of a whole preset file while one plays, else null.
    """
    return await state(service)


@router.get("/models")
async def models(service: Served) -> list[str]:
    """Models that can be changed to, by name."""
    return sorted(service.models)


@router.put("/model")
async def change_model(service: Served, to: Model) -> State:
    """Play another model's synth, from its own start."""
    await service.change_model(to.name)
    return await state(service)


@router.put("/knobs/{number}")
async def turn(service: Served, number: int, to: Position) -> State:
    """Turn a knob, counted from 1."""
    await service.turn(number, to.position)
    return await state(service)


@router.put("/parameters/{name}")
async def set_parameter(service: Served, name: str, to: Value) -> State:
    """Set one parameter by hand; knobs now start from there."""
    await service.set_parameter(name, to.unit)
    return await state(service)


@router.post("/locks")
async def lock(service: Served, locks: Locks) -> State:
    """Keep parameters from knobs, matches and presets, or free them."""
    await service.lock(locks.names, locks.on)
    return await state(service)


@router.post("/undo")
async def undo(service: Served) -> State:
    """Take the last gesture back."""
    await service.undo()
    return await state(service)


@router.post("/redo")
async def redo(service: Served) -> State:
    """Make the gesture that was undone last again."""
    await service.redo()
    return await state(service)


@router.post("/switch")
async def switch(service: Served) -> State:
    """From preset A to B, or back."""
    await service.switch()
    return await state(service)


@router.get("/neighbours")
async def neighbours(
    service: Served, count: Neighbours = 16, distance: Distance = None, seed: Seed = 0
) -> list[dict[str, Any]]:
    """What sounds like the present preset: of the library, or fresh ones at a distance in dB."""
    return neighbours_told(await service.around(count, distance, seed))


def neighbours_told(found: Sequence[Neighbour]) -> list[dict[str, Any]]:
    """Neighbours as they are answered: each can be loaded by its vector."""
    return [{"unit": one.unit.tolist(), "distance": one.distance} for one in found]


class Wav(Response):
    """A clip to listen to."""

    media_type = "audio/wav"


@router.get("/preview", response_class=Wav)
async def preview(
    service: Served, note: Annotated[int, Query(ge=0, le=127, description="MIDI")] = 60
) -> Wav:
    """The present preset, played by the synth: a WAV file, no peak above -1 dBFS."""
    return Wav(await service.hear(note))


# The body is the file itself, read here: a model of it would be a second description of it.
PATCH_CONTENT = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
PATCH_FILE = {"requestBody": {"required": True, "content": PATCH_CONTENT}}


@router.put("/preset")
async def load(service: Served, vector: Vector) -> State:
    """Load any preset of the model, a neighbour for one."""
    await service.load(np.array(vector.unit, np.float32))
    return await state(service)


@router.put("/patch", openapi_extra=PATCH_FILE)
async def load_patch(
    service: Served,
    request: Request,
    title: Annotated[str, Query(max_length=200, description="the file's own when empty")] = "",
) -> State:
    """Play a whole Vital preset file (the body) by its four macros."""
    await service.load_patch(await request.body(), title)
    return await state(service)


@router.put("/morph")
async def morph(service: Served, corners: Corners) -> State:
    """Go between kept presets in the latent space."""
    await service.morph(corners.ids, corners.weights)
    return await state(service)


@router.put("/wander")
async def wander(service: Served, taken: Step) -> State:
    """Take a step in a random direction of the latent space."""
    await service.wander(taken.length, taken.seed)
    return await state(service)


async def state(service: Service) -> State:
    """Everything about the instrument."""
    changes, knobs = await service.state()
    parameters = {change.name: change._asdict() for change in changes}
    for parameter in parameters.values():
        del parameter["name"]
    undo, redo = service.history.depth
    return {
        "model": service.model_name,
        "patch": service.patch_title,
        "parameters": parameters,
        "knobs": [asdict(knob) for knob in knobs],
        "locked": service.instrument.locked,
        "side": service.history.side,
        "undo": undo,
        "redo": redo,
    }

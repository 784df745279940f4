"""Route requests that take the current sound elsewhere: as a file, or to another model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from models.matching.options import MatchOptions
from server.http.dependencies import Served, while_connected
from server.http.matches import Budget, Method, PresetFileResponse, account, client_of
from server.http.replies import JobReply

router = APIRouter(prefix="/v1/instrument", tags=["instrument"])
FileFormat = Annotated[
    str,
    Query(
        max_length=40,
        description="Format of the file; by default the synth's own one. A timbre model has vital, "
        "vitaltable, serum, surge, sfz, dspreset and wav. The last three are ZIP archives.",
    ),
]


class Rebuild(BaseModel):
    """Name the model that rebuilds the current sound."""

    model: str = Field(
        max_length=200, description="Name of the model; `GET /v1/instrument/models` lists them."
    )
    note: int = Field(60, ge=0, le=127, description="MIDI note to render, 0 to 127.")
    budget: Budget = Field("quick", description="Budget of the match.")
    method: Method = Field("auto", description="Method of the answer to load.")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the search.")


@router.get(
    "/file",
    summary="Download the current preset",
    response_class=PresetFileResponse,
    response_description="A file of the format.",
)
async def file(service: Served, request: Request, format: FileFormat = "") -> PresetFileResponse:
    """Return the current preset as a file.

    `GET /v1/instrument` lists the formats. A timbre model becomes a Vital preset, a wavetable or a
    multisample: the current position is its middle, and axis 1 is its path.
    """
    written = service.preset_file(form=format)
    return PresetFileResponse.of(*await while_connected(request, written))


@router.post(
    "/rebuild",
    status_code=202,
    summary="Rebuild the sound with another model",
    response_model=JobReply,
    response_model_exclude_unset=True,
    response_description="The job of the match. The header `Location` has its path.",
)
async def rebuild(service: Served, request: Request, to: Rebuild) -> JSONResponse:
    """Make a preset of another model from the current sound.

    The server renders a note, saves the current preset, changes to the model and matches the note
    with it. So a sound of a timbre model becomes a preset of Vital.
    """
    options = MatchOptions(to.budget, to.seed, method=to.method)
    job = await service.rebuild(to.model, to.note, options, client_of(request))
    return JSONResponse(account(job), 202, {"Location": f"/v1/jobs/{job.id}"})

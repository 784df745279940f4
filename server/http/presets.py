"""Route requests about saved presets: names, tags, stars, history, export and import."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from server.http.dependencies import Served, while_connected
from server.http.instrument import (
    STATE,
    WAV,
    ClipNote,
    Distance,
    Neighbours,
    Seed,
    State,
    Wav,
    neighbour_list,
    state,
)
from server.http.matches import PresetFileResponse
from server.http.replies import ImportReply, InstrumentReply, NeighbourReply, PresetReply
from server.http.sound_output import FileFormat

router = APIRouter(prefix="/v1", tags=["collection"])
Count = Annotated[int, Query(ge=1, le=1000, description="Largest number of presets, 1 to 1000.")]
PresetId = Annotated[str, Path(description="Id of the saved preset.")]
Words = Annotated[
    str,
    Query(
        max_length=200,
        description="Words that must all occur in the name, the note or a tag. None by default.",
    ),
]
Tags = Annotated[list[str], Query(max_length=20, description="Tags that a preset must all have.")]
Starred = Annotated[bool, Query(description="true returns only presets with a star.")]


class NewPreset(BaseModel):
    """Describe the preset to save."""

    name: str = Field(description="Name, 1 to 200 characters.")
    tags: list[str] = Field(
        default=[], max_length=1000, description="At most 50 tags, each 1 to 200 characters."
    )
    note: str = Field("", description="Note, at most 10,000 characters.")
    starred: bool = Field(False, description="true marks the preset with a star.")


class PresetEdit(BaseModel):
    """Describe the changes of a saved preset; a field that is absent or null stays as it is."""

    name: str | None = Field(None, description="New name, 1 to 200 characters.")
    tags: list[str] | None = Field(
        default=None,
        max_length=1000,
        description="New tags, at most 50; they replace all old ones.",
    )
    note: str | None = Field(None, description="New note, at most 10,000 characters.")
    starred: bool | None = Field(None, description="New star: true or false.")


@router.get(
    "/presets",
    summary="Search saved presets",
    response_model=list[PresetReply],
    response_description="The presets, newest first.",
)
async def presets(
    service: Served,
    text: Words = "",
    tag: Tags = [],  # noqa: B006  # FastAPI copies it
    starred: Starred = False,
    count: Count = 100,
) -> list[dict[str, Any]]:
    """Return the saved presets that fulfil all conditions, newest first."""
    found = await service.collected(lambda kept: kept.search(text, tag, starred, count=count))
    return [asdict(one) for one in found]


@router.post(
    "/presets",
    status_code=201,
    summary="Save the current preset",
    response_model=PresetReply,
    response_description="The saved preset.",
)
async def keep(service: Served, new: NewPreset) -> dict[str, Any]:
    """Save the current preset under a name; several presets may have the same name."""
    kept = await service.keep(new.name, {"by": "hand"}, new.note, new.starred, new.tags)
    return asdict(kept)


@router.get(
    "/presets/{preset_id}",
    summary="Read a saved preset",
    response_model=PresetReply,
    response_description="The saved preset.",
)
async def preset(service: Served, preset_id: PresetId) -> dict[str, Any]:
    """Return one saved preset; this does not load it."""
    return asdict(await service.collected(lambda kept: kept.get(preset_id)))


@router.patch(
    "/presets/{preset_id}",
    summary="Edit a saved preset",
    response_model=PresetReply,
    response_description="The changed preset.",
)
async def change(service: Served, preset_id: PresetId, to: PresetEdit) -> dict[str, Any]:
    """Change the name, the tags, the note or the star of a saved preset."""
    given = to.model_dump(exclude_none=True)
    return asdict(await service.collected(lambda kept: kept.change(preset_id, **given)))


@router.delete(
    "/presets/{preset_id}",
    status_code=204,
    summary="Delete a saved preset",
    response_description="The preset is deleted.",
)
async def remove(service: Served, preset_id: PresetId) -> None:
    """Delete a saved preset and its entries in the history; this cannot be undone."""
    await service.collected(lambda kept: kept.remove(preset_id))


@router.post(
    "/presets/{preset_id}/load",
    summary="Load a saved preset",
    response_model=InstrumentReply,
    response_description=STATE,
)
async def load(service: Served, preset_id: PresetId) -> State:
    """Load a saved preset into the instrument; its synth must be the synth of the model."""
    await service.load_kept(preset_id)
    return await state(service)


@router.get(
    "/presets/{preset_id}/file",
    summary="Download a saved preset",
    response_class=PresetFileResponse,
    response_description="A preset file of the synth.",
)
async def file(service: Served, preset_id: PresetId, format: FileFormat = "") -> PresetFileResponse:
    """Return a saved preset as a file that the synth itself can load."""
    return PresetFileResponse.of(*await service.preset_file(preset_id, format))


@router.get(
    "/presets/{preset_id}/preview",
    summary="Render a saved preset",
    response_class=Wav,
    response_description=WAV,
)
async def preview(
    service: Served, request: Request, preset_id: PresetId, note: ClipNote = 60
) -> Wav:
    """Render a note with a saved preset and return it as a WAV file; this does not load it."""
    return Wav(await while_connected(request, service.hear(note, preset_id)))


@router.get(
    "/presets/{preset_id}/neighbours",
    summary="Find presets near a saved one",
    response_model=list[NeighbourReply],
    response_description="The neighbours, nearest first.",
)
async def neighbours(
    service: Served,
    preset_id: PresetId,
    count: Neighbours = 16,
    distance: Distance = None,
    seed: Seed = 0,
) -> list[dict[str, Any]]:
    """Return presets that sound like a saved preset; this does not load any.

    They come from the model's library. With `distance` they are new presets at this distance.
    """
    return neighbour_list(await service.around(count, distance, seed, preset_id))


@router.get(
    "/history",
    summary="Read the history",
    response_model=list[PresetReply],
    response_description="The presets, newest first.",
)
async def history(service: Served, count: Count = 100) -> list[dict[str, Any]]:
    """Return the presets that were matched, saved or loaded last; one may occur several times."""
    return [asdict(one) for one in await service.collected(lambda kept: kept.history(count))]


@router.get(
    "/collection",
    summary="Export all saved presets",
    response_description="A JSON file for `POST /v1/collection`.",
)
async def export(service: Served) -> Response:
    """Return all saved presets as one JSON file, oldest first, without the history."""
    data = await service.collected(lambda kept: kept.export())
    headers = {"Content-Disposition": 'attachment; filename="patchwright-collection.json"'}
    return Response(data, media_type="application/json", headers=headers)


# The route reads the body itself, because the body is the file. A model would describe it twice.
FILE_SCHEMA = {"type": "object", "title": "Collection", "description": "An exported file."}
FILE_CONTENT = {"application/json": {"schema": FILE_SCHEMA}}
FILE = {"requestBody": {"required": True, "content": FILE_CONTENT}}


@router.post(
    "/collection",
    summary="Import presets",
    response_model=ImportReply,
    response_description="The number of new presets.",
    openapi_extra=FILE,
)
async def import_(service: Served, request: Request) -> dict[str, int]:
    """Add the presets of an exported file that are not saved yet.

    The body is the file, at most 256 MiB. After an error no preset is added.
    """
    data = await request.body()
    return {"added": await service.collected(lambda kept: kept.import_(data))}

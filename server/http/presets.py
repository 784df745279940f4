"""Routes of saved presets: names, tags, stars, history, export and import."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from server.http.dependencies import Served
from server.http.instrument import Distance, Neighbours, Seed, State, Wav, neighbours_told, state
from server.http.matches import PresetFileResponse

router = APIRouter(prefix="/v1", tags=["collection"])
Count = Annotated[int, Query(ge=1, le=1000)]


class NewPreset(BaseModel):
    """How the present preset is kept."""

    name: str
    tags: list[str] = Field(default=[], max_length=1000)
    note: str = ""
    starred: bool = False


class PresetEdit(BaseModel):
    """What is changed of a kept preset; the rest stays."""

    name: str | None = None
    tags: list[str] | None = Field(default=None, max_length=1000)
    note: str | None = None
    starred: bool | None = None


@router.get("/presets")
async def presets(
    service: Served,
    text: Annotated[str, Query(max_length=200)] = "",
    tag: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006  # FastAPI copies it
    starred: bool = False,
    count: Count = 100,
) -> list[dict[str, Any]]:
    """Kept presets with all the words of ``text`` and all tags, the newest first."""
    found = await service.collected(lambda kept: kept.search(text, tag, starred, count=count))
    return [asdict(one) for one in found]


@router.post("/presets", status_code=201)
async def keep(service: Served, new: NewPreset) -> dict[str, Any]:
    """Keep the present preset."""
    kept = await service.keep(new.name, {"by": "hand"}, new.note, new.starred, new.tags)
    return asdict(kept)


@router.get("/presets/{preset_id}")
async def preset(service: Served, preset_id: str) -> dict[str, Any]:
    """One kept preset."""
    return asdict(await service.collected(lambda kept: kept.get(preset_id)))


@router.patch("/presets/{preset_id}")
async def change(service: Served, preset_id: str, to: PresetEdit) -> dict[str, Any]:
    """Change a kept preset's name, tags, note or star."""
    given = to.model_dump(exclude_none=True)
    return asdict(await service.collected(lambda kept: kept.change(preset_id, **given)))


@router.delete("/presets/{preset_id}", status_code=204)
async def remove(service: Served, preset_id: str) -> None:
    """Forget a kept preset."""
    await service.collected(lambda kept: kept.remove(preset_id))


@router.post("/presets/{preset_id}/load")
async def load(service: Served, preset_id: str) -> State:
    """Load a kept preset into the instrument."""
    await service.load_kept(preset_id)
    return await state(service)


@router.get("/presets/{preset_id}/file", response_class=PresetFileResponse)
async def file(service: Served, preset_id: str) -> PresetFileResponse:
    """A kept preset as a file that the synth itself loads."""
    return PresetFileResponse.of(*await service.preset_file(preset_id))


@router.get("/presets/{preset_id}/preview", response_class=Wav)
async def preview(
    service: Served,
    preset_id: str,
    note: Annotated[int, Query(ge=0, le=127, description="MIDI")] = 60,
) -> Wav:
    """A kept preset, played by the synth: a WAV file, no peak above -1 dBFS."""
    return Wav(await service.hear(note, preset_id))


@router.get("/presets/{preset_id}/neighbours")
async def neighbours(
    service: Served,
    preset_id: str,
    count: Neighbours = 16,
    distance: Distance = None,
    seed: Seed = 0,
) -> list[dict[str, Any]]:
    """What sounds like a kept preset; nothing is loaded."""
    return neighbours_told(await service.around(count, distance, seed, preset_id))


@router.get("/history")
async def history(service: Served, count: Count = 100) -> list[dict[str, Any]]:
    """What was matched, kept and loaded last, the newest first."""
    return [asdict(one) for one in await service.collected(lambda kept: kept.history(count))]


@router.get("/collection")
async def export(service: Served) -> Response:
    """All kept presets as a file."""
    data = await service.collected(lambda kept: kept.export())
    headers = {"Content-Disposition": 'attachment; filename="patchwright-collection.json"'}
    return Response(data, media_type="application/json", headers=headers)


# The body is the file itself, read here: a model of it would be a second description of it.
FILE_CONTENT = {"application/json": {"schema": {"type": "object", "title": "Collection"}}}
FILE = {"requestBody": {"required": True, "content": FILE_CONTENT}}


@router.post("/collection", openapi_extra=FILE)
async def import_(service: Served, request: Request) -> dict[str, int]:
    """Add the presets of such a file (the body) that are not kept yet, all or none."""
    data = await request.body()
    return {"added": await service.collected(lambda kept: kept.import_(data))}

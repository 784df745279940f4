"""Routes of matches: a sound in, a preset out, at once or as a job."""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from datasets.errors import AudioError, MissingError
from models.matching.options import MatchOptions
from server.errors import error_report
from server.http.dependencies import Served
from server.http.instrument import neighbours_told
from server.jobs.job import MatchJob, MatchOutcome
from server.jobs.match_queue import answer

router = APIRouter(tags=["match"])
Budget = Literal["instant", "quick", "refine", "deep"]
Method = Literal["auto", "parameters", "resynthesis"]
Sound = Annotated[UploadFile, File(description="the sound, as WAV, FLAC, OGG, MP3 or AIFF")]
Note = Annotated[int | None, Form(ge=0, le=127, description="MIDI")]
Start = Annotated[float | None, Form(ge=0, allow_inf_nan=False)]
End = Annotated[float | None, Form(gt=0, allow_inf_nan=False)]


@router.post("/v1/match", response_model=None, responses={202: {"description": "The job."}})
async def match(
    service: Served,
    sound: Sound,
    budget: Annotated[Budget, Form()] = "quick",
    seed: Annotated[int, Form(ge=0, lt=2**63)] = 0,
    note: Note = None,
    start_s: Start = None,
    end_s: End = None,
    method: Annotated[Method, Form(description="which answer is given and loaded")] = "auto",
    wait: Annotated[bool, Form(description="false: answer 202 with the job at once")] = True,
) -> dict[str, object] | JSONResponse:
    """Find the preset that sounds most like a sound, and load it into the instrument.

    The answer by ``resynthesis`` is a whole preset file, played by its macros.
    """
    options = MatchOptions(budget, seed, start_s, end_s, note, method=method)
    # In a folder of its own, under a name that is made safe: it becomes the preset's title.
    folder = tempfile.mkdtemp(prefix="patchwright-")

    def clear() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        path = Path(folder) / _safe_name(sound)
        await run_in_threadpool(_save, sound, path)
        job = service.match(path, options, _name(sound), then=clear)
    except BaseException:
        clear()
        raise
    if not wait:
        where = f"/v1/jobs/{job.id}"
        return JSONResponse(account(job), 202, {"Location": where})
    return {"id": job.id} | _found(answer(await job.wait()))


@router.post("/v1/neighbours")
async def neighbours(
    service: Served,
    sound: Sound,
    count: Annotated[int, Form(ge=1, le=256)] = 16,
    note: Note = None,
    start_s: Start = None,
    end_s: End = None,
) -> list[dict[str, Any]]:
    """The presets of the model's library that sound most like a sound; nothing is loaded."""
    options = MatchOptions(start_s=start_s, end_s=end_s, note=note)
    with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
        path = Path(folder) / _safe_name(sound)
        await run_in_threadpool(_save, sound, path)
        return neighbours_told(await service.matching.near(path, options, count, _name(sound)))


def job_of(service: Served, job_id: str) -> MatchJob:
    """The job that is asked for; refused before an answer begins."""
    return service.matching.jobs.get(job_id)


Asked = Annotated[MatchJob, Depends(job_of)]


@router.get("/v1/jobs/{job_id}")
async def job(found: Asked) -> dict[str, object]:
    """How far a match is; its result once it has one."""
    return account(found)


@router.get("/v1/jobs/{job_id}/events", response_class=EventSourceResponse)
async def events(found: Asked) -> AsyncIterator[ServerSentEvent]:
    """The same after every change until it ends, as server-sent events named by its state."""
    async for now in found.changes():
        yield ServerSentEvent(data=account(now), event=now.state)


@router.delete("/v1/jobs/{job_id}", status_code=202)
async def cancel(found: Asked) -> dict[str, object]:
    """End a match after the renders under way; its best so far is told, but not loaded."""
    found.cancel()
    return account(found)


class PresetFileResponse(Response):
    """A preset to download, in the synth's own format."""

    media_type = "application/octet-stream"

    @classmethod
    def of(cls, preset: bytes, suffix: str) -> PresetFileResponse:
        """A preset, and the ending of such files."""
        headers = {"Content-Disposition": f'attachment; filename="preset{suffix}"'}
        return cls(preset, headers=headers)


@router.get("/v1/jobs/{job_id}/preset", response_class=PresetFileResponse)
async def preset_file(ended: Asked) -> PresetFileResponse:
    """The winner as a file that the synth itself loads."""
    if ended.found is None:
        raise MissingError(f"job {ended.id} has no preset: wait until it is done")
    return PresetFileResponse.of(ended.found.preset, ended.found.preset_suffix)


def account(job: MatchJob) -> dict[str, Any]:
    """All that can be said of a job."""
    told: dict[str, Any] = {"id": job.id, "state": job.state}
    if job.progress is not None:
        best = job.progress
        j = best.distance if math.isfinite(best.distance) else None  # nothing has sounded yet
        told["progress"] = {"renders": best.renders, "of": best.of, "distance": j}
    if job.error is not None:
        code, text = error_report(job.error)
        told["error"] = {"code": code, "message": text}
    return told if job.found is None else told | _found(job.found)


def _found(found: MatchOutcome) -> dict[str, object]:
    """The result, and the preset where its format is JSON; any can be had as a file."""
    preset = json.loads(found.preset) if found.preset_suffix == ".vital" else None
    return {"result": found.to_dict(), "preset": preset, "preset_suffix": found.preset_suffix}


def _save(sound: UploadFile, path: Path) -> None:
    if not sound.size:
        raise AudioError(f"{_name(sound)} is empty")
    with path.open("wb") as file:
        shutil.copyfileobj(sound.file, file)


def _name(sound: UploadFile) -> str:
    """The file's own name for messages, without a path and of bounded length."""
    return (sound.filename or "").replace("\\", "/").rpartition("/")[2][:100] or "the sound"


def _safe_name(sound: UploadFile) -> str:
    # The ending is ours: the sender's could be one that a decoder takes for an order.
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", _name(sound).rpartition(".")[0] or _name(sound))
    return f"{stem[:60]}.audio"

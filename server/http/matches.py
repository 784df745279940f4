"""Route requests for matches: a sound comes in, a preset goes out, at once or as a job."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from datasets.errors import AudioError, MissingError
from models.matching.options import MatchOptions
from plugin_bridge.addresses import plain_ip
from plugin_bridge.protocol import LOOPBACK
from server.errors import error_report
from server.http.dependencies import Served, while_connected
from server.http.instrument import neighbour_list
from server.http.replies import JobReply, ListedJobReply, MatchReply, NeighbourReply
from server.http.uploads import storing_failed, upload_folder
from server.jobs.job import MatchJob, MatchOutcome
from server.jobs.match_queue import answer

router = APIRouter(tags=["match"])
Budget = Literal["instant", "quick", "refine", "deep"]
Method = Literal["auto", "parameters", "resynthesis"]
Sound = Annotated[
    UploadFile, File(description="The sound: a WAV, FLAC, OGG, MP3 or AIFF file of at most 32 MiB.")
]
BudgetField = Annotated[
    Budget,
    Form(
        description="Limit of renders and seconds. instant: no render. quick: 16 renders, 1.2 s. "
        "refine: 250 renders, 60 s. deep: 5,000 renders, 30 min."
    ),
]
SeedField = Annotated[
    int, Form(ge=0, lt=2**63, description="Seed of the search. The same seed repeats the match.")
]
Note = Annotated[
    int | None,
    Form(ge=0, le=127, description="MIDI note of the sound, 0 to 127; by default it is measured."),
]
Start = Annotated[
    float | None,
    Form(
        ge=0,
        allow_inf_nan=False,
        description="Start of the part to match, in seconds; by default the start of the file.",
    ),
]
End = Annotated[
    float | None,
    Form(
        gt=0,
        allow_inf_nan=False,
        description="End of the part to match, in seconds; by default the end of the file.",
    ),
]
MethodField = Annotated[
    Method,
    Form(
        description="Method of the answer to load. parameters: a preset of the model. resynthesis: "
        "a whole Vital preset file. auto: the nearer one."
    ),
]
Wait = Annotated[
    bool,
    Form(description="true waits for the result. false returns the job at once, with status 202."),
]
NeighbourCount = Annotated[int, Form(ge=1, le=256, description="Number of neighbours, 1 to 256.")]
JobId = Annotated[str, PathParameter(description="Id of the job.")]
MATCH_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {"model": MatchReply, "description": "The result of the match."},
    202: {
        "model": JobReply,
        "description": "The job. The header `Location` has its path.",
    },
}


@router.post(
    "/v1/match",
    summary="Match a sound",
    response_model=None,
    responses=MATCH_REPLIES,
)
async def match(
    service: Served,
    request: Request,
    sound: Sound,
    budget: BudgetField = "quick",
    seed: SeedField = 0,
    note: Note = None,
    start_s: Start = None,
    end_s: End = None,
    method: MethodField = "auto",
    wait: Wait = True,
) -> dict[str, object] | JSONResponse:
    """Find the preset that sounds most like a sound, load it and save it.

    Locked parameters keep their values. An answer by `resynthesis` is a whole Vital preset file,
    which is played by its four macros. A timbre model encodes the sound: its answer is a position,
    and `preset` is a Vital preset of it. The match is cancelled when the client closes the
    connection before the result.
    """
    options = MatchOptions(budget, seed, start_s, end_s, note, method=method)
    # A new folder and a safe file name: the name becomes the title of the preset.
    folder = await run_in_threadpool(upload_folder)

    def clear() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        path = folder / _safe_name(sound)
        await run_in_threadpool(_save, sound, path)
        job = service.match(path, options, _name(sound), clear, client_of(request))
    except BaseException:
        clear()
        raise
    if not wait:
        location = f"/v1/jobs/{job.id}"
        return JSONResponse(account(job), 202, {"Location": location})
    try:
        ended = await while_connected(request, job.wait())
    except BaseException:
        job.abandon()
        raise
    return {"id": job.id} | _warning(ended) | _found(answer(ended))


@router.post(
    "/v1/neighbours",
    summary="Find presets near a sound",
    response_model=list[NeighbourReply],
    response_description="The neighbours, nearest first.",
)
async def neighbours(
    service: Served,
    request: Request,
    sound: Sound,
    count: NeighbourCount = 16,
    note: Note = None,
    start_s: Start = None,
    end_s: End = None,
) -> list[dict[str, Any]]:
    """Return the presets of the model's library that sound most like a sound.

    This does not load any of them.
    """
    options = MatchOptions(start_s=start_s, end_s=end_s, note=note)
    folder = await run_in_threadpool(upload_folder)
    try:
        path = folder / _safe_name(sound)
        await run_in_threadpool(_save, sound, path)
        near = service.matching.near(path, options, count, _name(sound))
        return neighbour_list(await while_connected(request, near))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@router.get(
    "/v1/jobs",
    summary="List the jobs",
    response_model=list[ListedJobReply],
    response_model_exclude_unset=True,
    response_description="The jobs, oldest first.",
)
async def jobs(service: Served) -> list[dict[str, object]]:
    """Return all matches that wait or run, and the last 32 that ended, without their results.

    `GET /v1/jobs/{job_id}` has the result of one of them. `DELETE` cancels it.
    """
    return [{"title": one.title} | _standing(one) for one in service.matching.jobs]


def job_of(service: Served, job_id: JobId) -> MatchJob:
    """Return the job of a request; an unknown id ends the request before its response starts."""
    return service.matching.jobs.get(job_id)


Asked = Annotated[MatchJob, Depends(job_of)]


@router.get(
    "/v1/jobs/{job_id}",
    summary="Read a job",
    response_model=JobReply,
    response_model_exclude_unset=True,
    response_description="The job.",
)
async def job(found: Asked) -> dict[str, object]:
    """Return the state and the progress of a match, and its result once it has one."""
    return account(found)


@router.get(
    "/v1/jobs/{job_id}/events",
    summary="Watch a job",
    response_class=EventSourceResponse,
    response_description="One event for each change; its name is the state of the job.",
)
async def events(found: Asked) -> AsyncIterator[ServerSentEvent]:
    """Send the job after every change, as server-sent events, until it ends.

    The data of each event is the job as in `GET /v1/jobs/{job_id}`.
    """
    async for now in found.changes():
        yield ServerSentEvent(data=account(now), event=now.state)


@router.delete(
    "/v1/jobs/{job_id}",
    status_code=202,
    summary="Cancel a job",
    response_model=JobReply,
    response_model_exclude_unset=True,
    response_description="The job.",
)
async def cancel(found: Asked) -> dict[str, object]:
    """End a match after the renders in progress.

    The job keeps the best result so far, but the server does not load it.
    """
    found.cancel()
    return account(found)


class PresetFileResponse(Response):
    """Send a preset file in the synth's own format, for download."""

    media_type = "application/octet-stream"

    @classmethod
    def of(cls, preset: bytes, suffix: str) -> PresetFileResponse:
        """Return the response for the content and the suffix of a preset file."""
        headers = {"Content-Disposition": f'attachment; filename="preset{suffix}"'}
        return cls(preset, headers=headers)


@router.get(
    "/v1/jobs/{job_id}/preset",
    summary="Download the preset of a job",
    response_class=PresetFileResponse,
    response_description="A preset file of the synth.",
)
async def preset_file(ended: Asked) -> PresetFileResponse:
    """Return the chosen answer as a file that the synth itself can load."""
    found = _outcome(ended)
    return PresetFileResponse.of(found.preset, found.preset_suffix)


def client_of(request: Request) -> str:
    """Return the address of the client, which has a limited number of waiting matches."""
    return plain_ip(request.client.host) if request.client else LOOPBACK


def account(job: MatchJob) -> dict[str, Any]:
    """Return a job as the body of a response."""
    body = _standing(job)
    return body if job.found is None else body | _found(job.found)


def _warning(job: MatchJob) -> dict[str, Any]:
    """Return what failed after the match itself, if anything did."""
    return {"warning": job.warning} if job.warning else {}


def _standing(job: MatchJob) -> dict[str, Any]:
    """Return a job without its result."""
    body: dict[str, Any] = {"id": job.id, "state": job.state}
    if job.progress is not None:
        best = job.progress
        j = best.distance if math.isfinite(best.distance) else None  # no preset was audible yet
        body["progress"] = {"renders": best.renders, "of": best.of, "distance": j}
    if job.error is not None:
        code, text = error_report(job.error)
        body["error"] = {"code": code, "message": text}
    return body | _warning(job)


def _outcome(job: MatchJob) -> MatchOutcome:
    """Return the result of a job."""
    if job.found is None:
        raise MissingError(f"job {job.id}: it has no preset. Wait until its state is done")
    return job.found


def _found(found: MatchOutcome) -> dict[str, object]:
    """Return the result, with the preset if its format is JSON."""
    preset = json.loads(found.preset) if found.preset_suffix == ".vital" else None
    return {"result": found.to_dict(), "preset": preset, "preset_suffix": found.preset_suffix}


def _save(sound: UploadFile, path: Path) -> None:
    """Write an uploaded sound to a file."""
    if not sound.size:
        raise AudioError(f"{_name(sound)} is empty: send a file with a sound")
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(sound.file, file)
    except OSError as error:
        raise storing_failed(error) from error


def _name(sound: UploadFile) -> str:
    """Return the file's name for messages, without its folder, at most 100 characters."""
    return (sound.filename or "").replace("\\", "/").rpartition("/")[2][:100] or "the sound"


def _safe_name(sound: UploadFile) -> str:
    """Return a safe file name with our own suffix, which no decoder can take for an option."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", _name(sound).rpartition(".")[0] or _name(sound))
    return f"{stem[:60]}.audio"

"""Recordings: take one in, watch it, read what was heard, hear it again."""

import re
from typing import Annotated, Any, Literal

from litestar import Controller, Request, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter
from litestar.response import Response, Stream
from pydantic import ValidationError

from tala.errors import TalaError
from tala.services import intake, listening, sweeping
from tala.transcript import Transcript
from tala.web.api.schemas import CAPABILITY, INTAKE, Attestation, RecordingAccepted, problems
from tala.web.auth import actor_of, context_of, is_secure, may_send_recordings, opens_recordings
from tala.web.description import UploadOperation
from tala.web.events import progress_events
from tala.web.multipart import Upload
from tala.web.problems import invalid
from tala.web.ranges import parse_range

AnyRequest = Request[Any, Any, Any]
RecordingId = Annotated[str, PathParameter(description="Id of the recording.", max_length=64)]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=255,
        description="The same key with the same sound and fields gives the same recording, for a day.",
    ),
]
_SOUND_TYPE = re.compile(r"^(audio|video)/[a-z0-9][a-z0-9.+-]{0,60}$")
_FORMATS = {
    "application/json": "json",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
    "text/plain": "text",
}


class Recordings(Controller):
    """Sound that citizens send."""

    path = "/api/v1/recordings"
    tags = ("Recordings",)

    @post(
        operation_id="sendRecording",
        summary="Send a recording",
        guards=[may_send_recordings],
        status_code=202,
        request_max_body_size=None,  # bounded while it is read, by the setting for uploads
        operation_class=UploadOperation,
        security=INTAKE,
        responses=problems(400, 401, 409, 413, 422, 429),
    )
    async def send(
        self, request: AnyRequest, idempotency_key: IdempotencyKey = None
    ) -> Response[RecordingAccepted]:
        """Send a recording as multipart/form-data: `file`, and before or after it `consent` (self, all-
        parties, unknown) and `language` (auto, en, tl, …). It is stored encrypted while it arrives; a
        worker then writes it down. The answer's `capability` alone opens the recording, its transcript and
        its draft."""
        ctx = context_of(request)
        upload = Upload(request, max_bytes=ctx.settings.max_upload_bytes)

        def describe() -> intake.Upload:
            if not upload.fields.get("consent"):
                raise TalaError(
                    "consent_required",
                    "Say in the field consent who is on the recording: self, all-parties or unknown.",
                    errors=[{"pointer": "/consent", "detail": "Missing."}],
                )
            try:
                return intake.Upload(
                    consent=upload.fields["consent"],
                    language=upload.fields.get("language") or "auto",
                    filename=upload.filename,
                    media_type=upload.media_type,
                    channel="web",
                )
            except ValidationError as error:
                raise invalid(error) from error

        received = await intake.receive_recording(
            ctx, upload.chunks(), describe, actor=await actor_of(request), idempotency_key=idempotency_key
        )
        accepted = RecordingAccepted.of(received)
        return Response(accepted, status_code=202, headers={"Location": accepted.status_url})

    @get(
        "/{recording_id:str}",
        operation_id="getRecording",
        summary="How far a recording is",
        guards=[opens_recordings],
        security=CAPABILITY,
        responses=problems(401, 404, 410),
    )
    async def status(self, request: AnyRequest, recording_id: RecordingId) -> intake.RecordingStatus:
        """State and progress; once `ready` with the id of its draft, once `failed` with the reason."""
        return await intake.recording_status(context_of(request), recording_id, actor=await actor_of(request))

    @get(
        "/{recording_id:str}/events",
        operation_id="watchRecording",
        summary="Follow a recording",
        guards=[opens_recordings],
        security=CAPABILITY,
        media_type="text/event-stream",
        responses={
            200: ResponseSpec(
                data_container=str,
                media_type="text/event-stream",
                description="Server-sent events named after the states.",
            ),
            **problems(401, 404),
        },
    )
    async def events(
        self,
        request: AnyRequest,
        recording_id: RecordingId,
        last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID", max_length=64)] = None,
    ) -> Stream:
        """Server-sent events `received`, `decoding`, `transcribing`, `understanding`, then one of `ready`,
        `failed`, `quarantined`, `erased`, after which the stream ends. With Last-Event-ID what was seen is
        not sent again."""
        ctx, actor = context_of(request), await actor_of(request)
        # Refuse before the stream begins: afterwards there is no status to refuse with.
        await intake.recording_status(ctx, recording_id, actor=actor)
        watched = intake.watch_recording(ctx, recording_id, actor=actor)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Stream(
            progress_events(watched, last_event_id), media_type="text/event-stream", headers=headers
        )

    @get(
        "/{recording_id:str}/transcript",
        operation_id="getTranscript",
        summary="What was heard",
        guards=[opens_recordings],
        security=CAPABILITY,
        responses=problems(401, 404, 406, 409, 410),
    )
    async def transcript(
        self,
        request: AnyRequest,
        recording_id: RecordingId,
        format_: Annotated[
            Literal["json", "vtt", "srt", "text"] | None,
            QueryParameter(name="format", description="Goes before the Accept header."),
        ] = None,
    ) -> Response[Any]:
        """The transcript as JSON, WebVTT, SubRip or plain text, by `format` or by the Accept header."""
        wanted = format_ or _accepted(request.headers.get("accept", ""))
        heard = await listening.transcript_of(
            context_of(request), recording_id, actor=await actor_of(request)
        )
        return render_transcript(heard, wanted)

    @get(
        "/{recording_id:str}/audio",
        operation_id="getAudio",
        summary="Hear the recording",
        guards=[opens_recordings],
        security=CAPABILITY,
        media_type="application/octet-stream",
        responses=problems(401, 404, 410, 416),
    )
    async def audio(
        self,
        request: AnyRequest,
        recording_id: RecordingId,
        range_: Annotated[str | None, HeaderParameter(name="Range", max_length=100)] = None,
    ) -> Response[Any]:
        """The recording as it was sent, decrypted on the way. `Range` lets players jump."""
        sound = await listening.open_sound(context_of(request), recording_id, actor=await actor_of(request))
        return play(sound, range_)

    @post(
        "/{recording_id:str}/attestation",
        operation_id="attestRecording",
        summary="Say that everyone agreed",
        guards=[opens_recordings],
        security=CAPABILITY,
        status_code=200,
        responses=problems(401, 404, 409, 422),
    )
    async def attest(
        self, request: AnyRequest, recording_id: RecordingId, data: JSONBody[Attestation]
    ) -> intake.RecordingStatus:
        """Release a recording that was set aside: whoever sends this states that all parties on it agreed."""
        return await intake.release_recording(
            context_of(request), recording_id, actor=await actor_of(request)
        )

    @post(
        "/{recording_id:str}/playback",
        operation_id="allowPlayback",
        summary="Let this browser's player open the sound",
        guards=[opens_recordings],
        security=CAPABILITY,
        status_code=204,
        responses=problems(401, 404, 410),
    )
    async def playback(self, request: AnyRequest, recording_id: RecordingId) -> Response[None]:
        """Sets a short-lived cookie that opens the sound of this recording and nothing else: players of
        browsers cannot send an Authorization header."""
        ctx, actor = context_of(request), await actor_of(request)
        await intake.recording_status(ctx, recording_id, actor=actor)
        answer: Response[None] = Response(None, status_code=204)
        if actor.capability:
            answer.set_cookie(
                "tala_playback",
                actor.capability,
                max_age=3600,
                path=f"/api/v1/recordings/{recording_id}/audio",
                httponly=True,
                samesite="strict",
                secure=is_secure(request),
            )
        return answer

    @delete(
        "/{recording_id:str}",
        operation_id="discardRecording",
        summary="Erase a recording",
        guards=[opens_recordings],
        security=CAPABILITY,
        status_code=204,
        responses=problems(401, 404, 409, 410),
    )
    async def discard(self, request: AnyRequest, recording_id: RecordingId) -> None:
        """Erase a recording that was not filed, with what was heard in it; it cannot be undone."""
        await sweeping.discard_recording(context_of(request), recording_id, actor=await actor_of(request))


def render_transcript(heard: Transcript, wanted: str) -> Response[Any]:
    """A transcript in one of the four formats."""
    from tala.speech import captions

    if wanted == "vtt":
        return Response(captions.to_vtt(heard), media_type="text/vtt")
    if wanted == "srt":
        return Response(captions.to_srt(heard), media_type="application/x-subrip; charset=utf-8")
    if wanted == "text":
        return Response(captions.to_text(heard), media_type="text/plain")
    return Response(heard, media_type="application/json")


def play(sound: intake.Sound, range_header: str | None) -> Response[Any]:
    """A stored recording as an answer, whole or in part.

    The type is the sender's word for it, so only types of sound are repeated: a page sent as a recording
    must not come back as a page of ours.
    """
    told = sound.media_type.lower()
    media_type = told if _SOUND_TYPE.match(told) else "application/octet-stream"
    wanted = parse_range(range_header, sound.size)
    start, end = wanted or (0, sound.size)
    headers = {
        # As a header: the framework's streams take the route's type over their own.
        "Content-Type": media_type,
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        "Cache-Control": "no-store",
        "Content-Disposition": "inline",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{sound.size}"
    return Stream(sound.read(start, end), status_code=206 if wanted else 200, headers=headers)


def _accepted(header: str) -> str:
    """The format the Accept header likes best, else JSON. Raises TalaError(not_acceptable)."""
    best: tuple[float, int, str] | None = None
    for index, item in enumerate(header[:400].split(",")):
        media, _, parameters = item.strip().partition(";")
        weight = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                weight = float(value) if value.replace(".", "", 1).isdigit() else 0.0
        wanted = "json" if media in ("", "*/*", "application/*") else _FORMATS.get(media.strip().lower())
        if wanted and weight > 0 and (best is None or weight > best[0]):
            best = (weight, index, wanted)
    if best is None:
        raise TalaError(
            "not_acceptable",
            f"A transcript is to be had as {', '.join(_FORMATS)}; or say ?format=json, vtt, srt, text.",
        )
    return best[2]

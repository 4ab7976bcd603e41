"""The speech engine: one per process, shared by every caller, loaded at the first word.

Callers hand in windows of sound and get futures. Finals go before recordings, recordings before partials;
within a kind the session that had least goes first, then the shorter window; windows of like length share a
batch.
"""

import atexit
import itertools
import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum

from tala.errors import TalaError
from tala.settings import Settings
from tala.speech import weights
from tala.speech.decoding import LONGEST_MS, Heard, Policy, Window, frames_of, read
from tala.speech.model import Model


class Priority(IntEnum):
    """Who goes first."""

    FINAL = 0
    RECORDING = 1
    PARTIAL = 2


_BATCH = {Priority.FINAL: 4, Priority.RECORDING: 8, Priority.PARTIAL: 4}
"""Most windows in one call: finals must not wait for each other."""
_BATCH_FRAMES = {"cpu": 16_000, "cuda": 192_000}
"""Most 10 ms frames in one call, margins included: what bounds the memory."""
_LIKE_FRAMES = 400
"""Windows whose lengths differ by more do not share a batch."""
_QUEUE_MS = 900_000
"""Sound that may wait; then `submit` waits."""


@dataclass(slots=True, eq=False)
class _Request:
    window: Window
    priority: Priority
    session: str
    number: int
    frames: int
    future: Future[Heard]

    @property
    def seconds(self) -> float:
        return self.window.milliseconds / 1000


class Engine:
    """Reads windows of sound for everybody in this process. Thread-safe.

    Args:
        settings: which weights, which device, how many threads.
        policy: how windows are read; the default is the measured one.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        self.settings = settings
        self.policy = policy or Policy()
        self._model: Model | None = None
        self._loading = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._waiting_ms = 0
        self._served: dict[str, float] = defaultdict(float)
        self._numbers = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def name(self) -> str:
        """Name of the weights, as transcripts state it."""
        return self.settings.whisper_model.rstrip("/").rpartition("/")[2] or weights.DEFAULT

    @property
    def model(self) -> Model:
        """The weights, loaded now if they were not yet.

        Raises:
            TalaError: `model_missing`, `model_damaged`, `settings_invalid`.
        """
        with self._loading:
            if self._model is None:
                self._model = Model(weights.ensure(self.settings), self.settings)
            return self._model

    @property
    def waiting_seconds(self) -> float:
        """Sound that waits to be read, in seconds: what a live caller looks at before asking for partials."""
        with self._changed:
            return self._waiting_ms / 1000

    def submit(
        self, window: Window, *, priority: Priority = Priority.RECORDING, session: str = ""
    ) -> Future[Heard]:
        """Ask for a window to be read; waits while too much sound is waiting already.

        Cancel the future to withdraw the request; one that is being read is finished.

        Raises:
            TalaError: the weights cannot be loaded, or the engine is closed.
        """
        if window.milliseconds > LONGEST_MS:
            raise TalaError("invalid_input", f"A window of sound is longer than {LONGEST_MS} ms.")
        model = self.model
        request = _Request(
            window, priority, session, next(self._numbers), frames_of(window, self.policy), Future()
        )
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting_ms < _QUEUE_MS)
            if self._closed:
                raise TalaError("internal", "The speech engine has been shut down.", retryable=True)
            self._start(model)
            busy = {waiting.session for waiting in self._waiting}
            if busy and session not in busy:
                # Who comes back after a pause has no claim on the time that others used meanwhile.
                self._served[session] = max(self._served[session], min(self._served[one] for one in busy))
            self._waiting.append(request)
            self._waiting_ms += request.window.milliseconds
            self._changed.notify_all()
        request.future.add_done_callback(
            lambda future: self._withdrawn(request) if future.cancelled() else None
        )
        return request.future

    def hear(
        self, windows: Sequence[Window], *, priority: Priority = Priority.RECORDING, session: str = ""
    ) -> list[Heard]:
        """Read windows and wait for all of them, in order."""
        futures = [self.submit(w, priority=priority, session=session) for w in windows]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def close(self) -> None:
        """Finish what is being read, drop what waits, end the workers."""
        with self._changed:
            self._closed = True
            for request in list(self._waiting):
                request.future.cancel()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        atexit.unregister(self.close)
        self._model = None

    def _withdrawn(self, request: _Request) -> None:
        with self._changed:
            if request in self._waiting:
                self._waiting.remove(request)
                self._waiting_ms -= request.window.milliseconds
                self._changed.notify_all()

    def _start(self, model: Model) -> None:
        if self._threads:
            return
        for number in range(model.workers):
            thread = threading.Thread(target=self._work, args=(model,), name=f"speech-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        # The interpreter must not end while the weights are at work in another thread.
        atexit.register(self.close)

    def _work(self, model: Model) -> None:
        while (batch := self._next_batch(model)) is not None:
            try:
                heard = read(model, [request.window for request in batch], self.policy)
            except Exception as problem:  # whatever went wrong belongs to those who asked
                for request in batch:
                    request.future.set_exception(problem)
                continue
            for request, one in zip(batch, heard, strict=True):
                request.future.set_result(one)

    def _next_batch(self, model: Model) -> list[_Request] | None:
        """The windows to read next, marked as running; waits for some, None when the engine is closed."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return None
                batch = self._choose(model)
                if batch:
                    self._changed.notify_all()
                    return batch

    def _choose(self, model: Model) -> list[_Request]:
        order = sorted(self._waiting, key=lambda r: (r.priority, self._served[r.session], r.frames, r.number))
        first = order[0]
        peers = [
            r
            for r in order
            if r.priority == first.priority
            and r.window.beam == first.window.beam
            and abs(r.frames - first.frames) <= _LIKE_FRAMES
        ]
        # Idle workers share what there is instead of one taking it all.
        share = -(-len(peers) // model.workers)
        most = min(_BATCH[first.priority], max(1, share))
        budget = _BATCH_FRAMES.get(model.device, 16_000)
        batch: list[_Request] = []
        longest = 0
        for request in peers:
            longest = max(longest, request.frames)
            if batch and (len(batch) >= most or longest * (len(batch) + 1) > budget):
                break
            self._waiting.remove(request)
            self._waiting_ms -= request.window.milliseconds
            if request.future.set_running_or_notify_cancel():
                self._served[request.session] += request.seconds
                batch.append(request)
        self._forget_served()
        return batch

    def _forget_served(self) -> None:
        """Sessions that ask for nothing are forgotten once there are many of them."""
        if len(self._served) > 1000:
            busy = {request.session for request in self._waiting}
            self._served = defaultdict(float, {s: v for s, v in self._served.items() if s in busy})

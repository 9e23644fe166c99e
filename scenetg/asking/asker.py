"""Asker: many prompts to one model, at once, within limits, and none of them twice."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, TypeVar

from grounder.errors import BackendError, RequestRefused
from grounder.json_reply import Shape, read_json, short
from grounder.vlm import VLM, Completion, Prompt, Sampling
from scenetg.asking.ledger import Ledger, Spent
from scenetg.asking.pace import Pace
from scenetg.asking.replies import Replies, model_of, reply_key
from scenetg.candidate import Rejection

T = TypeVar("T")
REFUSED_IN_A_ROW = 8
"""Refusals before any answer that are taken for the model's, not the requests'."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a prompt has no answer."""

    reason: Literal["unreadable reply", "request refused"]
    detail: str
    """What the model or its server wrote."""

    def rejection(self, stage: str) -> Rejection:
        """Return what this means for a candidate that needed the answer."""
        return Rejection(stage, self.reason, detail=self.detail)


Read = Callable[[str], T | Failure]


class Halted(Exception):
    """Nothing more is asked, because the run is ending for another reason (`Asker.halt`)."""


class Asker:
    """Asks one model; usable from any thread.

    Each reply is stored the moment it comes, under all that it depends on: whatever was asked before, in
    this run or one that was killed, is read from there. Passing failures of a server are tried again by its
    backend (`grounder.vlm.retry`); what is final ends the run with everything kept.
    """

    def __init__(
        self,
        vlm: VLM,
        replies: Replies,
        *,
        ledger: Ledger | None = None,
        pace: Pace | None = None,
        at_once: int = 4,
        batch: int = 1,
    ) -> None:
        """Ask `vlm`, keeping what it says in `replies`.

        Args:
            vlm: the model.
            replies: of this dataset.
            ledger: bounds what is spent; without caps when None.
            pace: spreads requests over time; without limits when None.
            at_once: calls on the way to the model at one time.
            batch: prompts of one call. Servers batch by themselves: 1. A model in this process wants many
                prompts in one call, and one call at a time.
        """
        self.vlm = vlm
        self.replies = replies
        self.ledger = ledger or Ledger(by_purpose=replies.spent())
        self.at_once, self.batch = at_once, batch
        self._pace = pace or Pace()
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="asker")
        # Prompts hold pictures: whoever asks, so many calls wait in memory and no more.
        self._room = threading.Semaphore(2 * at_once + 1)
        self._asking: set[str] = set()
        self._free = threading.Condition()
        self._halted = threading.Event()
        self._other: Asker | None = None
        self._refused: int | None = 0
        """Refusals so far; None once anything has been answered."""

    def ask(
        self, purpose: str, prompts: Iterable[Prompt], read: Read[T], sampling: Sampling
    ) -> list[T | Failure]:
        """Return what each prompt's reply was read as, in order; prompts are drawn as they are needed.

        A reply that cannot be read is asked for once more with another seed, unless `sampling` is greedy
        and would give the same.

        Raises:
            CapReached: the next request might cross a cap.
            BackendError: the model could not be asked; what it has answered is kept.
            Halted: the run is ending.
        """
        waiting: deque[Future[list[T | Failure]]] = deque()
        values: list[T | Failure] = []
        try:
            for group in self._groups(prompts):
                waiting.append(self._pool.submit(self._answers, purpose, group, read, sampling))
                waiting[-1].add_done_callback(lambda _: self._room.release())
                while waiting and waiting[0].done():
                    values += waiting.popleft().result()
            while waiting:
                values += waiting.popleft().result()
        finally:
            # What is on its way is paid for: wait until it is stored.
            running = [future for future in waiting if not future.cancel()]
            for future in running:
                future.exception()
        return values

    def add_model(self, vlm: VLM, *, at_once: int, batch: int) -> None:
        """Let another model be asked, too, with the same replies, ledger and pace."""
        self._other = Asker(
            vlm, self.replies, ledger=self.ledger, pace=self._pace, at_once=at_once, batch=batch
        )
        self._other._halted = self._halted

    def for_model(self, vlm: VLM) -> "Asker":
        """Return the one that asks `vlm`: this one, or that of `add_model`."""
        for one in (self, self._other):
            if one is not None and one.vlm is vlm:
                return one
        raise ValueError(f"Nobody said how {vlm.name} is to be asked. Call `add_model` first.")

    def halt(self) -> None:
        """Ask nothing more, in any thread; what is on its way is still stored."""
        self._halted.set()

    def close(self) -> None:
        """Wait for what is on its way, and close the replies."""
        self._pool.shutdown()
        if self._other is not None:
            self._other._pool.shutdown()
        self.replies.close()

    def _groups(self, prompts: Iterable[Prompt]) -> Iterator[list[Prompt]]:
        """Yield the prompts of each call, drawn when there is room for them."""
        rest = iter(prompts)
        while True:
            self._room.acquire()
            group: list[Prompt] = []
            try:
                group = list(islice(rest, self.batch))
            finally:
                if not group:
                    self._room.release()
            if not group:
                return
            yield group

    def _answers(
        self, purpose: str, prompts: Sequence[Prompt], read: Read[T], sampling: Sampling
    ) -> list[T | Failure]:
        values = [_read(reply, read) for reply in self._complete(purpose, list(prompts), sampling)]
        unread = [
            place
            for place, value in enumerate(values)
            if isinstance(value, Failure) and value.reason == "unreadable reply"
        ]
        if unread and sampling.temperature > 0:
            again = replace(sampling, seed=sampling.seed + 1)
            second = self._complete(purpose, [prompts[place] for place in unread], again)
            for place, reply in zip(unread, second, strict=True):
                values[place] = _read(reply, read)
        return values

    def _complete(
        self, purpose: str, prompts: Sequence[Prompt], sampling: Sampling
    ) -> list[Completion | Failure]:
        model = model_of(self.vlm.name)
        keys = [reply_key(model, prompt, sampling) for prompt in prompts]
        with self._alone(keys):
            known: dict[str, Completion | Failure] = dict(self.replies.find(keys))
            missing = {
                key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in known
            }
            if missing:
                known |= self._send(purpose, missing, sampling)
        return [known[key] for key in keys]

    def _send(
        self, purpose: str, prompts: dict[str, Prompt], sampling: Sampling
    ) -> dict[str, Completion | Failure]:
        if self._halted.is_set():
            raise Halted("The run that asked has ended. Open another asker to go on.")
        reserved = self.ledger.reserve(list(prompts.values()), sampling)
        bills: list[Spent] = []
        try:
            expected = sum(one.most.prompt_tokens for one in reserved)
            self._pace.wait(expected)
            completions = self.vlm.generate(list(prompts.values()), sampling)
            answers = dict(zip(prompts, completions, strict=True))
            bills = [
                self.ledger.bill(one, said.prompt_tokens, said.completion_tokens)
                for one, said in zip(reserved, completions, strict=True)
            ]
            self.replies.store(answers, bills, purpose=purpose, model=model_of(self.vlm.name))
        except RequestRefused as error:
            return dict.fromkeys(prompts, self._refusal(error))
        except BackendError as error:
            raise BackendError(
                f"{error} All replies so far are kept: when the model answers again, run the same command "
                "to go on from here."
            ) from error
        finally:
            self.ledger.settle(purpose, reserved, bills)
        self._pace.correct(expected, sum(bill.prompt_tokens for bill in bills))
        self._refused = None
        return dict(answers)

    def _refusal(self, error: RequestRefused) -> Failure:
        if self._refused is not None:
            self._refused += 1
            if self._refused >= REFUSED_IN_A_ROW:
                raise BackendError(
                    f"{self.vlm.name} has refused the first {self._refused} requests and answered none. The last "
                    f"refusal: {error}"
                ) from error
        return Failure("request refused", str(error))

    @contextmanager
    def _alone(self, keys: Sequence[str]) -> Iterator[None]:
        """Wait until no other thread asks any of `keys`, and keep others from it."""
        claimed = set(keys)
        with self._free:
            self._free.wait_for(lambda: not claimed & self._asking)
            self._asking |= claimed
        try:
            yield
        finally:
            with self._free:
                self._asking -= claimed
                self._free.notify_all()


def json_reader(shape: type[Shape]) -> Read[Shape]:
    """Return the reader of replies that are JSON of `shape`."""

    def read(text: str) -> Shape | Failure:
        value = read_json(text, shape)
        return Failure("unreadable reply", value) if isinstance(value, str) else value

    return read


def _read(reply: Completion | Failure, read: Read[T]) -> T | Failure:
    if isinstance(reply, Failure):
        return reply
    value = read(reply.text)
    if isinstance(value, Failure) and not reply.finished:
        return Failure("unreadable reply", f"cut off at its longest; {value.detail}")
    return value


def unreadable(why: str, text: str) -> Failure:
    """Return the failure of a reply that says nothing usable."""
    return Failure("unreadable reply", f"{why} in {short(text)}")

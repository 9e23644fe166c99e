"""The agent as a model of lmms-eval, found by its entry point group `lmms_eval.models`.

This module is imported in lmms-eval's environment, which cannot be ours: it needs PyAV below 16, whenwhat 17. So nothing
of whenwhat is imported here; the agent runs in a process of the environment that `python` names (`worker`).

    lmms-eval --model whenwhat --model_args python=ENV/bin/python,mode=ground,question=caption --tasks TASK
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn

from lmms_eval.api.instance import Instance
from lmms_eval.api.model import lmms
from lmms_eval.models.registry_v2 import ModelManifest
from loguru import logger

MANIFEST = ModelManifest("whenwhat", chat_class_path="training.lmms_eval.plugin.WhenwhatAgent")
WORKER = "training.lmms_eval.worker"


class WhenwhatAgent(lmms):  # type: ignore[misc]  # lmms-eval is not installed where types are checked
    """Asks the agent; every video is opened once for all questions about it."""

    is_simple = False

    def __init__(
        self,
        python: str,
        mode: Literal["answer", "ground"] = "answer",
        question: str = "",
        options: str = "",
        encoder: str = "auto",
        vlm: str = "",
        grounder: str = "auto",
        library: str = "",
        batch_size: int | str = 1,
        max_batch_size: int | None = None,
        device: str | None = None,
    ) -> None:
        """Start the agent.

        Args:
            python: interpreter of the environment that has whenwhat.
            mode: `answer`, or `ground`: the reply is the best moment alone, as `12.3 - 15.6`.
            question: field of a task's documents that holds the bare question; empty: all words of the prompt,
                its instructions about the form of the reply included.
            options: field that holds the list of choices; the reply is then a letter.
            encoder: as in `whenwhat ask`.
            vlm: as in `whenwhat ask`; empty: answers are extracts.
            grounder: as in `whenwhat ask`.
            library: folder of the indexes; empty: the user's cache directory.
            batch_size: lmms-eval passes it on; questions go one by one.
            max_batch_size: the same.
            device: the same; the worker takes a GPU if there is one.

        Raises:
            ValueError: there is no such mode.
            OSError: the interpreter cannot be started.
        """
        super().__init__()
        if mode not in ("answer", "ground"):
            raise ValueError(f"mode is {mode!r}. Choose answer or ground.")
        self._mode, self._question, self._options = mode, question, options
        given = {"encoder": encoder, "vlm": vlm, "grounder": grounder, "library": library}
        flags = [word for name, value in given.items() if value for word in (f"--{name}", value)]
        # -P: a folder called `training` where lmms-eval is started must not be taken for ours.
        self._worker = subprocess.Popen(
            [python, "-P", "-m", WORKER, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def generate_until(self, requests: Sequence[Instance]) -> list[str]:
        """Return a reply for each request, in order; empty where its video or question cannot be used.

        Raises:
            RuntimeError: the worker has ended; its own words are on stderr.
        """
        asked = [self._asked(request) for request in requests]
        replies = [""] * len(asked)
        for number in sorted(range(len(asked)), key=lambda number: str(asked[number]["video"])):
            said = self._ask(asked[number])
            if "error" in said:
                logger.warning(f"{asked[number]['video']}: {said['error']}")
            replies[number] = said.get("text", "")
        return replies

    def loglikelihood(self, requests: Sequence[Instance]) -> NoReturn:
        """Refuse: the agent writes replies, it rates none."""
        raise NotImplementedError("whenwhat rates no replies. Choose a task with generate_until.")

    def generate_until_multi_round(self, requests: Sequence[Instance]) -> NoReturn:
        """Refuse: the agent plans its own rounds."""
        raise NotImplementedError("whenwhat has no rounds. Choose a task with generate_until.")

    def _asked(self, request: Instance) -> dict[str, Any]:
        _, doc_to_messages, _, doc_id, task, split = request.args
        document = self.task_dict[task][split][doc_id]
        parts = [part for message in doc_to_messages(document) for part in message["content"]]
        videos = [part["url"] for part in parts if part["type"] == "video"]
        words = [part["text"] for part in parts if part["type"] == "text"]
        if len(videos) != 1 or not isinstance(videos[0], str):
            raise ValueError(
                f"{task} {doc_id}: whenwhat takes one video file, got {videos!r:.200}."
            )
        return {
            "video": videos[0],
            "question": document[self._question] if self._question else "\n".join(words),
            "options": list(document[self._options]) if self._options else [],
            "mode": self._mode,
        }

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, str]:
        assert self._worker.stdin is not None  # both are pipes
        assert self._worker.stdout is not None
        try:
            self._worker.stdin.write(json.dumps(asked) + "\n")
            self._worker.stdin.flush()
        except BrokenPipeError:
            self._ended()
        line = self._worker.stdout.readline()
        if not line:
            self._ended()
        said: dict[str, str] = json.loads(line)
        return said

    def _ended(self) -> NoReturn:
        code = self._worker.wait()
        raise RuntimeError(
            f"The worker of whenwhat ended with code {code}; its own words are above. Is whenwhat installed for the "
            "interpreter that `python` names?"
        )

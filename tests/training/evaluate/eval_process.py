"""Runs `whenwhat eval` and dies as if by kill -9 once so many predictions are written.

python -m tests.training.evaluate.eval_process COUNT TORN WORDS…
"""

import os
import signal
import sys

from grounder.cli.main import main
from training.evaluate.folder import Appender
from training.evaluate.prediction import Prediction


class MortalAppender(Appender):
    """Writes so many lines, perhaps half of one more, and dies."""

    remaining = int(sys.argv[1])
    torn = sys.argv[2] == "torn"

    def add(self, prediction: Prediction) -> None:
        if MortalAppender.remaining == 0:
            if MortalAppender.torn:
                self.output.write(b'{"qid": "half of a li')
                self.output.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        MortalAppender.remaining -= 1
        super().add(prediction)


if __name__ == "__main__":
    import training.evaluate.folder as folder

    folder.Appender = MortalAppender  # type: ignore[misc]  # the process under test is to die inside
    main(["eval", *sys.argv[3:]])

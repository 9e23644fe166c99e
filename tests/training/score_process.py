"""Runs `whenwhat train score` and dies as if by kill -9 once so many blocks of rows are stored.

python -m tests.training.score_process LOG COUNT TORN WORDS…: LOG gets the words of every prompt that is asked.
"""

import json
import os
import signal
import sys
from pathlib import Path

from grounder.cli.main import main
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from training.ledger import ScoreLog


class WatchedVLM(ScriptedVLM):
    """Writes down what it is asked."""

    def generate(self, prompts, sampling):
        with Path(sys.argv[1]).open("a", encoding="utf-8") as log:
            for prompt in prompts:
                log.write(json.dumps([prompt_text(prompt), sampling.seed]) + "\n")
        return super().generate(prompts, sampling)


class MortalLog(ScoreLog):
    """Stores so many blocks, perhaps half of one more, and dies."""

    remaining = int(sys.argv[2])

    def add(self, block):
        if MortalLog.remaining == 0 and sys.argv[3] == "torn":
            with (self.folder / "scores-0.jsonl").open("a", encoding="utf-8") as output:
                output.write('[["half of a bl')
            os.kill(os.getpid(), signal.SIGKILL)
        super().add(block)
        MortalLog.remaining -= 1
        if MortalLog.remaining == 0 and sys.argv[3] == "whole":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    import grounder.vlm.scripted as scripted
    import training.rated as rated

    scripted.ScriptedVLM = WatchedVLM
    rated.ScoreLog = MortalLog
    main(["train", "score", *sys.argv[4:]])

"""Asks one question in a process of its own; dies, as if by kill -9, in the nth call of the model.

python -m tests.agent.run_process VIDEO STATE LOG QUESTION [--die-at N] [--resume RUN]
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from agent import ask
from grounder.video import Video
from grounder.vlm import Prompt
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from tests.agent.stage import GivenGrounder, context_for, sure_of_all, vlm_roles

REPLIES = {
    "Write 1 to 3 search queries": '{"queries": ["a green screen", "a blue screen"], "every": true}',
    "a green screen": '{"seen": "yes", "note": "green"}',
    "a blue screen": '{"seen": "no", "note": "not it"}',
    "Answer from these frames": '{"answer": "Green.", "citations": [[5, 6]], "confidence": 0.7}',
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("video", type=Path)
    parser.add_argument("state", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("question")
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--resume")
    args = parser.parse_args()

    def respond(prompt: Prompt) -> str:
        words = next(words for words in REPLIES if words in prompt_text(prompt))
        with args.log.open("a") as log:
            log.write(words + "\n")
        if len(args.log.read_text().splitlines()) == args.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return REPLIES[words]

    with Video.open(args.video) as video:
        context = context_for(
            video,
            roles=vlm_roles(ScriptedVLM(respond)),
            grounder=GivenGrounder(sure_of_all),
            state_folder=args.state,
        )
        answer = ask(args.question, context, resume=args.resume)
    json.dump(answer.document(), sys.stdout)


if __name__ == "__main__":
    main()

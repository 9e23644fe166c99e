"""How a run looks in a terminal: steps as they happen on stderr, the answer on stdout."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from agent.answer import Answer, Evidence, Step
from grounder.cli.console import print_note, print_warning, printable, stderr, stdout
from grounder.timetext import clock_range

if TYPE_CHECKING:
    from rich.status import Status

HINT = (
    "Answers are quotes: no model is named. Try --vlm hf:Qwen/Qwen3-VL-4B-Instruct (a 9 GB download) "
    "or openai:MODEL@http://HOST:PORT/v1."
)
COLOURS = {"answered": "green", "uncertain": "yellow", "not_found": "red"}
BAR = 10
"""Characters of a full score bar."""


class TerminalWatcher:
    """Draws a run on stderr; use it in a `with` statement. Without a terminal it prints plain lines."""

    def __init__(self) -> None:
        self.run: str | None = None
        self._status: Status | None = None

    def begins(self, run: str | None, resumed: Sequence[Step]) -> None:
        """Name the run, and show what was already done."""
        self.run = run
        if run:
            print_note(f"Run {run}. If it is interrupted, repeat the command with --resume {run}")
        for step in resumed:
            self._line(step, style="dim")

    def doing(self, node: str, said: str) -> None:
        """Show a spinner with what is going on."""
        self._stop()
        if said and stderr().is_terminal:
            from rich.markup import escape

            self._status = stderr().status(f"[dim]{escape(printable(said))} …[/dim]")
            self._status.start()

    def did(self, step: Step) -> None:
        """Show a finished step."""
        self._stop()
        self._line(step)

    def _line(self, step: Step, *, style: str = "") -> None:
        from rich.text import Text

        if not step.data.get("news", True):
            return
        said = printable(" ".join(step.said.split()))
        label = "stop" if step.node == "route" else step.node
        seconds = f"  {step.seconds:.1f} s" if step.seconds >= 0.05 else ""
        line = Text.assemble(
            (f"  {label:<7}", style or "cyan"), (said, style), (seconds, "dim"), no_wrap=False
        )
        stderr().print(line, soft_wrap=not stderr().is_terminal)

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __enter__(self) -> "TerminalWatcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        # Ctrl-C is told by the command, which may be stopped before the run begins, too.
        if self.run is not None and kind is not None and issubclass(kind, Exception):
            print_note(f"Stopped. Go on with the same command and --resume {self.run}")


def print_answer(answer: Answer) -> None:
    """Print a result for people: the answer, its evidence, what to be careful about, what it cost."""
    from rich.text import Text

    stderr().print()
    stdout().print(Text.assemble(_headline(answer)), soft_wrap=True)
    stdout().print()
    for row in answer.evidence or answer.closest:
        _print_row(row)
    stderr().print()
    for warning in answer.warnings:
        print_warning(warning)
    print_note(cost_line(answer))


def cost_line(answer: Answer) -> str:
    """Write what an answer cost: `2 looks, 40 frames, 3.2 s`."""
    looks = sum(step.node == "ground" for step in answer.trace)
    seconds = sum(answer.usage.seconds.values())
    return f"{looks} looks, {answer.usage.frames} frames shown, {seconds:.1f} s"


def _headline(answer: Answer) -> tuple[str, str]:
    style = f"bold {COLOURS.get(answer.status, 'red')}"
    if answer.status == "not_found":
        return "Not found. The closest moments:", style
    words = answer.text or ""
    if answer.option is not None:
        words = f"{answer.option.letter}. {answer.option.text}"
        if answer.text and answer.text != answer.option.text:
            words += f" - {answer.text}"
    if answer.status == "uncertain":
        told = f"Not sure. Best guess: {words}" if words else "Not sure. The closest moments:"
        return printable(told), style
    return printable(words or "Moments:"), style


def _print_row(row: Evidence) -> None:
    from rich.text import Text

    filled = round(row.score * BAR)
    line = Text.assemble(
        (f"{row.rank:>3}  ", "dim"),
        (f"{clock_range(row.span):<18}", "bold"),
        ("█" * filled + "░" * (BAR - filled), "cyan"),
        f" {row.score:.2f}  ",
        ("+".join(row.source), "dim"),
    )
    console = stdout()
    console.print(line, soft_wrap=True)
    for extra in filter(None, (printable(" ".join(row.text.split())), row.clip or "")):
        shown = Text(extra, "italic", no_wrap=console.is_terminal, overflow="ellipsis")
        from rich.padding import Padding

        console.print(Padding(shown, (0, 0, 0, 5)), soft_wrap=not console.is_terminal)

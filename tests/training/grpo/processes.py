"""Processes that start in a moment: forked from a server that has imported what takes long."""

import multiprocessing
import socket

from tests.training.grpo import replay

LIMIT = 300  # seconds, on busy cores


def context():
    """Return the way to start processes."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(
        ["training.grpo.run", "transformers.models.qwen3_vl.modeling_qwen3_vl"]
    )
    return server


def train_together(model, output, settings, *, sharded=False, zero=0, processes=2):
    """Train in several processes and wait for their end."""
    output.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        context().Process(
            target=replay.train_one_of,
            args=(rank, processes, port, model, output, settings),
            kwargs={"sharded": sharded, "zero": zero},
        )
        for rank in range(processes)
    ]
    for process in started:
        process.start()
    ended(*started)
    assert [process.exitcode for process in started] == [0] * processes


def command(*words):
    """Start `whenwhat` with these words."""
    process = context().Process(target=replay.command, args=words)
    process.start()
    return process


def ended(*processes):
    """Wait for processes, and let none outlive the test."""
    for process in processes:
        process.join(LIMIT)
    for process in processes:
        if process.is_alive():
            process.kill()
            process.join()

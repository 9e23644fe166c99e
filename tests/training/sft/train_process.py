"""Trains by a recipe in a process of its own, to be killed: python -m tests.training.sft.train_process RECIPE OUT."""

import sys
from pathlib import Path


def main() -> None:
    import torch

    from training.sft.recipe import read_recipe
    from training.sft.run import train_recipe

    torch.set_num_threads(1)
    train_recipe(read_recipe(sys.argv[1]), Path(sys.argv[2]))


if __name__ == "__main__":
    main()

"""GRPO on video: TRL's trainer, taught to see, with a KL penalty that knows which tokens tell a time."""

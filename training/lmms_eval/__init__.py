"""The agent under lmms-eval: `plugin` runs in its environment, `worker` in ours; they speak JSON lines."""

"""What is known about each model that can find moments, one TOML file per model."""

from grounder.adapters.adapter import Adapter, Budget, ReplyFormat
from grounder.adapters.loading import adapter_for, adapter_names, load_adapter

__all__ = ["Adapter", "Budget", "ReplyFormat", "adapter_for", "adapter_names", "load_adapter"]

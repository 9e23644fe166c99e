"""Rewards: plain picklable callables with TRL's signature, built on the one parser and the one metric."""

from training.rewards.reward import Reward, Truth
from training.rewards.table import load_reward, reward_names

__all__ = ["Reward", "Truth", "load_reward", "reward_names"]

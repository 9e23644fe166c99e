"""Weights on the model hub: which are here already, and can the hub be asked at all, answered in seconds."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from grounder.errors import ModelError

PATIENCE = 4.0
"""Seconds the hub gets to answer: libraries that retry would hang for minutes on a cut-off machine."""
SAFE_NAME = "open_clip_model.safetensors"
UNSAFE_NAME = "open_clip_pytorch_model.bin"


@dataclass(frozen=True, slots=True)
class HubFile:
    """One checkpoint on the hub, under the file names it may have, the safe format first."""

    repository: str
    names: tuple[str, ...]


def hub_file(location: str) -> HubFile:
    """Read open_clip's `owner/name/` or `owner/name/file` form."""
    repository, _, name = location.rpartition("/")
    if not name:
        return HubFile(repository, (SAFE_NAME, UNSAFE_NAME))
    safe = str(Path(name).with_suffix(".safetensors"))
    return HubFile(repository, tuple(dict.fromkeys((safe, name))))


def cached(file: HubFile) -> Path | None:
    """Return the file if the local hub cache holds it; asks no network."""
    from huggingface_hub import try_to_load_from_cache

    for name in file.names:
        path = try_to_load_from_cache(file.repository, name)
        if isinstance(path, str):
            return Path(path)
    return None


def reachable(file: HubFile, *, patience: float = PATIENCE) -> bool:
    """Say within about `patience` seconds whether the hub would hand the file out."""
    return _offered_name(file, patience) is not None


def fetch(file: HubFile) -> Path:
    """Return the file from the cache, or download it.

    Raises:
        ModelError: It is not cached and the hub does not answer in `PATIENCE` seconds, or refuses.
    """
    path = cached(file)
    if path is not None:
        return path
    name = _offered_name(file, PATIENCE)
    if name is None:
        raise ModelError(
            f"The weights {file.repository}/{file.names[0]} are not on this machine and the model hub "
            f"does not offer them (asked for {PATIENCE:g} s). Connect to the network once, or copy the "
            "file here and name it: open_clip:MODEL//path/to/file.safetensors; "
            "or use `conse`, which needs no download."
        )
    return _download(file.repository, name)


def _download(repository: str, name: str) -> Path:
    from httpx import HTTPError
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(hf_hub_download(repository, name))
    except (HfHubHTTPError, HTTPError, OSError) as error:
        raise ModelError(
            f"Downloading {repository}/{name} broke off: {error}. Run it again: it resumes."
        ) from error


def _offered_name(file: HubFile, patience: float) -> str | None:
    """Return the first name the hub offers, or None; a daemon thread, because DNS knows no timeout."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return None
    offered: list[str] = []
    asking = threading.Thread(target=_ask, args=(file, patience, offered), daemon=True)
    asking.start()
    asking.join(patience)
    return offered[0] if offered else None


def _ask(file: HubFile, patience: float, offered: list[str]) -> None:
    import httpx
    from huggingface_hub import hf_hub_url

    for name in file.names:
        try:
            answer = httpx.head(hf_hub_url(file.repository, name), timeout=patience)
        except httpx.HTTPError:
            return
        if answer.status_code < 400:
            offered.append(name)
            return

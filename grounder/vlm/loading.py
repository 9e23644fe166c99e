"""From a spec (`hf:…`, `vllm:…`, `openai:…@URL`, `scripted[:FILE]`) to a model, importing only what it needs."""

from pathlib import Path
from typing import NoReturn

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.vlm.vlm import VLM

FORMS = """\
  hf:PATH_OR_ID              Qwen2.5-VL, Qwen3-VL or Qwen2-VL weights run here (a hub id downloads them)
  vllm:PATH_OR_ID            the same in process with vLLM (needs the extra: whenwhat[vllm])
  openai:MODEL@http://HOST:PORT/v1   any OpenAI-compatible server
  scripted[:FILE.jsonl]      fixed answers, for dry runs
An adapter may be named at the end: hf:PATH#time-r1"""


def load_vlm(spec: str) -> VLM:
    """Load the model a spec names.

    Raises:
        SpecError: the spec means nothing.
        MissingDependency: the backend's package is not installed.
        ModelError: the model cannot be loaded.
    """
    model, _, adapter_name = spec.partition("#")
    kind, _, target = model.partition(":")
    adapter = load_adapter(adapter_name) if adapter_name else None
    if kind == "scripted":
        from grounder.vlm.scripted import ScriptedVLM

        return ScriptedVLM.from_file(Path(target) if target else None, name=spec, adapter=adapter)
    if not target:
        _refuse(spec)
    if kind == "hf":
        from grounder.vlm.hf import HfVLM

        return HfVLM.load(target, name=spec, adapter=adapter)
    if kind == "vllm":
        from grounder.vlm.vllm import VllmVLM

        return VllmVLM.load(target, name=spec, adapter=adapter)
    if kind == "openai":
        served, _, url = target.partition("@")
        if not (served and url.startswith(("http://", "https://"))):
            _refuse(spec)
        from grounder.vlm.openai import OpenAiVLM

        return OpenAiVLM(served, url, name=spec, adapter=adapter)
    _refuse(spec)


def _refuse(spec: str) -> NoReturn:
    raise SpecError(f"{spec!r} names no model. Write one of:\n{FORMS}")

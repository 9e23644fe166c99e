import pytest

from grounder.adapters import load_adapter
from grounder.ground import Cost
from grounder.ground.vlm import VlmGrounder
from grounder.reply import write_reply
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import Clip, load_vlm
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from tests.video_factory import colour_video


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "colours.mp4"
    colour_video(path, [("red", 4.0), ("green", 3.0), ("blue", 5.0)])
    with Video.open(path) as opened:
        yield opened


def colour_name(image):
    return ["red", "green", "blue"][int(image.reshape(-1, 3).mean(axis=0).argmax())]


def sees_green(adapter, within):
    """Answer from the pixels: the stretch between the first and the last green picture."""

    def respond(prompt):
        shown = [part.frames for part in prompt[-1].parts if hasattr(part, "frames")]
        green = [
            time for frames in shown for image, time in frames if colour_name(image) == "green"
        ]
        if not green:
            return adapter.reply.nothing or "I see nothing of the kind."
        step = 1 / adapter.budget.frame_rate
        return write_reply([Span(green[0], green[-1] + step)], adapter=adapter, within=within)

    return ScriptedVLM(respond, adapter=adapter)


@pytest.mark.parametrize("name", ["plain", "time-r1", "qwen3-vl", "timelens-7b", "unitime"])
def test_a_moment_comes_back_in_whole_video_seconds(video, name):
    adapter, within = load_adapter(name), Span(2.0, 11.0)
    grounding = VlmGrounder(sees_green(adapter, within)).ground(video, within, "green")
    assert grounding.reply.status == "ok"
    assert [moment.span for moment in grounding.moments] == [Span(4.0, 7.0)]
    assert grounding.within == within


def test_where_it_is_not_there_is_no_moment_and_the_reply_is_ok(video):
    adapter, within = load_adapter("timelens2"), Span(8.0, 11.0)
    grounding = VlmGrounder(sees_green(adapter, within)).ground(video, within, "green")
    assert (grounding.moments, grounding.reply.status) == ((), "ok")


def test_words_without_times_are_a_failed_reply_not_an_error(video):
    vlm = ScriptedVLM(lambda prompt: "What a lovely video, 2 to 3 people!")
    grounding = VlmGrounder(vlm).ground(video, Span(0, 5), "green")
    assert (grounding.moments, grounding.reply.status) == ((), "failed")


def test_stated_confidences_order_the_moments(video):
    reply = '[{"start": 1, "end": 2, "confidence": 0.3}, {"start": 4, "end": 6, "confidence": 0.8}]'
    grounding = VlmGrounder(ScriptedVLM(lambda prompt: reply)).ground(video, Span(0, 8), "green")
    assert [moment.confidence for moment in grounding.moments] == [0.8, 0.3]
    assert grounding.score_kind == "stated"


def test_a_span_without_confidence_counts_as_parsed(video):
    vlm = ScriptedVLM(lambda prompt: "[[1, 2]]", adapter=load_adapter("timelens2"))
    grounding = VlmGrounder(vlm).ground(video, Span(0, 8), "green")
    assert (grounding.score_kind, grounding.moments[0].confidence) == ("parsed", 1.0)


def test_frames_start_with_the_window_at_the_adapters_rate(video):
    vlm = ScriptedVLM(lambda prompt: "", adapter=load_adapter("time-r1"))
    grounding = VlmGrounder(vlm).ground(video, Span(3.3, 6.0), "green")
    clip = next(part for part in vlm.prompts[0][-1].parts if isinstance(part, Clip))
    assert clip.frames.times.tolist() == pytest.approx([3.3, 3.8, 4.3, 4.8, 5.3, 5.8])
    assert [colour_name(image) for image in clip.frames.images] == ["red", "red", *["green"] * 4]
    assert clip.clock_start == 3.3
    assert grounding.cost == Cost(frames=6, prompt_tokens=len(prompt_text(vlm.prompts[0]).split()))


@pytest.mark.parametrize(
    ("within", "query", "words"),
    [
        (Span(0, 300), "x", "can look at 48 s"),
        (Span(5, 20), "x", "outside"),
        (Span(0, 5), "  ", "query is empty"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(video, within, query, words):
    with pytest.raises(ValueError, match=words):
        VlmGrounder(ScriptedVLM(lambda prompt: "")).ground(video, within, query)


@pytest.mark.parametrize("architecture", ["qwen2_5_vl", "qwen3_vl"])
def test_a_real_model_of_random_weights_grounds_without_inventing(tiny_vlm, video, architecture):
    grounder = VlmGrounder(load_vlm(f"hf:{tiny_vlm(architecture)}"))
    grounding = grounder.ground(video, Span(2.0, 6.0), "green")
    assert (grounding.moments, grounding.reply.status) == ((), "failed")
    assert grounding.cost.frames == 8
    assert grounding.cost.visual_tokens > 0


def test_a_model_that_is_told_one_spacing_can_look_at_a_slideshow(tiny_vlm, tmp_path):
    path = tmp_path / "slides.mp4"
    colour_video(path, [("red", 3.0), ("blue", 3.0)], rate=1)
    with Video.open(path) as slides:
        grounding = VlmGrounder(load_vlm(f"hf:{tiny_vlm('qwen2_5_vl')}")).ground(
            slides, Span(0.5, 5.5), "x"
        )
    assert grounding.cost.frames == 10

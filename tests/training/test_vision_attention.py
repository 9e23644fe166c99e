import pytest

FAMILIES = ["qwen2_vl", "qwen2_5_vl", "qwen3_vl"]
GRIDS = [[3, 4, 6], [1, 8, 10], [2, 4, 6]]  # windows of several sizes in Qwen2.5-VL, frames of two


@pytest.fixture(scope="module")
def features(tiny_vlm):
    """From a family and whether frames go together to what its vision tower sees, and its gradients."""
    import torch
    from transformers import AutoModelForImageTextToText

    from training.vision_attention import attend_to_frames_at_once

    torch.set_num_threads(1)

    def make(architecture, together):
        model = AutoModelForImageTextToText.from_pretrained(
            tiny_vlm(architecture), dtype=torch.float32
        )
        if together:
            attend_to_frames_at_once(model.model)
        tower = model.model.visual
        grids = torch.tensor(GRIDS)
        width = 3 * 2 * tower.config.patch_size**2
        pixels = torch.randn(
            int(grids.prod(1).sum()), width, generator=torch.Generator().manual_seed(0)
        )
        calls = []
        attention = torch.nn.functional.scaled_dot_product_attention
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "torch.nn.functional.scaled_dot_product_attention",
                lambda *given, **named: calls.append(1) or attention(*given, **named),
            )
            seen = tower(pixels, grid_thw=grids).pooler_output
        seen.square().mean().backward()
        return (
            seen,
            {name: one.grad for name, one in tower.named_parameters() if one.grad is not None},
            len(calls),
        )

    return make


@pytest.mark.parametrize("architecture", FAMILIES)
def test_frames_taken_together_are_seen_as_apart(features, architecture):
    import torch

    seen, gradients, few = features(architecture, together=True)
    expected, right, many = features(architecture, together=False)
    assert torch.allclose(seen, expected, atol=2e-6)
    for name, gradient in gradients.items():
        assert torch.allclose(gradient, right[name], atol=1e-6, rtol=1e-4), name
    assert few < many


def test_another_attention_is_left_alone(tiny_vlm):
    from transformers import AutoModelForImageTextToText

    from training.vision_attention import attend_to_frames_at_once

    model = AutoModelForImageTextToText.from_pretrained(
        tiny_vlm("qwen3_vl"), attn_implementation="eager"
    )
    attend_to_frames_at_once(model.model)
    assert model.config.vision_config._attn_implementation == "eager"

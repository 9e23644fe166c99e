import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import ModelError
from training.token_kl import KL_MASKS, TokenTable, decoded, time_tokens

THINKS = load_adapter("time-r1")
PAIRS = load_adapter("timelens2")
REPLY = "<think>7 birds at 1:05, 12.5 → 13 🐦</think><answer>12.50 to 17.8</answer>"


@functools.cache
def tokenizer(merged: bool):
    """A byte-level BPE tokenizer, of single bytes or with merges that join digits and cut characters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400 if merged else 256,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([REPLY, "🐦🐧🐤 12.5 12.50 10:05 ééé →⇒", "[[1.5, 2.5]]"] * 9, trainer)
    words = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>")
    words.add_tokens(["<think>", "</think>"])  # as in Qwen3: added, but not special
    return words


@functools.cache
def table(merged: bool):
    return TokenTable.of(tokenizer(merged))


def ids_of(text, merged):
    return tokenizer(merged)(text, add_special_tokens=False)["input_ids"]


def told(text, mask, *, adapter=THINKS, merged=False):
    """Return the text of the marked tokens, unmarked ones as |."""
    ids = ids_of(text, merged)
    marked = time_tokens(ids, table(merged), adapter=adapter, mask=mask)
    pieces = [
        table(merged).pieces[token] if mark else b"|"
        for token, mark in zip(ids, marked, strict=True)
    ]
    return b"".join(pieces).decode().replace("||", "|").strip("|")


def squeezed(text):
    while "||" in text:
        text = text.replace("||", "|")
    return text


def test_vocab_marks_digits_and_separators_anywhere():
    assert squeezed(told(REPLY, "vocab")) == "7|1:05|12.5|13|12.50|17.8"


def test_span_marks_all_of_the_payload_and_nothing_else():
    assert told(REPLY, "span") == "12.50 to 17.8"


def test_vocab_and_span_marks_the_numbers_of_the_payload():
    assert squeezed(told(REPLY, "vocab+span")) == "12.50|17.8"


def test_merged_digits_count_where_the_whole_token_does():
    assert squeezed(told(REPLY, "vocab+span", merged=True)).replace(" ", "") == "12.50|17.8"


def test_without_a_block_the_moments_are_the_payload():
    text = "2 times: [[1.5, 2.5], [3, 4]] of 9"
    assert told(text, "span", adapter=PAIRS) == "[1.5, 2.5], [3, 4]"
    assert squeezed(told(text, "vocab+span", adapter=PAIRS)) == "1.5|2.5|3|4"


@pytest.mark.parametrize("text", ["", "no idea at 3.0", "<think>1.0 to 2.0"])
def test_a_reply_without_a_payload_has_no_tokens_in_it(text):
    ids = ids_of(text, False)
    for mask in ("span", "vocab+span"):
        marked = time_tokens(ids, table(False), adapter=THINKS, mask=mask)
        assert marked.shape == (len(ids),)
        assert not marked.any()


def test_control_tokens_are_never_marked():
    words = tokenizer(False)
    ids = [*ids_of("<answer>1.0 to 2.0</answer>", False), words.eos_token_id]
    for mask in KL_MASKS:
        assert not time_tokens(ids, table(False), adapter=THINKS, mask=mask)[-1]


def test_a_reply_cut_inside_a_character_is_read():
    ids = ids_of("🐦<answer>1.0 to 2.0</answer>🐦", False)[1:-2]
    marked = time_tokens(ids, table(False), adapter=THINKS, mask="span")
    pieces = [table(False).pieces[token] for token, mark in zip(ids, marked, strict=True) if mark]
    assert b"".join(pieces) == b"1.0 to 2.0"


words = st.text(st.sampled_from("ab 1234567890.:é🐦→\n"), max_size=20)


@pytest.mark.parametrize("merged", [False, True])
@given(before=words, payload=words, after=words)
def test_span_is_found_however_the_text_is_cut_into_tokens(merged, before, payload, after):
    text = f"{before}<answer>{payload}</answer>{after}"
    ids = ids_of(text, merged)
    marked = time_tokens(ids, table(merged), adapter=THINKS, mask="span")
    inside = b"".join(
        table(merged).pieces[token] for token, mark in zip(ids, marked, strict=True) if mark
    )
    # Tokens that reach over the edge of the payload are left out; single bytes never do.
    assert inside in payload.encode()
    if not merged:
        assert inside == payload.encode()


@pytest.mark.parametrize("merged", [False, True])
@given(text=words, cut=st.integers(0, 3))
def test_both_is_where_each_is(merged, text, cut):
    ids = ids_of(f"<answer>{text}</answer>{text}", merged)
    ids = ids[: len(ids) - cut]
    vocab, span, both = (
        time_tokens(ids, table(merged), adapter=THINKS, mask=mask)
        for mask in ("vocab", "span", "vocab+span")
    )
    assert np.array_equal(both, vocab & span)


@pytest.mark.parametrize("merged", [False, True])
@given(ids=st.lists(st.integers(0, 255), max_size=30))
def test_any_ids_decode_as_the_tokenizer_decodes_them(merged, ids):
    text, _ = decoded(b"".join(table(merged).pieces[token] for token in ids))
    assert text == tokenizer(merged).decode(ids, skip_special_tokens=True)


@given(data=st.binary(max_size=40))
def test_characters_start_where_they_are_said_to(data):
    text, starts = decoded(data)
    assert text == data.decode(errors="replace")
    assert len(starts) == len(text) + 1
    assert starts == sorted(set(starts)) or not data
    for letter, start, end in zip(text, starts, starts[1:], strict=False):
        assert data[start:end].decode(errors="replace") == letter


def test_a_vocabulary_that_is_not_byte_level_is_refused():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"▁dog": 0, "[UNK]": 1}, unk_token="[UNK]"))
    with pytest.raises(ModelError, match="not byte-level"):
        TokenTable.of(PreTrainedTokenizerFast(tokenizer_object=words))

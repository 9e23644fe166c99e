import json
from collections import Counter
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import DatasetError
from grounder.sample import Sample, read_samples, write_samples
from grounder.span import Span
from scenetg.formats import FORMATS, import_samples
from scenetg.formats.tacos import read as read_tacos

CHARADES_LENGTHS = "id,subject,length\nAB12C,X,30.5\nZZ99Z,Y,12.0\n"
GSUB = {
    "88": {"duration": 34, "location": {"1": [[1.2, 5.8]], "3": [[2, 4], [9, 11]]}, "fps": 29.97}
}
CSV = (
    "video_id,frame_count,question,answer,qid,type,a0,a1,a2,a3,a4\n"
    "88,900,why does he run,to win,3,CW,to win,to lose,to hide,to jump,to see\n"
)
NESTED = {
    "videos": [
        {
            "video_uid": "v",
            "clips": [
                {
                    "clip_uid": "c",
                    "annotations": [
                        {
                            "annotation_uid": "a",
                            "language_queries": [
                                {
                                    "clip_start_sec": 1.0,
                                    "clip_end_sec": 2.0,
                                    "query": "where is it",
                                },
                                {"clip_start_sec": 3.0, "clip_end_sec": 3.0, "template": "t"},
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def one(name: str, path: Path, *, companion: Path | None = None) -> Sample:
    [sample], refused = import_samples(FORMATS[name], path, split="test", companion=companion)
    assert refused == []
    assert sample.split == "test"
    return sample


def test_charades_lines_get_their_length_from_the_csv(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.txt", "AB12C 1.5 4##a person eats.\n\nZZ99Z 0 2##b\nAB12C 5 6##c##d\n"
    )
    lengths = write(tmp_path / "lengths.csv", CHARADES_LENGTHS)
    samples, refused = import_samples(
        FORMATS["charades-sta"], path, split="test", companion=lengths, locate="films/{}.mp4".format
    )
    assert refused == []
    # Counted video by video, as Time-R1 does.
    assert [(s.id, s.video, s.query, s.duration) for s in samples] == [
        ("charades_0", "films/AB12C.mp4", "a person eats.", 30.5),
        ("charades_1", "films/AB12C.mp4", "c##d", 30.5),
        ("charades_2", "films/ZZ99Z.mp4", "b", 12.0),
    ]
    assert samples[0].spans == (Span(1.5, 4),)


def test_without_lengths_charades_rows_are_refused_with_what_to_give(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "AB12C 1.5 4##a person eats.\n")
    samples, [refused] = import_samples(FORMATS["charades-sta"], path, split="test")
    assert samples == []
    assert (
        str(refused)
        == f"{path}:1: has no duration; give the file that tells the lengths (--companion), or the videos (--videos)."
    )


def test_activitynet_pairs_sentences_with_times(tmp_path: Path) -> None:
    entry = {"duration": 20.5, "timestamps": [[0, 5], [4, 20.5]], "sentences": ["a", " b"]}
    path = write(tmp_path / "a.json", {"v_1": entry})
    samples, refused = import_samples(FORMATS["activitynet-captions"], path, split="val")
    assert refused == []
    assert [(s.id, s.query, s.spans) for s in samples] == [
        ("activitynet_0", "a", (Span(0, 5),)),
        ("activitynet_1", "b", (Span(4, 20.5),)),
    ]


def test_tacos_frames_become_seconds_and_are_kept(tmp_path: Path) -> None:
    entry = {"timestamps": [[147, 294]], "sentences": ["she cuts"], "fps": 29.4, "num_frames": 2940}
    sample = one("tacos", write(tmp_path / "a.json", {"s1.avi": entry}))
    assert sample.spans == (Span(5, 10),)
    assert sample.duration == pytest.approx(100)
    assert sample.meta["frames"] == [147, 294]


def test_a_nextgqa_question_meets_its_evidence(tmp_path: Path) -> None:
    gsub = write(tmp_path / "gsub.json", GSUB)
    sample = one("nextgqa", write(tmp_path / "a.csv", CSV), companion=gsub)
    assert (sample.id, sample.task, sample.question, sample.answer) == (
        "88_3",
        "qa",
        "why does he run",
        "to win",
    )
    assert sample.options == ("to win", "to lose", "to hide", "to jump", "to see")
    assert sample.spans == (Span(2, 4), Span(9, 11))
    assert sample.meta == {"fps": 29.97, "frame_count": "900", "type": "CW"}


def test_a_nextgqa_question_without_evidence_is_an_error(tmp_path: Path) -> None:
    gsub = write(tmp_path / "gsub.json", {"99": GSUB["88"]})
    path = write(tmp_path / "a.csv", CSV)
    with pytest.raises(DatasetError, match="has no evidence of 88_3"):
        import_samples(FORMATS["nextgqa"], path, split="val", companion=gsub)
    with pytest.raises(DatasetError, match="Give the gsub"):
        import_samples(FORMATS["nextgqa"], path, split="val")


@pytest.mark.parametrize(
    ("options", "answer"), [({}, "B"), ({"options": ["red", "green", "blue", "black"]}, "green")]
)
def test_a_rextime_answer_is_the_option_in_words_if_there_are_any(
    options: dict[str, list[str]], answer: str, tmp_path: Path
) -> None:
    row = {
        "qid": "q1",
        "query": "why",
        "duration": 30,
        "vid": "v",
        "relevant_windows": [[2, 9]],
        "ans": "B",
    }
    sample = one("rextime", write(tmp_path / "a.jsonl", row | options))
    assert (sample.answer, sample.meta) == (answer, {"ans": "B"})


def test_ego4d_is_read_in_both_forms(tmp_path: Path) -> None:
    flat = {
        "qid": "val0",
        "query": "q",
        "duration": 480.0,
        "vid": "c",
        "relevant_windows": [[1, 2]],
    }
    assert one("ego4d-nlq", write(tmp_path / "a.jsonl", flat)).id == "val0"
    nested = FORMATS["ego4d-nlq"].read(write(tmp_path / "a.json", NESTED), None)
    assert [(label.id, label.query, label.windows) for label in nested] == [
        ("c/a/0", "where is it", ((1.0, 2.0),)),
        ("c/a/1", "", ((3.0, 3.0),)),
    ]
    assert nested[1].extra == {"template": "t", "video_uid": "v"}


def test_a_point_is_no_training_row(tmp_path: Path) -> None:
    row = {
        "qid": "val0",
        "query": "q",
        "duration": 480.0,
        "vid": "c",
        "relevant_windows": [[7.5, 7.5]],
    }
    path = write(tmp_path / "a.jsonl", row)
    samples, [refused] = import_samples(FORMATS["ego4d-nlq"], path, split="val")
    assert samples == []
    assert str(refused).startswith(f"{path}:1: window [7.5, 7.5] is no stretch of time")


def test_a_span_past_the_end_is_cut_and_what_was_stated_is_kept(tmp_path: Path) -> None:
    row = {
        "path": "a.mp4",
        "question": "q",
        "answer": "14.1-20.0",
        "duration": 19.29,
        "source": "x/Char-a.json",
    }
    sample = one("tvgbench", write(tmp_path / "a.json", [row | {"qsemtype": "Human Pose"}]))
    assert sample.id == "Char_a_0"
    assert sample.spans == (Span(14.1, 19.29),)
    assert sample.meta == {
        "source": "x/Char-a.json",
        "qsemtype": "Human Pose",
        "windows": [[14.1, 20.0]],
    }


def test_mad_is_scored_against_the_extended_times(tmp_path: Path) -> None:
    row = {
        "movie": "3001",
        "movie_duration": 5000.0,
        "sentence": "s",
        "ext_timestamps": [1, 9],
        "timestamps": [2, 8],
    }
    sample = one("mad", write(tmp_path / "a.json", {"17": row}))
    assert (sample.id, sample.spans, sample.meta) == ("17", (Span(1, 9),), {"timestamps": [2, 8]})


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("charades-sta", "a.txt", "AB 1 2##x\nAB one 2##y\n", r"a.txt:2: 'AB one 2##y' is no annotation"),
        ("charades-sta", "a.txt", "AB nan 2##y\n", "no annotation"),
        ("activitynet-captions", "a.json", {"v": {"duration": "x"}}, r"a.json\['v'\]: `duration` is 'x'; it must be a finite number"),
        ("activitynet-captions", "a.json", {"v": {"duration": 1, "timestamps": [[0, 1]], "sentences": []}}, "one for each of `timestamps`"),
        ("activitynet-captions", "a.json", [1], "must be a JSON object of objects"),
        ("tacos", "a.json", {"v": {"fps": 0, "num_frames": 1}}, "`fps` is 0; it must be above 0"),
        ("rextime", "a.jsonl", '{"qid": 1}\nnot json', "`query` is missing"),
        ("rextime", "a.jsonl", "not json", "a.jsonl:1: 'not json' is no JSON"),
        ("qvhighlights", "a.jsonl", "[]", "is no JSON object"),
        ("qvhighlights", "a.jsonl", {"qid": 1, "vid": "v", "query": "q", "relevant_windows": [[1]]}, r"must be a list of \[start, end\]"),
        ("qvhighlights", "a.jsonl", {"qid": 1, "vid": "v", "query": "q"}, "`relevant_windows` is missing"),
        ("tvgbench", "a.json", [{"path": "p", "question": "q", "answer": "5"}], "START-END"),
        ("time-r1", "a.json", '[{"qid": "1", "video": "v", "sentence": "s", "timestamp": [0, NaN]}]', r"`timestamp` is \[0, nan\]"),
        ("time-r1", "a.json", "{", "must be one JSON document"),
        ("mad", "missing.json", None, "Cannot read"),
        ("mad", "a.json", '{"1": {}, "1": {}}', "key '1' stands twice"),
        ("mad", "a.json", {"1": {"movie": "m", "sentence": "s", "ext_timestamps": [0, 10**400]}}, r"must be \[start, end\]"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_line_value_rule_and_remedy(
    name: str, file: str, content: object, message: str, tmp_path: Path
) -> None:
    if content is not None:
        write(tmp_path / file, content)
    with pytest.raises(DatasetError, match=message):
        import_samples(FORMATS[name], tmp_path / file, split="test")


REAL = {
    "activitynet-captions": ("activitynet_captions_val.head100.json", 371, 0),
    "tacos": ("tacos_test.head3.json", 545, 0),
    "ego4d-nlq": ("ego4d_nlq_val.head200.jsonl", 172, 28),
    "rextime": ("rextime_val.head200.jsonl", 200, 0),
    "tvgbench": ("tvgbench.json", 789, 11),
    "time-r1": ("timerft_train_2k5.json", 2500, 0),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_files_are_read_whole(name: str, shared_folder: Path, tmp_path: Path) -> None:
    file, rows, points = REAL[name]
    path = shared_folder / "eval" / "formats" / file
    samples, refused = import_samples(FORMATS[name], path, split="val")
    assert (len(samples), len(refused)) == (rows, points)
    assert all("no stretch of time" in str(one) for one in refused)
    assert len({sample.id for sample in samples}) == len(samples)
    assert len(FORMATS[name].read(path, None)) == rows + points
    write_samples(tmp_path / "rows.jsonl", samples)
    assert list(read_samples(tmp_path / "rows.jsonl")) == samples


def test_the_real_nextgqa_and_charades_files_are_read_whole(shared_folder: Path) -> None:
    folder = shared_folder / "eval" / "formats"
    gsub = folder / "nextgqa_gsub_val.json"
    samples, refused = import_samples(
        FORMATS["nextgqa"], folder / "nextgqa_val.head600.csv", split="val", companion=gsub
    )
    assert (len(samples), refused) == (599, [])
    assert Counter(sample.meta["type"] for sample in samples).most_common(1)[0][0] == "CW"
    labels = FORMATS["charades-sta"].read(folder / "charades_sta_test.head400.txt", None)
    assert len(labels) == 400
    assert labels[0].query == "person turn a light on."


def test_the_frames_of_the_real_tacos_file_come_back(shared_folder: Path) -> None:
    path = shared_folder / "eval" / "formats" / "tacos_test.head3.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    stated = [times for video in raw.values() for times in video["timestamps"]]
    read = [[round(end * 29.4) for end in label.windows[0]] for label in read_tacos(path)]
    assert read == stated


RIGHT = {
    "qid": "1", "vid": "v", "video": "v", "video_path": "v", "path": "v", "movie": "m", "query": "q", "sentence": "q",
    "question": "q", "problem": "q", "duration": 9, "movie_duration": 9, "video_length": 9, "fps": 25, "num_frames": 99,
    "relevant_windows": [[1, 2]], "spans": [[1, 2]], "solution": [[1, 2]], "timestamp": [1, 2], "gt_frame": [1, 2],
    "ext_timestamps": [1, 2], "timestamps": [[1, 2]], "sentences": ["q"], "location": {"1": [[1, 2]]}, "answer": "1-2",
    "ans": "A", "options": ["x", "y"], "source": "s", "dataset": "s", "events": [{"query": "q", "span": [1, 2]}],
    "videos": [], "clips": [], "annotations": [], "language_queries": [], "whenwhat": "{}", "difficulty": 5,
}  # fmt: skip
NAMES = st.sampled_from(sorted(RIGHT))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just("1.5-2"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(data=st.data())
@hypothesis.settings(max_examples=40)
def test_whatever_a_file_holds_the_answer_is_rows_or_one_error_that_names_it(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Objects that have every field a format may ask for, with values that are right only by chance.
    entry = st.dictionaries(NAMES, VALUES, max_size=3).map(lambda changed: RIGHT | changed)
    content = data.draw(
        st.one_of(entry, st.lists(entry, max_size=2), VALUES, st.dictionaries(NAMES, entry))
    )
    path = tmp_path_factory.mktemp("fuzz") / data.draw(st.sampled_from(["a.json", "a.jsonl"]))
    path.write_text(json.dumps(content), encoding="utf-8")
    told = path.name
    try:
        import_samples(FORMATS[name], path, split="train", companion=path)
    except DatasetError as error:
        told = str(error)
    assert path.name in told

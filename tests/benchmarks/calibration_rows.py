"""Write the annotated and the absent queries of a folder of videos as rows for `whenwhat calibrate`.

python -m tests.benchmarks.calibration_rows ../shared/videos rows.jsonl
whenwhat calibrate rows.jsonl --encoder conse --library LIBRARY
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from grounder.sample import Sample, write_samples
from scenetg.formats import sample_of
from tests.benchmarks.fit_confidence import ABSENT
from training.annotations import video_path
from training.benchmarks import BENCHMARKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("videos", type=Path)
    parser.add_argument("rows", type=Path)
    options = parser.parse_args()
    labels = BENCHMARKS["annotated"].read(options.videos / "annotations.jsonl", None)
    lengths = {label.video: label.duration for label in labels if label.duration}
    present = [sample_of(label, split="dev") for label in labels]
    absent = [
        Sample(row["qid"], row["vid"], lengths[row["vid"]], row["query"], (), "absent")
        for row in map(json.loads, ABSENT.open())
    ]
    rows = [
        replace(sample, video=str(path.absolute()))
        for sample in present + absent
        if (path := video_path(options.videos, sample.video)) is not None
    ]
    print(f"{write_samples(options.rows, rows)} rows in {options.rows}")


if __name__ == "__main__":
    main()

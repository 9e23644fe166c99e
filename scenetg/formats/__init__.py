"""Other people's annotation files: importers and exporters, one file a format."""

from scenetg.formats import (
    activitynet,
    cg_bench,
    charades_sta,
    didemo,
    ego4d_nlq,
    extreme_when,
    longvideobench,
    lvbench,
    mad,
    mlvu,
    museg,
    nextgqa,
    qvhighlights,
    qwen,
    rextime,
    tacos,
    time_r1,
    timelens,
    tvg_r1,
    tvgbench,
    video_mme,
)
from scenetg.formats.exchange import (
    Format,
    Refused,
    export_samples,
    import_samples,
    trainer_format,
)
from scenetg.formats.label import Label, sample_of

FORMATS = {
    form.name: form
    for form in (
        Format("charades-sta", charades_sta.read, companion="Charades_v1_*.csv: lengths"),
        Format("activitynet-captions", activitynet.read),
        Format("tacos", tacos.read),
        Format("ego4d-nlq", ego4d_nlq.read),
        Format("nextgqa", nextgqa.read, companion="gsub_*.json: where the answers are seen"),
        Format("rextime", rextime.read),
        Format("tvgbench", tvgbench.read),
        Format("mad", mad.read),
        Format("didemo", didemo.read),
        Format("cg-bench", cg_bench.read),
        Format("lvbench", lvbench.read),
        Format("longvideobench", longvideobench.read),
        Format("mlvu", mlvu.read),
        Format("video-mme", video_mme.read),
        Format("extreme-when-bench", extreme_when.read),
        trainer_format("qvhighlights", qvhighlights.labels_of, qvhighlights.row_of),
        # TimeRFT is Time-R1's own training data.
        trainer_format("time-r1", time_r1.labels_of, time_r1.row_of, layout="json"),
        trainer_format("tvg-r1", tvg_r1.labels_of, tvg_r1.row_of, layout="json"),
        trainer_format("museg", museg.labels_of, museg.row_of, joined=museg.numbered),
        trainer_format("timelens", timelens.labels_of, timelens.row_of, joined=timelens.joined),
        trainer_format("qwen", qwen.labels_of, qwen.row_of),
    )
}

__all__ = [
    "FORMATS",
    "Format",
    "Label",
    "Refused",
    "export_samples",
    "import_samples",
    "sample_of",
]

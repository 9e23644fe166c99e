from grounder.video.decoders import DECODERS
from tests.conformance.checks import CHECKS
from tests.conformance.clips import CLIPS
from tests.conformance.deviations import DEVIATIONS


def test_every_deviation_names_things_that_exist() -> None:
    for known in DEVIATIONS:
        assert known.decoder in DECODERS
        assert set(known.clips) <= set(CLIPS)
        assert set(known.checks) <= set(CHECKS)


def test_default_decoder_has_no_deviation() -> None:
    assert not [known for known in DEVIATIONS if known.decoder == "pyav"]

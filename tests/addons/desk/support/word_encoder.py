"""An encoder for tests, the same everywhere and at once: texts are near each other where they share words."""

import zlib

import numpy as np

from glc_analysis.addons.desk.sentence_encoder import SentenceEncoder


def encode(texts):
    rows = np.zeros((len(texts), 256), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.casefold().split():
            rows[row, zlib.crc32(word.encode()) % 256] += 1
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


WORDS = SentenceEncoder("words 1", encode)

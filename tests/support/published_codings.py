"""Codings that were published with their coefficients of agreement."""

import numpy as np


def coders(*lines):
    """Returns values of coders from lines of single digits, one line per coder; ``.`` stands for a unit that
    was never assigned."""
    return np.array([[np.nan if mark == "." else float(mark) for mark in line.split()] for line in lines])


def raters(groups):
    """Returns a table of counts from groups of digits, one group per subject."""
    return [[group.count(digit) for digit in "12345"] for group in groups.split()]


FOUR_OBSERVERS = coders("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . .",
                        ". 3 3 3 2 3 4 2 2 5 1 3", "1 2 3 3 2 4 4 1 2 5 1 .")
FLEISS_1971 = raters(
    "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 "
    "144444 224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 "
    "111155 224444 133333 555555")

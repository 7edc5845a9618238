"""The commands of a draft as they are typed, and its tables as a person changes them."""

import csv

from click.testing import CliRunner

from glc_analysis.cli import cli


def glc(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(path, change):
    found = rows(path)
    for row in found:
        change(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*found[0]])
        writer.writeheader()
        writer.writerows(found)

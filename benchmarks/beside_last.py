"""Compares the measures of `make bench` with those of the last time, and marks those that became slower by
more than a tenth."""

from __future__ import annotations

import re

SLOWER = 1.1
_SECONDS = re.compile(r"([\d,.]+) (s|ms)")


def seconds_in(text: str) -> dict[str, float]:
    """Returns every time in a Markdown text of tables, in seconds, keyed by table, row and column.

    >>> seconds_in("| Coded | time |\\n|---|---|\\n| 9 texts | 1,200 ms |")
    {'Coded: 9 texts, time': 1.2}
    """
    found, heading = {}, []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heading = []
        elif not heading:
            heading = cells
        for name, cell in zip(heading[1:], cells[1:], strict=False):
            if time := _SECONDS.fullmatch(cell):
                value = float(time[1].replace(",", ""))
                found[f"{heading[0]}: {cells[0]}, {name}"] = value / 1000 if time[2] == "ms" else value
    return found


def beside(last: str, now: str) -> list[str]:
    """Returns the lines of a table with the last and the new time of each measure. Those that became slower
    come first and are marked.

    >>> table = "| Build | time |\\n|---|---|\\n| small | 1.0 s |\\n| large | 9.0 s |"
    >>> print(*beside(table, table.replace("9.0", "9.95")), sep="\\n")
    | what | last | now | |
    |---|---|---|---|
    | Build: large, time | 9.00 s | 9.95 s | slower: x 1.11 |
    | Build: small, time | 1.00 s | 1.00 s | x 1.00 |
    """
    before, rows = seconds_in(last), []
    for name, seconds in seconds_in(now).items():
        ratio = seconds / before[name] if before.get(name) else 0.0
        said = f"x {ratio:.2f}" if ratio else "new"
        was = f"{before[name]:.2f} s" if name in before else ""
        mark = "slower: " if ratio > SLOWER else ""
        rows.append((not mark, f"| {name} | {was} | {seconds:.2f} s | {mark}{said} |"))
    rows.sort(key=lambda row: row[0])
    return ["| what | last | now | |", "|---|---|---|---|", *(row for _, row in rows)]

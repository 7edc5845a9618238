"""Tests readers with thousands of broken files, other ones each day, in a process with a limit of time and
memory."""

import json
import random
import resource
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from glc_analysis.errors import GLCError
from glc_analysis.study import REPOSITORY
from tests.support import damaged
from tests.support.share import SEED, share

SECONDS, MEMORY = 10, 2**30
"""The limits for one file: seconds of processor time, and bytes of memory in addition to those that the
process used before."""
LONGEST = 10**7  # bytes of a broken file: damage can double and double again


def rounds(every_round, kind):
    """Returns how many files of a kind are tried: a part of them each day, all of them in ``make soak``."""
    return share(every_round[kind], every_round[kind] // 16)


def broken(kind, whole, number, folder):
    chance = random.Random(f"{SEED} {kind} {number}")
    content = chance.choice(whole)
    if kind.rpartition(".")[2] in {"qdpx", "docx", "xlsx"}:
        damage = damaged.bytes_of if chance.random() < 0.2 else damaged.package
    elif kind in {"qda", "sqlite3"}:
        damage = partial(damaged.database, folder=folder)
    else:
        damage = damaged.markup if kind == "qde" else damaged.text
    return damage(content, chance)[:LONGEST]


def large_workbooks(whole):
    """Returns workbooks that would take much time or memory: cells in far columns, millions of rows, a row
    with a very high number."""
    far = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(9, 9000))
    sheets = [far, b"<row/>" * 9_000_000, b'<row r="9999999999"><c r="B9999999999"><v>1</v></c></row>']
    sheet = "xl/worksheets/sheet1.xml"
    made = [damaged.replaced(whole, sheet, lambda inside, more=more: inside.replace(
        b"</sheetData>", more + b"</sheetData>")) for more in sheets]
    return made + damaged.bombs(whole, sheet)


def tried(read, path, content):
    """Returns the outcome of reading one file: read, refused, or a description of what went wrong."""
    path.write_bytes(content)
    try:
        read(path)
        outcome = "read"
    except GLCError as error:
        causes = {type(cause).__name__ for cause in (error, error.__cause__, error.__context__) if cause}
        outcome = "refused" if path.name in str(error) else f"does not name the file: {error}"
        outcome = "takes too much memory" if "MemoryError" in causes else outcome
    except Exception as error:  # noqa: BLE001
        outcome = f"{type(error).__name__}: {str(error)[:200]}"
    left = sorted(one.name for one in path.parent.iterdir() if one != path)
    if left or path.read_bytes() != content:
        return f"leaves {left} or changes the file"
    return outcome


def work(seeds, attacks, reader, every_round):
    """Runs as a program with the arguments ``KIND NEW-FOLDER NUMBER``. Tries file after file, beginning with
    the number, and prints when it begins a file and how it ended.

    ``seeds(folder)`` makes intact files of each kind; ``attacks(kind, whole)`` makes files that must be
    refused; ``reader(kind)`` returns the function that reads them.
    """
    kind, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    for name in ("seeds", "place"):
        (folder / name).mkdir(parents=True)
    whole, read = seeds(folder / "seeds"), reader(kind)
    path = folder / "place" / f"broken.{kind}"
    assert {tried(read, path, content) for content in whole[kind]} == {"read"}
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    made = attacks(kind, whole[kind][0])
    for number in range(first, rounds(every_round, kind)):
        content = made[number] if number < len(made) else broken(kind, whole[kind], number, folder / "seeds")
        print(json.dumps(number), flush=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # ends the process, even within a regular expression
        signal.alarm(10 * SECONDS)
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, resource.RLIM_INFINITY))
        outcome = tried(read, path, content)
        outcome = "an attack is read" if number < len(made) and outcome == "read" else outcome
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(outcome), flush=True)


def outcomes(module, kind, n_files, folder):
    """Returns the outcome of each file by its number. If a process ends too soon, another one continues."""
    found = {}
    while len(found) < n_files:
        first = str(len(found))
        command = [sys.executable, "-W", "ignore", "-m", module, kind]
        command += [str(folder / first), first]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert said and (len(said) % 2 or not done.returncode), done.stderr
        found |= dict(zip(said[::2], said[1::2], strict=False))
        if len(said) % 2:
            found[said[-1]] = f"takes too long, or crashes: {done.returncode}"
    return found


def read_or_refused(module, kind, n_files, folder):
    """Fails if a broken file is neither read nor refused. ``module`` is the module that calls :func:`work` as
    a program."""
    found = outcomes(module, kind, n_files, folder)
    assert {number: said for number, said in found.items() if said not in {"read", "refused"}} == {}
    assert min(Counter(found.values()).values()) > n_files // 50

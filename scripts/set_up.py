"""Set up this checkout: a virtual environment, the locked packages, the package itself and the git hook.

    python3 scripts/set_up.py            what a study needs; on Windows: py scripts\\set_up.py
    python3 scripts/set_up.py --all      also what packets, documents, scheduled jobs and tests need

`make setup` and `make setup-all` call it. Nothing but Python is needed. A stamp is written last, so an
interrupted set-up leaves none and the next one goes on from there.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

Step = list[str] | Callable[[], None]
ROOT = Path(__file__).resolve().parents[1]
SYSTEM = os.name


def judge(version: tuple[int, int]) -> tuple[bool, str]:
    """Returns whether a version of Python is refused, and what to say about it."""
    if not (3, 11) <= version <= (3, 14):
        return True, (f"{sys.executable} is not Python 3.11 to 3.14, which glc_analysis needs.\n"
                      "Name one that is: make setup PYTHON=python3.12, or python3.12 scripts/set_up.py")
    return False, ("With Python 3.14 glc_analysis has not been tested; its packages are there for it."
                   if version == (3, 14) else "")


def steps(venv: Path) -> list[Step]:
    """Returns the commands and changes that make the environment for a study."""
    python = python_of(venv)
    return [[sys.executable, "-m", "venv", str(venv)],
            [*installing(python), "--require-hashes", "-r", "requirements.lock"],
            [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
             "-e", "."],
            lambda: name_checkout_relatively(venv), lambda: leave_out_tests(venv),
            compiling(venv, "glc_analysis"),
            [python, "scripts/hooks/install.py"]]


def further_steps(venv: Path) -> list[Step]:
    """Returns the commands that add what packets, documents, scheduled jobs and tests need."""
    return [[*installing(python_of(venv)), "--require-hashes", "-r", "requirements-all.lock"],
            compiling(venv)]


def python_of(venv: Path) -> str:
    """Returns the path of the Python of an environment."""
    return str(venv / ("Scripts/python.exe" if SYSTEM == "nt" else "bin/python"))


def installing(python: str) -> list[str]:
    return [python, "-m", "pip", "install", "--quiet", "--no-compile"]


def compiling(venv: Path, *others: str) -> list[str]:
    """Returns the command that compiles the packages of an environment, and the folders ``others``, to
    bytecode on all cores. Without bytecode every kernel takes 2.5 times as long to start, and the settings of
    the machine may tell pip and Python not to write any."""
    folder = venv / ("Lib" if SYSTEM == "nt" else "lib")
    return [python_of(venv), "-W", "ignore", "-m", "compileall", "-qq", "-j", "0", "-x",
            r"[/\\](tests|pip)[/\\]", str(folder), *others]


def name_checkout_relatively(venv: Path) -> None:
    """Writes the path to the package relative to the environment. Python reads that path in the encoding of
    the locale, and does not start if the encoding lacks one of its letters; a relative path here consists
    only of dots."""
    for path in packages_of(venv).glob("*editable*glc_analysis*.pth"):
        with suppress(ValueError):  # on another drive of Windows
            path.write_text(f"{os.path.relpath(ROOT, path.parent)}\n", encoding="utf-8")


def leave_out_tests(venv: Path) -> None:
    """Removes the tests that come with scientific packages, 60 MB that nobody runs here."""
    for package in ("numpy", "pandas", "pyarrow", "scipy", "statsmodels"):
        for folder in [*(packages_of(venv) / package).rglob("tests")]:
            shutil.rmtree(folder, ignore_errors=True)


def packages_of(venv: Path) -> Path:
    """Returns the folder of an environment that holds its packages."""
    return next(venv.glob("Lib/site-packages" if SYSTEM == "nt" else "lib/*/site-packages"))


def run(commands: Sequence[Step], stamp: Path) -> None:
    """Runs the commands, then writes the stamp. Some packages contain files for other Pythons (templates)
    that cannot be compiled; this is ignored."""
    stamp.unlink(missing_ok=True)
    for command in commands:
        if callable(command):
            command()
        else:  # in UTF-8, whatever the locale: a path may have letters that it lacks
            subprocess.run(command, cwd=ROOT, check="compileall" not in command,
                           env=os.environ | {"PYTHONUTF8": "1"})
    stamp.touch()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also what packets, jobs and tests need")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="the folder of the environment")
    chosen = parser.parse_args()
    venv, (is_refused, said) = chosen.venv.resolve(), judge(sys.version_info[:2])
    if said:
        print(said, file=sys.stderr)
    if is_refused:
        sys.exit(1)
    ready = venv / ".ready"
    try:
        if not ready.exists() or not chosen.all:
            print(f"Setting up {chosen.venv}: a minute or two, once.")
            run(steps(venv), ready)
        if chosen.all:
            print("Adding what packets, documents and tests need.")
            run(further_steps(venv), venv / ".ready-all")
    except subprocess.CalledProcessError as error:
        sys.exit(f"Set-up stopped: {' '.join(map(str, error.cmd))} ended with {error.returncode}. "
                 "To go on: run the same command again.")


if __name__ == "__main__":
    main()

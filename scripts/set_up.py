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
    """Whether a version of Python is refused, and what to say of it."""
    if not (3, 11) <= version <= (3, 14):
        return True, (f"{sys.executable} is not Python 3.11 to 3.14, which glc_analysis needs.\n"
                      "Name one that is: make setup PYTHON=python3.12, or python3.12 scripts/set_up.py")
    return False, ("With Python 3.14 glc_analysis has not been tested; its packages are there for it."
                   if version == (3, 14) else "")


def steps(venv: Path) -> list[Step]:
    """The commands and changes that make the environment for a study."""
    python = python_of(venv)
    return [[sys.executable, "-m", "venv", str(venv)],
            [*installing(python), "--require-hashes", "-r", "requirements.lock"],
            [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
             "-e", "."],
            lambda: name_checkout_relatively(venv), lambda: leave_out_tests(venv),
            compiling(venv, "glc_analysis"),
            [python, "scripts/hooks/install.py"]]


def further_steps(venv: Path) -> list[Step]:
    """The commands that add what packets, documents, scheduled jobs and tests need."""
    return [[*installing(python_of(venv)), "--require-hashes", "-r", "requirements-all.lock"],
            compiling(venv)]


def python_of(venv: Path) -> str:
    """The Python of an environment."""
    return str(venv / ("Scripts/python.exe" if SYSTEM == "nt" else "bin/python"))


def installing(python: str) -> list[str]:
    return [python, "-m", "pip", "install", "--quiet", "--no-compile"]


def compiling(venv: Path, *others: str) -> list[str]:
    """Compiles bytecode by name and on all cores: without it every kernel starts 2.5 times as slowly, and the
    environment may tell pip and Python not to write any."""
    folder = venv / ("Lib" if SYSTEM == "nt" else "lib")
    return [python_of(venv), "-W", "ignore", "-m", "compileall", "-qq", "-j", "0", "-x",
            r"[/\\](tests|pip)[/\\]", str(folder), *others]


def name_checkout_relatively(venv: Path) -> None:
    """Python reads where the package lies in the letters of the locale, and does not start where these lack
    one of the path; from here to there the path has none but dots."""
    for path in packages_of(venv).glob("*editable*glc_analysis*.pth"):
        with suppress(ValueError):  # on another drive of Windows
            path.write_text(f"{os.path.relpath(ROOT, path.parent)}\n", encoding="utf-8")


def leave_out_tests(venv: Path) -> None:
    """Removes the tests that scientific packages bring, 60 MB that nobody runs here."""
    for package in ("numpy", "pandas", "pyarrow", "scipy", "statsmodels"):
        for folder in [*(packages_of(venv) / package).rglob("tests")]:
            shutil.rmtree(folder, ignore_errors=True)


def packages_of(venv: Path) -> Path:
    """The folder of an environment in which its packages lie."""
    return next(venv.glob("Lib/site-packages" if SYSTEM == "nt" else "lib/*/site-packages"))


def run(commands: Sequence[Step], stamp: Path) -> None:
    """Runs the commands, then leaves the stamp. Files meant for other Pythons (templates of some packages)
    cannot be compiled, which matters to nobody."""
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

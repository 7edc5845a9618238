"""Removes from Python what Windows lacks, as far as that is possible on another system, in the manner of a
``sitecustomize.py``."""

import builtins
import errno
import os
import signal
import sys
import time
from pathlib import Path

MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
NAMES = {
    os: ("chown", "fork", "forkpty", "getpgid", "killpg", "mkfifo", "nice", "pipe2", "pread", "pwrite",
         "setsid", "statvfs", "sync"),
    signal: ("SIGALRM", "SIGHUP", "setitimer"),
    time: ("tzset",)}
"""The functions that are removed. Functions that other packages need on this system, such as ``os.getuid``,
are not among them."""
OURS = "glc_analysis"


def install():
    """Makes POSIX modules unavailable to our package and POSIX functions unavailable to everybody, and
    refuses to rename open files."""
    imported = builtins.__import__

    def import_there(name, globals=None, locals=None, fromlist=(), level=0):
        importer = (globals or {}).get("__name__", "")
        if name.partition(".")[0] in MODULES and importer.partition(".")[0] == OURS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return imported(name, globals, locals, fromlist, level)
    builtins.__import__ = import_there
    for module, names in NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in ("rename", "replace"):
        setattr(os, name, unless_open(getattr(os, name)))
    os.symlink = refused
    os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "local-provisioner"  # nothing is forked on Windows


def unless_open(move):
    def moved(source, target, **options):
        for descriptor in Path("/proc/self/fd").iterdir():
            held = os.path.realpath(descriptor)
            inside = held.startswith(os.path.realpath(source) + os.sep)
            if inside or held in (os.path.realpath(source), os.path.realpath(target)):
                raise PermissionError(errno.EACCES, "The file is open", os.fspath(target))
        return move(source, target, **options)
    return moved


def refused(source, target, *_, **options):
    raise OSError(errno.EPERM, "Nobody may make symbolic links", os.fspath(target))


if "site" in sys.modules and __name__ == "sitecustomize":
    install()

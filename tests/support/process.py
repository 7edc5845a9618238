"""A program that a test starts in another process."""

import signal
import subprocess


class Process(subprocess.Popen):
    """A program that receives Ctrl-C as a program in the foreground does, even if the tests run in the
    background. It is killed at the end of its block, so that a failed test never waits for it."""

    def __init__(self, arguments, *, preexec_fn=None, **options):
        def prepare():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if preexec_fn:
                preexec_fn()
        super().__init__(arguments, preexec_fn=prepare, **options)

    def __exit__(self, *failure):
        self.kill()
        super().__exit__(*failure)

"""A program that a test starts beside itself."""

import signal
import subprocess


class Process(subprocess.Popen):
    """A program that hears Ctrl-C, as one in the foreground does, also where the tests themselves run in the
    background; at the end of its block it is killed, so that a test that failed never waits for it."""

    def __init__(self, arguments, *, preexec_fn=None, **options):
        def prepare():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if preexec_fn:
                preexec_fn()
        super().__init__(arguments, preexec_fn=prepare, **options)

    def __exit__(self, *failure):
        self.kill()
        super().__exit__(*failure)

"""Runs Node below this process: signals go down to it, its exit code comes up."""

import os
import subprocess
import sys
import threading

from .parent_death import dies_with
from .stopped import Stopped, catch

#: How long Node may take to end in order after the first signal; then it is killed.
GRACE_S = 60


class Signals:
    """SIGINT and SIGTERM: before Node runs they end the launcher, then they are Node's."""

    def __init__(self, grace_s=GRACE_S):
        self._grace_s = grace_s
        self._node = None
        self._starting = False
        self._killer = None
        self.received = None

    def catch(self):
        """Again after SparkContext has put a handler of its own in place."""
        catch(self._handle)

    def run(self, command, env):
        """Runs it to its end and returns the exit code, 128 + n where signal n ended it."""
        # The write end closes with this process, however it ends: so Node knows. On Linux it is
        # killed before it reads that.
        read_end, write_end = os.pipe()
        self._starting = True
        try:
            self._node = subprocess.Popen(
                command,
                env={**env, "DRAY_PARENT_FD": str(read_end)},
                pass_fds=(read_end,),
                # Ctrl-C in a terminal then reaches Node through us, once.
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )
        finally:
            self._starting = False
            os.close(read_end)
        if self.received is not None:
            self._forward(self.received)
        try:
            code = self._node.wait()
        finally:
            os.close(write_end)
            if self._killer is not None:
                self._killer.cancel()
        if code >= 0:
            return code
        if self.received is None:
            print("node was ended by signal %d" % -code, file=sys.stderr)
        return 128 + (self.received or -code)

    def _handle(self, number, _frame):
        self.received = self.received or number
        if self._node is not None:
            self._forward(number)
        elif not self._starting:
            raise Stopped(number)

    def _forward(self, number):
        self._node.send_signal(number)
        if self._killer is None:
            self._killer = threading.Timer(self._grace_s, self._node.kill)
            self._killer.daemon = True
            self._killer.start()

import os
import signal
import subprocess
import sys
import unittest

from dray_launcher.parent_death import dies_with

#: Prints the signal that it gets when its parent ends: PR_GET_PDEATHSIG.
ASK = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"


@unittest.skipUnless(sys.platform == "linux", "skipped: only Linux kills the children")
class ParentDeath(unittest.TestCase):
    def run_below(self, parent):
        return subprocess.run(
            [sys.executable, "-c", ASK],
            preexec_fn=dies_with(parent),
            capture_output=True,
            text=True,
            check=False,
        )

    def test_has_the_kernel_kill_the_program_when_its_parent_ends(self):
        ended = self.run_below(os.getpid())
        self.assertEqual((ended.returncode, ended.stdout), (0, "9\n"))

    def test_ends_before_the_program_where_the_parent_is_gone_already(self):
        ended = self.run_below(os.getppid())
        self.assertEqual((ended.returncode, ended.stdout), (-signal.SIGKILL, ""))

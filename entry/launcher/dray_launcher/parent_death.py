"""A process that ends with the one that has started it, on Linux."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def dies_with(parent):
    """What a child of the process `parent` calls before its program, so that it ends with it.

    None where the kernel offers nothing like it: there the pipe alone tells Node. The kernel looks at
    the thread that forks and not at its process: it has to be the one that waits for the child.

    The signal is SIGKILL. Whoever kills the launcher has been told, or tells somebody, that the run has
    stopped: nothing may write after that. SIGTERM would leave Node to end in order, which takes seconds,
    may see a commit through, and is never heard by one that is stuck. A load that is cut off by SIGKILL
    has to be safe anyway: the next run finds out what it has committed.

    See https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if sys.platform != "linux":
        return None
    # Looked up before the fork, after which locks of other threads may never be released.
    prctl = ctypes.PyDLL(None).prctl
    arguments = [ctypes.c_ulong(value) for value in (signal.SIGKILL, 0, 0, 0)]

    def in_child():
        # Where it is forbidden there is still the pipe.
        prctl(PR_SET_PDEATHSIG, *arguments)
        # It ended before the kernel knew: no signal comes any more.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child

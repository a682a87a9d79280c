"""SIGINT and SIGTERM as exceptions, while there is no Node to pass them on to."""

import contextlib
import os
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """One of the two has come. Not an Exception: py4j would take it for a broken connection."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number
        self.name = signal.Signals(number).name


def catch(handler):
    """Makes handler(number, frame) the one for both; a no-op outside the main thread."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, handler)


def raise_stopped(number, _frame):
    """The handler for a process that has nothing to pass a signal on to."""
    raise Stopped(number)


@contextlib.contextmanager
def held():
    """Both wait for the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    before = {n: signal.signal(n, lambda number, _: waiting.append(number)) for n in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in waiting[:1]:
        os.kill(os.getpid(), number)

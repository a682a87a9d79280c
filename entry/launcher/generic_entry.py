"""Where Spark platforms start dray: Spark and its Connect endpoint here, the work in Node.

`spark-submit generic_entry.py ARGUMENTS`, `python generic_entry.py ARGUMENTS`, or the entry point
`generic_entry` of a wheel. The arguments are those of the Node program (docs/spark.md).
"""

import importlib.util
import os
import sys

if importlib.util.find_spec("dray_launcher") is None:
    # Alone: YARN and Spark unpack `--archives dray-emr-....tar.gz#dray` into the current folder.
    sys.path.append(os.path.join(os.getcwd(), "dray"))

from dray_launcher.launch import launch  # noqa: E402


def main():
    """Ends the process with the exit code of the run; returns only where that is 0.

    A task of a wheel counts as failed exactly when its entry point raises.
    """
    code = launch(sys.argv[1:], dict(os.environ), os.path.dirname(os.path.abspath(__file__)))
    if code != 0:
        sys.exit(code)


if __name__ == "__main__":
    main()

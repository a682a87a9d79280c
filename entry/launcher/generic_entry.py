"""Where Spark platforms start dray: Spark and its Connect endpoint here, the work in Node.

`spark-submit generic_entry.py ARGUMENTS`, `python generic_entry.py ARGUMENTS`, or the entry point
`generic_entry:main` of a wheel. The arguments are those of the Node program (docs/spark.md).
"""

import os
import sys

from dray_launcher.launch import launch


def main():
    """Ends the process with the exit code of the run; returns only where that is 0.

    A task of a wheel counts as failed exactly when its entry point raises.
    """
    code = launch(sys.argv[1:], dict(os.environ), os.path.dirname(os.path.abspath(__file__)))
    if code != 0:
        sys.exit(code)


if __name__ == "__main__":
    main()

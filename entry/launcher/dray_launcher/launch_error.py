"""What a person can get wrong before Node runs, and the result line that says so."""

import json
import sys

from .platform_evidence import service_provider

#: The end states that programs act on; docs/errors.md explains each code.
EXIT_CODES = {
    "NODE_MISSING": 2,
    "BUNDLE_MISSING": 2,
    "BUNDLE_CHANGED": 2,
    "SPARK_MISSING": 2,
    "SPARK_NOT_STARTED": 3,
    "INTERNAL": 1,
    "INTERRUPTED": 130,
    "TERMINATED": 143,
}

MAX_TEXT = 2000


class LaunchError(Exception):
    """A failure with a code of docs/errors.md, a lower-case message and the next action."""

    def __init__(self, code, message, hint=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.exit_code = EXIT_CODES[code]


def print_failure(error, argv, env):
    """One message for people on stderr, one line of JSON for programs on stdout, as Node does."""
    print("%s: %s" % (error.code, error.message), file=sys.stderr)
    if error.hint is not None:
        print("  hint: %s" % error.hint, file=sys.stderr)
    sys.stderr.flush()
    print(json.dumps(result_line(error, argv, env), ensure_ascii=False), flush=True)


def result_line(error, argv, env):
    """The keys and their order are those of jobs/result-line.ts."""
    stopped = error.code in ("INTERRUPTED", "TERMINATED")
    return {
        "schema": "dray.result/1",
        "run_id": _value_of("--run_id", argv),
        "attempt": 1,
        "job": "",
        "window": None,
        "service_provider": service_provider(argv, env),
        "engine": None,
        "status": "cancelled" if stopped else "failed",
        "exit_code": error.exit_code,
        "counts": None,
        "sinks": [],
        "rules": [],
        "rules_left_out": 0,
        "warnings": [],
        "error": {
            "code": error.code,
            "message": error.message[:MAX_TEXT],
            "hint": error.hint if error.hint is None else error.hint[:MAX_TEXT],
        },
        "report": None,
    }


def _value_of(flag, argv):
    """Whoever sent us finds its run by the id."""
    for at, word in enumerate(argv):
        if word.startswith(flag + "="):
            return word[len(flag) + 1 :]
        if word == flag and at + 1 < len(argv):
            return argv[at + 1]
    return ""

"""Finds dray's Node program."""

import os

from .launch_error import LaunchError

NAME = "generic-entry.mjs"

#: Where a wheel and the archive for EMR have it. The script may lie elsewhere: Glue fetches it alone.
HERE = os.path.dirname(os.path.abspath(__file__))


def find_bundle(env, launcher_dir, cwd):
    """The path of the program.

    `DRAY_BUNDLE` where it is set; else beside the launcher, in its package (a wheel), in the dist/
    of the source tree that the launcher is in, or in the current folder, where YARN puts the files
    of a job.
    """
    named = env.get("DRAY_BUNDLE")
    if named:
        if os.path.isfile(named):
            return named
        raise LaunchError(
            "BUNDLE_MISSING",
            'DRAY_BUNDLE is not a file: "%s"' % named,
            "set it to the path of %s, or unset it" % NAME,
        )
    folders = [
        launcher_dir,
        os.path.join(launcher_dir, "dray_launcher"),
        *([] if os.path.dirname(HERE) == launcher_dir else [HERE]),
        os.path.normpath(os.path.join(launcher_dir, "..", "..", "dist")),
        os.path.join(cwd, "dist"),
        cwd,
    ]
    for folder in folders:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path):
            return path
    raise LaunchError(
        "BUNDLE_MISSING",
        "there is no %s in %s" % (NAME, ", ".join('"%s"' % folder for folder in folders)),
        "npm run build makes it in dist/; ship it beside the launcher or set DRAY_BUNDLE",
    )

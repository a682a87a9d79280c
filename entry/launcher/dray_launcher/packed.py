"""Launcher and program are packed together, and belong together."""

import hashlib
import json
import os

from .launch_error import LaunchError

#: What `dray package` says of the program that it packs; a source tree has none.
NAME = "packed.json"
HERE = os.path.dirname(os.path.abspath(__file__))


def check_packed(bundle):
    """Raises where the program is another one than this launcher was packed with."""
    try:
        with open(os.path.join(HERE, NAME), encoding="utf-8") as file:
            packed = json.load(file)
    except FileNotFoundError:
        return
    digest = hashlib.sha256()
    with open(bundle, "rb") as file:
        digest.update(file.read())
    if digest.hexdigest() == packed["bundle_sha256"]:
        return
    raise LaunchError(
        "BUNDLE_CHANGED",
        '"%s" is not the program that this launcher (dray %s) was packed with'
        % (bundle, packed["version"]),
        "install or upload one whole package (dray package); unset DRAY_BUNDLE if it is set",
    )

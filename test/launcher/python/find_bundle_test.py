import os
import tempfile
import unittest
import unittest.mock

from dray_launcher.find_bundle import find_bundle
from dray_launcher.launch_error import LaunchError


class FindBundle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = folder.name
        self.launcher = os.path.join(self.tree, "entry", "launcher")
        os.makedirs(self.launcher)

    def put(self, *path):
        file = os.path.join(self.tree, *path, "generic-entry.mjs")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8"):
            return file

    def find(self, env=None):
        return find_bundle(env or {}, self.launcher, os.path.join(self.tree, "cwd"))

    def test_prefers_what_is_nearer(self):
        for place in (
            ("cwd",),
            ("cwd", "dist"),
            ("dist",),
            ("entry", "launcher", "dray_launcher"),
            ("entry", "launcher"),
        ):
            put = self.put(*place)
            self.assertEqual(self.find(), put)

    def test_finds_it_in_the_package_of_a_script_that_came_alone(self):
        put = self.put("site-packages", "dray_launcher")
        with unittest.mock.patch("dray_launcher.find_bundle.HERE", os.path.dirname(put)):
            self.assertEqual(self.find(), put)

    def test_takes_dray_bundle_and_nothing_else(self):
        put = self.put("dist")
        self.assertEqual(self.find({"DRAY_BUNDLE": __file__}), __file__)
        with self.assertRaises(LaunchError) as raised:
            self.find({"DRAY_BUNDLE": put + "x"})
        self.assertEqual(raised.exception.code, "BUNDLE_MISSING")

    def test_names_the_folders_it_looked_in(self):
        with self.assertRaises(LaunchError) as raised:
            self.find()
        self.assertIn('"%s"' % os.path.join(self.tree, "dist"), raised.exception.message)

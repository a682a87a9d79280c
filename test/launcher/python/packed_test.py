import hashlib
import json
import os
import tempfile
import unittest
import unittest.mock

from dray_launcher.launch_error import LaunchError
from dray_launcher.packed import check_packed


class Packed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bundle = os.path.join(folder.name, "generic-entry.mjs")
        self.write(self.bundle, "as it was packed")
        here = unittest.mock.patch("dray_launcher.packed.HERE", folder.name)
        here.start()
        self.addCleanup(here.stop)
        self.packed = os.path.join(folder.name, "packed.json")

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def pack(self):
        digest = hashlib.sha256(b"as it was packed").hexdigest()
        self.write(self.packed, json.dumps({"version": "0.1.0", "bundle_sha256": digest}))

    def test_takes_what_it_was_packed_with_and_anything_in_a_source_tree(self):
        check_packed(self.bundle)
        self.pack()
        check_packed(self.bundle)

    def test_refuses_a_program_that_was_changed_or_is_of_another_package(self):
        self.pack()
        self.write(self.bundle, "newer")
        with self.assertRaises(LaunchError) as raised:
            check_packed(self.bundle)
        self.assertEqual(raised.exception.code, "BUNDLE_CHANGED")
        self.assertIn("this launcher (dray 0.1.0)", raised.exception.message)

import os
import tempfile
import unittest

from dray_launcher.databricks_remote import databricks_remote
from dray_launcher.launch_error import LaunchError
from dray_launcher.spark_jars import INTERCEPTOR_JAR, jar_settings


class JarSettings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        os.mkdir(os.path.join(self.home, "jars"))

    def put(self, *names, folder="jars"):
        os.makedirs(os.path.join(self.home, folder), exist_ok=True)
        paths = [os.path.join(self.home, folder, name) for name in names]
        for path in paths:
            with open(path, "w", encoding="utf-8"):
                pass
        return paths

    def test_has_spark_fetch_what_is_nowhere(self):
        settings = jar_settings("4.2.1", self.home, {})
        packages = settings["spark.jars.packages"].split(",")
        self.assertIn("io.delta:delta-spark_4.2_2.13:4.4.0", packages)
        self.assertIn("org.postgresql:postgresql:42.7.14", packages)
        self.assertNotIn("spark.jars", settings)

    def test_adds_nothing_to_what_spark_has(self):
        self.put("delta-spark_4.2_2.13-4.4.0.jar", "postgresql-42.7.jar", "spark-connect_2.13.jar")
        self.assertEqual(jar_settings("4.2.1", self.home, {}), {})

    def test_takes_a_folder_or_a_list(self):
        jars = self.put("delta-spark_2.13.jar", "postgresql-42.jar", folder="own")
        folder = os.path.join(self.home, "own")
        for value in (folder, ",".join(jars)):
            settings = jar_settings("4.2.1", self.home, {"DRAY_SPARK_JARS": value})
            self.assertEqual(settings, {"spark.jars": ",".join(jars)})

    def test_takes_connect_of_the_same_spark_and_our_interceptor_on_3_5(self):
        settings = jar_settings("3.5.4-amzn-0", self.home, {})
        self.assertIn("org.apache.spark:spark-connect_2.12:3.5.4", settings["spark.jars.packages"])
        self.assertEqual(settings["spark.jars"], INTERCEPTOR_JAR)
        self.assertTrue(os.path.isfile(INTERCEPTOR_JAR))

    def test_names_no_package_for_a_spark_it_does_not_know(self):
        self.assertEqual(jar_settings("9.9.0", self.home, {}), {})

    def test_refuses_jars_that_are_not_there(self):
        for value in ("/no/folder", os.path.join(self.home, "jars"), "/no/a.jar,/no/b.jar"):
            with self.assertRaises(LaunchError) as raised:
                jar_settings("4.2.1", self.home, {"DRAY_SPARK_JARS": value})
            self.assertEqual(raised.exception.code, "SPARK_MISSING")


class DatabricksRemote(unittest.TestCase):
    env = {
        "DATABRICKS_HOST": "https://dbc-1.cloud.databricks.com/?o=1",
        "DATABRICKS_TOKEN": "t",
        "DATABRICKS_CLUSTER_ID": "c",
    }

    def test_names_workspace_token_and_cluster(self):
        remote = "sc://dbc-1.cloud.databricks.com:443/;token=t;x-databricks-cluster-id=c"
        self.assertEqual(databricks_remote(self.env), remote)

    def test_names_what_is_missing(self):
        with self.assertRaises(LaunchError) as raised:
            databricks_remote({**self.env, "DATABRICKS_TOKEN": ""})
        self.assertIn("without DATABRICKS_TOKEN", raised.exception.message)

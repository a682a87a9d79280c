import unittest

from dray_launcher.platform_evidence import service_provider
from dray_launcher.reserved_arguments import take_reserved


class TakeReserved(unittest.TestCase):
    def test_leaves_everything_elsewhere_than_on_glue(self):
        argv = ["--JOB_NAME", "x", "--conf=a=b"]
        self.assertEqual(take_reserved(argv, "EMR"), (argv, {}))

    def test_takes_values_in_both_spellings(self):
        own, taken = take_reserved(
            ["--a", "1", "--JOB_NAME", "x", "--conf=a=b=c", "--b={}"], "GLUE"
        )
        self.assertEqual(own, ["--a", "1", "--b={}"])
        self.assertEqual(taken, {"JOB_NAME": "x", "conf": "a=b=c"})

    def test_takes_no_value_from_the_next_flag(self):
        own, taken = take_reserved(["--enable-metrics", "--a", "1", "--TempDir"], "GLUE")
        self.assertEqual(own, ["--a", "1"])
        self.assertEqual(taken, {"enable-metrics": "", "TempDir": ""})

    def test_takes_the_token_and_the_values_of_switches_on_databricks(self):
        argv = ["--force", "true", "--attempt", "1", "--dray_token", "abc", "--JOB_NAME", "x"]
        own, taken = take_reserved(argv, "DATABRICKS")
        self.assertEqual(own, ["--force", "--attempt", "1", "--JOB_NAME", "x"])
        self.assertEqual(taken, {"dray_token": "abc"})

    def test_leaves_misspelt_flags_to_node(self):
        self.assertEqual(take_reserved(["--start-date", "x"], "GLUE")[0], ["--start-date", "x"])


class ServiceProvider(unittest.TestCase):
    def provider(self, argv=(), env=None, emr_node="/no/such/file"):
        return service_provider(list(argv), env or {}, emr_node)

    def test_believes_what_is_handed_over(self):
        env = {"SERVICE_PROVIDER": "EMR", "GLUE_VERSION": "5.0"}
        self.assertEqual(self.provider(env=env), "EMR")

    def test_knows_glue_by_its_arguments(self):
        self.assertEqual(self.provider(["--JOB_RUN_ID=jr_1"]), "GLUE")
        self.assertEqual(self.provider(["--JOB_NAMES", "x"]), "LOCAL")

    def test_knows_a_node_of_emr_by_its_file(self):
        self.assertEqual(self.provider(emr_node=__file__), "EMR")

    def test_is_local_without_a_sign(self):
        self.assertEqual(self.provider(env={"GLUE_VERSION": ""}), "LOCAL")

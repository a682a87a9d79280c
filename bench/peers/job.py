"""What the peers have in common: the job as the benchmark hands it over, its constants, the clock.

A peer is called as `peer.py JOB.json` and prints one line of JSON. The password of the database is
in BENCH_DB_PASSWORD.
"""

import json
import os
import sys
import time
from contextlib import contextmanager
from datetime import date, datetime, timedelta

WEEK_1_START = date(2016, 12, 26)
FIRST_WEEK, LAST_WEEK = 1, 53
KEY = ["product_id", "store_id", "week"]
NAMES = ["department", "brand", "product_category"]

DISPLAYS = {
    "0": "not on display",
    "1": "store front",
    "2": "store rear",
    "3": "front end cap",
    "4": "mid-aisle end cap",
    "5": "rear end cap",
    "6": "side aisle end cap",
    "7": "in-aisle",
    "9": "secondary location display",
    "A": "in-shelf",
}
MAILERS = {
    "0": "not on ad",
    "A": "interior page feature",
    "C": "interior page line item",
    "D": "front page feature",
    "F": "back page feature",
    "H": "wrap front feature",
    "J": "wrap interior coupon",
    "L": "wrap back feature",
    "P": "interior page coupon",
    "X": "free on interior page",
    "Z": "free on front page, back page or wrap",
}
PROMINENT = ["D", "F", "H"]

CREATE = """create table %s (
  promo_id varchar(32) collate "C" not null, product_id bigint not null, store_id bigint not null,
  week integer not null, start_date date not null, end_date date not null,
  display_code varchar(1) not null, mailer_code varchar(1) not null,
  display_location text not null, mailer_location text not null,
  on_display boolean not null, in_mailer boolean not null, promo_score numeric(5,2) not null,
  department text, brand text, product_category text,
  created_by text not null, loaded_at timestamptz not null)"""
KEY_SETTING = "set maintenance_work_mem = '512MB'"
ADD_KEY = "alter table %s add primary key (promo_id)"
ANALYZE = "analyze %s"

COLUMNS = [
    *["promo_id", "product_id", "store_id", "week", "start_date", "end_date"],
    *["display_code", "mailer_code", "display_location", "mailer_location"],
    *["on_display", "in_mailer", "promo_score", *NAMES, "created_by", "loaded_at"],
]


class Job:
    def __init__(self):
        with open(sys.argv[1], encoding="utf-8") as file:
            given = json.load(file)
        self.promotions = given["promotions"]
        self.products = given.get("products")
        self.delta = given["delta"]
        self.parquet = given["parquet"]
        self.quarantine = given["quarantine"]
        self.database = given["database"]
        self.table = given["table"]
        self.created_by = given["created_by"]
        self.loaded_at = datetime.fromisoformat(given["loaded_at"])
        self.weeks = _weeks(given.get("start_date"), given.get("end_date"))
        self.password = os.environ["BENCH_DB_PASSWORD"]
        self.seconds = {}
        self._started = time.perf_counter()

    @contextmanager
    def step(self, name):
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 3)
        print("%s %.1f s" % (name, self.seconds[name]), file=sys.stderr, flush=True)

    def finish(self, counts, versions):
        print(json.dumps({"seconds": self.seconds, "counts": counts, "versions": versions}))


def _weeks(start, end):
    """The first and last week with a day in the window; all of them without one."""
    if start is None:
        return FIRST_WEEK, LAST_WEEK
    first = (date.fromisoformat(start) - WEEK_1_START) // timedelta(days=7) + 1
    last = -((WEEK_1_START - date.fromisoformat(end)) // timedelta(days=7))
    return max(first, FIRST_WEEK), min(last, LAST_WEEK)

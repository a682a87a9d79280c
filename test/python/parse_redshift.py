"""Reads a JSON list of SQL texts, prints those that are not Redshift's as a JSON list.

sqlglot turns what it cannot parse into a node `Command` that just keeps the words. Some statements of
Redshift are always such a node, for lack of a grammar in sqlglot, not of validity: LOCK, UNLOAD, DECLARE
and FETCH. They are held against their syntax in the Database Developer Guide instead, and what UNLOAD
and DECLARE select is parsed as a statement of its own.
"""

import json
import logging
import re
import sys

import sqlglot
from sqlglot import exp

LOCK = re.compile(r'lock table "\w+"\."\w+"')
FETCH = re.compile(r"fetch forward \d+ from \w+")
DECLARE = re.compile(r"declare \w+ cursor for (?P<query>select .+)", re.DOTALL)
UNLOAD = re.compile(
    r"unload \('(?P<query>(?:[^'\\]|'')+)'\)\s+to 's3://[^']+'\s+"
    r"iam_role (?:'arn:[^']+'|default) format as parquet maxfilesize \d+ mb"
)


def problem(sql: str) -> str | None:
    if LOCK.fullmatch(sql) or FETCH.fullmatch(sql):
        return None
    declare = DECLARE.fullmatch(sql)
    if declare:
        return problem(declare["query"])
    unload = UNLOAD.fullmatch(sql)
    if unload:
        return problem(unload["query"].replace("''", "'"))
    try:
        parsed = sqlglot.parse(sql, dialect="redshift")
    except sqlglot.errors.ParseError as error:
        return f"{sql}: {error}"
    strange = [each for each in parsed if each is None or each.find(exp.Command)]
    return f"{sql}: only a Command to sqlglot" if strange else None


logging.getLogger("sqlglot").setLevel(logging.ERROR)
problems = [problem(sql) for sql in json.load(sys.stdin)]
json.dump([each for each in problems if each], sys.stdout)

"""Starts Spark and dray's Node program beside it, on platforms that start Python."""

"""`python -m dray_entry ARGUMENTS`."""

from . import generic_entry

generic_entry()

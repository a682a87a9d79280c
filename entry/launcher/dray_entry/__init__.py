"""The package that a wheel task of Databricks names: `package_name` dray_entry.

It looks `entry_point` up among the names of the wheel's metadata, and where there is none, calls
`dray_entry.generic_entry()`. Both are the same.
"""


def generic_entry():
    """See generic_entry.py."""
    from generic_entry import main

    main()

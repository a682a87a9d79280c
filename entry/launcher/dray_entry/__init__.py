"""The package that a wheel task of Databricks names: `package_name` dray_entry.

It looks `entry_point` up among the names of the wheel's metadata, and where there is none, calls
`dray_entry.generic_entry()`. Both are the same.
"""


def generic_entry():
    """See generic_entry.py."""
    from generic_entry import main

    main()


def notebook(parameters):
    """Runs dray in a notebook: `dray_entry.notebook(dbutils.widgets.getAll())`.

    Raises where the run has failed: nobody looks at the exit code of a notebook.
    """
    import os

    import generic_entry
    from dray_launcher.launch import launch

    argv = [word for name, value in parameters.items() for word in ("--" + name, value)]
    folder = os.path.dirname(os.path.abspath(generic_entry.__file__))
    code = launch(argv, dict(os.environ), folder)
    if code != 0:
        raise RuntimeError("dray has ended with exit code %d" % code)

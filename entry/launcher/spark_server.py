"""`python spark_server.py [--port N] [--conf NAME=VALUE ...]`: see dray_launcher/serve.py."""

import sys

from dray_launcher.serve import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m optimizer.cli``: the same program as ``optimize``."""

import sys

from optimizer.cli import main

sys.exit(main())

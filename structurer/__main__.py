"""``python -m structurer``."""

import sys

from structurer.cli import main

if __name__ == "__main__":
    sys.exit(main())

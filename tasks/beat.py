"""``python -m tasks.beat worker -B``: what `grader upkeep` becomes."""

import sys

from grader.settings import Settings
from tasks import upkeep

if __name__ == "__main__":
    upkeep.build(Settings()).worker_main(sys.argv[1:])

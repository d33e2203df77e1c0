"""``python -m tasks.worker worker -Q fast,cpu -c 2``: what `grader worker` becomes."""

import sys

from grader.settings import Settings
from tasks import grading

if __name__ == "__main__":
    grading.build(Settings()).worker_main(sys.argv[1:])

"""The command line as `python -m grader.cli`: what `grader serve` starts, whatever PATH says."""

from grader.cli.app import main

main()

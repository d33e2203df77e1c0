"""Follows a submission to its end: by a stream of events, and by asking where there is none."""

from collections.abc import Iterator
from time import monotonic, sleep

from grader.client.client import Client, NoStreamError
from grader.client.interface import Standing, Told

ASK_SECONDS = 2.0
"""Between two questions where no stream can be had."""
STREAM_SECONDS = 30.0
"""After so long a stream is tried again."""
SHORT_SECONDS = 1.0
"""A stream that lived no longer is followed by a pause of `ASK_SECONDS`."""


def follow(client: Client, submission: str) -> Iterator[Told | Standing]:
    """What happens to it, each event once; how it stands whenever that was asked; ends with it.

    A stream that breaks is taken up behind the last event that came.

    Raises:
        ServiceError: the service was gone for longer than the client's patience, or refuses.
    """
    last, no_stream_until = "", 0.0
    while True:
        began = monotonic()
        if began >= no_stream_until:
            try:
                for told in client.events(submission, last):
                    last = told.id or last
                    yield told
            except NoStreamError:
                no_stream_until = monotonic() + STREAM_SECONDS
        standing = client.standing(submission)
        yield standing
        if standing.final:
            return
        if monotonic() - began < SHORT_SECONDS:
            sleep(ASK_SECONDS)

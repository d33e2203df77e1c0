"""`grader api`: the HTTP API of the service."""

from typing import Annotated

import typer


def command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Answer uploads and questions; imports no torch and runs no notebook.

    Settings come from the environment (`GRADER_...`). The database must have been brought up to
    date by `grader admin db upgrade`.
    """
    # They cost time that other commands need not wait.
    from grader.logs import set_up
    from grader.service.serving import serve

    set_up()
    serve(host, port)

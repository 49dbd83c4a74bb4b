"""The command `coachscore`: the pipeline's commands, and `serve`, which needs the web service."""

from typing import Annotated

import typer

from pipeline.cli import app, main

__all__ = ["app", "main"]


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve a fictional organisation to try it with.")
    ] = False,
) -> None:
    """Start the web service with a worker, until Ctrl-C; docs/service.md says more."""
    from api.serve import serve as run
    from pipeline.settings import get_settings

    run(get_settings(), lambda line: print(line, flush=True), demo=demo)  # noqa: T201


if __name__ == "__main__":
    main()

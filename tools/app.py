"""The typer application every command module starts from."""

import typer


def new() -> typer.Typer:
    """No shell completion (it would edit the user's files), no pretty tracebacks (they print local variables: secrets)."""
    settings = {"help_option_names": ["-h", "--help"]}
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=settings)

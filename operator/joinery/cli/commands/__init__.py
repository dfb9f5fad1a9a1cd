"""The subcommands, a file each: a module here with ``register(app: typer.Typer) -> None`` is found by itself.

A module imports nothing heavy at its top; what a command needs it imports when it runs.
"""

"""The typer program: finds the subcommands, and turns everything that goes wrong into text and an exit code.

Exit codes: 0 fine, 1 the answer is no or something is invalid, 2 the command line is wrong.
No module of this room imports more than typer at its top: ``joinery --help`` has to be quick.
"""

from __future__ import annotations

import os
import pkgutil
import sys
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from joinery import __version__
from joinery.cli import commands
from joinery.problems import JoineryError

INVALID = 1
USAGE = 2
INTERRUPTED = 130
UNHEARD = 141  # 128 + SIGPIPE, as other programs end
DEBUG = "JOINERY_DEBUG"


class Group(TyperGroup):
    """A group whose errors are for people: problems with their places, one line for a fault of ours."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=_rank)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                sys.stdout.flush()  # what is still held back meets a closed pipe here, and not at exit
        except JoineryError as error:
            sys.exit(report(error))
        except BrokenPipeError:
            _unheard()
        except SystemExit as ending:
            if isinstance(ending.__context__, BrokenPipeError):  # typer has caught it, and would exit with 1
                _unheard()
            raise
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except MemoryError:
            sys.exit(_say("error: there is not enough memory for this many runs"))
        except Exception as error:  # the last line of defence: a fault of ours shows as one line
            if os.environ.get(DEBUG):
                raise
            sys.exit(_say(_fault(error)))


def report(error: JoineryError) -> int:
    """Print what is wrong to standard error; the exit code."""
    from joinery.cli.problems import show_problems
    from joinery.local.sources import UnreadableFile

    sys.stdout.flush()
    show_problems(error.problems)
    return USAGE if isinstance(error, UnreadableFile) else INVALID


def _fault(error: Exception) -> str:
    from joinery.cli.text import cut, plain

    what = cut(plain(f"{type(error).__name__}: {error}"), 300)
    return (
        f"error: Joinery itself failed ({what}); please report it with the command and its files "
        f"({DEBUG}=1 shows where it happened)"
    )


def _unheard() -> NoReturn:
    """`joinery search … | head`: the reader has enough. Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(UNHEARD)


def _say(text: str) -> int:
    sys.stderr.write(text + "\n")
    return INVALID


ORDER = ("resolve", "search", "explain", "params", "lineage", "rerun", "lint", "fields", "crds", "schema")


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"joinery {__version__}")
        raise typer.Exit


def build(asked: str = "") -> typer.Typer:
    """The program with every subcommand: each module in ``joinery.cli.commands`` has ``register(app)``.

    Where ``asked`` names one of the modules, only that one is read: a third of what a short command takes.
    """
    app = typer.Typer(
        name="joinery",
        cls=Group,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        help="Joins over past runs: which runs each search takes and why, and what every param becomes.",
    )

    @app.callback()
    def joinery(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        """Joins over past runs: which runs each search takes and why, and what every param becomes."""

    names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
    for name in [asked] if asked in names else names:
        import_module(f"{commands.__name__}.{name}").register(app)
    return app

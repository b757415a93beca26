"""The command line: commands without logic, errors as one line, exit codes.

0 done, 1 failed, 2 usage, 3 finished with rows in the failure ledger, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from types import FrameType

import click

from structurer.commands.ontology import ontology
from structurer.commands.results import evaluate, export, report
from structurer.commands.running import run
from structurer.commands.setup import doctor, model
from structurer.commands.single import extract, link
from structurer.errors import (
    EXIT_BROKEN_PIPE,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    Interrupted,
    OutputError,
    UserError,
    is_for_users,
    one_line,
)

_NAME = "structurer"


class _Terminated(KeyboardInterrupt):
    """A scheduler asked to stop; handled as Ctrl-C, with the exit code of the signal."""


@click.group(
    name=_NAME, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="caption-structurer", prog_name=_NAME)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Turn dermatology captions into checked, ontology-linked records and CLIP texts."""


for _command in (run, extract, link, export, evaluate, report, ontology, model, doctor):
    cli.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (``sys.argv`` without the name by default) and return its exit code.

    Prints an error as one line on standard error; never raises for one, and never shows a
    traceback unless ``--debug`` is given.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = bool(arguments) and arguments[0] == "--debug"
    with _stopped_by_sigterm(), warnings.catch_warnings():
        if not debug and not sys.warnoptions:
            warnings.simplefilter("ignore")
        try:
            _forgiving_streams()
            code = _call(arguments)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            return _closed_pipe()
        except KeyboardInterrupt as error:
            return _interrupted(error, debug)
        except Exception as error:
            return _failed(error, debug)


def _call(arguments: list[str]) -> int:
    try:
        with cli.make_context(_NAME, arguments) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    return EXIT_DONE if code is None else int(code)


def _failed(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, UserError):
        _say(str(error))
        return error.exit_code
    if isinstance(error, OSError):
        where = error.filename or "the output"
        error = OutputError.from_os(error, where, "see that it can be read or written")
        _say(str(error).replace("cannot write", "cannot use", 1))
    elif isinstance(error, MemoryError):
        _say("out of memory; try a smaller --batch-size or --part-size")
    elif is_for_users(error):
        _say(str(error))
    else:
        hint = "" if debug else "; `structurer --debug ...` shows where"
        _say(f"unexpected {type(error).__name__}: {error}{hint}")
    return EXIT_FAILED


def _usage(error: click.ClickException) -> int:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return EXIT_USAGE
    if context is not None:
        message = f"{message.rstrip('.')} (see `{context.command_path} --help`)"
    _say(message)
    return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_FAILED


def _interrupted(error: KeyboardInterrupt, debug: bool) -> int:
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if debug:
        traceback.print_exception(error)
    told = error.__cause__ or error.__context__
    _say(str(told) if isinstance(told, Interrupted) else "interrupted")
    return 128 + signal.SIGTERM if isinstance(error, _Terminated) else EXIT_INTERRUPTED


def _closed_pipe() -> int:
    # Python flushes standard output once more at exit, and would complain then.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_BROKEN_PIPE


def _say(message: str) -> None:
    print(f"{_NAME}: error: {one_line(message)}", file=sys.stderr, flush=True)


def _forgiving_streams() -> None:
    """Let a terminal that cannot show a character show its escape, which JSON reads back."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

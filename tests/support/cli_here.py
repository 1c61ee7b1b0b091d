"""A command line in the tests' own process: the same ``main``, without 0.6 s to start Python."""

import os
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from chatapp_tail.cli.app import main
from tests.support.cli_process import clean_environment


class Ended(NamedTuple):
    """A command's exit code and output."""

    code: int
    stdout: str
    stderr: str


def run_here(
    home: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
) -> Ended:
    """Run a command that ends by itself, as ``CLI`` does: nothing of the developer's gets in.

    For tests of a command's output. Tests that need a process (signals, terminals,
    closed streams, start and end) use ``CLI``.
    """
    stdout, stderr = _stream(), _stream()
    with (
        mock.patch.dict(os.environ, clean_environment(home) | dict(environment or {}), clear=True),
        mock.patch("sys.stdin", _stream(stdin)),
        chdir(home),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        code = main(list(arguments))
    return Ended(code, _text(stdout), _text(stderr))


def _stream(text: str = "") -> TextIOWrapper:
    return TextIOWrapper(BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _text(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()

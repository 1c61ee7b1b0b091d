"""Real pipes for as long as a test lasts."""

import os
from contextlib import ExitStack
from io import FileIO


def opened_pipe(closing: ExitStack) -> tuple[FileIO, FileIO]:
    """Return both ends of a pipe, unbuffered; ``closing`` closes them."""
    read_end, write_end = os.pipe()
    return (
        closing.enter_context(FileIO(read_end, "rb")),
        closing.enter_context(FileIO(write_end, "wb")),
    )

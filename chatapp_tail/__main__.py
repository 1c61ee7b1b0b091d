"""Entry point: ``chatapp-tail`` and ``python -m chatapp_tail``."""

import gc
import os
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still loading ends quietly, too."""
    gc.disable()  # what is loaded stays: to search it for garbage takes a tenth of the start
    try:
        code = _complete() if sys.argv[1:2] == ["complete"] else _run()
    except KeyboardInterrupt:
        code = 130
    gc.freeze()  # at the end, too: the interpreter would search it twice, for 50 ms
    sys.exit(code)


def _run() -> int:
    from chatapp_tail.cli.app import main as run  # noqa: PLC0415 (so that Ctrl-C finds the try)

    gc.freeze()
    gc.enable()
    return run()


def _complete() -> int:
    """Answer a shell in which somebody has just pressed TAB: all the rest takes twice as long."""
    from chatapp_tail.cli.completion import complete  # noqa: PLC0415

    complete(sys.argv[2:], os.environ, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    main()

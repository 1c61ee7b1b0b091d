"""Entry point: ``chatapp-tail`` and ``python -m chatapp_tail``."""

import gc
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still loading ends quietly, too."""
    gc.disable()  # what is loaded stays: to search it for garbage takes a tenth of the start
    try:
        from chatapp_tail.cli.app import main as run  # noqa: PLC0415 (inside the try on purpose)

        gc.freeze()
        gc.enable()
        code = run()
    except KeyboardInterrupt:
        code = 130
    gc.freeze()  # at the end, too: the interpreter would search it twice, for 50 ms
    sys.exit(code)


if __name__ == "__main__":
    main()

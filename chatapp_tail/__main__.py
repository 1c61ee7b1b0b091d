"""Entry point: ``chatapp-tail`` and ``python -m chatapp_tail``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still loading ends quietly, too."""
    try:
        from chatapp_tail.cli.app import main as run  # noqa: PLC0415 (inside the try on purpose)

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

"""Entry point: ``chatapp-tail`` and ``python -m chatapp_tail``."""

import atexit
import gc
import os
import signal
import sys

# Exit codes above this one are 128 + a signal.
_SIGNALED = 128


def main() -> None:
    """Run the command line; Ctrl-C while it is loading ends the process without a traceback."""
    gc.disable()  # imports leave no garbage, and searching takes a tenth of the start
    try:
        code = _complete() if sys.argv[1:2] == ["complete"] else _run()
    except KeyboardInterrupt:
        code = 130
    gc.freeze()  # the interpreter would search all objects twice at exit, for 50 ms
    _flush()
    if code > _SIGNALED:
        _die_of(code - _SIGNALED)
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        # A thread that is importing, or in a call that nothing ends, crashes the interpreter's
        # orderly exit.
        atexit._run_exitfuncs()  # noqa: SLF001 (as sys.exit does)
        os._exit(code)
    sys.exit(code)


def _flush() -> None:
    """Write what the streams still hold; what can't be written must not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            # The interpreter flushes once more, and ends with 120 if that fails.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _die_of(number: int) -> None:
    """End by the signal that ended the run, so that a shell's loop and systemd see it.

    Returns where the signal does nothing: it is ignored, or this is process 1 of a container.
    """
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _run() -> int:
    from chatapp_tail.cli.app import main as run  # noqa: PLC0415 (Ctrl-C while importing)

    gc.freeze()
    gc.enable()
    return run()


def _complete() -> int:
    """Answer a shell's TAB, without loading the command line: that takes twice as long."""
    from chatapp_tail.cli.completion import complete  # noqa: PLC0415

    complete(sys.argv[2:], os.environ, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    main()

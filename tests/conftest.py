"""What every test process needs before it starts others."""

import signal

# A shell's background job (make test &) ignores SIGINT, nohup SIGHUP, and so would all they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

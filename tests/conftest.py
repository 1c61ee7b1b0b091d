"""What every test process needs before it starts others."""

import signal

# A shell's background job (make test &, nohup) ignores SIGINT, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

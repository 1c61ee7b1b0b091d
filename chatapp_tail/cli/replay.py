"""``chatapp-tail replay FILE|-``: recorded events through the same filters, formats and copies."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from chatapp_tail.cli.build import build_output, build_show, verbosity, warn_of_guesses
from chatapp_tail.cli.copies import copies
from chatapp_tail.cli.layers import Chosen
from chatapp_tail.cli.options import ShowOptions
from chatapp_tail.cli.run import Streams, discard_stdout, process_streams, raw_stream, terminal_fd
from chatapp_tail.clock import SystemClock
from chatapp_tail.delivery import Delivery
from chatapp_tail.durations import format_duration
from chatapp_tail.errors import ExitCode, UsageError
from chatapp_tail.output.direct import DirectOutput
from chatapp_tail.output.make import make_sink
from chatapp_tail.output.reporter import Reporter
from chatapp_tail.output.status import Status
from chatapp_tail.recording.pace import Pace
from chatapp_tail.recording.reader import Frame, Recording, open_recording
from chatapp_tail.settings import ShowSettings
from chatapp_tail.signals import InterruptedBySignal, Signals
from chatapp_tail.stopping import Stop, Stopping
from chatapp_tail.wakeup import Wakeup, file_descriptor

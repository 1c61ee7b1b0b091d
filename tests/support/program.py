"""The program that the end-to-end tests start: this source, or an installed one."""

import os
import sys
from pathlib import Path

_NAMED = os.environ.get("PROGRAM_UNDER_TEST")

# The installed ``chatapp-tail`` that PROGRAM_UNDER_TEST names, if it does.
INSTALLED = Path(_NAMED).absolute() if _NAMED else None
PROGRAM = (str(INSTALLED),) if INSTALLED else (sys.executable, "-m", "chatapp_tail")

"""A private network namespace, with a host whose IPv6 address never answers.

Linux, where the system lets a user have namespaces. ``black-hole.localhost`` is 127.0.0.1 at first.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HOST = "black-hole.localhost"

_UNSHARE = ("unshare", "--map-root-user", "--net", "--mount")
_HOSTS = Path("/etc/hosts")
# A known neighbour at the other end of a link that nothing reads from.
_NETWORK = """\
ip link set lo up
ip link add near type veth peer name far
ip address add 192.0.2.1/24 dev near
ip address add fd00:dead::1/64 dev near nodad
ip link set near up
ip link set far up
ip neighbor add fd00:dead::2 lladdr 02:00:00:00:00:02 dev near
"""


@cache
def missing_reason() -> str | None:
    """Return why there can be no namespace here, or None."""
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            return f"{program} not found"
    tried = subprocess.run(  # noqa: S603 (constant arguments)
        [*_UNSHARE, "true"], capture_output=True, text=True, check=False
    )
    return f"no network namespace: {tried.stderr.strip()}" if tried.returncode else None


def command(module: str, arguments: Sequence[str] = ()) -> list[str]:
    """Return the command that runs ``module`` inside a namespace; it calls ``prepare`` first."""
    return [*_UNSHARE, sys.executable, "-m", module, *arguments]


def prepare() -> None:
    """Set the network up. For a process inside only: it covers the hosts file that others see."""
    subprocess.run(["sh", "-e"], input=_NETWORK, text=True, check=True)  # noqa: S607
    descriptor, name = tempfile.mkstemp()
    with os.fdopen(descriptor, "w") as hosts:
        hosts.write(f"127.0.0.1 localhost\n127.0.0.1 {HOST}\n")
    subprocess.run(["mount", "--bind", name, str(_HOSTS)], check=True)  # noqa: S603, S607
    Path(name).unlink()


def open_black_hole() -> None:
    """Add an IPv6 address, which never answers, to the host."""
    _HOSTS.write_text(f"fd00:dead::2 {HOST}\n{_HOSTS.read_text()}")

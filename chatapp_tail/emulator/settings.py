"""What the local ChatApp is started with."""

import ssl
from dataclasses import dataclass, field

from chatapp_tail.emulator.account import DEMO_ACCOUNT, Account

# Loopback only: the token is public.
LISTEN_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Port 0 is any free one. All durations in seconds.

    ``pace``: mean time between two events of the story; 0 or None: no story. ``drop_every``: cut
    all websockets at this interval. ``silence_timeout``: close a websocket to which nothing was
    sent for this long. ``token_life``: lifetime of every access token; None: a day, and no end for
    the accounts' own tokens. ``ssl_context``: serve https and wss.
    """

    port: int = 0
    accounts: tuple[Account, ...] = (DEMO_ACCOUNT,)
    seed: int = 1
    pace: float | None = 0.5
    drop_every: float | None = None
    silence_timeout: float = 120.0
    token_life: float | None = None
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)

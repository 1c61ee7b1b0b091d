"""The settings of the local ChatApp. Pure."""

import ssl
from dataclasses import dataclass, field

from chatapp_tail.emulator.account import DEMO_ACCOUNT, Account

# Loopback only: the token is public.
LISTEN_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Port 0 is any free one. All durations in seconds.

    ``pace``: mean time between two events of the story; 0 or None: no story. ``drop_every``: cut
    all websockets that often. ``silence_timeout``: close a websocket that was sent nothing for so
    long. ``token_life``: how long an access token lives; None is a day, and for ever those that
    need no login. ``ssl_context``: serve https and wss. ``name``: what clients may call this
    machine besides the names of the loopback, as behind a proxy.
    """

    port: int = 0
    accounts: tuple[Account, ...] = (DEMO_ACCOUNT,)
    app_key: str = "ChatsAppApiProdKey"
    app_id: str = "1001"
    app_secret: str = field(default="local-secret", repr=False)
    seed: int = 1
    pace: float | None = 0.5
    drop_every: float | None = None
    silence_timeout: float = 120.0
    token_life: float | None = None
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)
    name: str | None = None

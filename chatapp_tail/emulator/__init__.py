"""A local ChatApp: REST, channel authorization, a Pusher websocket, and made-up events without end.

``server`` and the modules with routes import aiohttp, which the extra ``demo`` brings; the others
need the standard library alone.
"""

INSTALL = "python -m pip install 'chatapp-tail[demo]'"

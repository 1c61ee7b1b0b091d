"""A local ChatApp: REST, channel authorization, a Pusher websocket, and made-up events without end.

``server.running_emulator`` starts it. ``serving`` and the modules with routes import aiohttp, which
the extra ``demo`` brings; the others are pure or need the standard library alone.
"""

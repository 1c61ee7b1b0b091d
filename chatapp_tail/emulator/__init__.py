"""A local ChatApp: REST, channel authorization, Pusher websocket and a story that never ends.

``server.running_emulator`` is the way in. Only ``websocket``, ``rest``, ``chats``, ``login``,
``answers``, ``publish`` and ``serving`` import aiohttp, which the extra ``demo`` brings.
"""

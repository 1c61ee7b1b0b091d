"""The two background jobs of the local ChatApp: the story, and broken connections."""

import asyncio

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.emulator.hub import Hub
from chatapp_tail.emulator.story import gaps, story

# Seconds without a new subscription, after which a tail is taken to have subscribed all channels.
AUDIENCE_QUIET = 0.3


async def tell_story(hub: Hub, clock: Clock, seed: int, pace: float) -> None:
    """Publish the story, ``pace`` seconds apart on the mean, once there is an audience."""
    await hub.wait_for_audience(AUDIENCE_QUIET)
    for (channel, event, payload), gap in zip(story(seed, clock), gaps(seed, pace), strict=True):
        hub.publish(channel, event, jsontext.dumps(payload).decode())
        await asyncio.sleep(gap)


async def drop_connections(hub: Hub, every: float) -> None:
    """Cut all websockets each ``every`` seconds."""
    while True:
        await asyncio.sleep(every)
        hub.abort_all()

"""To a webhook, in the flat form that ChatApp's own webhooks have."""

import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from chatapp_tail import jsontext
from chatapp_tail.clock import Clock
from chatapp_tail.errors import ConnectionFailedError
from chatapp_tail.forwarding.forwarder import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from chatapp_tail.forwarding.post import Poster
from chatapp_tail.forwarding.target import Header
from chatapp_tail.network.cuttable import CuttableSocket
from chatapp_tail.triggering.payload import Payload
from chatapp_tail.triggering.target import Sent


class Webhook:
    """Posts to ``url``, which passed ``check_webhook``; each event once."""

    def __init__(
        self, url: str, headers: Sequence[Header], *, context: ssl.SSLContext, clock: Clock
    ) -> None:
        # The URL's path or query may be a secret.
        self._host = urlsplit(url).netloc
        self._poster = Poster(
            url,
            headers,
            context=context,
            clock=clock,
            line=CuttableSocket(),
            connect_timeout=CONNECT_TIMEOUT,
            answer_timeout=ANSWER_TIMEOUT,
        )

    def send(self, _event: str, payload: Payload) -> Sent:
        """Post one event; any answer but 2xx counts as not taken. Raises when there is none."""
        reply = self._poster.post(jsontext.dumps(payload))
        if reply.status is None:
            raise ConnectionFailedError(
                f"the webhook at {self._host} could not be reached: {reply.error}",
                hint="Is it running, and is that its address?",
            )
        is_redirect = 300 <= reply.status < 400
        return Sent(
            f"{reply.status} in {round(reply.seconds * 1000)} ms",
            is_taken=200 <= reply.status < 300,
            hint="Redirects aren't followed." if is_redirect else "",
        )

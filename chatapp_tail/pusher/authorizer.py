"""Channel authorization: ``POST /broadcasting/auth``, a call per channel and connection.

Source: the Pusher protocol's "authorizing users" and Laravel's implementation of it, which answers
302 to a login page unless JSON is asked for.
"""

from chatapp_tail.api import Api, TokenSource, failure, with_token
from chatapp_tail.pusher.protocol import Authorization


class Authorizer:
    """Signs channels through the API. One thread uses it; any other may ``cut``."""

    def __init__(self, api: Api, tokens: TokenSource) -> None:
        self._api = api
        self._tokens = tokens
        self._is_cut = False

    def authorize(self, socket_id: str, channel: str) -> Authorization:
        """Return the signature of ``channel`` for ``socket_id``.

        A refused token is replaced once, if its source has another. Raises ``ApiError``:
        ``TokenRefusedError``, ``ApiRefusedError`` (this channel) or ``ApiUnavailableError``; and
        ``CredentialsError``.
        """
        if self._is_cut:
            self._is_cut = False
            self._api.renew_connection()
        return with_token(self._tokens, lambda token: self._ask(token, socket_id, channel))

    def cut(self) -> None:
        """End the call under way. The next one gets a new connection, as this one may be dead."""
        self._is_cut = True
        self._api.cut()

    def close(self) -> None:
        """Close the kept connection."""
        self._api.close()

    def _ask(self, token: str, socket_id: str, channel: str) -> Authorization:
        reply = self._api.call(
            "POST",
            "/broadcasting/auth",
            headers={"Authorization": token},
            form={"socket_id": socket_id, "channel_name": channel},
        )
        body = reply.body
        if reply.status == 200 and isinstance(body, dict) and isinstance(body.get("auth"), str):
            channel_data = body.get("channel_data")
            return Authorization(
                body["auth"], channel_data if isinstance(channel_data, str) else None
            )
        raise failure(reply, lacks="signature")

"""Messages from REST where the websocket brought none: after a gap, or before the start."""

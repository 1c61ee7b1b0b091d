"""Tail the realtime events of ChatApp in a terminal or a pipe."""

__version__ = "0.1.0"

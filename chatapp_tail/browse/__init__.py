"""The format ``browse``: a screen on which one stops at a row and asks what is behind it.

The loop that receives runs in a thread; it hands records, sentences and the state of the connection
to a ``Feed``, which keeps the newest of them in a ``Store``. The screen runs in the main thread and
reads that store. Nothing but the command line's wiring imports this room, the only home of Textual.
"""

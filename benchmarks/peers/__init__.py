"""The peers, each a small program written as its library's documentation shows it.

They are started as ``PROGRAM HOST PORT AUTH_ENDPOINT`` with the token in ``CHATAPP_TOKEN``, and
subscribe to one private channel. Each item of its ``message`` events is printed as a line of JSON;
what they know about their connection goes to stderr.
"""

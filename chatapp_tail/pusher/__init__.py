"""Pusher protocol 7 for a client; knows nothing of ChatApp or of terminals."""

"""Tests against software that nobody here wrote: a Pusher server, and the vendor's client."""

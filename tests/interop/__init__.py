"""Tests against third-party software: a Pusher server, and the vendor's client."""

"""Forwards events to webhooks, in the form of ChatApp's own webhooks."""

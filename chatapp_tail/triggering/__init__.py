"""Sends events for tests: changed samples or files, to a local ChatApp or a webhook."""

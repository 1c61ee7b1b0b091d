"""Measurements against the programs that a user would pick instead. Not part of the tests."""

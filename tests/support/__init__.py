"""Servers and drivers that the tests start; nothing here is a test."""

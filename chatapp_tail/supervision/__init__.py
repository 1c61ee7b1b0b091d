"""What watches a tail from outside: a service manager, a command that waits for it, metrics."""

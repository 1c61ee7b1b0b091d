"""Reports to who watches a tail from outside: systemd, a command that waits for it, Prometheus."""

"""The local ChatApp, mostly over real sockets."""

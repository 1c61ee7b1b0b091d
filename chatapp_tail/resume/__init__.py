"""``--resume``: the state that one run leaves for the next, so that a restart is a gap, too."""

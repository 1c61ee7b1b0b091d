"""``--resume``: until when the last run surely saw everything, so that a restart is a gap, too."""

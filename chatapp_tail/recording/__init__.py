"""Records in a file, and back: ``--record`` writes what ``replay`` reads."""

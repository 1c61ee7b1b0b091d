"""``chatapp-tail replay FILE|-``: recorded events through the same filters, formats and copies."""

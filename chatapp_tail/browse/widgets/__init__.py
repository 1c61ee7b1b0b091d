"""What is drawn on a screen: each widget shows what it is given."""

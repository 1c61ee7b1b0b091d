"""What is generated from the program: run ``make generated`` after changing what it says."""

"""What ``make package`` built: the wheel, the sdist, and the program installed from it."""

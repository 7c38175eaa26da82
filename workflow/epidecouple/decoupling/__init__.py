"""What z, e, U and R know of the line and of each other. It reads a model and changes none."""

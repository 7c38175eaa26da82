"""What U and R respond to: states, marks, bases, motifs. It reads a model and changes none."""

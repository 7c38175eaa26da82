"""Pages and figures from files. It computes no number and loads no model."""

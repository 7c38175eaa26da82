"""One function per figure, each from one table."""

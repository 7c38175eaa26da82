"""The sections of the configuration: every key is written here once, with its type, bounds, default
and meaning.
"""

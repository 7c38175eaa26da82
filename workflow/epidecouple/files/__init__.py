"""Every file from outside: where it is, how it is read, the line of a mistake. It knows no pair of
the panel and no model.
"""

"""Pairs of BENGI: which of a cell line's candidate pairs interact, in lines and on chromosomes that
nothing was fitted on.
"""

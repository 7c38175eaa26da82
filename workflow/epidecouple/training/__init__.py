"""Phases, steps and checkpoints of a training. This room reads no test pair, no held-out line and
no report.
"""

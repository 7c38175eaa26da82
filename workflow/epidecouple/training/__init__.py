"""Phases, steps and checkpoints of a training. It reads no test pair, no held-out line and no
report.
"""

"""Networks and losses on tensors, and the scoring of many pairs.

This room reads no file but saved weights, and knows no training step.
"""

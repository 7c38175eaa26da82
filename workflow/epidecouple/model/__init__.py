"""Networks and losses on tensors, and how many pairs are scored with them. It knows no file but its
own weights, and no training step.
"""

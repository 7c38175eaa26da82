"""What is designed must be what runs: components, evidence, exact guarantees. It knows no phase of
a training.
"""

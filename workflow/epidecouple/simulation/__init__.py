"""The simulated world, and the only room that knows its truth. No model and no training may read
from here.
"""

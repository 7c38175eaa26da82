"""Models trained on real data, as they stand in models/: their files and cards, requests, scores.
It reads no label.
"""

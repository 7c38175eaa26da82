"""A trained model in other hands: bundle, request, card, scores. It knows no training and no
label.
"""

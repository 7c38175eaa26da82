"""Use of a trained model: bundle, request, card, scores. It reads no label."""

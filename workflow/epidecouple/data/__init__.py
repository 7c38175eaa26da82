"""Pairs, cell lines and base pairs, from tables to tensors. It knows no network and no loss."""

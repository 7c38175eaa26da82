"""What every room uses: configuration, gates, errors, digests. It knows no table of pairs, no
network and no rule.
"""

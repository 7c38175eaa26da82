"""The ablation: arms, rivals and negative controls on simulated worlds, and what they say of the
claims.
"""

"""Experiments on elements and genes: tables of tested pairs, genes, and ways between assemblies."""

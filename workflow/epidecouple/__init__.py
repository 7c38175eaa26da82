"""epidecouple: enhancer-promoter interaction with DNA potential and chromatin resistance kept apart."""

__version__ = "0.1.0"

"""Mutants of the design: each breaks one component the way people break it, and says which evidence
should tell. A mutant is entered when its module is imported, so that all of them are imported here.
"""

from . import data, loops, networks, regulation, terms, training

__all__ = ["data", "loops", "networks", "regulation", "terms", "training"]

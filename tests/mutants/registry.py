"""The mutants by name."""

from collections.abc import Callable

# The world is one of two energies, of the score or of loops.
Mutant = Callable[..., None]
MUTANTS: dict[str, Mutant] = {}


def mutant(function: Mutant) -> Mutant:
    """Enter a mutant under its name; its docstring is the table's text."""
    MUTANTS[function.__name__] = function
    return function

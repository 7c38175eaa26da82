"""How alike a profile is to the marks and to the lines of a library, by correlations over loci.

A mark is known by where its peaks are more, or less, than those of the other marks of its line: a
profile minus the mean of the line's other marks, beside the same of other lines. A line is known by
where its peaks are more, or less, than those of other lines: a profile minus the mean of its mark.
Such differences of two marks of one line agree, as open loci carry most marks, or disagree, as
those of H3K27me3 do with all marks of open loci; by how much is taken from the library.
"""

import numpy as np

from .library import Library, Name

# Without two lines of a mark its mean is the profile of one line.
FEWEST_LINES = 2
FEWEST_MARKS = 2
# Root of the summed squares of a mark's usual correlations with the other marks of a line: with
# less there is nothing to tell a line by.
LEAST_AGREEMENT = 0.1


def standard(values: np.ndarray) -> np.ndarray:
    """Rows (..., n) with mean 0 and length 1, so that products are correlations; constant rows
    become 0.
    """
    centred = values - values.mean(-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)


def correlations(profile: np.ndarray, library: Library) -> np.ndarray:
    """Correlation of a profile bool (n,) with each profile of the library; float64 (files,)."""
    return standard(library.present.astype(float)) @ standard(profile.astype(float))


def best_correlation(profile: np.ndarray, library: Library) -> float:
    """Correlation of a profile bool (n,) with the mean profile of the most similar mark."""
    own, marks = standard(profile.astype(float)), library.marks
    means = [library.present[marks == mark].mean(0) for mark in np.unique(marks)]
    return max((float(own @ standard(mean)) for mean in means), default=0.0)


def like_marks(profile: np.ndarray, name: Name, library: Library) -> dict[str, float]:
    """Where a profile bool (n,) stands between its mark and each other one, by mark: -1 is a usual
    file of its own mark, 1 a usual one of the other, 0 half way.

    Empty where its line has fewer than `FEWEST_MARKS` other marks, or no other line has its mark.
    """
    beside = (library.lines == name.line) & (library.marks != name.mark)
    if beside.sum() < FEWEST_MARKS:
        return {}
    centre = standard(library.present[beside].astype(float)).mean(0)
    own = standard(standard(profile.astype(float)) - centre)
    others = library.where(library.lines != name.line)
    usual = usual_profiles(others, library.marks[beside])
    if name.mark not in usual:
        return {}
    mine = usual.pop(name.mark)
    far = np.square(own - mine).sum()
    return {
        mark: float((far - np.square(own - mean).sum()) / np.square(mine - mean).sum())
        for mark, mean in usual.items()
    }


def usual_profiles(library: Library, beside: np.ndarray) -> dict[str, np.ndarray]:
    """Mean profile float64 (n,) of each mark over lines, each profile minus the mean of its line's
    other profiles of the marks `beside`, standardised; lines without such profiles are left out.
    """
    profiles, marks = standard(library.present.astype(float)), library.marks
    found: dict[str, list[np.ndarray]] = {}
    for line in np.unique(library.lines):
        rows = np.flatnonzero(library.lines == line)
        shared = rows[np.isin(marks[rows], beside)]
        total = profiles[shared].sum(0)
        for row in rows:
            left = len(shared) - (row in shared)
            if left:
                rest = (total - profiles[row] * (row in shared)) / left
                found.setdefault(str(marks[row]), []).append(standard(profiles[row] - rest))
    return {mark: np.mean(rows, axis=0) for mark, rows in found.items()}


def like_lines(profile: np.ndarray, name: Name, library: Library) -> dict[str, float]:
    """How alike a profile bool (n,) of a mark is to each line, by line, from its other marks: the
    slope of the correlations of differences on what is usual for two such marks of one line. 1 is
    as alike as a file of the line usually is, 0 not at all.

    Lines with fewer than `FEWEST_MARKS` other marks, or whose marks agree too little with this one,
    are left out; all of them, where fewer than `FEWEST_LINES` profiles of the mark are known.
    """
    same = library.present[library.marks == name.mark]
    if len(same) < FEWEST_LINES:
        return {}
    lines, marks, of = differences(library)
    usual = usual_agreement(of, list(marks).index(name.mark))
    seen = of @ standard(profile - same.mean(0))
    weights = np.where(of.any(-1), usual, 0.0) * (marks != name.mark)
    power = np.square(weights).sum(1)
    enough = (np.count_nonzero(weights, axis=1) >= FEWEST_MARKS) & (power >= LEAST_AGREEMENT**2)
    slopes = np.divide((weights * seen).sum(1), power, out=np.zeros(len(lines)), where=enough)
    return {str(line): float(slopes[row]) for row, line in enumerate(lines) if enough[row]}


def differences(library: Library) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines (L,), marks (M,), and the profiles minus the mean of their mark, standardised, float64
    (L, M, n); 0 where a line lacks the mark, or has it alone.
    """
    lines, row = np.unique(library.lines, return_inverse=True)
    marks, column = np.unique(library.marks, return_inverse=True)
    of = np.zeros((len(lines), len(marks), library.present.shape[1]))
    for mark in range(len(marks)):
        rows = column == mark
        profiles = library.present[rows].astype(float)
        of[row[rows], mark] = standard(profiles - profiles.mean(0))
    return lines, marks, of


def usual_agreement(of: np.ndarray, mark: int) -> np.ndarray:
    """Mean over lines of the correlation of a mark's differences with those of each mark (M,), of
    the lines that have both; 0 where none has.
    """
    there = np.asarray(of.any(-1))
    both = there & there[:, [mark]]
    total = np.einsum("ln,lmn->m", of[:, mark], of)
    return np.divide(total, both.sum(0), out=np.zeros(of.shape[1]), where=both.any(0))

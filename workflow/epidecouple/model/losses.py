"""The losses: conditional likelihood for R and tau, task likelihood for U, and three soft terms.

n pairs, C lines; labels are 0 or 1. Likelihoods are in nats.
"""

import torch
from torch import Tensor, nn

# Cosine similarities are divided by these before the softmax.
LABEL_TEMPERATURE = 0.2
LINE_TEMPERATURE = 0.1

# Stands for log(0): finite, so that logaddexp has a gradient, but so low that exp of it is 0.
LOG_ZERO = -1e9


def contrast_over_lines(z: Tensor, labels: Tensor) -> Tensor:
    """Supervised contrast of z by label, taken within each line and averaged over lines.

    z : (n, d), the same in all lines; labels : (n, C). Anchor, positives and negatives share the
    line, so nothing is gained by telling lines apart. Lines with fewer than two positives are left
    out; NaN when no line is left, since a silent 0 would hide that the loss does not exist.
    """
    unit = nn.functional.normalize(z.float(), dim=1)
    similarity = unit @ unit.T / LABEL_TEMPERATURE
    usable = [column for column in labels.T if column.sum() >= 2]
    return (
        torch.stack([contrast_of_similarity(similarity, column) for column in usable]).mean()
        if usable
        else z.sum() * torch.nan
    )


def contrast_of_similarity(similarity: Tensor, labels: Tensor) -> Tensor:
    """Supervised contrast within one line (Khosla 2020, eq. 2), anchored on positive pairs only.

    similarity : (n, n), cosine similarities over the temperature; labels : (n,). A negative is no
    anchor, since negatives form no cluster. NaN with fewer than two positives.
    """
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchors = labels == 1
    log_share = similarity - similarity.masked_fill(~others, -torch.inf).logsumexp(1, keepdim=True)
    positives = (anchors[None] & others)[anchors].float()
    return -((log_share[anchors] * positives).sum(1) / positives.sum(1)).mean()


def line_contrast(states: Tensor, prototypes: Tensor) -> Tensor:
    """Contrast that draws each line's state to its own prototype (Snell 2017).

    It is the mean over lines c of -log softmax over c' of cos(g_c, p_c') / t, at c' = c. The other
    lines' prototypes are the negatives, which a batch of a single line lacks.
    states : (C, D), g of each line on a random subset of reference loci
    prototypes : (C, D), buffers without gradient
    """
    cosine = (
        nn.functional.normalize(states.float(), dim=1)
        @ nn.functional.normalize(prototypes.float(), dim=1).T
    )
    return nn.functional.cross_entropy(
        cosine / LINE_TEMPERATURE, torch.arange(len(states), device=states.device)
    )


def orthogonality(z: Tensor, e: Tensor) -> Tensor:
    """Mean squared correlation, within one line, of each dimension of z with each dimension of e.

    z : (n, d_z), detached, so that what both could say is left to U
    e : (n, d_e), which gets the gradient
    """
    return (_standard(z.detach().float()).T @ _standard(e.float()) / len(z)).square().mean()


def potential_orthogonality(potential: Tensor, resistance: Tensor, listed: Tensor) -> Tensor:
    """Mean over lines of the squared correlation of U with R, on the pairs that a line lists.

    potential : (n,), takes the gradient; resistance : (n, C), R + tau, detached here; listed : bool
    (n, C). Where tables choose their pairs by what R depends on, U can take over what R misses.
    A line that lists fewer than three of the pairs plays no part; NaN where none lists more.
    """
    squares = [
        _correlation(potential[rows], resistance[rows, c].detach()).square()
        for c, rows in enumerate(listed.T)
        if rows.sum() > 2
    ]
    return torch.stack(squares).mean() if squares else potential.sum() * torch.nan


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    return (_standard(a[:, None].float()) * _standard(b[:, None].float())).mean()


def _standard(x: Tensor) -> Tensor:
    """Each column of x (n, d) with mean 0 and variance 1; a constant column becomes 0."""
    centred = x - x.mean(0)
    return centred / centred.square().mean(0).clamp(min=1e-12).sqrt()


def log_elementary_symmetric(log_weights: Tensor) -> Tensor:
    """Logarithms of the elementary symmetric polynomials e_0 ... e_C of the weights w.

    log_weights : (n, C), log w; returns (n, C + 1). By the recursion
    e_k(w_1..w_j) = e_k(w_1..w_{j-1}) + w_j e_{k-1}(w_1..w_{j-1})   (Baker & Harwell 1996),
    in logarithms, so that 60 lines do not overflow float32.
    """
    n, lines = log_weights.shape
    log_e = torch.cat(
        [log_weights.new_zeros(n, 1), log_weights.new_full((n, lines), LOG_ZERO)], dim=1
    )
    for j in range(lines):
        from_e_1 = torch.logaddexp(log_e[:, 1:], log_weights[:, j : j + 1] + log_e[:, :-1])
        log_e = torch.cat([log_e[:, :1], from_e_1], dim=1)
    return log_e


def conditional_nll(resistance: Tensor, line_offset: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of a pair's labels, given in how many lines it is positive.

    resistance, labels : (n, C); line_offset : (C,), tau. Returns the mean over pairs, 0 with a
    gradient of 0 where there are none.
    With s_i = sum_c y_ic,
    P(y_i | s_i) = exp(-sum_c y_ic (R_ic + tau_c)) / e_{s_i}(exp(-R_i1 - tau_1), ...)
    (Andersen 1970). U_i cancels, whatever it is.
    """
    log_weights = -(resistance + line_offset)
    # A constant per pair cancels too; without it the logarithms stay small.
    log_weights = log_weights - log_weights.mean(1, keepdim=True)
    positives = labels.sum(1).long()
    log_norm = log_elementary_symmetric(log_weights).gather(1, positives[:, None])[:, 0]
    return (log_norm - (labels * log_weights).sum(1)).sum() / max(len(labels), 1)


def line_pair_weights(labels: Tensor) -> Tensor:
    """Weight (C, C) of a comparison of line i, which loops, with line j, which does not: 1 / n_ij.

    labels : (n, C), of all loci that are learned from; n_ij counts those that loop in i and not in
    j. Every ordered pair of lines then weighs the same, so that nothing is gained by telling lines
    with many loops from those with few. 0 where no locus compares them; the others have mean 1.
    """
    compared = (labels.T @ (1 - labels)).fill_diagonal_(0)
    weights = torch.where(compared > 0, 1 / compared.clamp(min=1), 0.0)
    return weights / weights[compared > 0].mean()


def line_pair_nll(resistance: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Negative log-likelihood of which of two lines loops, given that one of them does.

    resistance, labels : (n, C); weights : (C, C), of `line_pair_weights`. Weighted mean over loci
    and ordered pairs (i, j) with y_i = 1 and y_j = 0 of softplus(R_i - R_j), which is the
    conditional likelihood (Andersen 1970) of every two lines; NaN without such a pair.
    """
    compared = labels[:, :, None] * (1 - labels[:, None, :]) * weights
    nll = nn.functional.softplus(resistance[:, :, None] - resistance[:, None, :])
    return (compared * nll).sum() / compared.sum()


def task_nll(potential: Tensor, offset: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Bernoulli negative log-likelihood of the labels at logit U_i + offset_ic, weighted mean.

    potential, weights : (n,); labels : (n, C)
    offset : (n, C), -R - tau, which the caller must detach, minus the free intercepts of the lines
    """
    nll = nn.functional.binary_cross_entropy_with_logits(
        potential[:, None] + offset, labels, reduction="none"
    )
    return (nll.mean(1) * weights).mean()

"""What is minimised: the conditional likelihood for R and tau, the task likelihood for U."""

import torch
from torch import Tensor, nn

LABEL_TEMPERATURE = 0.2
LINE_TEMPERATURE = 0.1

# Stands in for log(0): finite, so that logaddexp has a gradient, and so low that its exponential is
# 0.
LOG_ZERO = -1e9


def label_contrast(z: Tensor, labels: Tensor) -> Tensor:
    """Supervised contrast on the label inside one line, anchored on positive pairs (Khosla 2020,
    eq. 2).

    z : (n, d) of one line's micro-batch; labels : (n,) of that line. Anchor, positives and
    negatives share the line, so the line carries no gradient. Negatives are no anchors: they are no
    cluster. NaN with fewer than two positives, where the loss does not exist and a silent 0 would
    hide it.
    """
    return contrast_of_similarity(_similarity(z), labels)


def contrast_over_lines(z: Tensor, labels: Tensor) -> Tensor:
    """Mean of `label_contrast` over the lines (columns of labels (n, C)) that have two positives; z
    (n, d) is shared.
    """
    similarity = _similarity(z)
    usable = [column for column in labels.T if column.sum() >= 2]
    return (
        torch.stack([contrast_of_similarity(similarity, column) for column in usable]).mean()
        if usable
        else z.sum() * torch.nan
    )


def _similarity(z: Tensor) -> Tensor:
    unit = nn.functional.normalize(z.float(), dim=1)
    return unit @ unit.T / LABEL_TEMPERATURE


def contrast_of_similarity(similarity: Tensor, labels: Tensor) -> Tensor:
    """The contrast from scaled cosine similarities (n, n) and labels (n,)."""
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchors = labels == 1
    log_share = similarity - similarity.masked_fill(~others, -torch.inf).logsumexp(1, keepdim=True)
    positives = (anchors[None] & others)[anchors].float()
    return -((log_share[anchors] * positives).sum(1) / positives.sum(1)).mean()


def line_contrast(states: Tensor, prototypes: Tensor) -> Tensor:
    """-log softmax over lines of cos(g_c, p_c') / t: each line's state must be nearest to its own
    prototype.

    states : (C, D), g of each line on a random locus subset; prototypes : (C, D), buffers without
    gradient. The other lines' prototypes are the negatives that a homogeneous batch lacks (Snell
    2017).
    """
    cosine = (
        nn.functional.normalize(states.float(), dim=1)
        @ nn.functional.normalize(prototypes.float(), dim=1).T
    )
    return nn.functional.cross_entropy(
        cosine / LINE_TEMPERATURE, torch.arange(len(states), device=states.device)
    )


def orthogonality(z: Tensor, e: Tensor) -> Tensor:
    """Mean squared cross-correlation of z and e within one line; 0 exactly when no dimension of one
    correlates with one of the other.

    z : (n, d_z), detached here: what both could say is said by U; e : (n, d_e), takes the gradient.
    """
    return (_standard(z.detach().float()).T @ _standard(e.float()) / len(z)).square().mean()


def _standard(x: Tensor) -> Tensor:
    centred = x - x.mean(0)
    return centred / centred.square().mean(0).clamp(min=1e-12).sqrt()


def log_elementary_symmetric(log_weights: Tensor) -> Tensor:
    """Log of the elementary symmetric polynomials e_0 ... e_C of exp(log_weights).

    log_weights : (n, C); returns (n, C + 1). The recursion e_k(w_1..w_j) = e_k(w_1..w_{j-1}) + w_j
    e_{k-1}(w_1..w_{j-1}) (Baker & Harwell 1996), in logarithms so that 60 lines fit into float32.
    """
    n, lines = log_weights.shape
    log_e = torch.cat(
        [log_weights.new_zeros(n, 1), log_weights.new_full((n, lines), LOG_ZERO)], dim=1
    )
    for j in range(lines):
        raised = torch.logaddexp(log_e[:, 1:], log_weights[:, j : j + 1] + log_e[:, :-1])
        log_e = torch.cat([log_e[:, :1], raised], dim=1)
    return log_e


def conditional_nll(resistance: Tensor, line_offset: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of a pair's labels given how many there are; free of U_i whatever it
    is.

    resistance, labels : (n, C); line_offset : (C,). Returns the mean over pairs, in nats. P(y_i |
    s_i) = exp(-sum_c y_ic (R_ic + tau_c)) / e_{s_i}(exp(-R_i1 - tau_1), ...)   (Andersen 1970)
    """
    log_weights = -(resistance + line_offset)
    log_weights = log_weights - log_weights.mean(1, keepdim=True)
    total = labels.sum(1).long()
    log_norm = log_elementary_symmetric(log_weights).gather(1, total[:, None])[:, 0]
    return (log_norm - (labels * log_weights).sum(1)).mean()


def task_nll(potential: Tensor, offset: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of the Bernoulli negative log-likelihood of logit = U_i + offset_ic, in nats.

    potential, weights : (n,); offset, labels : (n, C); `offset` carries -R - tau and must be
    detached by the caller.
    """
    nll = nn.functional.binary_cross_entropy_with_logits(
        potential[:, None] + offset, labels, reduction="none"
    )
    return (nll.mean(1) * weights).mean()

"""What is minimised: the conditional likelihood for R and tau, the task likelihood for U."""

import torch
from torch import Tensor, nn

# Stands in for log(0): finite, so that logaddexp has a gradient, and so low that its exponential is 0.
LOG_ZERO = -1e9


def log_elementary_symmetric(log_weights: Tensor) -> Tensor:
    """Log of the elementary symmetric polynomials e_0 ... e_C of exp(log_weights).

    log_weights : (n, C); returns (n, C + 1). The recursion e_k(w_1..w_j) = e_k(w_1..w_{j-1}) + w_j e_{k-1}(w_1..w_{j-1})
    (Baker & Harwell 1996), in logarithms so that 60 lines fit into float32.
    """
    n, lines = log_weights.shape
    log_e = torch.cat([log_weights.new_zeros(n, 1), log_weights.new_full((n, lines), LOG_ZERO)], dim=1)
    for j in range(lines):
        raised = torch.logaddexp(log_e[:, 1:], log_weights[:, j : j + 1] + log_e[:, :-1])
        log_e = torch.cat([log_e[:, :1], raised], dim=1)
    return log_e


def conditional_nll(resistance: Tensor, line_offset: Tensor, labels: Tensor) -> Tensor:
    """Negative log-likelihood of a pair's labels given how many there are; free of U_i whatever it is.

    resistance, labels : (n, C); line_offset : (C,). Returns the mean over pairs, in nats.
    P(y_i | s_i) = exp(-sum_c y_ic (R_ic + tau_c)) / e_{s_i}(exp(-R_i1 - tau_1), ...)   (Andersen 1970)
    """
    log_weights = -(resistance + line_offset)
    log_weights = log_weights - log_weights.mean(1, keepdim=True)
    total = labels.sum(1).long()
    log_norm = log_elementary_symmetric(log_weights).gather(1, total[:, None])[:, 0]
    return (log_norm - (labels * log_weights).sum(1)).mean()


def task_nll(potential: Tensor, offset: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of the Bernoulli negative log-likelihood of logit = U_i + offset_ic, in nats.

    potential, weights : (n,); offset, labels : (n, C); `offset` carries -R - tau and must be detached by the caller.
    """
    nll = nn.functional.binary_cross_entropy_with_logits(potential[:, None] + offset, labels, reduction="none")
    return (nll.mean(1) * weights).mean()

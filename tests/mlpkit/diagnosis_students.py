"""Students' code with switches for their mistakes: ordinary NumPy, written without the bank of mistakes.

`backward(mistake, ...)` and `forward(mistake, ...)` are what a student hands in; with mistake "" they are
right. Nothing here calls `mlpkit`'s passes or its diagnosis.
"""

# One switch for many mistakes has many branches; students write over their variables.
# ruff: noqa: PLR0911, PLR0912, PLW2901

import numpy as np


class NotHereError(Exception):
    """The mistake cannot be made in this network."""


def sig(z):
    return 1 / (1 + np.exp(-z))


def soft(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


F = {
    "sigmoid": sig,
    "tanh": np.tanh,
    "relu": lambda z: z * (z > 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "identity": lambda z: z,
    "softmax": soft,
    "softplus": lambda z: np.logaddexp(0, z),
}
DF = {
    "sigmoid": lambda z: sig(z) * (1 - sig(z)),
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
    "leaky_relu": lambda z: np.where(z > 0, 1.0, 0.01),
    "identity": lambda z: 0 * z + 1,
    "softplus": sig,
}


def names(net):
    return [None] + [net.activation(k).name for k in range(1, net.depth + 1)]


def run(net, p, x):
    f, y, z = names(net), [x], [None]
    for k in range(1, net.depth + 1):
        z.append(y[-1] @ p[f"W{k}"].T + p[f"b{k}"])
        y.append(F[f[k]](z[k]))
    return y, z


def output_error(m, net, Y, z, d):
    """Derivative to z_N."""
    f, loss = names(net)[-1], net.divergence.name
    if loss == "half_squared_error":
        dy = Y - d
    elif loss == "cross_entropy":
        dy = -d / Y
    else:
        dy = -d / Y + (1 - d) / (1 - Y)
    if m == "inner-sign":
        need(loss == "binary_cross_entropy")
        dy = -d / Y - (1 - d) / (1 - Y)
    if m == "one-term-only":
        need(loss == "binary_cross_entropy")
        dy = -d / Y
    if m == "log-likelihood-sign":
        need(loss != "half_squared_error")
        dy = -dy
    if m == "target-forgotten":
        if loss == "half_squared_error":
            dy = Y
        else:
            return Y
    need(m != "missing-all-slopes" or net.depth > 1)
    if m in ("missing-output-slope", "missing-all-slopes"):
        return dy
    if m == "fused-shortcut":
        need(loss == "half_squared_error")
        return Y - d
    if m == "slope-twice-output":
        need(loss != "half_squared_error")
        return (Y - d) * Y * (1 - Y)
    if m == "output-activation-twice":
        need(loss != "half_squared_error")
        return F[f](Y) - d
    if f == "softmax":
        if m == "softmax-elementwise":
            return dy * Y * (1 - Y)
        J = np.einsum("ti,ij->tij", Y, np.eye(Y.shape[1])) - np.einsum("ti,tj->tij", Y, Y)
        return np.einsum("tij,tj->ti", J, dy)
    need(m != "softmax-elementwise")
    if m == "slope-at-y":
        return dy * DF[f](Y)
    if m == "output-formula-at-z":
        need(f in ("sigmoid", "tanh"))
        return dy * (z * (1 - z) if f == "sigmoid" else 1 - z**2)
    return dy * DF[f](z)


def hidden_slope(m, f, y, z, k, z_all, f_all):
    if m in ("missing-hidden-slopes", "missing-all-slopes"):
        return np.ones_like(z)
    if m == "missing-first-slope" and k == 1:
        return np.ones_like(z)
    if m == "slope-at-y":
        return DF[f](y)
    if m == "output-formula-at-z":
        if f == "sigmoid":
            return z * (1 - z)
        if f == "tanh":
            return 1 - z**2
    if m == "slope-formula-incomplete":
        need(f in ("sigmoid", "tanh"))
        return 1 - y if f == "sigmoid" else y * (1 - y)
    if m == "slope-of-wrong-activation":
        need(f_all[-1] in DF)
        return DF[f_all[-1]](z)
    if m == "slope-of-wrong-layer":
        need(f_all[k + 1] in DF)
        return DF[f_all[k + 1]](z_all[k + 1])
    if m == "relu-slope-reversed":
        need(f == "relu")
        return (z < 0) * 1.0
    if m == "relu-slope-sign":
        need(f == "relu")
        return np.sign(z)
    if m == "leaky-slope-forgotten":
        need(f == "leaky_relu")
        return (z > 0) * 1.0
    if m == "slope-twice":
        return DF[f](z) ** 2
    return DF[f](z)


def need(condition):
    if not condition:
        raise NotHereError


def pass_down(m, p, k, dz, y_below, new):
    W = p[f"W{k}"]
    if m == "not-through-weights":
        return np.tile(dz.sum(1)[:, None], (1, W.shape[1]))
    if m == "not-through-weights-same-width":
        need(W.shape[0] == W.shape[1])
        return dz
    if m == "through-transposed-weights" and W.shape[0] == W.shape[1]:
        return dz @ W.T
    if m == "through-wrong-layer":
        need(f"W{k - 1}" in p and p[f"W{k - 1}"].shape == W.shape)
        return dz @ p[f"W{k - 1}"]
    if m == "through-updated-weights":
        return dz @ new[f"W{k}"]
    if m == "bias-propagated":
        full = np.hstack([p[f"b{k}"].reshape(-1, 1), W])
        return (dz @ full)[:, : W.shape[1]]
    return dz @ W


def backward(m, net, p, x, d, new=None, stale=None):
    """Gradients of a student who makes the mistake `m`."""
    N, f, T = net.depth, names(net), len(x)
    if m in ("only-first-row", "only-last-row"):
        row = [0] if m == "only-first-row" else [T - 1]
        return backward("", net, p, x[row], d[row])
    y, z = run(net, p, stale if m == "stale-trace" else x)
    dz = output_error(m, net, y[N], z[N], d)
    g = {}
    for k in range(N, 0, -1):
        below = y[k - 1]
        if m == "own-output":
            below = y[k]
        elif m == "z-instead-of-y" and k > 1:
            below = z[k - 1]
        elif m == "x-everywhere":
            below = x
        elif m == "input-left-out":
            below = np.ones_like(below)
        dW = np.zeros((dz.shape[1], below.shape[1]))
        for t in range(T):
            dW += np.outer(dz[t], below[t])
        dW /= T
        db = np.mean(dz, 0)
        if m == "averaged-too-early":
            dW = np.outer(dz.mean(0), below.mean(0))
        if m == "bias-per-row":
            db = dz
        if m == "bias-wrong-axis":
            db = np.mean(dz, 1)
        g[f"W{k}"], g[f"b{k}"] = dW, db
        if k > 1:
            dy = pass_down(m, p, k, dz, y[k - 1], new)
            if f[k - 1] == "softmax":
                raise NotHereError
            dz = dy * hidden_slope(m, f[k - 1], y[k - 1], z[k - 1], k - 1, z, f)
    return at_the_end(m, net, p, g, T, new)


def at_the_end(m, net, p, g, T, new):
    N, out = net.depth, {}
    for key, v in g.items():
        weight, layer = key[0] == "W", int(key[1:])
        if m == "wrong-sign":
            v = -v
        if m == "missing-mean":
            v = T * v
        if m == "doubled-mean":
            v = v / T
        if m == "mean-over-units":
            v = v / net.widths[-1]
        if m == "factor-two":
            v = 2 * v
        if m == "halved":
            v = v / 2
        if m == "transposed-weights" and weight:
            v = v.T
        if m == "wrong-shape" and not weight:
            v = v.reshape(1, -1)
        if m == "weights-not-averaged" and weight:
            v = v * T
        if m == "bias-not-averaged" and not weight:
            v = v * T
        if (
            m == "zeros"
            or (m == "first-layer-left-out" and layer == 1 and N > 1)
            or (m == "last-layer-left-out" and layer == N and N > 1)
            or (m == "bias-left-out" and not weight)
        ):
            v = v * 0
        if m == "normalised":
            v = v / np.sqrt(np.sum(v * v))
        if m == "only-signs":
            v = np.sign(v)
        if m == "penalty-mixed-in" and weight:
            v = v + 0.03 * p[key]
        if m == "penalty-on-biases":
            v = v + 0.03 * p[key]
        if m == "step-mixed-in":
            v = 0.37 * v
        if m == "parameters-returned":
            v = p[key] - 0.37 * v
        if m == "momentum-mixed-in":
            v = 0.9 * new[key] - 0.2 * v
        if m == "single-precision":
            v = np.float32(v)
        out[key] = v
    if m == "layers-reversed":
        need(N > 1)
        out = {f"{key[0]}{N + 1 - int(key[1:])}": v for key, v in out.items()}
    return out


#: Switches of `backward` and the id that must be named, where the two differ.
SWITCH_TO_ID = {
    "slope-twice-output": "slope-twice",
    "missing-first-slope": "missing-hidden-slopes",
    "not-through-weights-same-width": "not-through-weights",
}


def forward(m, net, p, x, d):
    """Values z1, y1, ..., and the loss, of a student who makes the mistake `m`."""
    f, N = names(net), net.depth
    y, values = x, {}
    for k in range(1, N + 1):
        W, b = p[f"W{k}"], p[f"b{k}"]
        if m == "layers-swapped" and k <= 2:
            need(N > 1 and p["W1"].shape == p["W2"].shape)
            W = p[f"W{3 - k}"]
        if m == "layer-skipped" and k > 1:
            need(x.shape[1] == W.shape[1])
            y = x
        z = np.array([[sum(W[j, i] * row[i] for i in range(W.shape[1])) for j in range(len(b))] for row in y])
        if m == "transposed-weights":
            need(W.shape[0] == W.shape[1])
            z = y @ W
        if m == "mean-over-inputs":
            z = z / W.shape[1]
        if m == "bias-multiplied":
            z = z * b
        elif m == "bias-sign":
            z = z - b
        elif m == "bias-twice":
            z = z + b + b
        elif m != "bias-forgotten":
            z = z + b
        values[f"z{k}"] = z
        y = values[f"y{k}"] = activated(m, f, k, N, z)
    values["loss"] = loss_value(m, net.divergence.name, y, d)
    if m == "rows-and-columns":
        values = {key: np.transpose(v) for key, v in values.items()}
    if m == "y-and-z-exchanged":
        values = {{"y": "z", "z": "y"}.get(key[0], "l") + key[1:]: v for key, v in values.items()}
    return values


def activated(m, f, k, N, z):
    own, last = F[f[k]], k == N
    if m == "all-activations-forgotten":
        need(N > 1)
        return z
    if (m == "output-activation-forgotten" and last) or (m == "hidden-activation-forgotten" and not last):
        return z
    if m == "activation-twice":
        return own(own(z))
    if m == "wrong-activation" and not last:
        return F["softplus" if f[k] != "softplus" else "tanh"](z)
    if m == "hidden-activation-at-output" and last:
        return F[f[1]](z)
    if m == "output-activation-in-hidden" and not last:
        return F[f[-1]](z)
    if m == "sigmoid-mirrored" and f[k] == "sigmoid":
        return 1 / (1 + np.exp(z))
    if m == "tanh-scale" and f[k] == "tanh":
        return 2 / (1 + np.exp(-z)) - 1
    if f[k] == "softmax":
        e = np.exp(z)
        if m == "softmax-wrong-axis":
            return e / e.sum(0)
        if m == "softmax-not-normalised":
            return e
        if m == "softmax-without-exponential":
            return z / z.sum(1)[:, None]
        if m == "softmax-overflow":
            return e / e.sum(1)[:, None]
    return own(z)


def loss_value(m, name, Y, d):
    n, base = len(Y), 1.0
    if m == "loss-other-logarithm":
        need(name != "half_squared_error")
        base = np.log(2)
    if name == "half_squared_error":
        terms = (Y - d) ** 2 if m == "loss-missing-half" else 0.5 * (Y - d) ** 2
        if m == "loss-root":
            return np.sqrt(np.mean((Y - d) ** 2))
        if m == "loss-absolute":
            return np.abs(Y - d).sum() / n
    elif name == "cross_entropy":
        terms = -d * np.log(Y) / base
    else:
        terms = -d * np.log(Y) / base - (0 if m == "loss-one-term" else (1 - d) * np.log(1 - Y) / base)
    if m == "loss-summed":
        return np.sum(terms)
    if m == "loss-mean-over-units":
        return np.mean(terms)
    return {"loss-sign": -1, "loss-halved": 0.5}.get(m, 1) * np.sum(terms) / n

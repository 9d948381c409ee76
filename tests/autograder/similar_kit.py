"""Honest works and copied ones, to count what the comparison finds and whom it accuses wrongly.

The honest ones were written one after the other, each in a habit of its own, from the wording of the problems
and their hints, and without an eye on the others: what is natural, several have written. `disguise` makes a
copy look different in the ways that people use.
"""

from __future__ import annotations

import ast
import random
import re
from functools import cache
from itertools import combinations
from pathlib import Path

from autograder.course import Course
from autograder.similarity import common, pair_of, suspicious, weighed
from autograder.similarity_terms import THRESHOLD
from autograder.similarity_works import Cell, Kind, Work, everyone

# --------------------------------------------------------------------------- problem set 6, fourteen times

TRAINERS = {
    "amira": """
# %% init
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = rng.uniform(-scale, scale, size=(widths[k], widths[k - 1]))
        params[f"b{k}"] = rng.uniform(-scale, scale, size=(widths[k],))
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    new_changes = {k: alpha * changes[k] - eta * grads[k] for k in params}
    new_params = {k: params[k] + new_changes[k] for k in params}
    return new_params, new_changes
# %% penalty
def penalty(params, lam):
    return lam / 2 * sum(np.sum(params[k] ** 2) for k in params if k.startswith("W"))

def penalty_gradients(params, lam):
    return {k: lam * params[k] if k.startswith("W") else np.zeros_like(params[k]) for k in params}
# %% mini-batches
def mini_batches(T, size, rng):
    shuffled = rng.permutation(T)
    return [shuffled[start:start + size] for start in range(0, T, size)]
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        grads = gradients(params, X[batch], d[batch])
        pen = penalty_gradients(params, lam)
        total = {k: grads[k] + pen[k] for k in params}
        params, changes = momentum_step(params, total, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    mu = train.mean(axis=0)
    sigma = train.std(axis=0)
    sigma = np.where(sigma > 0, sigma, 1.0)
    return (train - mu) / sigma, (other - mu) / sigma
# %% stopping-point
def stopping_point(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    X_val, d_val = sets["validation"]
    history = [measure(params, X_val, d_val)]
    best_epoch, best_params = 0, params
    for epoch in range(1, most + 1):
        params = advance(params)
        history.append(measure(params, X_val, d_val))
        if history[-1] < history[best_epoch]:
            best_epoch, best_params = epoch, params
        if epoch - best_epoch >= patience:
            break
    X_test, d_test = sets["test"]
    return {
        "params": best_params,
        "epoch": best_epoch,
        "validation": history,
        "test": measure(best_params, X_test, d_test),
    }
""",
    "boris": """
# %% init
def init(widths, rng, scale=0.05):
    N = len(widths) - 1
    out = dict()
    for n in range(N):
        fan_in = widths[n]
        fan_out = widths[n + 1]
        out["W%d" % (n + 1)] = (2 * rng.random((fan_out, fan_in)) - 1) * scale
        out["b%d" % (n + 1)] = (2 * rng.random(fan_out) - 1) * scale
    return out
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    p = dict()
    c = dict()
    for name in params.keys():
        c[name] = alpha * changes[name] - eta * grads[name]
        p[name] = params[name] + c[name]
    return p, c
# %% penalty
def penalty(params, lam):
    s = 0
    for name in params.keys():
        if name[0] == "W":
            s = s + np.sum(params[name] * params[name])
    return 0.5 * lam * s

def penalty_gradients(params, lam):
    g = dict()
    for name in params.keys():
        if name[0] == "W":
            g[name] = lam * params[name]
        else:
            g[name] = 0 * params[name]
    return g
# %% mini-batches
def mini_batches(T, size, rng):
    idx = np.arange(T)
    rng.shuffle(idx)
    out = []
    i = 0
    while i < T:
        out.append(idx[i:i + size])
        i += size
    return out
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for i in range(len(batches)):
        rows = batches[i]
        g = gradients(params, X[rows, :], d[rows, :])
        for name in g.keys():
            if name[0] == "W":
                g[name] = g[name] + lam * params[name]
        params, changes = momentum_step(params, g, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    m = np.mean(train, 0)
    s = np.std(train, 0)
    for j in range(len(s)):
        if s[j] == 0:
            s[j] = 1
    return (train - m) / s, (other - m) / s
# %% stopping-point
def stopping_point(losses, patience):
    best_value = losses[0]
    best_index = 0
    counter = 0
    for i in range(1, len(losses)):
        if losses[i] < best_value:
            best_value = losses[i]
            best_index = i
            counter = 0
        else:
            counter = counter + 1
        if counter >= patience:
            return best_index, i
    return best_index, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    xv = sets["validation"][0]
    dv = sets["validation"][1]
    losses = []
    losses.append(measure(params, xv, dv))
    best = params
    best_index = 0
    counter = 0
    i = 0
    while i < most and counter < patience:
        i += 1
        params = advance(params)
        value = measure(params, xv, dv)
        losses.append(value)
        if value < losses[best_index]:
            best = params
            best_index = i
            counter = 0
        else:
            counter += 1
    result = dict()
    result["params"] = best
    result["epoch"] = best_index
    result["validation"] = losses
    result["test"] = measure(best, sets["test"][0], sets["test"][1])
    return result
""",
    "chen": """
# %% init
def init(widths, rng, scale=0.05):
    params = {}
    for k, (before, after) in enumerate(zip(widths[:-1], widths[1:]), start=1):
        both = rng.uniform(-scale, scale, (after, before + 1))
        params["W" + str(k)], params["b" + str(k)] = both[:, 1:], both[:, 0]
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    delta = {key: np.add(alpha * changes[key], -eta * grads[key]) for key in grads}
    return {key: np.add(params[key], delta[key]) for key in grads}, delta
# %% penalty
def penalty(params, lam):
    weights = np.concatenate([v.ravel() for k, v in params.items() if "W" in k])
    return lam / 2 * np.dot(weights, weights)

def penalty_gradients(params, lam):
    return {k: v * (lam if "W" in k else 0.0) for k, v in params.items()}
# %% mini-batches
def mini_batches(T, size, rng):
    return np.split(rng.permutation(T), np.arange(size, T, size))
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    strength = {k: lam if "W" in k else 0.0 for k in params}
    for rows in batches:
        slope = gradients(params, X.take(rows, axis=0), d.take(rows, axis=0))
        changes = {k: alpha * changes[k] - eta * (slope[k] + strength[k] * params[k]) for k in params}
        params = {k: params[k] + changes[k] for k in params}
    return params, changes
# %% standardise
def standardise(train, other):
    centre, spread = np.mean(train, axis=0, keepdims=True), np.std(train, axis=0, keepdims=True)
    spread[spread == 0] = 1.0
    return np.divide(train - centre, spread), np.divide(other - centre, spread)
# %% stopping-point
def stopping_point(losses, patience):
    losses = np.asarray(losses)
    lowest = np.minimum.accumulate(losses)
    first = np.array([np.flatnonzero(losses == value)[0] for value in lowest])
    age = np.arange(len(losses)) - first
    late = np.flatnonzero(age >= patience)
    last = int(late[0]) if late.size else len(losses) - 1
    return int(first[last]), last
# %% fit
def fit(params, advance, measure, sets, patience, most):
    states = [params]
    losses = [measure(params, *sets["validation"])]
    for _ in range(most):
        if len(losses) - 1 - int(np.argmin(losses)) >= patience:
            break
        states.append(advance(states[-1]))
        losses.append(measure(states[-1], *sets["validation"]))
    where = int(np.argmin(losses))
    return {"params": states[where], "epoch": where, "validation": losses,
            "test": measure(states[where], *sets["test"])}
""",
    "dora": """
# %% init
def init(widths, rng, scale=0.05):
    assert len(widths) >= 2
    widths = [int(w) for w in widths]
    W = [rng.uniform(low=-scale, high=scale, size=(m, n)) for n, m in zip(widths, widths[1:])]
    b = [rng.uniform(low=-scale, high=scale, size=m) for m in widths[1:]]
    params = {}
    for k in range(len(W)):
        params.update({f"W{k + 1}": W[k], f"b{k + 1}": b[k]})
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    new_params = {key: value.copy() for key, value in params.items()}
    new_changes = {key: value.copy() for key, value in changes.items()}
    for key in new_params:
        new_changes[key] *= alpha
        new_changes[key] -= eta * grads[key]
        new_params[key] += new_changes[key]
    return new_params, new_changes
# %% penalty
def penalty(params, lam):
    total = 0.0
    for key, value in params.items():
        if not key.startswith("b"):
            total += float(np.sum(np.square(value)))
    return lam * total / 2.0

def penalty_gradients(params, lam):
    grads = {key: np.zeros(value.shape) for key, value in params.items()}
    for key in grads:
        if key.startswith("W"):
            grads[key] += lam * params[key]
    return grads
# %% mini-batches
def mini_batches(T, size, rng):
    assert size > 0
    order = list(rng.permutation(T))
    batches = []
    while len(order) > 0:
        batches.append(np.array(order[:size]))
        order = order[size:]
    return batches
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    params = {key: value.copy() for key, value in params.items()}
    changes = {key: value.copy() for key, value in changes.items()}
    for batch in batches:
        grads = gradients(params, X[batch], d[batch])
        for key in params:
            grad = np.array(grads[key], dtype=float)
            if key.startswith("W"):
                grad += lam * params[key]
            changes[key] = alpha * changes[key] - eta * grad
        for key in params:
            params[key] = params[key] + changes[key]
    return params, changes
# %% standardise
def standardise(train, other):
    train = np.asarray(train, dtype=float)
    other = np.asarray(other, dtype=float)
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    std = np.where(std == 0.0, 1.0, std)
    train_scaled = (train - mean) / std
    other_scaled = (other - mean) / std
    return train_scaled, other_scaled
# %% stopping-point
def stopping_point(losses, patience):
    best_epoch = 0
    best_loss = float("inf")
    for epoch, loss_value in enumerate(losses):
        if loss_value < best_loss:
            best_loss = loss_value
            best_epoch = epoch
        if epoch - best_epoch == patience:
            return best_epoch, epoch
    return best_epoch, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    best_loss = float("inf")
    best_epoch = None
    best_params = None
    validation = []
    for epoch in range(most + 1):
        if epoch > 0:
            params = advance(params)
        loss_value = measure(params, sets["validation"][0], sets["validation"][1])
        validation.append(loss_value)
        if loss_value < best_loss:
            best_loss = loss_value
            best_epoch = epoch
            best_params = {key: value.copy() for key, value in params.items()}
        if epoch - best_epoch == patience:
            break
    test = measure(best_params, sets["test"][0], sets["test"][1])
    return {"params": best_params, "epoch": best_epoch, "validation": validation, "test": test}
""",
    "emil": """
# %% init
def init(widths, rng, scale=0.05):
    params, k = {}, 1
    while k < len(widths):
        params[f"W{k}"] = rng.uniform(-scale, scale, [widths[k], widths[k - 1]])
        params[f"b{k}"] = rng.uniform(-scale, scale, [widths[k]])
        k = k + 1
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    keys = list(params)
    a, b = {}, {}
    while keys:
        key = keys.pop(0)
        b[key] = -eta * grads[key] + alpha * changes[key]
        a[key] = params[key] + b[key]
    return a, b
# %% penalty
def penalty(params, lam):
    k, total = 1, 0.0
    while f"W{k}" in params:
        total += (params[f"W{k}"] ** 2).sum()
        k = k + 1
    return lam * total / 2

def penalty_gradients(params, lam):
    k, found = 1, {}
    while f"W{k}" in params:
        found[f"W{k}"] = lam * params[f"W{k}"]
        found[f"b{k}"] = np.zeros(len(params[f"b{k}"]))
        k = k + 1
    return found
# %% mini-batches
def mini_batches(T, size, rng):
    order, n, batches = rng.permutation(T), 0, []
    while n * size < T:
        batches.append(order[n * size:(n + 1) * size])
        n = n + 1
    return batches
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    todo = list(batches)
    while todo:
        now = todo.pop(0)
        found, pull = gradients(params, X[now], d[now]), penalty_gradients(params, lam)
        for key in found:
            pull[key] = pull[key] + found[key]
        params, changes = momentum_step(params, pull, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    mean, std = train.mean(0), train.std(0)
    std = std + (std == 0)
    return (train - mean) / std, (other - mean) / std
# %% stopping-point
def stopping_point(losses, patience):
    epoch, best = 0, 0
    while epoch < len(losses) - 1 and epoch - best < patience:
        epoch = epoch + 1
        if losses[epoch] < losses[best]:
            best = epoch
    return best, epoch
# %% fit
def fit(params, advance, measure, sets, patience, most):
    epoch, best, kept = 0, 0, params
    losses = [measure(params, *sets["validation"])]
    while epoch < most and epoch - best < patience:
        epoch = epoch + 1
        params = advance(params)
        losses = losses + [measure(params, *sets["validation"])]
        if losses[epoch] < losses[best]:
            best, kept = epoch, params
    return dict(params=kept, epoch=best, validation=losses, test=measure(kept, *sets["test"]))
""",
    "fatou": """
# %% init
def layer(rows, columns, rng, scale):
    W = rng.uniform(-scale, scale, (rows, columns))
    b = rng.uniform(-scale, scale, rows)
    return W, b

def init(widths, rng, scale=0.05):
    params = {}
    for k in range(len(widths) - 1):
        W, b = layer(widths[k + 1], widths[k], rng, scale)
        params[f"W{k + 1}"] = W
        params[f"b{k + 1}"] = b
    return params
# %% momentum-step
def combine(a, x, b, y):
    return {key: a * x[key] + b * y[key] for key in x}

def momentum_step(params, grads, changes, eta, alpha):
    new_changes = combine(alpha, changes, -eta, grads)
    return combine(1, params, 1, new_changes), new_changes
# %% penalty
def is_weight(key):
    return key[0] == "W"

def penalty(params, lam):
    weights = [params[key] for key in params if is_weight(key)]
    return lam * sum(np.sum(W**2) for W in weights) / 2

def penalty_gradients(params, lam):
    zero = {key: np.zeros(params[key].shape) for key in params}
    weights = {key: lam * params[key] for key in params if is_weight(key)}
    return {**zero, **weights}
# %% mini-batches
def cut(order, size):
    return [] if len(order) == 0 else [order[:size]] + cut(order[size:], size)

def mini_batches(T, size, rng):
    return cut(rng.permutation(T), size)
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for rows in batches:
        of_loss = gradients(params, X[rows], d[rows])
        of_penalty = penalty_gradients(params, lam)
        params, changes = momentum_step(params, combine(1, of_loss, 1, of_penalty), changes, eta, alpha)
    return params, changes
# %% standardise
def scaler(train):
    shift = train.mean(axis=0)
    factor = train.std(axis=0)
    factor[factor == 0] = 1
    return lambda data: (data - shift) / factor

def standardise(train, other):
    scale = scaler(train)
    return scale(train), scale(other)
# %% stopping-point
def best_so_far(losses, epoch):
    return min(range(epoch + 1), key=lambda e: losses[e])

def stopping_point(losses, patience):
    for epoch in range(len(losses)):
        best = best_so_far(losses, epoch)
        if epoch - best >= patience:
            break
    return best, epoch
# %% fit
def fit(params, advance, measure, sets, patience, most):
    def validate(p):
        return measure(p, *sets["validation"])

    best_params = params
    losses = [validate(params)]
    while True:
        epoch = len(losses) - 1
        best = best_so_far(losses, epoch)
        if epoch == most or epoch - best >= patience:
            break
        params = advance(params)
        losses.append(validate(params))
        if losses[-1] < losses[best]:
            best_params = params
    return {"params": best_params, "epoch": best, "validation": losses,
            "test": measure(best_params, *sets["test"])}
""",
    "goran": """
# %% init
class Initialiser:
    def __init__(self, rng, scale):
        self.rng = rng
        self.scale = scale

    def draw(self, *shape):
        return self.rng.uniform(-self.scale, self.scale, shape)

def init(widths, rng, scale=0.05):
    make = Initialiser(rng, scale)
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = make.draw(widths[k], widths[k - 1])
        params[f"b{k}"] = make.draw(widths[k])
    return params
# %% momentum-step
class Velocity:
    def __init__(self, changes, alpha):
        self.changes = changes
        self.alpha = alpha

    def update(self, grads, eta):
        self.changes = {key: self.alpha * self.changes[key] - eta * grads[key] for key in self.changes}
        return self.changes

def momentum_step(params, grads, changes, eta, alpha):
    velocity = Velocity(changes, alpha)
    velocity.update(grads, eta)
    return {key: params[key] + velocity.changes[key] for key in params}, velocity.changes
# %% penalty
class Penalty:
    def __init__(self, lam):
        self.lam = lam

    def value(self, params):
        return self.lam / 2 * sum((w ** 2).sum() for k, w in params.items() if k.startswith("W"))

    def gradient(self, params):
        return {k: self.lam * w if k.startswith("W") else np.zeros_like(w) for k, w in params.items()}

def penalty(params, lam):
    return Penalty(lam).value(params)

def penalty_gradients(params, lam):
    return Penalty(lam).gradient(params)
# %% mini-batches
class Batches:
    def __init__(self, T, size):
        self.T, self.size = T, size

    def __iter__(self):
        for first in range(0, self.T, self.size):
            yield slice(first, first + self.size)

def mini_batches(T, size, rng):
    order = rng.permutation(T)
    return [order[part] for part in Batches(T, size)]
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    decay = Penalty(lam)
    velocity = Velocity(changes, alpha)
    for batch in batches:
        loss_part = gradients(params, X[batch], d[batch])
        penalty_part = decay.gradient(params)
        step = velocity.update({key: loss_part[key] + penalty_part[key] for key in params}, eta)
        params = {key: params[key] + step[key] for key in params}
    return params, velocity.changes
# %% standardise
class Scaler:
    def __init__(self, data):
        self.mean = data.mean(axis=0)
        deviation = data.std(axis=0)
        self.deviation = np.where(deviation > 0, deviation, 1)

    def __call__(self, data):
        return (data - self.mean) / self.deviation

def standardise(train, other):
    scale = Scaler(train)
    return scale(train), scale(other)
# %% stopping-point
class Stopper:
    def __init__(self, patience):
        self.patience = patience
        self.best = None
        self.loss = None

    def tell(self, epoch, loss):
        if self.loss is None or loss < self.loss:
            self.best, self.loss = epoch, loss
        return epoch - self.best >= self.patience

def stopping_point(losses, patience):
    stopper = Stopper(patience)
    for epoch, value in enumerate(losses):
        if stopper.tell(epoch, value):
            return stopper.best, epoch
    return stopper.best, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    stopper = Stopper(patience)
    X, d = sets["validation"]
    losses, best_params = [measure(params, X, d)], params
    stop = stopper.tell(0, losses[0])
    for epoch in range(1, most + 1):
        if stop:
            break
        params = advance(params)
        losses.append(measure(params, X, d))
        stop = stopper.tell(epoch, losses[-1])
        if stopper.best == epoch:
            best_params = params
    return {"params": best_params, "epoch": stopper.best, "validation": losses,
            "test": measure(best_params, *sets["test"])}
""",
    "hana": """
# %% init
def init(widths, rng, scale=0.05):
    draw = lambda *shape: rng.uniform(-scale, scale, shape)
    layers = zip(range(1, len(widths)), widths, widths[1:])
    pairs = [((f"W{k}", draw(m, n)), (f"b{k}", draw(m))) for k, n, m in layers]
    return dict(pair for both in pairs for pair in both)
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    moved = dict(map(lambda key: (key, alpha * changes[key] - eta * grads[key]), params))
    return dict(map(lambda key: (key, params[key] + moved[key]), params)), moved
# %% penalty
def penalty(params, lam):
    only_weights = filter(lambda item: item[0].startswith("W"), params.items())
    return lam / 2 * sum(map(lambda item: np.sum(item[1] ** 2), only_weights))

def penalty_gradients(params, lam):
    factor = lambda key: lam if key.startswith("W") else 0
    return dict((key, factor(key) * value) for key, value in params.items())
# %% mini-batches
def mini_batches(T, size, rng):
    order = rng.permutation(T)
    starts = range(0, T, size)
    return list(map(lambda start: order[start:start + size], starts))
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    from functools import reduce
    def one(state, batch):
        p, c = state
        g = gradients(p, X[batch], d[batch])
        r = penalty_gradients(p, lam)
        return momentum_step(p, dict((key, g[key] + r[key]) for key in p), c, eta, alpha)
    return reduce(one, batches, (params, changes))
# %% standardise
def standardise(train, other):
    m, s = train.mean(axis=0), train.std(axis=0)
    safe = np.array([value if value else 1.0 for value in s])
    return tuple((data - m) / safe for data in (train, other))
# %% stopping-point
def stopping_point(losses, patience):
    def look(epoch, best):
        if epoch - best >= patience or epoch == len(losses) - 1:
            return best, epoch
        following = epoch + 1
        return look(following, following if losses[following] < losses[best] else best)
    return look(0, 0)
# %% fit
def fit(params, advance, measure, sets, patience, most):
    validation, test = sets["validation"], sets["test"]
    def go(p, kept, losses, best):
        epoch = len(losses) - 1
        if epoch >= most or epoch - best >= patience:
            return kept, losses, best
        p = advance(p)
        value = measure(p, *validation)
        better = value < losses[best]
        return go(p, p if better else kept, losses + [value], epoch + 1 if better else best)
    kept, losses, best = go(params, params, [measure(params, *validation)], 0)
    return {"params": kept, "epoch": best, "validation": losses, "test": measure(kept, *test)}
""",
    "ivan": """
# %% init
def init(widths, rng, scale=0.05):
    shapes = {}
    for k in range(1, len(widths)):
        shapes[f"W{k}"] = (widths[k], widths[k-1])
        shapes[f"b{k}"] = (widths[k],)
    return {name: rng.uniform(-scale, scale, shape) for name, shape in shapes.items()}
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    out = {}, {}
    for key in params:
        v = alpha*changes[key] - eta*grads[key]
        out[0][key] = params[key] + v
        out[1][key] = v
    return out
# %% penalty
def penalty(params, lam):
    L = len(params)//2
    return 0.5*lam*sum(np.sum(params[f"W{k}"]**2) for k in range(1, L+1))

def penalty_gradients(params, lam):
    L = len(params)//2
    g = {}
    for k in range(1, L+1):
        g[f"W{k}"] = lam*params[f"W{k}"]
        g[f"b{k}"] = np.zeros_like(params[f"b{k}"])
    return g
# %% mini-batches
def mini_batches(T, size, rng):
    perm = rng.permutation(T)
    count = -(-T//size)
    return [perm[i*size:(i+1)*size] for i in range(count)]
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    L = len(params)//2
    for b in batches:
        g = dict(gradients(params, X[b], d[b]))
        for k in range(1, L+1):
            g[f"W{k}"] = g[f"W{k}"] + lam*params[f"W{k}"]
        params, changes = momentum_step(params, g, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    mu, sd = train.mean(0), train.std(0)
    sd = np.where(sd == 0, 1, sd)
    f = lambda a: (a - mu)/sd
    return f(train), f(other)
# %% stopping-point
def stopping_point(losses, patience):
    k = 0
    for n, v in enumerate(losses):
        if v < losses[k]:
            k = n
        if n == k + patience:
            return k, n
    return k, n
# %% fit
def fit(params, advance, measure, sets, patience, most):
    val = lambda p: measure(p, *sets["validation"])
    v, k, keep = [val(params)], 0, params
    for n in range(1, most+1):
        params = advance(params)
        v.append(val(params))
        if v[n] < v[k]:
            k, keep = n, params
        if n == k + patience:
            break
    return {"params": keep, "epoch": k, "validation": v, "test": measure(keep, *sets["test"])}
""",
    "jun": """
# %% init
def init(widths, rng, scale=0.05):
    parameters = {}
    number_of_layers = len(widths) - 1
    for layer_number in range(1, number_of_layers + 1):
        number_of_inputs = widths[layer_number - 1]
        number_of_outputs = widths[layer_number]
        weight_matrix = rng.uniform(-scale, scale, size=(number_of_outputs, number_of_inputs))
        bias_vector = rng.uniform(-scale, scale, size=number_of_outputs)
        parameters[f"W{layer_number}"] = weight_matrix
        parameters[f"b{layer_number}"] = bias_vector
    return parameters
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    new_params = {}
    new_changes = {}
    for name, gradient in grads.items():
        old_change = changes[name]
        momentum_term = alpha * old_change
        gradient_term = eta * gradient
        new_change = momentum_term - gradient_term
        new_changes[name] = new_change
        new_params[name] = params[name] + new_change
    return new_params, new_changes
# %% penalty
def penalty(params, lam):
    sum_of_squares = 0
    for name, array in params.items():
        if name.startswith("W"):
            squares = array ** 2
            sum_of_squares += squares.sum()
    return (lam / 2) * sum_of_squares

def penalty_gradients(params, lam):
    penalty_grads = {}
    for name, array in params.items():
        if name.startswith("W"):
            penalty_grads[name] = lam * array
        else:
            penalty_grads[name] = np.zeros_like(array)
    return penalty_grads
# %% mini-batches
def mini_batches(T, size, rng):
    shuffled_indices = rng.permutation(T)
    list_of_batches = []
    for start_index in range(0, T, size):
        end_index = min(start_index + size, T)
        one_batch = shuffled_indices[start_index:end_index]
        list_of_batches.append(one_batch)
    return list_of_batches
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        X_batch = X[batch]
        d_batch = d[batch]
        loss_grads = gradients(params, X_batch, d_batch)
        penalty_grads = penalty_gradients(params, lam)
        total_grads = {}
        for name in params:
            total_grads[name] = loss_grads[name] + penalty_grads[name]
        params, changes = momentum_step(params, total_grads, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    column_means = np.mean(train, axis=0)
    column_deviations = np.std(train, axis=0)
    constant_columns = column_deviations == 0
    column_deviations[constant_columns] = 1.0
    standardised_train = (train - column_means) / column_deviations
    standardised_other = (other - column_means) / column_deviations
    return standardised_train, standardised_other
# %% stopping-point
def stopping_point(losses, patience):
    best_epoch = 0
    best_loss = losses[0]
    epochs_without_improvement = 0
    last_epoch = 0
    for epoch in range(1, len(losses)):
        last_epoch = epoch
        current_loss = losses[epoch]
        if current_loss < best_loss:
            best_loss = current_loss
            best_epoch = epoch
            epochs_without_improvement = 0
        else:
            epochs_without_improvement += 1
            if epochs_without_improvement == patience:
                break
    return best_epoch, last_epoch
# %% fit
def fit(params, advance, measure, sets, patience, most):
    X_validation, d_validation = sets["validation"]
    X_test, d_test = sets["test"]
    current_loss = measure(params, X_validation, d_validation)
    validation_losses = [current_loss]
    best_loss = current_loss
    best_epoch = 0
    best_params = params
    epochs_without_improvement = 0
    for epoch in range(1, most + 1):
        params = advance(params)
        current_loss = measure(params, X_validation, d_validation)
        validation_losses.append(current_loss)
        if current_loss < best_loss:
            best_loss = current_loss
            best_epoch = epoch
            best_params = params
            epochs_without_improvement = 0
        else:
            epochs_without_improvement += 1
            if epochs_without_improvement == patience:
                break
    test_loss = measure(best_params, X_test, d_test)
    return {
        "params": best_params,
        "epoch": best_epoch,
        "validation": validation_losses,
        "test": test_loss,
    }
""",
    "kofi": """
# %% init
def init(widths, rng, scale=0.05):
    params = {}
    previous = widths[0]
    for k, width in enumerate(widths[1:]):
        params.setdefault(f"W{k+1}", rng.uniform(-1, 1, (width, previous)) * scale)
        params.setdefault(f"b{k+1}", rng.uniform(-1, 1, width) * scale)
        previous = width
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    from copy import deepcopy
    w = deepcopy(params)
    v = deepcopy(changes)
    for key in w:
        v[key] = alpha * v[key] - eta * grads[key]
        w[key] += v[key]
    return w, v
# %% penalty
def penalty(params, lam):
    norms = [np.linalg.norm(params[key]) ** 2 for key in params if key.find("W") == 0]
    return lam * 0.5 * np.sum(norms)

def penalty_gradients(params, lam):
    from copy import deepcopy
    g = deepcopy(params)
    for key in g:
        g[key] *= lam if key.find("W") == 0 else 0
    return g
# %% mini-batches
def mini_batches(T, size, rng):
    order = rng.choice(T, T, replace=False)
    full, rest = divmod(T, size)
    batches = list(order[:full * size].reshape(full, size))
    if rest:
        batches.append(order[-rest:])
    return batches
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        inputs, targets = X[batch], d[batch]
        g = gradients(params, inputs, targets)
        extra = penalty_gradients(params, lam)
        for key in extra:
            extra[key] += g[key]
        params, changes = momentum_step(params, extra, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    columns = train.shape[1]
    a = np.empty(train.shape)
    b = np.empty(other.shape)
    for c in range(columns):
        m = train[:, c].mean()
        s = train[:, c].std() or 1.0
        a[:, c] = (train[:, c] - m) / s
        b[:, c] = (other[:, c] - m) / s
    return a, b
# %% stopping-point
def stopping_point(losses, patience):
    from collections import deque
    waiting = deque(enumerate(losses))
    best, smallest = waiting.popleft()
    last = best
    while waiting:
        last, value = waiting.popleft()
        if value < smallest:
            best, smallest = last, value
        elif last - best == patience:
            return best, last
    return best, last
# %% fit
def fit(params, advance, measure, sets, patience, most):
    record = {"params": params, "epoch": 0, "validation": [], "test": None}
    for epoch in range(most + 1):
        value = measure(params, *sets["validation"])
        record["validation"].append(value)
        if value < record["validation"][record["epoch"]]:
            record["epoch"] = epoch
            record["params"] = params
        if epoch - record["epoch"] >= patience:
            break
        if epoch < most:
            params = advance(params)
    record["test"] = measure(record["params"], *sets["test"])
    return record
""",
    "lena": """
# %% init
def init(widths, rng, scale=0.05):
    D, N = widths, len(widths) - 1
    theta = {}
    for k in range(1, N + 1):
        theta[f"W{k}"] = rng.uniform(-scale, scale, (D[k], D[k - 1]))
    for k in range(1, N + 1):
        theta[f"b{k}"] = rng.uniform(-scale, scale, D[k])
    return theta
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    Delta = {}
    for key, g in grads.items():
        Delta[key] = alpha * changes[key] - eta * g
    theta = {}
    for key, w in params.items():
        theta[key] = w + Delta[key]
    return theta, Delta
# %% penalty
def penalty(params, lam):
    W = [w for key, w in params.items() if w.ndim == 2]
    return lam * sum(np.einsum("ji,ji->", w, w) for w in W) / 2

def penalty_gradients(params, lam):
    return {key: lam * w if w.ndim == 2 else np.zeros(w.shape) for key, w in params.items()}
# %% mini-batches
def mini_batches(T, size, rng):
    t = rng.permutation(T)
    B = int(np.ceil(T / size))
    return [t[size * n:size * n + size] for n in range(B)]
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    theta, Delta = params, changes
    for t in batches:
        g = gradients(theta, X[t], d[t])
        r = penalty_gradients(theta, lam)
        Delta = {key: alpha * Delta[key] - eta * g[key] - eta * r[key] for key in theta}
        theta = {key: theta[key] + Delta[key] for key in theta}
    return theta, Delta
# %% standardise
def standardise(train, other):
    T = len(train)
    mu = train.sum(axis=0) / T
    sigma = np.sqrt(((train - mu) ** 2).sum(axis=0) / T)
    sigma[sigma == 0] = 1
    return (train - mu) / sigma, (other - mu) / sigma
# %% stopping-point
def stopping_point(losses, patience):
    n_best = 0
    for n in range(1, len(losses)):
        if losses[n] < losses[n_best]:
            n_best = n
        if n - n_best >= patience:
            return n_best, n
    return n_best, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    theta, theta_best, n_best = params, params, 0
    J = [measure(theta, *sets["validation"])]
    for n in range(1, most + 1):
        theta = advance(theta)
        J.append(measure(theta, *sets["validation"]))
        if J[n] < J[n_best]:
            theta_best, n_best = theta, n
        if n - n_best >= patience:
            break
    J_test = measure(theta_best, *sets["test"])
    return {"params": theta_best, "epoch": n_best, "validation": J, "test": J_test}
""",
    "mats": """
# %% init
from itertools import count, islice, pairwise

def init(widths, rng, scale=0.05):
    params = {}
    for k, (n, m) in zip(count(1), pairwise(widths)):
        params |= {f"W{k}": rng.uniform(-scale, scale, (m, n)), f"b{k}": rng.uniform(-scale, scale, m)}
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    fresh = {}
    for key, old in changes.items():
        fresh[key] = alpha * old - eta * grads[key]
    return {key: value + fresh[key] for key, value in params.items()}, fresh
# %% penalty
def penalty(params, lam):
    match lam:
        case 0:
            return 0.0
    return lam / 2 * sum((v * v).sum() for k, v in params.items() if k[:1] == "W")

def penalty_gradients(params, lam):
    return {k: (lam * v if k[:1] == "W" else v - v) for k, v in params.items()}
# %% mini-batches
def mini_batches(T, size, rng):
    stream = iter(rng.permutation(T).tolist())
    return [np.array(part) for part in iter(lambda: list(islice(stream, size)), [])]
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        loss_side, weight_side = gradients(params, X[batch], d[batch]), penalty_gradients(params, lam)
        uphill = {key: loss_side[key] + weight_side[key] for key in loss_side.keys() & weight_side.keys()}
        params, changes = momentum_step(params, uphill, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    (mean, deviation) = (statistic(axis=0) for statistic in (train.mean, train.std))
    deviation = np.maximum(deviation, (deviation == 0).astype(float))
    return [(part - mean) / deviation for part in (train, other)][0], (other - mean) / deviation
# %% stopping-point
def stopping_point(losses, patience):
    best = 0
    for epoch, (value, record) in enumerate(zip(losses, __import__("itertools").accumulate(losses, min))):
        best = best if losses[best] <= record else epoch
        if epoch - best >= patience:
            break
    return best, epoch
# %% fit
def fit(params, advance, measure, sets, patience, most):
    *_, (X, d), (X_test, d_test) = sets["train"], sets["validation"], sets["test"]
    seen = {0: (measure(params, X, d), params)}
    for epoch in range(1, most + 1):
        best = min(seen, key=lambda e: seen[e][0])
        if epoch - 1 - best >= patience:
            break
        params = advance(params)
        seen[epoch] = measure(params, X, d), params
    best = min(seen, key=lambda e: seen[e][0])
    winner = seen[best][1]
    return {"params": winner, "epoch": best, "validation": [loss for loss, _ in seen.values()],
            "test": measure(winner, X_test, d_test)}
""",
    "nora": """
# %% init
def init(widths, rng, scale=0.05):
    # one W and one b for every layer
    params = {}
    for i in range(len(widths) - 1):
        n_in, n_out = widths[i], widths[i + 1]
        W = rng.uniform(-scale, scale, (n_out, n_in))
        b = rng.uniform(-scale, scale, n_out)
        params["W" + str(i + 1)] = W
        params["b" + str(i + 1)] = b
    return params
# %% momentum-step
def momentum_step(params, grads, changes, eta, alpha):
    new_changes = {}
    for key in changes:
        new_changes[key] = alpha * changes[key] - eta * grads[key]
    new_params = {}
    for key in params:
        new_params[key] = params[key] + new_changes[key]
    return new_params, new_changes
# %% penalty
def penalty(params, lam):
    result = 0
    for key in params:
        if key.startswith("W"):
            result += np.sum(params[key] ** 2)
    return lam / 2 * result

def penalty_gradients(params, lam):
    result = {}
    for key in params:
        if key.startswith("W"):
            result[key] = lam * params[key]
        else:
            result[key] = np.zeros_like(params[key])
    return result
# %% mini-batches
def mini_batches(T, size, rng):
    order = rng.permutation(T)
    batches = []
    for i in range(0, T, size):
        batches.append(order[i:i + size])
    return batches
# %% run-epoch
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        grads = gradients(params, X[batch], d[batch])
        new_grads = {}
        for key in params:
            if key.startswith("W"):
                new_grads[key] = grads[key] + lam * params[key]
            else:
                new_grads[key] = grads[key]
        params, changes = momentum_step(params, new_grads, changes, eta, alpha)
    return params, changes
# %% standardise
def standardise(train, other):
    mean = np.mean(train, axis=0)
    std = np.std(train, axis=0)
    std[std == 0] = 1
    new_train = (train - mean) / std
    new_other = (other - mean) / std
    return new_train, new_other
# %% stopping-point
def stopping_point(losses, patience):
    best = 0
    wait = 0
    for i in range(1, len(losses)):
        if losses[i] < losses[best]:
            best = i
            wait = 0
        else:
            wait += 1
            if wait >= patience:
                return best, i
    return best, len(losses) - 1
# %% fit
def fit(params, advance, measure, sets, patience, most):
    X_val, d_val = sets["validation"]
    losses = [measure(params, X_val, d_val)]
    best = 0
    best_params = params
    wait = 0
    for i in range(1, most + 1):
        params = advance(params)
        new_loss = measure(params, X_val, d_val)
        losses.append(new_loss)
        if new_loss < losses[best]:
            best = i
            best_params = params
            wait = 0
        else:
            wait += 1
            if wait >= patience:
                break
    X_test, d_test = sets["test"]
    test_loss = measure(best_params, X_test, d_test)
    return {"params": best_params, "epoch": best, "validation": losses, "test": test_loss}
""",
}

# --------------------------------------------------------------------------- problem set 2, twelve times

NEURONS = {
    "amir": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))

def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)
# %% relu
def relu(z):
    return np.maximum(0.0, z)

def relu_derivative(z):
    return np.where(np.asarray(z) > 0, 1.0, 0.0)
# %% softmax
def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    return -np.sum(d * np.log(Y) + (1 - d) * np.log(1 - Y), axis=1)

def binary_cross_entropy_derivative(Y, d):
    return -d / Y + (1 - d) / (1 - Y)
# %% cross-entropy
def cross_entropy(Y, d):
    safe = np.where(d > 0, Y, 1.0)
    return -np.sum(d * np.log(safe), axis=1)

def cross_entropy_derivative(Y, d):
    safe = np.where(d > 0, Y, 1.0)
    return -d / safe
""",
    "bea": """
# %% sigmoid
def sigmoid(z):
    z = np.array(z, dtype=float)
    result = np.zeros(z.shape)
    positive = z >= 0
    result[positive] = 1 / (1 + np.exp(-z[positive]))
    negative = np.logical_not(positive)
    t = np.exp(z[negative])
    result[negative] = t / (1 + t)
    return result

def sigmoid_derivative(z):
    value = sigmoid(z)
    return value - value**2
# %% relu
def relu(z):
    z = np.array(z, dtype=float)
    z[z < 0] = 0
    return z

def relu_derivative(z):
    z = np.array(z, dtype=float)
    slopes = np.ones(z.shape)
    slopes[z < 0] = 0
    return slopes
# %% softmax
def softmax(z):
    biggest = np.amax(z, axis=1).reshape(-1, 1)
    numerator = np.exp(z - biggest)
    denominator = numerator.sum(axis=1).reshape(-1, 1)
    return numerator / denominator
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    first = d * np.log(Y)
    second = (1 - d) * np.log(1 - Y)
    each = -(first + second)
    return each.sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    first = -d / Y
    second = (1 - d) / (1 - Y)
    return first + second
# %% cross-entropy
def cross_entropy(Y, d):
    logs = np.zeros(Y.shape)
    logs[d > 0] = np.log(Y[d > 0])
    return -(d * logs).sum(axis=1)

def cross_entropy_derivative(Y, d):
    slopes = np.zeros(Y.shape)
    slopes[d > 0] = -d[d > 0] / Y[d > 0]
    return slopes
""",
    "carl": """
# %% sigmoid
def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z, dtype=float)))

def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))
# %% relu
def relu(z):
    z = np.asarray(z, dtype=float)
    return (z + abs(z)) / 2

def relu_derivative(z):
    return np.heaviside(np.asarray(z, dtype=float), 1.0)
# %% softmax
def softmax(z):
    return np.array([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in z])
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    return np.array([-(t @ np.log(y) + (1 - t) @ np.log(1 - y)) for y, t in zip(Y, d)])

def binary_cross_entropy_derivative(Y, d):
    return (Y - d) / (Y * (1 - Y))
# %% cross-entropy
def cross_entropy(Y, d):
    return np.array([-sum(t * np.log(y) for y, t in zip(row, target) if t > 0) for row, target in zip(Y, d)])

def cross_entropy_derivative(Y, d):
    return -np.divide(d, Y, out=np.zeros_like(Y), where=d > 0)
""",
    "dana": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    top = np.exp(np.minimum(z, 0.0))
    return top / (top + np.exp(np.minimum(-z, 0.0)) * 1.0) if z.ndim == 0 else top / (np.exp(-np.abs(z)) + 1.0)

def sigmoid_derivative(z):
    small = np.exp(-np.abs(np.asarray(z, dtype=float)))
    return small / (1.0 + small) ** 2
# %% relu
def relu(z):
    return np.clip(np.asarray(z, dtype=float), 0, None)

def relu_derivative(z):
    return np.greater(z, 0) * 1.0
# %% softmax
def softmax(z):
    shifted = z.T - z.max(axis=1)
    powers = np.exp(shifted)
    return (powers / powers.sum(axis=0)).T
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    loss = np.zeros(Y.shape[0])
    for column in range(Y.shape[1]):
        y, t = Y[:, column], d[:, column]
        loss -= t * np.log(y)
        loss -= (1 - t) * np.log(1 - y)
    return loss

def binary_cross_entropy_derivative(Y, d):
    return np.where(d == 1, -1 / Y, np.where(d == 0, 1 / (1 - Y), (Y - d) / (Y - Y**2)))
# %% cross-entropy
def cross_entropy(Y, d):
    return np.where(d > 0, -d * np.log(np.maximum(Y, 1e-300)), 0.0).sum(axis=1)

def cross_entropy_derivative(Y, d):
    return np.where(d > 0, -d / np.maximum(Y, 1e-300), 0.0)
""",
    "eva": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))

def sigmoid_derivative(z):
    y = sigmoid(z)
    return y * (1 - y)
# %% relu
def relu(z):
    z = np.asarray(z, dtype=float)
    return np.where(z > 0, z, 0)

def relu_derivative(z):
    z = np.asarray(z, dtype=float)
    return np.where(z > 0, 1, 0)
# %% softmax
def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    exps = np.exp(z)
    return exps / exps.sum(axis=1, keepdims=True)
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    terms = d * np.log(Y) + (1 - d) * np.log(1 - Y)
    return -terms.sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    return (1 - d) / (1 - Y) - d / Y
# %% cross-entropy
def cross_entropy(Y, d):
    Y = np.where(d > 0, Y, 1)
    return -(d * np.log(Y)).sum(axis=1)

def cross_entropy_derivative(Y, d):
    Y = np.where(d > 0, Y, 1)
    return -d / Y
""",
    "finn": """
# %% sigmoid
def sigmoid(z):
    from scipy.special import expit
    return expit(np.asarray(z, dtype=float))

def sigmoid_derivative(z):
    from scipy.special import expit
    return expit(z) * expit(-np.asarray(z, dtype=float))
# %% relu
relu = lambda z: np.fmax(z, 0.0)
relu_derivative = lambda z: np.sign(np.fmax(z, 0.0))
# %% softmax
def softmax(z):
    from scipy.special import logsumexp
    return np.exp(z - logsumexp(z, axis=1, keepdims=True))
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    from scipy.special import xlogy
    return -(xlogy(d, Y) + xlogy(1 - d, 1 - Y)).sum(1)

def binary_cross_entropy_derivative(Y, d):
    return np.subtract(Y, d) / np.multiply(Y, 1 - Y)
# %% cross-entropy
def cross_entropy(Y, d):
    from scipy.special import xlogy
    return -xlogy(d, Y).sum(1)

def cross_entropy_derivative(Y, d):
    out = np.zeros(np.shape(Y))
    np.divide(-d, Y, where=d != 0, out=out)
    return out
""",
    "gita": """
# %% sigmoid
import math

def sigmoid_of_one(value):
    if value < 0:
        power = math.exp(value)
        return power / (power + 1)
    return 1 / (1 + math.exp(-value))

def sigmoid(z):
    z = np.asarray(z, dtype=float)
    return np.array([sigmoid_of_one(value) for value in z.flat]).reshape(z.shape)

def sigmoid_derivative(z):
    z = np.asarray(z, dtype=float)
    flat = []
    for value in z.flat:
        s = sigmoid_of_one(value)
        flat.append(s * (1 - s))
    return np.array(flat).reshape(z.shape)
# %% relu
def relu(z):
    z = np.asarray(z, dtype=float)
    return np.array([max(value, 0.0) for value in z.flat]).reshape(z.shape)

def relu_derivative(z):
    z = np.asarray(z, dtype=float)
    return np.array([1.0 if value >= 0 else 0.0 for value in z.flat]).reshape(z.shape)
# %% softmax
def softmax(z):
    result = np.zeros(z.shape)
    for t in range(z.shape[0]):
        m = max(z[t])
        total = 0
        for j in range(z.shape[1]):
            result[t, j] = math.exp(z[t, j] - m)
            total += result[t, j]
        result[t] /= total
    return result
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    result = []
    for t in range(len(Y)):
        total = 0
        for j in range(len(Y[t])):
            total -= d[t, j] * math.log(Y[t, j]) + (1 - d[t, j]) * math.log(1 - Y[t, j])
        result.append(total)
    return np.array(result)

def binary_cross_entropy_derivative(Y, d):
    result = np.zeros(Y.shape)
    for t in range(len(Y)):
        for j in range(len(Y[t])):
            result[t, j] = (1 - d[t, j]) / (1 - Y[t, j]) - d[t, j] / Y[t, j]
    return result
# %% cross-entropy
def cross_entropy(Y, d):
    result = []
    for t in range(len(Y)):
        total = 0
        for j in range(len(Y[t])):
            if d[t, j] != 0:
                total -= d[t, j] * math.log(Y[t, j])
        result.append(total)
    return np.array(result)

def cross_entropy_derivative(Y, d):
    result = np.zeros(Y.shape)
    for t in range(len(Y)):
        for j in range(len(Y[t])):
            if d[t, j] != 0:
                result[t, j] = -d[t, j] / Y[t, j]
    return result
""",
    "hugo": """
# %% sigmoid
def sigmoid(z):
    z = np.clip(np.asarray(z, dtype=float), -700, 700)
    return 1.0 / (1.0 + np.exp(-z))

def sigmoid_derivative(z):
    z = np.clip(np.asarray(z, dtype=float), -350, 350)
    return np.exp(-z) / (1.0 + np.exp(-z)) ** 2
# %% relu
def relu(z):
    mask = np.asarray(z) > 0
    return mask * z

def relu_derivative(z):
    mask = np.asarray(z) > 0
    return mask.astype(float)
# %% softmax
def softmax(z):
    scores = np.exp(z - z.max(axis=-1)[..., np.newaxis])
    return scores / scores.sum(axis=-1)[..., np.newaxis]
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    eps = 1e-15
    Y = np.clip(Y, eps, 1 - eps)
    return (-d * np.log(Y) - (1 - d) * np.log(1 - Y)).sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    eps = 1e-15
    Y = np.clip(Y, eps, 1 - eps)
    return (Y - d) / (Y * (1 - Y))
# %% cross-entropy
def cross_entropy(Y, d):
    eps = 1e-300
    return -(d * np.log(np.clip(Y, eps, 1))).sum(axis=1)

def cross_entropy_derivative(Y, d):
    eps = 1e-300
    return -d / np.clip(Y, eps, 1)
""",
    "ines": """
# %% sigmoid
def sigmoid(z):
    return np.exp(log_sigmoid(z))

def log_sigmoid(z):
    return -np.logaddexp(0.0, -np.asarray(z, dtype=float))

def sigmoid_derivative(z):
    return np.exp(log_sigmoid(z) + log_sigmoid(-np.asarray(z, dtype=float)))
# %% relu
def relu(z):
    return relu_derivative(z) * z

def relu_derivative(z):
    return (np.asarray(z) >= 0).astype(float)
# %% softmax
def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

def softmax(z):
    return np.exp(log_softmax(z))
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    log_yes, log_no = np.log(Y), np.log1p(-Y)
    return -np.sum(log_no + d * (log_yes - log_no), axis=1)

def binary_cross_entropy_derivative(Y, d):
    yes, no = 1 / Y, -1 / (1 - Y)
    return -(no + d * (yes - no))
# %% cross-entropy
def cross_entropy(Y, d):
    used = d > 0
    log_yes = np.log(Y, where=used, out=np.zeros_like(Y))
    return -np.einsum("td,td->t", d, log_yes)

def cross_entropy_derivative(Y, d):
    used = d > 0
    return -np.where(used, d, 0) / np.where(used, Y, 1)
""",
    "joao": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    if z.ndim > 0:
        return np.stack([sigmoid(part) for part in z])
    if z > 0:
        return 1 / (1 + np.exp(-z))
    return 1 - 1 / (1 + np.exp(z))

def sigmoid_derivative(z):
    return sigmoid(z) * sigmoid(-np.asarray(z))
# %% relu
def relu(z):
    return np.max([np.asarray(z, dtype=float), np.zeros(np.shape(z))], axis=0)

def relu_derivative(z):
    return np.array(np.asarray(z) > 0, dtype=float)
# %% softmax
def softmax(z):
    T, D = z.shape
    ratio = np.exp(z[:, None, :] - z[:, :, None])
    return 1 / ratio.sum(axis=2)
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    return -np.log(Y**d * (1 - Y) ** (1 - d)).sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    inside = Y * (1 - Y)
    error = Y - d
    return error / inside
# %% cross-entropy
def cross_entropy(Y, d):
    return -np.log(np.prod(Y**d, axis=1))

def cross_entropy_derivative(Y, d):
    slopes = -d.astype(float)
    slopes[d != 0] /= Y[d != 0]
    return slopes
""",
    "kira": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    numerator = np.where(z >= 0, 1, np.exp(-np.abs(z)))
    denominator = 1 + np.exp(-np.abs(z))
    return numerator / denominator

def sigmoid_derivative(z):
    y = sigmoid(z)
    return y * (1 - y)
# %% relu
def relu(z):
    z = np.asarray(z, dtype=float)
    return np.maximum(z, 0)

def relu_derivative(z):
    z = np.asarray(z, dtype=float)
    return (z >= 0).astype(float)
# %% softmax
def softmax(z):
    row_max = z.max(axis=1, keepdims=True)
    exp_z = np.exp(z - row_max)
    row_sum = exp_z.sum(axis=1, keepdims=True)
    return exp_z / row_sum
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    bce = d * np.log(Y) + (1 - d) * np.log(1 - Y)
    return -np.sum(bce, axis=1)

def binary_cross_entropy_derivative(Y, d):
    return (Y - d) / (Y * (1 - Y))
# %% cross-entropy
def cross_entropy(Y, d):
    Y_safe = np.where(d > 0, Y, 1.0)
    ce = d * np.log(Y_safe)
    return -np.sum(ce, axis=1)

def cross_entropy_derivative(Y, d):
    Y_safe = np.where(d > 0, Y, 1.0)
    return -(d / Y_safe)
""",
    "liam": """
# %% sigmoid
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    return np.piecewise(z, [z >= 0], [lambda v: 1 / (1 + np.exp(-v)), lambda v: np.exp(v) / (np.exp(v) + 1)])

def sigmoid_derivative(z):
    slope = sigmoid(z)
    slope *= 1 - slope
    return slope
# %% relu
def relu(z):
    z = np.asarray(z, dtype=float)
    return np.select([z > 0], [z], default=0.0)

def relu_derivative(z):
    z = np.asarray(z, dtype=float)
    return np.select([z > 0], [1.0], default=0.0)
# %% softmax
def softmax(z):
    out = z - np.max(z, axis=1, keepdims=True)
    np.exp(out, out=out)
    out /= np.sum(out, axis=1, keepdims=True)
    return out
# %% binary-cross-entropy
def binary_cross_entropy(Y, d):
    out = np.log(Y)
    out *= d
    out += (1 - d) * np.log(1 - Y)
    return -out.sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    out = (1 - d) / (1 - Y)
    out -= d / Y
    return out
# %% cross-entropy
def cross_entropy(Y, d):
    out = np.ones_like(Y)
    np.copyto(out, Y, where=d > 0)
    return -np.sum(d * np.log(out), axis=1)

def cross_entropy_derivative(Y, d):
    out = np.ones_like(Y)
    np.copyto(out, Y, where=d > 0)
    return -d / out
""",
}


def cells_of(text):
    """The cells of one of the works above, by grade id."""
    parts = re.split(r"^# %% (\S+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


# --------------------------------------------------------------------------- what people do to a copy

WORDS = [
    "alpha_value",
    "beta_value",
    "first_one",
    "result_array",
    "helper_list",
    "my_dict",
    "current",
    "next_item",
    "temporary",
    "data_set",
    "amount",
    "position",
    "table_of",
    "extra_part",
    "everything",
    "start_here",
    "other_name",
    "quantity",
    "outcome",
    "collection",
]


def rename(text, rng, keep=()):
    """Give every name that the text binds another one, except those that tests call or that are keywords."""
    tree = ast.parse(text)
    outer = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} & set(keep)
    names = sorted(_bound(tree) - outer)
    fresh = {name: f"{rng.choice(WORDS)}_{number}" for number, name in enumerate(names)}
    return ast.unparse(_Renamed(fresh).visit(tree))


def _bound(tree):
    """Names that are assigned, defined or taken as arguments; what is passed by name stays."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("__"):
            found.add(node.name)
    return found - {"params", "np"}


class _Renamed(ast.NodeTransformer):
    def __init__(self, fresh):
        self.fresh = fresh

    def visit_Name(self, node):
        node.id = self.fresh.get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg = self.fresh.get(node.arg, node.arg)
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = self.fresh.get(node.attr, node.attr)
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.name = self.fresh.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.name = self.fresh.get(node.name, node.name)
        return node


def reformat(text, rng):
    """Other quotes, brackets, indentation and line ends; long statements over several lines."""
    lines = []
    for line in ast.unparse(ast.parse(text)).split("\n"):
        body = line.lstrip()
        indent = " " * (len(line) - len(body))
        # A bracket with a name before it and no other bracket inside may be broken after its commas.
        if rng.random() < 0.5 and not re.search(r"['\"\[{]", body):
            body = re.sub(
                r"(\w)\(([^()]*,[^()]*)\)$", lambda m: f"{m[1]}(\n{m[2].replace(', ', ',   ')},\n)", body
            )
        body = re.sub(r"^return (?!\()([^#\n]*)$", r"return (\1)", body)
        lines.append(indent * 2 + body.replace(" ** ", "**").replace(" = ", "="))
        if rng.random() < 0.3:
            lines.append("")
    return "\n".join(lines)


def comment(text, rng):
    """Add comments and docstrings."""
    lines = []
    for line in ast.unparse(ast.parse(text)).split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        if rng.random() < 0.6 and line.strip():
            lines.append(f"{indent}# {' '.join(rng.sample(WORDS, 4))}")
        lines.append(line + ("  # " + rng.choice(WORDS) if rng.random() < 0.5 else ""))
        if line.lstrip().startswith("def ") and line.endswith(":"):
            lines.append(f'{indent}    """{" ".join(rng.sample(WORDS, 6))}."""')
    return "\n".join(lines)


def reorder(text, rng):
    """Move functions about, and turn round neighbouring simple assignments that do not need each other."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list) and not isinstance(node, ast.Module):
            _turn(body)
    heads = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    rng.shuffle(functions)
    tree.body = heads + functions
    return ast.unparse(tree)


def _turn(body):
    place = 0
    while place + 1 < len(body):
        one, two = body[place : place + 2]
        if isinstance(one, ast.Assign) and isinstance(two, ast.Assign) and _apart(one, two):
            body[place : place + 2] = [two, one]
            place += 1
        place += 1


def _apart(one, two):
    """Whether two assignments can change places: neither reads or writes what the other writes, nor calls."""
    reads, writes = ([], [])
    for node in (one, two):
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
        reads.append({n.id for n in names if isinstance(n.ctx, ast.Load)})
        writes.append({n.id for n in names if isinstance(n.ctx, ast.Store)})
        if any(isinstance(n, ast.Call) and "rng" in ast.unparse(n) for n in ast.walk(node)):
            return False
        if not all(isinstance(target, ast.Name) for target in node.targets):
            return False
    return not (writes[0] & (reads[1] | writes[1]) or writes[1] & reads[0])


def pad(text, rng):
    """Put in statements that do nothing."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.For | ast.While):
            for _ in range(1 + len(node.body) // 4):
                idle = rng.choice(("pass", "unused = 0", "flag = True", "assert True", "debug = None"))
                node.body.insert(rng.randint(0, len(node.body) - 1), ast.parse(idle).body[0])
    return ast.unparse(tree)


def constants(text, rng):
    """Other strings in messages and other numbers where they do not matter; here simply everywhere."""

    class Other(ast.NodeTransformer):
        def visit_Constant(self, node):
            if isinstance(node.value, str):
                return ast.Constant(f"{rng.choice(WORDS)}")
            if isinstance(node.value, int | float) and not isinstance(node.value, bool):
                return ast.Constant(round(rng.random() * 10, 2))
            return node

        def visit_JoinedStr(self, node):
            return ast.Constant(rng.choice(WORDS))

    return ast.unparse(Other().visit(ast.parse(text)))


def split_off(text, rng):
    """Move the end of every function that returns an expression into a function of its own."""
    tree = ast.parse(text)
    extra = []
    for number, node in enumerate(list(tree.body)):
        last = node.body[-1] if isinstance(node, ast.FunctionDef) else None
        if isinstance(last, ast.Return) and last.value is not None and len(node.body) > 1:
            inside = {
                n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
            inside |= {a.arg for a in node.args.args}
            used = sorted({n.id for n in ast.walk(last) if isinstance(n, ast.Name)} & inside)
            name = f"finish_{number}"
            arguments = ", ".join(used)
            extra += ast.parse(f"def {name}({arguments}):\n    {ast.unparse(last)}").body
            node.body[-1] = ast.parse(f"{name}({arguments})").body[0]
            node.body[-1] = ast.Return(node.body[-1].value)
    tree.body = extra + tree.body
    return ast.unparse(ast.fix_missing_locations(tree))


DISGUISES = {
    "copied": lambda text, rng: text,
    "renamed": rename,
    "reformatted": reformat,
    "commented": comment,
    "reordered": reorder,
    "other constants": constants,
    "idle statements": pad,
    "split functions": split_off,
    "renamed, reformatted, commented": lambda text, rng: comment(reformat(rename(text, rng), rng), rng),
    "renamed, reordered, split": lambda text, rng: rename(split_off(reorder(text, rng), rng), rng),
    "everything": lambda text, rng: comment(
        rename(pad(constants(reorder(split_off(text, rng), rng), rng), rng), rng), rng
    ),
}


@cache
def disguised(name, disguise, kit="ps6"):
    """The cells of an honest work after a disguise, always the same."""
    rng = random.Random(f"{name} {disguise}")
    return {cell: DISGUISES[disguise](text, rng) for cell, text in cells_of(KITS[kit][name]).items()}


# --------------------------------------------------------------------------- how many are found

KITS = {"ps6": TRAINERS, "ps2": NEURONS}
ASSIGNMENTS = Path(__file__).parents[2] / "assignments"


def work(name, cells):
    """A submission of this class."""
    return Work(name, Kind.NOW, tuple(Cell(cell, text) for cell, text in cells.items()))


def honest(kit):
    """The honest class of a problem set."""
    return [work(name, cells_of(text)) for name, text in KITS[kit].items()]


@cache
def everybodys(kit):
    """The runs that everybody can be expected to have in a problem set."""
    return common(everyone(Course(ASSIGNMENTS), kit))


def honest_pairs(kit):
    """Every pair of the honest class, listed or not."""
    documents = weighed(honest(kit), everybodys(kit))
    return [pair_of(one, other) for one, other in combinations(documents, 2)]


def copied_pairs(kit, disguise):
    """Each honest work with a copy of it that joins the class."""
    pairs = []
    for place, name in enumerate(KITS[kit]):
        copy = work("copy", disguised(name, disguise, kit))
        documents = weighed([*honest(kit), copy], everybodys(kit))
        pairs.append(pair_of(documents[place], documents[-1]))
    return pairs


def listed(pairs, threshold=THRESHOLD):
    """How many of these pairs are listed."""
    return sum(suspicious(pair, threshold) for pair in pairs)


def rates(disguises=tuple(DISGUISES), thresholds=(0.3, 0.4, 0.5, 0.6, 0.7)):
    """Rows of a table: what was done, how many pairs there are, how many are listed at each threshold."""
    rows = {"honest": [pair for kit in KITS for pair in honest_pairs(kit)]}
    rows |= {name: [pair for kit in KITS for pair in copied_pairs(kit, name)] for name in disguises}
    return [(name, len(pairs), *(listed(pairs, t) for t in thresholds)) for name, pairs in rows.items()]


if __name__ == "__main__":
    print(f"{'':32} pairs  0.3  0.4  0.5  0.6  0.7")
    for name, *counts in rates():
        print(f"{name:32}" + "".join(f"{count:5}" for count in counts))

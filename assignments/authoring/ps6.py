# %% [markdown]
# # Problem set 6. Training: from derivatives to a network that can do something
#
# Backpropagation supplies derivatives. It does not say where to begin, how far to go, which instances
# to look at, or when to stop. Those decisions are **training**, and they separate a network that
# has learnt from one that has memorised, or exploded. In this problem set you write a complete trainer
# in a dozen small functions, each of which fits on a few lines. At the end it learns XOR, which no
# single unit can, and reads handwritten digits that it has never seen.
#
# | what you build | problem |
# |---|---|
# | a beginning: small random weights | 1 |
# | steps: plain, with momentum, with a penalty | 2-5 |
# | epochs: shuffled mini-batches | 6-7 |
# | measuring: accuracy, scaled inputs | 8-9 |
# | an end: early stopping on a validation set | 10-11 |
# | two networks that learn | 12-13 |
# | a poll, a written answer | 14-15 |
#
# There are 46 points: 41 from checks, 5 for the written answer. Plan for about two and a half hours.
# The lectures that it stands on are 13, *Training*, and 14, *Real tasks*; steps and momentum are also
# in 06, *Gradient descent*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. NumPy is all you need.
# * Parameters are a dict: `"W1"`, `"b1"`, `"W2"`, `"b2"`, ... Names that begin with `W` are weights,
#   names that begin with `b` biases. Gradients and changes are dicts with the same keys and shapes.
#   Rows are instances.
# * Never change what you are given. A step returns **new** parameters: `{key: ... for key in params}`
#   is the pattern of this problem set. An array that is changed in place changes in every dict that
#   holds it, and the "best parameters so far" silently turn into the last ones.
# * Randomness comes from the generator `rng` that a function is given, and from nowhere else. Then the
#   same seed gives the same run, and a run that went wrong can be looked at again.
# * Each problem is followed by cells with checks. You see some of them; others run when your work is
#   graded. The last line printed tells how many. Training is judged by what it achieves, never by its
#   speed, but a cell that takes longer than half a minute is stopped.
# * No problem needs that you have solved the ones before. Where a line of an earlier problem is wanted,
#   write it out again.
# * Save, and `autograder check ps6` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows
#   what is left in the whole course.

# %% given="imports"
import numpy as np
from sklearn.datasets import load_digits

# %% [markdown]
# The next cell holds the tools of the checks. You may use them for your own experiments and need
# not read them.

# %% given="checks" part="checks"

# %% [markdown]
# Some visible checks use random numbers. Write your name or your student number between the quotation
# marks, and they are yours: the same whenever you run the notebook, others than your neighbour's. It
# makes no difference to your points.

# %% id="identity"
IDENTITY = ""

# %% given="variants" part="variants"

# %% [markdown]
# The network is the one of problem set 4, with tanh in the hidden layers and softmax at the end,
# written as three functions that you may use. The loss is the mean cross-entropy, and targets `d` are
# one-hot, shape `(T, K)` for $K$ classes. How many layers there are, and how wide, follows from `params`.


# %% given="network"
def outputs(params, X):
    """Probabilities of the classes, shape (T, K), for inputs X of shape (T, D_0)."""
    N, Y = len(params) // 2, X
    for k in range(1, N):
        Y = np.tanh(Y @ params[f"W{k}"].T + params[f"b{k}"])
    Z = Y @ params[f"W{N}"].T + params[f"b{N}"]
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def loss(params, X, d):
    """Mean cross-entropy over the instances, a number."""
    of_target = np.maximum(outputs(params, X), 1e-300)
    return float(-(d * np.log(of_target)).sum(axis=1).mean())


def gradients(params, X, d):
    """Gradients of `loss` to all parameters, a dict like params."""
    N, Ys, found = len(params) // 2, [X], {}
    for k in range(1, N):
        Ys.append(np.tanh(Ys[-1] @ params[f"W{k}"].T + params[f"b{k}"]))
    dZ = outputs(params, X) - d
    for k in range(N, 0, -1):
        found[f"W{k}"], found[f"b{k}"] = dZ.T @ Ys[k - 1] / len(X), dZ.mean(axis=0)
        dZ = (dZ @ params[f"W{k}"]) * (1 - Ys[k - 1] ** 2)
    return found


# %% [markdown]
# The next cell adds the checks of behaviour that only this problem set needs.


# %% given="training-checks"
def check_params(name, value, shapes):
    """Check a dict of parameters: keys, shapes, finite numbers; return it as arrays of floats."""
    assert value is not None, f"{name} gives None. Is there a return in your function?"
    assert isinstance(value, dict), f"{name} should be a dict, yours is a {type(value).__name__}."
    assert set(value) == set(shapes), (
        f"{name} should have the keys {', '.join(shapes)}, yours has {sorted(value)}."
    )
    return {key: check_array(f'{name}["{key}"]', value[key], shape) for key, shape in shapes.items()}


def check_spread(name, weights, scale):
    """Check that many weights look as if drawn uniformly from [-scale, scale]."""
    assert np.ptp(weights) > 0, f"{name} are all equal: units that begin alike stay alike for ever."
    largest = np.abs(weights).max()
    assert largest <= scale, f"{name} go up to {largest:.4g} in size, but should stay within {scale:g}."
    assert largest > 0.9 * scale, (
        f"{name} go only up to {largest:.4g} in size; they should fill the range to {scale:g}."
    )
    assert weights.min() < 0 < weights.max(), (
        f"{name} all have the same sign: draw from minus scale to scale."
    )
    deviation = weights.std() / scale * np.sqrt(3)
    assert 0.9 < deviation < 1.1, f"{name} are not spread evenly over their range: draw uniformly."


def check_same(name, one, other):
    """Check that two runs with the same seed gave the same."""
    assert same(one, other), (
        f"{name} differ, though rng had the same seed: draw from rng, and from nothing else."
    )


def check_other(name, one, other):
    """Check that two runs with different random numbers gave different things."""
    assert not same(one, other), f"{name} are the same, though their random numbers differ: draw from rng."


def check_batches(name, value, T, size):
    """Check that mini-batches hold every instance once; return them as arrays."""
    assert isinstance(value, (list, tuple)), f"{name} should be a list, yours is a {type(value).__name__}."
    batches = [np.array(batch, subok=False) for batch in value]
    for batch in batches:
        whole = batch.ndim == 1 and batch.dtype.kind in "iu"
        assert whole, f"each mini-batch of {name} should hold whole numbers, one has {batch.dtype}."
    every = np.concatenate([np.zeros(0, dtype=int), *batches])
    assert set(every.tolist()) <= set(range(T)), f"{name} holds {every.max()}; instances are 0 to {T - 1}."
    twice = len(every) - len(set(every.tolist()))
    assert not twice, (
        f"{name} holds {twice} instances more than once. Shuffle them: that is drawing without putting back."
    )
    missing = sorted(set(range(T)) - set(every.tolist()))
    assert not missing, (
        f"{name} leaves {len(missing)} of {T} instances out. The last mini-batch may be shorter."
    )
    sizes = [len(batch) for batch in batches]
    wanted = [min(size, T - n) for n in range(0, T, size)]
    assert sizes == wanted, f"{name} should have mini-batches of {wanted}, yours have {sizes}."
    return batches


def check_shuffled(name, batches):
    """Check that mini-batches are made of instances from everywhere."""
    order = np.concatenate(batches)
    assert (np.diff(order) != 1).any(), (
        f"{name} go through the instances in their old order: shuffle them first."
    )
    runs = [np.ptp(batch) == len(batch) - 1 for batch in batches if len(batch) > 1]
    assert not all(runs), f"{name} hold neighbours only: shuffle the instances, not the mini-batches."


def watched(gradients):
    """A function like `gradients`, and the list of the (params, X) that it has been asked for."""
    asked = []

    def watch(params, X, d):
        asked.append((params, X))
        return gradients(params, X, d)

    return watch, asked


def check_asked(name, asked, X, batches):
    """Check that gradients were asked for once for each mini-batch, with its instances."""
    times = len(asked)
    assert times == len(batches), (
        f"{name} asks for gradients {times} times for {len(batches)} mini-batches. One answer holds the "
        "gradients of all parameters, taken at the old ones; move all of them together."
    )
    for (_, rows), batch in zip(asked, batches, strict=True):
        assert same(np.asarray(rows), X[batch]), (
            f"{name} asks for gradients of {len(rows)} instances, not of the mini-batch."
        )


def pretended(losses):
    """A pretended training in which epoch m has the losses that `losses` lists for each set.

    Gives advance, measure, sets as in problem 11, and the list of the (name of the set, epoch) asked for.
    """
    asked, names = [], list(losses)

    def advance(params):
        return {"W1": params["W1"] + 1.0}

    def measure(params, X, d):
        name, epoch = names[int(np.asarray(X)[0, 0])], int(np.asarray(params["W1"])[0, 0])
        asked.append((name, epoch))
        return float(losses[name][min(epoch, len(losses[name]) - 1)])

    sets = {name: (np.full((2, 1), float(n)), np.full((2, 1), float(n))) for n, name in enumerate(names)}
    return advance, measure, sets, asked


def check_fit(name, result, asked, losses, best, last):
    """Check what `fit` made of a pretended training whose best epoch and last epoch are known."""
    tested = sorted({epoch for set_name, epoch in asked if set_name == "test"})
    assert len(tested) <= 1, (
        f"{name} looks at the test set after {len(tested)} different epochs. A set that helps to decide when "
        "to stop can no longer tell how good the network is: use it once, at the end."
    )
    assert isinstance(result, dict), f"{name} should be a dict, yours is a {type(result).__name__}."
    wanted = ["params", "epoch", "validation", "test"]
    assert set(result) == set(wanted), (
        f"{name} should have the keys {', '.join(wanted)}, yours has {sorted(result)}."
    )
    seen = [float(value) for value in losses["validation"][: last + 1]]
    given = np.atleast_1d(np.asarray(result["validation"], dtype=float)).tolist()
    on_train = (losses["train"] + losses["train"][-1:] * len(given))[: len(given)]
    assert given != on_train, (
        f"{name} stops by the losses of the training set, which go on falling: use the validation set."
    )
    assert given == seen, (
        f'{name}["validation"] should hold the losses of epochs 0 to {last}, {seen}; yours holds {given}.'
    )
    weights = check_array(
        f'{name}["params"]["W1"]', check_params(name, result["params"], {"W1": (1, 1)})["W1"], (1, 1)
    )
    assert weights[0, 0] != last or last == best, (
        f"{name} returns the last parameters, of epoch {last}; those of the best epoch, {best}, were wanted."
    )
    check_values(f'{name}["params"]["W1"]', weights, [[float(best)]], "In this check W1 counts the epochs.")
    check_values(f'{name}["epoch"]', result["epoch"], best, "Epochs count from 0, the state before training.")
    check_values(
        f'{name}["test"]',
        result["test"],
        losses["test"][best],
        "The test loss is that of the parameters returned.",
    )


def check_learns(name, params, X, d, most):
    """Check that a network has a small loss."""
    assert isinstance(params, dict) and "W1" in params, (
        f"{name} should give a dict of parameters, W1, b1, ..."
    )
    assert "W2" in params, f"{name} gives a network without a hidden layer, which cannot do XOR."
    with np.errstate(all="ignore"):
        reached = loss({key: np.asarray(value, dtype=float) for key, value in params.items()}, X, d)
    assert np.isfinite(reached), f"{name} gives parameters that are not finite. Take a smaller step."
    assert reached <= most, (
        f"{name} reaches the loss {reached:.3g}; it should be at most {most:g}. Guessing gives 0.693."
    )


def check_reads(name, params, X, d, least):
    """Check that a network tells enough digits apart."""
    assert isinstance(params, dict) and "W1" in params, (
        f"{name} should give a dict of parameters, W1, b1, ..."
    )
    with np.errstate(all="ignore"):
        Y = outputs({key: np.asarray(value, dtype=float) for key, value in params.items()}, X)
    assert np.isfinite(Y).all(), f"{name} gives parameters that are not finite. Take a smaller step."
    right = np.mean(Y.argmax(axis=1) == d.argmax(axis=1))
    assert right >= least, f"{name} reads {right:.1%} of digits that it has not seen; {least:.0%} are wanted."


# %% [markdown]
# ## Problem 1. Where to begin (2 points)
#
# All weights equal is the one beginning that does not work: units that have equal weights get equal
# gradients and stay equal for ever, and the layer might as well have a single unit. Large weights
# saturate the units. So weights begin **small and different**: each one, and each bias, is drawn
# uniformly from $-s$ to $s$.


# %% solution="init"
def init(widths, rng, scale=0.05):
    """Small random parameters.

    Parameters
    ----------
    widths : sequence of int
        D_0, D_1, ..., D_N: the inputs, then the units of each layer.
    rng : np.random.Generator
    scale : float
        Every weight and bias is uniform in [-scale, scale].

    Returns
    -------
    dict
        "W1" of shape (D_1, D_0), "b1" of shape (D_1,), "W2", "b2", ...

    Examples
    --------
    >>> params = init([3, 5, 2], np.random.default_rng(0))
    >>> {key: value.shape for key, value in params.items()}
    {'W1': (5, 3), 'b1': (5,), 'W2': (2, 5), 'b2': (2,)}
    """
    # Hint: rng.uniform(low, high, shape).
    ### BEGIN SOLUTION
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = rng.uniform(-scale, scale, (widths[k], widths[k - 1]))
        params[f"b{k}"] = rng.uniform(-scale, scale, widths[k])
    return params
    ### END SOLUTION


# %% test="test-init" points=2
params = check_params(
    "init([30, 40, 2], rng)",
    call(init, [30, 40, 2], variant_rng("init")),
    {"W1": (40, 30), "b1": (40,), "W2": (2, 40), "b2": (2,)},
)
check_spread("the weights W1 of init([30, 40, 2], rng)", params["W1"], 0.05)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
shapes = {"W1": (60, 50), "b1": (60,), "W2": (60, 60), "b2": (60,), "W3": (1, 60), "b3": (1,)}
params = check_params(
    "init([50, 60, 60, 1], rng, 0.3)", call(init, [50, 60, 60, 1], hidden_rng("init"), 0.3), shapes
)
check_spread("the weights W2 of init([50, 60, 60, 1], rng, 0.3)", params["W2"], 0.3)
check_same(
    "two results of init with generators of one seed",
    call(init, [4, 3], np.random.default_rng(61)),
    call(init, [4, 3], np.random.default_rng(61)),
)
check_other(
    "two results of init with generators of two seeds",
    call(init, [4, 3], np.random.default_rng(61)),
    call(init, [4, 3], np.random.default_rng(62)),
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. A step (2 points)
#
# Downhill, for every parameter, weights and biases alike:
#
# {formula:gradient-step}


# %% solution="step"
def step(params, grads, eta):
    """One step of gradient descent.

    Parameters
    ----------
    params, grads : dicts of arrays with equal keys and shapes
    eta : float
        The step size.

    Returns
    -------
    dict
        New parameters.

    Examples
    --------
    >>> step({"b1": np.array([1.0, 2.0])}, {"b1": np.array([10.0, -10.0])}, eta=0.1)
    {'b1': array([0., 3.])}
    """
    # Hint: a dict comprehension over the keys makes new arrays and leaves the old ones alone.
    ### BEGIN SOLUTION
    return {key: params[key] - eta * grads[key] for key in params}
    ### END SOLUTION


# %% test="test-step" points=2
params = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([0.5])}
grads = {"W1": np.array([[0.5, 1.0]]), "b1": np.array([-2.0])}
check_dict(
    "step(params, grads, 0.1)",
    call(step, params, grads, 0.1),
    {"W1": [[0.95, -2.1]], "b1": [0.7]},
    mistakes={
        "a step uphill: the gradient points to where the loss grows": {"W1": [[1.05, -1.9]], "b1": [0.3]},
        "a step without eta": {"W1": [[0.5, -3.0]], "b1": [2.5]},
        "the bias as it was: biases learn, too": {"b1": [0.5]},
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("step")
net = mlpkit.MLP((3, 4, 2), hidden=mlpkit.tanh)
params, grads = net.init(rng, scale=1.0), net.init(rng, scale=2.0)
check_dict("step for two layers", call(step, params, grads, 0.3), mlpkit.SGD(0.3).update(params, grads)[0])
check_dict(
    "step at a minimum",
    call(step, params, {key: np.zeros(value.shape) for key, value in params.items()}, 0.3),
    params,
)
check_keeps_input("step", step, params, grads, 0.3)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. Momentum (4 points)
#
# In a long valley the gradient points across, and plain descent zigzags. Momentum keeps a share
# $\alpha$ of the last change, so that what points the same way step after step adds up, and what
# changes its sign cancels:
#
# {formula:momentum-change}
#
# {formula:weight-update}
#
# (`changes` holds $\Delta$; before the first step it is zero everywhere. Some programs keep the
# opposite sign and subtract. Here $\Delta$ is what is **added**.)


# %% solution="momentum-step"
def momentum_step(params, grads, changes, eta, alpha):
    """One step of gradient descent with momentum.

    Parameters
    ----------
    params, grads, changes : dicts of arrays with equal keys and shapes
        changes are those of the step before.
    eta, alpha : float
        Step size and momentum.

    Returns
    -------
    new_params, new_changes : dicts

    Examples
    --------
    >>> b, g, c = {"b1": np.array([1.0])}, {"b1": np.array([2.0])}, {"b1": np.array([0.5])}
    >>> momentum_step(b, g, c, eta=0.1, alpha=0.8)
    ({'b1': array([1.2])}, {'b1': array([0.2])})
    """
    # Hint: first the new changes, for all keys; then the new parameters from them.
    ### BEGIN SOLUTION
    new_changes = {key: alpha * changes[key] - eta * grads[key] for key in params}
    return {key: params[key] + new_changes[key] for key in params}, new_changes
    ### END SOLUTION


# %% test="test-momentum-changes" points=2
params = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([0.5])}
grads = {"W1": np.array([[0.5, 1.0]]), "b1": np.array([-2.0])}
changes = {"W1": np.array([[0.2, -0.4]]), "b1": np.array([0.1])}
pair = check_tuple(
    "momentum_step(params, grads, changes, 0.1, 0.5)",
    call(momentum_step, params, grads, changes, 0.1, 0.5),
    2,
)
check_dict(
    "the new changes of momentum_step(params, grads, changes, 0.1, 0.5)",
    pair[1],
    {"W1": [[0.05, -0.3]], "b1": [0.25]},
    mistakes={
        "the one with the wrong sign of the momentum: a share of the last change is kept, not taken back": {
            "W1": [[-0.15, 0.1]],
            "b1": [0.15],
        },
        "the right one with the opposite sign: here the change is what is added": {
            "W1": [[-0.05, 0.3]],
            "b1": [-0.25],
        },
        "the one that goes uphill: the gradient is subtracted": {"W1": [[0.15, -0.1]], "b1": [-0.15]},
        "the one without momentum": {"W1": [[-0.05, -0.1]], "b1": [0.2]},
        "a mixture with alpha and 1 - alpha: here the gradient keeps its whole weight eta": {
            "W1": [[0.075, -0.25]],
            "b1": [0.15],
        },
        "the one in which eta shortens the momentum, too": {"W1": [[-0.04, -0.12]], "b1": [0.205]},
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("momentum-changes")
net = mlpkit.MLP((3, 4, 2), hidden=mlpkit.tanh)
params, grads, changes = (net.init(rng, scale=s) for s in (1.0, 2.0, 0.5))
pair = check_tuple("momentum_step", call(momentum_step, params, grads, changes, 0.3, 0.9), 2)
check_dict(
    "the new changes of momentum_step for two layers",
    pair[1],
    mlpkit.SGD(0.3, 0.9).update(params, grads, changes)[1],
)
check_keeps_input("momentum_step", momentum_step, params, grads, changes, 0.3, 0.9)
### END HIDDEN TESTS

# %% test="test-momentum-params" points=2
params = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([0.5])}
grads = {"W1": np.array([[0.5, 1.0]]), "b1": np.array([-2.0])}
changes = {"W1": np.array([[0.2, -0.4]]), "b1": np.array([0.1])}
pair = check_tuple(
    "momentum_step(params, grads, changes, 0.1, 0.5)",
    call(momentum_step, params, grads, changes, 0.1, 0.5),
    2,
)
check_dict(
    "the new parameters of momentum_step(params, grads, changes, 0.1, 0.5)",
    pair[0],
    {"W1": [[1.05, -2.3]], "b1": [0.75]},
    mistakes={
        "the one moved by the old changes: take those of this step": {"W1": [[1.2, -2.4]], "b1": [0.6]},
        "the one moved the other way": {"W1": [[0.95, -1.7]], "b1": [0.25]},
        "the one with the wrong sign of the momentum: a share of the last change is kept, not taken back": {
            "W1": [[0.85, -1.9]],
            "b1": [0.65],
        },
        "a plain step, without momentum": {"W1": [[0.95, -2.1]], "b1": [0.7]},
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

# The two steps of the worked example of lecture 9.
net = mlpkit.MLP((2, 2, 1), hidden=mlpkit.sigmoid, output=mlpkit.sigmoid)
params = {
    "W1": np.full((2, 2), 0.1),
    "b1": np.full(2, 0.1),
    "W2": np.full((1, 2), 0.1),
    "b2": np.full(1, 0.1),
}
nothing = {key: np.zeros(value.shape) for key, value in params.items()}
grads = dict(net.backward(params, net.forward(params, [[1.0, 0.0]]), [[0.9]]))
pair = check_tuple("momentum_step", call(momentum_step, params, grads, nothing, 0.2, 0.9), 2)
check_dict(
    "the parameters after the first step of the worked example",
    pair[0],
    {"W2": [[0.10945, 0.10945]], "b2": [0.11719], "W1": [[0.10043, 0.1]] * 2, "b1": [0.10043] * 2},
    tolerance=1e-5,
)
after = mlpkit.SGD(0.2, 0.9).update(params, grads)
grads = dict(net.backward(after[0], net.forward(after[0], [[0.0, 1.0]]), [[-0.3]]))
pair = check_tuple("momentum_step", call(momentum_step, *(after[0], grads, after[1]), 0.2, 0.9), 2)
check_dict(
    "the parameters after the second step of the worked example",
    pair[0],
    {"W2": [[0.09467, 0.09467]], "b2": [0.09031], "W1": [[0.10081, 0.09885]] * 2, "b1": [0.09966] * 2},
    tolerance=1e-5,
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. A penalty on large weights (4 points)
#
# A network that fits noise needs large weights for it. The penalty makes them cost something:
#
# {formula:penalty-squares}
#
# The sum runs over all **weights** of all layers. Biases shift a unit and do not make it steep; they
# are left alone. So the penalty's derivative to a bias is 0, and to a weight
#
# {formula:penalty-squares-slope}


# %% solution="penalty"
def penalty(params, lam):
    """Half of lam times the sum of the squares of all weights; biases do not count.

    Examples
    --------
    >>> print(round(float(penalty({"W1": np.array([[1.0, 2.0]]), "b1": np.array([7.0])}, lam=0.1)), 6))
    0.25
    """
    # Hint: key.startswith("W") tells weights from biases.
    ### BEGIN SOLUTION
    return lam / 2 * sum((value**2).sum() for key, value in params.items() if key.startswith("W"))
    ### END SOLUTION


def penalty_gradients(params, lam):
    """Gradients of `penalty` to all parameters: a dict with the keys and shapes of params.

    Examples
    --------
    >>> penalty_gradients({"W1": np.array([[1.0, 2.0]]), "b1": np.array([7.0])}, lam=0.1)
    {'W1': array([[0.1, 0.2]]), 'b1': array([0.])}
    """
    # Hint: np.zeros_like for the biases.
    ### BEGIN SOLUTION
    return {
        key: lam * value if key.startswith("W") else np.zeros_like(value) for key, value in params.items()
    }
    ### END SOLUTION


# %% test="test-penalty" points=1
params = {
    "W1": np.array([[1.0, -2.0], [0.0, 3.0]]),
    "b1": np.array([5.0, 1.0]),
    "W2": np.array([[2.0, 0.0]]),
    "b2": np.array([-4.0]),
}
check_values(
    "penalty(params, 0.1)",
    call(penalty, params, 0.1),
    0.9,
    mistakes={
        "the one that penalises biases, too": 3.0,
        "the one without the half": 1.8,
        "the one without lambda": 9.0,
        "the one with magnitudes in place of squares": 0.8,
        "the one with the mean in place of the sum": 0.15,
        "the one of the first layer only": 0.7,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

params = mlpkit.MLP((3, 5, 4, 2), hidden=mlpkit.tanh).init(hidden_rng("penalty"), scale=1.0)
check_values("penalty for three layers", call(penalty, params, 0.03), mlpkit.penalty_value(params, 0.03))
check_values("penalty(params, 0)", call(penalty, params, 0.0), 0.0)
### END HIDDEN TESTS

# %% test="test-penalty-own" points=1
rng = variant_rng("penalty")
params = {
    "W1": rng.uniform(0.5, 1.5, size=(3, 2)),
    "b1": rng.uniform(0.5, 1.5, size=3),
    "W2": rng.uniform(0.5, 1.5, size=(1, 3)),
    "b2": np.ones(1),
}
found = check_params(
    "penalty_gradients(params, 0.5)",
    call(penalty_gradients, params, 0.5),
    {key: value.shape for key, value in params.items()},
)
check_slopes(
    'penalty_gradients(params, 0.5)["W1"]',
    found["W1"],
    "penalty",
    lambda W: penalty(params | {"W1": W}, 0.5),
    params["W1"],
    (),
)
check_values(
    'penalty_gradients(params, 0.5)["b1"]',
    found["b1"],
    differences("penalty", lambda b: penalty(params | {"b1": b}, 0.5), params["b1"], ()),
    "The first number is the central difference of your own penalty: one of the two is wrong.",
    tolerance=1e-6,
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
rng = hidden_rng("penalty-own")
params = {
    "W1": rng.uniform(0.5, 1.5, size=(2, 4)),
    "b1": rng.uniform(0.5, 1.5, size=2),
    "W2": rng.uniform(-1.5, -0.5, size=(3, 2)),
    "b2": np.ones(3),
}
found = check_params(
    "penalty_gradients(params, 2)",
    call(penalty_gradients, params, 2.0),
    {key: value.shape for key, value in params.items()},
)
check_slopes(
    'penalty_gradients(params, 2)["W2"]',
    found["W2"],
    "penalty",
    lambda W: penalty(params | {"W2": W}, 2.0),
    params["W2"],
    (),
)
### END HIDDEN TESTS

# %% test="test-penalty-reference" points=2
params = {
    "W1": np.array([[1.0, -2.0], [0.0, 3.0]]),
    "b1": np.array([5.0, 1.0]),
    "W2": np.array([[2.0, 0.0]]),
    "b2": np.array([-4.0]),
}
check_dict(
    "penalty_gradients(params, 0.1)",
    call(penalty_gradients, params, 0.1),
    {"W1": [[0.1, -0.2], [0.0, 0.3]], "b1": [0.0, 0.0], "W2": [[0.2, 0.0]], "b2": [0.0]},
    mistakes={
        "the gradient of a penalty on the biases: they are left alone": {"b1": [0.5, 0.1], "b2": [-0.4]},
        "twice the right one: the half cancels the 2 of the square": {
            "W1": [[0.2, -0.4], [0.0, 0.6]],
            "W2": [[0.4, 0.0]],
        },
        "half the right one: the square brings a factor 2 down": {
            "W1": [[0.05, -0.1], [0.0, 0.15]],
            "W2": [[0.1, 0.0]],
        },
        "the right one without lambda": {"W1": [[1.0, -2.0], [0.0, 3.0]], "W2": [[2.0, 0.0]]},
        "the gradient of the penalty on magnitudes": {"W1": [[0.1, -0.1], [0.0, 0.1]], "W2": [[0.1, 0.0]]},
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

params = mlpkit.MLP((3, 5, 4, 2), hidden=mlpkit.tanh).init(hidden_rng("penalty-gradients"), scale=1.0)
check_dict(
    "penalty_gradients for three layers",
    call(penalty_gradients, params, 0.03),
    {key: mlpkit.penalty_gradient(key, value, 0.03) for key, value in params.items()},
)
check_keeps_input("penalty_gradients", penalty_gradients, params, 0.03)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. Weight decay (2 points)
#
# Put loss and penalty into one step, and every weight shrinks by the same share before it moves:
#
# {formula:weight-decay-step}
#
# Biases take a plain step. Mind the factor: the share is $\eta\lambda$. Some texts print $-\lambda w$,
# where $\lambda$ stands for our $\eta\lambda$. The strength of the penalty would then change whenever
# you change the step.


# %% solution="decay-step"
def decay_step(params, grads, eta, lam):
    """One step down loss and penalty together.

    Parameters
    ----------
    params, grads : dicts of arrays
        grads are those of the loss alone.
    eta, lam : float
        Step size, and strength of the penalty on weights.

    Returns
    -------
    dict
        New parameters.

    Examples
    --------
    >>> params = {"W1": np.array([[10.0]]), "b1": np.array([10.0])}
    >>> decay_step(params, {"W1": np.array([[1.0]]), "b1": np.array([1.0])}, eta=0.5, lam=0.2)
    {'W1': array([[8.5]]), 'b1': array([9.5])}
    """
    # Hint: add the penalty's gradient to that of the loss, and take a step.
    ### BEGIN SOLUTION
    shrink = {key: 1 - eta * lam if key.startswith("W") else 1.0 for key in params}
    return {key: shrink[key] * params[key] - eta * grads[key] for key in params}
    ### END SOLUTION


# %% test="test-decay-step" points=2
params = {"W1": np.array([[1.0, -2.0]]), "b1": np.array([0.5])}
grads = {"W1": np.array([[0.5, 1.0]]), "b1": np.array([-2.0])}
check_dict(
    "decay_step(params, grads, eta=0.1, lam=0.5)",
    call(decay_step, params, grads, 0.1, 0.5),
    {"W1": [[0.9, -2.0]], "b1": [0.7]},
    mistakes={
        "the one with lambda w in place of eta lambda w": {"W1": [[0.45, -1.1]]},
        "the one in which biases shrink, too: they are left alone": {"b1": [0.675]},
        "the one that shrinks after the step: both gradients are taken at the old weights": {
            "W1": [[0.9025, -1.995]]
        },
        "the one whose weights grow: the penalty pulls towards 0": {"W1": [[1.0, -2.2]]},
        "a step without the penalty": {"W1": [[0.95, -2.1]]},
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("decay-step")
net = mlpkit.MLP((3, 4, 2), hidden=mlpkit.tanh)
params, grads = net.init(rng, scale=1.0), net.init(rng, scale=2.0)
check_dict(
    "decay_step for two layers",
    call(decay_step, params, grads, 0.3, 0.2),
    mlpkit.SGD(0.3, penalty=0.2).update(params, grads)[0],
)
check_dict(
    "decay_step with lam=0",
    call(decay_step, params, grads, 0.3, 0.0),
    mlpkit.SGD(0.3).update(params, grads)[0],
)
check_keeps_input("decay_step", decay_step, params, grads, 0.3, 0.2)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. Mini-batches (3 points)
#
# The gradient over a mini-batch of $B$ instances is an estimate of that over all of them, for a
# fraction of the work:
#
# {formula:mini-batch-gradient}
#
# It is a fair estimate only if the mini-batch is a fair sample, so the instances are **shuffled anew
# before every epoch**. Data often come sorted by class; without shuffling, a mini-batch would show the
# network one class only. In an epoch every instance has its turn exactly once. If $B$ does not
# divide $T$, the last mini-batch is shorter.


# %% solution="mini-batches"
def mini_batches(T, size, rng):
    """The instances of one epoch, shuffled and cut into mini-batches.

    Parameters
    ----------
    T : int
        Number of instances; they are called 0, 1, ..., T - 1.
    size : int
        Instances in a mini-batch; the last one may have fewer.
    rng : np.random.Generator
        Shuffles. It goes on by itself, so that the next call gives another order.

    Returns
    -------
    list of arrays of int

    Examples
    --------
    >>> batches = mini_batches(T=5, size=2, rng=np.random.default_rng(0))
    >>> [len(batch) for batch in batches], sorted(np.concatenate(batches).tolist())
    ([2, 2, 1], [0, 1, 2, 3, 4])
    """
    # Hint: rng.permutation(T), and slices from 0, size, 2 * size, ...
    ### BEGIN SOLUTION
    order = rng.permutation(T)
    return [order[n : n + size] for n in range(0, T, size)]
    ### END SOLUTION


# %% test="test-mini-batches" points=3
batches = check_batches(
    "mini_batches(T=20, size=4, rng)", call(mini_batches, 20, 4, variant_rng("batches")), 20, 4
)
check_shuffled("the mini-batches of mini_batches(T=20, size=4, rng)", batches)
visible_checks_passed(hidden=6)
### BEGIN HIDDEN TESTS
batches = check_batches(
    "mini_batches(T=50, size=8, rng)", call(mini_batches, 50, 8, hidden_rng("batches")), 50, 8
)
check_shuffled("the mini-batches of mini_batches(T=50, size=8, rng)", batches)
check_batches("mini_batches(T=3, size=10, rng)", call(mini_batches, 3, 10, hidden_rng("few")), 3, 10)
check_batches("mini_batches(T=4, size=1, rng)", call(mini_batches, 4, 1, hidden_rng("single")), 4, 1)
rng = hidden_rng("epochs")
check_other("the mini-batches of two epochs", call(mini_batches, 30, 5, rng), call(mini_batches, 30, 5, rng))
check_same(
    "the mini-batches of two runs",
    [batch.tolist() for batch in call(mini_batches, 30, 5, np.random.default_rng(63))],
    [batch.tolist() for batch in call(mini_batches, 30, 5, np.random.default_rng(63))],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. One epoch (4 points)
#
# Go through the mini-batches of an epoch and take a step for each, with momentum and penalty:
#
# {formula:momentum-decay-change}
#
# Three things are easy to get wrong. All gradients of a step are taken at the **old** parameters, the
# next mini-batch sees the **new** ones, and the changes go on from one mini-batch to the next.


# %% solution="run-epoch"
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    """One epoch of training.

    Parameters
    ----------
    params, changes : dicts of arrays
        Parameters, and their changes in the last step.
    X, d : arrays (T, D_0) and (T, K)
        All instances, with their targets.
    batches : list of arrays of int
        The mini-batches, in the order in which they have their turn.
    gradients : function
        gradients(params, X, d) gives a dict: gradients of the mean loss over the rows of X.
    eta, alpha, lam : float
        Step size, momentum, strength of the penalty on weights.

    Returns
    -------
    params, changes : dicts
        After the last mini-batch.

    Examples
    --------
    >>> pull = lambda params, X, d: {"W1": np.array([[1.0]])}
    >>> one = {"W1": np.array([[0.0]])}
    >>> run_epoch(one, one, np.zeros((3, 1)), np.zeros((3, 1)), [[0, 2], [1]], pull, 0.1, 0.5, 0.0)
    ({'W1': array([[-0.25]])}, {'W1': array([[-0.15]])})
    """
    # Hint: X[batch] are the rows of a mini-batch. Ask for gradients once a mini-batch.
    ### BEGIN SOLUTION
    for batch in batches:
        found = gradients(params, X[batch], d[batch])
        pulls = {key: lam * params[key] if key.startswith("W") else 0.0 for key in params}
        changes = {key: alpha * changes[key] - eta * (found[key] + pulls[key]) for key in params}
        params = {key: params[key] + changes[key] for key in params}
    return params, changes
    ### END SOLUTION


# %% test="test-run-epoch" points=4
def line_gradients(params, X, d):
    """Gradients of half the mean squared error of a straight line, d = W1 x + b1."""
    error = X @ params["W1"].T + params["b1"] - d
    return {"W1": error.T @ X / len(X), "b1": error.mean(axis=0)}


X, d = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[2.0], [3.0], [5.0], [4.0]])
params, changes = (
    {"W1": np.array([[1.0]]), "b1": np.array([2.0])},
    {"W1": np.array([[0.5]]), "b1": np.array([-1.0])},
)
batches = [np.array([2, 0]), np.array([3])]
name = "run_epoch(params, changes, X, d, [[2, 0], [3]], gradients, 0.1, 0.5, 0.2)"
watch, asked = watched(line_gradients)
pair = check_tuple(name, call(run_epoch, params, changes, X, d, batches, watch, 0.1, 0.5, 0.2), 2)
check_asked(name, asked, X, batches)
check_dict(
    f"the new parameters of {name}",
    pair[0],
    {"W1": [[0.3784]], "b1": [0.958]},
    mistakes={
        "the one with all gradients at the first parameters: the second mini-batch sees the new ones": {
            "W1": [[0.4464]],
            "b1": [0.975],
        },
        "the one whose changes begin anew with each mini-batch: momentum goes on": {
            "W1": [[0.2434]],
            "b1": [1.783],
        },
        "the one that takes lambda w in place of eta lambda w": {"W1": [[0.22]], "b1": [1.03]},
        "the one with the sum of the gradients of a mini-batch in place of their mean": {
            "W1": [[0.4044]],
            "b1": [0.908],
        },
        "the one without the penalty": {"W1": [[0.4]], "b1": [0.95]},
        "the one that penalises biases, too": {"W1": [[0.3944]], "b1": [0.8738]},
    },
)
check_dict(f"the new changes of {name}", pair[1], {"W1": [[-0.8016]], "b1": [-0.492]})
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("run-epoch")
net = mlpkit.MLP((3, 5, 4), hidden=mlpkit.tanh, output=mlpkit.softmax, divergence=mlpkit.cross_entropy)
params, changes = net.init(rng, scale=1.0), net.init(rng, scale=0.1)
X, d = rng.normal(size=(11, 3)), np.eye(4)[rng.integers(4, size=11)]
batches = np.split(rng.permutation(11), [4, 8])
wanted = params, changes
for batch in batches:
    grads = dict(net.backward(wanted[0], net.forward(wanted[0], X[batch]), d[batch]))
    wanted = mlpkit.SGD(0.3, 0.9, penalty=0.05).update(wanted[0], grads, wanted[1])
watch, asked = watched(gradients)
pair = check_tuple("run_epoch", call(run_epoch, params, changes, X, d, batches, watch, 0.3, 0.9, 0.05), 2)
check_asked("run_epoch with mini-batches of 4, 4 and 3", asked, X, batches)
check_dict("the new parameters of run_epoch with mini-batches of 4, 4 and 3", pair[0], wanted[0])
check_dict("the new changes of run_epoch with mini-batches of 4, 4 and 3", pair[1], wanted[1])
check_keeps_input("run_epoch", run_epoch, params, changes, X, d, batches, gradients, 0.3, 0.9, 0.05)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. How often it is right (1 point)
#
# The loss is what training makes small. What people ask for is the accuracy, the share of instances
# whose most probable class is the right one:
#
# {formula:accuracy}
#
# ($\hat c_t$ is the class with the largest output, $c_t$ that with the largest target, and $\delta$ is 1
# where the two are equal, else 0.)


# %% solution="accuracy"
def accuracy(Y, d):
    """Share of the rows in which the largest output stands where the largest target stands.

    Parameters
    ----------
    Y, d : arrays (T, K)
        Outputs, and targets of any coding (0 and 1, or 0.1 and 0.9).

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> print(accuracy(np.array([[0.4, 0.6], [0.9, 0.1]]), np.array([[0.0, 1.0], [0.0, 1.0]])))
    0.5
    """
    # Hint: np.argmax along axis 1, and the mean of truth values.
    ### BEGIN SOLUTION
    return np.mean(Y.argmax(axis=1) == d.argmax(axis=1))
    ### END SOLUTION


# %% test="test-accuracy" points=1
Y = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.25, 0.3, 0.45], [0.3, 0.6, 0.1]])
d = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
check_values(
    "accuracy(Y, d)",
    call(accuracy, Y, d),
    0.75,
    mistakes={
        "the number of right instances: accuracy is their share": 3.0,
        "the share of wrong instances": 0.25,
        "the share of single outputs that round to their target: an instance counts as a whole": 10 / 12,
        "the share of rows in which all outputs round to their targets": 0.5,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("accuracy")
Y, classes = rng.dirichlet(np.ones(5), size=40), rng.integers(5, size=40)
check_values(
    "accuracy of 40 x 5", call(accuracy, Y, np.eye(5)[classes]), mlpkit.accuracy(Y, np.eye(5)[classes])
)
check_values(
    "accuracy with targets 0.1 and 0.9",
    call(accuracy, Y, 0.1 + 0.8 * np.eye(5)[classes]),
    mlpkit.accuracy(Y, np.eye(5)[classes]),
    "Look for the largest target, not for 1.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. Inputs on one scale (3 points)
#
# Descent is quick when all inputs vary about equally. So each column is shifted and scaled to mean 0 and
# deviation 1:
#
# {formula:standardised-input}
#
# $\mu_i$ and $\sigma_i$ are those of column $i$ of the **training** set, for the other sets as well:
# the network must see a picture in the same way whichever set it is in, and nothing about the test
# set may leak into training. A column that never changes has $\sigma_i=0$; it becomes 0 in the
# training set, and is divided by 1 elsewhere.


# %% solution="standardise"
def standardise(train, other):
    """Scale two sets with the means and deviations of the first.

    Parameters
    ----------
    train : array (T, D)
        The training set, whose columns give means and deviations.
    other : array (S, D)
        Another set.

    Returns
    -------
    train, other : arrays
        Both scaled; columns of train that never change are only shifted, in both.

    Examples
    --------
    >>> standardise(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[7.0, 6.0]]))
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[5., 1.]]))
    """
    # Hint: np.where(deviation > 0, deviation, 1.0) keeps a division by 0 away.
    ### BEGIN SOLUTION
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return (train - mean) / deviation, (other - mean) / deviation
    ### END SOLUTION


# %% test="test-standardise" points=3
train = np.array([[1.0, 10.0, 5.0], [3.0, 30.0, 5.0]])
other = np.array([[5.0, 20.0, 6.0], [4.0, 70.0, 5.0]])
pair = check_tuple("standardise(train, other)", call(standardise, train, other), 2)
check_values(
    "the training set of standardise(train, other)",
    pair[0],
    [[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]],
    "A column that never changes is divided by 1, not by 0.",
    mistakes={
        "the one that is only shifted: divide by the deviation": [[-1.0, -10.0, 0.0], [1.0, 10.0, 0.0]],
        "the one with means and deviations of both sets together: the other set leaks into training": [
            [-1.52127766, -0.98787834, -0.57735027],
            [-0.16903085, -0.10976426, -0.57735027],
        ],
        "the one with deviations that divide by T - 1": [
            [-0.70710678, -0.70710678, 0.0],
            [0.70710678, 0.70710678, 0.0],
        ],
    },
)
check_values(
    "the other set of standardise(train, other)",
    pair[1],
    [[3.0, 0.0, 1.0], [2.0, 5.0, 0.0]],
    mistakes={
        "the one scaled by its own means and deviations: use those of the training set": [
            [1.0, -1.0, 1.0],
            [-1.0, 1.0, -1.0],
        ],
        "the other set as it was": other,
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
from sklearn.preprocessing import StandardScaler

rng = hidden_rng("standardise")
train, other = 3 + 2 * rng.normal(size=(20, 4)), rng.normal(size=(7, 4))
train[:, 2] = other[:, 2] = 0.25
scaler = StandardScaler().fit(train)
pair = check_tuple("standardise of 20 x 4 and 7 x 4", call(standardise, train, other), 2)
check_values("the training set of 20 x 4", pair[0], scaler.transform(train))
check_values("the other set of 7 x 4", pair[1], scaler.transform(other))
check_keeps_input("standardise", standardise, train, other)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. When to stop (3 points)
#
# On the training set the loss goes on falling. On the **validation** set, which takes no part in the
# gradients, it falls, reaches a lowest point, and rises again when the network begins to learn the noise.
# That lowest point is what we want. But when training is under way nobody knows whether a
# rise is the turn or a ripple, so we wait: training stops at the first epoch at which the best loss so far
# is `patience` epochs old.
#
# Epoch 0 is the state before training. A loss that is only equal to the best so far is not better.


# %% solution="stopping-point"
def stopping_point(losses, patience):
    """Which epoch is kept, and after which one training stops.

    Parameters
    ----------
    losses : list of float
        The validation losses of epochs 0, 1, 2, ... as they would come in.
    patience : int
        How many epochs in a row may go by without a new best loss.

    Returns
    -------
    best, last : ints
        The best epoch up to the last one, and the last one, which is the end of the list if patience never
        runs out. What comes after the last epoch is never seen.

    Examples
    --------
    >>> stopping_point([5.0, 4.0, 3.0, 3.5, 3.2, 1.0], patience=2)
    (2, 4)
    """
    # Hint: go through the list, remember the best epoch so far, and return as soon as it is old enough.
    ### BEGIN SOLUTION
    best = 0
    for epoch, value in enumerate(losses):
        if value < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1
    ### END SOLUTION


# %% test="test-stopping-point" points=3
name = "stopping_point([5, 4, 3, 3.5, 3.2, 3.1, 3.3, 1, 2], patience=3)"
pair = check_tuple(name, call(stopping_point, [5.0, 4.0, 3.0, 3.5, 3.2, 3.1, 3.3, 1.0, 2.0], 3), 2)
check_values(
    f"the best epoch of {name}",
    pair[0],
    2,
    mistakes={
        "the best epoch of the whole list: what comes after the stop is never seen": 7,
        "the last epoch, where the best was wanted": 5,
        "the epoch before the best: epochs count from 0": 1,
    },
)
check_values(
    f"the last epoch of {name}",
    pair[1],
    5,
    mistakes={
        "the first epoch at which the loss rises: with a patience of 3, wait for three epochs": 3,
        "the epoch before patience runs out": 4,
        "the epoch after patience has run out": 6,
        "the end of the list: training stops when patience runs out": 8,
    },
)
visible_checks_passed(hidden=8)
### BEGIN HIDDEN TESTS
pair = check_tuple(
    "stopping_point of losses that only fall", call(stopping_point, [4.0, 3.0, 2.0, 1.0], 2), 2
)
check_values("the best of losses that only fall", pair[0], 3)
check_values("the last of losses that only fall", pair[1], 3)
pair = check_tuple(
    "stopping_point([2, 1, 1, 1, 0.5], patience=2)", call(stopping_point, [2.0, 1.0, 1.0, 1.0, 0.5], 2), 2
)
check_values("the best of [2, 1, 1, 1, 0.5], patience 2", pair[0], 1, "An equal loss is not better.")
check_values("the last of [2, 1, 1, 1, 0.5], patience 2", pair[1], 3, "An equal loss is not better.")
pair = check_tuple("stopping_point([1, 2, 0.5], patience=1)", call(stopping_point, [1.0, 2.0, 0.5], 1), 2)
check_values(
    "the best of [1, 2, 0.5], patience 1", 10 * pair[0] + pair[1], 1, "It stops at epoch 1 and keeps epoch 0."
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. Training to the end (4 points)
#
# Now the rule of problem 10 drives a real training. There are three sets, and each has one job:
#
# * the **training** set gives the gradients (here they are hidden in `advance`),
# * the **validation** set decides which epoch is kept and when to stop,
# * the **test** set tells how good the network is. It is used once, at the end, for the parameters that are
#   kept. As soon as a set helps to decide anything, its loss is no honest forecast any more.


# %% solution="fit"
def fit(params, advance, measure, sets, patience, most):
    """Train with early stopping.

    Parameters
    ----------
    params : dict
        Parameters at epoch 0.
    advance : function
        advance(params) gives the parameters after one more epoch of training.
    measure : function
        measure(params, X, d) gives the loss on a set.
    sets : dict
        "train", "validation" and "test", each a pair (X, d).
    patience : int
        Stop at the first epoch at which the best one is that old.
    most : int
        Stop after this epoch at the latest.

    Returns
    -------
    dict
        "params": the parameters of the best epoch; "epoch": its number; "validation": the list of
        validation losses of epochs 0 to the last; "test": the loss of these parameters on the test set.
    """
    # Hint: keep the best parameters, the best epoch and the list; the best loss is an entry of the list.
    ### BEGIN SOLUTION
    best, kept = 0, params
    losses = [measure(params, *sets["validation"])]
    while len(losses) <= most and len(losses) - 1 - best < patience:
        params = advance(params)
        losses.append(measure(params, *sets["validation"]))
        if losses[-1] < losses[best]:
            best, kept = len(losses) - 1, params
    return {"params": kept, "epoch": best, "validation": losses, "test": measure(kept, *sets["test"])}
    ### END SOLUTION


# %% test="test-fit" points=4
losses = {
    "train": [5.0, 4.0, 3.0, 2.0, 1.5, 1.2, 1.0, 0.9, 0.8],
    "validation": [5.0, 4.5, 3.5, 3.6, 3.0, 3.2, 3.1, 3.3, 2.0],
    "test": [6.0, 5.0, 4.0, 3.9, 3.8, 3.7, 3.6, 3.5, 3.4],
}
advance, measure, sets, asked = pretended(losses)
result = call(fit, {"W1": np.zeros((1, 1))}, advance, measure, sets, 3, 50)
check_fit("fit(..., patience=3, most=50)", result, asked, losses, best=4, last=7)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
rng = hidden_rng("fit")
steady = {name: np.sort(rng.uniform(1, 2, size=7))[::-1].tolist() for name in ("train", "validation", "test")}
advance, measure, sets, asked = pretended(steady)
result = call(fit, {"W1": np.zeros((1, 1))}, advance, measure, sets, 2, 6)
check_fit("fit(..., patience=2, most=6) where all losses fall", result, asked, steady, best=6, last=6)
rising = {"train": [3.0, 2.0, 1.0, 0.5], "validation": [1.0, 1.0, 1.5, 0.1], "test": [2.0, 1.0, 0.5, 0.1]}
advance, measure, sets, asked = pretended(rising)
result = call(fit, {"W1": np.zeros((1, 1))}, advance, measure, sets, 2, 50)
check_fit(
    "fit(..., patience=2, most=50) where training makes it worse", result, asked, rising, best=0, last=2
)
steady["validation"][3] = steady["validation"][2]
advance, measure, sets, asked = pretended(steady)
result = call(fit, {"W1": np.zeros((1, 1))}, advance, measure, sets, 1, 50)
check_fit("fit(..., patience=1, most=50) where a loss stays equal", result, asked, steady, best=2, last=3)
### END HIDDEN TESTS

# %% [markdown]
# ## Look at what it does
#
# Nothing to hand in here: run the cell and look. It trains a network on only 120 handwritten digits,
# and every fifth of them has been given a wrong label. First the network learns what digits look
# like, and both losses fall. Then it begins to learn the wrong labels by heart: the training loss
# goes on falling, and the validation loss rises. Your `fit` notices, and goes back to the dotted
# line.


# %% id="curves"
import matplotlib.pyplot as plt


def draw_curves():
    """Train on 120 digits, some mislabelled, with the functions above; draw both losses, epoch by epoch."""
    digits = load_digits()
    X, d = digits.data / 16, np.eye(10)[digits.target]
    wrong = d[:120].copy()
    wrong[::5] = np.roll(wrong[::5], 1, axis=1)
    rng, seen = np.random.default_rng(6), []
    first = init([64, 30, 10], rng, 0.3)
    now = {"changes": {key: np.zeros(value.shape) for key, value in first.items()}}

    def advance(params):
        batches = mini_batches(120, 10, rng)
        now["params"], now["changes"] = run_epoch(
            params, now["changes"], X[:120], wrong, batches, gradients, 0.05, 0.9, 0.0
        )
        seen.append(loss(now["params"], X[:120], wrong))
        return now["params"]

    sets = {"train": (X[:120], wrong), "validation": (X[120:400], d[120:400]), "test": (X[400:], d[400:])}
    result = fit(first, advance, loss, sets, patience=30, most=80)
    _, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(range(1, len(seen) + 1), seen, color="#3b6fb6", label="training set")
    axes.plot(result["validation"], color="#d9742b", label="validation set")
    axes.axvline(result["epoch"], color="0.4", linestyle=":", label="kept")
    axes.set(
        xlabel="epoch", ylabel="mean cross-entropy", title=f"The network of epoch {result['epoch']} is kept"
    )
    axes.legend()
    plt.show()
    kept, last = (accuracy(outputs(params, X[400:]), d[400:]) for params in (result["params"], now["params"]))
    print(f"Of digits never seen the network that is kept reads {kept:.1%}, the last one {last:.1%}.")


draw_curves()

# %% [markdown]
# ## Problem 12. XOR (3 points)
#
# Two inputs, two classes, four instances, and no straight line that separates them. In 1969 this was an
# argument against neural networks. Train one that does it, from **any** seed: at the end the loss should be
# at most 0.05.
#
# Choose a hidden layer, a scale for the first weights, a step, a momentum and a number of epochs.
# Weights of 0.05 begin on a plateau, where the gradients nearly vanish; a small hidden layer gets
# stuck for some seeds. You may call your functions from above, or write the loop out.


# %% solution="train-xor"
def train_xor(X, d, rng):
    """Parameters of a network that has learnt XOR.

    Parameters
    ----------
    X : array (4, 2)
        The instances.
    d : array (4, 2)
        One-hot targets.
    rng : np.random.Generator

    Returns
    -------
    dict
        Parameters for `outputs`: at least one hidden layer, two inputs, two classes.
    """
    # Hint: 8 hidden units are plenty. All four instances may go into one mini-batch.
    ### BEGIN SOLUTION
    widths = (2, 8, 2)
    params = {}
    for k in (1, 2):
        params[f"W{k}"] = rng.uniform(-1, 1, (widths[k], widths[k - 1]))
        params[f"b{k}"] = rng.uniform(-1, 1, widths[k])
    changes = {key: np.zeros(value.shape) for key, value in params.items()}
    for _ in range(300):
        found = gradients(params, X, d)
        changes = {key: 0.9 * changes[key] - 0.4 * found[key] for key in params}
        params = {key: params[key] + changes[key] for key in params}
    return params
    ### END SOLUTION


# %% test="test-train-xor" points=3
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
d = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
check_learns("train_xor(X, d, rng)", call(train_xor, X, d, variant_rng("xor")), X, d, 0.05)
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
check_learns("train_xor from another seed", call(train_xor, X, d, hidden_rng("xor 1")), X, d, 0.05)
check_learns("train_xor from a third seed", call(train_xor, X, d, hidden_rng("xor 2")), X, d, 0.05)
check_learns(
    "train_xor with the classes exchanged",
    call(train_xor, X, d[:, ::-1], hidden_rng("xor 3")),
    X,
    d[:, ::-1],
    0.05,
)
one = call(train_xor, X, d, np.random.default_rng(64))
check_same("two results of train_xor from one seed", one, call(train_xor, X, d, np.random.default_rng(64)))
check_other("two results of train_xor from two seeds", one, call(train_xor, X, d, np.random.default_rng(65)))
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 13. Handwritten digits (4 points)
#
# Now something real: images of 8×8 pixels, written by 13 people, and ten classes. You are given 1,000
# of them, pixels from 0 to 1 in a row of 64, and may do with them what you like: keep some for
# validation, scale the inputs (but the network that you return is given pixels as they are), choose
# the layers. Your network is tried on images that it has not seen, and should read at least 92 of
# 100.
#
# A hint at sizes: a hidden layer of 30 units, mini-batches of 20, momentum 0.9 and fewer than twenty epochs
# are enough, and take a second or two.


# %% solution="train-digits"
def train_digits(X, d, rng):
    """Parameters of a network that reads digits.

    Parameters
    ----------
    X : array (T, 64)
        Pixels from 0 (white) to 1 (black).
    d : array (T, 10)
        One-hot targets.
    rng : np.random.Generator

    Returns
    -------
    dict
        Parameters for `outputs`: 64 inputs, ten classes.
    """
    # Hint: problems 1, 6 and 7 together are a trainer.
    ### BEGIN SOLUTION
    widths = (64, 32, 10)
    params = {}
    for k in (1, 2):
        params[f"W{k}"] = rng.uniform(-0.1, 0.1, (widths[k], widths[k - 1]))
        params[f"b{k}"] = rng.uniform(-0.1, 0.1, widths[k])
    changes = {key: np.zeros(value.shape) for key, value in params.items()}
    for _ in range(12):
        order = rng.permutation(len(X))
        for n in range(0, len(X), 20):
            found = gradients(params, X[order[n : n + 20]], d[order[n : n + 20]])
            changes = {key: 0.9 * changes[key] - 0.1 * found[key] for key in params}
            params = {key: params[key] + changes[key] for key in params}
    return params
    ### END SOLUTION


# %% test="test-train-digits" points=4
digits = load_digits()
order = variant_rng("digits").permutation(1797)
images, classes = digits.data[order] / 16, np.eye(10)[digits.target[order]]
params = call(train_digits, images[:1000], classes[:1000], variant_rng("weights"))
check_reads("train_digits(X, d, rng)", params, images[1000:], classes[1000:], 0.92)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
order = hidden_rng("digits").permutation(1797)
images, classes = digits.data[order] / 16, np.eye(10)[digits.target[order]]
params = call(train_digits, images[:1000], classes[:1000], hidden_rng("weights"))
check_reads("train_digits on another thousand", params, images[1000:], classes[1000:], 0.92)
names = np.arange(9, -1, -1)
params = call(train_digits, images[:1000], classes[:1000, names], hidden_rng("weights"))
check_reads("train_digits with the classes renamed", params, images[1000:], classes[1000:, names], 0.92)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 14. A poll (2 points)
#
# A poll in code: each function returns a set of capital letters, such as `{"B", "D"}`.
#
# 1. The loss on the test set shall be an honest forecast. Which of these are then the job of the
#    **validation set**, and of no other?
#
#    | letter | use |
#    |---|---|
#    | A | the gradients of the weights |
#    | B | choosing the number of hidden units |
#    | C | choosing the epoch that is kept |
#    | D | the number that goes into the report |
#    | E | mean and deviation for scaling the inputs |
#
# 2. The training loss is 0.02 and still falling, the validation loss is 0.9 and has been rising for a
#    while. Which of these can help?
#
#    | letter | measure | | letter | measure |
#    |---|---|---|---|---|
#    | P | more hidden units | | S | more training data |
#    | Q | a stronger penalty | | T | more epochs |
#    | R | stopping earlier | | U | measuring on the training set |


# %% solution="poll"
def only_validation():
    """Letters from A to E: what only the validation set is for."""
    # Hint: which decisions are made by comparing networks that have been trained?
    ### BEGIN SOLUTION
    return {"B", "C"}
    ### END SOLUTION


def what_can_help():
    """Letters from P to U: measures against what you see."""
    # Hint: the network fits what it has seen, and too well.
    ### BEGIN SOLUTION
    return {"Q", "R", "S"}
    ### END SOLUTION


# %% test="test-poll" points=2
uses = check_letters("only_validation()", call(only_validation), "ABCDE")
measures = check_letters("what_can_help()", call(what_can_help), "PQRSTU")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("only_validation()", uses, "BC")
check_choice("what_can_help()", measures, "QRS")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 15. Three ways to fool oneself (written, 5 points)
#
# 1. Somebody begins with all weights 0.1, "to keep it simple", one hidden layer of 50 tanh units, one
#    output. Show that after any number of steps of gradient descent all 50 hidden units still have
#    equal weights. What is the largest number of different hidden units that such a network can ever
#    have?
# 2. On a long slope with the same gradient $g$ at every step, the changes of momentum settle to a
#    constant. Find it, and put in $\eta=0.1$, $\alpha=0.9$. What does it mean for somebody who raises
#    $\alpha$ from 0 to 0.9 and leaves $\eta$ alone?
# 3. A report says: "We trained 200 networks from different seeds and report the one with the best
#    accuracy on the test set, 97.1 %." What is wrong with the number, and what should have been done?
#
# Half a page is plenty.

# %% [markdown] written="three-ways" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. By induction over the steps. If the hidden units have equal weights and biases, they have the
#    same sum and the same output for every instance. Their weights to the output are equal, too, so
#    each gets the same $\dot y_j=w_{j1}\dot z$ and the same $\dot z_j$, and the gradient of its
#    weight from input $i$ is the mean of $x_i\,\dot z_j$, the same for all $j$; so is that of its
#    bias. The gradients of the 50 output weights are the mean of $y_j\dot z$ and equal. Equal
#    parameters with equal gradients (and equal changes, with momentum) are equal after the step. So
#    there is ever only **one** different hidden unit; the other 49 are copies.
# 2. A constant change satisfies $\Delta=\alpha\Delta-\eta g$, so
#    $\Delta=-\frac{\eta}{1-\alpha}\,g=-g$. It is a step of $\eta/(1-\alpha)=1$ instead of 0.1, ten
#    times as long: whoever raises $\alpha$ to 0.9 without making $\eta$ smaller may find that
#    training diverges.
# 3. The best of 200 is chosen *by* the test set, so the test set is a validation set here, and the
#    best of 200 numbers that scatter is too high even if all networks were equally good. The choice
#    should be made on a validation set, and the one network that is chosen be measured on the test
#    set, once.
#
# **Marking guide.** 1: one point for equal sums and outputs, one for equal gradients in both layers
# and therefore equal weights after the step (the word "symmetry" alone: 0), with the answer 1. 2: one
# point for $-\eta g/(1-\alpha)$ with the number, half of it without a derivation; the consequence is
# not needed for it. 3: one point for "the test set was used to choose", one for the remedy.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells* stops at the first check that fails; *Validate*, in the
# bar above the notebook, runs all cells and lists every one that fails. A cell that has not passed
# its visible checks earns nothing, and it does no harm to the others. You have built everything
# between derivatives and a network that reads. Problem set 7 gives it eyes for faces.

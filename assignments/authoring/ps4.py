# %% [markdown]
# # Problem set 4. Whole batches at a stroke: vector form and special layers
#
# The network of problem set 3 computes the right numbers, one at a time. That is the way to
# understand backpropagation and no way to train on thousands of instances. This problem set rebuilds
# it in two moves. First every sum over units becomes a product of **matrices**, so that a whole
# mini-batch passes through a layer in one line. Then the layer itself becomes exchangeable: each kind
# is a pair of functions, its **value** and its **pull**, which takes derivatives back from the
# layer's outputs to its sums. Once you have the pairs for softmax, for multiplicative units and for
# max units, a few more lines are a backward pass for any mixture of them.
#
# | what you build | problem |
# |---|---|
# | the sizes of everything | 1 |
# | the affine part of a layer, forward and backward, for a batch | 2-4 |
# | softmax: all its derivatives, and how to avoid writing them down | 5-6 |
# | multiplicative units: products of pairs, products of powers | 7-8 |
# | max units | 9 |
# | the network that puts them together, and its mini-batches | 10-12 |
# | a poll, a written answer | 13-14 |
#
# There are 48 points: 43 from checks, 5 for the written answer. Plan for about two hours. The
# lectures that it stands on are 10, *Special cases*, and 11, *Vector form*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Most answers are one to three lines of NumPy; loops are welcome, too.
# * Rows are instances. `Y` (what enters a layer) has shape `(T, D)`, `Z` (its sums) `(T, M)`, and `W`
#   `(M, D)`: row $j$ of `W` holds the weights **into** unit $j$.
# * `dY` and `dZ` are overdots, $\dot Y$ and $\dot Z$: row $t$ holds the derivatives of the divergence
#   of instance $t$ alone, **not** divided by $T$. `dW` and `db` are gradients of the *loss*, which is
#   the mean over the $T$ instances. So the division by $T$ happens exactly once, where a parameter's
#   gradient is made.
# * Return new arrays and leave the arguments as they are.
# * Each problem is followed by cells with checks. You see some of them; others, on other sizes and
#   harder numbers, run when your work is graded. The last line printed tells how many.
# * A derivative earns points in **two** ways: one cell compares it with central differences of
#   **your own** function (or of one that you are given), another with the reference. No problem needs
#   that you have solved the ones before, except where it compares with your own function.
# * Save, and `autograder check ps4` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows
#   what is left in the whole course.

# %% given="imports"
from functools import partial

import numpy as np

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
# Two activations from problem set 2, which you may use:


# %% given="parts-bin"
def tanh(Z):
    """The hyperbolic tangent of each entry; any shape."""
    return np.tanh(Z)


def softmax(Z):
    """Softmax of each row of Z, shape (T, D)."""
    powers = np.exp(Z - np.max(Z, axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


# %% [markdown]
# The next cell adds a few checks that only this problem set needs.


# %% given="vector-checks"
def weighted(name, dY, function, *arguments):
    """Sum of the outputs of `function` times dY: a number whose derivatives to the outputs are dY."""
    return (dY * check_array(name, call(function, *arguments), dY.shape)).sum()


def check_keys(name, value, keys):
    """Check that `value` is a dict with exactly these keys."""
    assert isinstance(value, dict), f"{name} should be a dict, yours is a {type(value).__name__}."
    missing = [key for key in keys if key not in value]
    assert not missing, f"{name} lacks {missing[0]!r}. It should have the keys {', '.join(keys)}."
    extra = [key for key in value if key not in keys]
    assert not extra, f"{name} has the key {extra[0]!r}. It should have the keys {', '.join(keys)}."


def check_shapes(name, value, wanted, mistakes):
    """Check some entries of a dict of shapes; `mistakes` maps sentences to wrong ones."""
    check_keys(name, value, ["W1", "b1", "Z1", "Y1", "W2", "dY2", "dZ2", "dW2", "dY1", "J2"])
    for key, mine in value.items():
        is_shape = isinstance(mine, tuple) and all(isinstance(number, int) for number in mine)
        assert is_shape, f"{name}[{key!r}] should be a tuple such as (3, 4), yours is {mine!r}."
    for key, shape in wanted.items():
        known = [sentence for sentence, shapes in mistakes.items() if shapes.get(key) == value[key]]
        assert value[key] == shape, " ".join([f"{name}[{key!r}] should not be {value[key]}.", *known])


def check_law(name, shapes, gradient, variable):
    """Check that a gradient has the shape of its variable."""
    assert shapes[gradient] == shapes[variable], (
        f"{name}[{gradient!r}] is {shapes[gradient]}, but {variable} is {shapes[variable]}: a gradient has "
        "the shape of its variable."
    )


def check_share(name, value, Z, dY, size):
    """Check that what comes back to each group goes to its largest entries, in parts that add up to dY."""
    dZ = check_array(name, value, Z.shape)
    groups, parts = Z.reshape(len(Z), -1, size), dZ.reshape(len(Z), -1, size)
    losers = groups < groups.max(axis=2, keepdims=True)
    assert not parts[losers].any(), (
        f"{name} gives something to an entry that is not the largest of its group."
    )
    excess = np.abs(parts.sum(axis=2) - dY)
    assert excess.max() < 1e-7, (
        f"{name} should give each group as much as comes to it, {dY.tolist()}, yours gives "
        f"{parts.sum(axis=2).tolist()}. At a tie the parts of the winners add up to one derivative."
    )
    shares = parts / dY[..., np.newaxis]
    assert (shares > -1e-7).all(), f"{name} gives an entry of a group a share of the wrong sign."


def check_trace(name, value, N):
    """Check that `value` is a pair of lists of N + 1 arrays; return its arrays by name, Y0, Z1, Y1, ..."""
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    assert pair, f"{name} should give two lists, Ys and Zs: return Ys, Zs."
    for letter, arrays in zip("YZ", value, strict=True):
        kind = f"{len(arrays)} things" if isinstance(arrays, (list, tuple)) else f"a {type(arrays).__name__}"
        assert kind == f"{N + 1} things", f"{letter}s of {name} should be a list of {N + 1}, yours is {kind}."
    Ys, Zs = value
    return {f"Y{k}": Y for k, Y in enumerate(Ys)} | {f"Z{k}": Z for k, Z in enumerate(Zs) if k}


def check_network(name, params, X, d, activations, pulls, forward, backward):
    """Check all gradients of a backward pass against differences of the loss of the forward pass."""
    N = len(activations)

    def outputs(params):
        trace = check_trace("forward(...)", call(forward, params, X, activations), N)
        return check_array("Y_N of forward(...)", trace[f"Y{N}"], d.shape), trace

    def loss(key, value):
        return ((outputs(params | {key: value})[0] - d) ** 2).sum() / 2 / len(X)

    Y, trace = outputs(params)
    Ys, Zs = [trace[f"Y{k}"] for k in range(N + 1)], [None, *(trace[f"Z{k}"] for k in range(1, N + 1))]
    gradients = call(backward, params, Ys, Zs, Y - d, pulls)
    check_keys(name, gradients, list(params))
    for key in params:
        check_slopes(f"{name}[{key!r}]", gradients[key], "forward", partial(loss, key), params[key], ())


def check_refuses(name, function, *arguments):
    """Check that `function` raises ValueError for these arguments."""
    try:
        call(function, *arguments)
    except ValueError:
        return
    raise AssertionError(
        f"{name} should raise ValueError, yours returns something. NumPy gives nan there, quietly."
    )


# %% [markdown]
# ## Problem 1. What size each thing is (2 points)
#
# Half of all mistakes in vector form are mistakes of shape, and the other half are caught by knowing
# the shapes. Take a network of two layers: $D_0$ inputs, $D_1$ units with a scalar activation, then a
# layer with $M_2$ sums whose vector activation has $D_2$ outputs. A batch of $T$ instances passes
# through it, in code, a row for each.
#
# Give the shapes, as tuples, of `W1`, `b1`, `Z1`, `Y1`, `W2`, `dY2`, `dZ2`, `dW2`, `dY1`, and of
# `J2`, the Jacobian of the second activation for **one** instance: entry $(j,i)$ is the derivative of
# output $j$ to sum $i$.


# %% solution="sizes"
def sizes(T, D0, D1, M2, D2):
    """Shapes of everything in a two-layer network, for a batch.

    Parameters
    ----------
    T : int
        Instances in the batch.
    D0, D1 : int
        Inputs, and units of the first layer.
    M2, D2 : int
        Sums and outputs of the second layer.

    Returns
    -------
    dict of name to tuple
        With the keys W1, b1, Z1, Y1, W2, dY2, dZ2, dW2, dY1, J2.

    Examples
    --------
    >>> sizes(T=7, D0=4, D1=5, M2=6, D2=3)["b1"]
    (5,)
    """
    # Hint: a gradient has the shape of its variable, whatever it is the gradient of.
    ### BEGIN SOLUTION
    return {
        "W1": (D1, D0),
        "b1": (D1,),
        "Z1": (T, D1),
        "Y1": (T, D1),
        "W2": (M2, D1),
        "dY2": (T, D2),
        "dZ2": (T, M2),
        "dW2": (M2, D1),
        "dY1": (T, D1),
        "J2": (D2, M2),
    }
    ### END SOLUTION


# %% test="test-sizes" points=2
shapes = call(sizes, 7, 4, 5, 6, 3)
check_shapes(
    "sizes(T=7, D0=4, D1=5, M2=6, D2=3)",
    shapes,
    {"b1": (5,), "Z1": (7, 5)},
    {
        "The biases of a layer have no row for each instance: they are the same for all.": {"b1": (7, 5)},
        "Rows of a batch are instances.": {"Z1": (5, 7)},
        "It has a row for each instance and a column for each unit of the first layer.": {"Z1": (7, 4)},
    },
)
check_law("sizes(T=7, D0=4, D1=5, M2=6, D2=3)", shapes, "dW2", "W2")
check_law("sizes(T=7, D0=4, D1=5, M2=6, D2=3)", shapes, "dY1", "Y1")
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
mistakes = {
    "A row of W belongs to a unit of the layer, a column to what comes in.": {"W1": (4, 5), "W2": (5, 6)},
    "The second layer computes M2 sums; D2 is what its activation makes of them.": {
        "W2": (3, 5),
        "dZ2": (7, 3),
        "dY2": (7, 6),
    },
    "Rows of a batch are instances.": {"Y1": (5, 7), "dY2": (3, 7), "dZ2": (6, 7)},
    "A Jacobian has a row for each output and a column for each thing that it depends on.": {"J2": (6, 3)},
    "It is that of one instance.": {"J2": (7, 3, 6)},
}
check_shapes(
    "sizes(T=7, D0=4, D1=5, M2=6, D2=3)",
    shapes,
    {"W1": (5, 4), "Y1": (7, 5), "W2": (6, 5), "dY2": (7, 3), "dZ2": (7, 6), "J2": (3, 6)},
    mistakes,
)
check_shapes(
    "sizes(T=1, D0=9, D1=8, M2=4, D2=2)",
    call(sizes, 1, 9, 8, 4, 2),
    {"W1": (8, 9), "b1": (8,), "Z1": (1, 8), "Y1": (1, 8), "W2": (4, 8), "dY2": (1, 2), "dZ2": (1, 4)},
    {"A single instance is a batch of one row.": {"Z1": (8,), "Y1": (8,), "dY2": (2,), "dZ2": (4,)}},
)
check_shapes(
    "sizes(T=30, D0=1, D1=6, M2=2, D2=7)",
    call(sizes, 30, 1, 6, 2, 7),
    {"W1": (6, 1), "W2": (2, 6), "dW2": (2, 6), "dY1": (30, 6), "J2": (7, 2)},
    {},
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. The affine part, for a batch (2 points)
#
# For one instance, a column, $z_k=W_ky_{k-1}+b_k$. A batch has its instances in rows, so the same
# line is written transposed, and the biases are added to every row:
#
# {formula:batch-affine}
#
# *On paper first:* check with the shapes of problem 1 that only one order of the two factors, and
# only one of $W$ and $W^T$, can be multiplied. When the layer has as many units as inputs, both
# can, and only one is right.


# %% solution="affine"
def affine(Y, W, b):
    """The sums of a layer, for a batch.

    Parameters
    ----------
    Y : array (T, D)
        What comes in, one instance a row.
    W : array (M, D)
        Row j holds the weights into unit j.
    b : array (M,)
        Biases.

    Returns
    -------
    array (T, M)

    Examples
    --------
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> affine(np.array([[1.0, 0.0]]), W, np.array([0.0, 0.0, 10.0]))
    array([[ 1.,  3., 15.]])
    """
    # Hint: NumPy adds an array (M,) to each row of an array (T, M).
    ### BEGIN SOLUTION
    return Y @ W.T + b
    ### END SOLUTION


# %% test="test-affine" points=2
Y = np.array([[1.0, 2.0], [3.0, -1.0]])
W = np.array([[1.0, 2.0], [3.0, -1.0]])
b = np.array([10.0, 20.0])
check_values(
    "affine(Y, W, b)",
    call(affine, Y, W, b),
    [[15.0, 21.0], [11.0, 30.0]],
    mistakes={
        "the one with W the wrong way round: its rows, not its columns, are the units of this layer": [
            [17.0, 20.0],
            [10.0, 27.0],
        ],
        "the right one without the biases": [[5.0, 1.0], [1.0, 10.0]],
        "the one with the biases added down the batch: each unit has its own, the same for all instances": [
            [15.0, 11.0],
            [21.0, 30.0],
        ],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
rng = hidden_rng("affine")
Y, W, b = rng.normal(size=(6, 3)), rng.normal(size=(4, 3)), rng.normal(size=4)
wanted = np.einsum("td,md->tm", Y, W) + b
check_values("affine of a batch of 6, 3 units to 4", call(affine, Y, W, b), wanted)
check_values("affine of a batch of one", call(affine, Y[:1], W, b), wanted[:1], "One row is a batch, too.")
check_values("affine to a single unit", call(affine, Y, W[:1], b[:1]), wanted[:, :1])
check_keeps_input("affine", affine, Y, W, b)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. Gradients of the parameters (5 points)
#
# For one instance, in columns, every weight's derivative is what comes in, times the overdot of the
# unit that it leads to:
#
# {formula:vector-weight-gradient}
#
# {formula:vector-bias-gradient}
#
# The loss is the mean over the batch, so its gradient is the mean of these. You could add them up in a
# loop. But there is a product of two matrices that does it by itself, because the index that it sums
# over is the instance.
#
# *On paper first:* which of `dZ` and `Y` must be transposed, and which comes first? A gradient has the
# shape of its variable, `(M, D)` and `(M,)`. (Lecture 11, mini-batches.)


# %% solution="parameter-gradients"
def weight_gradient(dZ, Y):
    """Gradient of the loss to the weights of a layer.

    Parameters
    ----------
    dZ : array (T, M)
        Overdots of the layer's sums, one instance a row.
    Y : array (T, D)
        What came into the layer.

    Returns
    -------
    array (M, D)

    Examples
    --------
    >>> weight_gradient(np.array([[1.0], [3.0]]), np.array([[2.0, 0.0], [4.0, 1.0]]))
    array([[7. , 1.5]])
    """
    # Hint: the sum over instances is the inner index of the product; T is len(Y).
    ### BEGIN SOLUTION
    return dZ.T @ Y / len(Y)
    ### END SOLUTION


def bias_gradient(dZ):
    """Gradient of the loss to the biases of a layer: array (M,) for dZ of shape (T, M).

    Examples
    --------
    >>> bias_gradient(np.array([[1.0, 0.0], [3.0, 5.0]]))
    array([2. , 2.5])
    """
    # Hint: a bias is a weight on the constant 1.
    ### BEGIN SOLUTION
    return dZ.mean(axis=0)
    ### END SOLUTION


# %% test="test-parameter-gradients-own" points=2
rng = variant_rng("parameter-gradients")
dZ, Y = rng.uniform(0.5, 1.5, size=(3, 4)), rng.uniform(0.5, 1.5, size=(3, 2))
W, b = rng.uniform(0.5, 1.5, size=(4, 2)), rng.uniform(0.5, 1.5, size=4)
check_slopes(
    "weight_gradient(dZ, Y)",
    call(weight_gradient, dZ, Y),
    "affine",
    lambda W: weighted("affine(Y, W, b)", dZ / 3, affine, Y, W, b),
    W,
    (),
)
check_slopes(
    "bias_gradient(dZ)",
    call(bias_gradient, dZ),
    "affine",
    lambda b: weighted("affine(Y, W, b)", dZ / 3, affine, Y, W, b),
    b,
    (),
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
rng = hidden_rng("parameter-gradients-own")
dZ, Y = rng.uniform(0.5, 1.5, size=(5, 3)), rng.uniform(0.5, 1.5, size=(5, 2))
W, b = rng.normal(size=(3, 2)), rng.normal(size=3)
check_slopes(
    "weight_gradient(dZ, Y)",
    call(weight_gradient, dZ, Y),
    "affine",
    lambda W: weighted("affine(Y, W, b)", dZ / 5, affine, Y, W, b),
    W,
    (),
)
check_slopes(
    "bias_gradient(dZ)",
    call(bias_gradient, dZ),
    "affine",
    lambda b: weighted("affine(Y, W, b)", dZ / 5, affine, Y, W, b),
    b,
    (),
)
### END HIDDEN TESTS

# %% test="test-parameter-gradients-reference" points=3
dZ = np.array([[1.0, -1.0], [2.0, 5.0]])
Y = np.array([[1.0, 2.0], [3.0, -1.0]])
check_values(
    "weight_gradient(dZ, Y)",
    call(weight_gradient, dZ, Y),
    [[3.5, 0.0], [7.0, -3.5]],
    mistakes={
        "the right one without the division by T": [[7.0, 0.0], [14.0, -7.0]],
        "the transpose of the right one: a gradient has the shape of W": [[3.5, 7.0], [0.0, -3.5]],
        "the product of two means, which is not the mean of products: each instance's dZ meets its own Y": [
            [3.0, 0.75],
            [4.0, 1.0],
        ],
        "the one that mixes up units and instances: the sum runs over the instances": [
            [-1.0, 1.5],
            [8.5, -0.5],
        ],
    },
)
check_values(
    "bias_gradient(dZ)",
    call(bias_gradient, dZ),
    [1.5, 2.0],
    mistakes={
        "the right one without the division by T": [3.0, 4.0],
        "a mean over the units, where one over the instances was wanted: axis 0": [0.0, 3.5],
        "a sum over the units, where a mean over the instances was wanted: axis 0": [0.0, 7.0],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
rng = hidden_rng("parameter-gradients")
dZ, Y = rng.normal(size=(7, 4)), rng.normal(size=(7, 3))
wanted = np.einsum("tm,td->md", dZ, Y)
without = "the right one without the division by T"
check_values(
    "weight_gradient of 7 x 4 and 7 x 3", call(weight_gradient, dZ, Y), wanted / 7, mistakes={without: wanted}
)
check_values(
    "weight_gradient of one instance",
    call(weight_gradient, dZ[:1], Y[:1]),
    np.outer(dZ[0], Y[0]),
    "For one instance it is the outer product of dZ and Y.",
)
check_values("bias_gradient of 7 x 4", call(bias_gradient, dZ), np.einsum("tm->m", dZ) / 7)
check_keeps_input("weight_gradient", weight_gradient, dZ, Y)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. To the layer below (3 points)
#
# A unit below hands its output to every unit of this layer, so it collects from all of them, each
# share weighted by the weight that it went through. For one instance, in columns:
#
# {formula:vector-to-layer-below}
#
# Write it for a batch, an instance a row. This is an overdot again: row $t$ concerns instance $t$, and
# nothing is divided by $T$.


# %% solution="to-layer-below"
def to_layer_below(dZ, W):
    """Overdots of what came into a layer, from those of its sums.

    Parameters
    ----------
    dZ : array (T, M)
    W : array (M, D)

    Returns
    -------
    array (T, D)

    Examples
    --------
    >>> to_layer_below(np.array([[1.0, 10.0]]), np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]]))
    array([[ 1.,  2., 13.]])
    """
    # Hint: the forward pass sums over the columns of W. The way back sums over the other index.
    ### BEGIN SOLUTION
    return dZ @ W
    ### END SOLUTION


# %% test="test-to-layer-below-own" points=1
rng = variant_rng("to-layer-below")
dZ, W = rng.uniform(0.5, 1.5, size=(3, 2)), rng.uniform(0.5, 1.5, size=(2, 4))
Y, b = rng.uniform(0.5, 1.5, size=(3, 4)), rng.uniform(0.5, 1.5, size=2)
check_slopes(
    "to_layer_below(dZ, W)",
    call(to_layer_below, dZ, W),
    "affine",
    lambda Y: weighted("affine(Y, W, b)", dZ, affine, Y, W, b),
    Y,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("to-layer-below-own")
dZ, W = rng.uniform(0.5, 1.5, size=(2, 3)), rng.uniform(0.5, 1.5, size=(3, 3))
Y, b = rng.normal(size=(2, 3)), rng.normal(size=3)
check_slopes(
    "to_layer_below(dZ, W)",
    call(to_layer_below, dZ, W),
    "affine",
    lambda Y: weighted("affine(Y, W, b)", dZ, affine, Y, W, b),
    Y,
    (),
)
### END HIDDEN TESTS

# %% test="test-to-layer-below-reference" points=2
dZ = np.array([[1.0, -1.0], [2.0, 5.0]])
W = np.array([[1.0, 2.0], [3.0, -1.0]])
check_values(
    "to_layer_below(dZ, W)",
    call(to_layer_below, dZ, W),
    [[-2.0, 3.0], [17.0, -1.0]],
    mistakes={
        "the one with W the wrong way round: on the way back the sum runs over the units of this layer": [
            [-1.0, 4.0],
            [12.0, 1.0],
        ],
        "the right one divided by T, which only gradients of parameters are: overdots belong to instances": [
            [-1.0, 1.5],
            [8.5, -0.5],
        ],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
rng = hidden_rng("to-layer-below")
dZ, W = rng.normal(size=(6, 5)), rng.normal(size=(5, 2))
wanted = np.einsum("tm,md->td", dZ, W)
divided = "the right one divided by T, which only gradients of parameters are: overdots belong to instances"
check_values(
    "to_layer_below of 6 x 5 and 5 x 2", call(to_layer_below, dZ, W), wanted, mistakes={divided: wanted / 6}
)
check_values("to_layer_below of one instance", call(to_layer_below, dZ[:1], W), wanted[:1])
check_keeps_input("to_layer_below", to_layer_below, dZ, W)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. The Jacobian of softmax (3 points)
#
# So far an activation treated each sum alone, and its Jacobian was a diagonal that nobody writes
# down. Every output of a softmax depends on every sum, and the whole square is there:
#
# {formula:softmax-jacobian}
#
# ($\delta_{ij}$ is 1 if $i=j$, else 0.) Each instance has a Jacobian of its own, so a batch of $T$
# gives an array of shape `(T, D, D)`. `softmax` itself is given above. (Lecture 10, vector activations.)


# %% solution="softmax-jacobian"
def softmax_jacobian(Z):
    """Jacobians of softmax, one for each instance.

    Parameters
    ----------
    Z : array (T, D)
        Sums, one instance a row.

    Returns
    -------
    array (T, D, D)
        Entry [t, j, i] is the derivative of output j to sum i, for instance t.

    Examples
    --------
    >>> softmax_jacobian(np.zeros((1, 2)))
    array([[[ 0.25, -0.25],
            [-0.25,  0.25]]])
    """
    # Hint: Y[:, :, np.newaxis] and Y[:, np.newaxis, :] multiply to all pairs; np.eye(D) is the delta.
    ### BEGIN SOLUTION
    Y = softmax(Z)
    return Y[:, :, np.newaxis] * (np.eye(Y.shape[1]) - Y[:, np.newaxis, :])
    ### END SOLUTION


# %% test="test-softmax-jacobian-own" points=1
Z = variant_rng("softmax-jacobian").uniform(-1, 1, size=(2, 3))
jacobians = check_array("softmax_jacobian(Z)", call(softmax_jacobian, Z), (2, 3, 3))
check_slopes(
    "softmax_jacobian(Z)[:, 0]", jacobians[:, 0], "softmax's output 0", lambda Z: softmax(Z)[:, 0], Z, (2,)
)
check_slopes(
    "softmax_jacobian(Z)[:, 2]", jacobians[:, 2], "softmax's output 2", lambda Z: softmax(Z)[:, 2], Z, (2,)
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
Z = hidden_rng("softmax-jacobian-own").uniform(-1, 1, size=(3, 4))
jacobians = check_array("softmax_jacobian(Z)", call(softmax_jacobian, Z), (3, 4, 4))
check_slopes(
    "softmax_jacobian(Z)[:, 1]", jacobians[:, 1], "softmax's output 1", lambda Z: softmax(Z)[:, 1], Z, (3,)
)
check_slopes(
    "softmax_jacobian(Z)[:, 3]", jacobians[:, 3], "softmax's output 3", lambda Z: softmax(Z)[:, 3], Z, (3,)
)
### END HIDDEN TESTS

# %% test="test-softmax-jacobian-reference" points=2
Z = np.array([[0.0, np.log(2.0), np.log(5.0)]])
check_values(
    "64 * softmax_jacobian([[0, log 2, log 5]])",
    64 * check_array("softmax_jacobian(Z)", call(softmax_jacobian, Z), (1, 3, 3)),
    [[[7.0, -2.0, -5.0], [-2.0, 12.0, -10.0], [-5.0, -10.0, 15.0]]],
    mistakes={
        "the diagonal alone. Every output depends on every sum": [
            [[7.0, 0.0, 0.0], [0.0, 12.0, 0.0], [0.0, 0.0, 15.0]]
        ],
        "the right one without the delta: on the diagonal it is y(1 - y)": [
            [[-1.0, -2.0, -5.0], [-2.0, -4.0, -10.0], [-5.0, -10.0, -25.0]]
        ],
        "the one with the wrong sign off the diagonal: more of one sum leaves less for the other outputs": [
            [[7.0, 2.0, 5.0], [2.0, 12.0, 10.0], [5.0, 10.0, 15.0]]
        ],
        "the right one with the opposite sign": [[[-7.0, 2.0, 5.0], [2.0, -12.0, 10.0], [5.0, 10.0, -15.0]]],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

Z = hidden_rng("softmax-jacobian").normal(scale=2, size=(5, 4))
jacobians = call(softmax_jacobian, Z)
check_values("softmax_jacobian of 5 x 4", jacobians, mlpkit.softmax.jacobian(Z), "Each instance has its own.")
check_values(
    "softmax_jacobian far out",
    call(softmax_jacobian, np.array([[1000.0, 0.0], [0.0, 0.0]])),
    [[[0.0, 0.0], [0.0, 0.0]], [[0.25, -0.25], [-0.25, 0.25]]],
    "Use the softmax that is given: it does not overflow.",
)
check_keeps_input("softmax_jacobian", softmax_jacobian, Z)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. Softmax without its Jacobian (3 points)
#
# A classifier of 10,000 words has a Jacobian of a hundred million numbers for every instance, and
# the backward pass needs none of them. What it needs is the sum over the outputs,
#
# {formula:softmax-backward-sum}
#
# and most of that cancels. *On paper first:* let the delta pick its term, take out of the sum what
# does not depend on $j$, and you have a line that needs a single number for each instance, and no
# square array.
#
# A function that takes derivatives back through an activation in this way is called its **pull**
# here; the literature says *vector-Jacobian product*.


# %% solution="softmax-pull"
def softmax_pull(Z, dY):
    """Overdots of the sums of a softmax from those of its outputs.

    Parameters
    ----------
    Z : array (T, D)
        Sums.
    dY : array (T, D)
        Overdots of the outputs.

    Returns
    -------
    array (T, D)

    Examples
    --------
    >>> softmax_pull(np.zeros((1, 2)), np.array([[1.0, 0.0]]))
    array([[ 0.25, -0.25]])
    """
    # Hint: keepdims=True keeps the sum of each row where it can be subtracted from the row.
    ### BEGIN SOLUTION
    Y = softmax(Z)
    return Y * (dY - (Y * dY).sum(axis=1, keepdims=True))
    ### END SOLUTION


# %% test="test-softmax-pull-own" points=1
rng = variant_rng("softmax-pull")
Z, dY = rng.uniform(-1, 1, size=(2, 3)), rng.permuted([[2.0, -1.0, 0.5], [1.0, 3.0, -2.0]], axis=1)
check_slopes(
    "softmax_pull(Z, dY)",
    call(softmax_pull, Z, dY),
    "sum of dY * softmax(Z)",
    lambda Z: (dY * softmax(Z)).sum(),
    Z,
    (),
    moving=False,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("softmax-pull-own")
Z, dY = rng.uniform(-1, 1, size=(3, 4)), rng.permuted(np.tile([2.0, -1.0, 0.5, 3.0], (3, 1)), axis=1)
check_slopes(
    "softmax_pull(Z, dY)",
    call(softmax_pull, Z, dY),
    "sum of dY * softmax(Z)",
    lambda Z: (dY * softmax(Z)).sum(),
    Z,
    (),
    moving=False,
)
### END HIDDEN TESTS

# %% test="test-softmax-pull-reference" points=2
Z = np.array([[0.0, np.log(2.0), np.log(5.0)], [0.0, 0.0, 0.0]])
dY = np.array([[8.0, 0.0, 0.0], [0.0, 18.0, -9.0]])
check_values(
    "softmax_pull(Z, dY)",
    call(softmax_pull, Z, dY),
    [[0.875, -0.25, -0.625], [-1.0, 5.0, -4.0]],
    mistakes={
        "the one that uses only the diagonal of the Jacobian. Each sum collects a share from every output": [
            [0.875, 0.0, 0.0],
            [0.0, 4.0, -2.0],
        ],
        "y times dY: the sum over the outputs is not subtracted": [[1.0, 0.0, 0.0], [0.0, 6.0, -3.0]],
        "the one whose sum runs over the whole batch: each instance has its own": [
            [0.5, -1.0, -2.5],
            [-4 / 3, 14 / 3, -13 / 3],
        ],
        "the one whose sum leaves the outputs out: it is a sum of products of y and dY": [
            [0.0, -2.0, -5.0],
            [-3.0, 3.0, -6.0],
        ],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("softmax-pull")
Z, dY = rng.normal(scale=2, size=(6, 5)), rng.normal(size=(6, 5))
check_values("softmax_pull of 6 x 5", call(softmax_pull, Z, dY), mlpkit.softmax.vjp(Z, dY))
check_values(
    "softmax_pull of one instance", call(softmax_pull, Z[:1], dY[:1]), mlpkit.softmax.vjp(Z[:1], dY[:1])
)
check_values(
    "softmax_pull where all derivatives are equal",
    call(softmax_pull, Z, np.full((6, 5), 3.0)),
    np.zeros((6, 5)),
    "The outputs always sum to 1, so what is the same for all of them changes nothing.",
)
check_keeps_input("softmax_pull", softmax_pull, Z, dY)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. Multiplicative units: products of pairs (4 points)
#
# In LSTM cells and in attention one signal opens or closes the way for another: two sums are
# **multiplied**. Take neighbours in pairs, counted from 1:
#
# {formula:pair-products}
#
# So $M=2D$ sums make $D$ outputs, and each sum's derivative is its partner:
#
# {formula:pair-products-backward-first}
#
# {formula:pair-products-backward-second}
#
# Mind the counting: $z_1$ and $z_2$ are `Z[:, 0]` and `Z[:, 1]`.


# %% solution="pair-products"
def pair_products(Z):
    """Products of neighbouring sums: array (T, D) for Z of shape (T, 2 D).

    Examples
    --------
    >>> pair_products(np.array([[1.0, 2.0, 3.0, -1.0]]))
    array([[ 2., -3.]])
    """
    # Hint: Z[:, 0::2] takes every second column, beginning with the first.
    ### BEGIN SOLUTION
    return Z[:, 0::2] * Z[:, 1::2]
    ### END SOLUTION


def pair_products_pull(Z, dY):
    """Overdots of the sums, shape (T, 2 D), from those of the products, shape (T, D).

    Examples
    --------
    >>> pair_products_pull(np.array([[1.0, 2.0, 3.0, -1.0]]), np.array([[1.0, 10.0]]))
    array([[  2.,   1., -10.,  30.]])
    """
    # Hint: make an array like Z and fill its even and its odd columns.
    ### BEGIN SOLUTION
    dZ = np.empty(Z.shape)
    dZ[:, 0::2] = Z[:, 1::2] * dY
    dZ[:, 1::2] = Z[:, 0::2] * dY
    return dZ
    ### END SOLUTION


# %% test="test-pair-products" points=1
Z = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, -1.0, 0.0, 2.0]])
check_values(
    "pair_products([[1, 2, 3, 4], [5, -1, 0, 2]])",
    call(pair_products, Z),
    [[2.0, 12.0], [-5.0, 0.0]],
    mistakes={
        "the first half times the second half: pairs are neighbours": [[3.0, 8.0], [0.0, -2.0]],
        "the sums of the pairs, where products were wanted": [[3.0, 7.0], [4.0, 2.0]],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
Z = hidden_rng("pair-products").normal(size=(5, 6))
wanted = np.stack([Z[:, 0] * Z[:, 1], Z[:, 2] * Z[:, 3], Z[:, 4] * Z[:, 5]], axis=1)
check_values("pair_products of 5 x 6", call(pair_products, Z), wanted)
check_values("pair_products of a single pair", call(pair_products, Z[:, :2]), wanted[:, :1])
check_keeps_input("pair_products", pair_products, Z)
### END HIDDEN TESTS

# %% test="test-pair-products-own" points=1
rng = variant_rng("pair-products")
Z, dY = rng.uniform(0.5, 1.5, size=(3, 4)), rng.uniform(0.5, 1.5, size=(3, 2))
check_slopes(
    "pair_products_pull(Z, dY)",
    call(pair_products_pull, Z, dY),
    "pair_products",
    lambda Z: weighted("pair_products(Z)", dY, pair_products, Z),
    Z,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("pair-products-own")
Z, dY = rng.uniform(-1.5, -0.5, size=(2, 6)), rng.uniform(0.5, 1.5, size=(2, 3))
check_slopes(
    "pair_products_pull(Z, dY)",
    call(pair_products_pull, Z, dY),
    "pair_products",
    lambda Z: weighted("pair_products(Z)", dY, pair_products, Z),
    Z,
    (),
)
### END HIDDEN TESTS

# %% test="test-pair-products-reference" points=2
Z = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, -1.0, 0.0, 2.0]])
dY = np.array([[1.0, -1.0], [2.0, 3.0]])
check_values(
    "pair_products_pull(Z, dY)",
    call(pair_products_pull, Z, dY),
    [[2.0, 1.0, -4.0, -3.0], [-2.0, 10.0, 6.0, 0.0]],
    mistakes={
        "the one that gives each sum its own value: in a product the derivative is the other factor": [
            [1.0, 2.0, -3.0, -4.0],
            [10.0, -2.0, 0.0, 6.0],
        ],
        "the one in which dY meets the wrong pairs: repeat each of its columns for two sums": [
            [2.0, -1.0, 4.0, -3.0],
            [-2.0, 15.0, 4.0, 0.0],
        ],
        "the one in which only the first of each pair gets something": [
            [2.0, 0.0, -4.0, 0.0],
            [-2.0, 0.0, 6.0, 0.0],
        ],
        "the partners without dY: what comes from above is missing": [
            [2.0, 1.0, 4.0, 3.0],
            [-1.0, 5.0, 2.0, 0.0],
        ],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("pair-products-pull")
Z, dY = rng.normal(size=(4, 6)), rng.normal(size=(4, 3))
check_values("pair_products_pull of 4 x 6", call(pair_products_pull, Z, dY), mlpkit.pair_products.vjp(Z, dY))
check_values(
    "pair_products_pull where one of each pair is 0",
    call(pair_products_pull, np.array([[0.0, 3.0, -2.0, 0.0]]), np.array([[2.0, 5.0]])),
    [[6.0, 0.0, 0.0, -10.0]],
    "A factor of 0 stops the other one, and is itself pulled most. Do not divide the product by it.",
)
check_keeps_input("pair_products_pull", pair_products_pull, Z, dY)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. Multiplicative units: products of powers (5 points)
#
# The general product gives each sum an exponent, a table $p$ of shape `(M, D)`:
#
# {formula:power-products}
#
# With exponents 1 and 0 this picks factors; with -1 it divides. An exponent that is not whole asks
# for $z_l>0$: there is no real square root of a negative number, and NumPy would quietly give `nan`,
# which spreads through everything. So `power_products` raises `ValueError` if any entry of `Z` is 0 or
# negative. The derivative to one of the factors keeps all the others:
#
# {formula:power-products-slope}
#
# *On paper first:* where all are positive, this has a short form with $y_j$ itself in it, because
# taking a power down by one is dividing by $z_i$. (Lecture 10, multiplicative units.)


# %% solution="power-products"
def power_products(Z, p):
    """Products of powers of the sums.

    Parameters
    ----------
    Z : array (T, M)
        Positive sums.
    p : array (M, D)
        Exponents: column j holds those of output j.

    Returns
    -------
    array (T, D)

    Raises
    ------
    ValueError
        If an entry of Z is not greater than 0.

    Examples
    --------
    >>> power_products(np.array([[4.0, 3.0]]), np.array([[0.5, 1.0], [2.0, -1.0]])).round(6)
    array([[18.      ,  1.333333]])
    """
    # Hint: Z[:, :, np.newaxis] ** p has shape (T, M, D). Or take logarithms: a product becomes a sum.
    ### BEGIN SOLUTION
    if not (Z > 0).all():
        raise ValueError(f"Z must be greater than 0 everywhere, its least entry is {Z.min()}.")
    return np.exp(np.log(Z) @ p)
    ### END SOLUTION


def power_products_pull(Z, p, dY):
    """Overdots of the sums, shape (T, M), from those of the outputs, dY of shape (T, D).

    Examples
    --------
    >>> power_products_pull(np.array([[4.0, 3.0]]), np.array([[0.5], [2.0]]), np.array([[1.0]]))
    array([[ 2.25, 12.  ]])
    """
    # Hint: with the short form it is one product of matrices and one division.
    ### BEGIN SOLUTION
    return (dY * power_products(Z, p)) @ p.T / Z
    ### END SOLUTION


# %% test="test-power-products" points=2
Z = np.array([[1.0, 2.0], [4.0, 0.5]])
p = np.array([[1.0, 0.5], [2.0, -1.0]])
check_values(
    "power_products([[1, 2], [4, 0.5]], [[1, 0.5], [2, -1]])",
    call(power_products, Z, p),
    [[4.0, 0.5], [1.0, 4.0]],
    mistakes={
        "the one with the table of exponents the wrong way round: a column belongs to an output": [
            [np.sqrt(2.0), 0.5],
            [np.sqrt(8.0), 32.0],
        ],
        "the sum of the powers, where their product was wanted": [[5.0, 1.5], [4.25, 4.0]],
        "the products of the multiples p z, where powers were wanted": [[4.0, -1.0], [4.0, -1.0]],
    },
)
check_refuses(
    "power_products([[-1, 2], [4, 0.5]], p)", power_products, np.array([[-1.0, 2.0], [4.0, 0.5]]), p
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("power-products")
Z, p = rng.uniform(0.3, 2.0, size=(5, 3)), rng.uniform(-2, 2, size=(3, 4))
reference = mlpkit.PowerProducts(tuple(map(tuple, p.tolist())))
check_values("power_products of 5 x 3 with 3 x 4 exponents", call(power_products, Z, p), reference(Z))
check_values(
    "power_products with all exponents 0",
    call(power_products, Z, np.zeros((3, 2))),
    np.ones((5, 2)),
    "Every number to the power of 0 is 1.",
)
check_refuses("power_products([[2, 0]], p)", power_products, np.array([[2.0, 0.0]]), p[:2])
check_keeps_input("power_products", power_products, Z, p)
### END HIDDEN TESTS

# %% test="test-power-products-own" points=1
rng = variant_rng("power-products")
Z, dY = rng.uniform(0.5, 1.5, size=(3, 2)), rng.uniform(0.5, 1.5, size=(3, 3))
p = np.array([[1.0, 0.5, 3.0], [2.0, 1.5, 1.0]])
check_slopes(
    "power_products_pull(Z, p, dY)",
    call(power_products_pull, Z, p, dY),
    "power_products",
    lambda Z: weighted("power_products(Z, p)", dY, power_products, Z, p),
    Z,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("power-products-own")
Z, dY = rng.uniform(0.5, 1.5, size=(2, 3)), rng.uniform(0.5, 1.5, size=(2, 2))
p = np.array([[-1.0, -0.5], [-2.0, -1.0], [-0.5, -3.0]])
check_slopes(
    "power_products_pull(Z, p, dY)",
    call(power_products_pull, Z, p, dY),
    "power_products",
    lambda Z: weighted("power_products(Z, p)", dY, power_products, Z, p),
    Z,
    (),
)
### END HIDDEN TESTS

# %% test="test-power-products-reference" points=2
Z = np.array([[1.0, 2.0], [4.0, 0.5]])
p = np.array([[1.0, 0.5], [2.0, -1.0]])
dY = np.array([[1.0, 2.0], [-1.0, 3.0]])
check_values(
    "power_products_pull(Z, p, dY)",
    call(power_products_pull, Z, p, dY),
    [[4.5, 3.5], [1.25, -28.0]],
    mistakes={
        "the right one without the division by z: the derivative of a power has an exponent less by one": [
            [4.5, 7.0],
            [5.0, -14.0],
        ],
        "the right one without the factor p in front: the exponent comes down": [[5.0, 2.5], [2.75, 22.0]],
        "the one in which only the factor's own power is left. The other factors of the product stay": [
            [2.0, 3.5],
            [-0.25, -13.0],
        ],
        "the right one without dY: what comes from above is missing": [[4.25, 3.5], [0.75, -4.0]],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("power-products-pull")
Z, p, dY = rng.uniform(0.3, 2.0, size=(4, 3)), rng.uniform(-2, 2, size=(3, 2)), rng.normal(size=(4, 2))
reference = mlpkit.PowerProducts(tuple(map(tuple, p.tolist())))
check_values(
    "power_products_pull of 4 x 3 with 3 x 2 exponents",
    call(power_products_pull, Z, p, dY),
    reference.vjp(Z, dY),
)
check_values(
    "power_products_pull where an exponent is 0",
    call(power_products_pull, Z[:, :2], np.array([[0.0], [1.0]]), dY[:, :1]),
    np.concatenate([np.zeros((4, 1)), dY[:, :1]], axis=1),
    "What does not appear in a product has no derivative.",
)
check_keeps_input("power_products_pull", power_products_pull, Z, p, dY)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. Max units (5 points)
#
# A max unit passes on the largest sum of its group $S_j$ and forgets the others. Convolutional
# networks use it to shrink pictures. Here the groups are neighbours, `size` of them each:
#
# {formula:max-groups}
#
# Move the largest a little and the output follows; move another and nothing happens:
#
# {formula:max-groups-slope}
#
# So the backward pass **routes**: all that arrives at an output goes to the winner of its group. At a
# tie there is no derivative, but there are subderivatives: any shares that add up to one, and this
# course takes the first winner. Here every such choice is accepted. (Lecture 10, max units.)


# %% solution="max-groups"
def max_groups(Z, size):
    """The largest sum of each group of neighbours.

    Parameters
    ----------
    Z : array (T, M)
        Sums; M is a multiple of size.
    size : int
        Sums in a group.

    Returns
    -------
    array (T, M / size)

    Examples
    --------
    >>> max_groups(np.array([[1.0, 2.0, 3.0, 0.0, -5.0, -1.0]]), size=3)
    array([[3., 0.]])
    """
    # Hint: Z.reshape(T, -1, size) puts each group into a row of its own.
    ### BEGIN SOLUTION
    return Z.reshape(len(Z), -1, size).max(axis=2)
    ### END SOLUTION


def max_groups_pull(Z, dY, size):
    """Overdots of the sums, shape (T, M), from those of the outputs, shape (T, M / size).

    Examples
    --------
    >>> max_groups_pull(np.array([[1.0, 2.0, 3.0, 0.0, -5.0, -1.0]]), np.array([[10.0, 20.0]]), size=3)
    array([[ 0.,  0., 10., 20.,  0.,  0.]])
    """
    # Hint: np.argmax tells the first winner of each group; compare it with np.arange(size).
    ### BEGIN SOLUTION
    groups = Z.reshape(len(Z), -1, size)
    wins = groups.argmax(axis=2)[:, :, np.newaxis] == np.arange(size)
    return (wins * dY[:, :, np.newaxis]).reshape(Z.shape)
    ### END SOLUTION


# %% test="test-max-groups" points=1
Z = np.array([[1.0, 2.0, 3.0, 0.0, -1.0, -4.0], [7.0, -2.0, 5.0, -3.0, -1.0, -2.0]])
check_values(
    "max_groups(Z, 3)",
    call(max_groups, Z, 3),
    [[3.0, 0.0], [7.0, -1.0]],
    mistakes={
        "the places of the largest. The output of a max unit is their value; the place is for the way back": [
            [2.0, 0.0],
            [0.0, 1.0],
        ],
        "the places of the largest in the whole row. The output of a max unit is their value": [
            [2.0, 3.0],
            [0.0, 4.0],
        ],
        "what groups of every second sum would give: the members of a group are neighbours": [
            [3.0, 2.0],
            [7.0, -1.0],
        ],
        "the result with ReLU: a max unit knows no 0": [[3.0, 0.0], [7.0, 0.0]],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
rng = hidden_rng("max-groups")
Z = rng.normal(size=(4, 6))
pairs = np.stack([np.maximum(Z[:, n], Z[:, n + 1]) for n in (0, 2, 4)], axis=1)
check_values("max_groups of 4 x 6 in pairs", call(max_groups, Z, 2), pairs)
check_values(
    "max_groups of negative sums", call(max_groups, -np.abs(Z), 6), -np.abs(Z).min(axis=1)[:, np.newaxis]
)
check_values("max_groups in groups of one", call(max_groups, Z, 1), Z, "A group of one has its only member.")
check_keeps_input("max_groups", max_groups, Z, 3)
### END HIDDEN TESTS

# %% test="test-max-groups-own" points=1
rng = variant_rng("max-groups")
Z = np.array([[1.0, 2.0, 3.0, 0.0, -1.0, -4.0], [7.0, -2.0, 5.0, -3.0, -1.0, -2.0]]) * rng.uniform(
    1, 2, (2, 1)
)
dY = rng.uniform(0.5, 1.5, size=(2, 2))
check_slopes(
    "max_groups_pull(Z, dY, 3)",
    call(max_groups_pull, Z, dY, 3),
    "max_groups",
    lambda Z: weighted("max_groups(Z, 3)", dY, max_groups, Z, 3),
    Z,
    (),
    moving=np.array([[0, 0, 1, 1, 0, 0], [1, 0, 0, 0, 1, 0]], dtype=bool),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("max-groups-own")
Z, dY = rng.permuted(np.tile([0.1, -0.6, 1.4, 0.8], (3, 1)), axis=1), rng.uniform(0.5, 1.5, size=(3, 2))
check_slopes(
    "max_groups_pull(Z, dY, 2)",
    call(max_groups_pull, Z, dY, 2),
    "max_groups",
    lambda Z: weighted("max_groups(Z, 2)", dY, max_groups, Z, 2),
    Z,
    (),
    moving=np.repeat(Z.reshape(3, 2, 2).max(axis=2), 2, axis=1) == Z,
)
### END HIDDEN TESTS

# %% test="test-max-groups-reference" points=2
Z = np.array([[1.0, 2.0, 3.0, 0.0, -1.0, -4.0], [7.0, -2.0, 5.0, -3.0, -1.0, -2.0]])
dY = np.array([[2.0, -1.0], [3.0, 4.0]])
check_values(
    "max_groups_pull(Z, dY, 3)",
    call(max_groups_pull, Z, dY, 3),
    [[0.0, 0.0, 2.0, -1.0, 0.0, 0.0], [3.0, 0.0, 0.0, 0.0, 4.0, 0.0]],
    mistakes={
        "the one that gives every member of a group the whole derivative: only the winner moves the output": [
            [2.0, 2.0, 2.0, -1.0, -1.0, -1.0],
            [3.0, 3.0, 3.0, 4.0, 4.0, 4.0],
        ],
        "the one that shares the derivative among all members of a group: only the winner moves the output": [
            [2 / 3, 2 / 3, 2 / 3, -1 / 3, -1 / 3, -1 / 3],
            [1.0, 1.0, 1.0, 4 / 3, 4 / 3, 4 / 3],
        ],
        "the right places without dY: what comes from above is missing": [
            [0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        ],
        "the one that multiplies by the winner's value: the derivative of a maximum to its winner is 1": [
            [0.0, 0.0, 6.0, 0.0, 0.0, 0.0],
            [21.0, 0.0, 0.0, 0.0, -4.0, 0.0],
        ],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("max-groups-pull")
Z, dY = rng.normal(size=(5, 8)), rng.normal(size=(5, 2))
check_values(
    "max_groups_pull of 5 x 8 in fours", call(max_groups_pull, Z, dY, 4), mlpkit.MaxGroups(4).vjp(Z, dY)
)
check_values("max_groups_pull in groups of one", call(max_groups_pull, Z[:, :2], dY, 1), dY)
check_keeps_input("max_groups_pull", max_groups_pull, Z, dY, 4)
### END HIDDEN TESTS

# %% test="test-max-groups-tie" points=1
Z = np.array([[2.0, 2.0, 1.0, 0.0, 5.0, 5.0]])
dY = np.array([[6.0, -3.0]])
check_share("max_groups_pull([[2, 2, 1, 0, 5, 5]], [[6, -3]], 3)", call(max_groups_pull, Z, dY, 3), Z, dY, 3)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
Z = np.array([[1.0, 1.0], [0.0, -1.0], [-2.0, -2.0]])
dY = np.array([[4.0], [-1.0], [2.0]])
check_share("max_groups_pull([[1, 1], [0, -1], [-2, -2]], dY, 2)", call(max_groups_pull, Z, dY, 2), Z, dY, 2)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. The network, forward (2 points)
#
# All layers are now of one kind: an affine part and an activation that is a function of `Z`. The
# forward pass goes through them and keeps everything that the way back will need:
# $Y_0=X,\ Z_1,Y_1,\dots,Z_N,Y_N$.


# %% solution="forward"
def forward(params, X, activations):
    """A forward pass through any number of layers.

    Parameters
    ----------
    params : dict
        "W1" of shape (M_1, D_0), "b1" of shape (M_1,), "W2", "b2", ...
    X : array (T, D_0)
        The batch.
    activations : list of N functions
        activations[k - 1] gives Y_k, shape (T, D_k), for Z_k, shape (T, M_k).

    Returns
    -------
    Ys, Zs : lists of N + 1 arrays
        Ys[k] is Y_k, with Ys[0] = X; Zs[k] is Z_k, with Zs[0] = None, because the inputs compute nothing.

    Examples
    --------
    >>> params = {"W1": np.array([[1.0, 1.0]]), "b1": np.array([2.0])}
    >>> Ys, Zs = forward(params, np.array([[3.0, 4.0]]), [lambda Z: 10 * Z])
    >>> Ys[1], Zs[1]
    (array([[90.]]), array([[9.]]))
    """
    # Hint: layer k takes params[f"W{k}"] and Ys[-1]. The affine part is one line; write it here again.
    ### BEGIN SOLUTION
    Ys, Zs = [X], [None]
    for k, activation in enumerate(activations, start=1):
        Zs.append(Ys[-1] @ params[f"W{k}"].T + params[f"b{k}"])
        Ys.append(activation(Zs[-1]))
    return Ys, Zs
    ### END SOLUTION


# %% test="test-forward" points=2
params = {
    "W1": np.array([[1.0, 2.0], [3.0, -1.0]]),
    "b1": np.array([0.0, 1.0]),
    "W2": np.array([[1.0, -1.0], [2.0, 0.5]]),
    "b2": np.array([-1.0, 3.0]),
}
X = np.array([[1.0, 2.0], [0.0, -1.0]])
trace = check_trace(
    "forward(params, X, [square, halve])", call(forward, params, X, [lambda Z: Z**2, lambda Z: Z / 2]), 2
)
check_values(
    "Y_2 of forward(params, X, [square, halve])",
    trace["Y2"],
    [[10.0, 27.5], [-0.5, 6.5]],
    mistakes={
        "Z_2: the last layer has an activation, too": [[20.0, 55.0], [-1.0, 13.0]],
        "the one that hands on Z_1 instead of Y_1": [[1.0, 7.0], [-2.5, 0.0]],
        "the one that uses the first activation in every layer": [[400.0, 3025.0], [1.0, 169.0]],
        "the one without biases": [[10.5, 25.5], [-2.0, 3.0]],
    },
)
check_values("Z_1 of forward(params, X, [square, halve])", trace["Z1"], [[5.0, 2.0], [-2.0, 2.0]])
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("forward")
net = mlpkit.MLP((3, 2, 2, 4), hidden=(mlpkit.MaxGroups(3), mlpkit.pair_products), output=mlpkit.softmax)
params, X = net.init(rng, scale=1.0), rng.normal(size=(5, 3))
activations = [lambda Z: Z.reshape(5, -1, 3).max(axis=2), lambda Z: Z[:, 0::2] * Z[:, 1::2], softmax]
wanted = net.forward(params, X)
trace = check_trace("forward through max, pairs and softmax", call(forward, params, X, activations), 3)
check_values("Y_1 of forward through max, pairs and softmax", trace["Y1"], wanted.y[1])
check_values("Z_2 of forward through max, pairs and softmax", trace["Z2"], wanted.z[2])
check_values("Y_3 of forward through max, pairs and softmax", trace["Y3"], wanted.output)
check_keeps_input("forward", forward, params, X, activations)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. The network, backward (5 points)
#
# The way back visits the layers in the opposite order. In each, the activation's pull takes
# $\dot Y_k$ to $\dot Z_k$; from there go the two gradients of the layer's parameters, and
# $\dot Y_{k-1}$ to the layer below. Three of the lines are your problems 3 and 4. Whatever kind of
# activation a layer has is hidden in its pull.


# %% solution="backward"
def backward(params, Ys, Zs, dY, pulls):
    """Gradients of the mean loss to all parameters.

    Parameters
    ----------
    params : dict
        As in `forward`.
    Ys, Zs : lists of N + 1 arrays
        What `forward` gave.
    dY : array (T, D_N)
        Overdots of the outputs Y_N.
    pulls : list of N functions
        pulls[k - 1](Z_k, dY_k) gives dZ_k.

    Returns
    -------
    dict
        The keys of params, each with an array of the parameter's shape.

    Examples
    --------
    >>> params = {"W1": np.array([[1.0, 1.0]]), "b1": np.array([2.0])}
    >>> Ys, Zs = [np.array([[3.0, 4.0]]), np.array([[90.0]])], [None, np.array([[9.0]])]
    >>> gradients = backward(params, Ys, Zs, np.array([[0.1]]), [lambda Z, dY: 10 * dY])
    >>> gradients["W1"], gradients["b1"]
    (array([[3., 4.]]), array([1.]))
    """
    # Hint: for k from N down to 1, with dY standing for what has come down so far.
    ### BEGIN SOLUTION
    gradients = {}
    for k in range(len(pulls), 0, -1):
        dZ = pulls[k - 1](Zs[k], dY)
        gradients[f"W{k}"] = dZ.T @ Ys[k - 1] / len(dZ)
        gradients[f"b{k}"] = dZ.mean(axis=0)
        dY = dZ @ params[f"W{k}"]
    return gradients
    ### END SOLUTION


# %% test="test-backward-own" points=2
rng = variant_rng("backward")
params = {
    key: rng.uniform(0.5, 1.0, size=shape)
    for key, shape in {"W1": (4, 2), "b1": 4, "W2": (3, 4), "b2": 3}.items()
}
X, d = rng.uniform(0.5, 1.5, size=(3, 2)), np.zeros((3, 3))
check_network(
    "backward(...)",
    params,
    X,
    d,
    [tanh, lambda Z: Z**2 / 10],
    [lambda Z, dY: dY / np.cosh(Z) ** 2, lambda Z, dY: Z * dY / 5],
    forward,
    backward,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
rng = hidden_rng("backward-own")
params = {
    key: rng.uniform(0.3, 0.8, size=shape)
    for key, shape in {"W1": (4, 3), "b1": 4, "W2": (3, 2), "b2": 3}.items()
}
X, d = rng.uniform(0.5, 1.5, size=(2, 3)), np.zeros((2, 3))
check_network(
    "backward(...) through pairs of products",
    params,
    X,
    d,
    [lambda Z: Z[:, 0::2] * Z[:, 1::2], np.sinh],
    [
        lambda Z, dY: np.stack(
            [Z[:, 1] * dY[:, 0], Z[:, 0] * dY[:, 0], Z[:, 3] * dY[:, 1], Z[:, 2] * dY[:, 1]], axis=1
        ),
        lambda Z, dY: np.cosh(Z) * dY,
    ],
    forward,
    backward,
)
### END HIDDEN TESTS

# %% test="test-backward-reference" points=3
params = {
    "W1": np.array([[1.0, 2.0], [3.0, -1.0]]),
    "b1": np.array([0.0, 1.0]),
    "W2": np.array([[1.0, -1.0], [2.0, 0.5]]),
    "b2": np.array([-1.0, 3.0]),
}
Ys = [
    np.array([[1.0, 2.0], [0.0, -1.0]]),
    np.array([[25.0, 4.0], [4.0, 4.0]]),
    np.array([[10.0, 27.5], [-0.5, 6.5]]),
]
Zs = [None, np.array([[5.0, 2.0], [-2.0, 2.0]]), np.array([[20.0, 55.0], [-1.0, 13.0]])]
dY = np.array([[2.0, -4.0], [6.0, 8.0]])
check_dict(
    "backward(params, Ys, Zs, dY, [pull of the square, pull of the half])",
    call(backward, params, Ys, Zs, dY, [lambda Z, dY: 2 * Z * dY, lambda Z, dY: dY / 2]),
    {
        "W2": [[18.5, 8.0], [-17.0, 4.0]],
        "b2": [2.0, 1.0],
        "W1": [[-15.0, -8.0], [-4.0, -6.0]],
        "b1": [-37.0, -6.0],
    },
    mistakes={
        "the right one without the division by T": {
            "W2": [[37.0, 16.0], [-34.0, 8.0]],
            "b2": [4.0, 2.0],
            "W1": [[-30.0, -16.0], [-8.0, -12.0]],
            "b1": [-74.0, -12.0],
        },
        "the one in which what the layer itself gives stands for what comes in": {
            "W2": [[4.25, 23.5], [-11.0, -14.5]],
            "W1": [[-463.0, -148.0], [-108.0, -24.0]],
        },
        "the one in which the sums of the layer below stand for its outputs": {
            "W2": [[-0.5, 4.0], [-9.0, 2.0]]
        },
        "the one without the pull of the hidden layer: between dY and dZ lies its activation": {
            "W1": [[-1.5, -8.5], [-1.0, -1.5]],
            "b1": [4.0, -1.5],
        },
        "the one in which the pull of the hidden layer gets Y_1: it is a function of Z_1": {
            "W1": [[-75.0, -194.0], [-8.0, -12.0]],
            "b1": [-31.0, -12.0],
        },
        "the one with W_2 the wrong way round on the way back": {
            "W1": [[15.0, 28.0], [2.0, -12.0]],
            "b1": [17.0, 18.0],
        },
        "the one that goes back through W_1, where W_2 connects the two layers": {
            "W1": [[-25.0, -20.0], [8.0, 12.0]],
            "b1": [-55.0, 12.0],
        },
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("backward")
maxima = mlpkit.MaxGroups(3)
net = mlpkit.MLP((3, 4, 2, 5), hidden=(maxima, mlpkit.pair_products), output=mlpkit.softmax)
params, X, d = net.init(rng, scale=1.0), rng.normal(size=(6, 3)), np.eye(5)[rng.integers(5, size=6)]
trace = net.forward(params, X)
wanted = net.backward(params, trace, d)
gradients = call(
    backward,
    params,
    list(trace.y),
    list(trace.z),
    trace.output - d,
    [maxima.vjp, mlpkit.pair_products.vjp, mlpkit.softmax.vjp],
)
check_dict("backward through max, pairs and softmax", gradients, dict(wanted))
single = net.forward(params, X[:1])
check_dict(
    "backward of a batch of one",
    call(
        backward,
        params,
        list(single.y),
        list(single.z),
        single.output - d[:1],
        [maxima.vjp, mlpkit.pair_products.vjp, mlpkit.softmax.vjp],
    ),
    dict(net.backward(params, single, d[:1])),
)
check_keeps_input(
    "backward",
    backward,
    params,
    list(trace.y),
    list(trace.z),
    trace.output - d,
    [maxima.vjp, mlpkit.pair_products.vjp, mlpkit.softmax.vjp],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 12. Mini-batches that do not fit (2 points)
#
# A batch of 1,000 instances may be too large for memory. Cut it into mini-batches, take the gradients
# of each, and put them together: the result must be the gradient of the mean over all 1,000. The
# last mini-batch is often shorter than the others.


# %% solution="combine"
def combine(gradients, counts):
    """Gradients of the mean loss over several mini-batches together.

    Parameters
    ----------
    gradients : list of dicts
        For each mini-batch the gradients of its own mean loss; all dicts have the same keys.
    counts : list of int
        How many instances each mini-batch has.

    Returns
    -------
    dict

    Examples
    --------
    >>> combine([{"b1": np.array([1.0])}, {"b1": np.array([5.0])}], counts=[3, 1])
    {'b1': array([2.])}
    """
    # Hint: undo the mean of each mini-batch, add, and take the mean once.
    ### BEGIN SOLUTION
    total = sum(counts)
    return {
        key: sum(count * part[key] for part, count in zip(gradients, counts, strict=True)) / total
        for key in gradients[0]
    }
    ### END SOLUTION


# %% test="test-combine" points=2
gradients = [
    {"W1": np.array([[1.0, 2.0]]), "b1": np.array([4.0])},
    {"W1": np.array([[-3.0, 2.0]]), "b1": np.array([0.0])},
]
check_dict(
    "combine(gradients, counts=[3, 1])",
    call(combine, gradients, [3, 1]),
    {"W1": [[0.0, 2.0]], "b1": [3.0]},
    mistakes={
        "the mean of the mini-batches, as if all were of one size": {"W1": [[-1.0, 2.0]], "b1": [2.0]},
        "the sum of the mini-batches: the loss is a mean": {"W1": [[-2.0, 4.0]], "b1": [4.0]},
        "the sum over all instances: the loss is a mean": {"W1": [[0.0, 8.0]], "b1": [12.0]},
        "the sum over all instances divided by the number of mini-batches": {"W1": [[0.0, 4.0]], "b1": [6.0]},
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("combine")
net = mlpkit.MLP((3, 4, 2), hidden=mlpkit.tanh)
params, X, d = net.init(rng, scale=1.0), rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
rows = [slice(0, 4), slice(4, 8), slice(8, 9)]
parts = [dict(net.backward(params, net.forward(params, X[r]), d[r])) for r in rows]
wanted = dict(net.backward(params, net.forward(params, X), d))
check_dict("combine for mini-batches of 4, 4 and 1", call(combine, parts, [4, 4, 1]), wanted)
check_dict("combine for one mini-batch", call(combine, parts[:1], [4]), parts[0])
check_keeps_input("combine", combine, parts, [4, 4, 1])
### END HIDDEN TESTS

# %% [markdown]
# ## What it was good for
#
# Nothing to hand in here: run the cell and look. It sends 500 instances through a layer of 40 units,
# once with your `affine` and once with two loops over instances and units, and gives the time of each.
# (The loops still use a vector product for the innermost sum. Without it they would be slower yet.)

# %% id="vectors-against-loops"
import time

batch, weights, biases = np.ones((500, 60)), np.ones((40, 60)), np.ones(40)
start = time.perf_counter()
at_a_stroke = affine(batch, weights, biases)
middle = time.perf_counter()
one_by_one = [[row @ w + bias for w, bias in zip(weights, biases, strict=True)] for row in batch]
end = time.perf_counter()
print("The same numbers:", np.allclose(at_a_stroke, one_by_one))
print(f"Loops take {1000 * (end - middle):.1f} ms, the product of matrices {1000 * (middle - start):.2f} ms.")

# %% [markdown]
# ## Problem 13. A poll (2 points)
#
# A poll in code: each function returns a set of capital letters, such as `{"B", "D"}`.
#
# 1. One instance, in columns. The derivative $\partial\mathrm{Div}/\partial y_k$ is a **row**,
#    and the gradient $\dot y_k$ its transpose. $J$ is the Jacobian of the activation, $J_{y_k}(z_k)$.
#    Which of these lines are right?
#
#    | letter | line |
#    |---|---|
#    | A | $\partial\mathrm{Div}/\partial y_{k-1}=W_k\,J\,\partial\mathrm{Div}/\partial y_k$ |
#    | B | $\partial\mathrm{Div}/\partial y_{k-1}=\partial\mathrm{Div}/\partial y_k\;J\,W_k$ |
#    | C | $\partial\mathrm{Div}/\partial y_{k-1}=\partial\mathrm{Div}/\partial y_k\;W_k\,J$ |
#    | D | $\dot y_{k-1}=W_k^T\,J^T\,\dot y_k$ |
#    | E | $\dot y_{k-1}=J^T\,W_k^T\,\dot y_k$ |
#
# 2. $y=\max(z_1,z_2)$ at the tie $z=(2,2)$. Which of these are subgradients there?
#
#    | letter | vector | | letter | vector |
#    |---|---|---|---|---|
#    | P | $(1,0)$ | | S | $(0.3,0.7)$ |
#    | Q | $(0,1)$ | | T | $(1,1)$ |
#    | R | $(0.5,0.5)$ | | U | $(0,0)$ |


# %% solution="poll"
def chain_rule_lines():
    """Letters from A to E: the lines that are right."""
    # Hint: write the sizes below the factors, with M sums and D outputs that differ.
    ### BEGIN SOLUTION
    return {"B", "D"}
    ### END SOLUTION


def subgradients_at_the_tie():
    """Letters from P to U: the vectors v with max(z) - 2 >= v (z - (2, 2)) for every z near the tie."""
    # Hint: try a step that raises one of the two, one that raises both, and one that lowers both.
    ### BEGIN SOLUTION
    return {"P", "Q", "R", "S"}
    ### END SOLUTION


# %% test="test-poll" points=2
lines = check_letters("chain_rule_lines()", call(chain_rule_lines), "ABCDE")
vectors = check_letters("subgradients_at_the_tie()", call(subgradients_at_the_tie), "PQRSTU")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("chain_rule_lines()", lines, "BD")
check_choice("subgradients_at_the_tie()", vectors, "PQRS")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 14. From which end to multiply (written, 5 points)
#
# A network takes pictures of 784 pixels through two hidden layers of 500 units each to 10 outputs and
# one divergence. For one picture, the derivative to the input is a row times three matrices,
# $r\,W_3\,W_2\,W_1$, if we leave the activations out, whose Jacobians are diagonal. $r$ is the
# derivative to the ten last sums.
#
# 1. Count the multiplications of single numbers when the product is worked out from the **left** (row
#    times matrix, three times), and when it is worked out from the **right**, beginning with
#    $W_2W_1$. Which end does backpropagation begin with, and how many times cheaper is it here?
# 2. When would it be better to begin at the other end? Give an example.
# 3. The Jacobian of a softmax with $D=10{,}000$ outputs stands between $r$ and the divergence. About
#    how many multiplications does it cost to fill the Jacobian and multiply by it, and how many with
#    the pull of problem 6? Where did the factor go?
#
# Half a page is plenty.

# %% [markdown] written="from-which-end" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. From the left: $10\cdot500+500\cdot500+500\cdot784=647{,}000$. From the right: $W_2W_1$ takes
#    $500\cdot500\cdot784=196{,}000{,}000$, $W_3$ times that $10\cdot500\cdot784=3{,}920{,}000$, and $r$
#    times that $10\cdot784=7{,}840$; together $199{,}927{,}840$. Backpropagation begins on the left, at the
#    divergence, and is 309 times cheaper: what it carries is always one row, never a matrix.
# 2. The row stays thin because there is one divergence. With one input and many outputs (a curve
#    $x\mapsto Y$ of thousands of numbers, and the derivatives of all of them to $x$) the column on the
#    right is the thin one, and it pays to begin at the input. That is forward mode, lecture 12.
# 3. Filling it takes $D^2=10^8$ products $y_jy_i$, and multiplying by it another $10^8$; the pull takes
#    about $2D=20{,}000$ and as many subtractions and additions. The Jacobian is a diagonal minus a
#    column times a row, $\mathrm{diag}(y)-yy^T$: $D^2$ numbers made of only $D$ different ones, and
#    $y\,(y^T\dot y)$, in this order, never makes the square.
#
# **Marking guide.** 1: one point for each count (2; a slip of arithmetic costs nothing if the products
# are right, and leaving out the smallest term is fine), one for "left, at the divergence" with a ratio
# of about 300. 2: one point for few inputs and many outputs. 3: one point for orders $D^2$ and $D$
# with a reason, such as "the sum is the same for all $i$".
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells* stops at the first check that fails; *Validate*, in the
# bar above the notebook, runs all cells and lists every one that fails. A cell that has not passed
# its visible checks earns nothing, and it does no harm to the others. You now have a network of any
# mix of layers. In problem set 5 you build the machine that finds such pulls by itself, and in
# problem set 6 the network learns.

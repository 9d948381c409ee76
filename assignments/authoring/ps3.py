# %% [markdown]
# # Problem set 3. Forward and backward, one number at a time
#
# Three neurons, one example, one target. The network answers 0.55, and it should have answered 0.9.
# Nine numbers, its weights and biases, share the blame: how much of it belongs to each? Everything
# that this course is about is the answer to that question, and in this problem set you work it out
# completely, sum by sum.
#
# You write the forward pass, then the four rules by which derivatives travel backwards, then the
# **plan** that applies them in the right order. Central differences, which know nothing of
# backpropagation, tell you whether it is right. At the end you train the three neurons with pencil and
# paper (or with your own code): for two steps that the lecture has done before you, and for a third
# that you will find nowhere.
#
# | | problem |
# |---|---|
# | forward through any number of layers | 1 |
# | four rules: start, through an activation, to weights and biases, to the layer below | 2-5 |
# | the plan that puts them in order | 6 |
# | differences, the judge | 7 |
# | an update with momentum | 8 |
# | three steps by hand | 9-10 |
# | what it costs, a poll, a written answer | 11-13 |
#
# There are 45 points: 40 from checks, 5 for the written answer. Plan for two hours. The lectures that
# it stands on are *The forward pass* and *The backward pass, one number at a time*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Loops are welcome: this problem set is about sums, and speed is the business
#   of the next one. NumPy is all you need.
# * Here there is **one instance**, without a batch. Layer $k$ has $D_k$ units; its outputs are an array
#   of shape `(D_k,)`. The weights of a network are a dict: `params["W1"]` has shape `(D_1, D_0)`,
#   `params["b1"]` has shape `(D_1,)`, and so on to layer $N$. Mathematics writes $w^{(k)}_{ij}$ for the
#   weight **from** unit $i$ **to** unit $j$; in code it is `W[j, i]`, a row for each receiving unit.
# * A dot over a letter is a derivative of the divergence: $\dot z=\partial\mathrm{Div}/\partial z$. In
#   code `dz` stands for $\dot z$, and has the shape of `z`.
# * Return something new and leave the arguments as they are.
# * Each problem is followed by cells with checks. You see some of the checks; others, on other networks
#   and other numbers, run when your work is graded. The last line printed tells how many. A message says
#   which call went wrong, what it should give, what yours gives, and often which mistake gives just that.
# * Nothing is lost twice: where a function needs another one, the checks pass one that is right.
# * The button *Validate*, above, runs everything from the top and lists the visible checks that fail.
#   Before you hand in, choose *Kernel → Restart Kernel and Run All Cells*.
# * Save, and `autograder check ps3` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows what is
#   left in the whole course.

# %% given="imports"
import numpy as np

# %% [markdown]
# Some checks draw their numbers at random. Put your user name between the quotes, and they become
# **yours**: always the same for you, other ones for your neighbour. (Left empty, everything works,
# with everybody's numbers.)

# %% id="identity"
IDENTITY = ""

# %% [markdown]
# The next three cells hold the tools of the checks, and a sigmoid from the parts bin of problem set 2.
# You need not read the tools.

# %% given="variants" part="variants"

# %% given="checks" part="checks"


# %% given="sigmoid"
def sigmoid(z):
    """The logistic sigmoid of each entry, made from tanh, which is safe for large sums."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(z, dtype=float)))


# %% [markdown]
# ## Problem 1. The forward pass (4 points)
#
# For every layer $k=1,\dots,N$ and every unit $j$ of it, first the sum and then the activation. Here
# every layer has sigmoids.
#
# {formula:affine}
#
# {formula:activation}
#
# The sum counts from $i=0$: that term is the bias, $w^{(k)}_{0j}=b^{(k)}_j$, on the constant
# $y^{(k-1)}_0=1$. Keep the outputs of **every** layer: the way back will need them. (With the sigmoid it
# needs nothing else, because the slope is $y(1-y)$.)


# %% solution="forward"
def forward(params, x):
    """Compute the outputs of every layer of a network of sigmoids.

    Parameters
    ----------
    params : dict
        W1 (D_1, D_0), b1 (D_1,), ..., WN (D_N, D_{N-1}), bN (D_N,). N is half the number of entries.
    x : array (D_0,)
        One instance.

    Returns
    -------
    list of N + 1 arrays
        The input itself, then the outputs of layers 1 to N.

    Examples
    --------
    >>> params = {"W1": np.zeros((3, 2)), "b1": np.zeros(3), "W2": np.ones((1, 3)), "b2": np.zeros(1)}
    >>> [y.tolist() for y in forward(params, np.array([4.0, -2.0]))[:2]]
    [[4.0, -2.0], [0.5, 0.5, 0.5]]
    """
    # Hint: for k in range(1, len(params) // 2 + 1): W, b = params[f"W{k}"], params[f"b{k}"]
    ### BEGIN SOLUTION
    ys = [np.asarray(x, dtype=float)]
    for k in range(1, len(params) // 2 + 1):
        W, b = params[f"W{k}"], params[f"b{k}"]
        z = np.zeros(len(b))
        for j in range(len(b)):
            z[j] = b[j]
            for i in range(len(ys[-1])):
                z[j] += W[j, i] * ys[-1][i]
        ys.append(sigmoid(z))
    return ys
    ### END SOLUTION


# %% test="test-forward" points=2
params = {
    "W1": np.array([[0.2, 0.1], [0.3, -0.4]]),
    "b1": np.array([0.1, -0.2]),
    "W2": np.array([[-0.2, -0.1], [0.1, -0.5]]),
    "b2": np.array([0.0, 0.0]),
}
ys = call(forward, params, np.array([0.4, 0.1]))
assert isinstance(ys, (list, tuple)) and len(ys) == 3, (
    "For two layers forward should return a list of 3 arrays: the input, and two layers of outputs."
)
check_values("forward(params, x)[0]", ys[0], [0.4, 0.1], "The list begins with the input itself.")
check_values(
    "forward(params, x)[1]",
    ys[1],
    [0.54735761814, 0.47003594824],
    "The sums of the hidden layer are 0.19 and -0.12.",
    mistakes={
        "the sums, before the sigmoid": [0.19, -0.12],
        "the outputs without the biases": [0.52248482479, 0.51998934016],
        "the outputs with W[i, j] in place of W[j, i]": [0.55230790957, 0.45016600269],
    },
)
check_values(
    "forward(params, x)[2]",
    ys[2],
    [0.46096084230, 0.45505112385],
    "Its inputs are the outputs of the hidden layer, not x.",
    mistakes={
        "the sums of the output layer, before the sigmoid": [-0.15647511845, -0.18028221230],
        "the outputs for the hidden sums in place of the hidden outputs": [0.49350036593, 0.51973973476],
        "the outputs with x in place of the hidden outputs": [0.47751517521, 0.49750002083],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as sigmoid_of_the_course

net = MLP(widths=(4, 3, 2), hidden=sigmoid_of_the_course, output=sigmoid_of_the_course)
params = dict(net.init(hidden_rng("forward"), scale=1.0))
x = hidden_rng("forward, input").normal(size=4)
trace = net.forward(params, x)
ys = call(forward, params, x)
check_values(
    "forward through widths 4, 3, 2: hidden outputs,", ys[1], trace.y[1], "A row of W for each unit."
)
check_values("forward through widths 4, 3, 2: outputs,", ys[2], trace.y[2])
check_keeps_input("forward", forward, params, x)
### END HIDDEN TESTS

# %% test="test-forward-deep" points=2
ones = {f"W{k}": np.array([[1.0]]) for k in (1, 2, 3)} | {f"b{k}": np.zeros(1) for k in (1, 2, 3)}
ys = call(forward, ones, np.array([0.0]))
assert isinstance(ys, (list, tuple)) and len(ys) == 4, "For three layers the list should hold 4 arrays."
check_values("forward through three units in a row, outputs of layer 3,", ys[3], [0.65077767821])
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as sigmoid_of_the_course

net = MLP(widths=(3, 5, 1, 4, 2), hidden=sigmoid_of_the_course, output=sigmoid_of_the_course)
params = dict(net.init(hidden_rng("forward-deep"), scale=1.0))
trace = net.forward(params, np.array([1.0, -2.0, 0.0]))
ys = call(forward, params, np.array([1, -2, 0]))
check_values("forward through widths 3, 5, 1, 4, 2: layer 3,", ys[3], trace.y[3])
check_values("forward through widths 3, 5, 1, 4, 2: outputs,", ys[4], trace.y[4])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. Where the way back begins (1 point)
#
# The divergence of this problem set is half the squared error,
#
# {formula:half-squared-error}
#
# and the way back begins with its derivative to each output, $\dot y^{(N)}_j$. You know it from problem
# set 2.


# %% solution="output-derivative"
def output_derivative(Y, d):
    """The derivative of half the squared error to each output.

    Parameters
    ----------
    Y, d : arrays (D_N,)
        Outputs and targets of one instance.

    Returns
    -------
    array (D_N,)

    Examples
    --------
    >>> output_derivative(np.array([0.5, 0.25]), np.array([1.0, 0.0]))
    array([-0.5 ,  0.25])
    """
    # Hint: an output below its target has a negative derivative: more of it would make Div smaller.
    ### BEGIN SOLUTION
    return Y - d
    ### END SOLUTION


# %% test="test-output-derivative" points=1
check_values(
    "output_derivative([0.75, 0.5], [1, -1])",
    call(output_derivative, np.array([0.75, 0.5]), np.array([1.0, -1.0])),
    [-0.25, 1.5],
    "Output minus target.",
    mistakes={
        "target minus output: that is the correction, not the derivative": [0.25, -1.5],
        "twice the right one: the half of the divergence cancels the 2 of the square": [-0.5, 3.0],
        "the mean over the outputs: the divergence sums over them": [-0.125, 0.75],
        "the divergence itself": 1.15625,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
Y, d = hidden_rng("output-derivative").uniform(size=(2, 5))
check_values("output_derivative of five outputs", call(output_derivative, Y, d), Y + (-d))
check_keeps_input("output_derivative", output_derivative, Y, d)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. Through an activation (3 points)
#
# A unit's output depends on its own sum only, so its derivative passes to the sum with the slope of the
# activation as a factor:
#
# {formula:through-activation}
#
# Your function gets $y$, the **output** of the unit, because that is what the forward pass has kept.


# %% solution="to-sums"
def to_sums(dy, y):
    """Take derivatives from the outputs of sigmoids to their sums.

    Parameters
    ----------
    dy : array (D_k,)
        Derivatives to the outputs.
    y : array (D_k,)
        The outputs themselves.

    Returns
    -------
    array (D_k,)
        Derivatives to the sums.

    Examples
    --------
    >>> to_sums(np.array([8.0, 8.0]), np.array([0.5, 0.75]))
    array([2. , 1.5])
    """
    # Hint: the slope at a sum whose output is y is y (1 - y). No exponential is needed.
    ### BEGIN SOLUTION
    return dy * y * (1.0 - y)
    ### END SOLUTION


# %% test="test-to-sums" points=3
check_values(
    "to_sums([2, -4], [0.5, 0.2])",
    call(to_sums, np.array([2.0, -4.0]), np.array([0.5, 0.2])),
    [0.5, -0.64],
    "Each derivative times y (1 - y).",
    mistakes={
        "dy itself: the slope of the sigmoid is missing": [2.0, -4.0],
        "dy times y: the factor 1 - y is missing": [1.0, -0.8],
        "dy times (1 - y): the factor y is missing": [1.0, -3.2],
        "the slope alone: it is multiplied with dy": [0.25, 0.16],
        "dy times S(y)(1 - S(y)): y is the output already, do not put it through the sigmoid again": [
            0.47000742440,
            -0.99006629085,
        ],
        "dy times 1 - y^2, the slope of the hyperbolic tangent": [1.5, -3.84],
        "the right one with the opposite sign": [-0.5, 0.64],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit import sigmoid as sigmoid_of_the_course

z, dy = hidden_rng("to-sums").normal(size=(2, 6))
check_values("to_sums of six units", call(to_sums, dy, sigmoid(z)), dy * sigmoid_of_the_course.derivative(z))
check_values(
    "to_sums of units that are all on or all off", call(to_sums, np.ones(2), np.array([0.0, 1.0])), [0, 0]
)
check_keeps_input("to_sums", to_sums, dy, sigmoid(z))
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. To weights and biases (3 points)
#
# A weight enters one sum only, multiplied by the output that it carries:
#
# {formula:weight-derivative}
#
# {formula:bias-derivative}
#
# So nothing is left to sum over, and every weight has its own product.


# %% solution="gradients"
def gradients(dz, y):
    """The gradients of the weights and biases of one layer.

    Parameters
    ----------
    dz : array (D_k,)
        Derivatives to the sums of the layer.
    y : array (D_{k-1},)
        Outputs of the layer below: what the weights multiply.

    Returns
    -------
    tuple
        Gradient of the weights, array (D_k, D_{k-1}), and of the biases, array (D_k,).

    Examples
    --------
    >>> dW, db = gradients(np.array([1.0, 10.0]), np.array([2.0, 3.0, 4.0]))
    >>> dW
    array([[ 2.,  3.,  4.],
           [20., 30., 40.]])
    """
    # Hint: dW[j, i] belongs to the weight from unit i to unit j. A gradient has the shape of its weights.
    ### BEGIN SOLUTION
    dW = np.zeros((len(dz), len(y)))
    for j in range(len(dz)):
        for i in range(len(y)):
            dW[j, i] = y[i] * dz[j]
    return dW, np.array(dz)
    ### END SOLUTION


# %% test="test-gradients" points=3
answer = call(gradients, np.array([0.5, -1.0]), np.array([2.0, 3.0, 5.0]))
dW, db = check_tuple("gradients([0.5, -1], [2, 3, 5])", answer, 2)
right = np.array([[1.0, 1.5, 2.5], [-2.0, -3.0, -5.0]])
check_values(
    "gradients([0.5, -1], [2, 3, 5]), weights,",
    dW,
    right,
    "A row for each receiving unit, a column for each sending unit.",
    mistakes={
        "the transpose of the right one: dW[j, i] goes from unit i to unit j": right.T,
        "the right one with the opposite sign: a gradient, not yet a step": -right,
        "the sum over the receiving units: every weight has a product of its own": [-1.0, -1.5, -2.5],
    },
)
check_values(
    "gradients([0.5, -1], [2, 3, 5]), biases,",
    db,
    [0.5, -1.0],
    "A bias is a weight on the constant 1.",
    mistakes={
        "zeros: biases learn, too": [0.0, 0.0],
        "the sum of the derivatives: every unit has a bias of its own": -0.5,
        "the sums of the gradients of the weights": [5.0, -10.0],
        "ones: the derivative of the sum to its bias, without dz": [1.0, 1.0],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
dz, y = hidden_rng("gradients").normal(size=4), hidden_rng("gradients, outputs").normal(size=3)
dW, db = check_tuple("gradients of 4 x 3", call(gradients, dz, y), 2)
check_values("gradients of 4 x 3, weights,", dW, np.outer(dz, y))
check_values("gradients of 4 x 3, biases,", db, dz)
check_keeps_input("gradients", gradients, dz, y)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. To the layer below (3 points)
#
# An output of layer $k-1$ feeds **every** unit of layer $k$, so it collects the derivatives of all of
# them, each through the weight between the two:
#
# {formula:to-layer-below}
#
# Compare with the forward pass: there a unit sums over where its inputs come **from**, here over where
# its output goes **to**.


# %% solution="to-layer-below"
def to_layer_below(W, dz):
    """Take derivatives from the sums of a layer to the outputs of the layer below.

    Parameters
    ----------
    W : array (D_k, D_{k-1})
    dz : array (D_k,)

    Returns
    -------
    array (D_{k-1},)

    Examples
    --------
    >>> to_layer_below(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([10.0, 1.0]))
    array([14., 25., 36.])
    """
    # Hint: the receiving units j are the rows of W. For which index does the result have an entry?
    ### BEGIN SOLUTION
    dy = np.zeros(W.shape[1])
    for i in range(W.shape[1]):
        for j in range(W.shape[0]):
            dy[i] += W[j, i] * dz[j]
    return dy
    ### END SOLUTION


# %% test="test-to-layer-below" points=3
check_values(
    "to_layer_below([[1, 2], [3, 4]], [0.5, -1])",
    call(to_layer_below, np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])),
    [-2.5, -3.0],
    "Entry i sums over the units j that unit i feeds.",
    mistakes={
        "the sums of the forward pass: here the sum runs over the receiving units, the rows of W": [
            -1.5,
            -2.5,
        ],
        "one weight a unit: every unit feeds all units of the next layer": [0.5, -4.0],
        "the part of the last receiving unit: add the parts up, do not overwrite them": [-3.0, -4.0],
        "the part of the first receiving unit: add the parts of all of them": [0.5, 1.0],
        "the sum of the derivatives without the weights": [-0.5, -0.5],
        "the right one with the opposite sign": [2.5, 3.0],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
W, dz = hidden_rng("to-layer-below").normal(size=(3, 5)), np.array([1.0, -2.0, 0.5])
check_values(
    "to_layer_below of 3 x 5",
    call(to_layer_below, W, dz),
    np.einsum("ji,j->i", W, dz),
    "Five units lie below.",
)
check_values("to_layer_below of 5 x 1", call(to_layer_below, W[:1].T, np.ones(5)), [W[0].sum()])
check_keeps_input("to_layer_below", to_layer_below, W, dz)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. The plan (8 points)
#
# Now the backward pass itself. It needs no new mathematics, only the right **order** and the right
# **partners**: which outputs and which weights belong to which layer. From the top to the bottom, for
# $k=N,\dots,1$:
#
# 1. from outputs to sums of layer $k$, with the outputs of layer $k$;
# 2. gradients of layer $k$, with the outputs of layer $k-1$;
# 3. to the outputs of layer $k-1$, with the weights of layer $k$.
#
# To show that the plan does not depend on the rules, they come as arguments. Yours from problems 2-5 fit;
# the checks also pass quite different ones, for which only the plan can be right. At the bottom the plan
# has found the derivative to the input, $\dot y^{(0)}$: keep it, too.


# %% solution="backward"
def backward(params, ys, d, start, through, gradients, below):
    """Compute the gradients of all parameters, and the derivative to the input.

    Parameters
    ----------
    params : dict
        W1, b1, ..., WN, bN.
    ys : list of N + 1 arrays
        Input and outputs of all layers, as `forward` returns them.
    d : array (D_N,)
        Targets.
    start : function
        (Y, d) -> derivative to the outputs of the network, as `output_derivative`.
    through : function
        (dy, y) -> derivative to the sums of a layer, as `to_sums`.
    gradients : function
        (dz, y) -> gradients of the weights and the biases of a layer, as in problem 4.
    below : function
        (W, dz) -> derivative to the outputs of the layer below, as `to_layer_below`.

    Returns
    -------
    dict
        The keys of `params` with the gradients, and "x" with the derivative to the input, (D_0,).

    Examples
    --------
    >>> one = {"W1": np.array([[2.0]]), "b1": np.array([0.0])}
    >>> upper = (lambda Y, d: Y - d, lambda dy, y: 10 * dy)
    >>> lower = (lambda dz, y: (dz * y, dz), lambda W, dz: W[0] * dz)
    >>> backward(one, [np.array([3.0]), np.array([5.0])], np.array([4.0]), *upper, *lower)
    {'W1': array([30.]), 'b1': array([10.]), 'x': array([20.])}
    """
    # Hint: for k in range(N, 0, -1). One variable is enough for dy: its old value is not needed again.
    ### BEGIN SOLUTION
    grads = {}
    dy = start(ys[-1], d)
    for k in range(len(params) // 2, 0, -1):
        dz = through(dy, ys[k])
        grads[f"W{k}"], grads[f"b{k}"] = gradients(dz, ys[k - 1])
        dy = below(params[f"W{k}"], dz)
    return {key: grads[key] for key in params} | {"x": dy}
    ### END SOLUTION


# %% test="test-backward-plan" points=2
params = {"W1": np.array([[7.0]]), "b1": np.zeros(1), "W2": np.array([[11.0]]), "b2": np.zeros(1)}
ys, d = [np.array([2.0]), np.array([3.0]), np.array([5.0])], np.array([1.0])


def start(Y, d):
    return 10 * Y + d


def through(dy, y):
    return dy + y


def multiply(dz, y):
    return np.array([[1000 * dz[0] + y[0]]]), dz + 0.5


def down(W, dz):
    return W[0] + 2 * dz


check_dict(
    "backward(params, ys, d, rules of this cell)",
    call(backward, params, ys, d, start, through, multiply, down),
    {"W1": [[126002.0]], "b1": [126.5], "W2": [[56003.0]], "b2": [56.5], "x": [259.0]},
    "On the way: dy of layer 2 is 51, dz 56; dy of layer 1 is 123, dz 126; dy of the input is 259.",
    mistakes={
        "the right one with the outputs of layer k in place of layer k - 1": {
            "W1": [[126003.0]],
            "W2": [[56005.0]],
        },
        "the right one without the step through the activation of the hidden layer": {
            "W1": [[123002.0]],
            "b1": [123.5],
            "x": [253.0],
        },
        "the right one without the step through the activation of the output layer": {
            "W2": [[51003.0]],
            "b2": [51.5],
            "W1": [[116002.0]],
            "b1": [116.5],
            "x": [239.0],
        },
        "the right one with the weights of the layer below on the way down": {
            "W1": [[122002.0]],
            "b1": [122.5],
        },
        "the right one with the outputs of the layer below in the step through the activation": {
            "W2": [[54003.0]],
            "b2": [54.5],
            "W1": [[121002.0]],
            "b1": [121.5],
        },
        "the derivative to the sums in place of that to the input: go down once more": {"x": [126.0]},
    },
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
params |= {"W3": np.array([[-1.0]]), "b3": np.zeros(1)}
ys = [*ys, np.array([4.0])]
check_dict(
    "backward(three layers, rules of this cell)",
    call(backward, params, ys, d, start, through, multiply, down),
    {
        "W3": [[45005.0]],
        "b3": [45.5],
        "W2": [[94003.0]],
        "b2": [94.5],
        "W1": [[202002.0]],
        "b1": [202.5],
        "x": [411.0],
    },
)
### END HIDDEN TESTS

# %% test="test-backward-own" points=3
rng = variant_rng("backward")
params = {"W1": rng.normal(size=(3, 2)), "b1": np.zeros(3), "W2": rng.normal(size=(2, 3)), "b2": np.zeros(2)}
ys = [rng.uniform(size=width) for width in (2, 3, 2)]
grads = call(
    backward,
    params,
    ys,
    np.ones(2),
    lambda Y, d: Y + d,
    lambda dy, y: dy + y,
    lambda dz, y: (np.array([[b - a for a in y] for b in dz]), -dz),
    lambda W, dz: np.array([sum(column * dz) for column in W.T]),
)
shapes = {name: np.shape(value) for name, value in params.items()} | {"x": (2,)}
assert isinstance(grads, dict), f"backward should return a dict, yours returns a {type(grads).__name__}."
assert grads.keys() == shapes.keys(), f"The keys should be {', '.join(shapes)}; yours are {', '.join(grads)}."
for name, shape in shapes.items():
    check_array(f'backward(...)["{name}"]', grads[name], shape, "A gradient has the shape of its parameter.")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
shapes = {"W1": (3, 2), "b1": (3,), "W2": (2, 3), "b2": (2,)}
theta = np.array([1.0, -2, 0.5, 1.5, -1, 0.5, 0.5, -1, 0.1, 2, -1, 0.5, -1.5, 1, 1, -0.5, 0.25])
x, d = np.array([0.5, -1.0]), np.array([1.0, 0.0])


def unpack(theta):
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    pieces = np.split(theta, np.cumsum(sizes)[:-1])
    return {name: piece.reshape(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}


def loss(theta):
    Y = check_array("forward(params, x)[2]", forward(unpack(theta), x)[2], (2,))
    return 0.5 * ((Y - d) ** 2).sum()


grads = call(
    backward,
    unpack(theta),
    forward(unpack(theta), x),
    d,
    lambda Y, d: Y - d,
    lambda dy, y: dy * y * (1 - y),
    lambda dz, y: (np.outer(dz, y), dz),
    lambda W, dz: dz @ W,
)
row = [check_array(f'backward(...)["{name}"]', grads[name], shape).ravel() for name, shape in shapes.items()]
check_slopes(
    "backward(...) of a 2-3-2 network, all gradients in one row,",
    np.concatenate(row),
    "half squared error, computed with your forward,",
    loss,
    theta,
    (),
)
### END HIDDEN TESTS

# %% test="test-backward-reference" points=3
params = {f"W{k}": np.array([[float(k)]]) for k in (1, 2, 3)} | {f"b{k}": np.zeros(1) for k in (1, 2, 3)}
ys = [np.array([float(k)]) for k in (10, 20, 30, 40)]
grads = call(
    backward,
    params,
    ys,
    np.array([39.0]),
    lambda Y, d: Y - d,
    lambda dy, y: dy * y,
    lambda dz, y: (np.array([dz * y]), dz),
    lambda W, dz: W[0] * dz,
)
check_dict(
    "backward(three units in a row, other rules)",
    grads,
    {
        "W1": [[1440000.0]],
        "b1": [144000.0],
        "W2": [[72000.0]],
        "b2": [3600.0],
        "W3": [[1200.0]],
        "b3": [40.0],
        "x": [144000.0],
    },
    "On the way dz is 40, then 3 * 40 * 30, then 2 * 3600 * 20.",
    mistakes={
        "the right one with the weights of the layer below on the way down": {
            "W2": [[48000.0]],
            "b2": [2400.0],
            "W1": [[480000.0]],
            "b1": [48000.0],
        },
        "the right one without the step through the activations of the hidden layers": {
            "W2": [[2400.0]],
            "b2": [120.0],
            "W1": [[2400.0]],
            "b1": [240.0],
            "x": [240.0],
        },
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as sigmoid_of_the_course

net = MLP(widths=(3, 4, 2, 5), hidden=sigmoid_of_the_course, output=sigmoid_of_the_course)
params = dict(net.init(hidden_rng("backward-reference"), scale=1.0))
x, d = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, 0.5, 1.0, 0.0])
trace = net.forward(params, x)
wanted = net.backward(params, trace, d)
rules = (
    lambda Y, d: Y - d,
    lambda dy, y: dy * y * (1 - y),
    lambda dz, y: (np.outer(dz, y), dz),
    lambda W, dz: dz @ W,
)
ys = [np.array(y) for y in trace.y]
check_dict(
    "backward(widths 3, 4, 2, 5)",
    call(backward, params, ys, d, *rules),
    {name: wanted[name] for name in params} | {"x": wanted.wrt_x},
)
check_keeps_input("backward", backward, params, ys, d, *rules)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. The judge (4 points)
#
# Whether a backward pass is right can be found out without knowing anything about it: move one parameter
# a little to both sides, and look what the loss does.
#
# {formula:parameter-difference}
#
# Here $e_i$ moves parameter $i$ alone. With thousands of parameters this is slow, since the loss is
# computed twice for each of them. As a judge it is unbeatable.


# %% solution="differences"
def numerical_gradient(loss, params, h=1e-5):
    """The gradient of a loss by central differences, one parameter at a time.

    Parameters
    ----------
    loss : function
        Takes a dict like `params` and returns a number.
    params : dict of arrays
        Any keys, any shapes. They are the same afterwards as before.
    h : float
        How far to move to each side.

    Returns
    -------
    dict
        The keys of `params`, with the gradients in the shapes of the parameters.

    Examples
    --------
    >>> numerical_gradient(lambda p: 3 * p["b1"].sum(), {"b1": np.array([1.0, 2.0])}, h=0.5)
    {'b1': array([3., 3.])}
    """
    # Hint: for place in np.ndindex(array.shape) runs through all entries. Move a copy, not the original.
    ### BEGIN SOLUTION
    grads = {}
    for name, array in params.items():
        grads[name] = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            moved = np.zeros(array.shape)
            moved[place] = h
            up, down = (loss({**params, name: array + sign * moved}) for sign in (1.0, -1.0))
            grads[name][place] = (up - down) / (2 * h)
    return grads
    ### END SOLUTION


# %% test="test-differences" points=4
check_dict(
    "numerical_gradient(loss, params, 0.1)",
    call(
        numerical_gradient,
        lambda p: (p["W1"] ** 3).sum() + p["W1"].prod() + 2 * (p["b1"] ** 2).sum(),
        {"W1": np.array([[1.0, 2.0]]), "b1": np.array([3.0])},
        0.1,
    ),
    {"W1": [[5.01, 13.01]], "b1": [12.0]},
    "Both sides, 0.1 each: the difference is divided by 0.2.",
    mistakes={
        "the forward difference: move to both sides": {"W1": [[5.31, 13.61]], "b1": [12.2]},
        "the backward difference: move to both sides": {"W1": [[4.71, 12.41]], "b1": [11.8]},
        "twice the right one: the two sides are 2h apart": {"W1": [[10.02, 26.02]], "b1": [24.0]},
        "the right one for parameters that are not put back before the next one moves": {
            "W1": [[5.01, 12.91]]
        },
        "half the right one": {"W1": [[2.505, 6.505]], "b1": [6.0]},
        "the right one with the opposite sign: up minus down": {"W1": [[-5.01, -13.01]], "b1": [-12.0]},
        "the slope in the direction of all entries of an array at once: move one entry at a time": {
            "W1": [[18.02, 18.02]]
        },
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as sigmoid_of_the_course

net = MLP(widths=(2, 3, 1), hidden=sigmoid_of_the_course, output=sigmoid_of_the_course)
params = dict(net.init(hidden_rng("differences"), scale=1.0))
x, d = np.array([1.0, -0.5]), np.array([0.9])
wanted = net.backward(params, net.forward(params, x), d)


def loss(params):
    return float(net.loss(params, x, d))


check_keeps_input("numerical_gradient", numerical_gradient, loss, params)
check_dict(
    "numerical_gradient(loss of a network)",
    call(numerical_gradient, loss, params),
    {name: wanted[name] for name in params},
    "Is every parameter back in its place before the next one moves?",
    tolerance=1e-6,
)
check_dict(
    "numerical_gradient(whole numbers)",
    call(numerical_gradient, lambda p: (p["a"] ** 2).sum(), {"a": np.array([1, -3])}),
    {"a": [2.0, -6.0]},
    "Whole numbers cannot be moved by 0.00001: make floats of them.",
    tolerance=1e-6,
)
### END HIDDEN TESTS

# %% [markdown]
# Does it all fit? The next cell is not graded. It puts **your** forward pass, **your** rules and **your**
# plan together, and lets your differences judge them. A correct backward pass differs by less than one in a
# thousand million.

# %% id="does-it-fit"
try:
    example = {
        "W1": np.array([[1.0, -2.0], [0.5, 1.5], [-1.0, 0.5]]),
        "b1": np.array([0.5, -1.0, 0.0]),
        "W2": np.array([[2.0, -1.0, 0.5]]),
        "b2": np.array([-0.5]),
    }
    point, target = np.array([0.5, -1.0]), np.array([1.0])
    found = backward(
        example,
        forward(example, point),
        target,
        output_derivative,
        to_sums,
        gradients,
        to_layer_below,
    )
    judged = numerical_gradient(lambda p: 0.5 * ((forward(p, point)[-1] - target) ** 2).sum(), example)
    for name, value in judged.items():
        print(f"{name}: largest difference {np.abs(found[name] - value).max():.1e}")
except (NameError, NotImplementedError):
    print("Come back here when problems 1 to 7 are done.")

# %% [markdown]
# ## Problem 8. The update (4 points)
#
# Backpropagation ends with the gradients. What is done with them is another matter; here it is descent with
# momentum. For every parameter,
#
# {formula:momentum-change}
#
# {formula:weight-update}
#
# with step $\eta$ and momentum $\alpha$. The changes $\Delta w$ must be remembered for the next step.


# %% solution="update"
def update(params, grads, changes, eta, alpha):
    """One step of descent with momentum.

    Parameters
    ----------
    params, grads, changes : dicts of arrays with the same keys and shapes
        Parameters, their gradients, and the changes of the step before (zeros at the beginning).
    eta, alpha : float
        Step and momentum.

    Returns
    -------
    tuple
        New parameters and new changes, both dicts with the keys of `params`.

    Examples
    --------
    >>> update({"b1": np.array([1.0])}, {"b1": np.array([2.0])}, {"b1": np.array([4.0])}, 0.25, 0.5)
    ({'b1': array([2.5])}, {'b1': array([1.5])})
    """
    # Hint: first the new changes, then the parameters. Make new dicts.
    ### BEGIN SOLUTION
    new = {name: alpha * changes[name] - eta * grads[name] for name in params}
    return {name: params[name] + new[name] for name in params}, new
    ### END SOLUTION


# %% test="test-update" points=4
answer = call(
    update,
    {"W1": np.array([[1.0, 2.0]]), "b1": np.array([0.0])},
    {"W1": np.array([[3.0, -1.0]]), "b1": np.array([2.0])},
    {"W1": np.array([[0.5, 0.0]]), "b1": np.array([-1.0])},
    0.1,
    0.9,
)
new, changes = check_tuple("update(params, grads, changes, 0.1, 0.9)", answer, 2)
check_dict(
    "changes of update(...)",
    changes,
    {"W1": [[0.15, 0.1]], "b1": [-1.1]},
    "alpha times the old change, minus eta times the gradient.",
    mistakes={
        "the right ones without momentum": {"W1": [[-0.3, 0.1]], "b1": [-0.2]},
        "the right ones with plus in place of minus: that climbs": {"W1": [[0.75, -0.1]], "b1": [-0.7]},
        "the right ones with the old changes not multiplied by alpha": {"W1": [[0.2, 0.1]], "b1": [-1.2]},
        "alpha times the whole: alpha multiplies the old change alone": {"W1": [[0.18, 0.09]], "b1": [-1.08]},
        "the right ones with (1 - alpha) before the gradient: there is eta only": {
            "W1": [[0.42, 0.01]],
            "b1": [-0.92],
        },
        "the old changes: return the new ones": {"W1": [[0.5, 0.0]], "b1": [-1.0]},
    },
)
check_dict(
    "parameters of update(...)",
    new,
    {"W1": [[1.15, 2.1]], "b1": [-1.1]},
    "The new change is added to the parameter.",
    mistakes={
        "the new changes, without the parameters": {"W1": [[0.15, 0.1]]},
        "the parameters minus the new changes: the minus is in the change already": {"W1": [[0.85, 1.9]]},
        "the parameters plus the old changes": {"W1": [[1.5, 2.0]]},
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
rng = hidden_rng("update")
data = [{"W1": rng.normal(size=(2, 3)), "b1": rng.normal(size=2)} for _ in range(3)]
answer = call(update, *data, 0.3, 0.5)
new, changes = check_tuple("update(...)", answer, 2)
wanted = {name: data[2][name] / 2 - 0.3 * data[1][name] for name in data[0]}
check_dict("changes of update(random numbers)", changes, wanted)
check_dict("parameters of update(random numbers)", new, {n: data[0][n] + wanted[n] for n in wanted})
check_keeps_input("update", update, *data, 0.3, 0.5)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. A step by hand (3 points)
#
# Two inputs, two hidden sigmoids, one output sigmoid; **all weights and biases are 0.1**. The instance is
# $x=(1,0)$ with the target 0.9; $\eta=0.2$, $\alpha=0.9$, and no change has been made before. Work out the
# first training step: by hand with a pocket calculator, or with the functions above. Give the numbers to
# five digits after the point at least, in the shapes of the table.
#
# | key | what | shape |
# |---|---|---|
# | `"y1"`, `"y2"` | outputs of the hidden layer and of the network | (2,), (1,) |
# | `"dz2"`, `"dz1"` | derivatives to the sums of the output layer and of the hidden layer | (1,), (2,) |
# | `"W1"`, `"b1"`, `"W2"`, `"b2"` | the parameters **after** the step | (2, 2), (2,), (1, 2), (1,) |


# %% solution="first-step"
def first_step():
    """The numbers of the first training step: a dict with the keys of the table."""
    # Hint: all derivatives are taken at the old weights. return {"y1": np.array([...]), ...}
    ### BEGIN SOLUTION
    return {
        "y1": np.array([0.54983, 0.54983]),
        "y2": np.array([0.55230]),
        "dz2": np.array([-0.085974]),
        "dz1": np.array([-0.002128, -0.002128]),
        "W1": np.array([[0.100426, 0.1], [0.100426, 0.1]]),
        "b1": np.array([0.100426, 0.100426]),
        "W2": np.array([[0.109454, 0.109454]]),
        "b2": np.array([0.117195]),
    }
    ### END SOLUTION


# %% test="test-first-step" points=3
step = call(first_step)
assert isinstance(step, dict), "first_step() should return a dict with the keys of the table."
keys = ("y1", "y2", "dz2", "dz1", "W1", "b1", "W2", "b2")
lacking = [key for key in keys if key not in step]
assert not lacking, f"first_step() should have the keys of the table; {', '.join(lacking)} missing in yours."
check_values("first_step(), y1,", step["y1"], [0.54983, 0.54983], "The hidden sums are both 0.2.", 2e-5)
check_values(
    "first_step(), dz2,",
    step["dz2"],
    [-0.085974],
    "(y - d) y (1 - y), with the output y.",
    2e-5,
    mistakes={
        "the right one with the opposite sign: that is the error term, minus the derivative": [0.085974],
        "y - d: the slope of the output's sigmoid is missing": [-0.34770],
    },
)
visible_checks_passed(hidden=6)
### BEGIN HIDDEN TESTS
check_values("first_step(), y2,", step["y2"], [0.55230], "Its sum is 0.1 + 2 * 0.1 * 0.54983.", 2e-5)
check_values(
    "first_step(), dz1,",
    step["dz1"],
    [-0.002128, -0.002128],
    "dz2 times the weight, times the slope of the hidden sigmoid.",
    2e-5,
    mistakes={
        "the derivative at the NEW output weights: all derivatives are taken at the old ones": [
            -0.002329,
            -0.002329,
        ],
        "the derivative without the slope of the hidden sigmoid": [-0.008597, -0.008597],
        "the right one with the opposite sign": [0.002128, 0.002128],
    },
)
check_values(
    "first_step(), W2,",
    step["W2"],
    [[0.109454, 0.109454]],
    tolerance=2e-5,
    mistakes={
        "a step uphill": [[0.090546, 0.090546]],
        "a step without the hidden output as a factor": [[0.117195, 0.117195]],
    },
)
check_values(
    "first_step(), b2,",
    step["b2"],
    [0.117195],
    tolerance=2e-5,
    mistakes={"the old bias: biases learn, too": [0.1], "a step uphill": [0.082805]},
)
check_values(
    "first_step(), W1,",
    step["W1"],
    [[0.100426, 0.1], [0.100426, 0.1]],
    "The second input is 0, so its weights do not change.",
    2e-5,
    mistakes={
        "the transpose of the right one: a row for each hidden unit": [[0.100426, 0.100426], [0.1, 0.1]],
        "the right one, with the weights of the input 0 changed, too": [[0.100426, 0.100426]] * 2,
    },
)
check_values("first_step(), b1,", step["b1"], [0.100426, 0.100426], "Its gradient is dz1.", 2e-5)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. The second step, and a third (3 points)
#
# The network is now where the first step has left it:
#
# | | weights | bias | last changes |
# |---|---|---|---|
# | both hidden units | 0.100426, 0.1 | 0.100426 | 0.000426, 0 and 0.000426 |
# | the output unit | 0.109454, 0.109454 | 0.117195 | 0.009454, 0.009454 and 0.017195 |
#
# The second instance is $x=(0,1)$ with the target $-0.3$; $\eta=0.2$ and $\alpha=0.9$ as before. Give the
# same numbers as in problem 9. Then go one step further: the third instance is $x=(1,1)$ with the target
# 0.8. Of this step give
#
# | key | what | shape |
# |---|---|---|
# | `"y2 third"`, `"dz2 third"` | output of the network, and the derivative to its sum | (1,), (1,) |
# | `"W2 third"`, `"b2 third"` | the parameters of the output unit after the third step | (1, 2), (1,) |


# %% solution="second-step"
def second_step():
    """The numbers of the second and third step: a dict with the keys of problem 9 and of problem 10."""
    # Hint: the new change is 0.9 times the last one, minus 0.2 times the gradient.
    ### BEGIN SOLUTION
    return {
        "y1": np.array([0.54994, 0.54994]),
        "y2": np.array([0.55912]),
        "dz2": np.array([0.21178]),
        "dz1": np.array([0.005737, 0.005737]),
        "W1": np.array([[0.100809, 0.098853], [0.100809, 0.098853]]),
        "b1": np.array([0.099661, 0.099661]),
        "W2": np.array([[0.094670, 0.094670]]),
        "b2": np.array([0.090315]),
        "y2 third": np.array([0.54960]),
        "dz2 third": np.array([-0.061984]),
        "W2 third": np.array([[0.088484, 0.088484]]),
        "b2 third": np.array([0.078520]),
    }
    ### END SOLUTION


# %% test="test-second-step" points=3
step = call(second_step)
assert isinstance(step, dict), "second_step() should return a dict with the keys of both tables."
keys = ("y1", "y2", "dz2", "dz1", "W1", "b1", "W2", "b2", "y2 third", "dz2 third", "W2 third", "b2 third")
lacking = [key for key in keys if key not in step]
assert not lacking, (
    f"second_step() should have the keys of both tables; {', '.join(lacking)} missing in yours."
)
check_values(
    "second_step(), y1,",
    step["y1"],
    [0.54994, 0.54994],
    "The hidden sums are both 0.200426.",
    2e-5,
    mistakes={"the output of the first step: begin where it has led": [0.54983, 0.54983]},
)
check_values(
    "second_step(), dz2,",
    step["dz2"],
    [0.21178],
    "(y - d) y (1 - y), with d = -0.3.",
    2e-5,
    mistakes={
        "the right one with the opposite sign: the output is too large, and the derivative positive": [
            -0.21178
        ],
        "the derivative for the target +0.3": [0.06387],
        "the derivative for the target 0": [0.13783],
    },
)
visible_checks_passed(hidden=8)
### BEGIN HIDDEN TESTS
check_values("second_step(), dz1,", step["dz1"], [0.005737, 0.005737], tolerance=2e-5)
check_values(
    "second_step(), W2,",
    step["W2"],
    [[0.094670, 0.094670]],
    tolerance=2e-5,
    mistakes={
        "a step without momentum": [[0.086161, 0.086161]],
    },
)
check_values(
    "second_step(), b2,",
    step["b2"],
    [0.090315],
    tolerance=2e-5,
    mistakes={"a step without momentum": [0.074839]},
)
check_values(
    "second_step(), W1,",
    step["W1"],
    [[0.100809, 0.098853], [0.100809, 0.098853]],
    "The first input is 0 now, and yet its weights move: momentum carries them on.",
    2e-5,
    mistakes={
        "a step without momentum": [[0.100426, 0.098853], [0.100426, 0.098853]],
        "the transpose of the right one: a row for each hidden unit": [
            [0.100809, 0.100809],
            [0.098853, 0.098853],
        ],
    },
)
check_values(
    "second_step(), y2 third,",
    step["y2 third"],
    [0.54960],
    "The forward pass for (1, 1) with the weights after the second step.",
    2e-5,
    mistakes={"the output of the network without momentum": [0.54333]},
)
check_values("second_step(), dz2 third,", step["dz2 third"], [-0.061984], "The target is 0.8.", 2e-5)
check_values(
    "second_step(), b2 third,",
    step["b2 third"],
    [0.078520],
    "The last change, -0.026880, is carried on.",
    2e-5,
    mistakes={
        "a third step without momentum": [0.102712],
        "a third step with the momentum of the FIRST change: the last change is that of the second": [
            0.118187
        ],
    },
)
check_values(
    "second_step(), W2 third,",
    step["W2 third"],
    [[0.088484, 0.088484]],
    "The last change, -0.014784, is carried on.",
    2e-5,
    mistakes={"a third step without momentum": [[0.101789, 0.101789]]},
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. What it costs (2 points)
#
# Count multiplications of a weight or of its gradient, for one instance and a network with the given numbers
# of units $D_0,D_1,\dots,D_N$. The forward pass has one for every weight (a bias is added, not multiplied).
# The backward pass has one for the gradient of every weight, $y_i\dot z_j$, and one more for every weight
# through which a derivative goes down, $w_{ij}\dot z_j$. Training does not need the derivative to the input,
# so nothing goes down through the weights of layer 1.


# %% solution="cost"
def multiplications(widths):
    """Count the multiplications with weights of a forward and of a backward pass.

    Parameters
    ----------
    widths : sequence of int
        Numbers of units D_0, D_1, ..., D_N.

    Returns
    -------
    tuple of two int
        Forward, backward.

    Examples
    --------
    >>> multiplications((10, 1))
    (10, 10)
    """
    # Hint: layer k has widths[k] * widths[k - 1] weights.
    ### BEGIN SOLUTION
    weights = [widths[k] * widths[k - 1] for k in range(1, len(widths))]
    return sum(weights), sum(weights) + sum(weights[1:])
    ### END SOLUTION


# %% test="test-cost" points=2
ahead, back = check_tuple("multiplications((2, 3, 4, 2))", call(multiplications, (2, 3, 4, 2)), 2)
check_values(
    "multiplications((2, 3, 4, 2)), forward,",
    ahead,
    26,
    "6 + 12 + 8 weights.",
    mistakes={
        "the number of weights and biases: a bias is not multiplied": 35,
        "the product of all widths: layers add up": 48,
    },
)
check_values(
    "multiplications((2, 3, 4, 2)), backward,",
    back,
    46,
    "26 for the gradients, and 12 + 8 on the way down.",
    mistakes={
        "twice the weights: nothing goes down through the weights of layer 1": 52,
        "the gradients alone: derivatives also go down through the weights": 26,
        "the way down alone: the gradients have to be multiplied out, too": 20,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
ahead, back = check_tuple("multiplications((784, 100, 10))", call(multiplications, [784, 100, 10]), 2)
check_values("multiplications((784, 100, 10)), forward,", ahead, 79400)
check_values("multiplications((784, 100, 10)), backward,", back, 80400)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 12. A poll (2 points)
#
# A poll in code: return a set of capital letters, such as `{"A", "C"}`. Which statements are true?
#
# | letter | statement |
# |---|---|
# | A | Backpropagation changes the weights so that the loss becomes smaller. |
# | B | In a training step all derivatives are taken at the weights from before the step. |
# | C | The backward pass of a sigmoid network needs the outputs of the forward pass. |
# | D | A hidden unit's output collects derivatives from the units of the layer below it. |
# | E | If an input is 0, the gradients of the weights that carry it are 0. |
# | F | With a thousand weights a backward pass costs about a thousand times as much as a forward pass. |


# %% solution="poll"
def true_statements():
    """Letters from A to F."""
    # Hint: you have written every one of these parts. Look at what your functions use and return.
    ### BEGIN SOLUTION
    return {"B", "C", "E"}
    ### END SOLUTION


# %% test="test-poll" points=2
chosen = check_letters("true_statements()", call(true_statements), "ABCDEF")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
check_choice("true_statements()", chosen, "BCE")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 13. Why the sum, why the old weights, why down (written, 5 points)
#
# 1. Derive {formula:to-layer-below} from the chain rule: on which quantities of layer $k$ does the
#    divergence depend through $y^{(k-1)}_i$, and why is it a sum?
# 2. With the *new* output weights, problem 9 would give $\dot z^{(1)}=-0.002329$ instead of $-0.002128$.
#    Why is the first number not the derivative of the loss at **any** weights, and why does that matter?
# 3. In the third step of problem 10 the output is **below** its target, and yet the output bias goes
#    *down*. Explain it with numbers. For which momentum $\alpha$ would the bias have gone up in this step?
#
# Half a page is plenty. Formulas may be typed between dollar signs or in plain text.

# %% [markdown] written="sum-old-down" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. $y^{(k-1)}_i$ stands in every sum $z^{(k)}_j$ of the layer above, with the factor $w^{(k)}_{ij}$, and
#    the divergence depends on $y^{(k-1)}_i$ through these sums only. A small change $\Delta y_i$ changes each
#    $z_j$ by $w_{ij}\Delta y_i$, and the divergence by $\dot z_jw_{ij}\Delta y_i$ for each of them; small
#    changes add up. Hence $\dot y_i=\sum_jw_{ij}\dot z_j$.
# 2. The gradient of the loss is the derivative at **one** point of the space of weights. With the new output
#    weights in one factor, and outputs and $\dot z^{(2)}$ that belong to the old ones, the product is the
#    derivative of no loss at any point: it is neither the gradient before nor the gradient after the step. So
#    descent is no longer along a gradient, finite differences disagree, and the result depends on the order
#    in which layers are updated.
# 3. The gradient of the bias is $\dot z^{(2)}=-0.06198$, so the gradient alone would move it up, by
#    $-\eta\dot z=+0.01240$. But the second step has moved it by $-0.02688$, and momentum carries nine
#    tenths of that on: $-0.02419$. Together $-0.01180$, down. Momentum remembers an instance that
#    wanted the output low. The bias goes up if $0.02688\,\alpha<0.01240$, that is for $\alpha<0.461$.
#
# **Marking guide.** 1: one point for naming all sums of the layer above (not only one), one for the product
# with $w_{ij}$ under the sum. 2: one point for "no single point in weight space" in any wording; "one must do
# it so" earns nothing. 3: one point for the two parts of the change with their signs and numbers, one for the
# bound on $\alpha$; follow-on errors from problem 10 cost nothing.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells*, then look at the last line under each cell with checks. A cell
# that has not passed its visible checks earns nothing, and it does no harm to the others. What you have
# written is backpropagation, complete. In problem set 4 the sums become matrix products, and it becomes fast.

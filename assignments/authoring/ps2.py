# %% [markdown]
# # Problem set 2. Neurons: activations, divergences and all their derivatives
#
# In problem set 3 you will assemble a network that learns. A network is built from surprisingly few
# kinds of parts, and this problem set fills the **parts bin**: functions that turn a sum $z$ into
# an output $y$ (*activations*), functions that say how far outputs $Y$ are from targets $d$
# (*divergences*), and for each of them its derivative. Backpropagation multiplies these derivatives
# together, so one wrong part spoils every network that it is built into. Every part is therefore
# tested alone, today.
#
# | bin | parts | problem |
# |---|---|---|
# | scalar activations | sigmoid, tanh, ReLU, leaky ReLU | 1-3 |
# | a vector activation | softmax | 4 |
# | divergences | half squared error, binary and categorical cross-entropy | 5-7 |
# | first assemblies | softmax and cross-entropy in one step, the mean over a batch | 8-9 |
# | thinking about them | a poll, a written answer | 10-11 |
#
# There are 45 points: 40 from checks, 5 for the written answer. Plan for about an hour and a half.
# The lectures that it stands on are *Activations* and *Divergences*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Most answers are one to four lines. NumPy is all you need.
# * Rows are instances. `z`, `Y` and `d` have shape `(T, D)`: `T` instances, `D` units. Scalar
#   activations take an array of **any** shape, a single number included, and treat each entry
#   alone. `z = np.asarray(z, dtype=float)` is a good first line for them: it makes one kind of
#   thing of numbers, whole numbers and arrays.
# * Return a new array and leave the arguments as they are: the network will still need them.
# * Each problem is followed by cells with checks. You see some of the checks; others, on other
#   sizes and harder numbers, run when your work is graded. The last line printed tells how many. A
#   message says which call went wrong, what it should give, what yours gives, and often which
#   mistake gives just that.
# * A derivative earns points in **two** ways. One cell compares it with central differences
#   $\frac{f(z+h)-f(z-h)}{2h}$ of **your own** function, another compares it with the reference. So
#   when only one of the two fails, you know where to look: if your derivative does not fit your own
#   function, one of them is wrong; if it fits and still differs from the reference, probably both
#   are.
# * Work from top to bottom. The button *Validate*, above, runs everything from the top and lists
#   the visible checks that fail. Before you hand in, choose
#   *Kernel → Restart Kernel and Run All Cells*.
# * Save, and `autograder check ps2` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows
#   what is left in the whole course.

# %% given="imports"
import numpy as np

# %% [markdown]
# Some checks draw their numbers at random. Put your user name between the quotes, and they become
# **yours**: always the same for you, other ones for your neighbour. (Left empty, everything works,
# with everybody's numbers.)

# %% id="identity"
IDENTITY = ""

# %% [markdown]
# The next two cells hold the tools of the checks. You may use them for your own experiments and need
# not read them.

# %% given="variants" part="variants"

# %% given="checks" part="checks"

# %% [markdown]
# ## Problem 1. The sigmoid (5 points)
#
# The sigmoid squeezes any sum into the interval from 0 to 1:
#
# {formula:sigmoid}
#
# Its derivative needs nothing but its value, which the forward pass has already computed:
#
# {formula:sigmoid-slope}
#
# *On paper first:* derive the second line from the first. Then write both functions.
#
# Sums can become large while a network learns. At $z=-1000$ the formula as printed asks for
# $e^{1000}$, which is more than a floating-point number can hold. Your sigmoid must give the right
# value there, and it is good style not to cause an overflow warning on the way.


# %% solution="sigmoid"
def sigmoid(z):
    """The logistic sigmoid of each entry.

    Parameters
    ----------
    z : array of any shape, or a number

    Returns
    -------
    array of the same shape, values from 0 to 1

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    # Hint: exp(-|z|) never overflows. Write S(z) with it, once for z >= 0 and once for z < 0.
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)
    ### END SOLUTION


def sigmoid_derivative(z):
    """The derivative of the sigmoid at each entry of `z` (the sum, not the output).

    Parameters
    ----------
    z : array of any shape, or a number

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> sigmoid_derivative(np.array([0.0, 1000.0]))
    array([0.25, 0.  ])
    """
    # Hint: call your sigmoid once and use its value twice.
    ### BEGIN SOLUTION
    y = sigmoid(z)
    return y * (1.0 - y)
    ### END SOLUTION


# %% test="test-sigmoid" points=2
check_values("sigmoid(0.0)", call(sigmoid, 0.0), 0.5, "Is it 1/(1 + exp(-z))?")
check_values(
    "sigmoid(2.0)",
    call(sigmoid, 2.0),
    0.88079707798,
    mistakes={
        "S(-z): the sign of z in the exponential": 0.11920292202,
        "1/(1 - exp(-z)): the sum below has a plus": 1.15651764275,
        "the hyperbolic tangent": 0.96402758008,
    },
)
table = [0.12, 0.18, 0.27, 0.38, 0.50, 0.62, 0.73, 0.82, 0.88]
check_values(
    "sigmoid at -2, -1.5, ..., 2, to two digits,",
    call(sigmoid, np.linspace(-2, 2, 9)),
    table,
    "Is the sign of z in the exponential right?",
    tolerance=0.004,
)
check_array("sigmoid of a 2 x 3 array", call(sigmoid, np.ones((2, 3))), (2, 3))
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
import mlpkit

check_values(
    "sigmoid at -1000, 0 and 1000",
    call(sigmoid, np.array([-1000.0, 0.0, 1000.0])),
    [0.0, 0.5, 1.0],
    "Never take exp of a large positive number.",
)
z = hidden_rng("sigmoid").normal(scale=3, size=(3, 4, 2))
check_values("sigmoid of a 3 x 4 x 2 array", call(sigmoid, z), mlpkit.sigmoid(z))
check_values("sigmoid of a transposed array", call(sigmoid, z[0].T), mlpkit.sigmoid(z[0].T))
check_values(
    "sigmoid of whole numbers",
    call(sigmoid, np.array([-2, 0, 1])),
    [0.11920292202, 0.5, 0.73105857863],
    "Whole numbers are numbers, too: np.asarray(z, dtype=float).",
)
check_keeps_input("sigmoid", sigmoid, z)
### END HIDDEN TESTS

# %% test="test-sigmoid-own" points=1
z = np.array([-2.0, -0.5, 0.3, 1.7]) + 0.2 * variant_rng("sigmoid").uniform(-1, 1, size=4)
check_slopes("sigmoid_derivative(z)", call(sigmoid_derivative, z), "sigmoid", sigmoid, z, z.shape)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
z = hidden_rng("sigmoid-own").uniform(-3, 3, size=(3, 2))
check_slopes("sigmoid_derivative(z)", call(sigmoid_derivative, z), "sigmoid", sigmoid, z, z.shape)
### END HIDDEN TESTS

# %% test="test-sigmoid-reference" points=2
check_values(
    "sigmoid_derivative(0.0)",
    call(sigmoid_derivative, 0.0),
    0.25,
    "Is it S(1 - S)?",
    mistakes={
        "S(z): the factor 1 - S(z) is missing": 0.5,
        "z (1 - z): both factors are values of the sigmoid": 0.0,
        "the right one with the opposite sign": -0.25,
    },
)
check_values(
    "sigmoid_derivative at -2 and 2",
    call(sigmoid_derivative, np.array([-2.0, 2.0])),
    [0.10499358540, 0.10499358540],
    "Both factors are values of the sigmoid: S(z) and 1 - S(z).",
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

z = hidden_rng("sigmoid-reference").normal(scale=2, size=(5, 3))
check_values("sigmoid_derivative of a 5 x 3 array", call(sigmoid_derivative, z), mlpkit.sigmoid.derivative(z))
check_values(
    "sigmoid_derivative at -1000, 0 and 1000",
    call(sigmoid_derivative, np.array([-1000.0, 0.0, 1000.0])),
    [0.0, 0.25, 0.0],
    "Is your sigmoid safe there?",
)
check_values(
    "sigmoid_derivative of whole numbers",
    call(sigmoid_derivative, np.array([0, 1])),
    [0.25, 0.19661193324],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. The hyperbolic tangent (4 points)
#
# NumPy has `np.tanh`, but you need no new part for it: the hyperbolic tangent is a sigmoid,
# stretched to the interval from -1 to 1 and squeezed along the axis, $\tanh u = 2\,S(2u)-1$. Build
# it from your `sigmoid`. For the derivative use the chain rule on this identity, or the better
# known $\tanh'u = 1-\tanh^2u$; check on paper that they are the same.


# %% solution="tanh"
def tanh(u):
    """The hyperbolic tangent of each entry, made from the sigmoid.

    Parameters
    ----------
    u : array of any shape, or a number

    Returns
    -------
    array of the same shape, values from -1 to 1

    Examples
    --------
    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    # Hint: the 2 stands there twice. Which one stretches, and which one squeezes?
    ### BEGIN SOLUTION
    u = np.asarray(u, dtype=float)
    return 2.0 * sigmoid(2.0 * u) - 1.0
    ### END SOLUTION


def tanh_derivative(u):
    """The derivative of the hyperbolic tangent at each entry of `u`.

    Parameters
    ----------
    u : array of any shape, or a number

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> tanh_derivative(np.array([0.0, 0.5])).round(6)
    array([1.      , 0.786448])
    """
    # Hint: at 0 the tangent has slope 1, four times the slope of the sigmoid.
    ### BEGIN SOLUTION
    return 1.0 - tanh(u) ** 2
    ### END SOLUTION


# %% test="test-tanh" points=1
check_values("tanh(0.0)", call(tanh, 0.0), 0.0)
check_values(
    "tanh at -0.5, 0.5 and 1",
    call(tanh, np.array([-0.5, 0.5, 1.0])),
    [-0.46211715726, 0.46211715726, 0.76159415596],
    "Is it 2 S(2u) - 1, with both factors 2?",
    mistakes={
        "2 S(u) - 1: the 2 within S(2u) is missing": [-0.24491866240, 0.24491866240, 0.46211715726],
        "S(2u): it must still be stretched to the interval from -1 to 1": [
            0.26894142137,
            0.73105857863,
            0.88079707798,
        ],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
u = hidden_rng("tanh").normal(size=(2, 5))
check_values("tanh of a 2 x 5 array", call(tanh, u), np.tanh(u))
check_values("tanh of whole numbers", call(tanh, np.array([0, 1])), [0.0, 0.76159415596])
check_keeps_input("tanh", tanh, u)
### END HIDDEN TESTS

# %% test="test-tanh-own" points=1
u = np.array([-1.2, -0.4, 0.1, 0.9]) + 0.2 * variant_rng("tanh").uniform(-1, 1, size=4)
check_slopes("tanh_derivative(u)", call(tanh_derivative, u), "tanh", tanh, u, u.shape)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
u = hidden_rng("tanh-own").uniform(-1.5, 1.5, size=(2, 3))
check_slopes("tanh_derivative(u)", call(tanh_derivative, u), "tanh", tanh, u, u.shape)
### END HIDDEN TESTS

# %% test="test-tanh-reference" points=2
check_values(
    "tanh_derivative(0.0)",
    call(tanh_derivative, 0.0),
    1.0,
    "The chain rule brings a factor 2, once more.",
    mistakes={
        "half the right one: the chain rule brings a factor 2, once more": 0.5,
        "a quarter of the right one: both factors 2 are missing": 0.25,
    },
)
check_values(
    "tanh_derivative(0.5)",
    call(tanh_derivative, 0.5),
    0.78644773297,
    "Is it 1 - tanh(u)^2?",
    mistakes={"1 - tanh(u): the square is missing": 0.53788284274, "1 - u^2: put tanh(u) there": 0.75},
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

u = hidden_rng("tanh-reference").normal(size=(4, 3))
check_values("tanh_derivative of a 4 x 3 array", call(tanh_derivative, u), mlpkit.tanh.derivative(u))
check_values(
    "tanh_derivative of whole numbers", call(tanh_derivative, np.array([0, 1])), [1.0, 0.41997434161]
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. ReLU and leaky ReLU (4 points)
#
# The rectified linear unit is $\max(0,z)$: it lets positive sums through and stops the others. A
# stopped unit has the derivative 0 and cannot learn; the leaky ReLU keeps a small slope $a$ on the
# negative side, $z$ for $z\ge0$ and $a\,z$ for $z<0$.
#
# At $z=0$ there is a corner and no derivative. Any slope between the slopes of the two sides is a
# *subderivative* there, and gradient descent can work with any of them. This course takes 1; in
# this problem every value in $[0,1]$ (or $[a,1]$ for the leaky one) is accepted at 0.


# %% solution="relu"
def relu(z):
    """The larger of 0 and `z`, entry by entry; same shape as `z` (any shape, or a number).

    Examples
    --------
    >>> relu(np.array([-1.5, 0.0, 2.5]))
    array([0. , 0. , 2.5])
    """
    # Hint: np.maximum compares entry by entry; np.max looks for the largest entry of all.
    ### BEGIN SOLUTION
    return np.maximum(np.asarray(z, dtype=float), 0.0)
    ### END SOLUTION


def relu_derivative(z):
    """The slope of `relu` at each entry: numbers (not True and False), same shape as `z`.

    Examples
    --------
    >>> relu_derivative(np.array([-1.5, 2.5]))
    array([0., 1.])
    """
    # Hint: np.where(condition, value_if_true, value_if_false).
    ### BEGIN SOLUTION
    return np.where(np.asarray(z) >= 0, 1.0, 0.0)
    ### END SOLUTION


def leaky(z, slope=0.01):
    """The leaky ReLU with the given slope on the negative side, entry by entry; same shape as `z`.

    Examples
    --------
    >>> leaky(np.array([-2.0, 0.0, 2.5]), slope=0.1)
    array([-0.2,  0. ,  2.5])
    """
    # Hint: `slope` is an argument: other slopes than 0.01 will be tried.
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    return np.where(z >= 0, z, slope * z)
    ### END SOLUTION


def leaky_derivative(z, slope=0.01):
    """The slope of `leaky` at each entry; same shape as `z`.

    Examples
    --------
    >>> leaky_derivative(np.array([-2.0, 2.5]), slope=0.1)
    array([0.1, 1. ])
    """
    # Hint: two slopes, one for each side.
    ### BEGIN SOLUTION
    return np.where(np.asarray(z) >= 0, 1.0, slope)
    ### END SOLUTION


# %% test="test-relu" points=2
z = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, -7.0]])
check_values(
    "relu(z)",
    call(relu, z),
    [[0, 0, 3], [0.5, 0, 0]],
    "Negative entries become 0.",
    mistakes={
        "the magnitude of z": [[2, 0, 3], [0.5, 0.1, 7]],
        "the step function, 1 where z is positive": [[0, 0, 1], [1, 0, 0]],
        "z itself": [[-2, 0, 3], [0.5, -0.1, -7]],
    },
)
check_values(
    "leaky(z)",
    call(leaky, z),
    [[-0.02, 0, 3], [0.5, -0.001, -0.07]],
    "Negative entries are multiplied by 0.01.",
)
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
z = hidden_rng("relu").normal(scale=4, size=(4, 3))
check_values("relu of a transposed array", call(relu, z.T), np.where(z.T > 0, z.T, 0.0))
check_values("leaky(z, 0.2)", call(leaky, z, 0.2), np.where(z > 0, z, 0.2 * z), "Use the argument `slope`.")
check_values("leaky of whole numbers", call(leaky, np.array([-3, 0, 2])), [-0.03, 0.0, 2.0])
check_values("relu(-3.0)", call(relu, -3.0), 0.0)
check_keeps_input("relu", relu, z)
### END HIDDEN TESTS

# %% test="test-relu-own" points=1
z = np.array([-1.5, -0.3, 0.4, 2.0]) + 0.2 * variant_rng("relu").uniform(-1, 1, size=4)
check_slopes("relu_derivative(z)", call(relu_derivative, z), "relu", relu, z, z.shape, moving=z > 0)
check_slopes("leaky_derivative(z)", call(leaky_derivative, z), "leaky", leaky, z, z.shape)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
z = np.array([[-3.0, 0.2], [0.7, -0.6], [1.1, -0.01]])
check_slopes("relu_derivative(z)", call(relu_derivative, z), "relu", relu, z, z.shape, moving=z > 0)
check_slopes("leaky_derivative(z)", call(leaky_derivative, z), "leaky", leaky, z, z.shape)
### END HIDDEN TESTS

# %% test="test-relu-reference" points=1
z = np.array([[-2.0, 3.0], [0.5, -0.1]])
check_values(
    "relu_derivative(z)", call(relu_derivative, z), [[0, 1], [1, 0]], "It is 1 where z is positive, else 0."
)
check_values("leaky_derivative(z)", call(leaky_derivative, z), [[0.01, 1], [1, 0.01]])
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
z = hidden_rng("relu-reference").normal(scale=4, size=(2, 3, 2))
check_values("relu_derivative of a 2 x 3 x 2 array", call(relu_derivative, z), np.heaviside(z, 1.0))
check_values(
    "leaky_derivative(z, 0.25)",
    call(leaky_derivative, z, 0.25),
    0.25 + 0.75 * np.heaviside(z, 1.0),
    "Use the argument `slope`.",
)
check_between("relu_derivative(0.0)", call(relu_derivative, 0.0), 0.0, 1.0, "Any subderivative will do.")
check_between("leaky_derivative(0.0)", call(leaky_derivative, 0.0), 0.01, 1.0, "Any subderivative will do.")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. Softmax (4 points)
#
# Softmax is a *vector* activation: each output depends on **all** sums of its instance. For every
# row, $y_j=\exp(z_j)\,/\sum_i\exp(z_i)$, so the outputs are positive, sum to one, and can be read
# as probabilities of classes.
#
# Adding the same number to all entries of a row multiplies numerator and denominator by the same
# factor, so it changes nothing. That is a law that your function must obey, and the way to make it
# safe: choose the number so that no exponential overflows. (Its derivative is a matrix for every
# instance. That part comes in problem set 4; problem 8 shows how to do without it.)


# %% solution="softmax"
def softmax(z):
    """Softmax of each row.

    Parameters
    ----------
    z : array (T, D)
        One instance a row.

    Returns
    -------
    array (T, D), each row positive and of sum 1

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [1000.0, -1000.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    # Hint: subtract from each row its own largest entry; axis=1 and keepdims=True help.
    ### BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% test="test-softmax" points=3
z = np.array([[0.0, np.log(2.0), np.log(5.0)], [1.0, 1.0, 1.0]])
y = check_array("softmax(z)", call(softmax, z), (2, 3))
check_values(
    "softmax(z).sum(axis=1)",
    y.sum(axis=1),
    [1.0, 1.0],
    "Every row sums to 1: is the axis right?",
    mistakes={
        "the sums of a softmax over the columns: here every row is an instance": [
            1 / (1 + np.e) + 2 / (2 + np.e) + 5 / (5 + np.e),
            np.e / (1 + np.e) + np.e / (2 + np.e) + np.e / (5 + np.e),
        ],
        "the sums of one softmax over the whole array: every row needs its own": [
            8.0 / (8.0 + 3 * np.e),
            3 * np.e / (8.0 + 3 * np.e),
        ],
    },
)
check_values("softmax(z)", y, [[0.125, 0.25, 0.625], [1 / 3, 1 / 3, 1 / 3]])
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
import mlpkit

z = hidden_rng("softmax").normal(scale=2, size=(6, 4))
check_values(
    "softmax of 6 x 4", call(softmax, z), mlpkit.softmax(z), "Each row by itself: is the axis right?"
)
shifts = np.array([[1.0], [-2.0], [3.0], [0.5], [-4.0], [20.0]])
check_values(
    "softmax(z + one number a row)",
    call(softmax, z + shifts),
    mlpkit.softmax(z),
    "A shift of a whole row changes nothing.",
)
check_values(
    "softmax of one row", call(softmax, z[:1]), mlpkit.softmax(z[:1]), "A single row is a batch, too."
)
whole = np.eye(3, 2, dtype=int).T
check_values("softmax of a transposed array of whole numbers", call(softmax, whole), mlpkit.softmax(whole))
check_keeps_input("softmax", softmax, z)
### END HIDDEN TESTS

# %% test="test-softmax-stable" points=1
check_values(
    "softmax([[1000, 0], [0, 1000]])",
    call(softmax, np.array([[1000.0, 0.0], [0.0, 1000.0]])),
    [[1.0, 0.0], [0.0, 1.0]],
    "exp(1000) overflows: subtract the row's largest entry first.",
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_values(
    "softmax with rows round 1000 and -1000",
    call(softmax, np.array([[1000.0, 1000.0, 999.0], [-1000.0, -1001.0, -1000.0]])),
    [[0.42231879825, 0.42231879825, 0.15536240349], [0.42231879825, 0.15536240349, 0.42231879825]],
    "Each row needs its own largest entry.",
)
check_values(
    "softmax([[-1000, -1000]])",
    call(softmax, np.array([[-1000.0, -1000.0]])),
    [[0.5, 0.5]],
    "Exponentials of -1000 are all 0: subtract the row's largest entry first.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. Half the squared error (4 points)
#
# A divergence compares the outputs of an instance with its targets. It **sums** over the output
# units and gives one number an instance. Half the squared error of one instance is
#
# {formula:half-squared-error}
#
# and its derivative to each output could not be simpler. A backward pass that starts from this
# divergence starts with these numbers:
#
# {formula:output-derivative}
#
# The derivative of a divergence has a row for each instance, and is not divided by anything: each
# row is the derivative of that instance's own divergence.


# %% solution="half-squared-error"
def half_squared_error(Y, d):
    """Half the squared distance of each instance.

    Parameters
    ----------
    Y, d : arrays (T, D)
        Outputs and targets, one instance a row.

    Returns
    -------
    array (T,)

    Examples
    --------
    >>> half_squared_error(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 3.0]]))
    array([2.5, 4.5])
    """
    # Hint: a sum over the units of each row, not over everything, and no mean.
    ### BEGIN SOLUTION
    return 0.5 * ((Y - d) ** 2).sum(axis=1)
    ### END SOLUTION


def half_squared_error_derivative(Y, d):
    """Derivative of each instance's divergence to its outputs: array (T, D).

    Examples
    --------
    >>> half_squared_error_derivative(np.array([[1.0, 2.0]]), np.array([[0.0, 3.0]]))
    array([[ 1., -1.]])
    """
    # Hint: what does the factor one half cancel?
    ### BEGIN SOLUTION
    return Y - d
    ### END SOLUTION


# %% test="test-half-squared-error" points=2
Y = np.array([[1.0, 2.0], [0.0, 0.0]])
d = np.array([[0.0, 0.0], [0.0, 3.0]])
check_values(
    "half_squared_error(Y, d)",
    call(half_squared_error, Y, d),
    [2.5, 4.5],
    "One number an instance: half the sum, over its units, of squares.",
    mistakes={
        "the mean over the units: a divergence sums over them": [1.25, 2.25],
        "the right one without the half": [5.0, 9.0],
        "one sum over all instances: keep one number an instance": 7.0,
        "one mean over everything": 1.75,
        "the sum over the instances: axis=1 sums over units": [0.5, 6.5],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

Y, d = hidden_rng("half-squared-error").normal(size=(2, 5, 3))
hint = "Half the SUM over the units, for each row."
check_values(
    "half_squared_error of 5 x 3", call(half_squared_error, Y, d), mlpkit.half_squared_error(Y, d), hint
)
check_values(
    "half_squared_error of transposed arrays",
    call(half_squared_error, Y.T, d.T),
    mlpkit.half_squared_error(Y.T, d.T),
    hint,
)
check_values(
    "half_squared_error of one row of whole numbers",
    call(half_squared_error, np.array([[1, 4]]), np.array([[0, 2]])),
    [2.5],
    hint,
)
check_keeps_input("half_squared_error", half_squared_error, Y, d)
### END HIDDEN TESTS

# %% test="test-half-squared-error-own" points=1
Y = np.array([[0.8, 0.2, -0.5], [0.1, 0.4, 2.0]]) + 0.05 * variant_rng("error").uniform(-1, 1, size=(2, 3))
d = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
check_slopes(
    "half_squared_error_derivative(Y, d)",
    call(half_squared_error_derivative, Y, d),
    "half_squared_error",
    lambda Y: half_squared_error(Y, d),
    Y,
    (2,),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
Y = np.array([[0.3, -1.2], [0.8, 0.5], [2.0, 1.5], [-0.7, 0.1]])
d = np.array([[1.0, 1.0], [0.0, 0.1], [-1.0, 0.9], [0.4, 0.3]])
check_slopes(
    "half_squared_error_derivative(Y, d)",
    call(half_squared_error_derivative, Y, d),
    "half_squared_error",
    lambda Y: half_squared_error(Y, d),
    Y,
    (4,),
)
### END HIDDEN TESTS

# %% test="test-half-squared-error-reference" points=1
Y = np.array([[1.0, 2.0], [0.5, 0.0]])
d = np.array([[0.0, 3.0], [0.5, 3.0]])
check_values(
    "half_squared_error_derivative(Y, d)",
    call(half_squared_error_derivative, Y, d),
    [[1.0, -1.0], [0.0, -3.0]],
    "Output minus target, and the square's 2 cancels the half.",
    mistakes={
        "twice the right one: the half of the divergence cancels the 2 of the square": [[2, -2], [0, -6]],
        "target minus output: the derivative is output minus target": [[-1.0, 1.0], [0.0, 3.0]],
        "the mean over the units: a divergence sums over them": [[0.5, -0.5], [0.0, -1.5]],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

Y, d = hidden_rng("half-squared-error-reference").normal(size=(2, 4, 3))
check_values(
    "half_squared_error_derivative of 4 x 3",
    call(half_squared_error_derivative, Y, d),
    mlpkit.half_squared_error.derivative(Y, d),
)
check_values(
    "half_squared_error_derivative of one row of whole numbers",
    call(half_squared_error_derivative, np.array([[1, 4, 0]]), np.array([[0, 2, 5]])),
    [[1.0, 2.0, -5.0]],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. Binary cross-entropy (5 points)
#
# When every output unit answers a yes-or-no question of its own, its output $y$ is the probability
# of *yes* and its target $d$ is 1, 0, or (with smoothed labels) something between. Binary
# cross-entropy adds for each unit
#
# $-d\log y-(1-d)\log(1-y)$
#
# to the divergence of the instance. Mind the sign: without the minus this is a log-likelihood,
# which one wants large. A divergence one wants small. For the derivative, differentiate the line
# above with respect to $y$, carefully; $\log$ is the natural logarithm. Outputs lie strictly
# between 0 and 1 here.


# %% solution="binary-cross-entropy"
def binary_cross_entropy(Y, d):
    """Binary cross-entropy of each instance, summed over its units.

    Parameters
    ----------
    Y : array (T, D), strictly between 0 and 1
    d : array (T, D), from 0 to 1

    Returns
    -------
    array (T,), never negative

    Examples
    --------
    >>> binary_cross_entropy(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])).round(6)
    array([1.386294])
    """
    # Hint: for a target of 1 only -log(y) is left, for a target of 0 only -log(1 - y).
    ### BEGIN SOLUTION
    return -(d * np.log(Y) + (1 - d) * np.log(1 - Y)).sum(axis=1)
    ### END SOLUTION


def binary_cross_entropy_derivative(Y, d):
    """Derivative of each instance's divergence to its outputs: array (T, D).

    Examples
    --------
    >>> binary_cross_entropy_derivative(np.array([[0.5, 0.8]]), np.array([[0.0, 1.0]]))
    array([[ 2.  , -1.25]])
    """
    # Hint: if the target is 1, a larger output must make the divergence smaller. Which sign is that?
    ### BEGIN SOLUTION
    return (1 - d) / (1 - Y) - d / Y
    ### END SOLUTION


# %% test="test-binary-cross-entropy" points=2
check_values(
    "binary_cross_entropy([[0.9, 0.2]], [[1, 0]])",
    call(binary_cross_entropy, np.array([[0.9, 0.2]]), np.array([[1.0, 0.0]])),
    [0.32850406697],
    "That is -log 0.9 - log 0.8.",
    mistakes={
        "the right one with the opposite sign: that is a log-likelihood, which one wants large": [
            -0.32850406697
        ],
        "the mean over the units: a divergence sums over them": [0.16425203349],
        "the terms with d alone: those with 1 - d are missing": [0.10536051566],
        "the right one with logarithms to base 10": [0.14266750357],
        "the right one with logarithms to base 2": [0.47393118833],
    },
)
check_values(
    "binary_cross_entropy([[0.9]], [[0.9]])",
    call(binary_cross_entropy, np.array([[0.9]]), np.array([[0.9]])),
    [0.32508297339],
    "With a soft target both terms count, and even the best output has a positive divergence.",
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("binary-cross-entropy")
Y, d = rng.uniform(0.02, 0.98, size=(6, 3)), rng.integers(0, 2, size=(6, 3))
hint = "Minus the sum over the units, for each row, with the natural logarithm."
check_values(
    "binary_cross_entropy of 6 x 3 with whole targets",
    call(binary_cross_entropy, Y, d),
    mlpkit.binary_cross_entropy(Y, d),
    hint,
)
soft = rng.uniform(size=(6, 3))
check_values(
    "binary_cross_entropy with soft targets",
    call(binary_cross_entropy, Y, soft),
    mlpkit.binary_cross_entropy(Y, soft),
    hint,
)
check_values(
    "binary_cross_entropy of transposed arrays",
    call(binary_cross_entropy, Y.T, soft.T),
    mlpkit.binary_cross_entropy(Y.T, soft.T),
    hint,
)
check_keeps_input("binary_cross_entropy", binary_cross_entropy, Y, soft)
### END HIDDEN TESTS

# %% test="test-binary-cross-entropy-own" points=1
Y = np.array([[0.8, 0.2, 0.6], [0.3, 0.7, 0.5]]) + 0.05 * variant_rng("binary").uniform(-1, 1, size=(2, 3))
d = np.array([[1.0, 0.0, 0.1], [0.0, 1.0, 0.9]])
check_slopes(
    "binary_cross_entropy_derivative(Y, d)",
    call(binary_cross_entropy_derivative, Y, d),
    "binary_cross_entropy",
    lambda Y: binary_cross_entropy(Y, d),
    Y,
    (2,),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
Y = np.array([[0.15, 0.85], [0.4, 0.25], [0.75, 0.55]])
d = np.array([[0.0, 1.0], [0.9, 0.1], [1.0, 0.2]])
check_slopes(
    "binary_cross_entropy_derivative(Y, d)",
    call(binary_cross_entropy_derivative, Y, d),
    "binary_cross_entropy",
    lambda Y: binary_cross_entropy(Y, d),
    Y,
    (3,),
)
### END HIDDEN TESTS

# %% test="test-binary-cross-entropy-reference" points=2
check_values(
    "binary_cross_entropy_derivative([[0.8, 0.2, 0.9]], [[1, 0, 0.9]])",
    call(binary_cross_entropy_derivative, np.array([[0.8, 0.2, 0.9]]), np.array([[1.0, 0.0, 0.9]])),
    [[-1.25, 1.25, 0.0]],
    "Is the sign right? The divergence falls when an output moves towards its target.",
    mistakes={
        "the right one with the opposite sign: that is the derivative of a log-likelihood": [
            [1.25, -1.25, 0.0]
        ],
        "Y - d: that is the derivative to the sums, with a sigmoid in between": [[-0.2, 0.2, 0.0]],
        "-d/Y - (1-d)/(1-Y): the derivative of log(1 - y) brings a minus": [[-1.25, -1.25, -2.0]],
        "-d/Y alone": [[-1.25, 0.0, -1.0]],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("binary-cross-entropy-reference")
Y, d = rng.uniform(0.05, 0.95, size=(4, 5)), rng.integers(0, 2, size=(4, 5))
check_values(
    "binary_cross_entropy_derivative of 4 x 5 with whole targets",
    call(binary_cross_entropy_derivative, Y, d),
    mlpkit.binary_cross_entropy.derivative(Y, d),
)
soft = rng.uniform(size=(4, 5))
check_values(
    "binary_cross_entropy_derivative with soft targets",
    call(binary_cross_entropy_derivative, Y.T, soft.T),
    mlpkit.binary_cross_entropy.derivative(Y.T, soft.T),
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. Categorical cross-entropy (5 points)
#
# When the output units stand for classes that exclude each other, the outputs of an instance sum to
# 1, and so do its targets: one-hot, or smoothed. The divergence of an instance is
# $-\sum_j d_j\log y_j$.
#
# There is a catch. Softmax can give an output of exactly 0 (your problem 4 did, at 1000). Where the
# target is 0 as well, the term $0\log0$ counts as 0, its limit; and the derivative to that output
# is 0, because the term does not depend on it. NumPy would say `nan` to both. Where $d_j>0$ you may
# rely on $y_j>0$.


# %% solution="cross-entropy"
def cross_entropy(Y, d):
    """Categorical cross-entropy of each instance; terms with a target of 0 are 0.

    Parameters
    ----------
    Y : array (T, D), from 0 to 1, positive wherever `d` is
    d : array (T, D), from 0 to 1, rows sum to 1

    Returns
    -------
    array (T,), never negative

    Examples
    --------
    >>> cross_entropy(np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])).round(6)
    array([0.693147])
    """
    # Hint: put a harmless number in place of the outputs whose target is 0, then take the logarithm.
    ### BEGIN SOLUTION
    return -(d * np.log(np.where(d > 0, Y, 1.0))).sum(axis=1)
    ### END SOLUTION


def cross_entropy_derivative(Y, d):
    """Derivative of each instance's divergence to its outputs: array (T, D), 0 where `d` is 0.

    Examples
    --------
    >>> cross_entropy_derivative(np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])) + 0.0
    array([[-2.,  0.,  0.]])
    """
    # Hint: the same replacement as above. Can any entry be positive?
    ### BEGIN SOLUTION
    return -d / np.where(d > 0, Y, 1.0)
    ### END SOLUTION


# %% test="test-cross-entropy" points=2
check_values(
    "cross_entropy([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], [[1, 0, 0], [0, 0, 1]])",
    call(cross_entropy, np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]), np.array([[1.0, 0, 0], [0, 0, 1]])),
    [0.35667494394, 0.22314355131],
    "That is -log 0.7 and -log 0.8.",
    mistakes={
        "the right one with the opposite sign: that is a log-likelihood, which one wants large": [
            -0.35667494394,
            -0.22314355131,
        ],
        "the mean over the units: a divergence sums over them": [0.35667494394 / 3, 0.22314355131 / 3],
        "one sum over all instances: keep one number an instance": 0.57981849525,
    },
)
check_values(
    "cross_entropy([[0.5, 0.5, 0]], [[1, 0, 0]])",
    call(cross_entropy, np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])),
    [0.69314718056],
    "A term with the target 0 is 0, even if its output is 0.",
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("cross-entropy")
Y = rng.dirichlet(np.ones(4), size=5)
one_hot = np.eye(4, dtype=int)[[0, 3, 1, 1, 2]]
hint = "Minus the sum over the classes, for each row."
check_values(
    "cross_entropy of 5 x 4 with whole targets",
    call(cross_entropy, Y, one_hot),
    mlpkit.cross_entropy(Y, one_hot),
    hint,
)
smoothed = 0.05 + 0.8 * one_hot
check_values(
    "cross_entropy with smoothed targets, one row",
    call(cross_entropy, Y[:1], smoothed[:1]),
    mlpkit.cross_entropy(Y[:1], smoothed[:1]),
    hint,
)
check_values(
    "cross_entropy of certain and right outputs, transposed",
    call(cross_entropy, np.eye(3).T, np.eye(3).T),
    [0.0, 0.0, 0.0],
    "0 log 0 counts as 0.",
)
check_keeps_input("cross_entropy", cross_entropy, Y, smoothed)
### END HIDDEN TESTS

# %% test="test-cross-entropy-own" points=1
Y = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
d = np.array([[0.9, 0.05, 0.05], [0.0, 0.0, 1.0]])
check_slopes(
    "cross_entropy_derivative(Y, d)",
    call(cross_entropy_derivative, Y, d),
    "cross_entropy",
    lambda Y: cross_entropy(Y, d),
    Y,
    (2,),
    moving=d > 0,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
Y = np.array([[0.25, 0.35, 0.15, 0.25], [0.6, 0.1, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])
d = np.array([[0.0, 1.0, 0.0, 0.0], [0.1, 0.1, 0.7, 0.1], [0.5, 0.0, 0.5, 0.0]])
check_slopes(
    "cross_entropy_derivative(Y, d)",
    call(cross_entropy_derivative, Y, d),
    "cross_entropy",
    lambda Y: cross_entropy(Y, d),
    Y,
    (3,),
    moving=d > 0,
)
### END HIDDEN TESTS

# %% test="test-cross-entropy-reference" points=2
check_values(
    "cross_entropy_derivative([[0.8, 0.2, 0], [0.25, 0.5, 0.25]], [[1, 0, 0], [0.2, 0.2, 0.6]])",
    call(
        cross_entropy_derivative,
        np.array([[0.8, 0.2, 0.0], [0.25, 0.5, 0.25]]),
        np.array([[1.0, 0.0, 0.0], [0.2, 0.2, 0.6]]),
    ),
    [[-1.25, 0.0, 0.0], [-0.8, -0.4, -2.4]],
    "It is -d/y, and 0 where d is 0. The derivative of +log would have the opposite sign.",
    mistakes={
        "the right one with the opposite sign: that is the derivative of a log-likelihood": [
            [1.25, 0.0, 0.0],
            [0.8, 0.4, 2.4],
        ],
        "Y - d: that is the derivative to the sums, with a softmax in between": [
            [-0.2, 0.2, 0.0],
            [0.05, 0.3, -0.35],
        ],
        "-1/y, without the target above": [[-1.25, 0.0, 0.0], [-4.0, -2.0, -4.0]],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

rng = hidden_rng("cross-entropy-reference")
Y = 0.02 + 0.9 * rng.dirichlet(np.ones(5), size=3)
one_hot = np.eye(5, dtype=int)[[4, 0, 2]]
smoothed = 0.02 + 0.9 * one_hot
check_values(
    "cross_entropy_derivative of 3 x 5 with whole targets",
    call(cross_entropy_derivative, Y, one_hot),
    mlpkit.cross_entropy.derivative(Y, one_hot),
)
check_values(
    "cross_entropy_derivative with smoothed targets, one row",
    call(cross_entropy_derivative, Y[:1], smoothed[:1]),
    mlpkit.cross_entropy.derivative(Y[:1], smoothed[:1]),
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. Softmax and cross-entropy in one step (4 points)
#
# The output layer of a classifier is softmax followed by cross-entropy. Take the two together as a
# function of the sums $z$, and nearly everything cancels:
#
# {formula:softmax-cross-entropy}
#
# *On paper:* use $\partial y_i/\partial z_j=y_i(1-y_j)$ if $i=j$ and $-y_iy_j$ otherwise, and that
# targets sum to one. Your function gets the outputs $Y$ of the softmax: the forward pass has computed
# and kept them.
#
# This is more than a saving. When the network is certain and wrong, the output of the true class
# can round to 0. In two steps the derivative is then $-1/0$ times 0. In one step it is $-1$, as
# strong a correction as there can be, exactly when it is needed.


# %% solution="softmax-cross-entropy"
def softmax_cross_entropy_derivative(Y, d):
    """Derivative of each instance's cross-entropy to the sums before the softmax.

    Parameters
    ----------
    Y : array (T, D)
        The outputs of the softmax; rows sum to 1, and an output may be exactly 0.
    d : array (T, D)
        Targets, from 0 to 1; rows sum to 1.

    Returns
    -------
    array (T, D)

    Examples
    --------
    >>> softmax_cross_entropy_derivative(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[1, 0], [0, 1]]))
    array([[-0.5,  0.5],
           [ 1. , -1. ]])
    """
    # Hint: one line. Do not call cross_entropy_derivative: it would divide by an output that may be 0.
    ### BEGIN SOLUTION
    return Y - d
    ### END SOLUTION


# %% test="test-softmax-cross-entropy-own" points=1
d = np.array([[0.0, 1.0, 0.0], [0.8, 0.1, 0.1]])
Y = 0.05 + 0.85 * variant_rng("softmax").dirichlet(np.ones(3), size=2)
dz = check_array(
    "softmax_cross_entropy_derivative(Y, d)", call(softmax_cross_entropy_derivative, Y, d), (2, 3)
)
check_values(
    "softmax_cross_entropy_derivative(Y, d).sum(axis=1)",
    dz.sum(axis=1),
    [0.0, 0.0],
    "Adding the same number to all sums of a row changes nothing, so its derivatives sum to 0.",
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
import mlpkit

z = np.array([[0.1, -0.3, 0.6, 0.0], [-1.0, 0.4, 0.2, 0.9], [0.7, 0.7, -0.2, 0.1]])
d = np.array([[1.0, 0.0, 0.0, 0.0], [0.1, 0.1, 0.1, 0.7], [0.0, 0.0, 1.0, 0.0]])
check_slopes(
    "softmax_cross_entropy_derivative(Y, d)",
    call(softmax_cross_entropy_derivative, mlpkit.softmax(z), d),
    "cross_entropy of a softmax",
    lambda z: cross_entropy(mlpkit.softmax(z), d),
    z,
    (3,),
)
### END HIDDEN TESTS

# %% test="test-softmax-cross-entropy-reference" points=3
check_values(
    "softmax_cross_entropy_derivative([[0.25, 0.75]], [[1, 0]])",
    call(softmax_cross_entropy_derivative, np.array([[0.25, 0.75]]), np.array([[1.0, 0.0]])),
    [[-0.75, 0.75]],
    "Outputs minus targets.",
    mistakes={
        "targets minus outputs": [[0.75, -0.75]],
        "the derivative to the outputs: the softmax still lies between": [[-4.0, 0.0]],
        "(Y - d) Y (1 - Y): the slope of the outputs has cancelled": [[-0.140625, 0.140625]],
    },
)
check_values(
    "softmax_cross_entropy_derivative([[1, 0, 0]], [[0, 1, 0]])",
    call(softmax_cross_entropy_derivative, np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]])),
    [[1.0, -1.0, 0.0]],
    "Certain and wrong: the strongest correction, not a division by zero.",
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
import mlpkit

z = hidden_rng("softmax-cross-entropy").normal(scale=3, size=(7, 4))
Y = mlpkit.softmax(z)
one_hot = np.eye(4, dtype=int)[[0, 1, 2, 3, 3, 0, 1]]
smoothed = 0.05 + 0.8 * one_hot
fused = mlpkit.cross_entropy.fused_with(mlpkit.softmax)
check_values(
    "softmax_cross_entropy_derivative of 7 x 4",
    call(softmax_cross_entropy_derivative, Y, smoothed),
    fused.derivative(z, smoothed),
)
check_values(
    "softmax_cross_entropy_derivative of one row",
    call(softmax_cross_entropy_derivative, Y[:1], one_hot[:1]),
    fused.derivative(z[:1], one_hot[:1]),
)
check_keeps_input("softmax_cross_entropy_derivative", softmax_cross_entropy_derivative, Y, smoothed)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. From instances to a batch (3 points)
#
# A divergence judges one instance. What training makes small is the **mean** over the $T$ instances
# of a batch:
#
# {formula:mean-loss}
#
# Assemble the end of **any** network: sums in, one number out. The activation and the divergence
# come as arguments, functions like those in your bin, so the same line will serve a classifier
# (`mean_loss(z, d, softmax, cross_entropy)`) and a regression. The derivative to the sums has the
# shape of $z$. Each row of $z$ reaches the loss through the divergence of its own instance only, and
# that instance is one of $T$.


# %% solution="mean-loss"
def mean_loss(z, d, activation, divergence):
    """Mean over the batch of the divergence between activation(z) and d.

    Parameters
    ----------
    z, d : arrays (T, D)
        Sums before the activation, and targets.
    activation : function
        Takes z and returns the outputs, array (T, D).
    divergence : function
        Takes outputs and targets and returns one number an instance, array (T,).

    Returns
    -------
    float

    Examples
    --------
    >>> z, d = np.array([[1.0, -2.0], [3.0, 0.0]]), np.zeros((2, 2))
    >>> float(mean_loss(z, d, np.abs, lambda Y, d: Y.sum(axis=1)))
    3.0
    """
    # Hint: the sum over units is already in the divergence; what is left is the mean over instances.
    ### BEGIN SOLUTION
    return divergence(activation(z), d).mean()
    ### END SOLUTION


def mean_loss_derivative(z, d, derivative):
    """Derivative of the mean loss to the sums: array (T, D).

    `derivative` takes z and d and returns the derivative of each instance's own divergence to its sums,
    array (T, D).

    Examples
    --------
    >>> mean_loss_derivative(np.zeros((2, 2)), np.eye(2), lambda z, d: z - d) + 0.0
    array([[-0.5,  0. ],
           [ 0. , -0.5]])
    """
    # Hint: what does the mean do to the derivative of a single instance?
    ### BEGIN SOLUTION
    return derivative(z, d) / len(z)
    ### END SOLUTION


# %% test="test-mean-loss" points=1
z, d = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 0.0]])
check_values(
    "mean_loss(z, d, activation, divergence)",
    call(mean_loss, z, d, lambda z: 2 * z, lambda Y, d: np.abs(Y - d).sum(axis=1)),
    14.0 / 3.0,
    "The divergences of the three instances are 6, 4 and 4.",
    mistakes={
        "the sum over the instances: the loss is their mean": 14.0,
        "the mean over instances and units: the divergence has summed over the units": 7.0 / 3.0,
        "one divergence an instance: take the mean over them": [6.0, 4.0, 4.0],
        "the loss without the activation": 3.0,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

z = hidden_rng("mean-loss").normal(size=(6, 3))
one_hot = np.eye(3, dtype=int)[[0, 1, 2, 2, 1, 2]]
fused = mlpkit.cross_entropy.fused_with(mlpkit.softmax)


def activate(z):
    return mlpkit.softmax(z)


def diverge(Y, d):
    return mlpkit.cross_entropy(Y, d)


check_values(
    "mean_loss of 6 x 3, softmax and cross-entropy",
    call(mean_loss, z, one_hot, activate, diverge),
    fused.value(z, one_hot).sum() / 6,
    "The mean over the instances of sums over the units.",
)
check_values(
    "mean_loss of one row",
    call(mean_loss, z[:1], one_hot[:1], activate, diverge),
    fused.value(z[:1], one_hot[:1])[0],
)
### END HIDDEN TESTS

# %% test="test-mean-loss-own" points=1
z = np.array([[0.5, -1.0, 0.2], [1.5, 0.3, -0.7]]) + 0.1 * variant_rng("loss").uniform(-1, 1, size=(2, 3))
d = np.array([[0.0, 1.0, 0.0], [0.8, 0.1, 0.1]])
check_slopes(
    "mean_loss_derivative(z, d, derivative)",
    call(mean_loss_derivative, z, d, lambda z, d: 4 * (2 * z - d)),
    "mean_loss",
    lambda z: mean_loss(z, d, lambda z: 2 * z, lambda Y, d: ((Y - d) ** 2).sum(axis=1)),
    z,
    (),
    mistakes={
        "the right one without the division by T": 4 * (2 * z - d),
        "the right one divided by the number of units in place of T": 4 * (2 * z - d) / 3,
    },
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
z = np.array([[0.4, -0.1], [1.0, 0.3], [-0.6, 0.2], [0.0, 0.9], [0.3, -0.8]])
d = np.array([[0.0, 1.0], [0.5, 0.0], [0.9, 0.1], [0.1, 0.7], [0.0, 1.0]])
check_slopes(
    "mean_loss_derivative(z, d, derivative)",
    call(mean_loss_derivative, z, d, lambda z, d: z - d),
    "mean_loss",
    lambda z: mean_loss(z, d, lambda z: z, lambda Y, d: ((Y - d) ** 2).sum(axis=1) / 2),
    z,
    (),
)
### END HIDDEN TESTS

# %% test="test-mean-loss-reference" points=1
d = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
right = np.array([[-0.125, 0.125], [0.125, -0.125], [-0.125, 0.125], [0.0, 0.0]])
check_values(
    "mean_loss_derivative(zeros of 4 x 2, d, derivative)",
    call(mean_loss_derivative, np.zeros((4, 2)), d, lambda z, d: 0.5 - d),
    right,
    "The mean divides each instance's derivative by the number of instances.",
    mistakes={
        "the right one without the division by T": 4 * right,
        "the right one divided by the number of units in place of T": 2 * right,
        "the right one divided by the number of all entries, not of instances": right / 2,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
import mlpkit

z = hidden_rng("mean-loss-reference").normal(size=(5, 4))
one_hot = np.eye(4, dtype=int)[[0, 3, 2, 2, 1]]
fused = mlpkit.cross_entropy.fused_with(mlpkit.softmax)


def slope(z, d):
    return fused.derivative(z, d)


check_values(
    "mean_loss_derivative of 5 x 4",
    call(mean_loss_derivative, z, one_hot, slope),
    fused.derivative(z, one_hot) / 5,
)
check_values(
    "mean_loss_derivative of one row",
    call(mean_loss_derivative, z[:1], one_hot[:1], slope),
    fused.derivative(z[:1], one_hot[:1]),
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. A poll (2 points)
#
# A poll in code: each function returns a set of capital letters, such as `{"B", "D"}`. Plot or try
# the functions if you are not sure; you have nearly all of them.
#
# | letter | activation | | letter | divergence, and a target |
# |---|---|---|---|---|
# | A | sigmoid | | P | half squared error, $d=0.9$ |
# | B | tanh | | Q | half squared error, $d=1$ |
# | C | ReLU | | R | binary cross-entropy, $d=0.9$ |
# | D | leaky ReLU, slope 0.01 | | S | binary cross-entropy, $d=1$ |
# | E | identity, $y=z$ | | | |
# | F | softplus, $y=\log(1+e^z)$ | | | |
#
# 1. For which activations does the derivative become **as small as you like, or 0**, far out on the
#    left, as $z\to-\infty$?
# 2. For which does it far out on the right, as $z\to+\infty$?
# 3. For which divergences of a single output does the derivative **to the output** go to 0 when the
#    output comes as close as you like to its target? (Outputs stay below 1.)


# %% solution="poll"
def vanishing_on_the_left():
    """Letters from A to F: activations whose derivative vanishes as z goes to minus infinity."""
    # Hint: "small" is not "as small as you like".
    ### BEGIN SOLUTION
    return {"A", "B", "C", "F"}
    ### END SOLUTION


def vanishing_on_the_right():
    """Letters from A to F: activations whose derivative vanishes as z goes to plus infinity."""
    # Hint: which of them are flat on both sides?
    ### BEGIN SOLUTION
    return {"A", "B"}
    ### END SOLUTION


def zero_at_the_target():
    """Letters from P to S: divergences whose derivative goes to 0 as the output goes to its target."""
    # Hint: put numbers into your derivatives, say y = 0.9 and y = 0.999.
    ### BEGIN SOLUTION
    return {"P", "Q", "R"}
    ### END SOLUTION


# %% test="test-poll-activations" points=1
left = check_letters("vanishing_on_the_left()", call(vanishing_on_the_left), "ABCDEF")
right = check_letters("vanishing_on_the_right()", call(vanishing_on_the_right), "ABCDEF")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("vanishing_on_the_left()", left, "ABCF")
check_choice("vanishing_on_the_right()", right, "AB")
### END HIDDEN TESTS

# %% test="test-poll-divergences" points=1
chosen = check_letters("zero_at_the_target()", call(zero_at_the_target), "PQRS")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
check_choice("zero_at_the_target()", chosen, "PQR")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. Certain and wrong (written, 5 points)
#
# One sigmoid output unit is certain and wrong: its sum is $z=-6$, and its target is $d=1$.
#
# 1. Give the derivative of the divergence to $z$, as a formula in $y=S(z)$ and $d$, once for half
#    the squared error and once for binary cross-entropy. The path is {formula:through-activation}.
# 2. Put in the numbers.
# 3. Suppose that $z$ itself took a step of gradient descent, $z\leftarrow z-\eta\dot z$ with
#    $\eta=0.1$. How far would it move in each of the two cases, and which factor is responsible?
#    When does the choice matter little?
#
# Half a page is plenty. Formulas may be typed between dollar signs or in plain text.

# %% [markdown] written="certain-and-wrong" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. Half squared error: $\dot y=y-d$ and the slope of the sigmoid is $y(1-y)$, so
#    $\dot z=(y-d)\,y(1-y)$. Binary cross-entropy:
#    $\dot y=\frac{1-d}{1-y}-\frac dy=\frac{y-d}{y(1-y)}$; the slope cancels the denominator, and
#    $\dot z=y-d$.
# 2. $y=S(-6)=0.00247$. Half squared error: $\dot z=-0.99753\cdot0.00247\cdot0.99753=-0.00246$.
#    Binary cross-entropy: $\dot z=-0.99753$.
# 3. A step changes $z$ by $-\eta\dot z$: by $0.00025$ and by $0.1$, four hundred times as much. The
#    squared error passes through the slope $y(1-y)$, which vanishes where the unit is saturated,
#    whether it is right or wrong. In cross-entropy this factor cancels, so the correction is as
#    large as the error. The choice matters little while $z$ is near 0: the slope is then close to
#    its largest value, 1/4, and the two differ by a factor of about four, which the step size can
#    make up for.
#
# **Marking guide.** 1: one point for each formula (2), the second also in the form that has not
# been simplified. 2: one point for both numbers, with their sign; follow-on errors count as right.
# 3: one point for the slope of the saturated sigmoid as the reason, one for naming a case where it
# matters little (sum near 0, or a step size chosen to match). "Cross-entropy is better" without a
# reason: 0.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells*, then look at the last line under each cell with
# checks. A cell that has not passed its visible checks earns nothing, and it does no harm to the
# others. The bin is full: in problem set 3 you take these parts out of it and build a network.

# %% [markdown]
# # Problem set 1. Functions and descent
#
# You stand in fog on a landscape that you have never seen. You know how high you are, how steep the
# ground is under your boots, and perhaps how the steepness changes: nothing else. Where is the
# valley? A program that trains a network is in the same fog, with a loss for a landscape and a
# hundred thousand weights for north and east.
#
# In this problem set you build the **instruments** for that walk: derivatives of functions of
# several variables, a test that tells a valley floor from a pass, the walk itself, and in the end
# the instrument that saves most trouble. It tells, *before the first step*, which step size is too
# large.
#
# | instrument | problem |
# |---|---|
# | slope and curvature of two landscapes | 1-3 |
# | slope and curvature in one direction | 4 |
# | minimum, maximum, saddle, or no verdict | 5-6 |
# | one step, a walk, and when to stop | 7-9 |
# | the limit of the step, and how fast a walk arrives | 10-11 |
# | why the limit is what it is (written) | 12 |
#
# There are 45 points: 40 from checks, 5 for the written answer. Plan for about two hours. The
# lectures that it stands on are *Minima, gradients, Hessians* and *Gradient descent*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Most answers are one to six lines. NumPy is all you need.
# * A point $x$ of a landscape with $n$ variables is an array of shape `(n,)`: mathematics writes
#   $x_1,x_2,\dots$ and code `x[0], x[1], ...`. A gradient has the shape of the point, a Hessian has
#   the shape `(n, n)`.
# * Return something new and leave the arguments as they are.
# * Each problem is followed by cells with checks. You see some of the checks; others, on other
#   points and other sizes, run when your work is graded. The last line printed tells how many. A
#   message says which call went wrong, what it should give, what yours gives, and often which
#   mistake gives just that.
# * A derivative earns points in **two** ways. One cell compares it with central differences of
#   **your own** function, another with the reference. If only one of the two fails, you know where
#   to look.
# * Nothing is lost twice: a problem that uses an earlier answer is checked with the right one.
# * The button *Validate*, above, runs everything from the top and lists the visible checks that
#   fail. Before you hand in, choose *Kernel → Restart Kernel and Run All Cells*.
# * Save, and `autograder check ps1` in a terminal runs everything from the top and says, problem by
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
# ## Problem 1. A landscape in three variables (4 points)
#
# {formula:three-variables}
#
# Its gradient collects the three partial derivatives, in the shape of $x$:
#
# {formula:gradient}
#
# To find $\partial f/\partial x_2$, treat $x_1$ and $x_3$ as constants, and look for **every** term
# in which $x_2$ stands.


# %% solution="three-variables"
def three_variables(x):
    """The height of the landscape.

    Parameters
    ----------
    x : array (3,)

    Returns
    -------
    float

    Examples
    --------
    >>> float(three_variables(np.array([0.0, 2.0, 1.0])))
    4.0
    """
    # Hint: x1, x2, x3 = x gives the three names of the formula.
    ### BEGIN SOLUTION
    x1, x2, x3 = x
    return x1**2 + x1 * (1 - x2) + x2**2 - x2 * x3 + x3**2 + x3
    ### END SOLUTION


def three_variables_gradient(x):
    """The gradient of `three_variables`: array (3,).

    Examples
    --------
    >>> three_variables_gradient(np.array([0.0, 2.0, 1.0]))
    array([-1.,  3.,  1.])
    """
    # Hint: the product x1 (1 - x2) depends on x1 and on x2, so it appears in two entries.
    ### BEGIN SOLUTION
    x1, x2, x3 = x
    return np.array([2 * x1 + 1 - x2, -x1 + 2 * x2 - x3, -x2 + 2 * x3 + 1])
    ### END SOLUTION


# %% test="test-three-variables" points=1
check_values(
    "three_variables([1, 2, 3])",
    call(three_variables, np.array([1.0, 2.0, 3.0])),
    10.0,
    "Six terms; look at the sign of each.",
    mistakes={
        "the value with -x2^2 in place of +x2^2": 2.0,
        "the value without the last term, x3": 7.0,
        "the value with x1 (1 + x2) in place of x1 (1 - x2)": 14.0,
        "the value with +x2 x3 in place of -x2 x3": 22.0,
    },
)
check_values("three_variables([-1, -1, -1])", call(three_variables, -np.ones(3)), -1.0)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit.descent import SURFACES

surface = SURFACES["three variables"]
x = hidden_rng("three-variables").normal(size=3)
check_values("three_variables(x)", call(three_variables, x), surface(x))
check_values("three_variables of whole numbers", call(three_variables, np.array([0, 1, -2])), 5.0)
check_keeps_input("three_variables", three_variables, x)
### END HIDDEN TESTS

# %% test="test-three-variables-own" points=1
x = np.array([1.5, -0.5, 2.0]) + 0.2 * variant_rng("three-variables").uniform(-1, 1, size=3)
check_slopes(
    "three_variables_gradient(x)",
    call(three_variables_gradient, x),
    "three_variables",
    three_variables,
    x,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x = np.array([-2.0, 1.0, 0.5]) + 0.2 * hidden_rng("three-variables-own").uniform(-1, 1, size=3)
check_slopes(
    "three_variables_gradient(x)",
    call(three_variables_gradient, x),
    "three_variables",
    three_variables,
    x,
    (),
)
### END HIDDEN TESTS

# %% test="test-three-variables-reference" points=2
check_values(
    "three_variables_gradient([1, 2, 3])",
    call(three_variables_gradient, np.array([1.0, 2.0, 3.0])),
    [1.0, 0.0, 5.0],
    "For each entry go through all six terms.",
    mistakes={
        "the gradient of the function with -x2^2 in place of +x2^2": [1.0, -8.0, 5.0],
        "the right one with the opposite sign": [-1.0, 0.0, -5.0],
        "the right one without the part of x1 (1 - x2) in the second entry": [1.0, 1.0, 5.0],
        "the right one without the 1 that x1 (1 - x2) leaves in the first entry": [0.0, 0.0, 5.0],
        "the right one without the 1 of the last term, x3": [1.0, 0.0, 4.0],
        "the right one without the factors 2 of the squares": [0.0, -2.0, 2.0],
        "the right one without the products: x2 x3 has two derivatives": [1.0, 3.0, 7.0],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit.descent import SURFACES

x = hidden_rng("three-variables-reference").normal(size=3)
check_values(
    "three_variables_gradient(x)",
    call(three_variables_gradient, x),
    SURFACES["three variables"].gradient_at(x),
)
check_values(
    "three_variables_gradient([-1, -1, -1])",
    call(three_variables_gradient, -np.ones(3)),
    [0.0, 0.0, 0.0],
    "There the landscape is level.",
)
check_values(
    "three_variables_gradient of whole numbers",
    call(three_variables_gradient, np.array([0, 1, -2])),
    [0.0, 4.0, -4.0],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. Its Hessian, and where it is level (4 points)
#
# The Hessian holds all second partial derivatives:
#
# {formula:hessian}
#
# So row $i$ is the gradient of entry $i$ of the gradient. The landscape of problem 1 is quadratic,
# and its Hessian is the same at every point. Write a function of $x$ all the same: the next
# landscape needs it.
#
# Every quadratic function is $\frac12x^THx+c^Tx$ plus a constant, and has the gradient $Hx+c$. A
# point where the gradient is 0 is called *stationary*. For a quadratic function it can be computed
# at once, without a walk:
#
# {formula:closed-form-minimum}
#
# (What $c$ belongs to problem 1? It is the gradient at $x=0$.)


# %% solution="three-variables-hessian"
def three_variables_hessian(x):
    """The Hessian of `three_variables`: array (3, 3).

    Examples
    --------
    >>> three_variables_hessian(np.zeros(3)).shape
    (3, 3)
    """
    # Hint: differentiate each of the three entries of your gradient to x1, to x2 and to x3.
    ### BEGIN SOLUTION
    return np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]])
    ### END SOLUTION


# %% test="test-three-variables-hessian-own" points=1
x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, -0.5, 2.0])
H = check_array("three_variables_hessian(x)", call(three_variables_hessian, x), (3, 3))
check_slopes(
    "v @ three_variables_hessian(x)",
    v @ H,
    "three_variables, its slope along v",
    lambda x: (three_variables(x + 1e-3 * v) - three_variables(x - 1e-3 * v)) / 2e-3,
    x,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x, v = np.array([0.5, -1.0, 0.0]), np.array([-1.0, 1.5, 0.5])
H = check_array("three_variables_hessian(x)", call(three_variables_hessian, x), (3, 3))
check_slopes(
    "v @ three_variables_hessian(x)",
    v @ H,
    "three_variables, its slope along v",
    lambda x: (three_variables(x + 1e-3 * v) - three_variables(x - 1e-3 * v)) / 2e-3,
    x,
    (),
)
### END HIDDEN TESTS

# %% test="test-three-variables-hessian-reference" points=1
H = check_array("three_variables_hessian(x)", call(three_variables_hessian, np.ones(3)), (3, 3))
check_values("three_variables_hessian(x), diagonal", np.diag(H), [2.0, 2.0, 2.0], "x^2 has the slope 2x.")
check_values(
    "three_variables_hessian(x) - its transpose", H - H.T, np.zeros((3, 3)), "A Hessian is symmetric."
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_values(
    "three_variables_hessian(x)",
    H,
    [[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]],
    mistakes={
        "the diagonal alone: the products x1 x2 and x2 x3 have mixed derivatives": 2 * np.eye(3),
        "the right one with the entries of x2 x3 in the places of x1 x3": [
            [2.0, -1.0, -1.0],
            [-1.0, 2.0, 0.0],
            [-1.0, 0.0, 2.0],
        ],
        "the right one with the opposite sign off the diagonal": [
            [2.0, 1.0, 0.0],
            [1.0, 2.0, 1.0],
            [0.0, 1.0, 2.0],
        ],
    },
)
far = call(three_variables_hessian, np.array([30, -7, 4]))
check_values("three_variables_hessian far away", far, H, "It is the same at every point.")
### END HIDDEN TESTS


# %% solution="stationary-point"
def stationary_point(H, c):
    """The point where the gradient Hx + c of a quadratic function is 0.

    Parameters
    ----------
    H : array (n, n), symmetric, can be inverted
    c : array (n,)

    Returns
    -------
    array (n,)

    Examples
    --------
    >>> stationary_point(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, -4.0]))
    array([-1.,  1.])
    """
    # Hint: np.linalg.solve(A, r) finds x with A x = r. It is faster and safer than an inverse.
    ### BEGIN SOLUTION
    return np.linalg.solve(H, -np.asarray(c))
    ### END SOLUTION


# %% test="test-stationary-point" points=2
H, c = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]]), np.array([1.0, 0.0, 1.0])
check_values(
    "stationary_point(H, c) of problem 1",
    call(stationary_point, H, c),
    [-1.0, -1.0, -1.0],
    "There Hx + c must be 0.",
    mistakes={
        "the right one with the opposite sign: Hx + c = 0, not Hx = c": [1.0, 1.0, 1.0],
        "half the right one: the gradient is Hx + c, not 2Hx + c": [-0.5, -0.5, -0.5],
        "-Hc: multiply with the inverse of H, or better solve": [-2.0, 2.0, -2.0],
        "-c divided by H entry by entry, along the diagonal": [-0.5, 0.0, -0.5],
    },
)
axes = np.linalg.qr(variant_rng("stationary-point").normal(size=(4, 4)))[0]
H, c = axes @ np.diag([1.0, 2.0, 3.0, 4.0]) @ axes.T, np.array([1.0, -2.0, 0.5, 3.0])
x = check_array("stationary_point(H, c)", call(stationary_point, H, c), (4,))
check_values("H @ stationary_point(H, c)", H @ x, -c, "It should be -c.")
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("stationary-point").normal(size=(5, 5)))[0]
H, c = axes @ np.diag([-2.0, -0.5, 1.0, 2.0, 9.0]) @ axes.T, np.array([1.0, 0.0, -1.0, 4.0, 2.0])
x = check_array("stationary_point of a saddle", call(stationary_point, H, c), (5,))
check_values("H @ stationary_point(H, c)", H @ x, -c, "A saddle has a stationary point as well.")
check_values(
    "stationary_point of whole numbers",
    call(stationary_point, np.array([[2, 1], [1, 8]]), np.array([3, 9])),
    [-1.0, -1.0],
)
check_keeps_input("stationary_point", stationary_point, H, c)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. Two valleys and a pass (6 points)
#
# Losses of networks are not quadratic. Here is a small landscape that is not, either, with two
# valleys and a pass between them:
#
# $g(x)=x_1^4-2x_1^2+x_1x_2+x_2^2$
#
# Write its value, its gradient and its Hessian. Now the Hessian depends on where you stand.


# %% solution="two-valleys"
def two_valleys(x):
    """The height of the landscape with two valleys.

    Parameters
    ----------
    x : array (2,)

    Returns
    -------
    float

    Examples
    --------
    >>> float(two_valleys(np.array([1.0, 3.0])))
    11.0
    """
    # Hint: four terms.
    ### BEGIN SOLUTION
    x1, x2 = x
    return x1**4 - 2 * x1**2 + x1 * x2 + x2**2
    ### END SOLUTION


def two_valleys_gradient(x):
    """The gradient of `two_valleys`: array (2,).

    Examples
    --------
    >>> two_valleys_gradient(np.array([1.0, 3.0]))
    array([3., 7.])
    """
    # Hint: the product x1 x2 gives x2 to one entry and x1 to the other.
    ### BEGIN SOLUTION
    x1, x2 = x
    return np.array([4 * x1**3 - 4 * x1 + x2, x1 + 2 * x2])
    ### END SOLUTION


def two_valleys_hessian(x):
    """The Hessian of `two_valleys` at the point x: array (2, 2).

    Examples
    --------
    >>> two_valleys_hessian(np.array([1.0, 3.0]))
    array([[8., 1.],
           [1., 2.]])
    """
    # Hint: only one of the four entries depends on x.
    ### BEGIN SOLUTION
    x1, _ = x
    return np.array([[12 * x1**2 - 4, 1.0], [1.0, 2.0]])
    ### END SOLUTION


# %% test="test-two-valleys" points=1
check_values(
    "two_valleys([2, 1])",
    call(two_valleys, np.array([2.0, 1.0])),
    11.0,
    "Four terms, and the second is subtracted.",
    mistakes={
        "the value with +2 x1^2": 27.0,
        "the value without the product x1 x2": 9.0,
        "the value with x1^2 in place of 2 x1^2": 15.0,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
x1, x2 = hidden_rng("two-valleys").normal(size=2)
check_values("two_valleys(x)", call(two_valleys, np.array([x1, x2])), x1**4 - 2 * x1**2 + x1 * x2 + x2**2)
check_values("two_valleys of whole numbers", call(two_valleys, np.array([-1, 2])), 1.0)
check_keeps_input("two_valleys", two_valleys, np.array([0.5, -0.5]))
### END HIDDEN TESTS

# %% test="test-two-valleys-gradient-own" points=1
x = np.array([1.5, 0.6]) + 0.1 * variant_rng("two-valleys").uniform(-1, 1, size=2)
check_slopes("two_valleys_gradient(x)", call(two_valleys_gradient, x), "two_valleys", two_valleys, x, ())
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x = np.array([-1.4, -1.0])
check_slopes("two_valleys_gradient(x)", call(two_valleys_gradient, x), "two_valleys", two_valleys, x, ())
### END HIDDEN TESTS

# %% test="test-two-valleys-gradient-reference" points=2
check_values(
    "two_valleys_gradient([2, 1])",
    call(two_valleys_gradient, np.array([2.0, 1.0])),
    [25.0, 4.0],
    "Each entry: go through all four terms.",
    mistakes={
        "the right one with the opposite sign": [-25.0, -4.0],
        "the right one without the product x1 x2": [24.0, 2.0],
        "the right one with x1^3 in place of 4 x1^3": [1.0, 4.0],
        "the right one with 2 x1 in place of 4 x1": [29.0, 4.0],
        "the right one with 4 x1^4 in place of 4 x1^3: the power goes down by one": [57.0, 4.0],
        "the right one with the two entries in the other order": [4.0, 25.0],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
x1, x2 = hidden_rng("two-valleys-reference").normal(size=2)
check_values(
    "two_valleys_gradient(x)",
    call(two_valleys_gradient, np.array([x1, x2])),
    [4 * x1**3 - 4 * x1 + x2, x1 + 2 * x2],
)
floor = np.array([1.125**0.5, -(1.125**0.5) / 2])
check_values(
    "two_valleys_gradient on the floor of a valley",
    call(two_valleys_gradient, floor),
    [0.0, 0.0],
    "A floor is level.",
)
### END HIDDEN TESTS

# %% test="test-two-valleys-hessian-own" points=1
x, v = np.array([1.5, 0.6]), np.array([1.0, 2.0])
H = check_array("two_valleys_hessian(x)", call(two_valleys_hessian, x), (2, 2))
check_slopes(
    "v @ two_valleys_hessian(x)",
    v @ H,
    "two_valleys, its slope along v",
    lambda x: (two_valleys(x + 3e-4 * v) - two_valleys(x - 3e-4 * v)) / 6e-4,
    x,
    (),
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x, v = np.array([-0.8, 2.0]), np.array([1.0, -1.0])
H = check_array("two_valleys_hessian(x)", call(two_valleys_hessian, x), (2, 2))
check_slopes(
    "v @ two_valleys_hessian(x)",
    v @ H,
    "two_valleys, its slope along v",
    lambda x: (two_valleys(x + 3e-4 * v) - two_valleys(x - 3e-4 * v)) / 6e-4,
    x,
    (),
)
### END HIDDEN TESTS

# %% test="test-two-valleys-hessian-reference" points=1
check_values(
    "two_valleys_hessian([2, 1])",
    call(two_valleys_hessian, np.array([2.0, 1.0])),
    [[44.0, 1.0], [1.0, 2.0]],
    "Differentiate each entry of the gradient to x1 and to x2.",
    mistakes={
        "the right one without the mixed derivatives": [[44.0, 0.0], [0.0, 2.0]],
        "the right one without the -4": [[48.0, 1.0], [1.0, 2.0]],
        "the right one with the diagonal in the other order": [[2.0, 1.0], [1.0, 44.0]],
        "the right one with the opposite sign": [[-44.0, -1.0], [-1.0, -2.0]],
        "the right one with 4 x1^2 in place of 12 x1^2": [[12.0, 1.0], [1.0, 2.0]],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
x1, x2 = hidden_rng("two-valleys-hessian").normal(size=2)
check_values(
    "two_valleys_hessian(x)",
    call(two_valleys_hessian, np.array([x1, x2])),
    [[12 * x1**2 - 4, 1.0], [1.0, 2.0]],
)
check_values(
    "two_valleys_hessian on the pass", call(two_valleys_hessian, np.zeros(2)), [[-4.0, 1.0], [1.0, 2.0]]
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. In one direction (4 points)
#
# Walk along a straight line in the direction of $v$. How steep is it at the start, and how fast does
# the steepness change? Both questions are about functions of a single number $t$, the way walked,
# and gradient and Hessian answer them for every direction at once. For a $v$ **of length 1**:
#
# {formula:directional-derivative}
#
# {formula:curvature-in-a-direction}
#
# Your functions take a $v$ of any length but 0. Only its direction must count: going twice as far
# does not make a hill twice as steep.


# %% solution="directions"
def slope_along(gradient, v):
    """The slope in the direction of v.

    Parameters
    ----------
    gradient : array (n,)
        The gradient at the point.
    v : array (n,)
        A direction; its length, which is not 0, does not matter.

    Returns
    -------
    float

    Examples
    --------
    >>> float(slope_along(np.array([1.0, 2.0]), np.array([0.0, 5.0])))
    2.0
    """
    # Hint: v / np.linalg.norm(v) has length 1.
    ### BEGIN SOLUTION
    return gradient @ v / np.linalg.norm(v)
    ### END SOLUTION


def curvature_along(H, v):
    """The curvature in the direction of v.

    Parameters
    ----------
    H : array (n, n)
        The Hessian at the point.
    v : array (n,)
        A direction; its length, which is not 0, does not matter.

    Returns
    -------
    float

    Examples
    --------
    >>> float(curvature_along(np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([0.0, 5.0])))
    3.0
    """
    # Hint: here v stands twice. What does that do to its length?
    ### BEGIN SOLUTION
    return v @ H @ v / (v @ v)
    ### END SOLUTION


# %% test="test-slope-along" points=2
check_values(
    "slope_along([3, -1], [3, 4])",
    call(slope_along, np.array([3.0, -1.0]), np.array([3.0, 4.0])),
    1.0,
    "The inner product with a direction of length 1.",
    mistakes={
        "the inner product with v as it is: divide v by its length": 5.0,
        "the inner product divided by the square of the length": 0.2,
        "the length of the gradient, which is the slope in its own direction only": 10**0.5,
        "the slope in the opposite direction": -1.0,
        "the cosine of the angle: only v is made a unit vector, not the gradient": 10**-0.5,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
g, v = hidden_rng("slope-along").normal(size=(2, 6))
check_values(
    "slope_along in six dimensions",
    call(slope_along, g, v),
    sum(a * b for a, b in zip(g, v, strict=True)) / sum(b * b for b in v) ** 0.5,
)
check_values("slope_along(g, g)", call(slope_along, g, g), sum(g**2) ** 0.5, "No direction is steeper.")
check_keeps_input("slope_along", slope_along, g, v)
### END HIDDEN TESTS

# %% test="test-curvature-along" points=2
check_values(
    "curvature_along([[2, 1], [1, 8]], [3, 4])",
    call(curvature_along, np.array([[2.0, 1.0], [1.0, 8.0]]), np.array([3.0, 4.0])),
    6.8,
    "It is v^T H v for a v of length 1.",
    mistakes={
        "v^T H v with v as it is: make its length 1 first": 170.0,
        "v^T H v divided by the length once: v stands there twice": 34.0,
        "the part of the diagonal alone: the mixed derivatives count, too": 5.84,
        "half the right one: the half belongs to the height, not to the curvature": 3.4,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("curvature-along").normal(size=(4, 4)))[0]
H = axes @ np.diag([-3.0, 0.5, 2.0, 7.0]) @ axes.T
check_values(
    "curvature_along an eigenvector",
    call(curvature_along, H, -2.5 * axes[:, 0]),
    -3.0,
    "Along an eigenvector it is the eigenvalue.",
)
v = np.array([1.0, 0.0, -2.0, 1.5])
check_values(
    "curvature_along in four dimensions", call(curvature_along, H, v), np.vdot(v, np.dot(H, v)) / 7.25
)
check_keeps_input("curvature_along", curvature_along, H, v)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. Valley, summit, pass? (4 points)
#
# At a stationary point the ground is level, and the Hessian says how it bends. Its eigenvectors are
# directions at right angles to each other, its eigenvalues the curvatures in them:
#
# {formula:hessian-axes}
#
# * All eigenvalues positive: a **minimum**. All negative: a **maximum**.
# * Some positive **and** some negative: a **saddle**, a pass. One of each is enough, whatever the
#   others are.
# * Otherwise at least one eigenvalue is zero and no two have opposite signs. Then the Hessian is
#   **inconclusive**: $x^4$ has a minimum at 0, $-x^4$ a maximum and $x^3$ neither, and all three have
#   the second derivative 0 there. In particular, a zero does *not* mean "point of inflection".
#
# Computed eigenvalues are rarely exactly 0. Count one as zero if its magnitude is at most
# `tolerance` **times the largest magnitude** among the eigenvalues.


# %% solution="classify"
def classify(H, tolerance=1e-9):
    """What the Hessian at a stationary point says about it.

    Parameters
    ----------
    H : array (n, n), symmetric
    tolerance : float
        What counts as zero, as a part of the largest magnitude of an eigenvalue.

    Returns
    -------
    str
        "minimum", "maximum", "saddle" or "inconclusive".

    Examples
    --------
    >>> classify(np.array([[1.0, 0.0], [0.0, -2.0]]))
    'saddle'
    """
    # Hint: np.linalg.eigvalsh gives the eigenvalues of a symmetric matrix, in rising order.
    ### BEGIN SOLUTION
    curvatures = np.linalg.eigvalsh(H)
    zero = tolerance * np.abs(curvatures).max()
    up, down = curvatures > zero, curvatures < -zero
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    return "maximum" if down.all() else "inconclusive"
    ### END SOLUTION


# %% test="test-classify" points=2
kinds = ("minimum", "maximum", "saddle", "inconclusive")
check_word(
    "classify([[1, 3], [3, 1]])",
    call(classify, np.array([[1.0, 3.0], [3.0, 1.0]])),
    "saddle",
    kinds,
    "Its eigenvalues are 4 and -2.",
    mistakes={
        "minimum": "A positive diagonal does not make a minimum: look at the eigenvalues, 4 and -2.",
        "maximum": "One negative eigenvalue does not make a maximum: they are 4 and -2.",
    },
)
axes = np.linalg.qr(variant_rng("classify").normal(size=(3, 3)))[0]
check_word(
    "classify of a Hessian with the eigenvalues 1, 2, 5",
    call(classify, axes @ np.diag([1.0, 2.0, 5.0]) @ axes.T),
    "minimum",
    kinds,
    "The ground bends upwards in every direction.",
    mistakes={"maximum": "The ground bends upwards in every direction: you stand at the lowest point."},
)
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("classify").normal(size=(4, 4)))[0]


def bent(*eigenvalues):
    return axes @ np.diag(eigenvalues) @ axes.T


check_word(
    "classify with the eigenvalues -1, -2, -3, -4",
    call(classify, bent(-1.0, -2.0, -3.0, -4.0)),
    "maximum",
    kinds,
    mistakes={"minimum": "The product of the eigenvalues is positive, and yet all are negative."},
)
check_word(
    "classify with the eigenvalues -1, -2, 3, 4",
    call(classify, bent(-1.0, -2.0, 3.0, 4.0)),
    "saddle",
    kinds,
    mistakes=dict.fromkeys(
        ("minimum", "maximum"), "The determinant is positive, and yet there are eigenvalues of both signs."
    ),
)
check_word(
    "classify with the eigenvalues -1, -2, -3, 1",
    call(classify, bent(-1.0, -2.0, -3.0, 1.0)),
    "saddle",
    kinds,
)
check_word("classify([[-2]])", call(classify, np.array([[-2]])), "maximum", kinds)
check_keeps_input("classify", classify, bent(1.0, 2.0, 3.0, 4.0))
### END HIDDEN TESTS

# %% test="test-classify-zero" points=2
kinds = ("minimum", "maximum", "saddle", "inconclusive")
check_word(
    "classify([[1, 1], [1, 1]])",
    call(classify, np.array([[1.0, 1.0], [1.0, 1.0]])),
    "inconclusive",
    kinds,
    "Its eigenvalues are 0 and 2: a zero decides nothing.",
    mistakes={
        "minimum": "Its eigenvalues are 0 and 2. Zero is not positive: the ground may still fall away there.",
        "saddle": "Its eigenvalues are 0 and 2. A saddle needs a negative one; zero counts for neither side.",
        "inflection": "An eigenvalue 0 does not mean inflection: x^4 has second derivative 0 at its minimum.",
    },
)
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
check_word(
    "classify with the eigenvalues -1, 0, 1",
    call(classify, np.diag([-1.0, 0.0, 1.0])),
    "saddle",
    kinds,
    "Opposite signs decide, whatever the others are.",
    mistakes={"inconclusive": "Opposite signs decide for a saddle, even if another eigenvalue is 0."},
)
check_word("classify with the eigenvalues -1, 0", call(classify, np.diag([-1.0, 0.0])), "inconclusive", kinds)
check_word("classify(zeros of 3 x 3)", call(classify, np.zeros((3, 3))), "inconclusive", kinds)
check_word(
    "classify of a tiny Hessian",
    call(classify, np.diag([1e-12, 2e-12])),
    "minimum",
    kinds,
    "Zero is a matter of proportion: compare with the largest eigenvalue.",
)
check_word(
    "classify with a tolerance of 0.1", call(classify, np.diag([0.05, 1.0]), 0.1), "inconclusive", kinds
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. A poll (2 points)
#
# A poll in code: each function returns a set of capital letters, such as `{"A", "C"}`.
#
# 1. Which of these statements are **always** true, for a smooth function $f$?
#
# | letter | statement |
# |---|---|
# | A | Where the gradient is 0, there is a minimum or a maximum. |
# | B | A gradient that is not 0 stands at right angles to the level set through its point. |
# | C | A Hessian with an eigenvalue 0 at a stationary point means a point of inflection. |
# | D | A short enough step against a gradient that is not 0 lowers $f$. |
# | E | The eigenvector of the largest eigenvalue of the Hessian points in the direction of steepest ascent. |
# | F | If the Hessian is positive definite everywhere, a local minimum is the only global minimum. |
#
# 2. All of these functions are stationary at $x=0$. For which does **the Hessian there** decide what
#    the point is?
#
# | letter | function | | letter | function |
# |---|---|---|---|---|
# | P | $x_1^4$ | | S | $x_1^2+x_2^4$ |
# | Q | $x_1^2-x_2^2$ | | T | $x_1^2-x_2^2+x_3^4$ |
# | R | $x_1^3$ | | U | $-x_1^2-3x_2^2$ |


# %% solution="poll"
def always_true():
    """Letters from A to F: statements that are always true."""
    # Hint: look for an exception to each: x^3, x^4, a plane, the function x1 + x2^2.
    ### BEGIN SOLUTION
    return {"B", "D", "F"}
    ### END SOLUTION


def decided_by_the_hessian():
    """Letters from P to U: functions whose kind of stationary point the Hessian at 0 decides."""
    # Hint: write down the eigenvalues of each Hessian, and then use problem 5.
    ### BEGIN SOLUTION
    return {"Q", "T", "U"}
    ### END SOLUTION


# %% test="test-poll-statements" points=1
chosen = check_letters("always_true()", call(always_true), "ABCDEF")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
check_choice("always_true()", chosen, "BDF")
### END HIDDEN TESTS

# %% test="test-poll-functions" points=1
chosen = check_letters("decided_by_the_hessian()", call(decided_by_the_hessian), "PQRSTU")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
check_choice("decided_by_the_hessian()", chosen, "QTU")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. One step down (2 points)
#
# Two rules for a step. The derivative rule walks against the gradient, far where it is steep and
# not so far where it is not:
#
# {formula:descent-step}
#
# The sign rule looks only whether the ground rises or falls, and walks the same distance $\eta$
# along every axis; an axis along which the slope is 0 is left alone:
#
# {formula:sign-rule}


# %% solution="steps"
def descent_step(x, gradient, eta):
    """The point after one step of the derivative rule.

    Parameters
    ----------
    x, gradient : arrays (n,)
        Where you stand, and the gradient there.
    eta : float
        The step size.

    Returns
    -------
    array (n,)

    Examples
    --------
    >>> descent_step(np.array([1.0, 1.0]), np.array([4.0, -2.0]), 0.5)
    array([-1.,  2.])
    """
    # Hint: which sign leads downhill?
    ### BEGIN SOLUTION
    return x - eta * gradient
    ### END SOLUTION


def sign_step(x, gradient, eta):
    """The point after one step of the sign rule: array (n,).

    Examples
    --------
    >>> sign_step(np.array([1.0, 1.0, 1.0]), np.array([4.0, -2.0, 0.0]), 0.5)
    array([0.5, 1.5, 1. ])
    """
    # Hint: np.sign.
    ### BEGIN SOLUTION
    return x - eta * np.sign(gradient)
    ### END SOLUTION


# %% test="test-steps" points=2
x, g = np.array([3.0, 3.0]), np.array([9.0, 27.0])
check_values(
    "descent_step([3, 3], [9, 27], 0.1)",
    call(descent_step, x, g, 0.1),
    [2.1, 0.3],
    "x minus eta times the gradient.",
    mistakes={
        "a step of ascent: downhill is against the gradient": [3.9, 5.7],
        "the change alone, without the point it starts from": [-0.9, -2.7],
        "the step of the sign rule": [2.9, 2.9],
        "a step of length eta: do not divide by the length of the gradient": [
            3.0 - 0.1 / 10**0.5,
            3.0 - 0.3 / 10**0.5,
        ],
    },
)
check_values(
    "sign_step([3, 3], [9, -27], 0.1)",
    call(sign_step, x, np.array([9.0, -27.0]), 0.1),
    [2.9, 3.1],
    "Each entry goes by eta, against the sign of its derivative.",
    mistakes={
        "a step of ascent: downhill is against the gradient": [3.1, 2.9],
        "the step of the derivative rule": [2.1, 5.7],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
x, g = hidden_rng("steps").normal(size=(2, 5))
check_values("descent_step in five dimensions", call(descent_step, x, g, 0.3), 0.7 * x + 0.3 * (x - g))
check_values(
    "sign_step at a level point",
    call(sign_step, x, np.zeros(5), 0.3),
    x,
    "Where the slope is 0, nothing moves: g / |g| would be 0 / 0.",
)
check_keeps_input("descent_step", descent_step, x, g, 0.3)
check_keeps_input("sign_step", sign_step, x, g, 0.3)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. A walk (4 points)
#
# Repeat the derivative rule and keep the whole path, one point a row, the start in row 0.
#
# Then send it down the tilted bowl of the lecture,
#
# {formula:tilted-bowl}
#
# from $(3,3)$. With $\eta=0.1$ and $\eta=0.2$ it arrives at the minimum, with $\eta=0.25$ it does
# not: after fifty steps it is *higher* than at the start. Try it and look at the path; problem 10
# will say why.


# %% solution="descend"
def descend(gradient, start, eta, steps):
    """Walk downhill with a fixed step size.

    Parameters
    ----------
    gradient : function
        Takes a point (n,) and returns the gradient there, (n,).
    start : array (n,)
    eta : float
        The step size.
    steps : int
        How many steps to take.

    Returns
    -------
    array (steps + 1, n)
        Every point of the path, the start first.

    Examples
    --------
    >>> descend(lambda x: 2 * x, np.array([1.0, -2.0]), 0.25, 2)
    array([[ 1.  , -2.  ],
           [ 0.5 , -1.  ],
           [ 0.25, -0.5 ]])
    """
    # Hint: collect the points in a list and make an array of it at the end.
    ### BEGIN SOLUTION
    path = [np.array(start, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1]))
    return np.array(path)
    ### END SOLUTION


# %% test="test-descend" points=2
def bowl_gradient(x):
    return np.array([2 * x[0] + x[1], x[0] + 8 * x[1]])


check_values(
    "descend(tilted bowl, [3, 3], 0.1, 2)",
    call(descend, bowl_gradient, np.array([3.0, 3.0]), 0.1, 2),
    [[3.0, 3.0], [2.1, 0.3], [1.65, -0.15]],
    "Row 0 is the start, and each row is one step from the row above.",
    mistakes={
        "the path without its start": [[2.1, 0.3], [1.65, -0.15]],
        "the last point alone: keep all of them": [1.65, -0.15],
        "the last point in every row: x -= ... changes the array that is already in the list": [[1.65, -0.15]]
        * 3,
        "a path uphill: downhill is against the gradient": [[3.0, 3.0], [3.9, 5.7], [5.25, 10.65]],
        "a path with the gradient of the start at every step": [[3.0, 3.0], [2.1, 0.3], [1.2, -2.4]],
        "the path without its last step": [[3.0, 3.0], [2.1, 0.3]],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
check_keeps_input("descend", descend, bowl_gradient, np.array([3.0, 3.0]), 0.1, 2)
check_values(
    "descend with no steps", call(descend, bowl_gradient, np.array([3.0, 3.0]), 0.1, 0), [[3.0, 3.0]]
)
check_values(
    "descend from whole numbers",
    call(descend, bowl_gradient, np.array([3, 3]), 0.1, 1),
    [[3.0, 3.0], [2.1, 0.3]],
    "An array of whole numbers cannot hold 2.1: begin with np.array(start, dtype=float).",
)
start = hidden_rng("descend").normal(size=4)
check_values(
    "descend in four dimensions",
    call(descend, lambda x: 2 * x, start, 0.25, 3),
    np.outer([1.0, 0.5, 0.25, 0.125], start),
)
### END HIDDEN TESTS


# %% test="test-descend-bowl" points=2
def bowl_gradient(x):
    return np.array([2 * x[0] + x[1], x[0] + 8 * x[1]])


path = check_array(
    "descend(tilted bowl, [3, 3], 0.2, 50)",
    call(descend, bowl_gradient, np.array([3.0, 3.0]), 0.2, 50),
    (51, 2),
)
check_values("descend(tilted bowl, [3, 3], 0.2, 50)[50]", path[50], [0.0, 0.0], "The minimum is at (0, 0).")
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
path = check_array(
    "descend(tilted bowl, [3, 3], 0.25, 50)",
    call(descend, bowl_gradient, np.array([3.0, 3.0]), 0.25, 50),
    (51, 2),
)
check_values(
    "descend(tilted bowl, [3, 3], 0.25, 50)[50]",
    path[50],
    [4.02674369, 24.81391266],
    "Beyond the limit step each step leads farther away.",
    tolerance=1e-6,
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. When to stop (3 points)
#
# Nobody knows beforehand how many steps will be needed. Stop when the ground is nearly level:
#
# {formula:stop-by-gradient}
#
# The index says when to look: take a step, **then** look at the point where you have arrived. So at
# least one step is always taken (a *do ... while* loop). And there must be an end even if the walk
# never settles: after `most` steps.


# %% solution="descend-until"
def descend_until(gradient, start, eta, tolerance, most=1000):
    """Walk downhill until the gradient is short.

    Parameters
    ----------
    gradient : function
        Takes a point (n,) and returns the gradient there, (n,).
    start : array (n,)
    eta : float
        The step size.
    tolerance : float
        Stop at a point whose gradient is at most so long.
    most : int
        Stop after so many steps in any case; at least 1.

    Returns
    -------
    tuple
        The point reached, array (n,), and the number of steps taken, int.

    Examples
    --------
    >>> descend_until(lambda x: 2 * x, np.array([1.0, 0.0]), 0.25, 0.3)
    (array([0.125, 0.   ]), 3)
    """
    # Hint: for steps in range(1, most + 1): ... and a return within the loop.
    ### BEGIN SOLUTION
    x = np.array(start, dtype=float)
    for steps in range(1, most + 1):
        x = x - eta * gradient(x)
        if np.linalg.norm(gradient(x)) <= tolerance:
            return x, steps
    return x, most
    ### END SOLUTION


# %% test="test-descend-until" points=3
def bowl_gradient(x):
    return np.array([2 * x[0] + x[1], x[0] + 8 * x[1]])


answer = call(descend_until, bowl_gradient, np.array([3.0, 3.0]), 0.1, 1e-3)
x, steps = check_tuple("descend_until(tilted bowl, [3, 3], 0.1, 0.001)", answer, 2)
check_values(
    "descend_until(tilted bowl, [3, 3], 0.1, 0.001), steps,",
    steps,
    42,
    "After 41 steps the gradient is 0.0011 long, after 42 it is 0.0009.",
    mistakes={
        "one more than the right one: look at the point after the step, not before": 43,
        "one less than the right one: the step that arrives counts, too": 41,
        "the number of steps until f, not the gradient, is below the tolerance": 22,
    },
)
check_values(
    "descend_until(tilted bowl, [3, 3], 0.1, 0.001), point,",
    x,
    [0.000484183426, -0.0000785721535],
    tolerance=1e-8,
    mistakes={"the point before the last step": [0.000593199, -0.0000962626]},
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
answer = call(descend_until, bowl_gradient, np.array([3.0, 3.0]), 0.25, 1e-3, 7)
x, steps = check_tuple("descend_until that never settles", answer, 2)
check_values("descend_until that never settles, steps,", steps, 7, "After `most` steps it must end.")
answer = call(descend_until, bowl_gradient, np.zeros(2), 0.1, 1e-3)
x, steps = check_tuple("descend_until from the minimum", answer, 2)
check_values(
    "descend_until from the minimum, steps,",
    steps,
    1,
    "At least one step is taken: look after the step.",
    mistakes={"0: the test comes after the first step, not before it": 0},
)
answer = call(descend_until, lambda x: 2 * x, np.array([1, 0]), 0.25, 0.3)
x, steps = check_tuple("descend_until from whole numbers", answer, 2)
check_values("descend_until from whole numbers, point,", x, [0.125, 0.0])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. How large may a step be? (4 points)
#
# Near a minimum every smooth function looks like a bowl $\frac12x^THx$ with a positive definite
# Hessian $H$, which curves least with $\lambda_{\min}$ and most with $\lambda_{\max}$. The steepest
# direction sets the limit: with steps at or beyond it the walk does not arrive.
#
# {formula:limit-step}
#
# And one fixed step is the best of all, a compromise between the steepest direction, which wants
# short steps, and the flattest, which wants long ones:
#
# {formula:best-step}


# %% solution="limit-step"
def limit_step(H):
    """The step size at which descent on a bowl stops converging.

    Parameters
    ----------
    H : array (n, n), symmetric, all eigenvalues positive

    Returns
    -------
    float

    Examples
    --------
    >>> float(limit_step(np.array([[1.0, 0.0], [0.0, 4.0]])))
    0.5
    """
    # Hint: np.linalg.eigvalsh once more.
    ### BEGIN SOLUTION
    return 2.0 / np.linalg.eigvalsh(H)[-1]
    ### END SOLUTION


def best_step(H):
    """The fixed step size with which descent on a bowl arrives soonest: float.

    Examples
    --------
    >>> float(best_step(np.array([[1.0, 0.0], [0.0, 4.0]])))
    0.4
    """
    # Hint: of three or more eigenvalues only two matter.
    ### BEGIN SOLUTION
    curvatures = np.linalg.eigvalsh(H)
    return 2.0 / (curvatures[0] + curvatures[-1])
    ### END SOLUTION


# %% test="test-limit-step" points=2
check_values(
    "limit_step of the tilted bowl, [[2, 1], [1, 8]],",
    call(limit_step, np.array([[2.0, 1.0], [1.0, 8.0]])),
    0.24502964531,
    "It is 2 divided by the largest eigenvalue.",
    mistakes={
        "half the right one: with 1 / lambda_max the steepest direction arrives at once": 0.12251482266,
        "2 / lambda_min: the steepest direction sets the limit": 1.08830368802,
        "2 divided by the largest entry: the largest eigenvalue is not on the diagonal": 0.25,
        "the largest eigenvalue itself": 8.16227766017,
        "the best step": 0.2,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("limit-step").normal(size=(5, 5)))[0]
H = axes @ np.diag([0.5, 1.0, 2.0, 3.0, 8.0]) @ axes.T
check_values("limit_step for the curvatures 0.5, 1, 2, 3, 8", call(limit_step, H), 0.25)
check_values("limit_step([[4]])", call(limit_step, np.array([[4]])), 0.5)
check_keeps_input("limit_step", limit_step, H)
### END HIDDEN TESTS

# %% test="test-best-step" points=2
check_values(
    "best_step for the curvatures 1, 3, 9",
    call(best_step, np.diag([1.0, 3.0, 9.0])),
    0.2,
    "It is 2 divided by the sum of the smallest and the largest eigenvalue.",
    mistakes={
        "2 divided by the trace: only the smallest and the largest eigenvalue count": 2.0 / 13.0,
        "the limit step": 2.0 / 9.0,
        "half the right one: there is a 2 above": 0.1,
        "1 / lambda_max": 1.0 / 9.0,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("best-step").normal(size=(4, 4)))[0]
H = axes @ np.diag([0.5, 1.0, 2.0, 7.5]) @ axes.T
check_values("best_step for the curvatures 0.5, 1, 2, 7.5", call(best_step, H), 0.25)
check_values("best_step([[4]])", call(best_step, np.array([[4.0]])), 0.25)
check_keeps_input("best_step", best_step, H)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. How fast does it arrive? (3 points)
#
# On the same bowl every step brings the walk closer by a factor at least, the *contraction factor*:
#
# {formula:contraction}
#
# Below 1 the walk arrives, above 1 it does not. The smaller, the faster: after $m$ steps the distance
# has shrunk at least by the $m$-th power.


# %% solution="contraction"
def contraction(H, eta):
    """The largest factor by which a step of descent multiplies the distance to the minimum.

    Parameters
    ----------
    H : array (n, n), symmetric, all eigenvalues positive
    eta : float
        The step size.

    Returns
    -------
    float

    Examples
    --------
    >>> float(contraction(np.array([[1.0, 0.0], [0.0, 4.0]]), 0.25))
    0.75
    """
    # Hint: one number for each eigenvalue, then their magnitudes, then the largest.
    ### BEGIN SOLUTION
    return np.abs(1.0 - eta * np.linalg.eigvalsh(H)).max()
    ### END SOLUTION


def steps_needed(H, eta, part):
    """How many steps are certainly enough to shrink the distance to a part of what it was.

    Parameters
    ----------
    H : array (n, n), symmetric, all eigenvalues positive
    eta : float
        A step size that converges.
    part : float
        Between 0 and 1, such as 0.01.

    Returns
    -------
    int
        The least m for which the m-th power of the contraction factor is at most `part`.

    Examples
    --------
    >>> steps_needed(np.array([[1.0, 0.0], [0.0, 4.0]]), 0.25, 0.5)
    3
    """
    # Hint: take logarithms of factor^m <= part; both are negative. math.ceil or np.ceil rounds up.
    ### BEGIN SOLUTION
    return int(np.ceil(np.log(part) / np.log(contraction(H, eta))))
    ### END SOLUTION


# %% test="test-contraction" points=2
H = np.array([[2.0, 1.0], [1.0, 8.0]])
check_values(
    "contraction(tilted bowl, 0.24)",
    call(contraction, H, 0.24),
    0.95894663844,
    "The largest magnitude of 1 - eta lambda, over the eigenvalues.",
    mistakes={
        "the factor of the flattest direction, without magnitudes: -0.96 is larger than 0.56": 0.55894663844,
        "1 - eta lambda of the steepest direction, without its magnitude": -0.95894663844,
    },
)
check_values(
    "contraction(tilted bowl, 0.1)",
    call(contraction, H, 0.1),
    0.81622776602,
    "Here the flattest direction is the slowest.",
    mistakes={"the factor of the steepest direction: here the flattest is slower": 0.18377223398},
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
axes = np.linalg.qr(hidden_rng("contraction").normal(size=(3, 3)))[0]
H = axes @ np.diag([1.0, 2.0, 3.0]) @ axes.T
check_values("contraction for the curvatures 1, 2, 3, eta 0.5", call(contraction, H, 0.5), 0.5)
check_values(
    "contraction beyond the limit", call(contraction, H, 1.0), 2.0, "Beyond the limit it is above 1."
)
check_keeps_input("contraction", contraction, H, 0.5)
### END HIDDEN TESTS

# %% test="test-steps-needed" points=1
check_values(
    "steps_needed(tilted bowl, 0.1, 0.01)",
    call(steps_needed, np.array([[2.0, 1.0], [1.0, 8.0]]), 0.1, 0.01),
    23,
    "0.8162 to the power 22 is 0.0115, to the power 23 it is 0.0094.",
    mistakes={"the right one rounded down: 22 steps are not quite enough": 22},
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_values("steps_needed for curvature 1, eta 0.4", call(steps_needed, np.eye(3), 0.4, 0.05), 6)
check_values("steps_needed for a part of 0.9", call(steps_needed, np.diag([1.0, 4.0]), 0.25, 0.9), 1)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 12. Why the limit is what it is (written, 5 points)
#
# Take the bowl $f(x)=\frac12x^THx$, where $H$ is symmetric and all its eigenvalues $\lambda_i$ are
# positive. Its minimum is at 0. Write the start as a sum along the eigenvectors $v_i$ (of length 1),
# $x^{(0)}=\sum_ie_i^{(0)}v_i$.
#
# 1. Show what one step of descent with step size $\eta$ does to each $e_i$, and what $m$ steps do.
# 2. For which $\eta$ do all $e_i$ go to 0, whatever the start? What happens exactly at the limit?
# 3. The tilted bowl has $H=\begin{bmatrix}2&1\\1&8\end{bmatrix}$, $\lambda_{\max}=8.16228$ with the
#    eigenvector $(0.16018, 0.98709)$. Compute where fifty steps with $\eta=0.25$ lead from $(3,3)$, by
#    hand or with a pocket calculator, and say why one eigenvector is enough.
#
# Half a page is plenty. Formulas may be typed between dollar signs or in plain text.

# %% [markdown] written="why-the-limit" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. The gradient is $Hx=\sum_i\lambda_ie_iv_i$, because $Hv_i=\lambda_iv_i$. So
#    $x-\eta Hx=\sum_i(1-\eta\lambda_i)e_iv_i$: a step multiplies $e_i$ by $1-\eta\lambda_i$ and leaves
#    the directions to themselves. After $m$ steps $e_i^{(m)}=(1-\eta\lambda_i)^me_i^{(0)}$.
# 2. All go to 0 if and only if $|1-\eta\lambda_i|<1$ for every $i$, that is $0<\eta\lambda_i<2$. The
#    largest eigenvalue gives the narrowest bound: $0<\eta<2/\lambda_{\max}$. Exactly at the limit the
#    factor of the steepest direction is $-1$: that part of the walk jumps to and fro between
#    $e$ and $-e$ for ever, while the others shrink.
# 3. $e_{\max}^{(0)}=3\cdot0.16018+3\cdot0.98709=3.4418$. The factor is
#    $1-0.25\cdot8.16228=-1.04057$, and its fiftieth power $7.304$ (positive, since 50 is even). So the
#    walk is at $3.4418\cdot7.304\cdot(0.16018,0.98709)=(4.03,24.8)$. The other direction has the
#    factor $1-0.25\cdot1.83772=0.54057$, whose fiftieth power is $4.5\cdot10^{-14}$: nothing is left.
#
# **Marking guide.** 1: one point for the gradient along the eigenvectors, one for the factor and its
# power. 2: one point for the bound with the largest eigenvalue as the reason, one for the jumping to
# and fro at the limit. 3: one point for the numbers *and* the reason why the other direction can be
# left out; a slip in the arithmetic costs nothing if the way is right. A bound quoted from the
# lecture without a derivation: 0 for the first point of 2.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells*, then look at the last line under each cell with
# checks. A cell that has not passed its visible checks earns nothing, and it does no harm to the
# others. You can now find your way down in fog. What is still missing is the slope under your boots
# when the landscape is the loss of a network: in problem set 2 you make the parts of which a network
# is built, each with its derivative.

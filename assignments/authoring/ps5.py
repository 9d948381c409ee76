# %% [markdown]
# # Problem set 5. Build your own differentiators
#
# In problem sets 3 and 4 you worked out the backward pass of a network by hand. Change one part of
# the network and that work starts again. Today you build machines that never have to be told a
# derivative of a whole function again: you write a function in ordinary Python, and they
# differentiate it. You build **three**, on three different ideas, and let them check each other.
#
# | machine | idea | problem |
# |---|---|---|
# | central differences | call the function at neighbouring points | 1-2 |
# | forward mode | numbers that carry their derivative along: *dual numbers* | 3-5 |
# | reverse mode | numbers that remember where they come from: a *graph*, walked back | 6-9 |
# | all three | one function, three answers; then the network of problem set 3 | 10-11 |
# | thinking about them | a poll, a written answer | 12-13 |
#
# The third machine is the heart of every library that trains networks today. Yours will have about
# eighty lines.
#
# There are 50 points: 45 from checks, 5 for the written answer. Plan for about two hours. The lecture
# that it stands on is *Four ways to differentiate*; the sum over paths is from *Chain rule as influence*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Most answers are one to five lines.
# * Today's numbers are single numbers, not arrays: the ideas are the same, and nothing distracts from
#   them. Only problem 2 has an array.
# * Each problem is followed by cells with checks. You see some of the checks; others, at other points,
#   run when your work is graded. The last line printed tells how many. A message says which call
#   went wrong, what it should give and what yours gives.
# * A derivative earns points in **two** ways. One cell compares it with central differences of **your
#   own** values, another with the reference. If only one of the two fails, you know where to look.
# * The button *Validate*, above, runs everything from the top and lists the visible checks that fail.
# * The machines share as little as possible, so a slip in one costs little in the others. Work from top
#   to bottom, and at the end choose *Kernel → Restart Kernel and Run All Cells* before you hand in.
# * Save, and `autograder check ps5` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows what
#   is left in the whole course.

# %% given="imports"
import math

import numpy as np

# %% [markdown]
# Write your name between the quotation marks if you like: the visible checks then draw numbers of your
# own. It changes nothing about your points.

# %% id="identity"
IDENTITY = ""

# %% given="variants" part="variants"

# %% [markdown]
# The next cell holds the tools of the checks. You may use them for your own experiments and need not
# read them.

# %% given="checks" part="checks"

# %% [markdown]
# The next cell holds a few more tools, for numbers that are not plain numbers.


# %% given="tools"
def is_number(u):
    """Whether u is a plain real number, such as 2, 0.5 or np.float64(0.5)."""
    return isinstance(u, (int, float, np.integer, np.floating)) and not isinstance(u, bool)


def parts_of(name, number):
    """Value and derivative of a dual number, after checking that it is one."""
    assert number is not None, f"{name} gives None. Is there a return in your method?"
    kind = type(number).__name__
    assert isinstance(number, Dual), f"{name} should be a Dual, yours is a {kind}."
    value = check_array(f"the value of {name}", number.value, ())
    return float(value), float(check_array(f"the derivative of {name}", number.derivative, ()))


def check_dual(name, number, value, derivative, mistakes=None, hint=""):
    """Check value and derivative of a dual number; `mistakes` are known wrong derivatives."""
    got = parts_of(name, number)
    check_values(f"the value of {name}", got[0], value)
    check_values(f"the derivative of {name}", got[1], derivative, hint, mistakes=mistakes)


def check_moves(name, slopes, differences, least=1e-3):
    """Check slopes at several points against differences: not zero, not all equal, and the same."""
    slopes = check_array(name, slopes, np.shape(differences))
    assert np.all(np.abs(slopes) > least), f"{name} is 0 at a point where the value moves."
    assert np.ptp(slopes) > least, f"{name} is the same at every point; it must depend on the point."
    hint = "The first number is the central difference of your own values: one of the two is wrong."
    check_values(name, slopes, differences, hint, tolerance=1e-6)


def check_carried(name, operation, points, h=1e-5):
    """Compare derivatives carried by your dual numbers with central differences of their values.

    `operation` takes two dual numbers; a point is (u, u', v, v').
    """
    carried, measured = [], []
    for u, du, v, dv in points:
        carried.append(parts_of(name, operation(Dual(u, du), Dual(v, dv)))[1])
        up = parts_of(name, operation(Dual(u + h * du), Dual(v + h * dv)))[0]
        down = parts_of(name, operation(Dual(u - h * du), Dual(v - h * dv)))[0]
        measured.append((up - down) / (2 * h))
    check_moves(f"the derivative of {name}", np.array(carried), measured)


def links_of(name, node):
    """Pairs (parent, local derivative) of a node, after checking that they are such pairs."""
    assert node is not None, f"{name} gives None. Is there a return in your method?"
    kind = type(node).__name__
    assert isinstance(node, Node), f"{name} should be a Node, yours is a {kind}."
    pairs = [tuple(pair) for pair in node.parents]
    for pair in pairs:
        right = len(pair) == 2 and isinstance(pair[0], Node)
        assert right, f"{name} should have parents that are pairs (Node, local derivative)."
        check_array(f"a local derivative of {name}", pair[1], ())
    return pairs


def along_paths(name, node, input_name):
    """Derivative of a node to a named input: products along each path, summed over all paths."""
    if node.name == input_name:
        return 1.0
    return sum(float(local) * along_paths(name, parent, input_name) for parent, local in links_of(name, node))


def check_links(name, operation, points, h=1e-5):
    """Compare local derivatives of your nodes with central differences of their values.

    `operation` takes two nodes; a point is (u, v). The second node may remain unused.
    """
    for place, which in enumerate("uv"):
        noted, measured = [], []
        for point in points:
            u, v = (Node(value, (), letter) for value, letter in zip(point, "uv", strict=True))
            noted.append(along_paths(name, operation(u, v), which))
            ends = []
            for step in (h, -h):
                moved = [value + step * (n == place) for n, value in enumerate(point)]
                node = operation(*map(Node, moved))
                links_of(name, node)
                ends.append(float(check_array(f"the value of {name}", node.value, ())))
            measured.append((ends[0] - ends[1]) / (2 * h))
        if place == 0 or np.any(measured):
            check_moves(f"the local derivative of {name} to {which}", np.array(noted), measured)


def check_node(name, node, value, locals_, mistakes=None, hint=""):
    """Check a node's value and its derivatives to named inputs, u first; `mistakes` are wrong ones."""
    links_of(name, node)
    check_values(f"the value of {name}", node.value, value)
    noted = [along_paths(name, node, letter) for letter in "uv"[: len(locals_)]]
    inputs = "u" if len(locals_) == 1 else "u and v"
    label = f"the local derivatives of {name} to {inputs}"
    check_values(label, np.array(noted), locals_, hint, mistakes=mistakes)


def make_graph(*rows):
    """Nodes by name, from rows (name, value, {parent's name: local derivative})."""
    nodes = {}
    for name, value, links in rows:
        nodes[name] = Node(value, [(nodes[parent], local) for parent, local in links.items()], name)
    return nodes


def check_order(name, order, nodes):
    """Check that a list of nodes is a topological order of all the named nodes."""
    assert isinstance(order, (list, tuple)), f"{name} should be a list, yours is a {type(order).__name__}."
    strangers = [type(node).__name__ for node in order if not isinstance(node, Node)]
    assert not strangers, f"{name} should hold Nodes only, yours also holds a {(strangers or [''])[0]}."
    names = [node.name for node in order]
    twice = sorted({n for n in names if names.count(n) > 1})
    assert not twice, f"{name} gives {names}: {', '.join(twice)} is there more than once."
    lost = sorted(set(nodes) - set(names))
    assert not lost, f"{name} gives {names}: {', '.join(lost)} is missing."
    for place, node in enumerate(order):
        for parent, _ in node.parents:
            assert names.index(parent.name) < place, (
                f"{name} gives {names}: {node.name} stands before its parent {parent.name}. "
                "Write a node down only after all of its parents."
            )


def derivatives_of(nodes):
    """The derivatives that a backward pass has left in nodes."""
    return np.array([float(check_array(f"the derivative of {n.name}", n.derivative, ())) for n in nodes])


def slant(x, z):
    """2x - z, made of what both classes can do from the beginning."""
    return x + x + (-z)


def check_slant(name, gradient, kind, x, z, h=1e-5):
    """Compare a gradient of `slant` with differences of its values on your numbers; kind: Dual or Node."""
    gradient = check_array(name, gradient, (2,))
    assert np.any(gradient != 0), f"{name} is 0 in both entries, but the function moves."
    ends = [[(x + h, z), (x - h, z)], [(x, z + h), (x, z - h)]]
    values = [[float(slant(kind(a), kind(b)).value) for a, b in pair] for pair in ends]
    wanted = [(up - down) / (2 * h) for up, down in values]
    hint = "The first number is the central difference of the function's values on your own numbers."
    check_values(name, gradient, wanted, hint, tolerance=1e-6)


# %% [markdown]
# ## Problem 1. Central differences (2 points)
#
# The first machine knows nothing about the function: it only calls it, a little to the right and a
# little to the left.
#
# {formula:central-difference}
#
# What this leaves out is of the order of $h^2$:
#
# {formula:central-difference-error}
#
# So for a cube, whose third derivative is 6, the result is too large by exactly $h^2$. The check below
# uses that, with a step that is much too big on purpose: with $h=0.1$, three ways of getting it
# slightly wrong cannot hide.


# %% solution="central-difference"
def central_difference(f, x, h=1e-5):
    """Derivative of f at x, by a central difference.

    Parameters
    ----------
    f : function of one number that gives a number
    x : number
    h : number
        Step, greater than 0.

    Returns
    -------
    float

    Examples
    --------
    >>> print(round(central_difference(lambda x: x**3, 1.0, h=0.1), 6))
    3.01
    """
    # Hint: how far are the two points apart?
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% test="test-central-difference" points=2
check_values(
    "central_difference of x^3 at 1 with h = 0.1",
    call(central_difference, lambda x: x**3, 1.0, 0.1),
    3.01,
    mistakes={
        "the forward difference (f(x + h) - f(x))/h; go to both sides": 3.31,
        "the backward difference (f(x) - f(x - h))/h; go to both sides": 2.71,
        "the right one without the 2: the two points are 2h apart": 6.02,
        "the difference divided by 2 and then multiplied by h; write / (2 * h)": 3.01 * 0.01,
        "the right one with the wrong sign: the point on the right comes first": -3.01,
        "the result of another h than the one that is given": 3.0,
    },
)
check_values("central_difference of sin at 1", call(central_difference, math.sin, 1.0), math.cos(1.0))
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
x, a = hidden_rng("ps5 central").uniform(0.5, 1.5, size=2)
check_values(
    "central_difference of a x^3 with h = 0.2",
    call(central_difference, lambda x: a * x**3, x, 0.2),
    a * (3 * x**2 + 0.2**2),
    "Use the h that is given.",
)
check_values(
    "central_difference of exp at a whole number", call(central_difference, math.exp, 2), math.exp(2)
)
check_values("central_difference of a constant", call(central_difference, lambda x: 4.0, 0.7), 0.0)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. The gradient by central differences (3 points)
#
# For a function of many numbers each partial derivative takes two calls of its own: move **one** entry
# by $h$ and by $-h$, and leave all the others alone.
#
# {formula:parameter-difference}
#
# This is the check that you have met in every problem set. It is slow, and it trusts nobody, which is
# why it is the last word in so many arguments.


# %% solution="numerical-gradient"
def numerical_gradient(f, x, h=1e-5):
    """Gradient of f at x, by central differences.

    Parameters
    ----------
    f : function of an array that gives a number
    x : array of any shape
    h : number
        Step, greater than 0.

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> numerical_gradient(lambda x: x[0] * x[1], np.array([2.0, 5.0])).round(6)
    array([5., 2.])
    """
    # Hint: for place in np.ndindex(x.shape) gives every place of an array of any shape.
    ### BEGIN SOLUTION
    gradient = np.zeros(np.shape(x))
    for place in np.ndindex(gradient.shape):
        step = np.zeros(gradient.shape)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
    ### END SOLUTION


# %% test="test-numerical-gradient" points=3
x = np.array([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3]])
s, h = x.sum(), 0.1
right = 3 * s**2 + h**2
check_values(
    "numerical_gradient of (sum of x)^3, x of 2 x 3, with h = 0.1",
    call(numerical_gradient, lambda x: x.sum() ** 3, x, h),
    np.full((2, 3), right),
    mistakes={
        "the forward difference; go to both sides": np.full((2, 3), 3 * s**2 + 3 * s * h + h**2),
        "the right one without the 2: the two points are 2h apart": np.full((2, 3), 2 * right),
        "the result of moving all entries at once; move one and leave the others alone": np.full(
            (2, 3), 6 * (3 * s**2 + 36 * h**2)
        ),
        "the result of not putting an entry back before the next one is moved: it stays at x - h": (
            3 * (s - h * np.arange(6)) ** 2 + h**2
        ).reshape(2, 3),
        "the result of not putting an entry back before the next one is moved: it stays at x + h": (
            3 * (s + h * np.arange(6)) ** 2 + h**2
        ).reshape(2, 3),
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
x = hidden_rng("ps5 gradient").uniform(0.5, 1.5, size=(2, 2, 2))
check_values(
    "numerical_gradient of the product of 2 x 2 x 2 entries",
    call(numerical_gradient, lambda x: float(np.prod(x)), x),
    np.prod(x) / x,
    "Works for arrays of any shape: np.ndindex.",
)
check_values(
    "numerical_gradient of weighted squares of 4 entries",
    call(numerical_gradient, lambda x: float((x**2 * np.arange(4)).sum()), np.array([1.0, -2.0, 0.5, 3.0])),
    [0.0, -4.0, 2.0, 18.0],
)
points = []
call(numerical_gradient, lambda x: points.append(np.array(x)) or 0.0, np.array([1.0, 2.0]), 0.5)
check_values(
    "the points at which numerical_gradient([1, 2], h = 0.5) calls f, sorted,",
    np.array(sorted(map(tuple, {tuple(point) for point in np.round(points, 9)}))),
    [[0.5, 2.0], [1.0, 1.5], [1.0, 2.5], [1.5, 2.0]],
    "Two calls for each entry; all other entries stay where they are.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. Dual numbers (7 points)
#
# The second machine carries the derivative along. A *dual number* $u+u'\epsilon$ has a value $u$ and a
# derivative $u'$, and calculates with the rule $\epsilon^2=0$. Multiply two of them out, and the term
# with $\epsilon^2$ disappears. What is left is the product rule:
#
# {formula:dual-product}
#
# The class below can already add and change signs; these methods show how the others work. Python
# calls `u.__mul__(v)` for `u * v`, and `v.__rmul__(3)` for `3 * v`, where a plain number stands on the
# left. A plain number is a constant, so its derivative is 0; `as_dual` says so.
#
# *On paper first:* what is the derivative of $u/v$? Of $3/v$? Of $u^n$, where $n$ is a plain number?
#
# The last method, `chain`, is the chain rule. It is for functions such as $\exp$, which you add in
# problem 4. Whoever calls it has computed $y=f(u)$ and the slope $f'(u)$; it adds what only $u$ knows:
#
# {formula:dual-chain-rule}


# %% solution="dual"
class Dual:
    """A value with its derivative.

    Examples
    --------
    >>> Dual(2.0, 1.0) + 3
    Dual(value=5.0, derivative=1.0)
    >>> 3 * Dual(2.0, 1.0) * Dual(5.0, 0.0)
    Dual(value=30.0, derivative=15.0)
    >>> 1 / Dual(2.0, 1.0) - 0.5
    Dual(value=0.0, derivative=-0.25)
    >>> Dual(2.0, 1.0) ** 3
    Dual(value=8.0, derivative=12.0)
    """

    def __init__(self, value, derivative=0.0):
        self.value = value
        self.derivative = derivative

    def __repr__(self):
        return f"Dual(value={self.value}, derivative={self.derivative})"

    def __add__(self, other):
        other = as_dual(other)
        return Dual(self.value + other.value, self.derivative + other.derivative)

    def __neg__(self):
        return Dual(-self.value, -self.derivative)

    def __sub__(self, other):
        """self - other"""
        # Hint: like __add__, or with the two methods that are there: self + (-other).
        ### BEGIN SOLUTION
        other = as_dual(other)
        return Dual(self.value - other.value, self.derivative - other.derivative)
        ### END SOLUTION

    def __mul__(self, other):
        """self * other"""
        # Hint: the product rule has two terms.
        ### BEGIN SOLUTION
        other = as_dual(other)
        return Dual(self.value * other.value, self.derivative * other.value + self.value * other.derivative)
        ### END SOLUTION

    def __truediv__(self, other):
        """self / other"""
        # Hint: which of the two terms has a minus, and what is squared?
        ### BEGIN SOLUTION
        other = as_dual(other)
        slope = (self.derivative * other.value - self.value * other.derivative) / other.value**2
        return Dual(self.value / other.value, slope)
        ### END SOLUTION

    def __pow__(self, n):
        """self ** n for a plain number n"""
        # Hint: the chain rule brings a factor that is easily forgotten.
        ### BEGIN SOLUTION
        return Dual(self.value**n, n * self.value ** (n - 1) * self.derivative)
        ### END SOLUTION

    def chain(self, value, slope):
        """The dual number of f(self), given value = f(self.value) and slope = f'(self.value)."""
        # Hint: the derivative of f(u) is f'(u) u'.
        ### BEGIN SOLUTION
        return Dual(value, slope * self.derivative)
        ### END SOLUTION

    # A plain number on the left. Python asks the right side only when the left does not know what to do.
    def __radd__(self, other):
        return as_dual(other) + self

    def __rsub__(self, other):
        return as_dual(other) - self

    def __rmul__(self, other):
        return as_dual(other) * self

    def __rtruediv__(self, other):
        return as_dual(other) / self


def as_dual(u):
    """u itself if it is a dual number; a plain number becomes a constant, with derivative 0."""
    return u if isinstance(u, Dual) else Dual(u, 0.0)


# %% test="test-dual-product-own" points=1
points = variant_rng("ps5 dual-product").uniform(0.5, 2.0, size=(3, 4))
check_carried("u * v - v", lambda u, v: u * v - v, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 dual-product").uniform(-2.0, -0.5, size=(3, 4))
check_carried("u - 3 * v * u", lambda u, v: u - 3 * v * u, points)
### END HIDDEN TESTS

# %% test="test-dual-product-reference" points=1
u, v = Dual(3.0, 0.5), Dual(4.0, 0.25)
check_dual("u - v for u = 3 + 0.5 eps and v = 4 + 0.25 eps", u - v, -1.0, 0.25)
check_dual(
    "u * v for u = 3 + 0.5 eps and v = 4 + 0.25 eps",
    u * v,
    12.0,
    2.75,
    {
        "u' v alone; the second term u v' of the product rule is missing": 2.0,
        "u v' alone; the first term u' v of the product rule is missing": 0.75,
        "the product of the derivatives; the product rule has two terms": 0.125,
        "u u' + v v'; each derivative goes with the value of the other factor": 2.5,
        "u' v - u v'; the product rule has a plus": 1.25,
    },
)
check_dual(
    "10 - v", 10 - v, 6.0, -0.25, {"the derivative of v - 10: mind which number stands on the left": 0.25}
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, da, b, db = hidden_rng("ps5 dual-product-reference").uniform(0.5, 2.0, size=4)
check_dual("u * v at another point", Dual(a, da) * Dual(b, db), a * b, da * b + a * db)
check_dual("3 * u - u * 2", 3 * Dual(a, da) - Dual(a, da) * 2, a, da, hint="Plain numbers on either side.")
check_dual("u * u", Dual(-a, da) * Dual(-a, da), a * a, -2 * a * da)
### END HIDDEN TESTS

# %% test="test-dual-quotient-own" points=1
points = variant_rng("ps5 dual-quotient").uniform(0.5, 2.0, size=(3, 4)) * [1, 1, 1, -1]
check_carried("u / v", lambda u, v: u / v, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 dual-quotient").uniform(0.5, 2.0, size=(3, 4))
check_carried("2 / v", lambda u, v: 2 / v, points)
### END HIDDEN TESTS

# %% test="test-dual-quotient-reference" points=1
u, v = Dual(3.0, 0.5), Dual(4.0, 0.25)
check_dual(
    "u / v for u = 3 + 0.5 eps and v = 4 + 0.25 eps",
    u / v,
    0.75,
    0.078125,
    {
        "the quotient rule with its two terms exchanged, so the sign is wrong": -0.078125,
        "the quotient rule with a plus between its terms": 0.171875,
        "the quotient rule without the square in its denominator": 0.3125,
        "u' / v', the quotient of the derivatives": 2.0,
        "u' / v alone; the denominator moves, too": 0.125,
        "the quotient rule divided by the square of the numerator": 1.25 / 9,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, da, b, db = hidden_rng("ps5 dual-quotient-reference").uniform(0.5, 2.0, size=4)
check_dual("u / v at another point", Dual(a, da) / Dual(b, db), a / b, da / b - a * db / b**2)
check_dual("5 / v", 5 / Dual(b, db), 5 / b, -5 * db / b**2, hint="A plain number on the left.")
check_dual("u / 5", Dual(a, da) / 5, a / 5, da / 5, hint="A plain number on the right.")
### END HIDDEN TESTS

# %% test="test-dual-power-own" points=1
points = variant_rng("ps5 dual-power").uniform(0.5, 2.0, size=(3, 4))
check_carried("u ** 3", lambda u, v: u**3, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 dual-power").uniform(0.5, 2.0, size=(3, 4))
check_carried("u ** -1.5", lambda u, v: u**-1.5, points)
### END HIDDEN TESTS

# %% test="test-dual-power-reference" points=1
check_dual(
    "u ** 3 for u = 2 + 0.5 eps",
    Dual(2.0, 0.5) ** 3,
    8.0,
    6.0,
    {
        "n u^(n-1) alone; the factor u' of the chain rule is missing": 12.0,
        "the right one without the factor n": 2.0,
        "the power of the derivative": 0.125,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, da = hidden_rng("ps5 dual-power-reference").uniform(0.5, 2.0, size=2)
check_dual("u ** 0.5", Dual(a, da) ** 0.5, a**0.5, 0.5 * a**-0.5 * da)
check_dual("u ** 2 for a negative u", Dual(-a, da) ** 2, a**2, -2 * a * da)
check_dual("u ** 1 at 0", Dual(0.0, da) ** 1, 0.0, da)
### END HIDDEN TESTS

# %% test="test-dual-chain" points=1
check_dual(
    "u.chain(7, 10) for u = 2 + 0.5 eps",
    Dual(2.0, 0.5).chain(7.0, 10.0),
    7.0,
    5.0,
    {
        "the slope alone; the factor u' of the chain rule is missing": 10.0,
        "slope times u; multiply by the derivative u', not by the value": 20.0,
        "slope plus u'; the chain rule multiplies": 10.5,
        "u' alone; the slope is missing": 0.5,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
a, da, y, slope = hidden_rng("ps5 dual-chain").uniform(0.5, 2.0, size=4)
check_dual("u.chain(y, slope) at another point", Dual(a, da).chain(y, slope), y, slope * da)
check_dual("chain of a constant", Dual(a).chain(y, slope), y, 0.0)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. Functions for every kind of number (3 points)
#
# Write $\exp$, $\log$, $\sin$, $\cos$ and the sigmoid so that they take a plain number (and give a plain
# number) or anything that has a `value` and a `chain`. Here is how, with the square as an example:
#
# ```python
# def square(u):
#     if is_number(u):
#         return u * u
#     return u.chain(square(u.value), 2 * u.value)
# ```
#
# Each function knows its own slope and nothing else. It need not know what kind of number it was
# given: when you build the third machine, these functions will work with it unchanged.


# %% solution="functions"
def exp(u):
    """e to the power u, for a plain number or anything with a value and a chain."""
    # Hint: which function is its own derivative?
    ### BEGIN SOLUTION
    if is_number(u):
        return math.exp(u)
    return u.chain(exp(u.value), exp(u.value))
    ### END SOLUTION


def log(u):
    """The natural logarithm.

    Examples
    --------
    >>> log(Dual(0.5, 1.0)).derivative
    2.0
    """
    # Hint: math.log is the natural logarithm.
    ### BEGIN SOLUTION
    if is_number(u):
        return math.log(u)
    return u.chain(log(u.value), 1 / u.value)
    ### END SOLUTION


def sin(u):
    """The sine.

    Examples
    --------
    >>> sin(Dual(0.0, 3.0))
    Dual(value=0.0, derivative=3.0)
    """
    # Hint: you may call cos, which stands below; Python looks it up when sin is called.
    ### BEGIN SOLUTION
    if is_number(u):
        return math.sin(u)
    return u.chain(sin(u.value), cos(u.value))
    ### END SOLUTION


def cos(u):
    """The cosine."""
    # Hint: just after 0 the cosine falls.
    ### BEGIN SOLUTION
    if is_number(u):
        return math.cos(u)
    return u.chain(cos(u.value), -sin(u.value))
    ### END SOLUTION


def sigmoid(u):
    """The logistic sigmoid.

    Examples
    --------
    >>> sigmoid(0.0)
    0.5
    >>> sigmoid(Dual(0.0, 1.0))
    Dual(value=0.5, derivative=0.25)
    """
    # Hint: you know its derivative from problem set 2. Arguments lie between -100 and 100 here.
    ### BEGIN SOLUTION
    if is_number(u):
        return 1 / (1 + math.exp(-u))
    y = sigmoid(u.value)
    return u.chain(y, y * (1 - y))
    ### END SOLUTION


# %% test="test-functions-own" points=1
points = variant_rng("ps5 functions").uniform(0.5, 1.4, size=(3, 4))
points[:, 1] = 1.0
check_carried("exp(u)", lambda u, v: exp(u), points)
check_carried("log(u)", lambda u, v: log(u), points)
check_carried("sin(u)", lambda u, v: sin(u), points)
check_carried("cos(u)", lambda u, v: cos(u), points)
check_carried("sigmoid(u)", lambda u, v: sigmoid(u), points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 functions").uniform(1.7, 3.0, size=(3, 4))
points[:, 1] = 1.0
check_carried("exp(u) + log(u) + sin(u) + cos(u)", lambda u, v: exp(u) + log(u) + sin(u) + cos(u), points)
### END HIDDEN TESTS

# %% test="test-functions-reference" points=2
x = 0.7
e, s, c, y = math.exp(x), math.sin(x), math.cos(x), 1 / (1 + math.exp(-x))
check_values("exp(0.7)", call(exp, x), e)
check_values(
    "log(0.7)",
    call(log, x),
    math.log(x),
    mistakes={"the logarithm to base 10; math.log is the natural one": math.log10(x)},
)
check_values("sin(0.7)", call(sin, x), s)
check_values("cos(0.7)", call(cos, x), c)
check_values("sigmoid(0.7)", call(sigmoid, x), y)
u = Dual(x, 1.0)
check_dual(
    "exp(0.7 + eps)",
    exp(u),
    e,
    e,
    {"u exp(u - 1), the rule for powers; exp is its own derivative": x * e / math.e},
)
check_dual(
    "log(0.7 + eps)",
    log(u),
    math.log(x),
    1 / x,
    {
        "the slope of the logarithm to base 10": 1 / (x * math.log(10)),
        "1/log u; the slope is 1/u": 1 / math.log(x),
        "-1/u^2, the slope of 1/u": -1 / x**2,
    },
)
check_dual("sin(0.7 + eps)", sin(u), s, c, {"minus the cosine; the sine rises at 0": -c})
check_dual("cos(0.7 + eps)", cos(u), c, -s, {"the sine without its minus; the cosine falls after 0": s})
check_dual(
    "sigmoid(0.7 + eps)",
    sigmoid(u),
    y,
    y * (1 - y),
    {
        "S alone; the factor 1 - S is missing": y,
        "u(1 - u); both factors are made of the sigmoid's value": x * (1 - x),
    },
)
visible_checks_passed(hidden=5)
### BEGIN HIDDEN TESTS
x = float(hidden_rng("ps5 functions-reference").uniform(1.5, 2.0))
check_values("log of a whole number", call(log, 2), math.log(2), "is_number(2) is true, too.")
check_values("exp of a NumPy number", call(exp, np.float64(0.5)), math.exp(0.5))
check_dual("cos at another point", cos(Dual(-x, 1.0)), math.cos(x), math.sin(x))
check_dual("sin at another point", sin(Dual(-x, 1.0)), -math.sin(x), math.cos(x))
y = 1 / (1 + math.exp(x))
check_dual("sigmoid at another point", sigmoid(Dual(-x, 1.0)), y, y * (1 - y))
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. Forward mode (3 points)
#
# One run with dual numbers gives the derivative in **one** direction: the one that the inputs were
# started with. To get the partial derivative to input $i$, start it with derivative 1 and all the
# others with 0. A function of $n$ numbers takes $n$ runs.
#
# The checks here use only sums and signs, so that they judge this function and not your products.


# %% solution="forward-gradient"
def forward_gradient(f, *point):
    """Gradient of f at a point, by forward mode.

    Parameters
    ----------
    f : function of n numbers that gives one number
        Made of operators and of the functions of problem 4.
    *point : n plain numbers

    Returns
    -------
    array (n,)
        The partial derivatives.

    Examples
    --------
    >>> forward_gradient(lambda x, z: x + x + z, 1.0, 5.0)
    array([2., 1.])
    """
    # Hint: as_dual(f(...)).derivative also works for a function that gives a plain number.
    ### BEGIN SOLUTION
    n = len(point)
    runs = [[Dual(value, float(i == j)) for j, value in enumerate(point)] for i in range(n)]
    return np.array([as_dual(f(*inputs)).derivative for inputs in runs], dtype=float)
    ### END SOLUTION


# %% test="test-forward-gradient-own" points=1
x, z = variant_rng("ps5 forward").uniform(0.5, 2.5, size=2)
check_slant("forward_gradient of 2x - z", call(forward_gradient, slant, x, z), Dual, x, z)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x, z = hidden_rng("ps5 forward").uniform(0.5, 2.5, size=2)
check_slant("forward_gradient of 2x - z", call(forward_gradient, slant, x, z), Dual, x, z)
### END HIDDEN TESTS

# %% test="test-forward-gradient-reference" points=2
check_values(
    "forward_gradient of x + x - y + z + z + z at (1, 2, 3)",
    call(forward_gradient, lambda x, y, z: x + x + (-y) + z + z + z, 1.0, 2.0, 3.0),
    [2.0, -1.0, 3.0],
    mistakes={
        "the sum of all partial derivatives in every entry: start one input with 1 in each run": [4.0] * 3,
        "the first partial derivative in every entry: start another input in each run": [2.0] * 3,
        "what comes out when no input is started with 1": [0.0] * 3,
        "the value of f; take the derivative of the result": [9.0] * 3,
        "each partial derivative times its input: start an input with 1, not with its value": [
            2.0,
            -2.0,
            9.0,
        ],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, b, c = hidden_rng("ps5 forward-reference").uniform(0.5, 2.0, size=3)
check_values(
    "forward_gradient of x + x + x - z, y unused,",
    call(forward_gradient, lambda x, y, z: x + x + x + (-z), a, b, c),
    [3.0, 0.0, -1.0],
)
check_values("forward_gradient of a constant", call(forward_gradient, lambda x, y: 4.0, a, b), [0.0, 0.0])
check_values("forward_gradient of x + x", call(forward_gradient, lambda x: x + x, 3), [2.0])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. A graph that remembers (7 points)
#
# The third machine calculates first and differentiates afterwards. A `Node` holds a value and
# remembers which nodes it was made from (its *parents*) together with the **local derivative** to each:
# how much the node moves when that parent alone moves. For $y=uv$ the parents are $u$, with local
# derivative $v$, and $v$, with local derivative $u$. Nothing is multiplied along the way yet: that is
# the work of problem 8.
#
# The class can add and change signs. Write the others. In `chain`, the parent is the node itself.


# %% solution="node"
class Node:
    """A value that remembers what it was made from.

    Examples
    --------
    >>> u, v = Node(2.0, name="u"), Node(5.0, name="v")
    >>> u + v
    Node(value=7.0, parents=[u: 1.0, v: 1.0])
    >>> u * v
    Node(value=10.0, parents=[u: 5.0, v: 2.0])
    """

    def __init__(self, value, parents=(), name=""):
        self.value = value
        self.parents = parents  # pairs (node, local derivative)
        self.name = name
        self.derivative = 0.0  # filled in by the backward pass

    def __repr__(self):
        parents = ", ".join(f"{parent.name or 'Node'}: {local}" for parent, local in self.parents)
        return f"Node(value={self.value}, parents=[{parents}])"

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __neg__(self):
        return Node(-self.value, [(self, -1.0)])

    def __sub__(self, other):
        """self - other"""
        # Hint: like __add__, with another local derivative; or self + (-other).
        ### BEGIN SOLUTION
        other = as_node(other)
        return Node(self.value - other.value, [(self, 1.0), (other, -1.0)])
        ### END SOLUTION

    def __mul__(self, other):
        """self * other"""
        # Hint: the local derivative to one factor is the other factor.
        ### BEGIN SOLUTION
        other = as_node(other)
        return Node(self.value * other.value, [(self, other.value), (other, self.value)])
        ### END SOLUTION

    def __truediv__(self, other):
        """self / other"""
        # Hint: hold one of the two still and differentiate to the other.
        ### BEGIN SOLUTION
        other = as_node(other)
        y = self.value / other.value
        return Node(y, [(self, 1 / other.value), (other, -y / other.value)])
        ### END SOLUTION

    def __pow__(self, n):
        """self ** n for a plain number n"""
        # Hint: n is no node and has no part in the list of parents.
        ### BEGIN SOLUTION
        return Node(self.value**n, [(self, n * self.value ** (n - 1))])
        ### END SOLUTION

    def chain(self, value, slope):
        """The node of f(self), given value = f(self.value) and slope = f'(self.value)."""
        # Hint: one parent.
        ### BEGIN SOLUTION
        return Node(value, [(self, slope)])
        ### END SOLUTION

    def __radd__(self, other):
        return as_node(other) + self

    def __rsub__(self, other):
        return as_node(other) - self

    def __rmul__(self, other):
        return as_node(other) * self

    def __rtruediv__(self, other):
        return as_node(other) / self


def as_node(u):
    """u itself if it is a node; a plain number becomes a node without parents."""
    return u if isinstance(u, Node) else Node(u)


# %% test="test-node-product-own" points=1
points = variant_rng("ps5 node-product").uniform(0.5, 2.0, size=(3, 2))
check_links("u * v - 2 * u", lambda u, v: u * v - 2 * u, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 node-product").uniform(-2.0, -0.5, size=(3, 2))
check_links("u * v * v - v", lambda u, v: u * v * v - v, points)
### END HIDDEN TESTS

# %% test="test-node-product-reference" points=1
u, v = Node(3.0, (), "u"), Node(4.0, (), "v")
check_node("u - v", u - v, -1.0, [1.0, -1.0], {"those of a sum; u - v falls when v grows": [1.0, 1.0]})
check_node(
    "u * v for u = 3 and v = 4",
    u * v,
    12.0,
    [4.0, 3.0],
    {
        "the right ones exchanged: the local derivative to one factor is the other factor": [3.0, 4.0],
        "those of a sum; those of a product are the other factors": [1.0, 1.0],
        "the right ones with the second left out: both factors are parents": [4.0, 0.0],
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, b = hidden_rng("ps5 node-product-reference").uniform(0.5, 2.0, size=2)
u, v = Node(a, (), "u"), Node(b, (), "v")
check_node("u * v at another point", u * v, a * b, [b, a])
check_node("u * u", u * u, a * a, [2 * a], hint="The same node may be a parent twice.")
check_node("3 * u - u * 2 - 1", 3 * u - u * 2 - 1, a - 1, [1.0], hint="Plain numbers on either side.")
### END HIDDEN TESTS

# %% test="test-node-quotient-own" points=1
points = variant_rng("ps5 node-quotient").uniform(0.5, 2.0, size=(3, 2))
check_links("u / v", lambda u, v: u / v, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 node-quotient").uniform(-2.0, -0.5, size=(3, 2))
check_links("2 / u", lambda u, v: 2 / u, points)
### END HIDDEN TESTS

# %% test="test-node-quotient-reference" points=1
u, v = Node(3.0, (), "u"), Node(4.0, (), "v")
check_node(
    "u / v for u = 3 and v = 4",
    u / v,
    0.75,
    [0.25, -0.1875],
    {
        "the right ones but for the sign of the second: u / v falls when v grows": [0.25, 0.1875],
        "1/v and -u/v; the second one has v squared": [0.25, -0.75],
        "1/v and -1/v^2; the numerator is missing in the second": [0.25, -0.0625],
        "the right ones exchanged": [-0.1875, 0.25],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
a, b = hidden_rng("ps5 node-quotient-reference").uniform(0.5, 2.0, size=2)
u, v = Node(a, (), "u"), Node(b, (), "v")
check_node("u / v at another point", u / v, a / b, [1 / b, -a / b**2])
check_node("5 / u", 5 / u, 5 / a, [-5 / a**2], hint="A plain number on the left.")
### END HIDDEN TESTS

# %% test="test-node-power-own" points=1
points = variant_rng("ps5 node-power").uniform(0.5, 2.0, size=(3, 2))
check_links("u ** 3", lambda u, v: u**3, points)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
points = hidden_rng("ps5 node-power").uniform(0.5, 2.0, size=(3, 2))
check_links("u ** -1.5", lambda u, v: u**-1.5, points)
### END HIDDEN TESTS

# %% test="test-node-power-reference" points=1
check_node(
    "u ** 3 for u = 2",
    Node(2.0, (), "u") ** 3,
    8.0,
    [12.0],
    {
        "the right one without the factor n": [4.0],
        "n u^n; the exponent is smaller by one": [24.0],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
a = hidden_rng("ps5 node-power-reference").uniform(0.5, 2.0)
check_node("u ** 0.5", Node(a, (), "u") ** 0.5, a**0.5, [0.5 * a**-0.5])
check_node("u ** 2 for a negative u", Node(-a, (), "u") ** 2, a**2, [-2 * a])
### END HIDDEN TESTS

# %% test="test-node-chain" points=1
check_node(
    "u.chain(7, 10) for u = 2",
    Node(2.0, (), "u").chain(7.0, 10.0),
    7.0,
    [10.0],
    {
        "slope times value; the local derivative is the slope alone": [20.0],
        "what a node without parents gives; the node itself is the parent": [0.0],
        "the value; the local derivative is the slope": [7.0],
    },
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
y, slope = hidden_rng("ps5 node-chain").uniform(0.5, 2.0, size=2)
check_node("u.chain(y, slope) of a sum", (Node(1.0, (), "u") + 2).chain(y, slope), y, [slope])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. An order to visit the nodes in (4 points)
#
# The backward pass must not leave a node before everything that uses it has reported. So first put
# the nodes in a row: every node **after** its parents, each node **once**. That is a *topological
# order*; the backward pass will walk it in reverse.
#
# One way is to go from the result to the parents, and to write a node down only when all of its parents
# stand in the row already. Nodes are compared by identity, `a is b`, or by `id(a)`; two different nodes
# may well hold the same value.
#
# Three points are for graphs of any form. The fourth is for a **deep** one: Python gives up after about
# a thousand calls inside each other, and a sum of 5,000 terms is a chain of 5,000 nodes. A list of
# nodes that are still to be visited (a stack) does without calls inside each other.


# %% solution="topological-order"
def topological_order(node):
    """All nodes that a node depends on, and itself, every node after its parents.

    Parameters
    ----------
    node : Node

    Returns
    -------
    list of Node
        Each node once; the last one is `node`.

    Examples
    --------
    >>> t = Node(2.0, name="t")
    >>> u = Node(4.0, [(t, 4.0)], name="u")
    >>> y = Node(8.0, [(t, 4.0), (u, 2.0)], name="y")
    >>> [node.name for node in topological_order(y)]
    ['t', 'u', 'y']
    """
    # Hint: put pairs (node, are its parents done?) on the stack. Each node is put there twice.
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [(node, False)]
    while stack:
        current, parents_done = stack.pop()
        if parents_done:
            order.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            stack.append((current, True))
            stack.extend((parent, False) for parent, _ in current.parents)
    return order
    ### END SOLUTION


# %% test="test-topological-order" points=3
nodes = make_graph(
    ("t", 4.0, {}),
    ("u1", -0.8, {"t": -0.7}),
    ("u2", 12.0, {"t": 3.0}),
    ("u", 11.2, {"u1": 1.0, "u2": 1.0}),
    ("y", 0.2, {"u": 1.0}),
)
check_order("topological_order of t -> u1, u2 -> u -> y", call(topological_order, nodes["y"]), nodes)
nodes = make_graph(
    ("x", 1.0, {}),
    ("a", 1.0, {"x": 1.0}),
    ("b", 1.0, {"a": 1.0}),
    ("c", 1.0, {"b": 1.0, "x": 1.0}),
    ("y", 1.0, {"x": 1.0, "c": 1.0, "a": 1.0}),
)
check_order(
    "topological_order of a graph with a long way and short cuts", call(topological_order, nodes["y"]), nodes
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
rng = hidden_rng("ps5 order")
rows = [("n0", 0.0, {})]
for n in range(1, 12):
    chosen = {n - 1, *map(int, rng.integers(0, n, size=2))}
    rows.append((f"n{n}", 0.0, {f"n{k}": 1.0 for k in sorted(chosen, key=lambda k: rng.random())}))
nodes = make_graph(*rows)
check_order("topological_order of a random graph of 12 nodes", call(topological_order, nodes["n11"]), nodes)
alone = make_graph(("x", 1.0, {}))
check_order("topological_order of a node without parents", call(topological_order, alone["x"]), alone)
x = Node(3.0, (), "x")
square = Node(9.0, [(x, 3.0), (x, 3.0)], "square")
check_order("topological_order of x * x", call(topological_order, square), {"x": x, "square": square})
equal = make_graph(("x", 1.0, {}), ("z", 1.0, {}), ("y", 2.0, {"x": 1.0, "z": 1.0}))
check_order("topological_order of nodes with equal values", call(topological_order, equal["y"]), equal)
### END HIDDEN TESTS

# %% test="test-deep-graph" points=1
deep = Node(0.0, (), "0")
for n in range(1, 2001):
    deep = Node(float(n), [(deep, 1.0)], str(n))
row = call(topological_order, deep)
names = np.array([int(node.name) for node in row])
check_values("the names in the order of a chain of 2,001 nodes", names, np.arange(2001))
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
deep = Node(0.0, (), "0")
for n in range(1, 1501):
    deep = Node(float(n), [(deep, 1.0), (deep, 1.0)], str(n))
row = call(topological_order, deep)
check_values(
    "the number of nodes in the order of 1,501 doublings", len(row), 1501, "Visit each node only once."
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. The backward pass (4 points)
#
# Now walk back. The result has derivative 1 to itself. Every other node **collects** from all the nodes
# that use it:
#
# {formula:reverse-accumulation}
#
# Here $\dot u_j$ is the derivative of the result to node $j$, and $\partial u_i/\partial u_j$ is the local
# derivative that node $i$ has remembered. Walking in reverse, each node is complete when its turn comes,
# and it hands its share on to its parents.
#
# The same graph may be walked twice, so begin by setting every derivative to 0.


# %% solution="backward"
def backward(order):
    """Fill in the derivative of the last node to every node of the row.

    Parameters
    ----------
    order : list of Node
        In topological order: every node after its parents, the result last.

    Returns
    -------
    None
        The derivatives are left in ``node.derivative``.

    Examples
    --------
    >>> t = Node(2.0)
    >>> y = Node(4.0, [(t, 2.0), (t, 2.0)])
    >>> backward([t, y])
    >>> t.derivative
    4.0
    """
    # Hint: three steps: all to 0, the last to 1, then a loop over reversed(order).
    ### BEGIN SOLUTION
    for node in order:
        node.derivative = 0.0
    order[-1].derivative = 1.0
    for node in reversed(order):
        for parent, local in node.parents:
            parent.derivative += local * node.derivative
    ### END SOLUTION


# %% test="test-backward-chain" points=2
nodes = make_graph(("x", 3.0, {}), ("z", 4.0, {}), ("u", 12.0, {"x": 4.0, "z": 3.0}), ("y", 24.0, {"u": 2.0}))
row = list(nodes.values())
call(backward, row)
check_values(
    "the derivatives that backward leaves in x, z, u = x z, y = 2 u for x = 3, z = 4",
    derivatives_of(row),
    [8.0, 6.0, 2.0, 1.0],
    mistakes={
        "what comes out when the result starts with 0; its derivative to itself is 1": [0.0] * 4,
        "sums of local derivatives that are not multiplied by the node's own derivative": [
            4.0,
            3.0,
            2.0,
            1.0,
        ],
        "the result of walking from the wrong end: the last node comes first": [0.0, 0.0, 2.0, 1.0],
        "the result of handing on local times value; it is local times derivative": [48.0, 36.0, 48.0, 1.0],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
a, b, c = hidden_rng("ps5 backward").uniform(0.5, 2.0, size=3)
nodes = make_graph(("w", 1.0, {}), ("x", 1.0, {"w": a}), ("u", 1.0, {"x": b}), ("y", 1.0, {"u": c}))
call(backward, list(nodes.values()))
check_values(
    "the derivatives along a chain of four", derivatives_of(nodes.values()), [a * b * c, b * c, c, 1.0]
)
alone = make_graph(("x", 3.0, {}))
call(backward, list(alone.values()))
check_values("the derivative of a node to itself", derivatives_of(alone.values()), [1.0])
### END HIDDEN TESTS

# %% test="test-backward-shared" points=2
nodes = make_graph(
    ("t", 4.0, {}),
    ("u1", -0.8, {"t": 0.5}),
    ("u2", 12.0, {"t": 3.0}),
    ("u", 11.2, {"u1": 1.0, "u2": 1.0}),
    ("y", 0.2, {"u": -2.0, "t": 0.25}),
)
row = list(nodes.values())
call(backward, row)
first = derivatives_of(row)
check_values(
    "the derivatives that backward leaves in t, u1, u2, u, y (t is used three times)",
    first,
    [-6.75, -2.0, -2.0, -2.0, 1.0],
    mistakes={
        "the result of overwriting shares: a node that is used more than once must add them (+=)": [
            -1.0,
            -2.0,
            -2.0,
            -2.0,
            1.0,
        ],
        "sums of local derivatives that are not multiplied by the node's own derivative": [
            3.75,
            1.0,
            1.0,
            -2.0,
            1.0,
        ],
        "the result of walking from the wrong end: the last node comes first": [0.25, 0.0, 0.0, -2.0, 1.0],
    },
)
call(backward, row)
check_values(
    "the derivatives after walking the same graph again",
    derivatives_of(row),
    first,
    hint="Set every derivative to 0 before you begin: what the first walk left must not be added to.",
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
rng = hidden_rng("ps5 backward-shared")
rows = [("n0", 0.0, {})]
for n in range(1, 9):
    chosen = sorted({n - 1, *map(int, rng.integers(0, n, size=2))})
    rows.append((f"n{n}", 0.0, {f"n{k}": float(rng.uniform(0.5, 1.5)) for k in chosen}))
nodes = make_graph(*rows)
call(backward, list(nodes.values()))
wanted = [along_paths("the result", nodes["n8"], name) for name in nodes]
check_values("the derivatives in a random graph of 9 nodes", derivatives_of(nodes.values()), wanted)
x = Node(3.0, (), "x")
square = Node(9.0, [(x, 3.0), (x, 3.0)], "square")
call(backward, [x, square])
check_values("the derivatives in x * x at 3", derivatives_of([x, square]), [6.0, 1.0])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. Reverse mode (3 points)
#
# Put the third machine together. Make a node of each number of the point, let the function build its
# graph, put the nodes in order, walk back, and read the derivatives off the inputs. However many inputs
# there are, the function is called **once**.
#
# An input that the function does not use is not in the graph; its derivative is 0.


# %% solution="reverse-gradient"
def reverse_gradient(f, *point):
    """Gradient of f at a point, by reverse mode.

    Parameters
    ----------
    f : function of n numbers that gives one number
        Made of operators and of the functions of problem 4.
    *point : n plain numbers

    Returns
    -------
    array (n,)
        The partial derivatives.

    Examples
    --------
    >>> reverse_gradient(lambda x, z: x + x + z, 1.0, 5.0)
    array([2., 1.])
    """
    # Hint: as_node(f(...)) also works for a function that gives a plain number.
    ### BEGIN SOLUTION
    inputs = [Node(value) for value in point]
    backward(topological_order(as_node(f(*inputs))))
    return np.array([node.derivative for node in inputs])
    ### END SOLUTION


# %% test="test-reverse-gradient-own" points=1
x, z = variant_rng("ps5 reverse").uniform(0.5, 2.5, size=2)
check_slant("reverse_gradient of 2x - z", call(reverse_gradient, slant, x, z), Node, x, z)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
x, z = hidden_rng("ps5 reverse").uniform(0.5, 2.5, size=2)
check_slant("reverse_gradient of 2x - z", call(reverse_gradient, slant, x, z), Node, x, z)
### END HIDDEN TESTS

# %% test="test-reverse-gradient-reference" points=2
runs = []
check_values(
    "reverse_gradient of x + x - y + z + z + z at (1, 2, 3)",
    call(reverse_gradient, lambda x, y, z: runs.append(1) or x + x + (-y) + z + z + z, 1.0, 2.0, 3.0),
    [2.0, -1.0, 3.0],
    mistakes={
        "what comes out when nothing reaches the inputs: walk from the node that f gives": [0.0] * 3,
        "the values of the inputs; read their derivatives": [1.0, 2.0, 3.0],
        "the result of overwriting shares; backward must add them": [
            1.0,
            -1.0,
            1.0,
        ],
    },
)
check_values(
    "the number of times that reverse_gradient calls f",
    len(runs),
    1,
    "One call builds the graph, and one walk back gives all derivatives.",
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
a, b, c = hidden_rng("ps5 reverse-reference").uniform(0.5, 2.0, size=3)
check_values(
    "reverse_gradient of x + x + x - z, y unused,",
    call(reverse_gradient, lambda x, y, z: x + x + x + (-z), a, b, c),
    [3.0, 0.0, -1.0],
)
check_values("reverse_gradient of x alone", call(reverse_gradient, lambda x, y: x, a, b), [1.0, 0.0])
check_values("reverse_gradient of a constant", call(reverse_gradient, lambda x, y: 4.0, a, b), [0.0, 0.0])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. One function, three answers (3 points)
#
# Time to let the machines meet. Write this function once, with operators and **your** functions
# `exp`, `log` and `sin`, and all three must give the same derivatives:
#
# {formula:quiz}
#
# Two machines can hardly be wrong in the same way by accident, and three cannot.


# %% solution="quiz"
def quiz(x, z):
    """y = exp(xz) + xz/log x + sin(log x)/exp(xz), for x > 0 other than 1.

    Works for plain numbers, dual numbers and nodes.

    Examples
    --------
    >>> print(round(quiz(2.0, 3.0), 5))
    412.08655
    """
    # Hint: name what occurs more than once; the graph then has it only once, too.
    ### BEGIN SOLUTION
    product, logarithm = x * z, log(x)
    power = exp(product)
    return power + product / logarithm + sin(logarithm) / power
    ### END SOLUTION


# %% test="test-quiz-value" points=1
check_values("quiz(2, 3)", call(quiz, 2.0, 3.0), 412.0865475647, tolerance=1e-8)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
from mlpkit.differentiate.examples import quiz_function

x, z = (float(number) for number in hidden_rng("ps5 quiz").uniform(1.5, 2.0, size=2))
check_values("quiz at another point", call(quiz, x, z), quiz_function(x, z))
### END HIDDEN TESTS

# %% test="test-quiz-machines" points=2
x, z = (float(number) for number in variant_rng("ps5 quiz").uniform(1.5, 2.0, size=2))
measured = call(numerical_gradient, lambda point: quiz(float(point[0]), float(point[1])), np.array([x, z]))
carried = call(forward_gradient, quiz, x, z)
walked = call(reverse_gradient, quiz, x, z)
check_values(
    "forward_gradient of quiz",
    carried,
    measured,
    "Central differences disagree; the checks of the single rules tell more.",
    tolerance=1e-5,
)
check_values(
    "reverse_gradient of quiz",
    walked,
    measured,
    "Central differences disagree; the checks of the single rules tell more.",
    tolerance=1e-5,
)
check_values(
    "reverse_gradient of quiz",
    walked,
    carried,
    "Forward mode disagrees; the checks of the single rules tell more.",
    tolerance=1e-10,
)
wanted = [1208.36656055, 809.73980941]
check_values("forward_gradient of quiz at (2, 3)", call(forward_gradient, quiz, 2.0, 3.0), wanted)
check_values("reverse_gradient of quiz at (2, 3)", call(reverse_gradient, quiz, 2.0, 3.0), wanted)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
from mlpkit.differentiate import graph
from mlpkit.differentiate.examples import quiz_function

x, z = (float(number) for number in hidden_rng("ps5 quiz-machines").uniform(1.5, 2.0, size=2))
wanted = [float(slope) for slope in graph.gradient(quiz_function, x, z)]
check_values("forward_gradient of quiz at another point", call(forward_gradient, quiz, x, z), wanted)
check_values("reverse_gradient of quiz at another point", call(reverse_gradient, quiz, x, z), wanted)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. The network of problem set 3, without a backward pass (4 points)
#
# In problem set 3 you trained, by hand, a network with two inputs, two sigmoid hidden units and one
# sigmoid output. Write its **loss** alone, half the squared error for one instance, as a function of
# its nine weights. Your third machine supplies the derivatives: you need not derive a single one.
#
# With all weights 0.1, $x=(1,0)$ and $d=0.9$ these must be the numbers of the hand-run step: $-0.08597$
# for the bias of the output, $-0.002128$ for the biases of the hidden units.


# %% solution="network-loss"
def network_loss(w, x, d):
    """Half the squared error of a network with two inputs, two hidden units and one output.

    Parameters
    ----------
    w : list of 9 numbers (plain, dual or nodes)
        Hidden unit 1: bias, weight from input 1, from input 2; hidden unit 2: the same; output: bias,
        weight from hidden unit 1, from hidden unit 2.
    x : list of 2 plain numbers
        Inputs.
    d : plain number
        Target.

    Returns
    -------
    one number, of the kind of w

    Examples
    --------
    >>> print(round(network_loss([0.1] * 9, [1.0, 0.0], 0.9), 6))
    0.060448
    """
    # Hint: three neurons, each the sigmoid of a bias and two products.
    ### BEGIN SOLUTION
    y1 = sigmoid(w[0] + w[1] * x[0] + w[2] * x[1])
    y2 = sigmoid(w[3] + w[4] * x[0] + w[5] * x[1])
    y = sigmoid(w[6] + w[7] * y1 + w[8] * y2)
    return (y - d) ** 2 / 2
    ### END SOLUTION


# %% test="test-network-loss" points=2
unequal = [0.1, 0.2, -0.3, 0.4, -0.5, 0.6, -0.7, 0.8, 0.9]
check_values(
    "network_loss of nine weights 0.1, -0.2, ...",
    call(network_loss, unequal, [1.0, 0.5], 0.9),
    0.0591806759524,
    "Three sigmoids; the order of the weights is bias, first, second.",
    mistakes={"the squared error without the half": 2 * 0.0591806759524},
)
check_values(
    "the central difference of network_loss to the fourth weight",
    differences("network_loss", lambda w: network_loss(list(w), [1.0, 0.5], 0.9), np.array(unequal), ())[3],
    -0.0189198,
    "It is the bias of the second hidden unit.",
    tolerance=1e-6,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as reference_sigmoid

rng = hidden_rng("ps5 network")
w, x = [float(v) for v in rng.normal(size=9)], [float(v) for v in rng.normal(size=2)]
net = MLP(widths=(2, 2, 1), hidden=reference_sigmoid, output=reference_sigmoid)
params = {
    "W1": np.array([w[1:3], w[4:6]]),
    "b1": np.array([w[0], w[3]]),
    "W2": np.array([w[7:9]]),
    "b2": np.array([w[6]]),
}
check_values(
    "network_loss at other weights",
    call(network_loss, w, x, 0.2),
    net.loss(params, np.array([x]), np.array([[0.2]])),
)
### END HIDDEN TESTS

# %% test="test-network-gradient-own" points=1
w = [float(number) for number in variant_rng("ps5 network").uniform(0.2, 1.0, size=9)]
measured = differences("network_loss", lambda w: network_loss(list(w), [1.0, 0.5], 0.9), np.array(w), ())
walked = call(reverse_gradient, lambda *w: network_loss(list(w), [1.0, 0.5], 0.9), *w)
check_moves("reverse_gradient of network_loss", walked, measured, least=1e-5)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
w = [float(number) for number in hidden_rng("ps5 network-own").uniform(0.2, 1.0, size=9)]
measured = differences("network_loss", lambda w: network_loss(list(w), [0.5, -1.0], 0.1), np.array(w), ())
walked = call(reverse_gradient, lambda *w: network_loss(list(w), [0.5, -1.0], 0.1), *w)
check_moves("reverse_gradient of network_loss", walked, measured, least=1e-5)
### END HIDDEN TESTS

# %% test="test-network-gradient-reference" points=1
check_values(
    "reverse_gradient of the hand-run step",
    call(reverse_gradient, lambda *w: network_loss(list(w), [1.0, 0.0], 0.9), *[0.1] * 9),
    [-0.0021280, -0.0021280, 0.0, -0.0021280, -0.0021280, 0.0, -0.0859740, -0.0472714, -0.0472714],
    "Order: hidden unit 1 (bias, first, second), hidden unit 2, output.",
    tolerance=1e-6,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as reference_sigmoid

rng = hidden_rng("ps5 network-reference")
w, x = [float(v) for v in rng.normal(size=9)], [float(v) for v in rng.normal(size=2)]
net = MLP(widths=(2, 2, 1), hidden=reference_sigmoid, output=reference_sigmoid)
params = {
    "W1": np.array([w[1:3], w[4:6]]),
    "b1": np.array([w[0], w[3]]),
    "W2": np.array([w[7:9]]),
    "b2": np.array([w[6]]),
}
row = np.array([x])
g = net.backward(params, net.forward(params, row), np.array([[0.2]]))
check_values(
    "reverse_gradient of network_loss at other weights",
    call(reverse_gradient, lambda *w: network_loss(list(w), x, 0.2), *w),
    [g["b1"][0], *g["W1"][0], g["b1"][1], *g["W1"][1], g["b2"][0], *g["W2"][0]],
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 12. A poll (2 points)
#
# The machines as you built them: **A** central differences, **B** forward mode with dual numbers, **C**
# reverse mode on a graph. Each function returns a set of letters, such as `{"A", "C"}`.
#
# 1. A loss with **1,000 weights**. Which machines run the function at least 1,000 times for the gradient?
# 2. Which give the derivative exactly, up to rounding, whatever the function?
# 3. A curve in space: **one** number in, 1,000 numbers out. With which machine do you get all 1,000
#    derivatives in a single run of the function, without walking back 1,000 times?
# 4. Which must keep **all** intermediate values until the end?


# %% solution="poll"
def runs_once_per_weight():
    """Letters: machines that run a function of 1,000 weights at least 1,000 times."""
    # Hint: count the calls of f in your own code.
    ### BEGIN SOLUTION
    return {"A", "B"}
    ### END SOLUTION


def exact():
    """Letters: machines whose derivative is exact up to rounding."""
    # Hint: which of them has a step h?
    ### BEGIN SOLUTION
    return {"B", "C"}
    ### END SOLUTION


def best_for_a_curve():
    """Letters: machines that differentiate 1,000 results to one input in one run."""
    # Hint: what does a dual number carry through the whole calculation?
    ### BEGIN SOLUTION
    return {"B"}
    ### END SOLUTION


def keeps_everything():
    """Letters: machines that keep all intermediate values until the end."""
    # Hint: when may a number be forgotten?
    ### BEGIN SOLUTION
    return {"C"}
    ### END SOLUTION


# %% test="test-poll-cost" points=1
many = check_letters("runs_once_per_weight()", call(runs_once_per_weight), "ABC")
curve = check_letters("best_for_a_curve()", call(best_for_a_curve), "ABC")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("runs_once_per_weight()", many, "AB")
check_choice("best_for_a_curve()", curve, "B")
### END HIDDEN TESTS

# %% test="test-poll-nature" points=1
precise = check_letters("exact()", call(exact), "ABC")
keeping = check_letters("keeps_everything()", call(keeps_everything), "ABC")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("exact()", precise, "BC")
check_choice("keeps_everything()", keeping, "C")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 13. Why back, and why in this order? (written, 5 points)
#
# 1. A network has a million weights and one loss, and one run of it takes a second. About how long does
#    each of your machines take for one gradient? (A walk back costs about as much as a run.)
# 2. Somebody makes central differences "more exact" with $h=10^{-13}$. What goes wrong, and why is
#    $h=10^{-5}$ better than both $10^{-13}$ and $10^{-1}$?
# 3. In $y=\cos(\sin t+3t)$ the node $t$ is used twice. At $t=4$ the local derivatives are
#    $\partial y/\partial u=0.9695$, $\partial u_1/\partial t=-0.6536$ and $\partial u_2/\partial t=3$, with
#    $u=u_1+u_2$, $u_1=\sin t$, $u_2=3t$. Which two shares reach $t$, and what is $\dot t$? What would be left
#    there if shares were overwritten, and which rule of calculus is broken then?
#
# Half a page is plenty. Formulas may be typed between dollar signs or in plain text.

# %% [markdown] written="why-back" points=5
# <!-- ### BEGIN SOLUTION -->
# 1. Central differences run the network twice for each weight: two million seconds, more than three
#    weeks. Forward mode runs it once for each weight: a million seconds, about twelve days. Reverse mode
#    runs it once and walks back once: about two seconds, whatever the number of weights.
# 2. The difference of two nearly equal numbers loses its leading digits. Values of $f$ are rounded at
#    about the sixteenth digit, so the error from rounding is about $10^{-16}/h$: with $h=10^{-13}$ about
#    a thousandth, relative to values near 1. The error from truncation grows like $h^2$: with
#    $h=10^{-1}$ about a hundredth. At $h=10^{-5}$ both are about $10^{-10}$ or $10^{-11}$.
# 3. Through $u_1$: $0.9695\cdot(-0.6536)=-0.6337$. Through $u_2$: $0.9695\cdot3=2.9085$. Together
#    $\dot t=2.2748$. Overwriting leaves only the share that arrives last, one of the two numbers. The
#    distributed chain rule, a sum over all paths, is broken.
#
# **Marking guide.** 1: one point for the three orders of magnitude (twice a million runs, a million runs,
# a constant); the times may be rough. 2: one point for cancellation or rounding at small $h$, one for
# truncation at large $h$ (a picture of the two errors is as good as words). 3: one point for both shares
# and their sum, one for naming the sum over paths (or the distributed chain rule) and what is lost.
# "Reverse mode is faster" without a count: 0 for part 1.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells*, then look at the last line under each cell with checks. A
# cell that has not passed its visible checks earns nothing, and it does no harm to the others.
#
# You have built in miniature what large libraries are built on. In problem set 6 you will train with
# derivatives; from now on you know two ways of getting them, and a third that tells you when they lie.

# %% [markdown] id="title"
# # 10 · Special cases
#
# Lecture 09 made three assumptions without saying so:
#
# 1. **A unit minds its own business.** Its output depends on its own sum and on no other sum of the layer.
# 2. **Whatever comes in is added up**, each part times its weight.
# 3. **There is a slope** wherever we stand.
#
# Look at the networks that people use and you find all three broken: a softmax breaks the first, the gates of
# an LSTM the second, a ReLU the third. Does the algorithm break as well? No. Of its four steps a single one
# changes, and by the end of this lecture you will have seen why, and which.
#
# **You will be able to**
#
# * find the derivatives of a layer whose outputs depend on all its sums, and of the softmax by heart;
# * explain why softmax and cross-entropy together give nothing but $y-d$;
# * send derivatives back through products, powers and maxima;
# * say what a subgradient is, where there is one, and what a gradient check makes of a kink.
#
# **You need** the [backward pass](09-the-backward-pass.ipynb), [sums over paths](07-chain-rule-as-influence.ipynb), and the
# [softmax](03-activations.ipynb) with its [cross-entropy](04-divergences.ipynb). Take about 75 minutes.

# %% id="imports"
import numpy as np

from mlpkit import (
    MLP,
    LinearActivation,
    MaxGroups,
    Polynomial,
    PowerProducts,
    check_network,
    cross_entropy,
    identity,
    leaky_relu,
    numerical_gradient,
    pair_products,
    relu,
    sigmoid,
    softmax,
    threshold,
)
from mlpkit.diagrams import backward_story, influence_diagram
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_function
from mlpkit.plots import DIVERGING, Picture, figure, theme
from mlpkit.widgets import Poll, Stepper, subgradients

# %% [markdown] id="vector-question"
# ## What exactly is a vector activation?
#
# A function that takes *all* the sums of a layer and gives *all* its outputs at once, in such a way that an
# output may depend on any sum. A *scalar* activation is a function of one number that every unit applies to its
# own sum.
#
# You can tell them apart by experiment. Move one sum a little and look which outputs move:

# %% id="nudge-one-sum"
z = np.array([1.0, 2.0, 3.0])
nudge = np.array([0.01, 0.0, 0.0])
for f in (sigmoid, softmax):
    print(f"{f.name:>8}: moving the first sum by 0.01 moves the outputs by", (f(z + nudge) - f(z)).round(5))

assert np.count_nonzero(sigmoid(z + nudge) - sigmoid(z)) == 1
assert np.count_nonzero(softmax(z + nudge) - softmax(z)) == 3

# %% [markdown] id="diagrams-intro"
# As influence diagrams (lecture 07): in the first each sum influences one output, in the second each influences
# all.

# %% id="diagram-scalar"
influence_diagram([(f"z{n}", f"y{n}", "f′(z)") for n in (1, 2, 3)], title="A scalar activation")

# %% id="diagram-vector"
influence_diagram([(f"z{i}", f"y{j}") for i in (1, 2, 3) for j in (1, 2, 3)], title="A vector activation")

# %% [markdown] id="vector-rule"
# > **Think first.** You know $\dot y_1,\dot y_2,\dot y_3$. How many paths lead from $z_1$ to the divergence in
# > the first diagram, and how many in the second?
#
# One, and three. Multiply along each path and add over the paths, as ever:
#
# {formula:vector-activation-backward}
#
# This is the only thing that changes. The old rule is the special case in which all partial derivatives but one
# are zero,
#
# {formula:scalar-activation-as-vector}
#
# and then one term of the sum is left: slope times $\dot y$.
#
# The partial derivatives of all outputs to all sums make a table, the **Jacobian**: one row an output, one
# column a sum. Nobody said that there must be as many rows as columns. Here are three vector activations; the
# last two change the number of units. We measure each Jacobian by nudging one sum after the other.

# %% id="jacobians"


def measured_jacobian(f, z, h=1e-6):
    columns = [(f(z + h * unit) - f(z - h * unit)) / (2 * h) for unit in np.eye(len(z))]
    return np.column_stack(columns)


mixing = LinearActivation(((1, -2, 0.5), (0.3, 0.7, -1.1)))
length_and_product = Polynomial(
    coefficients=((1, 1, 1, 0), (0, 0, 0, 1)), exponents=((2, 0, 0, 1), (0, 2, 0, 1), (0, 0, 2, 1))
)
for f, words in (
    (softmax, "exponentials that sum to one"),
    (mixing, "two mixtures of three sums"),
    (length_and_product, "z1² + z2² + z3² and z1 z2 z3"),
):
    table = f.jacobian(z)
    assert np.allclose(table, measured_jacobian(f, z), rtol=0, atol=1e-7)
    print(f"{f.name}: {words}: {table.shape[1]} sums, {table.shape[0]} outputs")
    print(table.round(4), "\n")

# %% [markdown] id="jacobians-answer"
# The linear one's Jacobian is its matrix, at every $z$:
#
# {formula:linear-activation-jacobian}
#
# The polynomial's depends on where you are, and so does that of the softmax. (A layer that changes the number
# of units has $M_k$ sums and $D_k$ outputs. Its weights belong to the sums: $W_k$ has $M_k$ rows.)

# %% id="poll-vector" fold=true
Poll(
    "A layer has 4 sums and a vector activation with 2 outputs. To find $\\dot z_3$ one adds up",
    ["2 products.", "4 products.", "8 products.", "a single product: slope times $\\dot y_3$."],
    answer=0,
    reasons=[
        "One for each output that $z_3$ can influence: its partial derivative times the dot of the output.",
        "There are four sums, but $z_3$ acts on the divergence through the *outputs*, and there are two.",
        "That is the whole Jacobian. Only the column of $z_3$ counts.",
        "There is no third output. And even where there is: the other outputs listen to $z_3$ too.",
    ],
    name="Poll: a sum that influences two outputs",
)

# %% [markdown] id="softmax-derive"
# ## The softmax, derived
#
# {formula:softmax}
# The quotient rule will do it, but there is a way without quotients: take the logarithm first. With
# $s=\sum_i e^{z_i}$ we have $\log y_j=z_j-\log s$. Differentiate both sides to $z_i$:
#
# * on the left, $\frac{1}{y_j}\frac{\partial y_j}{\partial z_i}$;
# * on the right, the first term gives 1 if $i=j$ and else 0, which is what $\delta_{ij}$ says; the second gives
#   $\frac1s e^{z_i}$, and that is $y_i$.
#
# Multiply by $y_j$:
#
# {formula:softmax-jacobian}
#
# On the diagonal $y_j(1-y_j)$, as for the sigmoid; beside it $-y_jy_i$: **who rises takes it from the others.**
#
# ### Try it: the Jacobian of a softmax
#
# From the outputs `y`, shape (D,), return the table, shape (D, D). One line is enough (`np.diag`, `np.outer`).

# %% id="try-softmax"


def softmax_jacobian(y):
    """Entry [j, i] is the derivative of output j to sum i."""
    return None  # your line here


# %% id="try-softmax-check"
check_function(
    "softmax_jacobian",
    softmax_jacobian,
    [(softmax([1.0, 2.0, 3.0]),), (softmax([0.0, 0.0]),), (softmax([2.0, -1.0, 0.5, 0.5]),)],
    lambda y: measured_jacobian(softmax, np.log(y)),
    hint="y_j on the diagonal, minus y_j y_i everywhere (on the diagonal, too).",
)

# %% [markdown] id="try-softmax-note"
# (The check measures by nudges. It uses $z=\log y$: the softmax of that is $y$ again, as its exponentials sum
# to one already.) The solution is folded here:


# %% id="try-softmax-solution" fold=true
def softmax_jacobian_solution(y):
    return np.diag(y) - np.outer(y, y)


y = softmax(z)
assert np.allclose(softmax_jacobian_solution(y), softmax.jacobian(z), rtol=0, atol=1e-15)
print(softmax_jacobian_solution(y).round(4))

# %% [markdown] id="softmax-picture-intro"
# In the picture blue is positive and orange negative. Before you look: what must each column sum to? (The
# outputs sum to one, whatever you do to $z_i$.) And each row? (Adding the same to all $z$ changes nothing.)

# %% id="softmax-picture" fold=true
shown = np.array([0.0, 1.0, 2.0, 0.5])
parts, table = softmax(shown), softmax.jacobian(shown)
with theme():
    drawn, (bars, square) = figure(8.0, 3.4, columns=2)
    bars.bar(range(1, 5), parts)
    bars.set(xlabel="output j", ylabel="$y_j$", xticks=range(1, 5), title="Softmax of (0, 1, 2, 0.5)")
    square.imshow(table, cmap=DIVERGING, vmin=-0.26, vmax=0.26)
    for (j, i), value in np.ndenumerate(table):
        square.text(
            i,
            j,
            f"{value:.3f}",
            ha="center",
            va="center",
            fontsize=10,
            color="white" if abs(value) > 0.15 else "#1b1f24",
        )
    square.set(xlabel="sum i", ylabel="output j", xticks=range(4), yticks=range(4), title="Its Jacobian")
    square.set_xticklabels(range(1, 5))
    square.set_yticklabels(range(1, 5))
Picture(
    drawn,
    "Left: softmax outputs "
    + ", ".join(f"{part:.3f}" for part in parts)
    + ". Right: their Jacobian, symmetric, positive on the diagonal ("
    + ", ".join(f"{value:.3f}" for value in table.diagonal())
    + "), negative beside it; each row and column sums to 0.",
)

# %% id="softmax-sums"
print(
    "columns sum to",
    np.abs(table.sum(axis=0)).max().round(15),
    " rows to",
    np.abs(table.sum(axis=1)).max().round(15),
)
assert np.allclose(table, table.T, rtol=0, atol=1e-16) and np.allclose(
    table.sum(axis=0), 0, rtol=0, atol=1e-16
)

# %% [markdown] id="softmax-pull"
# For a thousand classes the table has a million entries. Nobody needs it: put the formula into the sum over
# paths, and what is left is
#
# {formula:softmax-backward}
#
# the dot of each output, less their mean weighted by $y$, times $y_i$. That is what the library computes:

# %% id="softmax-pull-code"
dy = np.array([0.5, -1.0, 0.2, 0.3])
through_table = softmax.jacobian(shown).T @ dy
without_table = parts * (dy - (parts * dy).sum())
assert np.allclose(through_table, without_table, rtol=0, atol=1e-15)
assert np.allclose(softmax.vjp(shown, dy), without_table, rtol=0, atol=1e-15)
print("ż =", without_table.round(5))

# %% [markdown] id="collapse"
# ## Softmax and cross-entropy: $y-d$
#
# > **Think first.** The cross-entropy has $\partial\mathrm{Div}/\partial y_j=-d_j/y_j$. Put that for $\dot y_j$
# > into the formula above. What cancels?
#
# The factor $y_j$ in the mean cancels against the $1/y_j$, so the mean is $-\sum_j d_j=-1$, because targets sum
# to one. The first term gives $y_i\cdot(-d_i/y_i)=-d_i$. What remains is
#
# {formula:softmax-cross-entropy}
#
# No exponential, no quotient, no Jacobian. This is not only beautiful. Watch the two ways when the network is
# very sure, and wrong:

# %% id="collapse-code"
d = np.array([0.0, 1.0, 0.0])
print(f"{'z':>18} {'in two steps':>30} {'y - d':>30}")
for sums in ([1.0, 2.0, 3.0], [400.0, 0.0, 0.0], [900.0, 0.0, 0.0]):
    y = softmax(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        dy = -d / y
        two_steps = y * (dy - (y * dy).sum())
    one_step = cross_entropy.fused_with(softmax).derivative(np.array(sums), d)
    assert np.array_equal(one_step, y - d)
    print(f"{sums!s:>18} {two_steps.round(4)!s:>30} {one_step.round(4)!s:>30}")

assert not np.isfinite(two_steps).all() and np.isfinite(one_step).all()

# %% [markdown] id="collapse-answer"
# In the last line $y_2$ is so small that it became 0, and 1/0 spoils everything, just when the network most
# needs to learn. The joint formula does not notice. That is why libraries offer "softmax with cross-entropy" as
# one piece, and why a backward pass should use it.
#
# Here is the tiny network of lecture 08 with a softmax on top. While you step, look at steps 4 and 5: a sum of
# layer 2 gets its dot, and **all** outputs are blue.

# %% id="softmax-stepper"
tiny = MLP(widths=(2, 2, 2), hidden=sigmoid, output=softmax, divergence=cross_entropy)
tiny_params = {
    "W1": np.array([[0.2, 0.1], [0.3, -0.4]]),
    "b1": np.array([0.1, -0.2]),
    "W2": np.array([[-0.2, -0.1], [0.1, -0.5]]),
    "b2": np.array([0.0, 0.0]),
}
assert check_network(tiny, tiny_params, np.array([0.4, 0.1]), np.array([1.0, 0.0]))
Stepper(
    backward_story(tiny, tiny_params, [0.4, 0.1], [1.0, 0.0]),
    index=3,
    label="Backward pass of the tiny network with softmax",
)

# %% [markdown] id="products-intro"
# ## Units that multiply
#
# The second assumption was that inputs are added. Some units multiply:
#
# {formula:multiplicative-unit}
#
# > **Think first.** $o=y_jy_l$ with $y_j=3$, $y_l=0.5$. If $y_j$ grows by a little, by how much does $o$ grow?
#
# By that little, times the *other* factor. So
#
# {formula:multiplicative-unit-backward}
#
# and the same for $y_l$ with the roles exchanged. **Each factor's derivative is the other factor.** Such units
# are everywhere:
#
# | where | what is multiplied |
# |---|---|
# | LSTM, GRU | a *gate*, an output between 0 and 1, times a memory: 0 forgets, 1 keeps |
# | attention | two computed vectors, component by component (their sum is the match of query and key); then weights times values |
# | mixtures of experts | how much a sub-network is asked, times what it says |
#
# Look at what a gate does on the way back:

# %% id="gate"
memory, above = 3.0, 1.0
print(" gate   output   derivative to memory   derivative to gate")
for gate in (1.0, 0.5, 0.0):
    to_gate, to_memory = pair_products.vjp([gate, memory], [above])
    print(f"{gate:5.1f} {gate * memory:8.2f} {to_memory:22.2f} {to_gate:20.2f}")
    assert (to_gate, to_memory) == (memory * above, gate * above)

# %% [markdown] id="gate-answer"
# A closed gate lets nothing through, forwards or backwards; but the gate *itself* still learns that opening
# would have mattered.
#
# A layer of products is a vector activation in disguise: take as many sums as you need factors, and let the
# activation multiply neighbours.
#
# {formula:pair-products}
#
# Twice as many sums as outputs. In the stepper the hidden layer multiplies. The first hidden sum has just got
# its dot: it is the dot of the product, times 0.1. *Where does the 0.1 stand in the picture?* (In the partner's
# cell.) Step on and find the partner's value in each of the other three.

# %% id="products-stepper"
multiplier = MLP(widths=(2, 2, 1), hidden=pair_products, output=identity)
multiplier_params = {
    "W1": np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, -1.0]]),
    "b1": np.array([0.0, 0.0, 0.5, 1.0]),
    "W2": np.array([[2.0, -1.0]]),
    "b2": np.array([0.0]),
}
assert check_network(multiplier, multiplier_params, np.array([0.4, 0.1]), np.array([1.0]))
Stepper(
    backward_story(multiplier, multiplier_params, [0.4, 0.1], [1.0]),
    index=8,
    label="Backward pass of a network that multiplies",
)

# %% [markdown] id="try-products-intro"
# ### Try it: back through products
#
# Given the sums `z`, shape (2D,), and the dots `dy` of the products, shape (D,), return the dots of the sums,
# shape (2D,).

# %% id="try-products"


def products_backward(z, dy):
    """Dots of z for y[0] = z[0] z[1], y[1] = z[2] z[3], ..."""
    return None  # your lines here


# %% id="try-products-check"


def products_measured(z, dy):
    return numerical_gradient(lambda sums: float(pair_products(sums) @ dy), z)


check_function(
    "products_backward",
    products_backward,
    [
        (np.array([3.0, 0.5]), np.array([1.0])),
        (np.array([1.0, 2.0, -1.0, 0.0]), np.array([0.5, 2.0])),
    ],
    products_measured,
    hint="The dot of z[0] is z[1] dy[0], that of z[1] is z[0] dy[0].",
)


# %% id="try-products-solution" fold=true
def products_backward_solution(z, dy):
    dz = np.empty_like(z)
    dz[0::2], dz[1::2] = z[1::2] * dy, z[0::2] * dy
    return dz


trial = np.array([1.0, 2.0, -1.0, 0.0]), np.array([0.5, 2.0])
assert np.allclose(products_backward_solution(*trial), products_measured(*trial), rtol=0, atol=1e-8)
print(products_backward_solution(*trial))

# %% [markdown] id="powers"
# ### Any number of factors, any power
#
# More generally an output may be a product of powers of all sums,
#
# {formula:power-products}
#
# and the derivative to one sum differentiates its own power and leaves the other factors alone:
#
# {formula:power-products-slope}
#
# > **Think first.** May $z$ be any number? Try $p=\frac12$ and a negative $z$.

# %% id="powers-code"
roots = PowerProducts(exponents=((0.5, 2.0), (1.0, -1.0)))  # y1 = sqrt(z1) z2,  y2 = z1² / z2
inside = np.array([1.5, 2.0])
assert np.allclose(roots.jacobian(inside), measured_jacobian(roots, inside), rtol=0, atol=1e-8)
print("y at (1.5, 2):", roots(inside).round(4))
print("Jacobian:\n", roots.jacobian(inside).round(4))
try:
    roots([-1.5, 2.0])
except ValueError as refusal:
    print("at (-1.5, 2):", refusal)

# %% [markdown] id="powers-domain"
# A power that is not whole needs a positive $z$; a negative power needs a $z$ that is not 0. The deck that
# gives the formula (*A*) states no condition. Its proof, and the way out: where all $z$ are positive a product
# of powers is a *sum* of logarithms with the exponents as weights,
#
# {formula:power-products-as-sums}

# %% id="powers-proof"
proof = erratum("a-powers-domain").proof()
assert proof.right_holds and not proof.printed_holds
print(proof.evidence)
assert np.allclose(roots(inside), np.exp(np.log(inside) @ np.array(roots.exponents)), rtol=1e-15)

# %% id="poll-products" fold=true
Poll(
    "$y=z_1z_2z_3$ at $z=(2,0,5)$. Which derivatives are not zero? (Several may be right.)",
    ["$\\partial y/\\partial z_1$", "$\\partial y/\\partial z_2$", "$\\partial y/\\partial z_3$"],
    answer=[1],
    reasons=[
        "It is the product of the others, $z_2z_3=0$.",
        "$z_1z_3=10$. The factor that is 0 is the only one that can change anything.",
        "It is $z_1z_2=0$.",
    ],
    name="Poll: a product with a factor of zero",
)

# %% [markdown] id="kinks"
# ## No slope: kinks
#
# The third assumption. A ReLU has slope 0 on the left and 1 on the right, and at $z=0$ the two disagree: there
# is no derivative. What shall $\dot z$ be?
#
# Ask for less. A tangent of a bowl-shaped function touches the graph and stays below it everywhere. At a kink
# many lines do. Each $v$ with
#
# {formula:subgradient}
#
# for **all** $x$ is called a **subgradient** of $f$ at $x_0$ (in one dimension: a subderivative). For the ReLU
# at 0 it reads
#
# {formula:relu-subgradient}
#
# and you can see which $g$ do it. Move the slope $g$ in the picture: *at which values does the line begin to
# cut the graph?* Then move the point $z$ away from 0 and try again. Then take $z^2$.

# %% id="subgradients"
subgradients()

# %% id="subgradients-code"
for f in (relu, leaky_relu):
    low, high = f.subgradient_interval([-1.0, 0.0, 1.0])
    print(f"{f.name:>10}: subderivatives at -1, 0, 1 from {low} to {high}")
print("     chosen:", relu.derivative([-1.0, 0.0, 1.0]))
assert relu.subgradient_interval(0.0) == (0.0, 1.0) and relu.derivative(0.0) == 1.0

# %% [markdown] id="subgradient-facts"
# So any number between 0 and 1 will do at the kink; this course takes 1. Where there *is* a derivative (and the
# function is bowl-shaped) it is the only subgradient: nothing is lost.
#
# ### Three things that are often said, and what is true
#
# *"There is always one."* For convex functions. Not at a jump, and not where a graph folds downwards, as $-|x|$
# does at 0: no line stays below it.

# %% id="no-subgradient"
print("threshold unit at 0:", threshold.subgradient_interval(0.0))
assert np.isnan(threshold.subgradient_interval(0.0)).all()
x = np.linspace(-1, 1, 201)
slopes = np.linspace(-5, 5, 101)
assert not any((g * x <= -np.abs(x)).all() for g in slopes)
print(
    "lines through 0 that stay below -|x|:",
    sum(bool((g * x <= -np.abs(x)).all()) for g in slopes),
    "of",
    len(slopes),
)

# %% [markdown] id="secants"
# There one takes what is at hand: the slope on one side, or the slope of a short **secant**. For the ReLU the
# symmetric secant says
#
# {formula:secant}
#
# that is ½, halfway between the two sides.
#
# *"A subgradient points where the function increases."* Not if it is zero, and at a minimum zero is one. *"Then
# against a subgradient it must decrease."* Not even that:


# %% id="not-downhill"
def steep_roof(point):
    return abs(point[0]) + 2 * abs(point[1])


point, v = np.array([1.0, 0.0]), np.array([1.0, 2.0])
others = np.random.default_rng(0).uniform(-3, 3, size=(2000, 2))
assert all(steep_roof(other) - steep_roof(point) >= v @ (other - point) - 1e-12 for other in others)
for step in (0.1, 0.01, 0.001):
    print(
        f"a step of {step} against the subgradient (1, 2): from {steep_roof(point)} to {steep_roof(point - step * v):.4f}"
    )
assert all(steep_roof(point - step * v) > steep_roof(point) for step in (0.1, 0.01, 0.001))

# %% [markdown] id="why-it-works"
# Still descent with subgradients works (with decreasing steps: a small enough one brings us *nearer to the
# minimum*, even where not lower). And in a network one hardly ever stands exactly on a kink. The proofs that
# the printed sentences fail:

# %% id="subgradient-proofs"
for name in ("a-subgradient-increase", "d-subgradient-direction", "d-subderivative-line"):
    proof = erratum(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}: {proof.evidence}\n")

# %% [markdown] id="check-at-kink"
# ### What does a gradient check say at a kink?
#
# > **Think first.** A ReLU unit with $z$ exactly 0. We say its slope is 1. What will the central difference
# > say?

# %% id="check-at-kink-code"
hinge_net = MLP(widths=(1, 1, 1), hidden=relu, output=identity)
on_kink = {"W1": np.array([[1.0]]), "b1": np.array([0.0]), "W2": np.array([[1.0]]), "b2": np.array([0.0])}
report = check_network(hinge_net, on_kink, np.array([0.0]), np.array([-1.0]))
assert report
report

# %% [markdown] id="check-at-kink-answer"
# Half of it: the secant again. Neither is wrong, they answer different questions. So a good check *excuses* an
# entry where a kink lies within its step, and says so, instead of calling it right or wrong. (If you must check
# by hand: move a little away from the kink.)
#
# ## The maximum
#
# {formula:max-unit}
#
# The largest alone has a say. Nudge it, and $y$ follows one to one; nudge another, and nothing happens:
#
# {formula:max-unit-slope}

# %% id="max"
largest = MaxGroups(((0, 1, 2),))
print("y =", largest([1.0, 2.0, 3.0]), "  derivatives:", largest.jacobian([1.0, 2.0, 3.0])[0])
assert np.array_equal(largest.jacobian([1.0, 2.0, 3.0]), [[0, 0, 1]])
assert np.allclose(measured_jacobian(largest, z), [[0, 0, 1]], rtol=0, atol=1e-9)
print("at a tie, (3, 3, 1):", largest.jacobian([3.0, 3.0, 1.0])[0])

# %% [markdown] id="max-tie"
# At a tie there is a kink, and every mixture of the winners' derivatives is a subgradient; we give it to the
# first. The ReLU is nothing else than a maximum, of $z$ and 0.

# %% id="poll-max" fold=true
Poll(
    "$y=\\max(z_1,z_2)$ with $\\dot y=-0.4$, at $z=(2,\\,1.999)$. Which are true? (Several may be.)",
    [
        "$\\dot z_1=-0.4$.",
        "$\\dot z_1$ and $\\dot z_2$ are both about $-0.2$.",
        "$\\dot z_2=0$.",
        "A nudge of $z_2$ by 0.01 can change $y$ all the same.",
    ],
    answer=[0, 2, 3],
    reasons=[
        "It is the largest: its derivative is 1, times the dot above.",
        "Being nearly as large counts for nothing. The winner takes it all.",
        "For small enough nudges nothing changes; and that is what a derivative speaks of.",
        "A nudge of 0.01 is not small enough here: it makes $z_2$ the winner. Near a kink derivatives are true of a very small neighbourhood only.",
    ],
    name="Poll: a close race",
)

# %% [markdown] id="groups"
# ### Many maxima: groups
#
# A convolutional network takes the maximum over small patches of a picture (*pooling*). Each output has its own
# group of inputs $S_j$:
#
# {formula:max-groups}
#
# {formula:max-groups-slope}
#
# Below, a picture of 4 × 4 in patches of 2 × 2. On the left the inputs; on the right, where the four dots of
# the outputs end up. *Each patch has exactly one winner.*

# %% id="pooling"
image = np.random.default_rng(2).permutation(16).reshape(4, 4).astype(float)
cells = np.arange(16).reshape(4, 4)
patches = tuple(tuple(int(n) for n in cells[r : r + 2, c : c + 2].ravel()) for r in (0, 2) for c in (0, 2))
pooling = MaxGroups(patches)
dots = np.array([0.4, -0.2, 0.1, -0.3])
back = pooling.vjp(image.ravel(), dots).reshape(4, 4)

assert np.array_equal(np.sort(back[back != 0]), np.sort(dots))
assert np.allclose(
    pooling.jacobian(image.ravel()), measured_jacobian(pooling, image.ravel()), rtol=0, atol=1e-8
)
print("outputs:", pooling(image.ravel()))

# %% id="pooling-picture" fold=true
with theme():
    drawn, (left, right) = figure(7.6, 3.8, columns=2)
    left.imshow(image, cmap="Blues", vmin=0, vmax=24)
    right.imshow(back, cmap=DIVERGING, vmin=-0.5, vmax=0.5)
    for (row, column), value in np.ndenumerate(image):
        won = back[row, column] != 0
        left.text(
            column,
            row,
            f"{value:g}",
            ha="center",
            va="center",
            fontweight="bold" if won else "normal",
            fontsize=13 if won else 10,
        )
        if won:
            right.text(column, row, f"{back[row, column]:g}", ha="center", va="center", fontweight="bold")
    for axes, title in ((left, "z, the winners in bold"), (right, "Where the dots go")):
        axes.set(xticks=[], yticks=[], title=title)
        axes.axhline(1.5, color="#1b1f24")
        axes.axvline(1.5, color="#1b1f24")
Picture(
    drawn,
    f"A 4 by 4 picture in four patches with the maxima {', '.join(f'{value:g}' for value in pooling(image.ravel()))}. Each maximum's place, and no other, receives the dot of its "
    f"output: {', '.join(f'{dot:g}' for dot in dots)}.",
)

# %% [markdown] id="groups-overlap"
# Groups may overlap. An input that wins twice has two paths, and they add up:

# %% id="overlap"
overlapping = MaxGroups(((0, 1), (1, 2)))
print("dots of z:", overlapping.vjp([1.0, 5.0, 2.0], [0.4, -0.1]).round(3))
assert np.allclose(overlapping.vjp([1.0, 5.0, 2.0], [0.4, -0.1]), [0.0, 0.3, 0.0], rtol=0, atol=1e-15)

# %% [markdown] id="argmax-erratum"
# The deck *A* writes the unit itself with "argmax". That is a *place*, not a value; it tells which derivative
# is 1:

# %% id="argmax-proof"
proof = erratum("a-max-argmax").proof()
assert proof.right_holds and not proof.printed_holds
print(proof.evidence)

# %% [markdown] id="one-line"
# ## The algorithm, with one line changed
#
# Here are the loops of lecture 09 once more, for one instance and any mix of layers. Instead of "slope times
# dot" stands the sum over the column of the Jacobian. In the first line of the loop, and nowhere else.

# %% id="algorithm"


def backward_any(net, params, trace, dy):
    """Gradients of all parameters; `dy` are the dots of the outputs."""
    grads = {}
    for k in range(net.depth, 0, -1):
        dz = net.activation(k).jacobian(trace.z[k]).T @ dy  # was: slope * dy
        grads[f"W{k}"] = np.outer(dz, trace.y[k - 1])
        grads[f"b{k}"] = dz
        dy = params[f"W{k}"].T @ dz
    return grads


mixed = MLP(
    widths=(3, 4, 3, 2, 3),
    hidden=(relu, pair_products, MaxGroups(2)),
    output=softmax,
    divergence=cross_entropy,
)
mixed_params = mixed.init(np.random.default_rng(10), scale=1.0)
instance, target = np.array([0.5, -1.0, 2.0]), np.array([0.0, 0.0, 1.0])
trace = mixed.forward(mixed_params, instance)
print("sums and outputs of each layer:", [(mixed.sums(k), mixed.widths[k]) for k in range(1, 5)])

grads = backward_any(mixed, mixed_params, trace, -target / trace.output)
report = check_network(mixed, mixed_params, instance, target, grads)
assert report
report

# %% [markdown] id="summary"
# A ReLU, a layer of products, a layer of maxima and a softmax in one network, and every derivative right.
#
# ## Summary
#
# | assumption | broken by | what to do |
# |---|---|---|
# | each output depends on its own sum | softmax, linear and polynomial activations | add over all outputs: $\dot z_i=\sum_j\frac{\partial y_j}{\partial z_i}\dot y_j$ |
# | inputs are added | products, powers, gates, attention | each factor's derivative is the product of the others; powers: mind the domain |
# | there is a slope | ReLU and relatives, maximum, max over groups | any subgradient; where there is none, a side or a secant |
#
# * The softmax Jacobian is $y_j(\delta_{ij}-y_i)$; its rows and columns sum to zero.
# * Softmax with cross-entropy: $\dot z=y-d$. Take both in one step, it is simpler *and* safer.
# * A maximum sends the whole dot to the winner.
# * A gradient check across a kink is excused, not passed.
#
# **Next:** [lecture 11](11-vector-form.ipynb) writes everything with matrices, where the Jacobian comes into
# its own. **Practise** with [problem set 4](../assignments/release/ps4/ps4.ipynb): softmax, products, maxima.
#
# ### Sources
#
# The three special cases are those of a lecture deck on optimisation and the full algorithms (*A*) and of its
# later edition (*D*), which ask for them in quizzes and leave the softmax Jacobian underived; a student's notes
# (*C*) ask what a vector activation is. Besides the errors proved above, *A* and *C* print the softmax once
# without an index on the left:

# %% id="softmax-index-proof"
proof = erratum("ac-softmax-index").proof()
assert proof.right_holds and not proof.printed_holds
print(proof.evidence)

# %% [markdown] id="title"
# # 07 · The chain rule as influence
#
# A weight deep inside a network is nudged. The nudge changes one sum, that changes one output, this changes all the sums of the
# next layer, and so on, until something arrives at the divergence. How much? There are thousands of ways for the change to travel.
# It is much easier than it sounds: **along a way influences multiply, and where ways meet they add up.** That is the chain rule,
# and drawn as a picture it is the whole theory behind backpropagation.
#
# **You will be able to**
#
# * draw what influences what, and write derivatives on the arrows;
# * compute a derivative as the sum over all paths of the products along them, and derive that from $\Delta y\approx\frac{dy}{dx}\Delta x$;
# * compute it without walking all the paths, node by node from the end, and say why this order is the right one;
# * follow a change through a small network with numbers.
#
# **You need** derivatives, partial derivatives, and the gradient as best linear factor (lecture 05). Take about 60 minutes.

# %% id="imports"
from textwrap import fill

import numpy as np
from scipy.optimize import brentq

from mlpkit import MLP, numerical_gradient, sigmoid
from mlpkit.diagrams import graph_story, influence_diagram, paths_story
from mlpkit.differentiate import Node, backward, cos, sin, topological_order
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.widgets import Poll, Stepper

# %% [markdown] id="one-arrow"
# ## One arrow
#
# You run a small café. A coffee costs $x$ euros; the dearer it is, the fewer customers come: $c=100-20x$ a day. The price *influences*
# the number of customers, and we draw an arrow. That is an **influence diagram**. On the arrow we write how strongly: the derivative
# $\frac{dc}{dx}=-20$, twenty customers fewer for each euro more. That makes it a **derivative diagram**.

# %% id="one-arrow-picture"
influence_diagram([("x", "c", -20.0)], title="Price x and customers c")

# %% [markdown] id="read-the-arrow"
# Read it like this: put a small change $\Delta x$ on the left, multiply by what stands on the arrow, and what arrives on the right is
# the change of $c$. That is nothing but the meaning of a derivative:
#
# {formula:influence}
#
# The sign is $\approx$ because it is meant for *small* changes; how small is a matter of how strongly the function is bent.
#
# ## Two arrows in a row
#
# The more customers, the longer they wait: $w=c^2/600$ minutes. So the price influences the customers, and these the waiting time. At
# $x=2$ we have $c=60$, and there $\frac{dw}{dc}=\frac{c}{300}=0.2$.
#
# > **Think first.** The price goes up by 10 cents. By about how much does the waiting time change?
#
# The change of the price arrives at $c$ multiplied by −20, and *this* change arrives at $w$ multiplied by 0.2:
#
# {formula:nested-influence}
#
# Compare with what a derivative from $x$ to $w$ would mean, and you have derived the chain rule. **Along a path, derivatives
# multiply:**
#
# {formula:nested-chain-rule}

# %% id="two-arrows"


def customers(x):
    return 100 - 20 * x


def waiting(c):
    return c**2 / 600


along = -20 * (customers(2.0) / 300)
print("product along the path:", along, "minutes per euro\n")
print("  Δx     true Δw    product · Δx")
for dx in (1.0, 0.1, 0.01):
    true = waiting(customers(2.0 + dx)) - waiting(customers(2.0))
    print(f"{dx:5}   {true:8.5f}   {along * dx:8.5f}")
influence_diagram([("x", "c", -20.0), ("c", "w", 0.2)], title="Price x, customers c, waiting time w")

# %% [markdown] id="where-taken"
# Look at where the second derivative was taken: at $c=60$, **at the value that arrives there**, and not at $x=2$. Mixing these up
# is the most frequent mistake with the chain rule. It is also the reason why one has to go *forward* through all the values first,
# before derivatives can be written on the arrows.
#
# ### Try it: a nested function
#
# Let $y=e^{-g}$ with $g=x^2$. Write the derivative $\frac{dy}{dx}$ as the product of two factors, each taken where it belongs.


# %% id="try-nested"
def my_slope(x):
    # y = exp(-g) with g = x ** 2
    dg_dx = None  # your line
    dy_dg = None  # your line
    return None if dg_dx is None or dy_dg is None else dy_dg * dg_dx


# %% id="check-nested" fold=true
check_function(
    "my_slope",
    my_slope,
    [(1.0,), (-0.5,), (2.0,)],
    lambda x: float(numerical_gradient(lambda v: float(np.exp(-(v**2))), np.array(x))),
    hint="dy/dg is taken at g, so it is made with np.exp(-g).",
)

# %% id="solution-nested" fold=true


# Solution
def nested_slope(x):
    g = x**2
    dg_dx = 2 * x
    dy_dg = -np.exp(-g)
    return dy_dg * dg_dx


assert np.isclose(nested_slope(1.0), numerical_gradient(lambda v: float(np.exp(-(v**2))), np.array(1.0)))

# %% id="poll-origin" fold=true
Poll(
    "Where does the chain rule come from?",
    [
        "From the meaning of the derivative, $\\Delta y \\approx \\frac{dy}{dx}\\Delta x$, applied once for each arrow.",
        "It is a rule of its own, which must be learnt beside the definition.",
        "From cancelling $dg$ in $\\frac{dy}{dg}\\frac{dg}{dx}$, as in a product of fractions.",
    ],
    answer=0,
    reasons=[
        "The change of $x$ becomes one of $g$, and this one a change of $y$; what multiplies $\\Delta x$ in the end is the derivative.",
        "Nothing has to be learnt for it: it follows in one line from what a derivative is.",
        "It helps the memory, but $dg$ is no number that could be cancelled. And with several paths this picture gives wrong results.",
    ],
    name="Poll: where the chain rule comes from",
)

# %% [markdown] id="several"
# ## Several arrows into one
#
# At each coffee you earn what is above its cost of one euro: the margin $m=x-1$. And the day's profit is $y=c\cdot m$. It depends on
# *two* quantities. If $c$ alone changes, $y$ answers with $\frac{\partial y}{\partial c}=m$ times it; if $m$ alone changes, with
# $\frac{\partial y}{\partial m}=c$ times it. If both change a little, the answers add up:
#
# {formula:influence-of-several}
#
# In the diagram two arrows meet in $y$: **a node adds up what arrives.**
#
# ## One influence on two ways
#
# But customers and margin are not independent: both come from the price. A higher price drives customers away *and* earns more from
# those who stay.
#
# > **Think first.** At $x=2$: $c=60$, $m=1$. Should you raise the price? Go through the diagram with a change of 10 cents before you
# > read on.

# %% id="profit-diagram"
x = 2.0
c, m = customers(x), x - 1
profit_diagram = influence_diagram(
    [("x", "c", -20.0), ("x", "m", 1.0), ("c", "y", m), ("m", "y", c)],
    title="Price x, customers c, margin m, profit y",
)
profit_diagram

# %% [markdown] id="distributed"
# On the upper way $\Delta x$ becomes $-20\,\Delta x$ customers, each worth 1 euro; on the lower way it becomes $\Delta x$ euros more from
# each of 60 customers. Both arrive at $y$ and are added. In general, with $M$ quantities $g_1,\dots,g_M$ in between,
#
# {formula:distributed-influence}
#
# and with what each $\Delta g_m$ is made from, this is the **distributed chain rule**:
#
# {formula:distributed-chain-rule}
#
# Step through the ways:

# %% id="profit-stepper"
Stepper(paths_story(profit_diagram, "x", "y"), label="Two ways from price to profit")

# %% [markdown] id="raise-the-price"
# Forty euros of profit for each euro of price: raise it. By how much? Until the two ways cancel: there the derivative is zero, and
# only there can a maximum be (lecture 05). (You have known this case under another name, by the way: for $y=c\cdot m$ the sum over the
# two ways is the *product rule*.)

# %% id="best-price"


def profit(x):
    return customers(x) * (x - 1)


def sum_over_ways(x):
    return -20 * (x - 1) + 1 * customers(x)


measured = float(numerical_gradient(profit, np.array(2.0)))
print("at 2 euros: sum over the ways", sum_over_ways(2.0), "  measured", round(measured, 6))
best = brentq(sum_over_ways, 1, 5)
print(
    f"the ways cancel at {best:.2f} euros: {-20 * (best - 1):.0f} from one and {customers(best):+.0f} from the other"
)
assert np.isclose(measured, 40) and np.isclose(best, 3)

# %% [markdown] id="erratum"
# One of our sources prints the rule for $y=f(g_1(x),g_1(x),\dots,g_M(x))$, with $g_1$ twice. Taken at its word that counts one way double and
# forgets another. The proof, computed:

# %% id="erratum-proof"
proof = erratum("a-distributed-chain-rule").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100))

# %% [markdown] id="all-paths"
# ## The sum over all paths
#
# Guests who wait get biscuits. That costs you one euro a day for each minute of the waiting time, so $y=c\cdot m-w$ with
# $w=c^2/600$ as above. Now $c$ feeds two others, $y$ directly and also $w$, and there is a third way from $x$ to $y$.
#
# > **Think first.** Which ways are there, and what is the product along each?
#
# The two rules are enough for any diagram, however tangled: multiply along, add up where ways meet. Applied again and again they give
#
# {formula:sum-over-paths}

# %% id="cafe"
arrows = [
    ("x", "c", -20.0),
    ("x", "m", 1.0),
    ("c", "w", c / 300),
    ("c", "y", m),
    ("m", "y", c),
    ("w", "y", -1.0),
]
cafe = influence_diagram(arrows, title="The café with biscuits")
Stepper(paths_story(cafe, "x", "y"), label="Three ways from price to profit")

# %% id="cafe-check"


def profit_with_biscuits(x):
    return customers(x) * (x - 1) - waiting(customers(x))


ways = [[cafe.influences[n] for n in path] for path in cafe.paths("x", "y")]
products = [np.prod([arrow.derivative for arrow in way]) for way in ways]
for way, product in zip(ways, products, strict=True):
    print(" → ".join(["x", *(arrow.target for arrow in way)]), " product", product)
print(
    "sum:",
    sum(products),
    "  measured:",
    round(float(numerical_gradient(profit_with_biscuits, np.array(2.0))), 6),
)
assert np.isclose(sum(products), numerical_gradient(profit_with_biscuits, np.array(2.0)))

# %% id="poll-diagram" fold=true
Poll(
    "What is true of an influence diagram?",
    [
        "It shows every way on which one variable influences another.",
        "The derivative of the last variable to the first is the sum over all ways that leave the first.",
        "Where no way leads from $a$ to $b$, the derivative of $b$ to $a$ is 0.",
        "Only the shortest way counts, the others are of second order.",
    ],
    answer=[0, 1, 2],
    reasons=[
        "With all the variables in between: that is what it is drawn for.",
        "Multiplied along each, added over all of them. One that is left out makes the sum wrong.",
        "An empty sum. Moving $a$ a little cannot be felt at $b$.",
        "All are of first order in the change. A long way may even be the strongest, if large factors stand on it.",
    ],
    name="Poll: what an influence diagram says",
)

# %% [markdown] id="too-many"
# ## Too many paths
#
# So is this how a computer should do it, path by path? Count what that would cost. In the chain below every stage splits into two ways
# and joins again. A stage has four arrows, but each multiplies the *number of paths* by two.

# %% id="diamonds"


def diamonds(stages):
    """Arrows of a chain of so many stages, each a split into two ways."""
    made = []
    for n in range(stages):
        start, end = f"s{n}", f"s{n + 1}"
        made += [(start, f"a{n}", 0.5), (start, f"b{n}", 0.25), (f"a{n}", end, 2.0), (f"b{n}", end, -1.0)]
    return made


def count_paths(arrows):
    """Paths from s0 to each node, for arrows in the order of the chain."""
    ways = {"s0": 1}
    for source, target, _ in arrows:
        ways[target] = ways.get(target, 0) + ways[source]
    return ways


print("stages  arrows      paths")
for stages in (1, 2, 3, 5, 10, 20):
    made = diamonds(stages)
    print(f"{stages:>6}  {len(made):>6}  {count_paths(made)[f's{stages}']:>9,}")
assert count_paths(diamonds(3))["s3"] == len(influence_diagram(diamonds(3)).paths("s0", "s3")) == 8
influence_diagram(diamonds(3), title="Three stages with two ways each")

# %% [markdown] id="collect"
# A network with ten hidden layers of a hundred units has $100^{10}$ paths from each input to each output. Nobody walks those.
#
# The way out is to share work. Many paths have the same *end*, say from $c$ on to $y$. How much a change of $c$ is worth to $y$ need be
# found only once; call it the derivative **at** $c$. Then whatever feeds $c$ just multiplies it by one arrow more. So begin at the end, where
# the derivative of $y$ to itself is 1, and go backwards. **Each node collects, over the arrows that leave it: what stands on the arrow
# times the derivative at its head.** With a dot for "derivative of the result to this":
#
# {formula:reverse-accumulation}
#
# Every arrow is used exactly once. And at the end each node has its derivative, not only the first: with one sweep you know how the result
# reacts to *everything*.
#
# For the café: at $w$ it is −1, at $m$ 60. At $c$ it is $1+0.2\cdot(-1)=0.8$. At $x$: $-20\cdot0.8+1\cdot60=44$.
#
# ### Try it: collect
#
# `nodes` lists the variables so that every arrow leads from an earlier to a later one; `arrows` holds triples (source, target, derivative).
# Fill the dictionary `at` with the derivative of `result` to every node. Which node must come first?


# %% id="try-collect"
def my_collect(nodes, arrows, result):
    at = dict.fromkeys(nodes, 0.0)
    at[result] = 1.0
    done = False  # your loops here, then: done = True
    return at if done else None


# %% id="check-collect" fold=true


def by_paths(nodes, arrows, result):
    """The same by walking all paths: slow, but nothing can go wrong."""
    diagram = influence_diagram(arrows)
    at = {}
    for name in nodes:
        paths = diagram.paths(name, result)
        at[name] = float(sum(np.prod([diagram.influences[n].derivative for n in path]) for path in paths))
    return at


three_stages = ["s0", "a0", "b0", "s1", "a1", "b1", "s2", "a2", "b2", "s3"]
check_function(
    "my_collect",
    my_collect,
    [(["x", "c", "m", "w", "y"], arrows, "y"), (three_stages, diamonds(3), "s3")],
    by_paths,
    hint="Go through the nodes from the last to the first; add derivative * at[target] for the arrows with source == name.",
)

# %% id="solution-collect" fold=true


# Solution
def collect(nodes, arrows, result):
    at = dict.fromkeys(nodes, 0.0)
    at[result] = 1.0
    for name in reversed(nodes):
        for source, target, derivative in arrows:
            if source == name:
                at[name] += derivative * at[target]
    return at


found = collect(["x", "c", "m", "w", "y"], arrows, "y")
wanted = by_paths(["x", "c", "m", "w", "y"], arrows, "y")
assert all(np.isclose(found[name], wanted[name]) for name in wanted)

# %% [markdown] id="order"
# ## Why is the backward order the reverse of a topological order?
#
# A **topological order** of a diagram lists the nodes so that every arrow leads from an earlier to a later one. On the way *forward* it is
# just what is needed: when a node's turn comes, everything that it is computed *from* is there already.
#
# On the way *back* a node collects from everything that it *feeds*. All that stands later in the list. So read the list from the end: when a
# node's turn comes, each node that it feeds is complete. Take it in any other order and a node hands on a derivative from which a part is still
# missing: had $x$ taken the derivative at $c$ before $w$ had delivered its share, the biscuits would have been forgotten.
#
# Such an order is not unique ($m$ and $w$ may be exchanged), and it exists whenever there are no cycles. Units of one layer never feed each
# other, so in a layered network "layer after layer" is a topological order and "from the last layer to the first" its reverse.
#
# Here both sweeps on a function with two ways, $J=\cos(\sin(x^2)+3x^2)$ at $x=2$: values go forward, and as soon as a value is there the
# numbers on its arrows are; then derivatives go back. Stop when the derivative of $t$ is computed: it needs both arrows.

# %% id="n8-stepper"
x8 = Node(2.0, "x")
t = x8 * x8
u1, u2 = sin(t), 3 * t
u = u1 + u2
J = cos(u)
for node, name in ((t, "t"), (u1, "u1"), (u2, "u2"), (u, "u"), (J, "J")):
    node.name = name
Stepper(graph_story(J), label="Forward and backward through N8")

# %% id="n8"
order = [node.name for node in topological_order(J) if node.name]
print("forward: ", " → ".join(order))
print("backward:", " → ".join(reversed(order)))
backward(J)
print(f"J = {float(J.value):.5f}, dJ/dx = {float(x8.derivative):.5f}")
assert np.isclose(float(J.value), 0.24510, atol=5e-6)
assert np.isclose(float(x8.derivative), 9.09915, atol=5e-6)
measured = numerical_gradient(lambda v: float(np.cos(np.sin(v**2) + 3 * v**2)), np.array(2.0))
assert np.isclose(float(x8.derivative), measured, atol=1e-6)

# %% id="poll-order" fold=true
Poll(
    "Which of these are topological orders of the café with biscuits ($x$ feeds $c$ and $m$; $c$ feeds $w$ and $y$; $m$ and $w$ feed $y$)?",
    ["x, c, m, w, y", "x, m, c, w, y", "x, w, c, m, y", "y, w, m, c, x"],
    answer=[0, 1],
    reasons=[
        "Every arrow leads to the right.",
        "Between $m$ and $c$ there is no arrow, so either may come first.",
        "The arrow from $c$ to $w$ would lead back: $w$ cannot be computed yet.",
        "That is the reverse of one: the order in which derivatives are collected.",
    ],
    name="Poll: topological orders",
)

# %% [markdown] id="network"
# ## Through a network
#
# A network is such a diagram. Two inputs, two hidden sigmoid units, two sigmoid outputs, and a divergence that both outputs feed. How much
# does the divergence change with the first input?
#
# > **Think first.** How many ways lead from $x_1$ to the divergence?
#
# Each arrow into a unit carries two factors: the weight takes the change to the unit's sum, and the slope of the activation takes it to the
# unit's output. For the sigmoid the slope is $y(1-y)$. On the last arrows stands the derivative of the divergence to an output, $y-d$ for half
# the squared error. We run forward and write the numbers on the arrows.

# %% id="network-forward"
net = MLP(widths=(2, 2, 2), hidden=sigmoid, output=sigmoid)
params = {
    "W1": np.array([[0.2, 0.1], [0.3, -0.4]]),
    "b1": np.array([0.1, -0.2]),
    "W2": np.array([[-0.2, -0.1], [0.1, -0.5]]),
    "b2": np.array([0.0, 0.0]),
}
x_in, d = np.array([0.4, 0.1]), np.array([1.0, 0.0])
trace = net.forward(params, x_in)
h, o = trace.y[1], trace.y[2]
print("hidden outputs:", h.round(3), "  outputs:", o.round(3))
assert np.allclose(h, [0.547, 0.470], atol=6e-4) and np.allclose(o, [0.461, 0.455], atol=6e-4)

# %% id="network-stepper"
into_hidden = params["W1"] * (h * (1 - h))[:, np.newaxis]
into_outputs = params["W2"] * (o * (1 - o))[:, np.newaxis]
ways_in = [("x1", f"h{j}", float(into_hidden[j - 1, 0])) for j in (1, 2)]
ways_on = [(f"h{i}", f"o{j}", float(into_outputs[j - 1, i - 1])) for i in (1, 2) for j in (1, 2)]
ways_out = [(f"o{j}", "Div", float(o[j - 1] - d[j - 1])) for j in (1, 2)]
network_diagram = influence_diagram(
    [*ways_in, *ways_on, *ways_out], title="From the first input to the divergence"
)
Stepper(paths_story(network_diagram, "x1", "Div"), label="Four ways through a network")

# %% [markdown] id="network-collected"
# Four ways: over either hidden unit and either output. The same by collecting, from the right to the left, at every node; and by the `backward`
# of the course, which you will write yourself; and by differences.

# %% id="network-check"
nodes = ["x1", "h1", "h2", "o1", "o2", "Div"]
at = collect(nodes, [*ways_in, *ways_on, *ways_out], "Div")
print({name: round(value, 6) for name, value in at.items()})

gradients = net.backward(params, trace, d)
measured = numerical_gradient(lambda u: net.loss(params, u, d), x_in)
print(
    f"derivative to x1: collected {at['x1']:.8f}, backward {gradients.wrt_x[0]:.8f}, measured {measured[0]:.8f}"
)
assert np.isclose(at["x1"], gradients.wrt_x[0]) and np.isclose(at["x1"], measured[0], atol=1e-9)
assert np.allclose([at["h1"], at["h2"]], gradients.wrt_y[1])

# %% [markdown] id="already-backprop"
# **That was backpropagation.** Nothing more will be added to it in the next lectures but the derivatives to the weights (one arrow each that
# branches off the way) and a good notation.
#
# ### Try it: a weight
#
# The weight from $x_1$ to the first hidden unit influences the sum of this unit: if it grows by a little, the sum grows by $x_1=0.4$ times that.
# From the sum on everything is as before. The derivative of the divergence at the *output* of unit $h_1$ you see above in the printed dictionary.
# What is the derivative to this weight? (Three factors; `h[0]`, `at["h1"]` and `x_in[0]` are all you need.)

# %% id="try-weight"
my_derivative = None  # your line here

# %% id="check-weight" fold=true
check_answer(
    "the derivative to the weight",
    my_derivative,
    numerical_gradient(lambda p: net.loss(p, x_in, d), params)["W1"][0, 0],
    hint="What comes in, times the slope of the sigmoid at that unit, times the derivative at its output.",
    tolerance=1e-7,
)

# %% id="solution-weight" fold=true
# Solution
solution = x_in[0] * h[0] * (1 - h[0]) * at["h1"]
assert np.isclose(solution, gradients["W1"][0, 0])

# %% [markdown] id="long-paths"
# ## Long paths
#
# What happens on a path through many layers? Take the simplest network of all, a chain of single units. There is one path only, and on it a
# weight and a slope for each layer:
#
# {formula:product-along-a-chain}
#
# The sigmoid is nowhere steeper than 1/4. So with weights of 1 every layer makes the influence at least four times smaller. Compare the two
# columns:

# %% id="long-paths-code"
print("layers   output to input   (1/4) to the power of the layers")
for depth in (1, 2, 4, 8, 16):
    chain = MLP(widths=(1,) * (depth + 1), hidden=sigmoid, output=sigmoid)
    weights = {name: np.full(shape, float(name[0] == "W")) for name, shape in chain.shapes().items()}
    value = float(
        numerical_gradient(lambda u, n=chain, p=weights: float(n.forward(p, u).output[0]), np.array([0.5]))[0]
    )
    run = chain.forward(weights, np.array([0.5]))
    product = float(np.prod([y * (1 - y) for y in run.y[1:]]))
    assert np.isclose(value, product, atol=1e-10)
    print(f"{depth:>6}   {product:>15.3e}   {0.25**depth:.3e}")
    assert product <= 0.25**depth

# %% [markdown] id="vanishing"
# After sixteen layers hardly anything of a change arrives. That is the **vanishing gradient** (lecture 03), and now you can see where it comes
# from: it is a long product of small numbers. With factors above 1 the opposite happens, it explodes.
#
# ## Summary
#
# * A derivative says how much of a small change arrives. Along a path the factors **multiply**; where paths meet, what arrives is **added**.
# * The derivative is the sum over all paths. Forgetting a path, or counting one twice, is the typical mistake.
# * Each factor is taken at the value that is there: so go forward first.
# * Do not walk the paths. From the end to the beginning every node collects from what it feeds: each arrow once, and every derivative is there.
# * Collect in the reverse of a topological order, so that nothing is handed on before it is complete.
#
# **Next:** [lecture 08](08-the-forward-pass.ipynb) goes forward through the network with care and says what must be kept;
# [lecture 09](09-the-backward-pass.ipynb) goes back. **Practise** with [problem set 3](../assignments/release/ps3/ps3.ipynb), where sums over
# paths are written out as loops, and with [problem set 5](../assignments/release/ps5/ps5.ipynb), where you build the graph that collects.
#
# ### Sources, and where they are wrong
#
# Influence diagrams and the two polls on them are from the newer edition (*D*) of a lecture deck on optimisation and the full algorithms (*A*);
# the function with two ways is from a deck on differentiation (*E*). Notation is that of *A*. The café is ours.
#
# * *A* prints the distributed chain rule with $g_1$ twice. The proof is run above.
# * *E* gives the backward steps of its example but leaves one out, the derivative to the second summand. What that does to the result:

# %% id="errata-proof"
proof = erratum("e-missing-derivative").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100))

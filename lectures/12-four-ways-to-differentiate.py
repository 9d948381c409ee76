# %% [markdown] id="title"
# # 12 · Four ways to differentiate
#
# Backpropagation is one way to get derivatives. There are three others that everybody should know: one because it needs nothing but the function,
# one because it is what you learnt at school, and one because it is so simple that you can write it in an afternoon. In this lecture all four meet the same functions,
# and you will see what each of them costs, where each is the best, and why training uses the last.
#
# **You will be able to**
#
# * measure a derivative with the right step, and say what limits its accuracy;
# * explain why symbolic derivatives swell, and what a computer algebra system shares to prevent it;
# * compute with dual numbers (forward mode) and on a graph (reverse mode), by hand;
# * choose among the four from the numbers of inputs and outputs alone.
#
# **You need** the chain rule over paths ([07](07-chain-rule-as-influence.ipynb)) and the backward pass ([09](09-the-backward-pass.ipynb)). About 80 minutes.

# %% id="imports"
import numpy as np

from mlpkit import MLP, binary_cross_entropy, errata, plots, sigmoid
from mlpkit.diagrams import graph_story
from mlpkit.differentiate import (
    Dual,
    Node,
    backward,
    cost_table,
    dual,
    examples,
    expression_swell,
    finite,
    graph,
    sin,
    step_sizes_errors,
    symbolic,
    topological_order,
)
from mlpkit.differentiate import sigmoid as smooth  # takes numbers, dual numbers, nodes and symbols
from mlpkit.exercises import check_answer, check_function
from mlpkit.widgets import Poll, Stepper, difference_error

# %% [markdown] id="quiz"
# ## A function for everybody
#
# Here is one with two inputs and enough operations to make a pencil sweat:
#
# {formula:quiz}
#
# > **Think first.** Take ten minutes and differentiate it to $x$ by hand. How often did you write $e^{xz}$? How sure are you of the result?
#
# At $x=2$, $z=3$ the value is 412.08655, and the two derivatives are

# %% id="quiz-answers"
x, z = 2.0, 3.0
exact = (
    z * np.exp(x * z)
    + z / np.log(x)
    - z / np.log(x) ** 2
    + (np.cos(np.log(x)) / x - z * np.sin(np.log(x))) / np.exp(x * z),
    x * np.exp(x * z) + x / np.log(x) - x * np.sin(np.log(x)) / np.exp(x * z),
)
print(f"y     = {examples.quiz_function(x, z):.5f}")
print(f"dy/dx = {exact[0]:.5f}")
print(f"dy/dz = {exact[1]:.5f}")

assert np.allclose([examples.quiz_function(x, z), *exact], [412.08655, 1208.36656, 809.73981], atol=5e-6)

# %% [markdown] id="quiz-by-hand"
# These came from the formulas that one gets with pencil and paper:
#
# {formula:quiz-slope-x}
#
# {formula:quiz-slope-z}
#
# Now four machines shall find the same numbers. `examples.quiz_function` is an ordinary Python function, three terms in one line.
#
# ## First way: measure
#
# Call the function at two places close together and divide. Nothing is required but to be *able to call it*.
#
# {formula:central-difference}

# %% id="finite" check=false
for method in ("forward", "central", "complex"):
    by_x, by_z = finite.gradient(examples.quiz_function, x, z, method=method)
    print(f"{method:>8}: {by_x:.8f} {by_z:.8f}   relative error {abs(by_x / exact[0] - 1):.0e}")

assert np.allclose(finite.gradient(examples.quiz_function, x, z), exact, rtol=1e-8)

# %% [markdown] id="v-curve-question"
# How small should $h$ be?
#
# > **Think first.** A derivative is a limit for $h\to0$. So is $h=10^{-15}$ better than $h=10^{-5}$?
#
# Slide $h$ from right to left, and watch the error.

# %% id="difference-error"
difference_error()

# %% [markdown] id="v-curve"
# It falls, and then it rises again: a **V**. On the right the graph is curved and a chord is not a tangent (*truncation*). For the forward difference this error shrinks like $h$, for the
# central one like $h^2$, because there the even terms cancel:
#
# {formula:central-difference-error}
#
# On the left the two function values agree in nearly all their 16 digits, and the subtraction keeps only the noise (*round-off*), which division by a small $h$ then magnifies:
#
# {formula:central-error-bound}
#
# Setting the derivative of *this* to zero gives the best step, some $10^{-5}$ for ordinary functions:
#
# {formula:best-central-step}
#
# There is a way round the subtraction. Step into the *complex* plane; the imaginary part of the value, divided by $h$, is the derivative, and nothing is subtracted:
#
# {formula:complex-step}
#
# Look at the three slopes on the right side of the figure (1, 2 and 2), and at which curve has no left side at all.

# %% id="v-figure" check=false
hs = np.logspace(-16, 0, 49)
true_slope = -2.0 * 2.0 * np.sin(np.sin(4.0) + 12.0) * (np.cos(4.0) + 3.0)
errors = step_sizes_errors(
    lambda p: np.cos(np.sin(p[0] ** 2) + 3 * p[0] ** 2), np.array([2.0]), np.array([true_slope]), hs
)
best = {name: hs[np.nanargmin(error)] for name, error in errors.items()}
plots.Picture(
    plots.step_size_errors(hs, errors),
    "Error of three difference quotients of cos(sin x² + 3x²) at 2 against h from 1e-16 to 1. "
    + " ".join(
        f"{name}: least error {np.nanmin(error):.0e} at h = {best[name]:.0e}."
        for name, error in errors.items()
    ),
)

# %% [markdown] id="try-central-intro"
# ### Try it: a central difference
#
# Write it once yourself; it will be your most faithful tool for finding mistakes in derivatives.


# %% id="try-central"
def central(f, u, h=1e-5):
    """The central difference of f at u."""
    return None  # your line here


# %% id="try-central-check"
def right_central(f, u, h=1e-5):
    return (f(u + h) - f(u - h)) / (2 * h)


check_function(
    "central",
    central,
    [(np.sin, 0.5), (np.exp, 1.0), (examples.nested_cosine, 2.0)],
    right_central,
    "Up by h, down by h: the two places are 2h apart.",
    tolerance=1e-8,
)

# %% id="try-central-solution" fold=true
# Solution: (f(u + h) - f(u - h)) / (2 * h)
print(round(right_central(examples.nested_cosine, 2.0), 5))
assert np.isclose(right_central(examples.nested_cosine, 2.0), 9.09915, atol=5e-6)

# %% [markdown] id="finite-cost"
# The price: every *input* needs calls of its own, two each. A network with a million weights needs two million forward passes for one gradient.
#
# ## Second way: calculate with formulas
#
# School. A program can do it better than we can: it holds the formula as a tree and applies the rules to it. What it requires is the *expression*; a loop or an `if` it cannot see into.

# %% id="symbolic"
slope_x, slope_z = symbolic.gradient_expressions(examples.quiz_function, x, z, names=("x", "z"))
print("dy/dz =", slope_z)
print("values:", [round(float(v), 5) for v in symbolic.gradient(examples.quiz_function, x, z)])

assert np.allclose(np.array(symbolic.gradient(examples.quiz_function, x, z), dtype=float), exact)

# %% [markdown] id="swell-question"
# What comes out can be read, which no other way offers. The trouble comes when functions are put into each other, as layers are. Take the small step $u\mapsto u\sin u$ and nest it.
#
# > **Think first.** When the nesting gets one level deeper, by which factor does the derivative get longer?

# %% id="swell"
sizes = expression_swell(lambda u: u * sin(u), 7)
depths = [s.depth for s in sizes]
figure, axes = plots.figure(7.4, 3.9)
for label, values, style in (
    ("derivative, written out", [s.derivative.operations for s in sizes], "-o"),
    ("function, written out", [s.function.operations for s in sizes], "--s"),
    ("derivative, common parts shared", [s.derivative.shared_operations for s in sizes], "-.^"),
    ("function, common parts shared", [s.function.shared_operations for s in sizes], ":d"),
):
    axes.semilogy(depths, values, style, label=label)
axes.set(xlabel="how often $u\\sin u$ is nested", ylabel="operations", title="Expression swell, and its cure")
axes.legend(frameon=False, fontsize=9)
last = sizes[-1]
plots.Picture(
    figure,
    f"Operations over the depth of nesting, logarithmic. At depth {last.depth} the function written out has {last.function.operations} operations "
    f"and its derivative {last.derivative.operations:,}; with common parts shared they have {last.function.shared_operations} and {last.derivative.shared_operations}.",
)

# %% id="swell-check"
growth = sizes[-1].derivative.operations / sizes[-2].derivative.operations
print(f"one level more makes the derivative {growth:.1f} times as long")
print(
    f"written out {last.derivative.operations:,} operations, with common parts shared {last.derivative.shared_operations}"
)
assert growth > 2
assert last.derivative.shared_operations < 10 * last.function.shared_operations

# %% [markdown] id="swell-answer"
# More than twice as long, at every level: **expression swell**. But look at the lower curves. If every common part is computed *once and kept*, fewer than a hundred operations do the work of
# five thousand. The swelling is not in the mathematics, it is in writing the same thing again and again. The next two ways never write a formula at all. They work on *values*, and keep them.
#
# ## Third way: carry the derivative along
#
# Let every number be a pair, its value and its derivative to the input that we are interested in, written $u+u'\epsilon$. The symbol $\epsilon$ obeys one rule, $\epsilon^2=0$. (In this lecture only: elsewhere in the
# course ε is the smoothing of labels. The two have nothing to do with each other.) Multiply two such **dual numbers** out and the product rule appears by itself:
#
# {formula:dual-product}
#
# And every function takes its own slope along:
#
# {formula:dual-chain-rule}
#
# So one teaches the operators to handle pairs, sets the input to $2+1\epsilon$, and runs the *same program*. Loops and branches are no obstacle: they are simply run through.

# %% id="dual"
result = examples.quiz_function(Dual(2.0, 1.0), 3.0)
print("with x = 2 + 1ε:", result)
result_z = examples.quiz_function(2.0, Dual(3.0, 1.0))
print("with z = 3 + 1ε:", result_z)

assert np.isclose(result.derivative, exact[0]) and np.isclose(result_z.derivative, exact[1])

# %% [markdown] id="try-dual-intro"
# ### Try it: divide two dual numbers
#
# Write the quotient $\frac{u+u'\epsilon}{v+v'\epsilon}$ as a pair. Either recall the quotient rule, or multiply numerator and denominator by $v-v'\epsilon$ and use $\epsilon^2=0$.


# %% id="try-dual"
def divide(u, du, v, dv):
    """Value and derivative of (u + du ε) / (v + dv ε), as a list of two numbers."""
    return None  # [value, derivative]


# %% id="try-dual-check"
def right_division(u, du, v, dv):
    quotient = Dual(u, du) / Dual(v, dv)
    return [float(quotient.value), float(quotient.derivative)]


check_function(
    "divide",
    divide,
    [(6.0, 1.0, 2.0, 0.0), (1.0, 0.0, 4.0, 1.0), (3.0, 2.0, 5.0, -1.0)],
    right_division,
    "The derivative is (u'v - u v') / v².",
)

# %% id="try-dual-solution" fold=true
# Solution: [u / v, (du * v - u * dv) / v**2]
u, du, v, dv = 3.0, 2.0, 5.0, -1.0
print([u / v, (du * v - u * dv) / v**2], "and by Dual:", right_division(u, du, v, dv))
assert np.allclose([u / v, (du * v - u * dv) / v**2], right_division(u, du, v, dv))

# %% [markdown] id="dual-cost"
# This is **forward mode**. It is exact, no $h$, no swelling, and one run gives the derivatives of *all outputs* to *one input*. For two inputs we had to run twice. For a million weights: a million runs, each about twice as dear as a plain one.
# Right for a function with few inputs and many outputs; wrong for a loss.
#
# ## Fourth way: go back
#
# A smaller function with a twist: its inner part $t=x^2$ is used twice.
#
# {formula:nested-cosine}
#
# Write it as a list of single steps, $t=x^2$, $u_1=\sin t$, $u_2=3t$, $u=u_1+u_2$, $J=\cos u$: every value a **node**, every use an arrow. That is its *computation graph*.
#
# Reverse mode first runs through the nodes in topological order and keeps the **values**. Then it starts at the end, where $\dot J=1$, goes through the nodes in *reverse* order, and at each node hands on, along each arrow,
#
# {formula:reverse-accumulation}
#
# As on the network's picture in lecture 09, step with the arrow keys. Wait for the moment when $t$ receives its *second* share.

# %% id="graph-stepper"
node_x = Node(2.0, "x")
J = examples.nested_cosine(node_x)
Stepper(graph_story(J), label="Computation graph of J")

# %% id="graph-numbers"
visited = backward(J)
print(f"J = {float(J.value):.5f}   dJ/dx = {float(node_x.derivative):.5f}")
print("visited in this order:", " ".join(str(round(float(node.value), 3)) for node in visited))

assert np.allclose([J.value, node_x.derivative], [0.24510, 9.09915], atol=5e-6)
assert [id(n) for n in visited] == [id(n) for n in reversed(topological_order(J))]

# %% [markdown] id="try-graph-intro"
# ### Try it: the same on paper
#
# Close the picture and compute $\dot u$, $\dot u_1$, $\dot u_2$, $\dot t$ and $\dot x$ for $x=2$. You need four local slopes: $-\sin u$, $\cos t$, $3$ and $2x$, with $t=4$ and $u=11.2432$. Three digits are enough.

# %% id="try-graph"
my_dots = {"u": None, "u1": None, "u2": None, "t": None, "x": None}

# %% id="try-graph-check"
t_ = 4.0
du_ = -np.sin(np.sin(t_) + 3 * t_)
right_dots = {
    "u": du_,
    "u1": du_,
    "u2": du_,
    "t": du_ * np.cos(t_) + du_ * 3,
    "x": (du_ * np.cos(t_) + du_ * 3) * 4.0,
}
check_answer(
    "the derivatives of J",
    my_dots if all(value is not None for value in my_dots.values()) else None,
    right_dots,
    "t is used by u1 and by u2: its two shares are added.",
    tolerance=2e-3,
)

# %% id="try-graph-solution" fold=true
# Solution
print({name: round(float(value), 4) for name, value in right_dots.items()})
assert np.isclose(right_dots["x"], node_x.derivative)

# %% id="poll-overwrite" fold=true
Poll(
    "In a program of your own, a node's derivative is set instead of added to. For which functions is the result still right?",
    [
        "For none.",
        "For those in which every intermediate value is used only once.",
        "For those with a single input.",
    ],
    answer=1,
    reasons=[
        "A plain chain such as cos(sin(x)) comes out right, which is why the mistake is often found late.",
        "Then every node receives exactly one share, and setting and adding are the same.",
        "cos(sin(x²) + 3x²) has a single input, and its t would lose one of two shares.",
    ],
    name="Poll: set or add",
)

# %% [markdown] id="missing-derivative"
# (The deck from which this example comes adds $\dot u_2$'s share to $\dot t$ without ever having computed $\dot u_2$. It is $\dot u\cdot1$:)

# %% id="missing-proof"
print(errata.get("e-missing-derivative").proof().evidence)

# %% [markdown] id="reverse-cost"
# And the quiz function? One forward run, one backward run, *both* derivatives:

# %% id="reverse-quiz"
nx, nz = Node(2.0, "x"), Node(3.0, "z")
backward(examples.quiz_function(nx, nz))
print(f"dy/dx = {float(nx.derivative):.5f}   dy/dz = {float(nz.derivative):.5f}")

assert np.allclose([nx.derivative, nz.derivative], exact)

# %% [markdown] id="modules"
# This is **reverse mode**: the derivatives of *one output* to *all inputs*, in a time proportional to that of the function. Backpropagation is reverse mode on the graph of a network, which someone has worked out in advance.
#
# ## A network in five modules
#
# Reverse mode does not care how large a node is. Let us cut a network with one hidden layer into five modules, each with a forward and a backward line, and a loss at the end. It is the two-input network of this course with a cross-entropy.
#
# | module | forward | backward |
# |---|---|---|
# | 5 loss | $\mathrm{Div}=-d\log y-(1-d)\log(1-y)$ | $\dot y=(y-d)/(y(1-y))$ |
# | 4 output | $y=S(z^{(2)})$ | $\dot z^{(2)}=y(1-y)\,\dot y$ |
# | 3 affine | $z^{(2)}=W_2\,y^{(1)}+b_2$ | $\nabla_{W_2}=\dot z^{(2)}\,y^{(1)T}$, $\nabla_{b_2}=\dot z^{(2)}$, $\dot y^{(1)}=W_2^T\dot z^{(2)}$ |
# | 2 hidden | $y^{(1)}=S(z^{(1)})$ | $\dot z^{(1)}=y^{(1)}(1-y^{(1)})\odot\dot y^{(1)}$ |
# | 1 affine | $z^{(1)}=W_1\,x+b_1$ | $\nabla_{W_1}=\dot z^{(1)}\,x^T$, $\nabla_{b_1}=\dot z^{(1)}$, $\dot x=W_1^T\dot z^{(1)}$ |

# %% id="modules-code"
W1, b1 = np.array([[0.2, 0.1], [0.3, -0.4]]), np.array([0.1, -0.2])
W2, b2 = np.array([[-0.2, -0.1]]), np.array([0.1])
inputs, d = np.array([0.4, 0.1]), np.array([1.0])

# forward: modules 1 to 5, every value kept
z1 = W1 @ inputs + b1
y1 = sigmoid(z1)
z2 = W2 @ y1 + b2
y = sigmoid(z2)
loss = -(d * np.log(y) + (1 - d) * np.log(1 - y)).sum()

# backward: modules 5 to 1
dy = (y - d) / (y * (1 - y))
dz2 = y * (1 - y) * dy
by_modules = {"W2": np.outer(dz2, y1), "b2": dz2}
dy1 = W2.T @ dz2
dz1 = y1 * (1 - y1) * dy1
by_modules |= {"W1": np.outer(dz1, inputs), "b1": dz1}
dx = W1.T @ dz1

# the same by the graph of single operations, and by the library's backward pass
by_graph = graph.gradient(lambda *p: examples.two_layer_loss(*p, inputs, d), W1, b1, W2, b2)
net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid, divergence=binary_cross_entropy)
parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
by_backprop = net.backward(parameters, net.forward(parameters, inputs), d)
for name, from_graph in zip(("W1", "b1", "W2", "b2"), by_graph, strict=True):
    assert np.allclose(by_modules[name], from_graph) and np.allclose(by_modules[name], by_backprop[name])
print(
    "loss",
    loss.round(5),
    "- modules, graph and backward pass agree on all",
    net.parameter_count,
    "derivatives",
)
print("derivative to the input:", dx.round(6))

# %% [markdown] id="logistic"
# Leave out modules 1 and 2 and *logistic regression* remains, one unit on the inputs. With bias $\theta_0$ and a constant $x_0=1$ its gradient is as short as can be:
#
# {formula:logistic-regression-gradient}

# %% id="logistic-code"
theta, features, label = np.array([0.1, -0.4, 0.7]), np.array([2.0, -1.0]), 1.0
four_ways = {
    "finite": finite.gradient(lambda p: examples.logistic_loss(p, features, label), theta),
    "symbolic": symbolic.gradient(lambda p: examples.logistic_loss(p, features, label), theta),
    "dual": dual.gradient(lambda p: examples.logistic_loss(p, features, label), theta),
    "graph": graph.gradient(lambda p: examples.logistic_loss(p, features, label), theta),
}
with_one = np.array([1.0, *features])
by_formula = (sigmoid(theta @ with_one) - label) * with_one
for way, values in four_ways.items():
    print(f"{way:>9}: {np.asarray(values, dtype=float).round(8)}")
    assert np.allclose(np.asarray(values, dtype=float), by_formula, atol=1e-8)
print(f"{'formula':>9}: {by_formula.round(8)}")

# %% [markdown] id="composite"
# ## A composite of three layers
#
# An exam question: $y=S(w_3\cdot S(W_2\,S(W_1x)))$, two hidden layers, no biases. What are the derivatives of the *output* to weights of each layer? Follow the paths. To a weight of the last layer there is one,
#
# {formula:composite-output-weight}
#
# to a weight of the middle layer one, too, through its own unit,
#
# {formula:composite-middle-weight}
#
# and to a weight of the first layer as many as the second layer has units: their sum appears.
#
# {formula:composite-first-weight}
#
# (The deck calls its matrices $D^{(i)}\times D^{(i-1)}$ and then multiplies with their transposes. It can be one or the other.) Check one entry of each:

# %% id="composite-code"
rng = np.random.default_rng(3)
V1, V2, v3 = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=(1, 4))
xin = np.array([0.5, -1.0])
deep = MLP(widths=(2, 3, 4, 1), hidden=sigmoid, output=sigmoid)
zero = {"b1": np.zeros(3), "b2": np.zeros(4), "b3": np.zeros(1)}
kept = deep.forward({"W1": V1, "W2": V2, "W3": v3, **zero}, xin)
h1, h2, out = kept.y[1], kept.y[2], kept.output[0]

by_paths = {
    "w3[2]": out * (1 - out) * h2[2],
    "w2[1,2]": out * (1 - out) * v3[0, 2] * h2[2] * (1 - h2[2]) * h1[1],
    "w1[0,1]": out * (1 - out) * np.sum(v3[0] * h2 * (1 - h2) * V2[:, 1]) * h1[1] * (1 - h1[1]) * xin[0],
}


def composite(A1, A2, a3):
    """The output as a function of its three weight matrices."""
    return smooth(a3 @ smooth(A2 @ smooth(A1 @ xin))).sum()


G1, G2, G3 = graph.gradient(composite, V1, V2, v3)
by_reverse = {"w3[2]": G3[0, 2], "w2[1,2]": G2[2, 1], "w1[0,1]": G1[1, 0]}
for name, value in by_paths.items():
    print(f"{name:>8}: by the paths {value:.8f}, by reverse mode {by_reverse[name]:.8f}")
    assert np.isclose(value, by_reverse[name])

# %% [markdown] id="cost"
# ## What each of them costs
#
# A function with $n$ inputs and $m$ outputs has $m\,n$ partial derivatives. The next table counts how often the function is run through, forwards or backwards, to get them all.
#
# > **Think first.** Fill the table in your head for $n=1000$, $m=1$ (a loss), and for $n=1$, $m=1000$.


# %% id="cost-table"
def to_one(p):
    """n inputs, one output."""
    return (sin(p) * p).sum()


def to_many(p):
    """One input, m outputs: p times a fixed vector."""
    return sin(p * np.linspace(1, 2, 20))


for title, f, point in (
    ("20 inputs, 1 output", to_one, np.linspace(0.1, 1, 20)),
    ("1 input, 20 outputs", to_many, 0.3),
):
    print(title)
    for cost in cost_table(f, point):
        print(
            f"   {cost.way:<20} forward runs {cost.evaluations:>4}   backward passes {cost.backward_passes:>3}"
        )

rows = {cost.way: cost for cost in cost_table(to_one, np.linspace(0.1, 1, 20))}
assert rows["reverse mode"].backward_passes == 1 and rows["forward mode"].evaluations == 20
assert rows["central differences"].evaluations == 40

# %% [markdown] id="cost-figure-intro"
# Drawn for a loss, one output, over the number of inputs. Which line stays on the floor?

# %% id="cost-figure"
counts = (1, 2, 5, 10, 20, 50)
runs = {"central differences": [], "forward mode": [], "reverse mode": []}
for n in counts:
    for cost in cost_table(to_one, np.linspace(0.1, 1, n)):
        if cost.way in runs:
            runs[cost.way].append(cost.evaluations + cost.backward_passes)
figure, axes = plots.figure(7.2, 3.6)
for (way, values), style in zip(runs.items(), ("-o", "--s", "-.^"), strict=True):
    axes.loglog(counts, values, style, label=way)
axes.set(
    xlabel="inputs $n$ (one output)",
    ylabel="runs through the function",
    title="Only reverse mode does not care how many inputs",
)
axes.legend(frameon=False)
plots.Picture(
    figure,
    "Runs through a function of n inputs and one output: central differences 2n, forward mode n, reverse mode "
    f"{runs['reverse mode'][-1]} (one forward, one backward) at every n; at n = 50 they are {', '.join(str(v[-1]) for v in runs.values())}.",
)

# %% [markdown] id="which"
# So there are two questions, and here are their answers.
#
# **When can gradients be computed at all?** When the network is made of operations that have a derivative, or a subderivative at their corners ([lecture 10](10-special-cases.ipynb)): nothing else is asked of the architecture, loops and branches included.
#
# **When efficiently?** When there is *one* number at the end and the intermediate values can be kept: then by reverse mode, for a small multiple of the cost of the function, however many weights there are.
#
# | way | requires | gives in one go | for all $m\,n$ | good for | bad for |
# |---|---|---|---|---|---|
# | finite differences | that the function can be called | one directional slope, about 10 digits | $2n$ runs | testing the other three | many inputs; noisy functions |
# | symbolic | an expression | a formula | depends on sharing | understanding, small problems | programs; swells if nothing is shared |
# | forward mode | the program, its operators | all outputs to one input | $n$ runs | few inputs | losses |
# | reverse mode | the program, memory for its values | one output to all inputs | $m$ backward passes | losses: training | many outputs |

# %% id="poll-choose" fold=true
Poll(
    "A simulator has 3 parameters and returns 10,000 numbers; you want all 30,000 derivatives, exactly. Which way?",
    ["Finite differences", "Symbolic", "Forward mode", "Reverse mode"],
    answer=2,
    reasons=[
        "Six runs are cheap, but not exact.",
        "A simulator is a program with loops, not an expression.",
        "Three runs, one for each parameter, each giving the derivatives of all 10,000 outputs.",
        "It would take a backward pass for each output: 10,000.",
    ],
    name="Poll: a simulator",
)

# %% id="poll-test" fold=true
Poll(
    "You have written a backward pass and want to test it. Which way suits best, and at how many digits would you begin to worry?",
    [
        "Central differences; if fewer than about six digits agree where the derivative is not tiny.",
        "Central differences with h = 10⁻¹⁵; if any digit differs.",
        "Reverse mode by a library; if fewer than three digits agree.",
    ],
    answer=0,
    reasons=[
        "They need nothing but the forward pass and reach 8 to 10 digits at h ≈ 10⁻⁵.",
        "At that h round-off has eaten nearly all digits: see the left side of the V.",
        "A fine second opinion, but two exact methods should agree to 12 digits and more.",
    ],
    name="Poll: testing a backward pass",
)

# %% [markdown] id="summary"
# ## Summary
#
# * **Measuring** needs only calls, and a step between truncation and round-off: a V with its bottom near $10^{-5}$; the complex step has no left side.
# * **Formulas** can be read, and swell unless common parts are shared.
# * **Dual numbers** carry the derivative along: exact, one run an input.
# * **Reverse mode** keeps the values, goes back in reverse topological order, *adds* shares: one backward pass for all inputs. On a network it is backpropagation.
#
# **Next:** [13 · Training](13-training.ipynb). **Practise:** in [problem set 5](../assignments/release/ps5/ps5.ipynb) you build three of them, central differences, dual numbers and a graph, and set them on each other.
#
# **Sources.** The four ways, both quizzes and the modules follow a deck on differentiation (E); the V curve, the complex step, swelling and the counts are ours. Its misprints:

# %% id="errata-proof"
for name in (
    "e-missing-derivative",
    "e-quiz-shapes",
    "e-input-derivative",
    "e-bias-unit",
    "e-cross-entropy-derivative",
):
    proof = errata.get(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}: {proof.evidence}\n")

# %% [markdown] id="title"
# # 09 · The backward pass, one number at a time
#
# A network has answered, and the answer is wrong. Which of its weights should have been different, in which
# direction, and by how much? In this lecture you find the answer for *every* weight of a network at once,
# with nothing but multiplications and sums that you can do on paper.
#
# **You will be able to**
#
# * compute, by hand, the derivative of the divergence to every number in a small network, in the right order;
# * say which numbers of the forward pass must be kept, and why the backward order is what it is;
# * write the algorithm as loops, check it, find the layer in which it is broken, and say what it costs;
# * do two complete training steps with momentum, and avoid the mistake that most people make in them;
# * recognise the algorithm in three notations.
#
# **You need** the [forward pass](08-the-forward-pass.ipynb), the
# [chain rule as a sum over paths](07-chain-rule-as-influence.ipynb), and what a [divergence](04-divergences.ipynb)
# is. Take about 90 minutes, with a pencil. A good place for a break is marked.

# %% id="imports"
from textwrap import fill
from time import process_time

import numpy as np

from mlpkit import (
    MLP,
    SGD,
    backward_steps,
    check_gradients,
    diagnose,
    forward_steps,
    half_squared_error,
    numerical_gradient,
    relu,
    sigmoid,
    tanh,
    training_step,
)
from mlpkit.diagrams import backward_story, step_table, training_story
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.plots import Picture, figure, theme
from mlpkit.widgets import Poll, Stepper

# %% [markdown] id="tiny-network"
# ## The network that we carry through
#
# Two inputs, two hidden units, one output, all sigmoid. To be able to follow every digit, all nine weights
# and biases start at 0.1. (Nobody trains from equal weights, and by the end of this lecture you will see
# the reason with your own eyes.) The instance is $x=(1,0)$ and its target is $d=0.9$.

# %% id="forward"
net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
params = {name: np.full(shape, 0.1) for name, shape in net.shapes().items()}
x, d = np.array([1.0, 0.0]), np.array([0.9])

trace = net.forward(params, x)
print("hidden sums    z1 =", trace.z[1])
print("hidden outputs y1 =", trace.y[1].round(5))
print("output sum     z2 =", trace.z[2].round(5))
print("output         y2 =", trace.output.round(5))
print("divergence        =", round(net.loss(params, x, d), 5))

assert np.allclose(trace.y[1], 0.54983, atol=5e-6) and np.allclose(trace.output, 0.55230, atol=5e-6)

# %% [markdown] id="question"
# The output should be 0.9 and is about 0.55. The divergence measures the miss.
#
# > **Think first.** You may change one of the nine weights a little. How would you find out, knowing nothing
# > but how to run the network forward, which one helps most?
#
# ## Ask each weight in turn
#
# You would nudge it and look. Move one weight up by a tiny $h$ and down by the same, and see what the
# divergence does: that is a derivative, measured. Here it is for the bias of the output unit.

# %% id="nudge-one"
h = 1e-5


def divergence_with_output_bias(b):
    return net.loss({**params, "b2": np.array([b])}, x, d)


up, down = divergence_with_output_bias(0.1 + h), divergence_with_output_bias(0.1 - h)
print("derivative to the output bias, measured:", round((up - down) / (2 * h), 6))

# %% [markdown] id="nudge-cost"
# Negative: raising this bias lowers the divergence. The same works for the other eight, at two forward passes
# each. That is the catch. A network with a million weights would need two million forward passes for *one*
# step of learning.
#
# The backward pass finds all of these derivatives together, for about the price of two forward passes. And the
# nudge stays useful for the rest of your life: it is how you check that you did the rest right.

# %% id="nudge-all"
measured = numerical_gradient(lambda p: net.loss(p, x, d), params)
for name, values in measured.items():
    print(name, values.round(6).tolist())

# %% [markdown] id="overdot"
# ## A dot for "derivative of the divergence"
#
# Every number in the network influences the divergence, so every number has a derivative, and we shall write a
# great many of them. One notation saves most of the ink: **a dot over a quantity is the derivative of the
# divergence to that quantity.**
#
# {formula:overdot-z}
#
# So $\dot y^{(1)}_2$ answers: *if the output of hidden unit 2 were a little larger, how much would the divergence
# grow?* A dot always has exactly as many components as the thing under it.
#
# ## Step 1: at the output
#
# We begin where the divergence is, because there the answer needs no chain rule at all. For half the squared error
#
# {formula:half-squared-error}
#
# the derivative to an output is simply how far it is off:
#
# {formula:output-derivative}

# %% id="output-derivative"
dy2 = trace.output - d
print("ẏ of the output unit:", dy2.round(5))

# %% [markdown] id="through-activation"
# ## Step 2: back through the activation
#
# > **Think first.** The output unit computed $y=f(z)$. You know how the divergence reacts to $y$. How does it react
# > to $z$?
#
# One link more in the chain, so one factor more: the slope of the activation.
#
# {formula:through-activation}
#
# Look at *where* the slope is taken: at the sum $z$, which the forward pass computed. This is the first number that
# had to be kept. For the sigmoid we are lucky, because its slope can be read off its value:
#
# {formula:sigmoid-slope}

# %% id="through-activation-code"
slope = trace.output * (1 - trace.output)
dz2 = slope * dy2
print("slope of the sigmoid there:", slope.round(5))
print("ż of the output unit:      ", dz2.round(5))

assert np.allclose(dz2, -0.08597, atol=5e-6)

# %% id="poll-saturated" fold=true
Poll(
    "A hidden sigmoid unit has $z=12$. In this step its weights will learn",
    ["fast, because its output is large.", "hardly at all.", "about as fast as those of other units."],
    answer=1,
    reasons=[
        "The size of the output matters to the weights above. To its own weights the slope matters.",
        "The slope at 12 is about 0.000006, and every dot that passes the unit is multiplied by it.",
        "They would if the slopes were alike; at 12 the sigmoid is nearly flat.",
    ],
    name="Poll: a saturated unit",
)

# %% [markdown] id="to-the-weights"
# ## Step 3: to the weights
#
# The sum into unit $j$ is made of products, weight times what flows through it, and the bias is the weight of a
# constant 1:
#
# {formula:affine}
#
# > **Think first.** If $w_{ij}$ grows by a little, how much does $z_j$ grow?
#
# By that little, times whatever came in through this weight. Nothing else in the sum moves:
#
# {formula:local-weight}
#
# And so the derivative to a weight is a product of two numbers that meet on it, **what came in at its tail, and the
# dot at its head**:
#
# {formula:weight-derivative}
#
# For the bias what came in is 1:
#
# {formula:bias-derivative}

# %% id="to-the-weights-code"
dw2 = trace.y[1] * dz2
db2 = dz2
print("to the two weights into the output:", dw2.round(6))
print("to its bias:                       ", db2.round(6))

assert np.allclose(dw2, measured["W2"][0], atol=1e-9)
assert np.allclose(db2, measured["b2"], atol=1e-9)
print("Both agree with the nudges.")

# %% id="poll-zero-input" fold=true
Poll(
    "An input was 0 in this instance. The derivatives to the weights that leave it are",
    ["zero.", "equal to the dot of the unit that they lead to.", "unknown without the target."],
    answer=0,
    reasons=[
        "A weight's derivative is what came in at its tail times the dot at its head, and 0 came in.",
        "That is so for the bias, whose input is always 1.",
        "The dot at the head depends on the target, but it is multiplied by 0.",
    ],
    name="Poll: derivatives of the weights from an input of zero",
)

# %% [markdown] id="to-the-layer-below"
# ## Step 4: down to the layer below
#
# Now the hidden layer. A hidden output $y_i$ reaches the divergence only through the sums that it feeds, each by its
# own weight:
#
# {formula:local-input}
#
# [Lecture 07](07-chain-rule-as-influence.ipynb) said what to do when influence takes several ways: multiply along each
# path, and **add over the paths**. So a unit collects, from every unit that it feeds, that unit's dot times the weight
# between them:
#
# {formula:to-layer-below}
#
# Compare this with the affine sum above. There unit $j$ added up over everything that comes **in**, and the sum ran
# over $i$. Here unit $i$ adds up over everything it goes **out** to, and the sum runs over $j$. Same weights, other
# index.

# %% id="to-the-layer-below-code"
W2 = params["W2"]
dy1 = W2.T @ dz2
print("ẏ of the hidden units:", dy1.round(6))

# %% [markdown] id="again"
# And now? We stand at the outputs of layer 1 with their dots in hand, exactly as we stood at the outputs of layer 2
# after step 1. **Steps 2, 3 and 4 repeat, layer after layer, until the input.** There is nothing more to the backward
# pass.
#
# ### Try it: the hidden layer
#
# Finish the pass: with a pencil first, then in code. The function below is given the dots of the hidden outputs, their
# sums, and the input; `sigmoid.derivative(z)` is the slope. `np.outer(a, b)` makes the table of all products
# `a[j] * b[i]`. And while you write: why will two of the six derivatives be zero?


# %% id="try-hidden"
def hidden_layer(dy1, z1, x):
    """ż of the hidden units (2,), and the derivatives to W1 (2, 2) and b1 (2,)."""
    return None  # for instance {"dz1": ..., "dW1": ..., "db1": ...}


# %% id="try-hidden-check" fold=true
# Check
def right_hidden_layer(dy1, z1, x):
    dz1 = sigmoid.derivative(z1) * dy1
    return {"dz1": dz1, "dW1": np.outer(dz1, x) + 0.0, "db1": dz1}  # adding 0 turns -0 into 0


no_twins = (np.array([0.3, -0.2]), np.array([0.5, -1.0]), np.array([0.4, 0.1]))
check_function(
    "hidden_layer",
    hidden_layer,
    [(dy1, trace.z[1], x), no_twins],
    right_hidden_layer,
    "Slope times dot gives ż. Row j, column i of dW1 is what came in from input i times ż of unit j.",
)

# %% id="hidden-solution" fold=true
# Solution
dz1 = sigmoid.derivative(trace.z[1]) * dy1
dW1 = np.outer(dz1, x)
db1 = dz1

# The second input was 0: its weights did nothing, so no change of them could have helped.
assert np.allclose(dz1, -0.002128, atol=5e-7) and np.array_equal(dW1[:, 1], [0, 0])
assert np.allclose(dW1, measured["W1"], atol=1e-9) and np.allclose(db1, measured["b1"], atol=1e-9)

# %% [markdown] id="stepper-intro"
# ## All of it on the picture
#
# Here is the whole pass, every number in its place. The upper number in a cell is from the forward pass; the brown one
# below it is its dot. On a line stand a weight and its derivative. The yellow cell is being computed; the blue ones are
# what it is computed from. Step with the buttons, or click the picture and use <kbd>→</kbd> and <kbd>←</kbd>.
#
# While you step, watch for two things: *what is blue has always been computed before*, and *every weight is used twice*,
# once for its own derivative and once to carry a dot down.

# %% id="stepper"
Stepper(backward_story(net, params, x, d), label="Backward pass of the tiny network")

# %% [markdown] id="stepper-table"
# The same as a list, for reading:

# %% id="stepper-table-code"
step_table(backward_steps(net, params, x, d), "The backward pass for x = (1, 0), d = 0.9")

# %% [markdown] id="more-units"
# A single output hides the sum over paths, because there is only one way up. In the next picture every hidden unit feeds
# two outputs; the weights are those of [lecture 08](08-the-forward-pass.ipynb). Stop when a hidden $\dot y$ is computed and
# check that two blue cells flow into it.

# %% id="stepper-two-outputs"
net2 = MLP(widths=(2, 2, 2), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
params2 = {
    "W1": np.array([[0.2, 0.1], [0.3, -0.4]]),
    "b1": np.array([0.1, -0.2]),
    "W2": np.array([[-0.2, -0.1], [0.1, -0.5]]),
    "b2": np.array([0.0, 0.0]),
}
Stepper(
    backward_story(net2, params2, [0.4, 0.1], [1.0, 0.0]),
    index=11,
    label="Backward pass of a network with two outputs",
)

# %% [markdown] id="try-paths-intro"
# ### Try it: add over the paths
#
# The picture stands at step 12, where $\dot y^{(1)}_1$ is made. Before you press <kbd>→</kbd>: compute $\dot y^{(1)}_2$ from the four
# numbers that it needs, read off the picture. Write the sum into the next cell as you would on paper.

# %% id="try-paths"
my_dot = None  # weight times dot, plus weight times dot

# %% id="try-paths-check" fold=true
# Check
gradients2 = net2.backward(params2, net2.forward(params2, [0.4, 0.1]), [1.0, 0.0])
check_answer(
    "ẏ of hidden unit 2",
    my_dot,
    gradients2.wrt_y[1][1],
    "Unit 2 feeds output 1 by the weight -0.1 and output 2 by the weight -0.5; each times the dot at its head.",
    tolerance=1e-4,
)

# %% id="try-paths-solution" fold=true
# Solution: the dots of the sums are -0.1339 and 0.1128, the weights out of unit 2 are -0.1 and -0.5.
dot = -0.1 * -0.1339 + -0.5 * 0.1128
assert abs(dot - gradients2.wrt_y[1][1]) < 1e-4

# %% [markdown] id="question-order"
# *(A good place for a break. What follows looks at the pass from outside: its order, its memory, its cost.)*
#
# ### Why is the backward order the reverse of a topological order?
#
# Write the units in a line such that every arrow of the network points from an earlier one to a later one. That is a
# *topological order*, and the forward pass may follow any such line, because a unit waits for all that flows **into** it.
#
# A dot waits for the opposite. The dot of $y_i$ adds up the dots of everything that $y_i$ flows **out** to, so it can be
# computed only when all of these are known. Every arrow of waiting is turned round, and so is the line: **read it from
# the end.** In a network of layers that means layer $N$ first and layer 1 last; within a layer any order will do.
# (In a network with connections that jump over layers "layer by layer" says too little. The line still says everything:
# [lecture 11](11-vector-form.ipynb) has such a network.)
#
# This needs no belief. Each step of our list knows what it reads. The function below goes through a list of steps and
# names the first one that reads a dot which is not there yet.


# %% id="order"
def first_too_early(steps):
    """The first step that reads a dot before it was computed, or None."""
    known = set()
    for step in steps:
        dots = [name for name in step.used if name.quantity in ("dy", "dz")]
        if not known.issuperset(dots):
            return step
        known.add(step.target)
    return None


steps = backward_steps(net2, params2, [0.4, 0.1], [1.0, 0.0])
# The same layers from the last to the first, but within each layer the last unit first.
kinds = ("dy", "dz", "dw")
turned = sorted(steps, key=lambda s: (-s.target.layer, kinds.index(s.target.quantity), -s.target.indices[-1]))
# The layers from the first to the last.
upwards = sorted(steps, key=lambda s: s.target.layer)

early = first_too_early(upwards)
waits_for = " and ".join(str(name) for name in early.used if name.quantity == "dz")
print("layer N down to layer 1, too early:     ", first_too_early(steps))
print("the same, units of a layer turned round:", first_too_early(turned))
print("layer 0 up to layer N:                  ", early.target, "would need", waits_for)

# %% [markdown] id="question-kept"
# ### Which intermediate values must be kept?
#
# > **Think first.** Suppose that after the forward pass one array is lost. Which derivatives are lost with it? Guess for
# > each of $x$, $z_1$, $y_1$, $z_2$, $W_1$, $W_2$ and the biases, before you run the experiment.
#
# We shall try it: the algorithm as loops, then one array after the other overwritten with other numbers, as happens in a
# program that uses its memory again too soon. Here are both passes. Read them side by side:
#
# | forward, $k=1..N$ | backward, $k=N..1$ |
# |---|---|
# | begin with the input | begin with the derivatives to the outputs |
# | sum over all that comes **in**: {formula:affine} | sum over all it goes **out** to: {formula:to-layer-below} |
# | through the activation: {formula:activation} | times its slope: {formula:through-activation} |
# | | and on the way, for every weight: {formula:weight-derivative} |
# | end with the outputs | end with the derivatives to the input |
#
# The right column is the left one in a mirror: sums become sums over the other index, the activation becomes a
# multiplication by its slope. The one thing without a mirror image is the derivative of the weights themselves.


# %% id="algorithm"
def forward_by_loops(net, params, x):
    """Outputs y[0..N] and sums z[1..N] of one instance, one number at a time."""
    y, z = [list(x)], [None]
    for k in range(1, net.depth + 1):
        W, b, f = params[f"W{k}"], params[f"b{k}"], net.activation(k)
        before, units = range(net.widths[k - 1]), range(net.widths[k])
        z.append([b[j] + sum(W[j, i] * y[k - 1][i] for i in before) for j in units])
        y.append([f(z[k][j]) for j in units])
    return y, z


def backward_by_loops(net, params, y, z, d, slope=lambda f, z: f.derivative(z)):
    """Derivatives of half the squared error to all parameters and to the input "x", one number at a time."""
    grads = {}
    dy = [y[net.depth][j] - d[j] for j in range(net.widths[-1])]
    for k in range(net.depth, 0, -1):
        W, f = params[f"W{k}"], net.activation(k)
        before, units = range(net.widths[k - 1]), range(net.widths[k])
        dz = [slope(f, z[k][j]) * dy[j] for j in units]
        grads[f"W{k}"] = np.array([[y[k - 1][i] * dz[j] for i in before] for j in units])
        grads[f"b{k}"] = np.array(dz)
        dy = [sum(W[j, i] * dz[j] for j in units) for i in before]
    return grads | {"x": np.array(dy)}


# %% [markdown] id="kept-intro"
# Now the experiment. In each row of the output one array has been overwritten between the two passes; behind the arrow stand
# the derivatives that come out wrong.


# %% id="kept"
def wrong_without(overwritten):
    """Names of the derivatives that change when one array is overwritten after the forward pass."""
    y, z = forward_by_loops(net2, params2, [0.4, 0.1])
    right = backward_by_loops(net2, params2, y, z, [1.0, 0.0])
    weights = dict(params2)
    where = {"x": (y, 0), "y1": (y, 1), "y2": (y, 2), "z1": (z, 1), "z2": (z, 2)}
    place, key = where.get(overwritten, (weights, overwritten))
    place[key] = np.asarray(place[key]) + 0.7
    now = backward_by_loops(net2, weights, y, z, [1.0, 0.0])
    return [name for name in right if not np.allclose(right[name], now[name])]


for overwritten in ("y2", "z2", "y1", "z1", "x", "W2", "W1", "b2", "b1"):
    print(f"without {overwritten:>2}  →  {', '.join(wrong_without(overwritten)) or 'nothing is lost'}")

# %% [markdown] id="kept-answer"
# So the answer is: **every $y$, every $z$, and the weights as they were.** Each for its own reason: $z$ for the slope, $y$ for
# the weights that it feeds, a layer's weights for the way down to the layer below. Two things are worth a second look.
#
# * No bias is ever read again, and $W_1$ only by whoever wants the derivative to the input.
# * The last output is read first of all: without it no pass can begin. The value of the divergence, on the other hand, is
#   read by nobody.
#
# That is why training takes more memory than answering: all layers of all instances of the batch must be held until the
# backward pass has been there, while for answering alone one layer at a time is enough. (For a sigmoid $z$ can be
# given up, because its slope can be computed from $y$. Programs do that.)
#
# ## Does it work in general?
#
# The loops know nothing of our little network. Try them on one that we did not have in mind when we wrote them: four layers
# of weights, mixed activations, random weights; every derivative compared with the nudge.

# %% id="algorithm-check" check=false
rng = np.random.default_rng(9)
deep = MLP(widths=(3, 4, 5, 3, 2), hidden=(tanh, relu, sigmoid), output=tanh)
deep_params = deep.init(rng, scale=1.0)
deep_x, deep_d = rng.normal(size=3), rng.uniform(size=2)

deep_y, deep_z = forward_by_loops(deep, deep_params, deep_x)


def deep_loss(p):
    return deep.loss(p, deep_x, deep_d)


deep_grads = backward_by_loops(deep, deep_params, deep_y, deep_z, deep_d)
dx = deep_grads.pop("x")
report = check_gradients(deep_loss, deep_params, deep_grads)
assert report
report

# %% [markdown] id="sabotage"
# ### Try it: break it
#
# A check that cannot fail proves nothing. Below, the slope is left out in one layer only: the tanh of layer 1 keeps its own, the
# sigmoid of layer 3 does not.
#
# > **Think first.** Before you look at the report: which parameters will be wrong, and which will be right all the same?


# %% id="sabotage-code"
def forgets_the_sigmoid(f, z):
    return 1.0 if f is sigmoid else f.derivative(z)


broken = backward_by_loops(deep, deep_params, deep_y, deep_z, deep_d, slope=forgets_the_sigmoid)
del broken["x"]
for parameter in check_gradients(deep_loss, deep_params, broken).parameters:
    verdict = (
        "agrees" if parameter.ok else f"differs in {np.sum(parameter.absolute > parameter.limit)} entries"
    )
    print(parameter.name, verdict)

# %% [markdown] id="sabotage-answer"
# Layer 4 is right: its derivatives were ready before the pass came to the mistake. Layer 3 is wrong, and everything below it as
# well, because each layer's dots are made from those above. So when you look for a mistake in a backward pass, begin with the
# wrong layer **nearest the output**.
#
# Some mistakes can be recognised by the numbers that they leave behind. The next cell does what a careful reader of your code
# would do: it compares wrong derivatives with those that well-known mistakes would give. Break the loops in a way of your own
# (`y[k]` for `y[k - 1]`, a forgotten sign, `dy` without the weights), run their cell and this one again, and see whether your
# mistake is known. Afterwards mend the loops: the rest of the lecture uses them.

# %% id="diagnosis"
passes = forward_by_loops(net2, params2, [0.4, 0.1])
as_it_stands = backward_by_loops(net2, params2, *passes, [1.0, 0.0])
without_slopes = backward_by_loops(net2, params2, *passes, [1.0, 0.0], slope=lambda f, z: 1.0)

for what, grads in {"the loops as they stand": as_it_stands, "without any slope": without_slopes}.items():
    parameters = {name: grads[name] for name in params2}
    hints = diagnose(parameters, net2, params2, [0.4, 0.1], [1.0, 0.0])
    print(fill(f"{what}: {hints[0].sentence if hints else 'nothing to say.'}", 100))

# %% [markdown] id="cost-question"
# ## What it costs
#
# > **Think first.** Count the multiplications in the loops. How often is each weight used?
#
# Each weight is used once for its own derivative and once on the way down, and each unit multiplies once by its slope:
#
# {formula:backward-products}
#
# Twice the number of weights, and a little: **linear in the size of the network.** Nudging costs two forward passes *for each*
# weight or bias, and a forward pass costs one multiplication a weight: quadratic. The next table counts the steps of real passes,
# and the figure draws it. Look at the two slopes: near 1, ten times the weights cost ten times as much; near 2, they cost a
# hundred times as much. (They are not exactly 1 and 2 because every unit
# adds its slope and its bias; in large networks these hardly count.)

# %% id="cost"
weights_, backward_, nudging_ = [], [], []
print(f"{'widths':>14} {'weights':>8} {'backward':>9} {'per weight':>11} {'nudging all':>12}")
for width in (2, 4, 8, 16, 32):
    wide = MLP(widths=(width, width, width), hidden=sigmoid, output=sigmoid)
    wide_params = wide.init(np.random.default_rng(0))
    products = sum(
        step.products for step in backward_steps(wide, wide_params, np.ones(width), np.ones(width))
    )
    one_pass = sum(step.products for step in forward_steps(wide, wide_params, np.ones(width)))
    assert one_pass == 2 * width**2 and products == 2 * (2 * width**2 + width)
    weights_.append(one_pass)
    backward_.append(products)
    nudging_.append(2 * wide.parameter_count * one_pass)
    name = "-".join(map(str, wide.widths))
    print(f"{name:>14} {one_pass:>8} {products:>9} {products / one_pass:>11.2f} {nudging_[-1]:>12,}")


# %% id="cost-figure" fold=true
# Draw the columns of the table
def slope_of(counts):
    """Slope of the line from the smallest to the largest network, on logarithmic axes."""
    return np.log(counts[-1] / counts[0]) / np.log(weights_[-1] / weights_[0])


with theme():
    canvas, axes = figure(7.2, 3.6)
    axes.loglog(weights_, backward_, marker="o", label=f"backward pass: slope {slope_of(backward_):.2f}")
    axes.loglog(
        weights_, nudging_, marker="s", linestyle="--", label=f"nudging: slope {slope_of(nudging_):.2f}"
    )
    axes.set(
        xlabel="weights of the network", ylabel="multiplications", title="One way is linear, one quadratic"
    )
    axes.legend(frameon=False)
Picture(
    canvas,
    "Multiplications for all derivatives against the number of weights, on logarithmic axes. The backward pass rises with "
    f"slope {slope_of(backward_):.2f} from {backward_[0]} to {backward_[-1]:,}, nudging with slope "
    f"{slope_of(nudging_):.2f} from {nudging_[0]} to {nudging_[-1]:,}.",
)

# %% [markdown] id="cost-clock-intro"
# Counting is not measuring. Here is the clock, on your machine: both passes of the loops, in billionths of a second **for each
# weight**. If the cost is linear, the numbers in a column settle instead of growing with the network.


# %% id="cost-clock" check=false
def shortest_time(function, *arguments, repeats=7):
    """Shortest of a few runs, the one that was disturbed least; seconds of the processor."""
    times = []
    for _ in range(repeats):
        begin = process_time()
        function(*arguments)
        times.append(process_time() - begin)
    return min(times)


print(f"{'weights':>8} {'forward':>9} {'backward':>9}   nanoseconds a weight")
for width in (16, 32, 64, 96):
    wide = MLP(widths=(width, width, width), hidden=sigmoid, output=sigmoid)
    wide_params, ones = wide.init(np.random.default_rng(0)), np.ones(width)
    y, z = forward_by_loops(wide, wide_params, ones)
    there = shortest_time(forward_by_loops, wide, wide_params, ones)
    back = shortest_time(backward_by_loops, wide, wide_params, y, z, ones)
    weights = 2 * width * width
    print(f"{weights:>8} {1e9 * there / weights:>9.0f} {1e9 * back / weights:>9.0f}")

# %% id="poll-cost" fold=true
Poll(
    "A forward pass of a network with 10,000 weights takes a millisecond. About how long do all derivatives for one "
    "instance take, by the backward pass and by nudging?",
    ["2 ms and 20 s", "2 ms and 20 ms", "10 s and 20 s", "100 ms and 20 s"],
    answer=0,
    reasons=[
        "Two multiplications a weight instead of one; against two forward passes for each of 10,000 weights.",
        "20 ms would be 20 forward passes. Nudging needs two for each weight: 20,000.",
        "10 s would be 10,000 forward passes: one a weight. The backward pass treats all weights together.",
        "Nudging is right. But 100 ms would be 100 forward passes; the backward pass costs about two, however large the "
        "network is.",
    ],
    name="Poll: the time for all derivatives",
)

# %% [markdown] id="not-training"
# ## From derivatives to learning: one step by hand
#
# Now that we have all derivatives: has the network learnt anything?

# %% id="poll-what" fold=true
Poll(
    "How does backpropagation relate to training?",
    [
        "Backpropagation is training: it is how a network learns.",
        "Backpropagation changes the weights during training.",
        "Backpropagation supplies derivatives; what training does with them is decided elsewhere.",
    ],
    answer=2,
    reasons=[
        "Nothing has been learnt yet: the cells above computed dozens of derivatives, and every weight is still 0.1.",
        "Look at the loops: they read the weights and write only derivatives. Plain descent and momentum would make "
        "different changes out of the very same numbers.",
        "And whoever uses them may want something else than training: to know which input mattered, for instance.",
    ],
    name="Poll: backpropagation and training",
)

# %% [markdown] id="training-step"
# Something else decides what to do with the derivatives: here, gradient descent with momentum. A weight's change is a share
# $\alpha$ of its last change plus a step of size $\eta$ down the slope,
#
# {formula:momentum-change}
#
# and then every weight moves:
#
# {formula:weight-update}
#
# With $\eta=0.2$, $\alpha=0.9$ and no earlier change:

# %% id="training-step-code"
optimizer = SGD(step=0.2, momentum=0.9)
first = training_step(net, params, x, d, optimizer)
gradients, new, changes = first.gradients, first.params, first.changes

assert np.allclose(gradients["b2"], -0.08597, atol=5e-6) and np.allclose(
    gradients["b1"], -0.002128, atol=5e-7
)
assert np.allclose([*new["b2"], *new["W2"][0]], [0.11719, 0.10945, 0.10945], atol=5e-6)
for unit in (0, 1):
    assert np.allclose([new["b1"][unit], *new["W1"][unit]], [0.10043, 0.10043, 0.1], atol=5e-6)
first

# %% [markdown] id="symmetry"
# In the table `w(2)[0,1]` is $w^{(2)}_{01}$, the bias of the output. Check one row with your pencil: the bias of the output moves
# by $0.2\cdot0.08597=0.01719$.
#
# Look at the two hidden units: they began equal and they are **still equal**. They received the same inputs, fed the output
# through equal weights, and so got equal derivatives. They will stay twins for ever, and a network with twins has in truth
# only one hidden unit. That is why training starts from small *random* weights.
#
# ### The mistake that most people make
#
# > **Think first.** You have just computed the new output weights, 0.10945. Now you compute the derivatives of the hidden layer,
# > and $\dot y$ of a hidden unit needs an output weight. The old one or the new one?
#
# **The old one.** All derivatives belong to one and the same network, the one that made the forward pass. With the new weight
# the hidden dot would come out differently:

# %% id="old-weights"
nudged = measured["b1"][0]
right = sigmoid.derivative(trace.z[1]) * (params["W2"].T @ gradients.wrt_z[2])
wrong = sigmoid.derivative(trace.z[1]) * (new["W2"].T @ gradients.wrt_z[2])
print(
    f"ż of a hidden unit with the old weights {right[0]:.6f}, with the new {wrong[0]:.6f}; the nudge says {nudged:.6f}"
)

assert np.isclose(wrong[0], -0.002329, atol=5e-7) and np.isclose(right[0], nudged, atol=1e-9)

# %% [markdown] id="second-step"
# ## The second step
#
# The next instance is $x=(0,1)$ with target $-0.3$. The network is the one that the first step has left, and now there *is* an
# earlier change, so momentum comes in. The forward pass and the first dot by hand:
#
# * hidden sums: $0.10043+0.1=0.20043$, so $y=0.54994$ for both twins;
# * output: $0.11719+2\cdot0.10945\cdot0.54994=0.23758$, so $y=0.55912$;
# * $\dot y=0.55912+0.3=0.85912$, slope $0.55912\cdot0.44088=0.24651$, so $\dot z=0.21178$;
# * the bias of the output last moved by $+0.01719$. Its new change is $0.9\cdot0.01719-0.2\cdot0.21178=-0.02688$, and
#   the bias becomes $0.11719-0.02688=0.09031$.
#
# ### Try it: the rest of the step
#
# Do the same for three other numbers: a weight from a hidden unit to the output, and both weights of a hidden unit. Old value,
# last change and this step's derivative are all you need; the table above has the first two. Give five decimals.

# %% id="try-second"
my_second_step = None  # for instance {"output weight": ..., "hidden weight 1": ..., "hidden weight 2": ...}

# %% id="try-second-check" fold=true
# Check
x2, d2 = np.array([0.0, 1.0]), np.array([-0.3])
second = training_step(net, new, x2, d2, optimizer, changes)
check_answer(
    "the second step",
    my_second_step,
    {
        "output weight": second.params["W2"][0, 0],
        "hidden weight 1": second.params["W1"][0, 0],
        "hidden weight 2": second.params["W1"][0, 1],
    },
    "The change is 0.9 times the last change minus 0.2 times the derivative; a derivative is what came in times ż, "
    "and ż of a hidden unit is its slope times 0.10945 times 0.21178.",
    tolerance=2e-5,
)

# %% id="second-step-code" fold=true
# Solution: the rest of the step, for the twins alike, rounded only where it is written down.
weight = 0.10945 + 0.9 * 0.00945 - 0.2 * 0.54994 * 0.21178
hidden_dz = 0.54994 * 0.45006 * 0.10945 * 0.21178
weight_1 = 0.10043 + 0.9 * 0.00043 - 0.2 * 0 * hidden_dz
weight_2 = 0.1 + 0.9 * 0 - 0.2 * 1 * hidden_dz
assert np.allclose([weight, weight_1, weight_2], [0.09467, 0.10081, 0.09885], atol=1.5e-5)

# %% [markdown] id="second-step-picture-intro"
# ### The whole second step
#
# On the picture: forward, backward, then every weight before and after. Go to the end with <kbd>End</kbd> and look at the
# weight from input 1 to a hidden unit. Its input was 0, its derivative is 0, **and still it moves**. Why?

# %% id="second-step-picture"
Stepper(
    training_story(net, new, x2, d2, optimizer, changes), label="The second training step of the tiny network"
)

# %% id="second-step-numbers"
newer = second.params
assert np.allclose(second.trace.y[1], 0.54994, atol=5e-6) and np.allclose(
    second.trace.output, 0.55912, atol=5e-6
)
assert np.allclose(second.trace.z[2], 0.23758, atol=5e-6)
assert np.allclose(second.gradients.wrt_z[2], 0.21178, atol=5e-6)
assert np.allclose(second.gradients.wrt_z[1], 0.005737, atol=5e-7)
assert np.allclose([*newer["b2"], *newer["W2"][0]], [0.09031, 0.09467, 0.09467], atol=5e-6)
for unit in (0, 1):
    assert np.allclose([newer["b1"][unit], *newer["W1"][unit]], [0.09966, 0.10081, 0.09885], atol=5e-6)
second

# %% [markdown] id="second-step-momentum"
# Momentum: nine tenths of its last change go on, whatever this instance says. A ball that rolls does not stop because the
# ground is level here.
#
# ### Why can a target of -0.3 never be met?
#
# > **Think first.** Suppose that we repeat this instance for a very long time. Where will the output go? Where will the divergence
# > go? And what will the weights do?
#
# The next cell tries it, beside a twin whose target is 0.1. Look down the columns: which of the two comes to rest?

# %% id="unreachable"
print("targets outside the range of the sigmoid:", net.unreachable_targets(d2).tolist())
print(f"{'steps':>6}   {'output':>8} {'divergence':>11} {'largest weight':>15}")
for target in (-0.3, 0.1):
    print("target", target)
    state, done = new, 0
    for goal in (10, 100, 1000, 4000):
        while done < goal:
            state, _ = SGD(step=2.0).update(state, net.backward(state, net.forward(state, x2), [target]))
            done += 1
        largest = max(np.abs(value).max() for value in state.values())
        print(
            f"{goal:>6}   {net.forward(state, x2).output[0]:>8.5f} {net.loss(state, x2, [target]):>11.6f} {largest:>15.3f}"
        )

# %% [markdown] id="unreachable-answer"
# A sigmoid's values lie strictly between 0 and 1. The output creeps towards 0 and never arrives; the divergence creeps towards
# $\frac12\cdot0.3^2=0.045$ and never gets below; and since only ever smaller sums help, the weights grow without end. The target
# of 0.1 is met, and the weights come to rest. **A target must be something that the output can say:** choose the activation of the
# output for the targets ([lecture 02](02-what-we-minimise.ipynb)), or scale the targets into its range.
#
# One step against such a target does no harm, and the source takes exactly one. What does the network, trained for two steps,
# answer for an instance that it has not seen, $x=(1,1)$ with the label 0.8?

# %% id="test-point"
answer = net.forward(newer, [1.0, 1.0]).output
print("answer:", answer.round(5), " divergence:", round(net.loss(newer, [1.0, 1.0], [0.8]), 5))

assert np.allclose(answer, 0.54960, atol=5e-6)

# %% [markdown] id="batches"
# Two steps do not teach much. The loss over a training set is the **mean** over its instances,
#
# {formula:mean-loss}
#
# so its derivatives are the means of the derivatives that you now know how to find:
#
# {formula:mean-gradient}
#
# ## And below the input?
#
# The pass has one last thing to say. When the loop ends it holds the dots of layer 0, and layer 0 is the input:
#
# {formula:input-derivative}
#
# There is no slope to multiply by, because input units compute nothing: **there is no $\dot z^{(0)}$.** The input is not trained
# either, but the answer is often wanted: *which part of the picture made the network say this?*

# %% id="input-derivative"
print("derivative to the input:", gradients.wrt_x.round(6))
assert np.allclose(gradients.wrt_x, numerical_gradient(lambda u: net.loss(params, u, d), x), atol=1e-9)
assert np.allclose(gradients.wrt_x, backward_by_loops(net, params, *forward_by_loops(net, params, x), d)["x"])

# %% [markdown] id="dictionary"
# ## How others write it
#
# You will meet this algorithm in many notations. The same lines in three of them: ours; that of a source which works with *error
# terms*; and that of a source which gives each stage a letter and each derivative its full name.
#
# | | here | with error terms | with a letter a stage |
# |---|---|---|---|
# | sum, output of a hidden unit | $z^{(1)}_j$, $y^{(1)}_j$ | (no letter), $h_j$ | $a_j$, $z_j$ |
# | sum, output of an output unit | $z^{(2)}_k$, $y^{(2)}_k$ | (no letter), $o_k$ | $b$, $y$ |
# | target | $d_k$ | $t_k$ | $y^*$ |
# | weights, first and second layer | $w^{(1)}_{ij}$, $w^{(2)}_{jk}$: **from, to** | $w_{ji}$, $w_{kj}$: **to, from** | $\alpha_{ji}$, $\beta_j$: **to, from** |
# | at the output sum | {formula:through-activation} with {formula:output-derivative} | {formula:b-output-error} | $\frac{dJ}{db}=y(1-y)\,\frac{dJ}{dy}$ |
# | at the hidden sums | {formula:backward-recursion} | {formula:b-hidden-error} | $\frac{dJ}{da_j}=z_j(1-z_j)\,\beta_j\,\frac{dJ}{db}$ |
# | for an output weight | $y^{(1)}_j\,\dot z^{(2)}_k$, the derivative | {formula:b-weight-change}, the change | $\frac{dJ}{d\beta_j}=z_j\,\frac{dJ}{db}$, the derivative |
#
# Three things bite. The **sign**: an error term is our dot turned round,
#
# {formula:error-term}
#
# which is why such texts add where we subtract; both move the weights the same way. The **order of the indices**: from-to here,
# to-from there. And **letters that change their meaning**: $z$ is our sum and the third column's output; $h$ is an output in the
# second column, and a sum in a derivation of the same source. The [map of the course](00-start-here.ipynb) has the whole
# dictionary.
#
# The three must give the same numbers. Each block below is written in its own letters, and has not seen the others.


# %% id="three-notations"
def in_error_terms(x, t, w_hidden, b_hidden, w_output, b_output):
    h = 1 / (1 + np.exp(-(w_hidden @ x + b_hidden)))
    o = 1 / (1 + np.exp(-(w_output @ h + b_output)))
    delta_k = o * (1 - o) * (t - o)
    delta_j = h * (1 - h) * (w_output.T @ delta_k)
    return delta_k, delta_j


def with_a_letter_a_stage(x, y_star, alpha, alpha_0, beta, beta_0):
    a = alpha @ x + alpha_0
    z = 1 / (1 + np.exp(-a))
    b = beta @ z + beta_0
    y = 1 / (1 + np.exp(-b))
    dJ_db = y * (1 - y) * (y - y_star)
    dJ_da = z * (1 - z) * (beta.T @ dJ_db)
    return dJ_db, dJ_da


arguments = (x, d, params["W1"], params["b1"], params["W2"], params["b2"])
delta_k, delta_j = in_error_terms(*arguments)
dJ_db, dJ_da = with_a_letter_a_stage(*arguments)
print("here:            ", gradients.wrt_z[2].round(5), gradients.wrt_z[1].round(6))
print("error terms:     ", delta_k.round(5), delta_j.round(6))
print("a letter a stage:", dJ_db.round(5), dJ_da.round(6))

assert np.allclose(delta_k, -gradients.wrt_z[2]) and np.allclose(delta_j, -gradients.wrt_z[1])
assert np.allclose(dJ_db, gradients.wrt_z[2]) and np.allclose(dJ_da, gradients.wrt_z[1])

# %% [markdown] id="summary"
# ## Summary
#
# * A dot is the derivative of the divergence; it has the shape of the thing under it.
# * Start at the output; then, layer by layer: **times the slope** to the sums; **times what came in** to the weights;
#   **weighted sum over what it feeds** to the layer below.
# * The order is that of the forward pass read backwards, because a dot waits for the dots of all that its owner feeds.
# * Keep every $z$ and $y$ of the forward pass, and use the old weights throughout.
# * All derivatives together cost about two multiplications a weight.
# * Backpropagation finds derivatives. What is done with them is another matter ([lecture 13](13-training.ipynb)).
#
# **Next:** [lecture 10](10-special-cases.ipynb) drops the assumptions made silently here: scalar activations, plain sums, and
# slopes that exist everywhere. [Lecture 11](11-vector-form.ipynb) writes the whole pass in six lines of matrices.
#
# **Practise** with [problem set 3](../assignments/release/ps3/ps3.ipynb), which asks you to write both passes and to do the two
# steps by hand; [problem set 2](../assignments/release/ps2/ps2.ipynb) builds their parts.
#
# ### Sources, and where they are wrong
#
# The derivation follows a lecture deck on optimisation and the full algorithms (*A*), with the overdots of its later edition (*D*).
# The hand-run step is from an introductory deck with a worked training step (*B*), which begins the second step and does not
# finish it; we have. The third notation is that of a deck on differentiation (*E*). If you read them beside this
# page, these places will stop you:
#
# | where | printed | right |
# |---|---|---|
# | *A*, backward pass | $\partial w^{(k+1)}_{ji}=y^{(k)}_j\,\partial z^{(k+1)}_i$ for $j=1..D_{k-1}$ | $\partial w^{(k+1)}_{ij}=y^{(k)}_i\,\partial z^{(k+1)}_j$ for $i=0..D_k$, $j=1..D_{k+1}$ |
# | *A*, the same in the recap | $\partial w^{(k+1)}_{ij}=y^{(k)}_j\,\partial z^{(k+1)}_i$ | $y^{(k)}_i\,\partial z^{(k+1)}_j$ |
# | *A*, the loop down to $k=0$ | speaks of $\partial z^{(0)}$ | gives $\partial w^{(1)}$ and $\partial x$, and ends there |
# | *A*, output layer | superscript $(k)$ before there is a $k$ | superscript $(N)$ |
# | *A* and *D*, the loss | "is the sum" | the formula beside it is the mean |
# | *B*, worked step | $1/(1+e^{-2})=.55$ | $1/(1+e^{-.2})$ |
# | *B*, worked step | new weight $w_{22}=.1004$ | $.1$: its input was 0 |
# | *B*, summary | $\delta_j=\varphi'_j\sum\delta_jw_j$ | $\delta_j=\varphi'_j\sum_k\delta_kw_{jk}$ |
# | *B*, second derivation | a layer's "target values" come from the next layer | its error terms do; a hidden layer has no targets |
# | *E*, derivative to the input | $da_j/dx_i=\sum_j\alpha_{ji}$ | $\alpha_{ji}$; the sum belongs to $dJ/dx_i=\sum_j\frac{dJ}{da_j}\alpha_{ji}$ |
#
# Nobody has to take our word for it. Each line has a proof that computes both forms; the
# [errata page](../docs/errata.md) has them all.

# %% id="errata-proof"
for name in (
    "a-backward-range",
    "a-backward-recap-index",
    "a-backward-layer-zero",
    "a-output-layer-superscript",
    "ad-loss-is-the-sum",
    "b-worked-exponent",
    "b-worked-weight",
    "b-summary-hidden-error",
    "b-targets-of-a-layer",
    "e-input-derivative",
):
    proof = erratum(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(fill(f"{name}: {proof.evidence}", 110), "\n")

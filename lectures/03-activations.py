# %% [markdown] id="title"
# # 03 · Activations
#
# A unit of a network does two things. It adds up what comes in, which gives one number $z$; then it passes $z$
# through a function $f$ and hands on $y=f(z)$. The sum is always the same kind of sum. The function is yours to
# choose, and the choice decides how easily the network will learn, or whether it will learn at all.
#
# **You will be able to**
#
# * say what one wants of an activation, and which of these wishes each common one leaves unfulfilled;
# * derive the slope of the sigmoid, and from it the slopes of tanh and softplus, with hardly any work;
# * recognise a saturated unit and a dead unit, and say what each does to the layers below it;
# * explain what softmax does to a whole layer, and why a shift of all sums changes nothing.
#
# **You need** derivatives of $e^z$ and of quotients, and what a layer is (lecture 01). About 60 minutes.

# %% id="imports"
import numpy as np

from mlpkit import (
    MLP,
    errata,
    leaky_relu,
    numerical_gradient,
    plots,
    randomised_leaky_relu,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
    threshold,
)
from mlpkit.exercises import check_answer, check_function
from mlpkit.widgets import Poll, activation_explorer

# %% [markdown] id="wishes"
# ## What should the function do?
#
# Two functions come to mind at once, and both are instructive failures.
#
# *Do nothing:* $f(z)=z$. Then a stack of layers is a stack of matrix products, and a product of matrices is a matrix: the
# deepest network can do no more than one layer ([lecture 01](01-from-perceptrons-to-networks.ipynb) proves it in a line). So
# $f$ must **bend**.
#
# *Decide:* $f(z)=1$ if $z\ge0$, else 0, the threshold of the first neural networks:
#
# {formula:threshold}
#
# It bends, but look at its slope.

# %% id="threshold-slope"
z = np.array([-2.0, -0.3, 0.7, 5.0])
print("threshold:", threshold(z))
print("its slope:", threshold.derivative(z))

# %% [markdown] id="threshold-answer"
# Zero, wherever there is a slope. Whoever learns by asking "what happens if I change this weight *a little*?" always hears:
# nothing. We should like a function that answers such questions, so here is the list of wishes that we shall hold against each
# candidate:
#
# 1. it **bends**;
# 2. it has a **slope** (almost) everywhere, and the slope is not zero over long stretches;
# 3. the slope is **cheap**, best of all to be had from the value that the forward pass has computed anyway;
# 4. it keeps numbers in a **sensible range**, so that ten layers do not blow up a 1 into a million or shrink it to nothing.
#
# No function fulfils all four. The history of activations is the history of which wish was given up.
#
# ## The sigmoid: a threshold with round shoulders
#
# {formula:sigmoid}
#
# Some values that are worth knowing by heart, to two digits:

# %% id="sigmoid-table"
z = np.linspace(-2, 2, 9)
for row in zip(z, sigmoid(z), strict=True):
    print("S({:4.1f}) = {:.2f}".format(*row))

assert np.allclose(sigmoid(z), [0.12, 0.18, 0.27, 0.38, 0.50, 0.62, 0.73, 0.82, 0.88], atol=0.005)

# %% [markdown] id="sigmoid-symmetry"
# The table reads the same from both ends: .12 and .88, .18 and .82. What the sigmoid gives to $z$ it takes from $-z$:
#
# {formula:sigmoid-symmetry}
#
# (Multiply the fraction by $e^z$, above and below, and you have the proof.) So $S(z)$ can be read as a probability, and
# $S(-z)$ as that of the opposite.
#
# ### The slope, with pencil and paper
#
# > **Think first.** Differentiate $1/(1+e^{-z})$ by the quotient rule before you read on. Then try to get rid of every $e^{-z}$
# > in your result.
#
# The quotient rule gives
#
# {formula:sigmoid-slope-quotient}
#
# That is right but not yet nice. Split it into a product of two fractions: $\frac{1}{1+e^{-z}}$, which is $S$, and
# $\frac{e^{-z}}{1+e^{-z}}$, which is what is missing from $S$ to 1. Therefore
#
# {formula:sigmoid-slope}
#
# **Once the value is known, the slope costs one multiplication.** No second exponential is needed: our third wish, fulfilled.
# We do not take our own word for it:

# %% id="sigmoid-slope-check"
z = np.array([-3.0, -0.5, 0.0, 1.2])
y = sigmoid(z)
by_formula = y * (1 - y)
measured = numerical_gradient(lambda p: sigmoid(p["z"]).sum(), {"z": z})["z"]
print("S(1 − S): ", by_formula.round(6))
print("measured: ", measured.round(6))

assert np.allclose(by_formula, measured, atol=1e-9)

# %% [markdown] id="tanh"
# ## The hyperbolic tangent: the sigmoid, moved and stretched
#
# The sigmoid's outputs are all positive, around $\frac12$ at the start of training. Often one would rather have them around 0. The
# hyperbolic tangent does that:
#
# {formula:tanh}
#
# It needs no theory of its own, because it *is* a sigmoid:
#
# {formula:tanh-from-sigmoid}
#
# The 2 inside squeezes the curve along the axis, the 2 in front stretches it to a height of 2, and the $-1$ moves it down.
# (One of our sources says that tanh is the logistic function "shifted". A shift alone cannot do it:)

# %% id="tanh-erratum"
print(errata.get("e-tanh-shifted").proof().evidence)

# %% [markdown] id="try-tanh-intro"
# ### Try it: the slope of tanh
#
# Use the identity above and the chain rule, with $S'=S(1-S)$. You may call `S`; do not call `np.tanh`. The check compares your
# function with measured slopes. (*How steep should it be at 0, if the sigmoid has slope ¼ there?*)

# %% id="try-tanh"
S = sigmoid


def tanh_slope(u):
    """The derivative of tanh at u, made from the sigmoid S."""
    return None  # your line here


# %% id="try-tanh-check"
def measured_tanh_slope(u, h=1e-5):
    return (np.tanh(u + h) - np.tanh(u - h)) / (2 * h)


check_function(
    "tanh_slope",
    tanh_slope,
    [(0.0,), (0.8,), (-2.0,)],
    measured_tanh_slope,
    "The chain rule brings one factor 2, the one in front is another: four times the sigmoid's slope at 2u.",
    tolerance=1e-7,
)

# %% id="try-tanh-solution" fold=true
# Solution: two factors 2, and the slope of the sigmoid taken at 2u.
for u in (0.0, 0.8, -2.0):
    slope = 4 * S(2 * u) * (1 - S(2 * u))
    print(f"u = {u:4.1f}: {slope:.6f}, and 1 - tanh² gives {1 - np.tanh(u) ** 2:.6f}")
    assert np.isclose(slope, measured_tanh_slope(u), atol=1e-9)

# %% [markdown] id="tanh-slope"
# The same slope in the form that everybody uses, again from the value alone:
#
# {formula:tanh-slope}
#
# ## Flat ends: saturation
#
# Now put your hands on them. Choose an activation, move $z$, and look at the *slope*, on the right. Then raise the
# number of layers: the second line says what is left of a derivative of 1 after it has passed so many units, each at this $z$.
#
# > **Think first.** The sigmoid is steepest at 0. What is left after ten layers if every unit sits at its very best spot?

# %% id="explorer"
activation_explorer(activation="sigmoid", z=1.0, layers=5)

# %% [markdown] id="vanishing"
# At its best the sigmoid's slope is a quarter, and everywhere else less:
#
# {formula:sigmoid-slope-bound}
#
# A derivative that travels down through ten sigmoid layers is multiplied by ten such slopes (and by weights, which may help a
# little): at most $4^{-10}$, about a millionth. This is the **vanishing gradient**. A unit far out on one of the flat ends, where
# the slope is nearly zero, is called **saturated**; it stops what is on its way to the layers below, as if a tap were turned off.
#
# Does it happen in a network, with weights and all? The next cell builds the same network of twelve layers with four activations,
# weights drawn at random and scaled so that sums keep their size, and measures how large the derivatives of the loss are in each
# layer. Look at the left end: that is what reaches the *first* layer.

# %% id="vanishing-figure"
depth, width = 12, 40
rng = np.random.default_rng(3)
inputs = rng.normal(size=(50, width))
targets = np.zeros((50, width))


def gradient_sizes(activation, gain):
    """Mean size of the derivative to a weight, for each layer 1..depth."""
    net = MLP(widths=(width,) * (depth + 1), hidden=activation, output=tanh)
    draw = np.random.default_rng(7)
    params = {
        name: draw.normal(size=shape) * gain / np.sqrt(width) if name[0] == "W" else np.zeros(shape)
        for name, shape in net.shapes().items()
    }
    grads = net.backward(params, net.forward(params, inputs), targets)
    return np.array([np.abs(grads[f"W{k}"]).mean() for k in range(1, depth + 1)])


sizes = {
    "sigmoid": gradient_sizes(sigmoid, 1.0),
    "tanh": gradient_sizes(tanh, 1.0),
    "leaky ReLU": gradient_sizes(leaky_relu, np.sqrt(2)),
    "ReLU": gradient_sizes(relu, np.sqrt(2)),
}
shrinkage = {name: size[0] / size[-1] for name, size in sizes.items()}

figure, axes = plots.figure(7.6, 4.0)
for (name, size), style in zip(sizes.items(), ("-o", "--s", "-.^", ":d"), strict=True):
    axes.semilogy(range(1, depth + 1), size, style, label=name)
axes.set(
    xlabel="layer $k$ (12 is nearest the output)",
    ylabel="mean |derivative to a weight|",
    title="What reaches the first layers",
)
axes.legend(frameon=False)
plots.Picture(
    figure,
    "Mean size of the derivative to a weight in layers 1 to 12, logarithmic. "
    + " ".join(f"{name}: layer 1 has {s:.1e} times that of layer 12." for name, s in shrinkage.items()),
)

# %% id="vanishing-numbers"
for name, s in shrinkage.items():
    print(f"{name:>11}: the first layer receives {s:.1e} times what the last one does")

assert shrinkage["sigmoid"] < 1e-6
assert shrinkage["ReLU"] > 1e-2

# %% id="poll-saturation" fold=true
Poll(
    "A hidden sigmoid unit gives 0.999 for every instance of the training set. What follows for the weights that "
    "lead into it?",
    [
        "They get large derivatives, because the output is large.",
        "They get derivatives close to zero.",
        "They get the derivatives that they would get anyway: only the unit above matters.",
    ],
    answer=1,
    reasons=[
        "The slope counts, not the value. At .999 the slope is .999 × .001.",
        "Every derivative that comes down to them is multiplied by S(1 − S) = .000999 first. The unit has all but stopped learning.",
        "The unit above sends something down, but on the way it is multiplied by this unit's slope.",
    ],
    name="Poll: a unit that always says yes",
)

# %% [markdown] id="relu"
# ## The rectified linear unit: half of nothing
#
# If flat ends are the trouble, why not have a straight one?
#
# {formula:relu}
#
# To the right the slope is exactly 1, however far you go: whatever comes down passes undiminished. And it costs one comparison. To
# the left it is exactly 0:
#
# {formula:relu-slope}
#
# At the corner itself there is no derivative. Lecture 10 shows that every number from 0 to 1 would serve; this course takes 1,
# and almost never will a sum be exactly 0.
#
# Something else happens on the left side. Draw a thousand sums at random for twenty units: how many outputs are exactly zero?

# %% id="sparsity"
sums = np.random.default_rng(1).normal(size=(1000, 20))
for f in (sigmoid, tanh, softplus, leaky_relu, relu):
    outputs = f(sums)
    print(f"{f.name:>10}: {np.mean(outputs == 0):6.1%} of the outputs are exactly 0")

# %% [markdown] id="sparsity-meaning"
# A ReLU layer is **sparse**: for each instance about half of its units say nothing at all, another half for another instance. That
# is thrifty, and it makes each unit a specialist that has an opinion about some inputs only.
#
# It is also a danger. Suppose a large step has pushed a bias so far down that $z<0$ for *every* instance.
#
# > **Think first.** What are the derivatives to the weights of this unit now? How will it ever come back?

# %% id="dead-unit"
net = MLP(widths=(2, 3, 1), hidden=relu, output=sigmoid)
params = net.init(np.random.default_rng(2), scale=1.0)
params["b1"][1] = -20.0  # hidden unit 2 has been pushed far down
x = np.random.default_rng(0).normal(size=(200, 2))
d = (x[:, :1] > 0).astype(float)

trace = net.forward(params, x)
grads = net.backward(params, trace, d)
print("how often each hidden unit is above 0:  ", (trace.z[1] > 0).mean(axis=0))
print("derivatives to the weights into unit 2: ", grads["W1"][1], "and to its bias:", grads["b1"][1])

assert not grads["W1"][1].any() and grads["b1"][1] == 0

# %% [markdown] id="dead-answer"
# All zero, for every instance, and so no step will ever move it again: the unit is **dead**. Saturated sigmoids crawl; dead ReLUs
# do not even crawl. Hence the next three.
#
# ## Relatives of the ReLU
#
# **Leaky ReLU** leaves a crack open, a slope of 0.01 on the left:
#
# {formula:leaky-relu}
#
# **Randomised leaky ReLU** draws that slope anew for every unit and every training pass, uniformly between ⅛ and ⅓, and uses the
# mean when it is tested. The noise keeps units from relying on each other's exact numbers:
#
# {formula:randomised-leaky-relu-mean}
#
# **Softplus** rounds the corner off instead:
#
# {formula:softplus}
#
# Its slope is an old friend:
#
# {formula:softplus-slope}
#
# Do you see why? The outer derivative is $\frac{1}{1+e^z}$, the inner one $e^z$, and their product is $S(z)$.

# %% id="relatives"
figure, axes = plots.figure(8.6, 3.4, columns=2)
u = np.linspace(-4, 4, 401)
drawn = randomised_leaky_relu.sample(np.random.default_rng(5), u.shape)
for f, style in ((relu, "-"), (leaky_relu, "--"), (randomised_leaky_relu, "-."), (softplus, ":")):
    axes[0].plot(u, f(u), style, label=f.name)
    axes[1].plot(u, f.derivative(u), style)
axes[1].plot(u[u < 0][::8], drawn.derivative(u)[u < 0][::8], ".", color="0.45")
axes[1].annotate("dots: slopes drawn\nfor one pass", (-3.9, 0.42), fontsize=9)
axes[0].set(xlabel="$z$", ylabel="$f(z)$", title="Values: alike from afar")
axes[1].set(xlabel="$z$", ylabel="$f'(z)$", title="Slopes: the left side differs")
axes[0].legend(frameon=False, fontsize=9, loc="upper left")
plots.Picture(
    figure,
    "Left: ReLU, leaky ReLU, randomised leaky ReLU and softplus over z from -4 to 4; at -4 they are 0, -0.04, "
    f"{randomised_leaky_relu(-4.0):.2f} and {softplus(-4.0):.3f}. Right: their slopes; on the left side 0, 0.01, 11/48 "
    "(between 1/8 and 1/3 when drawn for a pass), and a smooth rise for softplus.",
)

# %% [markdown] id="softplus-erratum"
# Softplus is never exactly zero, so it does **not** make a layer sparse, although one of our sources says that it does:

# %% id="softplus-proof"
proof = errata.get("e-softplus-sparse").proof()
print(proof.evidence)
assert proof.right_holds and not proof.printed_holds

# %% id="poll-relatives" fold=true
Poll(
    "Which of these can revive a unit whose sum is far below zero for every instance?",
    ["ReLU", "Leaky ReLU", "Softplus, in principle", "Sigmoid, in principle"],
    answer=[1, 2, 3],
    reasons=[
        "Its slope there is exactly 0: nothing comes through.",
        "Its slope there is 0.01, at any distance: slow but certain.",
        "Its slope is S(z), tiny far out (about 2·10⁻⁹ at −20) but never 0.",
        "S(1 − S) is as tiny as softplus's slope, and never 0 either. In practice it may take for ever.",
    ],
    name="Poll: back from the dead",
)

# %% [markdown] id="softmax"
# ## Softmax: a whole layer at once
#
# All activations so far look at one sum and ignore its neighbours. For the last layer of a network that must name *one* of $D$
# classes we want the opposite: the outputs should compete, be positive, and add up to 1 like probabilities.
#
# {formula:softmax}
#
# Change one sum and **every** output moves. A function that takes a whole vector of sums and returns a vector of outputs is called a
# **vector activation**; softmax is the one that you will meet most often.

# %% id="softmax-values"
z = np.array([1.0, 2.0, 3.0])
print("softmax of (1, 2, 3):       ", softmax(z).round(3), " sum", softmax(z).sum().round(12))
print("the first sum raised to 2:  ", softmax(np.array([2.0, 2.0, 3.0])).round(3))
print("all sums raised by 1000:    ", softmax(z + 1000).round(3))

assert np.allclose(softmax(z).sum(), 1) and np.allclose(softmax(z), softmax(z + 1000))

# %% [markdown] id="softmax-shift"
# The third line is no accident. Only *differences* between sums matter:
#
# {formula:softmax-shift}
#
# because the factor $e^c$ stands above and below. Programs use it: they subtract the largest sum first, so that no exponential can
# overflow. (Try `np.exp(1003)`.)
#
# With two classes the competition is between $z_1$ and $z_2$ alone, and something familiar comes out:
#
# {formula:softmax-of-two}
#
# So a sigmoid unit is a softmax of two in which the sum of the other class is held at 0.
#
# ### Try it: softmax by hand
#
# Three sums, $z=(0,\ \log 2,\ \log 5)$. The exponentials are friendly; no computer is needed. Enter three numbers.

# %% id="try-softmax"
my_outputs = None  # for instance [0.1, 0.2, 0.7]

# %% id="try-softmax-check"
check_answer(
    "the three outputs",
    my_outputs,
    softmax(np.log([1.0, 2.0, 5.0])),
    "The exponentials are 1, 2 and 5. Divide each by the sum of all three.",
    tolerance=5e-4,
)

# %% id="try-softmax-solution" fold=true
# Solution: 1, 2 and 5, each divided by 8.
print(np.array([1, 2, 5]) / 8)
assert np.allclose(np.array([1, 2, 5]) / 8, softmax(np.log([1.0, 2.0, 5.0])))

# %% id="poll-softmax" fold=true
Poll(
    "Someone puts a softmax on a layer with a single output. What does the network learn?",
    [
        "The same as with a sigmoid.",
        "Nothing: the output is always 1.",
        "It depends on the starting weights.",
    ],
    answer=1,
    reasons=[
        "A sigmoid is a softmax of two. With one output there is nobody to compete with.",
        "e^z divided by itself is 1, whatever z is, and its slope is 0.",
        "No weight can change it: the output is e^z / e^z.",
    ],
    name="Poll: softmax on one output",
)

# %% [markdown] id="summary"
# ## In one table
#
# | activation | values | slope, from the value where possible | bends | flat where | remark |
# |---|---|---|---|---|---|
# | threshold | 0, 1 | 0 | ✓ | everywhere | cannot be trained by slopes |
# | sigmoid | 0 to 1 | $S(1-S)\le\frac14$ | ✓ | both ends | reads as a probability; vanishing gradients |
# | tanh | −1 to 1 | $1-y^2\le1$ | ✓ | both ends | a sigmoid, moved and stretched; centred |
# | ReLU | 0 to ∞ | 1 or 0 | ✓ | left, exactly | cheap, sparse; units can die |
# | leaky, randomised leaky | −∞ to ∞ | 1, or a small slope | ✓ | nowhere | cannot die, not sparse |
# | softplus | above 0 | $S(z)$ | ✓ | left, nearly | a ReLU with a round corner, not sparse |
# | softmax | 0 to 1, sum 1 | a whole table (lecture 10) | ✓ | when one wins clearly | for one class out of several |
#
# Hidden layers today mostly use ReLU or a relative; sigmoid and softmax stand at the *output*, where a probability is wanted. What is
# then done with these probabilities, and why the sigmoid's flat ends do no harm there if the divergence is well chosen, is the next
# lecture.
#
# **Next:** [04 · Divergences](04-divergences.ipynb). **Practise:** problem set 2 builds every activation of this lecture and its
# slope ([open it](../assignments/release/ps2/ps2.ipynb)).
#
# **Sources.** The list of activations and the case for the ReLU follow source E, the slopes A and B, the randomised leaky unit A and D.
# Where E says that tanh is "shifted" and that softplus "sparsifies", the cells above prove otherwise; all corrections stand on the
# [errata page](../docs/errata.md).

# %% [markdown] id="title"
# # 01 · From perceptrons to networks
#
# One artificial neuron draws a straight line. That is all it can do, and for a while in the history of this field it looked as if it
# were all that *anything* of this kind could do. In this lecture you put neurons together by hand, without any learning, and
# find out what a network can represent: corners, polygons, curves, in the end every continuous function. How a network finds such
# weights *by itself* is the question of all other lectures.
#
# **You will be able to**
#
# * choose weights for a threshold unit, and prove that no weights exist for XOR;
# * build networks for polygons, for unions of polygons, and for curves, unit by unit;
# * say what one hidden layer can and cannot do, with the conditions that are usually forgotten;
# * count layers and parameters, and name the four decisions that a network's designer takes.
#
# **You need** straight lines and inequalities; a little Python to read the cells. About 75 minutes.

# %% id="imports"
import numpy as np

from mlpkit import MLP, errata, plots, sigmoid, threshold, train
from mlpkit.datasets import L_SHAPE, gate, half_planes, regions
from mlpkit.exercises import check_answer
from mlpkit.optimizers import SGD
from mlpkit.widgets import Poll, bump_construction, perceptron_line
from mlpkit.widgets import half_planes as half_planes_explorer

# %% [markdown] id="threshold-unit"
# ## One neuron
#
# Several numbers come in. Each is multiplied by a weight, all are added up together with a number of the neuron's own, the bias,
# and if the sum is not negative the neuron says 1, otherwise 0:
#
# {formula:threshold-unit}
#
# This is the **threshold unit**, or perceptron. With two inputs one can see everything that it knows: the sum is zero along a line,
#
# {formula:decision-line}
#
# and the unit says 1 on one side of it. Below is one on trial. Its task is a *gate*, a table of four rows.
#
# > **Think first.** Before you move a slider: which of AND, OR, XOR will you be able to get right?

# %% id="perceptron-line"
perceptron_line(gate="AND", w1=1.0, w2=1.0, b=-0.5)

# %% [markdown] id="arrow"
# AND and OR share the same weights and differ in the bias alone; the arrow, which is the weight vector, stands across the line and
# points to the side of the ones. (How many inputs a perceptron has is up to you. One of our sources says two; a unit with three
# inputs can give the majority of three votes.)
#
# ### Try it: NAND
#
# NAND is the opposite of AND: 0 only if both inputs are 1. Find weights and a bias by thinking, not by moving sliders.

# %% id="try-nand"
my_nand = None  # (w1, w2, b)

# %% id="try-nand-check"
rows = gate("NAND").x


def answers(weights):
    """What a threshold unit with (w1, w2, b) says to the rows (0,0), (0,1), (1,0), (1,1)."""
    w1, w2, b = weights
    return threshold(rows @ np.array([w1, w2], dtype=float) + b).tolist()


check_answer(
    "the four answers of NAND",
    None if my_nand is None else answers(my_nand),
    gate("NAND").d[:, 0],
    "Turn every sign of an AND: what was above the line is then below it.",
)

# %% id="try-nand-solution" fold=true
# Solution: AND is 1, 1, -1.5; with all signs turned the border is the same line and the sides change places.
print(answers((-1.0, -1.0, 1.5)))
assert answers((-1.0, -1.0, 1.5)) == [1.0, 1.0, 1.0, 0.0]

# %% [markdown] id="learning-rule"
# ## A machine that finds the line (1960s)
#
# In the 1960s Rosenblatt showed a rule that finds such weights without a human: go through the rows, and whenever one is answered
# wrongly, move the weights *towards* the input if 1 was wanted, *away* from it if 0 was. He proved that this ends after finitely many
# corrections **if any line separates the classes at all**. Watch it end, and watch it not end.


# %% id="learning-rule-code"
def rosenblatt(data, rounds):
    """Weights (w1, w2), bias, and the number of wrong rows in every round of the perceptron rule."""
    w, b, mistakes = np.zeros(2), 0.0, []
    for _ in range(rounds):
        wrong = 0
        for x, d in zip(data.x, data.d[:, 0], strict=True):
            error = d - float(threshold(w @ x + b))
            w, b, wrong = w + error * x, b + error, wrong + abs(error)
        mistakes.append(int(wrong))
    return w, b, mistakes


for name in ("AND", "OR", "NAND", "XOR"):
    print(f"{name:>4}: wrong rows in each round {rosenblatt(gate(name), 12)[2]}")

assert rosenblatt(gate("AND"), 12)[2][-1] == 0
assert min(rosenblatt(gate("XOR"), 1000)[2]) > 0

# %% [markdown] id="xor-proof"
# For XOR it goes on for ever. Is the rule too weak, or is there nothing to be found? Suppose that there *were* weights for XOR.
# Then the four rows say
#
# $b<0,\qquad w_2+b\ge0,\qquad w_1+b\ge0,\qquad w_1+w_2+b<0.$
#
# Add the two in the middle: $w_1+w_2+2b\ge0$. Add the outer two: $w_1+w_2+2b<0$. Both cannot be. **There is nothing to be
# found**: a threshold unit represents only what a line (in more dimensions: a plane) can separate.
#
# In 1969 Minsky and Papert made a book of this observation and asked two questions that they could not answer. If units are put behind
# other units,
#
# 1. how does one tell *which* of the many weights is to blame for a wrong answer (**credit assignment**)?
# 2. how could the hidden units find out *what to look for* (**useful features**)?
#
# For many years that was nearly the end. In 1986 a method that had been found several times before, and mostly overlooked, became
# known to everybody. It answers both questions at once, and it is called backpropagation.
#
# ## Two lines are more than one
#
# We shall not wait for 1986. XOR with a **hidden layer**, by hand: let one hidden unit find "at least one" (OR), another "not both" (NAND).
# Then XOR is "the first *and* the second".

# %% id="xor-by-hand"
net = MLP(widths=(2, 2, 1), hidden=threshold, output=threshold)
by_hand = {
    "W1": np.array([[1.0, 1.0], [-1.0, -1.0]]),  # OR, NAND
    "b1": np.array([-0.5, 1.5]),
    "W2": np.array([[1.0, 1.0]]),  # AND of the two
    "b2": np.array([-1.5]),
}
trace = net.forward(by_hand, gate("XOR").x)
print("x1 x2 | OR NAND | XOR")
for x, hidden, out in zip(gate("XOR").x, trace.y[1], trace.output, strict=True):
    print(f" {x[0]:.0f}  {x[1]:.0f} |  {hidden[0]:.0f}   {hidden[1]:.0f}  |  {out[0]:.0f}")

assert trace.output[:, 0].tolist() == [0, 1, 1, 0]

# %% [markdown] id="new-coordinates"
# Look at the middle columns. The hidden layer has given every row **new coordinates**, and in these a single line is enough. That is the
# second question of 1969 in a nutshell: hidden units turn inputs into *features* in which the problem is easy.
#
# Now let a network with two sigmoid hidden units *learn* XOR (how, is the matter of the coming lectures), and look at the four rows as its
# hidden layer sees them. Left: the input, where no line will do. Right: the same rows in the hidden layer's coordinates, with the line that the
# output unit draws.

# %% id="learned-features"
soft = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
learned = train(
    soft,
    soft.init(np.random.default_rng(1), scale=1.0),
    gate("XOR"),
    SGD(step=2.0, momentum=0.9),
    epochs=500,
    rng=np.random.default_rng(1),
    progress=False,
).params
hidden = soft.forward(learned, gate("XOR").x).y[1]
w, b = learned["W2"][0], learned["b2"][0]
ones = gate("XOR").d[:, 0] == 1

figure, axes = plots.figure(9.6, 4.2, columns=2)
for axis, points in zip(axes, (gate("XOR").x, hidden), strict=True):
    axis.scatter(*points[ones].T, s=90, color=plots.BLUE, marker="o", label="XOR is 1", zorder=3)
    axis.scatter(*points[~ones].T, s=90, color=plots.ORANGE, marker="s", label="XOR is 0", zorder=3)
    axis.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.2), aspect="equal")
line_x = np.array([-0.2, 1.2])
axes[1].plot(line_x, -(w[0] * line_x + b) / w[1], color="0.3")
axes[1].annotate("border of the\noutput unit", (0.62, 0.55), fontsize=9)
axes[0].set(xlabel="$x_1$", ylabel="$x_2$", title="As it comes in: no line will do")
axes[1].set(
    xlabel="output of hidden unit 1", ylabel="output of hidden unit 2", title="As the hidden layer sees it"
)
axes[0].legend(frameon=False, loc="center")
plots.Picture(
    figure,
    "Left: the four rows of XOR as corners of a square, ones and zeros on opposite corners. Right: the same rows at the outputs of "
    "two hidden units, "
    + ", ".join(f"({p[0]:.2f}, {p[1]:.2f})" for p in hidden)
    + "; a line separates ones from zeros.",
)

# %% id="learned-features-check"
outputs = soft.forward(learned, gate("XOR").x).output[:, 0]
print("outputs:", outputs.round(3))
assert np.array_equal(outputs > 0.5, ones)

# %% [markdown] id="logistic"
# Each of these hidden units computes a sigmoid of a weighted sum. Statisticians call that a *logistic regression*: a probability from
# a few numbers. So here is another way to read a network: **many logistic regressions side by side, and further ones that take their
# answers as inputs.** Only nobody has told the first ones what to predict.
#
# ## Polygons: AND
#
# A hidden unit is a half-plane. With the AND of several we can fence in a region: each face of the fence is one unit.
#
# {formula:and-of-half-planes}
#
# (The output unit adds up how many say 1, and fires if *all* do; the ½ keeps it clear of rounding.) Let the picture count for you. Move the number
# of *units needed* down from all to one.
#
# > **Think first.** With five units and four of them needed: what shape is it?

# %% id="half-planes"
half_planes_explorer(sides=5, needed=5)

# %% [markdown] id="half-planes-remark"
# All: a convex polygon. At least one: everything outside the opposite one. In between: stars. But never a shape with a dent *by AND alone*,
# because an intersection of half-planes is convex. And never, with finitely many units, a perfect disc:

# %% id="convex-hull-proof"
print(errata.get("b-convex-hull").proof().evidence)

# %% [markdown] id="or"
# (The source says that such a network can represent "any convex hull". It can represent every convex **polytope with at most as many faces as
# there are hidden units**.)
#
# ## And anything that polygons can make: OR
#
# For an L one more layer will do: cut it into two rectangles, build an AND for each, and join the two by OR.
#
# {formula:or-of-regions}
#
# The next cell writes the weights of this network down, eight faces and two rectangles, and asks it about 400 points.

# %% id="l-shape"
sides_w, sides_b = zip(*(half_planes(polygon) for polygon in L_SHAPE), strict=True)
l_net = MLP(widths=(2, 8, 2, 1), hidden=threshold, output=threshold)
l_params = {
    "W1": np.vstack(sides_w),  # four faces of each rectangle
    "b1": np.concatenate(sides_b),
    "W2": np.kron(np.eye(2), np.ones((1, 4))),  # a unit for each rectangle: all of *its* four
    "b2": np.array([-3.5, -3.5]),
    "W3": np.ones((1, 2)),  # at least one rectangle
    "b3": np.array([-0.5]),
}
l_data = regions(np.random.default_rng(0), n=400)
said = l_net.forward(l_params, l_data.x).output[:, 0]
print("points answered rightly:", int((said == l_data.d[:, 0]).sum()), "of", len(said))
assert np.array_equal(said, l_data.d[:, 0])

plots.Picture(
    plots.decision_regions(l_net, l_params, l_data),
    "The square from -1 to 1 with an L-shaped region where the network says 1, built from two rectangles of four half-planes each. "
    "All 400 points lie on their right side.",
)

# %% [markdown] id="design-exercise"
# ### Try it: a decoder
#
# A design exercise. **In:** a number from 0 to 3 in binary, two inputs of 0 or 1 ($x_1$ the twos, $x_2$ the ones). **Out:** one-hot, four
# outputs of which exactly one is 1. How many layers does it need? Choose the weights of four threshold units, one row for each.
# Unit 0 must fire for $(0,0)$ only, unit 1 for $(0,1)$, unit 2 for $(1,0)$, unit 3 for $(1,1)$.

# %% id="try-decoder"
my_W = None  # four rows (w1, w2)
my_b = None  # four biases

# %% id="try-decoder-check"
codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
decoded = None
if my_W is not None and my_b is not None:
    decoded = threshold(codes @ np.array(my_W, dtype=float).T + np.array(my_b, dtype=float))
check_answer(
    "the table of outputs, a row for each code",
    decoded,
    np.eye(4),
    "Every unit is an AND in which some inputs are wanted to be 0: give these the weight -1.",
)

# %% id="try-decoder-solution" fold=true
# Solution, for any number of bits: +1 where the code has a 1, -1 where it has a 0; the sum is then as large as the
# number of ones in the code for this code alone, and at least one smaller for every other.
bits = 3
all_codes = np.array([[(n >> (bits - 1 - i)) & 1 for i in range(bits)] for n in range(2**bits)])
W, b = 2.0 * all_codes - 1, 0.5 - all_codes.sum(axis=1)
assert np.array_equal(threshold(all_codes @ W.T + b), np.eye(2**bits))
print(f"{bits} bits, {2**bits} outputs, one layer: the table is the identity.")

# %% [markdown] id="collapse"
# ## Why not simply more lines?
#
# All of this needed the *threshold*, the bend in the unit. Leave it out, and a second layer buys nothing:
#
# {formula:linear-layers-collapse}
#
# That is again one matrix and one bias. Ten linear layers can be multiplied out into one before the first input arrives.

# %% id="collapse-code"
rng = np.random.default_rng(4)
W1, b1, W2, b2 = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5)), rng.normal(size=2)
x = rng.normal(size=3)
print("two linear layers:", (W2 @ (W1 @ x + b1) + b2).round(6))
print("one layer:        ", ((W2 @ W1) @ x + (W2 @ b1 + b2)).round(6))

assert np.allclose(W2 @ (W1 @ x + b1) + b2, (W2 @ W1) @ x + (W2 @ b1 + b2))

# %% id="poll-collapse" fold=true
Poll(
    "A colleague's network has three linear layers, 100 units each, and a threshold at the output. What can it separate?",
    [
        "What one threshold unit can separate.",
        "Convex polygons with up to 100 faces.",
        "Anything, with enough training data.",
    ],
    answer=0,
    reasons=[
        "The linear layers multiply out to one; what is left is a single unit behind one weighted sum.",
        "For faces each hidden unit would need a threshold of its own.",
        "More data cannot give a straight line a bend.",
    ],
    name="Poll: three linear layers",
)

# %% [markdown] id="universal"
# ## Curves: one hidden layer is enough, in principle
#
# A network need not say yes or no. Let the output unit simply add up. Two hidden thresholds, one switched on at $l$ and one switched off
# again at $r$, make a box:
#
# {formula:bump}
#
# And with boxes of the right heights side by side one can follow any curve:
#
# {formula:staircase}
#
# Try it. The hidden units are sigmoids here, so that you can see what steepness does. Raise the number of bumps, then lower the steepness.
#
# > **Think first.** Which of the two curves, sine or step, will be hard however many bumps you spend?

# %% id="bumps"
bump_construction(curve="sine", bumps=8, steepness=60)

# %% [markdown] id="universal-theorem"
# For the sine the largest error goes down as the bumps go up. At the step it never falls below one half: a network of sigmoids is continuous, and a
# continuous curve must pass the middle of the jump. This is the content, and the condition, of the **universal approximation theorem** (1989):
#
# > For every *continuous* function on a *compact* set (closed and bounded, like an interval with its ends), and every tolerance, there is a network
# > with *one* hidden layer of finitely many sigmoid units that comes that near everywhere.
#
# Both conditions are needed, although the theorem is often quoted without them ("any function"):

# %% id="universal-proof"
print(errata.get("b-universal").proof().evidence)

# %% [markdown] id="universal-limits"
# Three things that the theorem does **not** say:
#
# * *How many* units. In one dimension 100 steps give two digits. In $D$ dimensions boxes of that width number $100^D$; this is where a second
#   hidden layer, which can reuse what the first has found, earns its keep.
# * That boxes are easy in more dimensions. Two sigmoids make a bump along *one* direction, a ridge that runs on for ever in all others. To get a
#   mound one needs ridges in many directions, added up, and a threshold, that is a second layer; with one hidden layer the proof is another.
# * That training will *find* the weights. A network that can represent a function may never learn it.
#
# ## Words
#
# Time to be precise. A **feed-forward network** is a directed graph of units without cycles: numbers flow one way. In a **layered** one the units stand in
# layers $k=1..N$, and every unit of a layer takes the outputs of the layer before. In general a unit computes $y=f(x;W)$, some function of its inputs with
# some parameters; nearly always it is an activation $f$ of a weighted sum:
#
# {formula:neuron}
#
# The inputs $x=y^{(0)}$ are not units and not counted, because nothing is computed there. So **a network with one hidden layer has $N=2$ layers**. Layer $k$ has
# $D_k$ units, and the number of parameters, biases included, is
#
# {formula:parameter-count}
#
# A *multi-layer perceptron* has **at least one** hidden layer (not "more than one", as one source has it).

# %% id="try-count"
# How many parameters has a network with 960 inputs, 3 hidden units and 4 outputs?
my_count = None

# %% id="try-count-check"
faces = MLP(widths=(960, 3, 4), hidden=sigmoid, output=sigmoid)
check_answer(
    "the number of parameters",
    my_count,
    faces.parameter_count,
    "Each of the 3 hidden units has 960 weights and a bias; each of the 4 outputs has 3 weights and a bias.",
)

# %% id="try-count-solution" fold=true
print("3 · (960 + 1) + 4 · (3 + 1) =", 3 * 961 + 4 * 4)
assert faces.parameter_count == 3 * 961 + 4 * 4

# %% [markdown] id="design"
# ## What a designer decides
#
# Four things, before any training: the **depth** $N$, the **width** $D_k$ of each layer, the **activation** (lecture 03), and the **objective**, what is to be made
# small (lectures 02 and 04). The rest is learnt.
#
# Networks come in kinds, according to what flows where:
#
# | kind | what is special | good for |
# |---|---|---|
# | perceptron | no hidden layer, thresholds | what a plane separates |
# | multi-layer perceptron (MLP) | one or more hidden layers, all connected to the next | tables, small pictures; this course |
# | radial basis functions (RBF) | hidden units answer to the *distance* from a centre, not to a weighted sum | smooth interpolation |
# | convolutional | units look at small patches and share weights; max units pick the strongest | pictures, sound |
# | recurrent | outputs come back as inputs at the next moment: a memory. With unlimited precision and time it can compute whatever a computer can (it is *Turing complete*) | sequences |
# | LSTM, GRU | recurrent, with products that open and close the way to a memory cell | long sequences |
#
# The first four have no cycles. Backpropagation as you will learn it serves them all; a recurrent network is unrolled in time first.
#
# ## What they are used for, and when they are not
#
# A famous early one drove a car. Its input was a camera picture of $30\times32$ grey values; behind a handful of hidden units stood about thirty outputs, one
# for each **steering direction**, and the strongest decided (1993). The same design reads digits and tells which way a face is turned; both are waiting for you in
# [lecture 14](14-real-tasks.ipynb), the faces with pictures of just that size. Since then: speech, translation, medical images, games, proteins.
#
# A network suits when there is plenty of data, the data may be noisy, training may take long but answers must be quick, and *nobody needs to understand the
# rule that was found*. It does not suit when data are few, when a reason must be given, or when a simple model does the job.
#
# And the brain? The units were inspired by neurons, and the resemblance should not be pressed: real neurons are either exciting or inhibiting, while our weights
# change sign; they are connected to a few thousand neighbours and not to a whole layer; they fire in pulses; and nothing is known to run backwards through the same
# connections, as the derivatives of this course do.

# %% id="poll-layers" fold=true
Poll(
    "You want an exact detector for a region in the plane that is shaped like a five-pointed star (the filled outline). Which network of threshold units can be exact?",
    [
        "One unit",
        "A hidden layer of five units, each the half-plane of one of the five long lines, and a suitable output unit that counts them",
        "No network with finitely many units",
    ],
    answer=1,
    reasons=[
        "A single unit is a half-plane.",
        "The lines through the edges of a pentagram are five. A point is in the star if at least four of the five half-planes hold it: move the slider above to 5 units, 4 needed.",
        "Only round borders need infinitely many; a star has straight ones.",
    ],
    name="Poll: a star",
)

# %% [markdown] id="summary"
# ## Summary
#
# * A unit is a half-plane. AND of units: convex polytopes, a face a unit. OR of those: any shape with straight faces.
# * XOR is the smallest proof that one unit is not enough; a hidden layer solves it by *new coordinates*.
# * Without a bend, layers collapse into one.
# * One hidden layer approximates every **continuous** function on a **compact** set. The theorem counts neither units nor training time.
# * Representing is not learning. The two questions of 1969, whom to blame and what to look for, are the subject of this course.
#
# **Next:** [02 · What we minimise](02-what-we-minimise.ipynb). **Practise:** there is no problem set on this lecture alone; in
# [problem set 6](../assignments/release/ps6/ps6.ipynb) you train the XOR network yourself.
#
# **Sources.** History, kinds of networks, uses and objections follow an introductory deck (B), the design exercise A, the reading as logistic regressions E.
# Corrections, each with its proof:

# %% id="errata-proof"
for name in ("b-perceptron-inputs", "b-mlp-layers", "b-convex-hull", "b-universal"):
    entry = errata.get(name)
    proof = entry.proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"printed: {entry.printed}\nright:   {entry.right}\n")

# %% [markdown] id="title"
# # 08 · The forward pass
#
# Before a network can learn from a mistake it has to make one. The forward pass is how a network answers: numbers come in
# on one side, every unit adds up and passes on, and numbers come out on the other. There is no difficult step in it. But
# everything that follows, the whole of backpropagation, is a walk back along *these* steps, so they deserve a slow look: which
# numbers are there, what are they called, in which order do they come, and which of them will be wanted again?
#
# **You will be able to**
#
# * compute every number of a small network by hand;
# * say which two units the weight $w^{(k)}_{ij}$ connects, and where it stands in a program;
# * explain the bias as one more weight, and why sum and activation are kept apart;
# * write the forward pass as loops, for any depth, and say why it has two loops in each layer;
# * name the numbers that must be remembered for learning.
#
# **You need** neurons and layers ([lecture 01](01-from-perceptrons-to-networks.ipynb)) and the sigmoid
# ([lecture 03](03-activations.ipynb)). Take about 45 minutes.

# %% id="imports"
from math import exp

import numpy as np

from mlpkit import MLP, forward_steps, half_squared_error, scalar, sigmoid, softmax, tanh
from mlpkit.diagrams import Frame, Story, forward_story, needed_by_backward, network_picture, step_table
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.explorers import Exploration, Slider, View
from mlpkit.widgets import Explorer, Poll, Stepper

# %% [markdown] id="the-network"
# ## A network small enough to see all of it
#
# Two inputs, two hidden units, two outputs. Every unit that computes is drawn as two cells, and you will soon see why: in the left
# one stands the sum, in the right one what the activation made of it. The inputs compute nothing; they are one cell each. The
# numbers on the lines are the weights.
#
# > **Think first.** How many numbers does this network have to compute to answer? And how many weights does it need to have
# > for that, the constant 1 at the bottom included?

# %% id="picture"
net = MLP(widths=(2, 2, 2), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
params = {
    "W1": np.array([[0.2, 0.1], [0.3, -0.4]]),
    "b1": np.array([0.1, -0.2]),
    "W2": np.array([[-0.2, -0.1], [0.1, -0.5]]),
    "b2": np.array([0.0, 0.0]),
}
network_picture(net, params)

# %% [markdown] id="one-unit"
# Eight numbers: four sums and four outputs. Twelve weights, eight from unit to unit and four from the constant; the two into the
# outputs happen to be 0 here. In general, unit by unit, one weight for everything that comes in and one more for the constant:
#
# {formula:parameter-count}
#
# ## One unit, in two stages
#
# What does a single unit do? In [lecture 01](01-from-perceptrons-to-networks.ipynb) it was one line:
#
# {formula:neuron}
#
# Let us do the upper hidden unit for the input $x=(0.4,\,0.1)$. First the sum. Three lines lead into it: from the first input with
# the weight 0.2, from the second with 0.1, and from the constant with 0.1.

# %% id="one-sum"
z = 0.2 * 0.4 + 0.1 * 0.1 + 0.1 * 1
print("sum:", round(z, 5))

# %% [markdown] id="one-output-intro"
# Then the activation, here the sigmoid {formula:sigmoid}:

# %% id="one-output"
h1 = 1 / (1 + exp(-z))
print("output:", round(h1, 3))

assert abs(z - 0.19) < 1e-12 and abs(h1 - 0.547) < 5e-4

# %% [markdown] id="two-stages"
# Two stages, and from here on each has its letter: **$z$ for the sum, $y$ for what comes out.** They are as different as can be. The
# sum takes *many* numbers and does something trivial with them; the activation takes *one* number and bends it. We shall keep them
# apart in every picture and every program, for three reasons:
#
# * the way back goes through them one after the other, and needs the slope of the activation **at $z$**;
# * some activations do not act on one sum alone (you will meet one below);
# * the sums of a whole layer are one product of matrices, the activations are not.
#
# ### Which weights does $w^{(k)}_{ij}$ connect?
#
# **From unit $i$ of layer $k-1$ to unit $j$ of layer $k$.** Read the indices from left to right, in the direction in which the signal
# flows: from $i$, to $j$. The number in brackets is the layer that the weight leads *into*. So $w^{(2)}_{12}$ goes from the first
# hidden unit to the second output.
#
# In a program the weights into layer $k$ are a matrix, and there the order is turned round: **each row holds what flows into one
# unit.** Row and column are counted from 0. So $w^{(2)}_{12}$, which goes *to* unit 2 *from* unit 1, is `W2[1, 0]`: first the unit that
# receives, then the one that sends.
#
# | in formulas | from | to | in code | here |
# |---|---|---|---|---|
# | $w^{(1)}_{21}$ | input 2 | hidden unit 1 | `W1[0, 1]` | 0.1 |
# | $w^{(1)}_{12}$ | input 1 | hidden unit 2 | `W1[1, 0]` | 0.3 |
# | $w^{(2)}_{12}$ | hidden unit 1 | output 2 | `W2[1, 0]` | 0.1 |
# | $w^{(1)}_{02}$ | the constant 1 | hidden unit 2 | `b1[1]` | -0.2 |
#
# Why turn it round at all? Because rows times a column is what a product of matrices does: with one row for each receiving unit
# the sums of a layer are `W @ y`. [Lecture 11](11-vector-form.ipynb) lives on this.

# %% id="indices"
W1, b1, W2 = params["W1"], params["b1"], params["W2"]
print("w(1)_21 =", W1[0, 1], "  w(1)_12 =", W1[1, 0], "  w(2)_12 =", W2[1, 0], "  w(1)_02 =", b1[1])

# %% [markdown] id="try-weights-intro"
# ### Try it: find the weight
#
# Answer from the picture, not from the code: follow the lines with your finger. (Not everybody writes it this way. Many books
# write $w_{ji}$, to-from, like the matrix. When a formula seems wrong, look first which index comes first.)

# %% id="try-weights"
my_weights = {
    "w(1)_22": None,  # the number on this line
    "w(2)_21": None,
    "the bias of hidden unit 1": None,
}

# %% id="try-weights-check" fold=true
# Check
answered = all(value is not None for value in my_weights.values())
check_answer(
    "the three weights",
    my_weights if answered else None,
    {"w(1)_22": W1[1, 1], "w(2)_21": W2[0, 1], "the bias of hidden unit 1": b1[0]},
    "From the first index to the second; the number in brackets is the layer that the line leads into.",
)

# %% id="try-weights-solution" fold=true
# Solution: from input 2 to hidden unit 2; from hidden unit 2 to output 1; from the constant to hidden unit 1.
assert (W1[1, 1], W2[0, 1], b1[0]) == (-0.4, -0.1, 0.1)

# %% [markdown] id="bias"
# ## The bias is one more weight
#
# In the picture the bias has a line like every other weight. That is the whole trick: **put a unit number 0 into every layer but the
# last, whose output is always 1, and call the bias the weight that comes from it**, $b^{(k)}_j=w^{(k)}_{0j}$. Then the sum needs no
# special case. It only begins at $i=0$:
#
# {formula:affine}
#
# > **Think first.** Why has the last layer no constant? What would it be the input of?
#
# Nothing comes after the outputs, so nobody would read it. In code we keep the bias in an array of its own, because it saves copying
# a column of ones in front of every layer. Both ways give the same numbers:

# %% id="bias-as-weight"
x = np.array([0.4, 0.1])
with_constant = np.column_stack([b1, W1]) @ [1.0, *x]
apart = W1 @ x + b1
print("bias as weight number 0:", with_constant, "  bias apart:", apart)

assert np.allclose(with_constant, apart)

# %% id="poll-bias" fold=true
Poll(
    "Both inputs are 0. What is the output of a hidden sigmoid unit?",
    ["0, because nothing comes in.", "0.5, because the sigmoid of 0 is 0.5.", "The sigmoid of its bias."],
    answer=2,
    reasons=[
        "Something does come in: the constant 1, times the bias. And even a sum of 0 would not give the output 0.",
        "So it would be without a bias. With it, the sum is not 0 but the bias.",
        "All other products vanish; the constant is never 0. That is what a bias is for.",
    ],
    name="Poll: a unit whose inputs are 0",
)

# %% [markdown] id="stepper-intro"
# ## The whole pass, step by step
#
# Now all eight numbers. Step through the picture with the buttons, or click it and use <kbd>→</kbd>. Yellow is what is computed now,
# blue what it is computed from. The dark corners mark what will be needed again on the way back; look at them when you
# have arrived at the end. While you step, watch *when* the right-hand cells of a layer are filled: only after all of its left-hand
# ones.

# %% id="stepper"
Stepper(forward_story(net, params, x), label="Forward pass of the network with two outputs")

# %% id="numbers"
trace = net.forward(params, x)
print("hidden outputs:", trace.y[1].round(3), "  outputs:", trace.output.round(3))

assert np.allclose(trace.z[1], [0.19, -0.12])
assert np.allclose(trace.y[1], [0.547, 0.470], atol=5e-4)
assert np.allclose(trace.output, [0.461, 0.455], atol=5e-4)

step_table(forward_steps(net, params, x), "The forward pass for x = (0.4, 0.1)")

# %% [markdown] id="explore-intro"
# ## What moves when something moves?
#
# > **Think first.** You change $x_2$ and nothing else. Which of the eight numbers change? And which change if only $w^{(2)}_{12}$ does?
#
# Move the sliders. Cells that differ from the pass above are blue. Note what a change reaches, and what it cannot reach: these are
# the ways on which [lecture 09](09-the-backward-pass.ipynb) will come back.

# %% id="explore" fold=true
# The picture after the whole pass, and four sliders
USUAL = forward_steps(net, params, x)


def draw(values):
    """The picture after the whole pass, in blue what is not as it was."""
    W1, W2 = params["W1"].copy(), params["W2"].copy()
    W1[0, 1], W2[1, 0] = values["w21"], values["w12"]
    this = (net, params | {"W1": W1, "W2": W2}, [values["x1"], values["x2"]])
    story = forward_story(*this)
    texts = {key: text for frame in story.frames for key, text in frame.texts.items()}

    # The first frame shows the input, then there is one for each step.
    steps = zip(forward_steps(*this), USUAL, story.frames[1:], strict=True)
    moved = {str(now.target): frame.now for now, before, frame in steps if now.value != before.value}
    lit = tuple(cell for cells in moved.values() for cell in cells)
    picture = Story(story.svg, (Frame("", "", "", texts=texts, read=lit),), story.alt).still()
    says = f"Not as before: {', '.join(moved) or 'nothing'}."
    outputs = " and ".join(f"{number:.4g}" for number in net.forward(*this[1:]).output)
    return View(picture, {}, says, f"{story.alt} Outputs {outputs}. {says}")


Explorer(
    Exploration(
        "What moves when something moves",
        (
            Slider("x1", "input x₁", -2, 2, 0.4),
            Slider("x2", "input x₂", -2, 2, 0.1),
            Slider("w21", "weight w⁽¹⁾₂₁", -2, 2, 0.1),
            Slider("w12", "weight w⁽²⁾₁₂", -2, 2, 0.1),
        ),
        draw,
    )
)

# %% [markdown] id="explore-answer"
# An input reaches everything that comes after it. The weight $w^{(1)}_{21}$ reaches hidden unit 1 and all that hidden unit 1 feeds, but
# never hidden unit 2. The weight $w^{(2)}_{12}$ reaches one sum and one output. And *nothing* reaches back to the left: the
# network is **directed**, which is why we can compute it in one sweep.
#
# ### Try it: an input of your own
#
# Find an input that makes the output of hidden unit 1 exactly one half. There are many. (When is a sigmoid one half?)

# %% id="try-input"
my_x = None  # two numbers, such as [0.4, 0.1]

# %% id="try-input-check" fold=true
# Check
fits = my_x is not None and np.shape(my_x) == (2,)
check_answer(
    "the output of hidden unit 1" if fits else "your input",
    net.forward(params, my_x).y[1][0] if fits else my_x,
    0.5 if fits else x,
    "The sigmoid is one half where its argument is 0: solve 0.1 + 0.2 x₁ + 0.1 x₂ = 0 for one of the two, and choose the other.",
)

# %% id="try-input-solution" fold=true
# Solution: any point of a straight line, for instance these three. (The line is the border of a half-plane.)
for point in ([-0.5, 0.0], [0.0, -1.0], [-1.0, 1.0]):
    assert np.isclose(net.forward(params, point).y[1][0], 0.5)

# %% [markdown] id="algorithm-intro"
# ## The algorithm
#
# Layer by layer, and in each layer two stages:
#
# 1. The outputs of layer 0 are the inputs: $y^{(0)}_i=x_i$ for $i=1..D_0$, and $y^{(k)}_0=1$ for $k=0..N-1$.
# 2. For $k=1,\ldots,N$:
#    * for every unit $j$ of layer $k$ the sum: {formula:affine}
#    * for every unit $j$ of layer $k$ the output: {formula:activation}
# 3. The answer is $y^{(N)}$.
#
# ### Try it: one layer
#
# Write the inside of the loop: from the outputs `y` of the layer before to the sums and outputs of this one. `W` has a row for each unit
# of this layer; the bias is apart; `f` is the activation and takes the whole list of sums at once. Use loops or not, as you like.


# %% id="try-layer"
def layer(W, b, y, f):
    """Sums and outputs of a layer with weights W (M, D) and biases b (M,), from the outputs y (D,) before."""
    return None  # for instance {"z": ..., "y": ...}


# %% id="try-layer-check" fold=true
# Check: the network of the picture, and a layer with more units than inputs
def right_layer(W, b, y, f):
    z = W @ y + b
    return {"z": z, "y": f(z)}


rng = np.random.default_rng(8)
five = (rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3))
check_function(
    "layer",
    layer,
    [(W1, b1, x, sigmoid), (*five, tanh), (*five, softmax)],
    right_layer,
    "The sum into unit j is b[j] plus W[j, i] * y[i] over all i; then f of all sums.",
)


# %% id="try-layer-solution" fold=true
# Solution
def layer_by_loops(W, b, y, f):
    z = [b[j] + sum(W[j, i] * y[i] for i in range(len(y))) for j in range(len(b))]
    return {"z": np.array(z), "y": f(np.array(z))}


assert check_function(
    "layer", layer_by_loops, [(W1, b1, x, sigmoid), (*five, tanh), (*five, softmax)], right_layer
)

# %% [markdown] id="algorithm-whole"
# The rest is a loop around it that keeps what each layer computed:


# %% id="algorithm"
def forward_by_loops(net, params, x):
    """All sums z[1..N] and outputs y[0..N] of one instance."""
    y, z = [np.asarray(x)], [None]
    for k in range(1, net.depth + 1):
        W, b, f = params[f"W{k}"], params[f"b{k}"], net.activation(k)
        sums = []
        for j in range(len(b)):  # first every sum ...
            total = b[j]
            for i in range(len(y[-1])):
                total += W[j, i] * y[-1][i]
            sums.append(total)
        z.append(np.array(sums))
        y.append(f(z[-1]))  # ... and only then the outputs
    return y, z


y, z = forward_by_loops(net, params, x)
print("outputs:", y[-1].round(3))

# %% [markdown] id="algorithm-check-intro"
# A program is right when it agrees with something that was made in another way. Here: with the course's own loops and with its
# matrices, on a network of three layers with mixed activations.

# %% id="algorithm-check"
deep = MLP(widths=(3, 4, 5, 3), hidden=(tanh, sigmoid), output=softmax)
deep_params, deep_x = deep.init(rng, scale=1.0), rng.normal(size=3)
y, z = forward_by_loops(deep, deep_params, deep_x)

for other in (scalar.forward(deep, deep_params, deep_x), deep.forward(deep_params, deep_x)):
    assert all(np.allclose(y[k], other.y[k]) for k in range(4))
    assert all(np.allclose(z[k], other.z[k]) for k in range(1, 4))
print("Agrees in all layers. The outputs are", y[-1].round(3), "and add up to", y[-1].sum().round(12))

# %% [markdown] id="vector-activation"
# ### What exactly is a vector activation?
#
# So far each output was made of **one** sum, the unit's own: $y_j=f(z_j)$. Such an activation is called *scalar*. A **vector activation**
# takes all sums of a layer together and makes all outputs of them together, so that every output may depend on every
# sum. The most common one is the softmax, which turns any numbers into numbers that are positive and add up to 1:
#
# {formula:softmax}
#
# Its denominator has all sums in it. In the tables below a row is an output, a column is a sum, and there is an x where the output
# depends on the sum.

# %% id="influence-tables"
for f in (sigmoid, softmax):
    print(f.name)
    for row in f.influences(np.array([0.3, -1.0, 0.8])):
        print("   ", " ".join("x" if depends else "·" for depends in row))

# %% [markdown] id="hasty-intro"
# ### Why does a vector activation need all sums first?
#
# > **Think first.** With a scalar activation we may finish one unit before we begin with the next: sum, output, sum, output.
# > Somebody programs the pass like this and it works for years. Then the output layer becomes a softmax. What comes out?


# %% id="hasty"
def hasty_layer(W, b, y, f):
    """Each unit's output as soon as its own sum is there."""
    return np.array([f(np.array([W[j] @ y + b[j]]))[0] for j in range(len(b))])


W, b, before = five
print("sigmoid, hasty:  ", hasty_layer(W, b, before, sigmoid).round(3))
print("sigmoid, patient:", sigmoid(W @ before + b).round(3))
print("softmax, hasty:  ", hasty_layer(W, b, before, softmax).round(3))
print("softmax, patient:", softmax(W @ before + b).round(3))

assert np.array_equal(hasty_layer(W, b, before, softmax), np.ones(5))

# %% [markdown] id="hasty-answer"
# Five times 1. The softmax of a single number is always 1, because it divides the number's exponential by itself; the hasty program
# asks for the share of each unit in a sum that has only this unit in it. No error is raised, and the probabilities add up to 5. That is
# why the algorithm has **two** loops in each layer: first every $z$, then every $y$. [Lecture 10](10-special-cases.ipynb) goes the way
# back through such a layer.

# %% id="poll-order" fold=true
Poll(
    "In which order may the numbers of a network with scalar activations be computed?",
    [
        "Only in the order of the algorithm: layer by layer, first all sums, then all outputs.",
        "In any order in which everything that flows into a number is computed before it.",
        "In any order, because each unit has its own weights.",
    ],
    answer=1,
    reasons=[
        "That is one good order, and it serves every activation. But hidden unit 2 does not wait for hidden unit 1.",
        "Any such order will do. It is called topological, and lecture 09 reads it from the end.",
        "An output unit cannot begin before the hidden units have finished: it adds up what they give.",
    ],
    name="Poll: possible orders of the forward pass",
)

# %% [markdown] id="remember"
# ## What must be remembered?
#
# To *answer*, nothing: as soon as layer $k$ is there, layer $k-1$ may be forgotten. To *learn*, almost everything. On the way back each
# derivative is made of numbers that the way forward computed. Look again at the picture's dark corners, here as a list:

# %% id="remember-list"
needed = needed_by_backward(net, trace)
for quantity, what in {"y": "outputs (with the inputs)", "z": "sums", "w": "weights"}.items():
    names = sorted((name for name in needed if name.quantity == quantity), key=str)
    print(f"{len(names)} {what}: {', '.join(map(str, names))}")

assert not [name for name in needed if name.quantity == "w" and name.indices[0] == 0]

# %% [markdown] id="remember-why"
# * every **$z$**, because the slope of the activation is taken there;
# * every **$y$**, the inputs included, because the derivative to a weight is a product with what flowed through it;
# * the **weights** as they were, because the way back leads through them;
# * **not** the biases: nobody asks for them again.
#
# [Lecture 09](09-the-backward-pass.ipynb) takes these away one by one and shows what is lost with each. The price is memory, and it can
# be large: it grows with the number of instances that go through the network together, while the weights do not.
#
# > **Think first.** A network for small pictures has the widths 784-512-512-10. What takes more room: its weights, or what must be
# > remembered of 1,000 pictures?

# %% id="remember-size"
big = MLP(widths=(784, 512, 512, 10))
a_picture = sum(big.widths) + sum(big.sums(k) for k in (1, 2, 3))
print(f"weights and biases: {big.parameter_count:>9,} numbers")
for pictures in (1, 100, 1000):
    print(f"remembered of {pictures:>4}: {pictures * a_picture:>9,} numbers")

# %% [markdown] id="nested"
# ## One function inside another
#
# Step back and look at the pass as a whole. Layer 2 is a function of what layer 1 gives, and layer 1 is a function of the input. Written
# in one line, with all sums of a layer as a vector, a network of two layers is
#
# {formula:two-layers-nested}
#
# and any number of layers is more of the same:
#
# {formula:network-nested}
#
# The forward pass evaluates this from the innermost bracket to the outermost. For nested functions there is a rule for derivatives, and
# you know it from [lecture 07](07-chain-rule-as-influence.ipynb). This is where the backward pass comes from.

# %% id="nested-check"
W2, b2 = params["W2"], params["b2"]
nested = sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2)
print("in one line:", nested.round(3))
assert np.allclose(nested, trace.output)

# %% [markdown] id="summary"
# ## Summary
#
# * A unit works in two stages: an affine sum $z$, and an activation that makes $y$ of it.
# * $w^{(k)}_{ij}$ leads **from** unit $i$ of layer $k-1$ **to** unit $j$ of layer $k$; in code it is `W[j-1, i-1]`, one row for each unit
#   that receives. The bias is $w^{(k)}_{0j}$, from a constant 1.
# * Layer by layer, in each layer **first all sums, then all outputs**: a vector activation needs every sum.
# * For learning keep every $z$, every $y$ and the weights.
# * A network is a nested function, evaluated from the inside.
#
# **Next:** [lecture 09](09-the-backward-pass.ipynb), the way back. **Practise** with
# [problem set 3](../assignments/release/ps3/ps3.ipynb), which begins with the forward pass as explicit sums.
#
# ### Sources, and where they are wrong
#
# The algorithm follows a lecture deck on optimisation and the full algorithms (*A*) and its later edition (*D*); the numbers are those of
# an introductory deck with a worked training step (*B*); the questions were asked by the student whose notes are source *C*. In the
# forward formulas of *A*, and once in *C*, indices went astray:
#
# | where | printed | right |
# |---|---|---|
# | *A*, the sum | $\sum_iw^{(k)}_{ij}\,y^{(k-1)}_j$ | $\sum_iw^{(k)}_{ij}\,y^{(k-1)}_i$: what flows through comes from $i$ |
# | *A*, its limits | $i=0..N_k$ | $i=0..D_{k-1}$, the width of the layer before |
# | *A*, the constant | $y^{(k)}_0=1$ for $k=1..N$ | for $k=0..N-1$: the first layer reads one, nobody reads that of the last |
# | *A* and *C*, softmax | $y=\ldots$ | $y_i=\ldots$, one for each $i$ |
# | *C*, sums into a softmax | $z_i=\sum_jw_{ij}x_j+b_i$ | $z_i=\sum_jw_{ji}x_j+b_i$ |
#
# Each line is proved by a calculation; the [errata page](../docs/errata.md) has all of them.

# %% id="errata-proof"
for name in (
    "a-forward-index",
    "a-forward-limit",
    "a-forward-constant",
    "ac-softmax-index",
    "c-softmax-weights",
):
    proof = erratum(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}:\n  {proof.evidence}")

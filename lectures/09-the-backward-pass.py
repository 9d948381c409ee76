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
# * write the algorithm as loops, check it, and say what it costs;
# * do one complete training step with momentum, and avoid the mistake that most people make in it.
#
# **You need** the forward pass (lecture 08), the chain rule as a sum over paths (07), and what a divergence
# is (04). Take about 75 minutes, with a pencil.

# %% id="imports"
import numpy as np

from mlpkit import (
    MLP,
    SGD,
    backward_steps,
    check_gradients,
    half_squared_error,
    numerical_gradient,
    relu,
    sigmoid,
    tanh,
)
from mlpkit.diagrams import backward_story, step_table
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

# %% [markdown] id="to-the-layer-below"
# ## Step 4: down to the layer below
#
# Now the hidden layer. A hidden output $y_i$ reaches the divergence only through the sums that it feeds, each by its
# own weight:
#
# {formula:local-input}
#
# Lecture 07 said what to do when influence takes several ways: multiply along each path, and **add over the paths**.
# So a unit collects, from every unit that it feeds, that unit's dot times the weight between them:
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
# Finish the pass with a pencil before you open the next cell. What is $\dot z$ of the hidden units? What are the
# derivatives to the six numbers in layer 1, and why are two of them zero?

# %% [markdown] id="hidden-solution"
# <details><summary><b>Show the solution</b></summary>
#
# The slope at $z=0.2$ is $0.54983\cdot(1-0.54983)=0.24752$, so each hidden unit has
# $\dot z=0.24752\cdot(-0.0085974)=-0.002128$. The derivatives to the weights are that times the inputs, 1 and 0: so
# $-0.002128$ for the weights from the first input, $0$ for those from the second, and $-0.002128$ for the biases.
# The second input is 0 in this instance: its weights did nothing, so no change of them could have helped.
#
# </details>

# %% id="hidden-check"
dz1 = sigmoid.derivative(trace.z[1]) * dy1
dW1 = np.outer(dz1, x) + 0.0  # adding 0 turns -0 into 0
print("ż of the hidden units:", dz1.round(6))
print("to the weights:\n", dW1.round(6))

assert np.allclose(dW1, measured["W1"], atol=1e-9)
assert np.allclose(dz1, measured["b1"], atol=1e-9)
print("Agrees with the nudges.")

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
# two outputs. Stop when a hidden $\dot y$ is computed and check that two blue cells flow into it.

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

# %% [markdown] id="questions-order"
# ## Two questions that learners ask here
#
# **Which intermediate values must be kept?** Go through the formulas and look at what they read. The slope needs $z$ (or,
# for the sigmoid, $y$). The weight's derivative needs $y$ of the layer before. The way down needs the weights themselves.
# So: every $z$, every $y$, and the *old* weights. The divergence's own value is not needed anywhere. That is why memory
# during training grows with the depth of the network and the size of the batch, while answering alone needs only one layer
# at a time.
#
# **Why is the order the reverse of the forward one?** A number can have its dot only when everything that it feeds has its
# own. In the forward pass a unit waits for all that flows *into* it; now it waits for all that it flows *out* to. List the
# units so that every arrow points from earlier to later (a topological order): the forward pass follows the list, the
# backward pass reads it from the end. In a layered network any order within a layer will do.
#
# ## The algorithm
#
# As loops over single numbers. This is the textbook algorithm for any depth and any scalar activation; the formulas above
# are its lines. (The slope is an argument so that we can break it afterwards.)

# %% id="algorithm"


def backward_by_loops(net, params, trace, d, slope=lambda f, z: f.derivative(z)):
    """All derivatives of half the squared error for one instance, one number at a time."""
    N, D = net.depth, net.widths
    grads = {name: np.zeros(shape) for name, shape in net.shapes().items()}
    dy = [trace.y[N][j] - d[j] for j in range(D[N])]
    for k in range(N, 0, -1):
        W, y_before = params[f"W{k}"], trace.y[k - 1]
        dz = [slope(net.activation(k), trace.z[k][j]) * dy[j] for j in range(D[k])]
        for j in range(D[k]):
            grads[f"b{k}"][j] = dz[j]
            for i in range(D[k - 1]):
                grads[f"W{k}"][j, i] = y_before[i] * dz[j]
        dy = [sum(W[j, i] * dz[j] for j in range(D[k])) for i in range(D[k - 1])]
    return grads


# %% [markdown] id="algorithm-check-intro"
# Does it work on a network that we did not have in mind when we wrote it? Four layers of weights, mixed activations, random
# weights; every derivative compared with the nudge.

# %% id="algorithm-check" check=false
rng = np.random.default_rng(9)
deep = MLP(widths=(3, 4, 5, 3, 2), hidden=(tanh, relu, sigmoid), output=tanh)
deep_params = deep.init(rng, scale=1.0)
deep_x, deep_d = rng.normal(size=3), rng.uniform(size=2)

deep_trace = deep.forward(deep_params, deep_x)


def deep_loss(p):
    return deep.loss(p, deep_x, deep_d)


report = check_gradients(deep_loss, deep_params, backward_by_loops(deep, deep_params, deep_trace, deep_d))
assert report
report

# %% [markdown] id="sabotage"
# ### Try it: break it
#
# A check that cannot fail proves nothing. Below, the slope is left out in one layer only: the tanh of layer 1 keeps its own, the
# sigmoid of layer 3 does not. Before you look at the report: which parameters will be wrong? Then change a line of the loops
# yourself (`trace.y[k]` for `trace.y[k - 1]`, a forgotten sign) and read what the check says.

# %% id="sabotage-code" check=false


def forgets_the_sigmoid(f, z):
    return 1.0 if f is sigmoid else f.derivative(z)


broken = backward_by_loops(deep, deep_params, deep_trace, deep_d, slope=forgets_the_sigmoid)
check_gradients(deep_loss, deep_params, broken)

# %% [markdown] id="sabotage-answer"
# Layer 4 is right: its derivatives were ready before the pass came to the mistake. Layer 3 is wrong, and everything below it as
# well, because each layer's dots are made from those above. So when you look for a mistake in a backward pass, begin with the
# wrong layer **nearest the output**.
#
# ## What it costs
#
# Count the multiplications in the list above: each weight is used once for its own derivative and once on the way down, and
# each unit multiplies once by its slope.
#
# {formula:backward-products}
#
# Twice the number of weights, and a little: **linear in the size of the network.** Nudging costs two forward passes *for each*
# weight, and a forward pass costs one multiplication a weight: quadratic. Count for yourself:

# %% id="cost"
print(f"{'widths':>14} {'weights':>8} {'backward':>9} {'per weight':>11} {'nudging all':>12}")
for width in (2, 4, 8, 16, 32):
    wide = MLP(widths=(width, width, width), hidden=sigmoid, output=sigmoid)
    wide_params = wide.init(np.random.default_rng(0))
    steps = backward_steps(wide, wide_params, np.ones(width), np.ones(width))
    products = sum(step.products for step in steps)
    weights = 2 * width * width
    nudging = 2 * wide.parameter_count * weights
    name = "-".join(map(str, wide.widths))
    print(f"{name:>14} {weights:>8} {products:>9} {products / weights:>11.2f} {nudging:>12,}")

# %% [markdown] id="training-step"
# ## From derivatives to learning: one step by hand
#
# Backpropagation is **not** training. It supplies derivatives, and something else decides what to do with them: here, gradient
# descent with momentum. A weight's change is a share $\alpha$ of its last change plus a step of size $\eta$ down the slope,
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
gradients = net.backward(params, trace, d)
new, changes = optimizer.update(params, gradients)

for name, value in new.items():
    print(name, "was", params[name].tolist(), "is now", value.round(5).tolist())

# %% [markdown] id="symmetry"
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
# the hidden error would come out differently:

# %% id="old-weights"
right = sigmoid.derivative(trace.z[1]) * (params["W2"].T @ gradients.wrt_z[2])
wrong = sigmoid.derivative(trace.z[1]) * (new["W2"].T @ gradients.wrt_z[2])
print("ż of a hidden unit with the old weights:", right[0].round(6))
print("                   with the new weights:", wrong[0].round(6))

# %% [markdown] id="second-step"
# ### The second step
#
# The next instance is $x=(0,1)$ with target $-0.3$. Now there *is* an earlier change, so momentum comes in.
#
# > **Think first.** Can this network ever reach the target of $-0.3$?

# %% id="second-step-code"
x2, d2 = np.array([0.0, 1.0]), np.array([-0.3])
trace2 = net.forward(new, x2)
gradients2 = net.backward(new, trace2, d2)
newer, changes2 = optimizer.update(new, gradients2, changes)

print("hidden outputs", trace2.y[1].round(5), " output", trace2.output.round(5))
print("ż of the output unit", gradients2.wrt_z[2].round(5))
print("ż of the hidden units", gradients2.wrt_z[1].round(6))
for name, value in newer.items():
    print(name, "is now", value.round(5).tolist())

# %% [markdown] id="unreachable"
# It cannot: a sigmoid's values lie between 0 and 1. Training would push the output towards 0 for ever and never be done, and
# the weights would grow without end. A target must be something that the output can say.
#
# What does the network answer now for an instance that it has not seen, $x=(1,1)$ with the label 0.8?

# %% id="test-point"
answer = net.forward(newer, [1.0, 1.0]).output
print("answer:", answer.round(5), " divergence:", round(net.loss(newer, [1.0, 1.0], [0.8]), 5))

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
# The input is not trained, but the answer is often wanted: *which part of the picture made the network say this?*

# %% id="input-derivative"
print("derivative to the input:", gradients.wrt_x.round(6))
assert np.allclose(gradients.wrt_x, numerical_gradient(lambda u: net.loss(params, u, d), x), atol=1e-9)

# %% [markdown] id="polls"
# ## Check yourself
#
# Decide before you click: the reason is given for every choice, right or wrong.

# %% id="poll-what" fold=true
Poll(
    "What does backpropagation compute?",
    [
        "The best weights for the training set.",
        "The derivatives of the divergence to all weights and biases.",
        "The changes of the weights.",
    ],
    answer=1,
    reasons=[
        "Nobody promises the best weights. Derivatives only say which way is downhill from here.",
        "And nothing else: what is done with them is the optimizer's business.",
        "With the same derivatives, plain descent and momentum make different changes.",
    ],
    name="Poll: what backpropagation computes",
)

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

# %% id="poll-saturated" fold=true
Poll(
    "A hidden sigmoid unit has $z=12$. In this step its weights will learn",
    ["fast, because its output is large.", "hardly at all.", "about as fast as those of other units."],
    answer=1,
    reasons=[
        "The size of the output matters to the weights above. To its own weights the *slope* matters.",
        "The slope at 12 is about 0.000006, and every dot that passes the unit is multiplied by it.",
        "They would if the slopes were alike; at 12 the sigmoid is nearly flat.",
    ],
    name="Poll: a saturated unit",
)

# %% [markdown] id="dictionary"
# ## How others write it
#
# You will meet this algorithm in many notations. The same four lines in three of them:
#
# | here | a source with error terms | a source with one letter a stage |
# |---|---|---|
# | $\dot z^{(k)}_j$ | $-\delta_j$ (the opposite sign!) | $dJ/da_j$, or $dJ/db$ at the output |
# | $w^{(k)}_{ij}$, from $i$ to $j$ | $w_{ji}$ or $w_{kj}$: the *target* unit comes first | $\alpha_{ji}$ in the first layer, $\beta_j$ in the second |
# | $y^{(k)}_j$ | $h_j$ hidden, $o_k$ output | $z_j$ hidden, $y$ output |
# | $d$ | $t$ | $y^*$ |
#
# The one that bites is the sign. An *error term* is our dot turned round,
#
# {formula:error-term}
#
# which is why such texts add where we subtract. Both move the weights the same way.

# %% [markdown] id="summary"
# ## Summary
#
# * A dot is the derivative of the divergence; it has the shape of the thing under it.
# * Start at the output; then, layer by layer: **times the slope** to the sums; **times what came in** to the weights;
#   **weighted sum over what it feeds** to the layer below.
# * Keep every $z$ and $y$ of the forward pass, and use the old weights throughout.
# * All derivatives together cost about two multiplications a weight.
# * Backpropagation finds derivatives. What is done with them is another matter (lecture 13).
#
# **Next:** lecture 10 drops the assumptions made silently here: scalar activations, plain sums, and slopes that exist
# everywhere. **Practise** with problem set 3, which asks you to write this pass; problem set 2 builds its parts.
#
# ### Sources, and where they are wrong
#
# The derivation follows a lecture deck on neural networks (*A*, with the overdots of its later edition *D*); the hand-run step
# is from an introductory deck (*B*), whose second step we have finished. Things to know if you read them beside this page:
#
# * *A* writes the weight's derivative with the indices exchanged and a range that runs over the wrong layer, and lets the loop
#   speak of $\dot z^{(0)}$. There is no such thing: layer 0 has no sums.
# * *A* and *D* call the loss a sum. The formula that they give is the mean.
# * *B* prints $1/(1+e^{-2})=.55$ in the worked step. It is $1/(1+e^{-0.2})$; and the new weight $w_{22}=.1004$ must stay $.1$, as
#   its input was 0. You have seen both above; here they are once more.

# %% id="errata-proof"
print("sigmoid(2)   =", sigmoid(2.0).round(2), "   sigmoid(0.2) =", sigmoid(0.2).round(2))
print("weight from input 2 to hidden unit 2 after the first step:", new["W1"][1, 1])
assert new["W1"][1, 1] == params["W1"][1, 1]

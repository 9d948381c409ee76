# %% [markdown] id="title"
# # 11 · Vector form
#
# The loops of [lecture 09](09-the-backward-pass.ipynb) are right, and nobody trains with them. Written with vectors and matrices the
# same pass is six lines long, has no indices to get wrong, and runs a hundred times faster or more. The price is one new worry: every
# thing now has a **shape**, and the shapes must fit. This lecture makes the worry your friend. If you know what size each thing is,
# you hardly need to remember the formulas.
#
# **You will be able to**
#
# * write down the Jacobian of an activation and of an affine map, and say what one entry of it means;
# * put the factors of a chain rule into the right order, and tell a derivative from a gradient;
# * say what size each thing in a network is, and find transposes by that alone;
# * compute derivatives of vectors that act through several others (the extended chain rule);
# * write both passes with matrices, for one instance and for a whole batch.
#
# **You need** the [backward pass](09-the-backward-pass.ipynb), the softmax from [lecture 10](10-special-cases.ipynb), and products of
# matrices. Take about 75 minutes.

# %% id="imports"
from itertools import pairwise
from time import thread_time

import numpy as np

from mlpkit import (
    MLP,
    check_gradients,
    check_network,
    cross_entropy,
    half_squared_error,
    matrix_backward_steps,
    matrix_forward_steps,
    numerical_gradient,
    scalar,
    sigmoid,
    softmax,
    tanh,
)
from mlpkit.diagrams import Frame, Story, influence_diagram, matrix_story, pass_story
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.plots import DIVERGING, Picture, figure, theme
from mlpkit.widgets import Poll, Stepper

# %% [markdown] id="the-network"
# ## A network in which no two sizes are equal
#
# For hand calculations we took the smallest network. For shapes that is the worst choice: where everything is 2×2, every mistake fits.
# So this one has 4 inputs, 3 hidden units (sigmoid) and 2 outputs (softmax), compared with the targets by cross-entropy. In prose a
# vector is a column; `(3,)` in NumPy is a vector of three numbers that is neither row nor column.

# %% id="network"
rng = np.random.default_rng(11)
net = MLP(widths=(4, 3, 2), hidden=sigmoid, output=softmax, divergence=cross_entropy)
params = net.init(rng, scale=1.0)
x, d = np.array([0.5, -1.0, 2.0, 0.3]), np.array([1.0, 0.0])

trace = net.forward(params, x)
for name, value in {
    **params,
    "z1": trace.z[1],
    "y1": trace.y[1],
    "z2": trace.z[2],
    "y2": trace.output,
}.items():
    print(f"{name}  {value.shape!s:<7} {(value.round(2) + 0.0).tolist()}")

# %% [markdown] id="jacobian"
# ## What is the derivative of a vector to a vector?
#
# A derivative is a factor: it says how a small change of the input is multiplied to give the change of the output
# ([lecture 07](07-chain-rule-as-influence.ipynb)). Here input and output are vectors.
#
# > **Think first.** What turns a change of three numbers into a change of two?
#
# A matrix with two rows and three columns does. It is called the **Jacobian**, and with it the sentence of lecture 07 stays as it was:
#
# {formula:linearisation}
#
# **One row for each output, one column for each input**; the entry in row $j$ and column $i$ is $\partial y_j/\partial z_i$. Nudging the inputs
# one at a time gives it column by column:


# %% id="measured-jacobian"
def measured_jacobian(f, z, h=1e-6):
    """Central differences: column i is what a nudge of z[i] does to all outputs."""
    columns = [(f(z + h * e) - f(z - h * e)) / (2 * h) for e in np.eye(len(z))]
    return np.stack(columns, axis=1)


z = np.array([0.2, -1.0, 0.7])
J = measured_jacobian(softmax, z)
change = np.array([0.01, 0.0, -0.02])
print("what the outputs do:  ", (softmax(z + change) - softmax(z)).round(5))
print("Jacobian times change:", (J @ change).round(5))

assert np.allclose(J, softmax.jacobian(z), atol=1e-9)
assert np.allclose(softmax(z + change) - softmax(z), J @ change, atol=2e-4)

# %% [markdown] id="three-jacobians"
# ## The three Jacobians of a network
#
# There are only three kinds. The next figure shows one of each; blue is positive, orange negative, white zero.
#
# > **Think first.** One is diagonal, one is full, one has not as many rows as columns. Which of them belongs to a layer of sigmoids, which
# > to a softmax, and which to the sums $z=Wy+b$?

# %% id="jacobian-figure" fold=true
# Draw three Jacobians with their numbers
W2, y1 = params["W2"], trace.y[1]
kinds = {
    "A: diagonal": sigmoid.jacobian(z),
    "B: full": softmax.jacobian(z),
    "C: 2 rows, 3 columns": measured_jacobian(lambda y: W2 @ y + params["b2"], y1),
}
with theme():
    canvas, panels = figure(9.0, 3.0, columns=3)
    for axes, (kind, matrix) in zip(panels, kinds.items(), strict=True):
        reach = np.abs(matrix).max()
        axes.imshow(matrix, cmap=DIVERGING, vmin=-reach, vmax=reach)
        for (j, i), entry in np.ndenumerate(matrix):
            ink = "white" if abs(entry) > 0.7 * reach else "black"
            axes.text(i, j, f"{entry:.2f}", ha="center", va="center", color=ink)
        rows, columns = matrix.shape
        axes.set(title=kind, xticks=range(columns), yticks=range(rows), xlabel="input", ylabel="output")
        axes.set_xticklabels(range(1, columns + 1))
        axes.set_yticklabels(range(1, rows + 1))
assert np.allclose(kinds["C: 2 rows, 3 columns"], W2)  # measured, and found to be the weights
spoken = "; ".join(f"{kind}, rows {matrix.round(2).tolist()}" for kind, matrix in kinds.items())
Picture(canvas, f"Three Jacobians: {spoken}.")

# %% [markdown] id="jacobian-kinds"
# * **A, scalar activations**: output $j$ depends on sum $j$ alone. Slopes on the diagonal, zeros beside it:
#
# {formula:jacobian-scalar}
#
# * **B, vector activations**: every output may depend on every sum, so the matrix is full. The softmax's rows and columns each add up to 0,
#   because its outputs must go on adding up to 1.
# * **C, affine sums**: to the outputs of the layer below the derivative is the matrix of weights itself. Nothing needs to be computed:
#
# {formula:jacobian-affine}
#
# ## The order of the chain rule
#
# With numbers the chain rule is a product and the order does not matter. Matrices are particular. From the outputs of layer 1 to those
# of layer 2 there are two links, the sums and the activation:
#
# {formula:jacobian-chain}
#
# **The derivative of the outer function comes first**, because it is applied last: the change of $y_1$ stands on the right, meets the inner
# Jacobian and then the outer one. The sizes say the same: $2\times2$ times $2\times3$ is $2\times3$, two outputs and three inputs.

# %% id="chain"
J_activation, J_affine = softmax.jacobian(trace.z[2]), params["W2"]
J_layer = J_activation @ J_affine
print("shapes:", J_activation.shape, "times", J_affine.shape, "is", J_layer.shape)

whole_layer = measured_jacobian(lambda y: softmax(params["W2"] @ y + params["b2"]), trace.y[1])
assert np.allclose(J_layer, whole_layer, atol=1e-9)

# %% [markdown] id="wrong-order-intro"
# The other order is an error, and here you are told so:

# %% id="wrong-order"
try:
    J_affine @ J_activation
except ValueError as complaint:
    print(f"(2, 3) times (2, 2): {complaint}")

# %% id="poll-order" fold=true
Poll(
    "$D=f(g(h(x)))$, where $x$, $h$ and $g$ are vectors and $f$ is a number. With $J_g$ for the Jacobian of $g$, and so on, "
    "the derivative of $D$ to $x$ is",
    ["$J_h J_g J_f$", "$J_f J_g J_h$", "either: the chain rule is a product, and a product has no order."],
    answer=1,
    reasons=[
        "That is the order in which the functions are applied. A change of $x$ would stand on the right and meet $J_f$ first.",
        "Outer function first. $J_f$ is a row, so the result is a row as well: one number for each component of $x$.",
        "A product of numbers has no order. Products of matrices have, and mostly only one of them fits.",
    ],
    name="Poll: the order of the chain rule",
)

# %% [markdown] id="square-trap"
# One warning. If all layers have the same width, the wrong order *fits*, and nobody tells you. A program tried only on square layers has
# not been tried. That is why our network has no two equal sizes, and why the tests of your problem sets have none either.
#
# ## Derivative and gradient
#
# > **Think first.** The divergence is one number. What shape does its derivative to a vector of three have, by the rule "a row for
# > each output, a column for each input"?
#
# One row, three columns: **the derivative to a vector is a row.** It multiplies a change (a column) and gives a number. And that is awkward
# for descent, where we want to subtract something from the vector: a row cannot be subtracted from a column. So there is a second word.
# **The gradient is the derivative transposed; it has the shape of the variable.**
#
# {formula:gradient-is-transpose}
#
# | | derivative $\partial\mathrm{Div}/\partial v$ | gradient $\nabla_v\mathrm{Div}$, our $\dot v$ |
# |---|---|---|
# | for a column of $n$ | a row, $1\times n$ | a column, $n\times1$ |
# | for a matrix $m\times n$ | $n\times m$ | $m\times n$ |
# | good for | chain rules: factors stand in the order outer to inner | updates: $W\leftarrow W-\eta\nabla_W\mathrm{Div}$ |
# | in this course | in proofs | **in all code**, and under every dot |
#
# Transposing a product turns its order round. This is the only reason why the same step looks different in different books:
#
# | step back | with derivatives (rows) | with gradients (dots) |
# |---|---|---|
# | through the activation | {formula:row-through-activation} | {formula:vector-through-activation} |
# | through the weights | {formula:row-to-layer-below} | {formula:vector-to-layer-below} |
# | to the weights | {formula:row-weight-derivative} | {formula:vector-weight-gradient} |
# | to the biases | {formula:row-bias-derivative} | {formula:vector-bias-gradient} |
#
# Look at the right column for a moment: forward the signal went through $W_k$, backward the dots go through $W_k^T$. For scalar
# activations the first line becomes a product entry by entry, without any matrix:
#
# {formula:vector-through-scalar-activation}

# %% id="rows-and-columns"
dy2 = net.divergence.derivative(trace.output, d)
row = dy2.reshape(1, 2)  # the derivative, a row
column = dy2.reshape(2, 1)  # the gradient, a column
J2, W2 = softmax.jacobian(trace.z[2]), params["W2"]

as_rows = row @ J2 @ W2
as_columns = W2.T @ J2.T @ column
print("derivative to y1, a row:   ", as_rows.round(4), as_rows.shape)
print("gradient to y1, a column:  ", as_columns.round(4).tolist(), as_columns.shape)

assert np.allclose(as_rows.T, as_columns)
assert np.allclose(as_columns.ravel(), net.backward(params, trace, d).wrt_y[1])

# %% [markdown] id="which-end"
# ## The order is fixed. Where to begin is not.
#
# The derivative to the input is a row times four matrices: $1\times2$, then $2\times2$, $2\times3$, $3\times3$ and $3\times4$. Their order must
# stay, but brackets may be set anywhere, and the result is the same.
#
# > **Think first.** Does it matter where you begin? A $p\times q$ matrix times a $q\times r$ matrix takes $pqr$ multiplications.
#
# The cell works it out from the left and from the right, and counts; then again for layers of 400 units.


# %% id="which-end-count"
def from_left(sizes):
    """Multiplications for a product of matrices n0×n1, n1×n2, ..., beginning on the left."""
    return sum(sizes[0] * q * r for q, r in pairwise(sizes[1:]))


def from_right(sizes):
    """The same, beginning on the right."""
    return sum(p * q * sizes[-1] for p, q in pairwise(sizes[:-1]))


W1, J1 = params["W1"], sigmoid.jacobian(trace.z[1])
assert np.allclose((((row @ J2) @ W2) @ J1) @ W1, row @ (J2 @ (W2 @ (J1 @ W1))))

for sizes in ((1, 2, 2, 3, 3, 4), (1, 400, 400, 400, 400, 400)):
    chain = "·".join(map(str, sizes))
    print(f"{chain:>22}: from the left {from_left(sizes):>9,}, from the right {from_right(sizes):>12,}")

# %% [markdown] id="which-end-answer"
# From the left a thin row is all that is ever carried. From the right whole matrices are multiplied with each other. **The backward pass
# begins on the left, at the divergence**: that, and nothing else, is why it costs so little. Problem set 4 asks when the other end
# would be the better one, and [lecture 12](12-four-ways-to-differentiate.ipynb) gives both ends their names.

# %% [markdown] id="parameters"
# ## The derivative to a matrix of weights
#
# The two lines for the parameters deserve a proof, because a derivative to a *matrix* is new. Component by component there is nothing new:
# the divergence depends on $w_{ij}$ through $z_j$ alone, and [lecture 09](09-the-backward-pass.ipynb) found
#
# {formula:weight-derivative}
#
# > **Think first.** The matrix $W_k$ has $w_{ij}$ in row $j$ and column $i$. Put the product of lecture 09 there, for every $i$ and $j$.
# > Which product of two vectors is that?
#
# A column times a row: entry $(j,i)$ of $\dot z\,y^T$ is $\dot z_j\,y_i$. It is called the *outer product*, it has the shape of $W_k$, and
# that is all there is to it. You could have found it from the sizes alone: of $\dot z$ ($3\times1$) and $y$ ($4\times1$), the only
# product that is $3\times4$ is $\dot z\,y^T$.

# %% id="outer"
gradients = net.backward(params, trace, d)
dz1 = gradients.wrt_z[1]
outer = dz1.reshape(3, 1) @ x.reshape(1, 4)
print("shape of W1:", params["W1"].shape, " of the outer product:", outer.shape)

measured = numerical_gradient(lambda p: net.loss(p, x, d), params)
assert np.allclose(outer, measured["W1"], atol=1e-9) and np.allclose(dz1, measured["b1"], atol=1e-9)
print("Agrees with the nudges.")

# %% id="poll-shape" fold=true
Poll(
    "$z=Wy+b$ has 5 components and $y$ has 8. The derivative of the divergence to $W$ (not the gradient) is",
    ["$5\\times8$", "$8\\times5$", "$1\\times40$"],
    answer=1,
    reasons=[
        "That is the size of $W$ and of the gradient. The derivative has the size of the transpose.",
        "A column of 8 times a row of 5: $y$ times the derivative to $z$.",
        "As a list of 40 numbers it would be. But we keep the matrix's form, so that products of matrices can be used.",
    ],
    name="Poll: the size of a derivative to a matrix",
)

# %% [markdown] id="try-sizes-intro"
# ### Try it: what size is each thing?
#
# A network for pictures of digits has 784 inputs, 100 hidden sigmoid units and 10 softmax outputs. Write each size as `(rows, columns)`; a
# column of 100 is `(100, 1)`. Do it without computing anything.

# %% id="try-sizes"
sizes = {
    "W1": None,  # (rows, columns)
    "z1": None,
    "Jacobian of y1 to z1": None,
    "Jacobian of y2 to z2": None,
    "Jacobian of z2 to y1": None,
    "derivative of Div to y1": None,
    "gradient to W2": None,
    "derivative of Div to W1": None,
    "Jacobian of y2 to x": None,
}

# %% id="try-sizes-check" fold=true
# Check
right_sizes = {
    "W1": (100, 784),
    "z1": (100, 1),
    "Jacobian of y1 to z1": (100, 100),
    "Jacobian of y2 to z2": (10, 10),
    "Jacobian of z2 to y1": (10, 100),
    "derivative of Div to y1": (1, 100),
    "gradient to W2": (10, 100),
    "derivative of Div to W1": (784, 100),
    "Jacobian of y2 to x": (10, 784),
}
done = [name for name, size in sizes.items() if size is not None]
check_answer(
    f"the sizes ({len(done)} of {len(right_sizes)} given)",
    {name: sizes[name] for name in done} or None,
    {name: right_sizes[name] for name in done},
    "Jacobian: a row for each output, a column for each input. Derivative: the size of the transpose. Gradient: the size.",
)

# %% id="try-sizes-solution" fold=true
# Solution: the sizes in the cell above, here found by a program on a smaller network with the same bends.
small = MLP(widths=(7, 5, 3), hidden=sigmoid, output=softmax, divergence=cross_entropy)
small_params = small.init(rng, scale=1.0)
small_trace = small.forward(small_params, np.ones(7))
small_gradients = small.backward(small_params, small_trace, np.eye(3)[0])
whole = measured_jacobian(lambda u: small.forward(small_params, u).output, np.ones(7))
assert sigmoid.jacobian(small_trace.z[1]).shape == (5, 5) and softmax.jacobian(small_trace.z[2]).shape == (
    3,
    3,
)
assert small_gradients["W2"].shape == (3, 5) and whole.shape == (3, 7)

# %% [markdown] id="extended"
# ## When a vector acts in several ways: the extended chain rule
#
# In a network of plain layers everything goes through the next layer. Not all networks are plain. Below, the input also jumps over the
# hidden layer, straight into the sums of the outputs, by a matrix $V$ of its own: $z_2=W_2y_1+Vx+b_2$. Such a *skip connection* is in
# most large networks of today.
#
# > **Think first.** A change of $x$ reaches the divergence in two ways. What does lecture 07 say about influence that takes several ways?
#
# It adds up. For vectors too: each way contributes a row times a Jacobian, and although the vectors on the way may be of
# different sizes, **the contributions all have the size of the thing that is shared**, so they can be added.
#
# {formula:extended-chain-rule}
#
# Step back through the diagram. On each arrow stands the Jacobian, on each step the sizes. Note that $x$ has to wait until *both* of its ways
# have come back.

# %% id="extended-story" fold=true
# The diagram, and one frame for each step back through it
diagram = influence_diagram(
    [
        ("x", "z1", "W₁"),
        ("z1", "y1", "J₁"),
        ("y1", "z2", "W₂"),
        ("x", "z2", "V"),
        ("z2", "y2", "J₂"),
        ("y2", "Div", "row"),
    ],
    title="A network with a skip connection",
)
arrow = {(a.source, a.target): f"e-{n}" for n, a in enumerate(diagram.influences)}
node = {name: f"n-{n}" for n, name in enumerate(diagram.nodes)}


def step_back(name, symbols, sizes, *targets):
    """A frame that computes the derivative to `name` from those to `targets`."""
    lit = tuple(node[target] for target in targets) + tuple(arrow[name, target] for target in targets)
    title, symbols = (
        text.translate(str.maketrans("12", "₁₂")) for text in (f"∂Div/∂{name}", f"∂Div/∂{name} = {symbols}")
    )
    html = f"<p>{symbols}</p><p>{sizes}</p>"
    says = "Two ways: two contributions of the same size." if len(targets) > 1 else ""
    return Frame(
        f"The derivative {title}", html, f"{symbols}, sizes {sizes}", says, now=(node[name],), read=lit
    )


frames = (
    step_back("y2", "the derivative of the divergence, a row", "1×2", "Div"),
    step_back("z2", "∂Div/∂y2 · J₂", "1×2 = (1×2)(2×2)", "y2"),
    step_back("y1", "∂Div/∂z2 · W₂", "1×3 = (1×2)(2×3)", "z2"),
    step_back("z1", "∂Div/∂y1 · J₁", "1×3 = (1×3)(3×3)", "y1"),
    step_back("x", "∂Div/∂z1 · W₁ + ∂Div/∂z2 · V", "1×4 = (1×3)(3×4) + (1×2)(2×4)", "z1", "z2"),
)
Stepper(Story(diagram.svg, frames, diagram.alt), label="The extended chain rule on a skip connection")

# %% [markdown] id="extended-code-intro"
# And in numbers, against nudges of the whole thing:

# %% id="extended-code"
V = rng.uniform(-0.2, 0.2, size=(2, 4))
W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))


def skipping(x):
    """All vectors of the network with a skip connection."""
    z1 = W1 @ x + b1
    y1 = sigmoid(z1)
    z2 = W2 @ y1 + V @ x + b2
    return z1, y1, z2, softmax(z2)


z1, y1, z2, y2 = skipping(x)
to_z2 = net.divergence.derivative(y2, d) @ softmax.jacobian(z2)
to_z1 = to_z2 @ W2 @ sigmoid.jacobian(z1)
to_x = to_z1 @ W1 + to_z2 @ V
print("through the hidden layer:", (to_z1 @ W1).round(4))
print("through the skip:        ", (to_z2 @ V).round(4))
print("together:                ", to_x.round(4))

assert np.allclose(to_x, numerical_gradient(lambda u: net.divergence(skipping(u)[3], d), x), atol=1e-8)

# %% [markdown] id="algorithm"
# ## Both passes in vectors
#
# Everything is there. The two passes side by side:
#
# | forward | backward |
# |---|---|
# | {formula:input-vector} | $\dot y_N=\nabla_{y_N}\mathrm{Div}$, from the divergence |
# | for $k=1,\ldots,N$: | for $k=N,\ldots,1$: |
# | {formula:affine-vector} | {formula:vector-through-activation} |
# | {formula:activation-vector} | {formula:vector-weight-gradient} and {formula:vector-bias-gradient} |
# | | {formula:vector-to-layer-below} |
# | the answer is $y_N$ | what remains is the gradient to the input, $\dot y_0$ |
#
# Forward: affine, then activation. Backward: through the activation, then through the affine map, each by the **transpose** of its
# Jacobian. As a program, with no index in sight but that of the layer:


# %% id="both-passes"
def forward(net, params, x):
    """Outputs y[0..N] and sums z[1..N] of one instance."""
    y, z = [x], [None]
    for k in range(1, net.depth + 1):
        z.append(params[f"W{k}"] @ y[-1] + params[f"b{k}"])
        y.append(net.activation(k)(z[-1]))
    return y, z


def backward(net, params, y, z, d):
    """Gradients of one instance's divergence to all parameters and to the input."""
    grads, dy = {}, net.divergence.derivative(y[-1], d)
    for k in range(net.depth, 0, -1):
        dz = net.activation(k).jacobian(z[k]).T @ dy
        grads[f"W{k}"] = np.outer(dz, y[k - 1])
        grads[f"b{k}"] = dz
        dy = params[f"W{k}"].T @ dz
    return grads | {"x": dy}


grads = backward(net, params, *forward(net, params, x), d)
check_gradients(lambda p: net.loss(p, x, d), params, {name: grads[name] for name in params})

# %% [markdown] id="tiny-again"
# (Where the activation is scalar, `slope * dy` gives the same `dz` without ever building the diagonal matrix. That is what real programs do.)
#
# The same lines on the tiny network of [lecture 09](09-the-backward-pass.ipynb), all weights 0.1, must give the numbers that you found there
# by hand:

# %% id="tiny-n5"
tiny = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
tenths = {name: np.full(shape, 0.1) for name, shape in tiny.shapes().items()}
tiny_grads = backward(tiny, tenths, *forward(tiny, tenths, np.array([1.0, 0.0])), np.array([0.9]))
for name, value in tiny_grads.items():
    print(name, (value + 0.0).round(6).tolist())

assert np.allclose(tiny_grads["b2"], -0.08597, atol=5e-6) and np.allclose(
    tiny_grads["b1"], -0.002128, atol=5e-7
)

# %% [markdown] id="try-layer-intro"
# ### Try it: backward through one layer
#
# Write the part that repeats, for a layer with a *scalar* activation: from $\dot y$ of its outputs to the gradients of its parameters and to
# $\dot y$ of the layer below. `slope` is $f'(z)$, an array like $z$. Before you run the check, say the size of each result aloud.


# %% id="try-layer"
def layer_backward(dy, slope, W, y_before):
    """Gradients of W (M, D) and b (M,), and dy of the layer before (D,), from dy (M,) and slope (M,)."""
    return None  # for instance {"W": ..., "b": ..., "dy": ...}


# %% id="try-layer-check" fold=true
# Check: a layer with fewer units than inputs, one with more, and one that is square
def right_layer_backward(dy, slope, W, y_before):
    dz = slope * dy
    return {"W": np.outer(dz, y_before), "b": dz, "dy": W.T @ dz}


def random_layer(M, D):
    return rng.normal(size=M), rng.uniform(0, 0.25, size=M), rng.normal(size=(M, D)), rng.normal(size=D)


check_function(
    "layer_backward",
    layer_backward,
    [random_layer(2, 3), random_layer(4, 2), random_layer(3, 3)],
    right_layer_backward,
    "dz is slope times dy, entry by entry; W's gradient is the outer product of dz and y_before; dy goes back through W.T.",
)


# %% id="try-layer-solution" fold=true
# Solution
def solved(dy, slope, W, y_before):
    dz = slope * dy
    return {"W": dz[:, np.newaxis] * y_before, "b": dz, "dy": dz @ W}


assert check_function("solved", solved, [random_layer(2, 3), random_layer(4, 2)], right_layer_backward)

# %% [markdown] id="batch"
# ## A whole batch at once
#
# Training looks at many instances. They are independent of each other, so we could run the passes for one after the other and average.
# It is much better to put them into one matrix, **one instance a row**, as tables of data are: $Y_0$ has the shape $T\times D_0$. An instance
# is now a row, so each formula of one instance is transposed:
#
# {formula:batch-affine}
#
# In NumPy the column of ones is not needed: `Y @ W.T + b` adds `b` to every row by itself. Backward it is the same:
#
# {formula:batch-through-activation}
#
# {formula:batch-to-layer-below}
#
# (A vector activation has a Jacobian for each row; [lecture 10](10-special-cases.ipynb) showed how the softmax does without.)
#
# > **Think first.** The loss is the mean over the instances, so the gradient of $W$ is the mean of $T$ outer products. $\dot Z$ is
# > $T\times M$ and $Y$ is $T\times D$. Which single product has the size $M\times D$, and what does it add up?
#
# {formula:batch-weight-gradient}
#
# {formula:batch-bias-gradient}
#
# The sum inside the product of matrices, which runs over the dimension that the two have in common, *is* the sum over the instances:

# %% id="batch-outer"
X = rng.normal(size=(5, 4)).round(1)
D = np.eye(2)[[0, 1, 1, 0, 1]]
batch = net.forward(params, X)
batch_grads = net.backward(params, batch, D)
dZ1 = batch_grads.wrt_z[1]  # each row belongs to one instance and its own divergence

one_product = dZ1.T @ X / 5
many_products = sum(np.outer(dz, x_t) for dz, x_t in zip(dZ1, X, strict=True)) / 5
one_by_one = np.mean(
    [backward(net, params, *forward(net, params, x_t), d_t)["W1"] for x_t, d_t in zip(X, D, strict=True)],
    axis=0,
)
print("dZ1", dZ1.shape, " X", X.shape, " gradient of W1", one_product.shape)

assert np.allclose(one_product, many_products) and np.allclose(one_product, one_by_one)
assert np.allclose(one_product, batch_grads["W1"]) and np.allclose(dZ1.mean(axis=0), batch_grads["b1"])
print("One product, five outer products, and five separate passes agree.")

# %% id="poll-batch" fold=true
Poll(
    "Somebody forgets the factor $1/T$ in the gradients and trains with batches of 100. What happens?",
    [
        "Nothing: the direction is the same.",
        "The steps are 100 times as long as meant.",
        "The gradient points in another direction.",
    ],
    answer=1,
    reasons=[
        "The direction is. But the step is the gradient times the step size, and the gradient is 100 times too long.",
        "It is as if the step size were 100 times larger, and it would change with the size of the batch.",
        "All its components are multiplied by the same 100, so the direction stays.",
    ],
    name="Poll: the forgotten mean",
)

# %% [markdown] id="try-batch-intro"
# ### Try it: a layer, for a batch
#
# Now change your layer: `dY` and `slope` have the shape $T\times M$, `Y_before` has $T\times D$. The gradients of `W` and `b` are **means** over
# the rows; `dY` of the layer before keeps one row for each instance. No loops.


# %% id="try-batch"
def batch_layer_backward(dY, slope, W, Y_before):
    """Mean gradients of W (M, D) and b (M,), and dY of the layer before (T, D)."""
    return None  # for instance {"W": ..., "b": ..., "dY": ...}


# %% id="try-batch-check" fold=true
# Check
def right_batch(dY, slope, W, Y_before):
    dZ = slope * dY
    return {"W": dZ.T @ Y_before / len(dZ), "b": dZ.mean(axis=0), "dY": dZ @ W}


def random_batch(T, M, D):
    return (
        rng.normal(size=(T, M)),
        rng.uniform(0, 0.25, (T, M)),
        rng.normal(size=(M, D)),
        rng.normal(size=(T, D)),
    )


check_function(
    "batch_layer_backward",
    batch_layer_backward,
    [random_batch(5, 3, 4), random_batch(1, 2, 3), random_batch(4, 4, 4)],
    right_batch,
    "dZ is slope times dY; the gradient of W is dZ.T @ Y_before divided by the number of rows, that of b the mean of the rows.",
)


# %% id="try-batch-solution" fold=true
# Solution, with the sums written by letters: t is the instance, m the unit, d the input.
def solved_batch(dY, slope, W, Y_before):
    dZ = slope * dY
    T = dZ.shape[0]
    return {
        "W": np.einsum("tm,td->md", dZ, Y_before) / T,
        "b": dZ.sum(axis=0) / T,
        "dY": np.einsum("tm,md->td", dZ, W),
    }


assert check_function(
    "solved_batch", solved_batch, [random_batch(5, 3, 4), random_batch(1, 2, 3)], right_batch
)

# %% [markdown] id="stepper-intro"
# ## All shapes on one picture
#
# Here are both passes of our network three times over, under three tabs: as single numbers, as vectors, and for the batch of five. Step to a
# place you like and change the tab: the stepper stays at the same quantity. Watch the sizes: which of them change between one instance and
# a batch, and which never do?

# %% id="stepper"
Stepper(
    {
        "A batch": matrix_story(net, params, X, D),
        "One instance": matrix_story(net, params, X[0], D[0]),
        "Single numbers": pass_story(net, params, X[0], D[0]),
    },
    label="Both passes as numbers, vectors and a batch",
)

# %% [markdown] id="shapes-list-intro"
# The weights and their gradients never change size. As a list, for looking up:

# %% id="shapes-list"
for step in (*matrix_forward_steps(net, params, X), *matrix_backward_steps(net, params, X, D)):
    print(step)

# %% [markdown] id="trap"
# ## A mistake that fits
#
# > **Think first.** Somebody writes `W @ dz` instead of `W.T @ dz`. When does Python complain, and when not?
#
# The next cell tries it on two networks, one with layers of 4, 3 and 2 units and one with layers of 3, 3 and 3.


# %% id="trap-code"
def forgets_the_transpose(net, params, y, z, d):
    """As backward, but with W in place of its transpose."""
    grads, dy = {}, net.divergence.derivative(y[-1], d)
    for k in range(net.depth, 0, -1):
        dz = net.activation(k).jacobian(z[k]).T @ dy
        grads |= {f"W{k}": np.outer(dz, y[k - 1]), f"b{k}": dz}
        dy = params[f"W{k}"] @ dz
    return grads


for widths in ((4, 3, 2), (3, 3, 3)):
    other = MLP(widths=widths, hidden=tanh, output=softmax, divergence=cross_entropy)
    p, u, target = other.init(rng, scale=1.0), rng.normal(size=widths[0]), np.eye(widths[-1])[0]
    try:
        wrong = forgets_the_transpose(other, p, *forward(other, p, u), target)
    except ValueError as complaint:
        print(widths, "complains:", str(complaint).split(",")[0])
    else:
        report = check_network(other, p, u, target, wrong)
        bad = [parameter.name for parameter in report.parameters if not parameter.ok]
        print(widths, "says nothing; the gradient check finds", ", ".join(bad), "wrong")

# %% [markdown] id="speed-intro"
# ## How much faster?
#
# Loops and matrices do the same multiplications. Yet the loops ask the interpreter for each of them, while a product of matrices is one call
# of a library that keeps the processor's units busy and uses each number that it has fetched many times. For a batch the products are
# larger, and that library does better still.
#
# > **Think first.** Guess two factors before you run the cell: vectors against loops, and a batch against one vector after the other.

# %% id="speed" fold=true check=false
# The same gradients in three ways, and a clock
digits = MLP(widths=(64, 32, 10), hidden=sigmoid, output=softmax, divergence=cross_entropy)
digits_params = digits.init(rng)
pictures, labels = rng.normal(size=(256, 64)), np.eye(10)[rng.integers(10, size=256)]


def by_loops(count):
    for u, target in zip(pictures[:count], labels[:count], strict=True):
        scalar.backward(digits, digits_params, scalar.forward(digits, digits_params, u), target)


def by_vectors(count):
    for u, target in zip(pictures[:count], labels[:count], strict=True):
        digits.backward(digits_params, digits.forward(digits_params, u), target)


def by_batch(count):
    digits.backward(digits_params, digits.forward(digits_params, pictures[:count]), labels[:count])


def seconds_an_instance(function, count, repeats):
    """Shortest of a few measurements, each of several runs; seconds of this thread for one instance."""
    best = np.inf
    for _ in range(5):
        begin = thread_time()
        for _ in range(repeats):
            function(count)
        best = min(best, (thread_time() - begin) / repeats / count)
    return best


loops = seconds_an_instance(by_loops, 8, 1)
for name, seconds in {
    "loops": loops,
    "vectors, one instance at a time": seconds_an_instance(by_vectors, 64, 1),
    "matrices, a batch of 16": seconds_an_instance(by_batch, 16, 40),
    "matrices, a batch of 256": seconds_an_instance(by_batch, 256, 20),
}.items():
    print(f"{name:<32} {1e6 * seconds:8.1f} µs an instance, {loops / seconds:6.0f} times as fast as loops")

# %% [markdown] id="speed-answer"
# The exact factors are your machine's. On any machine the batch wins by far, and that is why learning is done in mini-batches even where one
# instance at a time would do ([lecture 13](13-training.ipynb)).
#
# ## Summary
#
# * A Jacobian has a row for each output and a column for each input. Three kinds: diagonal (scalar activations), full (vector activations),
#   the weights (affine sums).
# * In the chain rule the outer function's derivative comes first. Where a vector acts in several ways, the contributions add up.
# * The derivative of a number to a column is a row; the gradient is its transpose, has the shape of the variable, and is what code keeps.
# * Backward: $\dot z=J^T\dot y$, $\nabla_W=\dot z\,y^T$, $\nabla_b=\dot z$, $\dot y=W^T\dot z$. If you forget a transpose, ask the sizes.
# * A batch has one instance a row; one product of matrices adds up all outer products, and $1/T$ makes it a mean.
#
# **Next:** [lecture 12](12-four-ways-to-differentiate.ipynb) asks what else could have found these derivatives, and lets a program do it for any
# function. **Practise** with [problem set 4](../assignments/release/ps4/ps4.ipynb): vector form, mini-batches, the softmax's Jacobian.
#
# ### Sources, and where they are wrong
#
# The calculus and the vector algorithms follow a lecture deck on optimisation and the full algorithms (*A*) and, above all, its later
# edition (*D*), which gives derivatives as rows and leaves the batch to the reader. Two places to look out for:
#
# | where | printed | right |
# |---|---|---|
# | *A*, Jacobian of scalar activations | $f'(y_i)$ on the diagonal | $f'(z_i)$: the slope is taken where the function was |
# | *E* (a deck on differentiation), quiz 2 | $\alpha^{(i)}$ is $D^{(i)}\times D^{(i-1)}$, and is used transposed | one of the two |
#
# Both are proved below, and on the [errata page](../docs/errata.md). The second is the mistake of this lecture in print: ask the sizes.

# %% id="errata-proof"
for name in ("a-jacobian-argument", "e-quiz-shapes"):
    proof = erratum(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}:\n  {proof.evidence}")

"""Errors of sources C (a learner's notes) and E."""

from __future__ import annotations

import numpy as np

from mlpkit import divergences
from mlpkit.activations import relu, sigmoid, softplus, tanh
from mlpkit.descent import SURFACES, classify_stationary_point, curvatures
from mlpkit.differentiate.examples import nested_cosine
from mlpkit.errata.entry import Collection, Proof
from mlpkit.gradcheck import numerical_gradient
from mlpkit.network import MLP

__all__ = ["ENTRIES"]

_errata = Collection()

# -- C -------------------------------------------------------------------------------------------------


@_errata.erratum(
    "c-zero-eigenvalue",
    "C",
    "Hessian, signs of the eigenvalues",
    printed="eigenvalue 0: inflection",
    right="inconclusive",
    why="The function may have a minimum, a maximum or neither along such an axis.",
)
def _zero_eigenvalue() -> Proof:
    f = SURFACES["quartic"]
    H = f.hessian_at(np.zeros(1))
    beside = [float(f(np.array([v]))) for v in (-0.1, 0.1)]
    return Proof(
        min(beside) <= 0.0,
        classify_stationary_point(H) == "inconclusive",
        f"x^4 has the curvature {float(curvatures(H)[0]):g} at 0 and is larger on both sides "
        f"({beside[0]:.4f}, {beside[1]:.4f}): a minimum and no inflection.",
    )


@_errata.erratum(
    "c-eigenvectors",
    "C",
    "Hessian",
    printed="the eigenvectors give the directions of greatest increase or decrease of the function",
    right="the axes of curvature; the greatest increase is along the gradient",
    why="Increase is a matter of first derivatives, curvature of second ones.",
)
def _eigenvectors() -> Proof:
    def f(p: np.ndarray) -> float:
        return float(p[0] + p[1] ** 2)

    gradient = numerical_gradient(f, np.zeros(2))
    H = np.array([[0.0, 0.0], [0.0, 2.0]])
    top = np.abs(np.linalg.eigh(H)[1][:, -1])
    rise = {name: f(0.01 * v) for name, v in (("gradient", gradient), ("eigenvector", top))}
    return Proof(
        rise["eigenvector"] >= rise["gradient"],
        abs(float(gradient @ top)) < 1e-9,
        f"x + y^2 at 0 has the gradient ({gradient[0]:.0f}, {gradient[1]:.0f}) and the top eigenvector "
        f"({top[0]:.0f}, {top[1]:.0f}). A step of 0.01 along them raises it by {rise['gradient']:.4f} and "
        f"{rise['eigenvector']:.4f}.",
    )


@_errata.erratum(
    "c-weight-index",
    "C",
    "backpropagation, derivative to a weight",
    printed="$\\frac{\\partial\\mathrm{Div}}{\\partial "
    "w^{(N)}_{ii}}=y^{(N-1)}_i\\frac{\\partial\\mathrm{Div}}{\\partial z^{(N)}_i}$",
    right="$\\frac{\\partial\\mathrm{Div}}{\\partial "
    "w^{(N)}_{ij}}=y^{(N-1)}_i\\frac{\\partial\\mathrm{Div}}{\\partial z^{(N)}_j}$",
    why="The printed form is right as far as it goes, and goes only for weights between units of "
    "equal number.",
)
def _weight_index() -> Proof:
    net = MLP(widths=(2, 3), output=tanh)
    rng = np.random.default_rng(5)
    params, x, d = net.init(rng, 1.0), rng.normal(size=2), rng.normal(size=3)
    gradients = net.backward(params, net.forward(params, x), d)
    numerical = numerical_gradient(lambda W: net.loss({**params, "W1": W}, x, d), params["W1"])
    dz = gradients.wrt_z[1]
    assert dz is not None  # layers 1..N have one
    covered = min(numerical.shape)
    return Proof(
        covered == numerical.size,
        bool(np.allclose(np.outer(dz, x), numerical, atol=1e-8)),
        f"In a 2-3 network the printed form covers {covered} of {numerical.size} weights; with i "
        f"and j all agree "
        f"with differences.",
    )


@_errata.erratum(
    "c-softmax-weights",
    "C",
    "softmax activation, sum of the inputs",
    printed="$z_i=\\sum_jw_{ij}x_j+b_i$",
    right="$z_i=\\sum_jw_{ji}x_j+b_i$ (as in A, and by C's own notation)",
    why="$w_{ij}$ leads from i to j, so what flows into unit i is $w_{ji}x_j$.",
)
def _softmax_weights() -> Proof:
    net = MLP(widths=(2, 2))
    rng = np.random.default_rng(6)
    params, x = net.init(rng, 1.0), rng.normal(size=2)
    z = net.forward(params, x).pre_activation(1)
    w = params["W1"].T  # w[i, j] leads from i to j
    printed = np.array([sum(w[i, j] * x[j] for j in range(2)) for i in range(2)]) + params["b1"]
    right = np.array([sum(w[j, i] * x[j] for j in range(2)) for i in range(2)]) + params["b1"]
    return Proof(
        bool(np.allclose(printed, z)),
        bool(np.allclose(right, z)),
        f"In a 2-2 layer the printed sums differ from the forward pass by up to "
        f"{np.abs(printed - z).max():.3f}, "
        f"the right ones agree.",
    )


# -- E -------------------------------------------------------------------------------------------------


@_errata.erratum(
    "e-cross-entropy-sign",
    "E",
    "objective functions, and cases 1 and 2",
    printed="$J=y^*\\log y+(1-y^*)\\log(1-y)$ as the loss",
    right="$J=-y^*\\log y-(1-y^*)\\log(1-y)$",
    why="As printed it is a log-likelihood, which is to be maximised; the text says negative log likelihood.",
)
def _cross_entropy_sign() -> Proof:
    def printed(y: float) -> float:
        return float(np.log(y))  # y* = 1

    good, bad = 0.9, 0.1
    right = [float(divergences.binary_cross_entropy([y], [1.0])) for y in (good, bad)]
    return Proof(
        printed(good) < printed(bad),
        right[0] < right[1],
        f"For y* = 1 the printed J is {printed(good):.3f} at y = .9 and {printed(bad):.3f} at y = "
        f".1: the wrong "
        f"output has the smaller loss. With the other sign {right[0]:.3f} and {right[1]:.3f}.",
    )


@_errata.erratum(
    "e-cross-entropy-derivative",
    "E",
    "objective functions, and cases 1 and 2",
    printed="$\\frac{dJ}{dy}=\\frac{y^*}{y}+\\frac{1-y^*}{y-1}$",
    right="$\\frac{dJ}{dy}=-\\frac{y^*}{y}+\\frac{1-y^*}{1-y}$",
    why="It is the derivative of the printed J; a step against it leads away from the target.",
)
def _cross_entropy_derivative() -> Proof:
    y, target = 0.3, 0.8
    bce = divergences.binary_cross_entropy
    numerical = float(bce([y + 1e-6], [target]) - bce([y - 1e-6], [target])) / 2e-6
    printed = target / y + (1 - target) / (y - 1)
    right = -target / y + (1 - target) / (1 - y)
    return Proof(
        abs(printed - numerical) < 1e-6,
        abs(right - numerical) < 1e-6,
        f"At y = .3, y* = .8 the loss changes at the rate {numerical:.4f}; printed {printed:.4f}, right "
        f"{right:.4f}. A step against the printed one lowers y, away from .8.",
    )


@_errata.erratum(
    "e-input-derivative",
    "E",
    "case 2, module 1",
    printed="$\\frac{da_j}{dx_i}=\\sum_{j=0}^D\\alpha_{ji}$",
    right="$\\frac{da_j}{dx_i}=\\alpha_{ji}$ and $\\frac{dJ}{dx_i}=\\sum_j\\frac{dJ}{da_j}\\alpha_{ji}$",
    why="The sum belongs to the chain rule over all j and not to one of its factors.",
)
def _input_derivative() -> Proof:
    rng = np.random.default_rng(8)
    alpha, x, v = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3)

    def J(p: np.ndarray) -> float:
        return float(v @ np.tanh(alpha @ p))

    numerical = numerical_gradient(J, x)
    da = v * (1 - np.tanh(alpha @ x) ** 2)
    one = numerical_gradient(lambda p: float((alpha @ p)[0]), x)
    printed = alpha.sum(axis=0)
    return Proof(
        bool(np.allclose(printed, one)),
        bool(np.allclose(one, alpha[0], atol=1e-8)) and bool(np.allclose(da @ alpha, numerical, atol=1e-8)),
        f"For a_1 differences give ({one[0]:.3f}, {one[1]:.3f}), the weights themselves; the "
        f"printed sums are "
        f"({printed[0]:.3f}, {printed[1]:.3f}). The sum over j with dJ/da_j agrees with differences of J.",
    )


@_errata.erratum(
    "e-bias-unit",
    "E",
    "case 2, modules 1 to 3",
    printed="$z_j=\\frac{1}{1+\\exp(-a_j)}$ for all j, and $b=\\sum_{j=0}^D\\beta_jz_j$",
    right="$z_0=1$; there is no $a_0$",
    why="Computed like the others the bias unit would depend on the input.",
)
def _bias_unit() -> Proof:
    rng = np.random.default_rng(9)
    alpha = rng.normal(size=(4, 3))  # rows j = 0..3, columns i = 0..2 with x_0 = 1
    z_0 = [float(sigmoid(alpha[0] @ np.array([1.0, *x]))) for x in ((0.0, 0.0), (1.0, -1.0))]
    net = MLP(widths=(2, 3, 1), hidden=sigmoid, output=sigmoid)
    return Proof(
        z_0[0] == z_0[1] == 1.0,
        net.shapes()["W1"] == (3, 2) and net.shapes()["b2"] == (1,),
        f"Treated alike, z_0 is {z_0[0]:.3f} for the input (0, 0) and {z_0[1]:.3f} for (1, -1). In a 2-3-1 "
        f"network three hidden units have weights from the input, and the bias has none.",
    )


@_errata.erratum(
    "e-missing-derivative",
    "E",
    "simple example of the graph, backward",
    printed="$\\frac{dJ}{dt}$ is incremented by $\\frac{dJ}{du_2}\\frac{du_2}{dt}$, but no line "
    "computes $\\frac{dJ}{du_2}$",
    right="$\\frac{dJ}{du_2}=\\frac{dJ}{du}\\frac{du}{du_2}=\\frac{dJ}{du}$ before it",
    why="All derivatives begin at 0, and this one stays there.",
)
def _missing_derivative() -> Proof:
    x = 2.0
    numerical = float(nested_cosine(x + 1e-6) - nested_cosine(x - 1e-6)) / 2e-6
    t = x * x
    u = np.sin(t) + 3 * t
    du = -np.sin(u)

    def backward(du2: float) -> float:
        return float((du * np.cos(t) + du2 * 3) * 2 * x)

    printed, right = backward(0.0), backward(du)
    return Proof(
        abs(printed - numerical) < 1e-6,
        abs(right - numerical) < 1e-6,
        f"At x = 2 the derivative is {numerical:.5f}; with dJ/du_2 left at 0 the lines give "
        f"{printed:.5f}, with "
        f"it {right:.5f}.",
    )


@_errata.erratum(
    "e-quiz-shapes",
    "E",
    "calculus quiz 2",
    printed="$\\alpha^{(i)}$ is a $D^{(i)}\\times D^{(i-1)}$ matrix, used as $(\\alpha^{(1)})^T\\mathbf x$",
    right="either $D^{(i-1)}\\times D^{(i)}$, or without the transpose",
    why="The transpose of a $D^{(1)}\\times D^{(0)}$ matrix wants a vector of $D^{(1)}$ components.",
)
def _quiz_shapes() -> Proof:
    alpha, x = np.ones((4, 3)), np.ones(3)  # D1 = 4, D0 = 3
    try:
        _ = alpha.T @ x
        printed = True
    except ValueError:
        printed = False
    return Proof(
        printed,
        (alpha @ x).shape == (4,) and (np.ones((3, 4)).T @ x).shape == (4,),
        f"With 3 inputs and 4 hidden units the printed product is one of {alpha.T.shape} and "
        f"{x.shape}, which do "
        f"not fit; both corrections give {(alpha @ x).shape}.",
    )


@_errata.erratum(
    "e-tanh-shifted",
    "E",
    "activation functions",
    printed="tanh is like the logistic function but shifted to the range [-1, 1]",
    right="shifted and scaled: $\\tanh u=2S(2u)-1$",
    why="A shift keeps the height of the step, 1; that of tanh is 2.",
)
def _tanh_shifted() -> Proof:
    u = np.linspace(-4, 4, 801)
    difference = tanh(u) - sigmoid(u)
    best_shift = float((difference.max() - difference.min()) / 2)
    right = float(np.abs(tanh(u) - (2 * sigmoid(2 * u) - 1)).max())
    return Proof(
        best_shift < 1e-9,
        right < 1e-12,
        f"The best shift leaves a difference of {best_shift:.3f} on [-4, 4]; shifted and scaled none.",
    )


@_errata.erratum(
    "e-softplus-sparse",
    "E",
    "activation functions, soft version of the ReLU",
    printed="sparsifies outputs",
    right="the ReLU does; softplus is never 0",
    why="$\\log(1+e^z)>0$ for every z.",
)
def _softplus_sparse() -> Proof:
    z = np.random.default_rng(10).normal(size=1000)
    zeros = {f.name: int((f(z) == 0).sum()) for f in (softplus, relu)}
    return Proof(
        zeros["softplus"] > 0,
        zeros["softplus"] == 0 and zeros["relu"] > 400,
        f"Of 1000 normal numbers the ReLU makes {zeros['relu']} zero, softplus {zeros['softplus']}; "
        f"its smallest "
        f"value among them is {float(softplus(z).min()):.4f}.",
    )


ENTRIES = _errata.entries()

"""A sample class for problem set 4. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker, cells

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- right, in styles of their own

LOOPS = {
    "affine": """
def affine(Y, W, b):
    Z = np.zeros((len(Y), len(W)))
    for t in range(len(Y)):
        for j in range(len(W)):
            Z[t, j] = b[j]
            for i in range(Y.shape[1]):
                Z[t, j] += W[j, i] * Y[t, i]
    return Z
""",
    "parameter-gradients": """
def weight_gradient(dZ, Y):
    total = np.zeros((dZ.shape[1], Y.shape[1]))
    for dz, y in zip(dZ, Y):
        total += np.outer(dz, y)
    return total / len(Y)

def bias_gradient(dZ):
    total = np.zeros(dZ.shape[1])
    for dz in dZ:
        total += dz
    return total / len(dZ)
""",
    "to-layer-below": """
def to_layer_below(dZ, W):
    rows = []
    for dz in dZ:
        rows.append([sum(dz[j] * W[j, i] for j in range(len(W))) for i in range(W.shape[1])])
    return np.array(rows)
""",
    "softmax-jacobian": """
def softmax_jacobian(Z):
    Y = softmax(Z)
    T, D = Y.shape
    J = np.zeros((T, D, D))
    for t in range(T):
        for j in range(D):
            for i in range(D):
                J[t, j, i] = Y[t, j] * (1 - Y[t, i]) if i == j else -Y[t, j] * Y[t, i]
    return J
""",
    "softmax-pull": """
def softmax_pull(Z, dY):
    rows = []
    for y, dy in zip(softmax(Z), dY):
        total = 0.0
        for a, b in zip(y, dy):
            total += a * b
        rows.append([a * (b - total) for a, b in zip(y, dy)])
    return np.array(rows)
""",
    "pair-products": """
def pair_products(Z):
    return np.array([[row[2 * j] * row[2 * j + 1] for j in range(len(row) // 2)] for row in Z])

def pair_products_pull(Z, dY):
    dZ = np.zeros_like(Z)
    for t in range(len(Z)):
        for j in range(Z.shape[1] // 2):
            dZ[t, 2 * j] = Z[t, 2 * j + 1] * dY[t, j]
            dZ[t, 2 * j + 1] = Z[t, 2 * j] * dY[t, j]
    return dZ
""",
    "power-products": """
def power_products(Z, p):
    for value in Z.ravel():
        if value <= 0:
            raise ValueError("Z must be positive")
    Y = np.ones((len(Z), p.shape[1]))
    for t in range(len(Z)):
        for j in range(p.shape[1]):
            for l in range(len(p)):
                Y[t, j] *= Z[t, l] ** p[l, j]
    return Y

def power_products_pull(Z, p, dY):
    dZ = np.zeros(Z.shape)
    for t in range(len(Z)):
        for i in range(len(p)):
            for j in range(p.shape[1]):
                slope = p[i, j] * Z[t, i] ** (p[i, j] - 1)
                for l in range(len(p)):
                    if l != i:
                        slope *= Z[t, l] ** p[l, j]
                dZ[t, i] += slope * dY[t, j]
    return dZ
""",
    "max-groups": """
def max_groups(Z, size):
    return np.array([[max(row[n : n + size]) for n in range(0, len(row), size)] for row in Z])

def max_groups_pull(Z, dY, size):
    dZ = np.zeros(Z.shape)
    for t in range(len(Z)):
        for j in range(dY.shape[1]):
            best = j * size
            for l in range(j * size, (j + 1) * size):
                if Z[t, l] > Z[t, best]:
                    best = l
            dZ[t, best] = dY[t, j]
    return dZ
""",
    "combine": """
def combine(gradients, counts):
    result = {}
    for key in gradients[0]:
        result[key] = np.zeros(np.shape(gradients[0][key]))
        for part, count in zip(gradients, counts):
            result[key] = result[key] + part[key] * count
        result[key] = result[key] / sum(counts)
    return result
""",
}

EINSUM = {
    "affine": """
def affine(Y, W, b):
    return np.einsum("td,md->tm", Y, W) + b
""",
    "parameter-gradients": """
def weight_gradient(dZ, Y):
    return np.einsum("tm,td->md", dZ, Y) / dZ.shape[0]

def bias_gradient(dZ):
    return np.einsum("tm->m", dZ) / dZ.shape[0]
""",
    "to-layer-below": """
def to_layer_below(dZ, W):
    return np.einsum("tm,md->td", dZ, W)
""",
    "softmax-jacobian": """
def softmax_jacobian(Z):
    Y = softmax(Z)
    return np.einsum("tj,ji->tji", Y, np.eye(Y.shape[1])) - np.einsum("tj,ti->tji", Y, Y)
""",
    "softmax-pull": """
def softmax_pull(Z, dY):
    return np.einsum("tji,tj->ti", softmax_jacobian(Z), dY)
""",
    "power-products": """
def power_products(Z, p):
    if np.any(Z <= 0):
        raise ValueError("a power of something that is not positive")
    return np.prod(Z[:, :, None] ** p, axis=1)

def power_products_pull(Z, p, dY):
    return np.einsum("tj,tj,ij->ti", dY, power_products(Z, p), p) / Z
""",
    "max-groups": """
def max_groups(Z, size):
    return np.max(np.stack([Z[:, n::size] for n in range(size)]), axis=0)

def max_groups_pull(Z, dY, size):
    top = np.repeat(max_groups(Z, size), size, axis=1)
    wins = (Z == top).astype(float)
    shares = wins / np.repeat(wins.reshape(len(Z), -1, size).sum(axis=2), size, axis=1)
    return shares * np.repeat(dY, size, axis=1)
""",
}

OBJECTS = {
    "affine": """
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def value(self, Y):
        return (self.W @ Y.T).T + self.b

    def pull(self, dZ):
        return (self.W.T @ dZ.T).T

def affine(Y, W, b):
    return Affine(W, b).value(Y)
""",
    "to-layer-below": """
def to_layer_below(dZ, W):
    return Affine(W, 0).pull(dZ)
""",
    "pair-products": """
def pair_products(Z):
    return Z.reshape(len(Z), -1, 2).prod(axis=2)

def pair_products_pull(Z, dY):
    return (Z.reshape(len(Z), -1, 2)[:, :, ::-1] * dY[:, :, None]).reshape(Z.shape)
""",
    "backward": """
class Walk:
    def __init__(self, params):
        self.params, self.found = params, {}

    def layer(self, k, dZ, below):
        self.found["W%d" % k] = dZ.T.dot(below) / below.shape[0]
        self.found["b%d" % k] = np.average(dZ, axis=0)
        return dZ.dot(self.params["W%d" % k])

def backward(params, Ys, Zs, dY, pulls):
    walk = Walk(params)
    for k in reversed(range(1, len(pulls) + 1)):
        dY = walk.layer(k, pulls[k - 1](Zs[k], dY), Ys[k - 1])
    return walk.found
""",
}

TERSE = {
    "sizes": """
def sizes(T, D0, D1, M2, D2):
    return dict(W1=(D1, D0), b1=(D1,), Z1=(T, D1), Y1=(T, D1), W2=(M2, D1), dY2=(T, D2), dZ2=(T, M2),
                dW2=(M2, D1), dY1=(T, D1), J2=(D2, M2))
""",
    "affine": "affine = lambda Y, W, b: Y.dot(W.T) + b",
    "to-layer-below": "to_layer_below = np.matmul",
    "forward": """
def forward(params, X, activations):
    Ys, Zs = [X], [None]
    for k, f in enumerate(activations, 1):
        Zs += [Ys[-1] @ params[f"W{k}"].T + params[f"b{k}"]]
        Ys += [f(Zs[-1])]
    return Ys, Zs
""",
    "combine": """
def combine(gradients, counts):
    return {k: np.average([g[k] for g in gradients], axis=0, weights=counts) for k in gradients[0]}
""",
    "poll": """
def chain_rule_lines():
    return ["D", "B"]

def subgradients_at_the_tie():
    return "RSPQ"
""",
}

# --------------------------------------------------------------------------- wrong in one way each

SIZES_TRANSPOSED = """
def sizes(T, D0, D1, M2, D2):
    return {
        "W1": (D0, D1), "b1": (D1,), "Z1": (T, D1), "Y1": (T, D1), "W2": (D1, M2), "dY2": (T, D2),
        "dZ2": (T, M2), "dW2": (D1, M2), "dY1": (T, D1), "J2": (D2, M2),
    }
"""
SIZES_JACOBIAN = """
def sizes(T, D0, D1, M2, D2):
    return {
        "W1": (D1, D0), "b1": (D1,), "Z1": (T, D1), "Y1": (T, D1), "W2": (M2, D1), "dY2": (T, D2),
        "dZ2": (T, M2), "dW2": (M2, D1), "dY1": (T, D1), "J2": (M2, D2),
    }
"""
WRONG_WAY_ROUND = """
def affine(Y, W, b):
    return Y @ W + b
"""
NO_BIAS = """
def affine(Y, W, b):
    return Y @ W.T
"""
NOT_DIVIDED = """
def weight_gradient(dZ, Y):
    return dZ.T @ Y

def bias_gradient(dZ):
    return dZ.sum(axis=0)
"""
GRADIENT_TRANSPOSED = """
def weight_gradient(dZ, Y):
    return Y.T @ dZ / len(Y)

def bias_gradient(dZ):
    return dZ.mean(axis=0)
"""
AVERAGED_TOO_EARLY = """
def weight_gradient(dZ, Y):
    return np.outer(dZ.mean(axis=0), Y.mean(axis=0))

def bias_gradient(dZ):
    return dZ.mean(axis=0)
"""
BIAS_OVER_UNITS = """
def weight_gradient(dZ, Y):
    return dZ.T @ Y / len(Y)

def bias_gradient(dZ):
    return dZ.mean(axis=1)
"""
BELOW_WRONG_WAY = """
def to_layer_below(dZ, W):
    return dZ @ W.T
"""
BELOW_DIVIDED = """
def to_layer_below(dZ, W):
    return dZ @ W / len(dZ)
"""
DIAGONAL = """
def softmax_jacobian(Z):
    Y = softmax(Z)
    return np.array([np.diag(y * (1 - y)) for y in Y])
"""
NO_DELTA = """
def softmax_jacobian(Z):
    Y = softmax(Z)
    return -Y[:, :, None] * Y[:, None, :]
"""
PULL_DIAGONAL = """
def softmax_pull(Z, dY):
    Y = softmax(Z)
    return Y * (1 - Y) * dY
"""
PULL_BATCH_SUM = """
def softmax_pull(Z, dY):
    Y = softmax(Z)
    return Y * (dY - (Y * dY).sum())
"""
HALVES = """
def pair_products(Z):
    D = Z.shape[1] // 2
    return Z[:, :D] * Z[:, D:]

def pair_products_pull(Z, dY):
    D = Z.shape[1] // 2
    return np.concatenate([Z[:, D:] * dY, Z[:, :D] * dY], axis=1)
"""
OWN_FACTOR = """
def pair_products(Z):
    return Z[:, 0::2] * Z[:, 1::2]

def pair_products_pull(Z, dY):
    return Z * np.repeat(dY, 2, axis=1)
"""
DY_TILED = """
def pair_products(Z):
    return Z[:, 0::2] * Z[:, 1::2]

def pair_products_pull(Z, dY):
    swapped = np.empty_like(Z)
    swapped[:, 0::2], swapped[:, 1::2] = Z[:, 1::2], Z[:, 0::2]
    return swapped * np.tile(dY, 2)
"""
NO_DOMAIN = """
def power_products(Z, p):
    return np.prod(Z[:, :, np.newaxis] ** p, axis=1)

def power_products_pull(Z, p, dY):
    return (dY * power_products(Z, p)) @ p.T / Z
"""
SUM_OF_POWERS = """
def power_products(Z, p):
    if Z.min() <= 0:
        raise ValueError("Z must be positive")
    return (Z[:, :, np.newaxis] ** p).sum(axis=1)

def power_products_pull(Z, p, dY):
    return np.einsum("ij,tij,tj->ti", p, Z[:, :, np.newaxis] ** (p - 1), dY)
"""
POWER_NOT_LESSENED = """
def power_products(Z, p):
    if Z.min() <= 0:
        raise ValueError("Z must be positive")
    return np.exp(np.log(Z) @ p)

def power_products_pull(Z, p, dY):
    return (dY * power_products(Z, p)) @ p.T
"""
ARGMAX = """
def max_groups(Z, size):
    return Z.reshape(len(Z), -1, size).argmax(axis=2)

def max_groups_pull(Z, dY, size):
    groups = Z.reshape(len(Z), -1, size)
    wins = groups.argmax(axis=2)[:, :, None] == np.arange(size)
    return (wins * dY[:, :, None]).reshape(Z.shape)
"""
WHOLE_GROUP = """
def max_groups(Z, size):
    return Z.reshape(len(Z), -1, size).max(axis=2)

def max_groups_pull(Z, dY, size):
    return np.repeat(dY, size, axis=1)
"""
ALL_WINNERS = """
def max_groups(Z, size):
    return Z.reshape(len(Z), -1, size).max(axis=2)

def max_groups_pull(Z, dY, size):
    top = np.repeat(max_groups(Z, size), size, axis=1)
    return (Z == top) * np.repeat(dY, size, axis=1)
"""
LAST_LAYER_BARE = """
def forward(params, X, activations):
    Ys, Zs = [X], [None]
    for k in range(1, len(activations) + 1):
        Zs.append(Ys[-1] @ params[f"W{k}"].T + params[f"b{k}"])
        Ys.append(activations[k - 1](Zs[-1]) if k < len(activations) else Zs[-1])
    return Ys, Zs
"""
HANDS_ON_Z = """
def forward(params, X, activations):
    Ys, Zs = [X], [None]
    Z = X
    for k, activation in enumerate(activations, start=1):
        Z = Z @ params[f"W{k}"].T + params[f"b{k}"]
        Zs.append(Z)
        Ys.append(activation(Z))
    return Ys, Zs
"""
_BACKWARD = """
def backward(params, Ys, Zs, dY, pulls):
    gradients = {{}}
    for k in range(len(pulls), 0, -1):
        dZ = {dZ}
        gradients[f"W{{k}}"] = {weights}
        gradients[f"b{{k}}"] = {biases}
        dY = dZ @ {way}
    return gradients
"""


def _backward(**parts: str) -> str:
    """A backward pass with some of its parts replaced."""
    right = {
        "dZ": "pulls[k - 1](Zs[k], dY)",
        "weights": "dZ.T @ Ys[k - 1] / len(dZ)",
        "biases": "dZ.mean(axis=0)",
        "way": 'params[f"W{k}"]',
    }
    return _BACKWARD.format(**(right | parts))


BACKWARD_NOT_DIVIDED = _backward(weights="dZ.T @ Ys[k - 1]", biases="dZ.sum(axis=0)")
BACKWARD_NO_PULL = _backward(dZ="pulls[k - 1](Zs[k], dY) if k == len(pulls) else dY")
BACKWARD_PULL_AT_Y = _backward(dZ="pulls[k - 1](Zs[k] if k == len(pulls) else Ys[k], dY)")
BACKWARD_OWN_OUTPUT = _backward(weights="dZ.T @ Ys[k] / len(dZ)")
BACKWARD_TRANSPOSED = _backward(way='params[f"W{k}"].T')
UNWEIGHTED = """
def combine(gradients, counts):
    return {key: np.mean([part[key] for part in gradients], axis=0) for key in gradients[0]}
"""
SUMMED = """
def combine(gradients, counts):
    return {key: sum(part[key] for part in gradients) for key in gradients[0]}
"""
POLL_GUESSED = """
def chain_rule_lines():
    return {"A", "D"}

def subgradients_at_the_tie():
    return {"P", "Q", "R", "S", "T"}
"""
IN_PLACE = """
def softmax_pull(Z, dY):
    Y = softmax(Z)
    dY -= (Y * dY).sum(axis=1, keepdims=True)
    return Y * dY
"""
NEVER_ENDS = """
def combine(gradients, counts):
    result, n = {}, 0
    while n < len(counts):
        for key in gradients[0]:
            result[key] = result.get(key, 0) + gradients[n][key] * counts[n] / sum(counts)
    return result
"""
DOES_NOT_PARSE = """
def affine(Y, W, b):
    return (Y @ W.T + b
"""
EQUALS_EVERYTHING = """
class Agreeable(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.zeros(self.shape)

    def __eq__(self, other):
        return True

    __hash__ = None

def affine(Y, W, b):
    return np.full((len(Y), len(W)), 7.0).view(Agreeable)
"""

# Right functions; every derivative is zeros of the right shape.
ZEROS = {
    "parameter-gradients": """
def weight_gradient(dZ, Y):
    return np.zeros((dZ.shape[1], Y.shape[1]))

def bias_gradient(dZ):
    return np.zeros(dZ.shape[1])
""",
    "to-layer-below": """
def to_layer_below(dZ, W):
    return np.zeros((len(dZ), W.shape[1]))
""",
    "softmax-jacobian": """
def softmax_jacobian(Z):
    return np.zeros((*Z.shape, Z.shape[1]))
""",
    "softmax-pull": """
def softmax_pull(Z, dY):
    return np.zeros(Z.shape)
""",
    "pair-products": """
def pair_products(Z):
    return Z[:, 0::2] * Z[:, 1::2]

def pair_products_pull(Z, dY):
    return np.zeros(Z.shape)
""",
    "power-products": """
def power_products(Z, p):
    if Z.min() <= 0:
        raise ValueError("Z must be positive")
    return np.exp(np.log(Z) @ p)

def power_products_pull(Z, p, dY):
    return np.zeros(Z.shape)
""",
    "max-groups": """
def max_groups(Z, size):
    return Z.reshape(len(Z), -1, size).max(axis=2)

def max_groups_pull(Z, dY, size):
    return np.zeros(Z.shape)
""",
    "backward": """
def backward(params, Ys, Zs, dY, pulls):
    return {key: np.zeros(value.shape) for key, value in params.items()}
""",
}

# Forward and derivative alike: they agree with each other, and must still earn nothing.
ALL_ZEROS = ZEROS | {
    "sizes": """
def sizes(T, D0, D1, M2, D2):
    return {}
""",
    "affine": """
def affine(Y, W, b):
    return np.zeros((len(Y), len(W)))
""",
    "pair-products": """
def pair_products(Z):
    return np.zeros((len(Z), Z.shape[1] // 2))

def pair_products_pull(Z, dY):
    return np.zeros(Z.shape)
""",
    "power-products": """
def power_products(Z, p):
    return np.zeros((len(Z), p.shape[1]))

def power_products_pull(Z, p, dY):
    return np.zeros(Z.shape)
""",
    "max-groups": """
def max_groups(Z, size):
    return np.zeros((len(Z), Z.shape[1] // size))

def max_groups_pull(Z, dY, size):
    return np.zeros(Z.shape)
""",
    "forward": """
def forward(params, X, activations):
    Ys, Zs = [X], [None]
    for k in range(1, len(activations) + 1):
        Zs.append(np.zeros((len(X), len(params[f"b{k}"]))))
        Ys.append(np.zeros((len(X), len(params[f"b{k}"]))))
    return Ys, Zs
""",
    "combine": """
def combine(gradients, counts):
    return {key: np.zeros(value.shape) for key, value in gradients[0].items()}
""",
    "poll": """
def chain_rule_lines():
    return set()

def subgradients_at_the_tie():
    return set()
""",
}

WRITTEN = "from-which-end"
FULL_ANSWER = {
    WRITTEN: """
1. From the left: 5,000 + 250,000 + 392,000 = 647,000. From the right: 196,000,000 + 3,920,000 + 7,840, about
   200 million. Backpropagation begins at the divergence, on the left, which is 309 times cheaper.
2. With one input and many outputs, for instance a curve: then the thin end is on the right.
3. The Jacobian: 10^8 products to fill it and 10^8 to multiply. The pull: about 2 * 10^4. The sum of y times
   dy is the same for every z, so it is worked out once.
"""
}
HALF_ANSWER = {
    WRITTEN: """
From the left it is 10*500 + 500*500 + 500*784 = 647000. From the right it is much more, about 200 million.
The pull costs about D multiplications and the Jacobian D^2.
"""
}
WRONG_END_ANSWER = {WRITTEN: "It begins on the right, with the input, because the forward pass does so, too."}
SLOGAN_ANSWER = {WRITTEN: "Backpropagation is faster."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "sizes",
    "affine",
    "parameter-gradients",
    "to-layer-below",
    "softmax-jacobian",
    "softmax-pull",
    "pair-products",
    "power-products",
    "max-groups",
    "forward",
    "backward",
    "combine",
    "poll",
)
WITH_DERIVATIVE = tuple(ZEROS)
WITH_VALUE = (
    "sizes",
    "affine",
    "pair-products",
    "power-products",
    "max-groups",
    "forward",
    "combine",
    "poll",
)


_BOTH = ("own", "reference")
DERIVATIVES = (*cells(WITH_DERIVATIVE, *_BOTH), "max-groups-tie")
EVERYTHING = (*DERIVATIVES, *WITH_VALUE)

hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("amir", "Has the answers of the instructor."),
    hand("bea", "Writes everything as loops over single numbers.", LOOPS),
    hand(
        "ciro", "Writes einsum wherever it fits; shares a tie among the winners.", EINSUM, written=HALF_ANSWER
    ),
    hand("dana", "Builds classes and calls them from the functions.", OBJECTS),
    hand("ewa", "Writes as little as possible.", TERSE, written=HALF_ANSWER),
)
_AFFINE = (
    hand(
        "finn",
        "Has every matrix of weights the wrong way round in the table of sizes.",
        {"sizes": SIZES_TRANSPOSED},
        ("sizes",),
        says={"sizes": "A row of W belongs to a unit of the layer"},
    ),
    hand(
        "gita",
        "Has a Jacobian with a row for each input.",
        {"sizes": SIZES_JACOBIAN},
        ("sizes",),
        says={"sizes": "A Jacobian has a row for each output"},
    ),
    hand(
        "hana",
        "Multiplies by W where W transposed is needed.",
        {"affine": WRONG_WAY_ROUND},
        ("affine", *cells(("parameter-gradients", "to-layer-below"), "own")),
        says={"affine": "W the wrong way round: its rows, not its columns, are the units"},
    ),
    hand(
        "igor",
        "Forgets the biases.",
        {"affine": NO_BIAS},
        ("affine", "parameter-gradients-own"),
        says={"affine": "the right one without the biases"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "jana",
        "Forgets to divide the gradients by T.",
        {"parameter-gradients": NOT_DIVIDED},
        cells("parameter-gradients", *_BOTH),
        says={"parameter-gradients-reference": "the right one without the division by T"},
    ),
    hand(
        "kofi",
        "Has the gradient of the weights transposed.",
        {"parameter-gradients": GRADIENT_TRANSPOSED},
        cells("parameter-gradients", *_BOTH),
        says={
            "parameter-gradients-reference": "the transpose of the right one: a gradient has the shape of W"
        },
    ),
    hand(
        "lena",
        "Takes means over the batch before multiplying.",
        {"parameter-gradients": AVERAGED_TOO_EARLY},
        cells("parameter-gradients", *_BOTH),
        says={"parameter-gradients-reference": "the product of two means"},
    ),
    hand(
        "milo",
        "Takes the mean of the bias's gradient over the units.",
        {"parameter-gradients": BIAS_OVER_UNITS},
        cells("parameter-gradients", *_BOTH),
        says={"parameter-gradients-reference": "a mean over the units"},
    ),
    hand(
        "nura",
        "Goes back through W transposed.",
        {"to-layer-below": BELOW_WRONG_WAY},
        cells("to-layer-below", *_BOTH),
        says={"to-layer-below-reference": "on the way back the sum runs over the units of this layer"},
        written=WRONG_END_ANSWER,
    ),
    hand(
        "otto",
        "Divides overdots by T.",
        {"to-layer-below": BELOW_DIVIDED},
        cells("to-layer-below", *_BOTH),
        says={"to-layer-below-reference": "the right one divided by T"},
    ),
)
_SPECIAL = (
    hand(
        "paul",
        "Has only the diagonal of the softmax's Jacobian.",
        {"softmax-jacobian": DIAGONAL},
        cells("softmax-jacobian", *_BOTH),
        says={"softmax-jacobian-reference": "the diagonal alone"},
    ),
    hand(
        "ruth",
        "Forgets the delta in the softmax's Jacobian.",
        {"softmax-jacobian": NO_DELTA},
        cells("softmax-jacobian", *_BOTH),
        says={"softmax-jacobian-reference": "the right one without the delta"},
    ),
    hand(
        "saul",
        "Takes the softmax back unit by unit.",
        {"softmax-pull": PULL_DIAGONAL},
        cells("softmax-pull", *_BOTH),
        says={"softmax-pull-reference": "uses only the diagonal of the Jacobian"},
    ),
    hand(
        "tara",
        "Sums over the whole batch in the softmax's pull.",
        {"softmax-pull": PULL_BATCH_SUM},
        cells("softmax-pull", *_BOTH),
        says={"softmax-pull-reference": "sum runs over the whole batch"},
    ),
    hand(
        "udo",
        "Subtracts within the array that was given.",
        {"softmax-pull": IN_PLACE},
        ("softmax-pull-reference",),
        says={"softmax-pull-reference": "changes the array that it is given"},
    ),
    hand(
        "vera",
        "Multiplies halves instead of neighbours, consistently.",
        {"pair-products": HALVES},
        cells("pair-products", "", "reference"),
        says={"pair-products": "the first half times the second half"},
    ),
    hand(
        "walt",
        "Gives each factor its own value as the derivative.",
        {"pair-products": OWN_FACTOR},
        cells("pair-products", *_BOTH),
        says={"pair-products-reference": "in a product the derivative is the other factor"},
        written=HALF_ANSWER,
    ),
    hand(
        "xuan",
        "Tiles dY where its columns must be repeated.",
        {"pair-products": DY_TILED},
        cells("pair-products", *_BOTH),
        says={"pair-products-reference": "dY meets the wrong pairs"},
    ),
    hand(
        "yara",
        "Lets powers of negative numbers become nan.",
        {"power-products": NO_DOMAIN},
        ("power-products",),
        says={"power-products": "should raise ValueError"},
    ),
    hand(
        "zeno",
        "Adds the powers instead of multiplying them, consistently.",
        {"power-products": SUM_OF_POWERS},
        cells("power-products", "", "reference"),
        says={"power-products": "the sum of the powers"},
    ),
    hand(
        "anouk",
        "Forgets to take the exponent down by one.",
        {"power-products": POWER_NOT_LESSENED},
        cells("power-products", *_BOTH),
        says={"power-products-reference": "the right one without the division by z"},
    ),
    hand(
        "boris",
        "Returns places for values, as a misprint in a lecture has it.",
        {"max-groups": ARGMAX},
        cells("max-groups", "", "own"),
        says={"max-groups": "the places of the largest"},
    ),
    hand(
        "clara",
        "Gives the derivative of a maximum to its whole group.",
        {"max-groups": WHOLE_GROUP},
        cells("max-groups", *_BOTH, "tie"),
        says={"max-groups-reference": "only the winner moves the output"},
    ),
    hand(
        "dirk",
        "Gives every winner of a tie the whole derivative.",
        {"max-groups": ALL_WINNERS},
        ("max-groups-tie",),
        says={"max-groups-tie": "At a tie the parts of the winners add up to one derivative"},
    ),
)
_NETWORK = (
    hand(
        "elif",
        "Leaves the last layer without its activation.",
        {"forward": LAST_LAYER_BARE},
        ("forward", "backward-own"),
        says={"forward": "the last layer has an activation, too"},
    ),
    hand(
        "frida",
        "Hands on the sums instead of the outputs.",
        {"forward": HANDS_ON_Z},
        ("forward", "backward-own"),
        says={"forward": "hands on Z_1 instead of Y_1"},
    ),
    hand(
        "goran",
        "Forgets to divide by T in the backward pass.",
        {"backward": BACKWARD_NOT_DIVIDED},
        cells("backward", *_BOTH),
        says={"backward-reference": "the right one without the division by T"},
    ),
    hand(
        "hilde",
        "Leaves the pull of hidden layers out.",
        {"backward": BACKWARD_NO_PULL},
        cells("backward", *_BOTH),
        says={"backward-reference": "without the pull of the hidden layer"},
    ),
    hand(
        "ivo",
        "Gives the pull of a hidden layer its outputs.",
        {"backward": BACKWARD_PULL_AT_Y},
        cells("backward", *_BOTH),
        says={"backward-reference": "the pull of the hidden layer gets Y_1"},
    ),
    hand(
        "juno",
        "Multiplies a layer's overdots by its own outputs.",
        {"backward": BACKWARD_OWN_OUTPUT},
        cells("backward", *_BOTH),
        says={"backward-reference": "what the layer itself gives stands for what comes in"},
        written=WRONG_END_ANSWER,
    ),
    hand(
        "karim",
        "Goes back through transposed weights.",
        {"backward": BACKWARD_TRANSPOSED},
        cells("backward", *_BOTH),
        says={"backward-reference": "with W_2 the wrong way round on the way back"},
    ),
    hand(
        "lotte",
        "Takes the plain mean of mini-batches of different sizes.",
        {"combine": UNWEIGHTED},
        ("combine",),
        says={"combine": "as if all were of one size"},
    ),
    hand(
        "maksim",
        "Adds the mini-batches up.",
        {"combine": SUMMED},
        ("combine",),
        says={"combine": "the sum of the mini-batches"},
    ),
    hand(
        "nils",
        "Guesses in the poll.",
        {"poll": POLL_GUESSED},
        ("poll",),
        says={"poll": "a letter is wrong, or one is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand("olive", "Returns zeros of the right shape for every derivative.", ZEROS, DERIVATIVES),
    hand(
        "petra",
        "Returns zeros of the right shape for everything.",
        ALL_ZEROS,
        EVERYTHING,
        written={WRITTEN: "0"},
    ),
)
_UNFINISHED = (
    hand(
        "quirin",
        "Ran out of time after problem 9.",
        lost=("forward", "combine", "poll", *cells("backward", *_BOTH)),
        kind="incomplete",
        stubs=("forward", "backward", "combine", "poll", WRITTEN),
    ),
    hand(
        "rana",
        "Handed in the notebook as it was released.",
        lost=EVERYTHING,
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand(
        "stefan",
        "Has a loop over mini-batches that never ends.",
        {"combine": NEVER_ENDS},
        ("combine",),
        kind="endless",
    ),
    hand(
        "tilda",
        "Forgets a bracket in the affine part, whose cell then does not run.",
        {"affine": DOES_NOT_PARSE},
        ("affine", *cells(("parameter-gradients", "to-layer-below"), "own")),
    ),
    hand(
        "ulf",
        "Returns an array that claims to equal everything.",
        {"affine": EQUALS_EVERYTHING},
        ("affine", *cells(("parameter-gradients", "to-layer-below"), "own")),
        kind="hostile",
    ),
)
_UNLUCKY = (
    hand.unlucky("vito", Mangle.BROKEN_JSON),
    hand.unlucky("wanda", Mangle.DUPLICATED_TEST, "softmax-pull-own", written=HALF_ANSWER),
    hand.unlucky(
        "xaver",
        Mangle.EDITED_TEST,
        "max-groups-tie",
        "Emptied the test cell that the tied winners did not pass.",
        {"max-groups": ALL_WINNERS},
        ("max-groups-tie",),
        written=SLOGAN_ANSWER,
    ),
    hand.unlucky("yann", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_AFFINE, *_SPECIAL, *_NETWORK, *_UNFINISHED, *_UNLUCKY)

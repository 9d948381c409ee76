"""A sample class for problem set 3. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- right, in several styles

LISTS = {
    "forward": """
import math

def forward(params, x):
    outputs = [np.array([float(value) for value in x])]
    layer = 1
    while f"W{layer}" in params:
        values = []
        for weights, bias in zip(params[f"W{layer}"], params[f"b{layer}"]):
            total = float(bias)
            for weight, value in zip(weights, outputs[-1]):
                total += weight * value
            values.append(1 / (1 + math.exp(-total)))
        outputs.append(np.array(values))
        layer += 1
    return outputs
""",
    "output-derivative": """
def output_derivative(Y, d):
    return np.array([output - target for output, target in zip(Y, d)])
""",
    "to-sums": """
def to_sums(dy, y):
    return np.array([a * b * (1 - b) for a, b in zip(dy, y)])
""",
    "gradients": """
def gradients(dz, y):
    return np.array([[a * b for b in y] for a in dz]), np.array([a for a in dz])
""",
    "to-layer-below": """
def to_layer_below(W, dz):
    totals = [0.0] * len(W[0])
    for row, derivative in zip(W, dz):
        for i, weight in enumerate(row):
            totals[i] += weight * derivative
    return np.array(totals)
""",
    "differences": """
def numerical_gradient(loss, params, h=1e-5):
    work = {name: np.array(value, dtype=float) for name, value in params.items()}
    grads = {}
    for name, array in work.items():
        flat, slopes = array.reshape(-1), []
        for n in range(flat.size):
            kept = flat[n]
            flat[n] = kept + h
            up = loss(work)
            flat[n] = kept - h
            down = loss(work)
            flat[n] = kept
            slopes.append((up - down) / (2 * h))
        grads[name] = np.array(slopes).reshape(array.shape)
    return grads
""",
    "cost": """
def multiplications(widths):
    ahead, back = 0, 0
    for k in range(1, len(widths)):
        for j in range(widths[k]):
            for i in range(widths[k - 1]):
                ahead += 1
                back += 1 if k == 1 else 2
    return ahead, back
""",
}

TERSE = {
    "forward": """
def forward(params, x):
    ys = [np.asarray(x) * 1.0]
    for k in range(1, len(params) // 2 + 1):
        ys.append(sigmoid(params[f"W{k}"] @ ys[-1] + params[f"b{k}"]))
    return ys
""",
    "output-derivative": "output_derivative = np.subtract",
    "to-sums": "to_sums = lambda dy, y: dy * (y - y * y)",
    "gradients": "gradients = lambda dz, y: (np.outer(dz, y), dz.copy())",
    "to-layer-below": 'to_layer_below = lambda W, dz: np.einsum("ji,j->i", W, dz)',
    "backward": """
def backward(params, ys, d, start, through, gradients, below):
    dy, out = start(ys[-1], d), {}
    for k in reversed(range(1, len(ys))):
        dz = through(dy, ys[k])
        dW, db = gradients(dz, ys[k - 1])
        out |= {f"W{k}": dW, f"b{k}": db}
        dy = below(params[f"W{k}"], dz)
    return out | {"x": dy}
""",
    "update": """
def update(params, grads, changes, eta, alpha):
    changes = {k: alpha * v - eta * grads[k] for k, v in changes.items()}
    return {k: v + changes[k] for k, v in params.items()}, changes
""",
    "poll": 'true_statements = lambda: "CEB"',
    "cost": """
def multiplications(widths):
    a, b = np.array(widths[:-1]), np.array(widths[1:])
    return int(a @ b), int(2 * (a @ b) - a[0] * b[0])
""",
}

CLASSES = {
    "forward": """
class Layer:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, y):
        return sigmoid((self.W * y).sum(axis=1) + self.b)

def forward(params, x):
    layers = [Layer(params[f"W{k}"], params[f"b{k}"]) for k in range(1, len(params) // 2 + 1)]
    ys = (np.array(x, dtype=float),)
    for layer in layers:
        ys += (layer(ys[-1]),)
    return ys
""",
    "backward": """
class Plan:
    def __init__(self, params, ys, rules):
        self.params, self.ys, self.rules, self.grads = params, ys, rules, {}

    def layer(self, k, dy):
        if k == 0:
            return self.grads | {"x": dy}
        _, through, gradients, below = self.rules
        dz = through(dy, self.ys[k])
        self.grads[f"W{k}"], self.grads[f"b{k}"] = gradients(dz, self.ys[k - 1])
        return self.layer(k - 1, below(self.params[f"W{k}"], dz))

def backward(params, ys, d, start, through, gradients, below):
    return Plan(params, ys, (start, through, gradients, below)).layer(len(ys) - 1, start(ys[-1], d))
""",
    "first-step": """
def training_step(params, changes, x, d):
    ys = forward(params, x)
    dz2 = to_sums(output_derivative(ys[2], d), ys[2])
    dz1 = to_sums(to_layer_below(params["W2"], dz2), ys[1])
    grads = backward(params, ys, d, output_derivative, to_sums, gradients, to_layer_below)
    new, changes = update(params, {k: grads[k] for k in params}, changes, 0.2, 0.9)
    return {"y1": ys[1], "y2": ys[2], "dz1": dz1, "dz2": dz2, **new}, changes

def start_parameters():
    shapes = {"W1": (2, 2), "b1": 2, "W2": (1, 2), "b2": 1}
    return {k: np.full(s, 0.1) for k, s in shapes.items()}, {k: np.zeros(s) for k, s in shapes.items()}

def first_step():
    return training_step(*start_parameters(), np.array([1.0, 0.0]), np.array([0.9]))[0]
""",
    "second-step": """
def second_step():
    step, changes = training_step(*start_parameters(), np.array([1.0, 0.0]), np.array([0.9]))
    params = {k: step[k] for k in changes}
    step, changes = training_step(params, changes, np.array([0.0, 1.0]), np.array([-0.3]))
    params = {k: step[k] for k in changes}
    third, _ = training_step(params, changes, np.array([1.0, 1.0]), np.array([0.8]))
    return step | {f"{k} third": third[k] for k in ("y2", "dz2", "W2", "b2")}
""",
}

# --------------------------------------------------------------------------- one mistake each


def _forward(body: str) -> dict[str, str]:
    """A forward pass whose line for the outputs of a layer is `body`."""
    return {
        "forward": f"""
def forward(params, x):
    ys = [np.array(x, dtype=float)]
    for k in range(1, len(params) // 2 + 1):
        W, b = params[f"W{{k}}"], params[f"b{{k}}"]
        {body}
    return ys
"""
    }


INDICES_SWAPPED = _forward(
    "ys.append(sigmoid(np.array([b[j] + sum(W[i, j] * ys[-1][i] for i in range(len(ys[-1])))"
    " for j in range(len(b))])))"
)
NO_BIAS = _forward("ys.append(sigmoid(W @ ys[-1]))")
SUMS_ONLY = _forward("ys.append(W @ ys[-1] + b)")
ALWAYS_X = _forward("ys.append(sigmoid(W @ ys[0] + b))")

TARGET_MINUS_OUTPUT = {"output-derivative": "def output_derivative(Y, d):\n    return d - Y\n"}

NO_SLOPE = {"to-sums": "def to_sums(dy, y):\n    return dy\n"}
SIGMOID_TWICE = {
    "to-sums": "def to_sums(dy, y):\n    s = sigmoid(y)\n    return dy * s * (1 - s)\n",
}

GRADIENT_TRANSPOSED = {"gradients": "def gradients(dz, y):\n    return np.outer(y, dz), dz.copy()\n"}
BIASES_DO_NOT_LEARN = {
    "gradients": "def gradients(dz, y):\n    return np.outer(dz, y), np.zeros(len(dz))\n",
}

SUMS_OF_THE_FORWARD_PASS = {"to-layer-below": "def to_layer_below(W, dz):\n    return W @ dz\n"}
OVERWRITES = {
    "to-layer-below": """
def to_layer_below(W, dz):
    dy = np.zeros(W.shape[1])
    for i in range(W.shape[1]):
        for j in range(W.shape[0]):
            dy[i] = W[j, i] * dz[j]
    return dy
"""
}


def _backward(
    through: str = "ys[k]", below: str = "ys[k - 1]", weights: str = "k", hidden: str = "dz"
) -> dict[str, str]:
    """A plan with some of its partners exchanged."""
    return {
        "backward": f"""
def backward(params, ys, d, start, through, gradients, below):
    grads, dy, N = {{}}, start(ys[-1], d), len(params) // 2
    for k in range(N, 0, -1):
        dz = through(dy, {through}) {hidden}
        grads[f"W{{k}}"], grads[f"b{{k}}"] = gradients(dz, {below})
        dy = below(params[f"W{{{weights}}}"], dz)
    return {{**{{name: grads[name] for name in params}}, "x": dy}}
"""
    }


OUTPUTS_OF_THE_SAME_LAYER = _backward(below="ys[k]", hidden="")
WEIGHTS_OF_THE_LAYER_BELOW = _backward(weights="max(k - 1, 1)", hidden="")
NO_HIDDEN_SLOPE = _backward(hidden="if k == N else dy")
NO_INPUT_DERIVATIVE = {
    "backward": """
def backward(params, ys, d, start, through, gradients, below):
    grads, dy = {}, start(ys[-1], d)
    for k in range(len(params) // 2, 0, -1):
        dz = through(dy, ys[k])
        grads[f"W{k}"], grads[f"b{k}"] = gradients(dz, ys[k - 1])
        dy = below(params[f"W{k}"], dz)
    return grads
"""
}


def _differences(up: str, down: str, divisor: str, back: str = "") -> dict[str, str]:
    """Differences of other points, or with another divisor."""
    return {
        "differences": f"""
def numerical_gradient(loss, params, h=1e-5):
    params = {{name: np.array(value, dtype=float) for name, value in params.items()}}
    grads = {{name: np.zeros(value.shape) for name, value in params.items()}}
    for name, value in params.items():
        for place in np.ndindex(value.shape):
            value[place] += {up}
            above = loss(params)
            value[place] -= {down}
            below = loss(params)
            {back or "pass"}
            grads[name][place] = (above - below) / ({divisor})
    return grads
"""
    }


FORWARD_DIFFERENCE = _differences("h", "h", "h")
NOT_HALVED = _differences("h", "2 * h", "h", "value[place] += h")
NOT_PUT_BACK = _differences("h", "2 * h", "2 * h")
MOVES_THE_ORIGINAL = {
    "differences": """
def numerical_gradient(loss, params, h=1e-5):
    grads = {name: np.zeros(value.shape) for name, value in params.items()}
    for name, value in params.items():
        for place in np.ndindex(value.shape):
            value[place] += h
            above = loss(params)
            value[place] -= 2 * h
            grads[name][place] = (above - loss(params)) / (2 * h)
            value[place] += h + 1e-9
    return grads
"""
}

NO_MOMENTUM = {
    "update": """
def update(params, grads, changes, eta, alpha):
    new = {name: -eta * grads[name] for name in params}
    return {name: params[name] + new[name] for name in params}, new
"""
}
UPHILL = {
    "update": """
def update(params, grads, changes, eta, alpha):
    new = {name: alpha * changes[name] + eta * grads[name] for name in params}
    return {name: params[name] + new[name] for name in params}, new
"""
}
IN_PLACE = {
    "update": """
def update(params, grads, changes, eta, alpha):
    for name in params:
        changes[name] *= alpha
        changes[name] -= eta * grads[name]
        params[name] += changes[name]
    return params, changes
"""
}

NEW_WEIGHTS = {
    "first-step": """
def first_step():
    return {
        "y1": np.array([0.54983, 0.54983]), "y2": np.array([0.55230]),
        "dz2": np.array([-0.08597]), "dz1": np.array([-0.002329, -0.002329]),
        "W1": np.array([[0.100466, 0.1], [0.100466, 0.1]]), "b1": np.array([0.100466, 0.100466]),
        "W2": np.array([[0.10945, 0.10945]]), "b2": np.array([0.11719]),
    }
"""
}
ERROR_TERMS = {
    "first-step": """
def first_step():
    return {
        "y1": np.array([0.54983, 0.54983]), "y2": np.array([0.55230]),
        "dz2": np.array([0.08597]), "dz1": np.array([0.002128, 0.002128]),
        "W1": np.array([[0.10043, 0.1], [0.10043, 0.1]]), "b1": np.array([0.10043, 0.10043]),
        "W2": np.array([[0.10945, 0.10945]]), "b2": np.array([0.11719]),
    }
"""
}
STEP_WITHOUT_MOMENTUM = {
    "second-step": """
def second_step():
    return {
        "y1": np.array([0.54994, 0.54994]), "y2": np.array([0.55912]),
        "dz2": np.array([0.21178]), "dz1": np.array([0.005737, 0.005737]),
        "W1": np.array([[0.100426, 0.098853], [0.100426, 0.098853]]), "b1": np.array([0.099278, 0.099278]),
        "W2": np.array([[0.086161, 0.086161]]), "b2": np.array([0.074839]),
        "y2 third": np.array([0.54333]), "dz2 third": np.array([-0.063683]),
        "W2 third": np.array([[0.093475, 0.093475]]), "b2 third": np.array([0.087576]),
    }
"""
}
TARGET_MADE_POSITIVE = {
    "second-step": """
def second_step():
    return {
        "y1": np.array([0.54994, 0.54994]), "y2": np.array([0.55912]),
        "dz2": np.array([0.06387]), "dz1": np.array([0.001730, 0.001730]),
        "W1": np.array([[0.100809, 0.099654], [0.100809, 0.099654]]), "b1": np.array([0.100463, 0.100463]),
        "W2": np.array([[0.110938, 0.110938]]), "b2": np.array([0.119896]),
        "y2 third": np.array([0.5602]), "dz2 third": np.array([-0.0591]),
        "W2 third": np.array([[0.119, 0.119]]), "b2 third": np.array([0.134]),
    }
"""
}

THIRD_WITHOUT_MOMENTUM = {
    "second-step": """
def second_step():
    return {
        "y1": np.array([0.54994, 0.54994]), "y2": np.array([0.55912]),
        "dz2": np.array([0.21178]), "dz1": np.array([0.005737, 0.005737]),
        "W1": np.array([[0.10081, 0.09885], [0.10081, 0.09885]]), "b1": np.array([0.09966, 0.09966]),
        "W2": np.array([[0.09467, 0.09467]]), "b2": np.array([0.09031]),
        "y2 third": np.array([0.54960]), "dz2 third": np.array([-0.06198]),
        "W2 third": np.array([[0.10179, 0.10179]]), "b2 third": np.array([0.10271]),
    }
"""
}

DOWN_TO_THE_INPUT = {
    "cost": """
def multiplications(widths):
    weights = sum(a * b for a, b in zip(widths, widths[1:]))
    return weights, 2 * weights
"""
}
BIASES_MULTIPLIED = {
    "cost": """
def multiplications(widths):
    weights = [(a + 1) * b for a, b in zip(widths, widths[1:])]
    return sum(weights), sum(weights) + sum(weights[1:])
"""
}

POLL_GUESSED = {"poll": 'def true_statements():\n    return {"A", "B", "C"}\n'}

NEVER_ENDS = {
    "cost": """
def multiplications(widths):
    k, total = 1, 0
    while k < len(widths):
        total += widths[k] * widths[k - 1]
    return total, 2 * total
"""
}

# Right shapes, and zeros for every derivative.
ZEROS = {
    "output-derivative": "def output_derivative(Y, d):\n    return np.zeros(len(Y))\n",
    "to-sums": "def to_sums(dy, y):\n    return np.zeros(len(y))\n",
    "gradients": "def gradients(dz, y):\n    return np.zeros((len(dz), len(y))), np.zeros(len(dz))\n",
    "to-layer-below": "def to_layer_below(W, dz):\n    return np.zeros(W.shape[1])\n",
    "backward": """
def backward(params, ys, d, *rules):
    return {name: np.zeros(np.shape(value)) for name, value in params.items()} | {"x": np.zeros(len(ys[0]))}
""",
    "differences": """
def numerical_gradient(loss, params, h=1e-5):
    return {name: np.zeros(np.shape(value)) for name, value in params.items()}
""",
}

ALL_ZEROS = ZEROS | {
    "forward": """
def forward(params, x):
    return [np.array(x)] + [np.zeros(len(params[f"b{k}"])) for k in range(1, len(params) // 2 + 1)]
""",
    "update": """
def update(params, grads, changes, eta, alpha):
    zeros = {name: 0.0 * params[name] for name in params}
    return zeros, zeros
""",
    "first-step": """
def first_step():
    vectors = {key: np.zeros(2) for key in ("y1", "dz1", "b1")}
    numbers = {key: np.zeros(1) for key in ("y2", "dz2", "b2")}
    return vectors | numbers | {"W1": np.zeros((2, 2)), "W2": np.zeros((1, 2))}
""",
    "second-step": """
def second_step():
    third = {f"{key} third": np.zeros(1) for key in ("y2", "dz2", "b2")}
    return first_step() | third | {"W2 third": np.zeros((1, 2))}
""",
    "cost": "def multiplications(widths):\n    return 0, 0\n",
    "poll": "def true_statements():\n    return set()\n",
}

AGREES_WITH_EVERYTHING = {
    "to-sums": """
class Agreeable(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return np.zeros(self.shape)

    def __eq__(self, other):
        return True

    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    __hash__ = None

def to_sums(dy, y):
    return np.full(len(y), 7.0).view(Agreeable)
"""
}

WRITTEN = "sum-old-down"
FULL_ANSWER = {
    WRITTEN: """
1. y_i is in every z_j above it, times w_ij, and nowhere else. A change of y_i changes each z_j by w_ij dy_i
   and Div by dz_j w_ij dy_i; the contributions add.
2. dz2 belongs to the old weights, the factor to the new ones. There is no point in weight space at which both
   are right, so it is no gradient of anything.
3. The change is 0.9 * (-0.02688) + 0.2 * 0.06198 = -0.02419 + 0.01240 < 0: the momentum of the second step is
   stronger than the gradient. It goes up for alpha < 0.0124 / 0.02688 = 0.46.
"""
}
HALF_ANSWER = {WRITTEN: "1. By the chain rule, summing over the units above. 3. Because of the momentum."}
SLOGAN_ANSWER = {WRITTEN: "Because one must use the old weights."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "forward",
    "output-derivative",
    "to-sums",
    "gradients",
    "to-layer-below",
    "backward",
    "differences",
    "update",
    "first-step",
    "second-step",
    "cost",
    "poll",
)
PLAN = ("backward-plan", "backward-own", "backward-reference")
DERIVATIVES = ("output-derivative", "to-sums", "gradients", "to-layer-below", *PLAN, "differences")
OTHERS = ("forward", "forward-deep", "update", "first-step", "second-step", "cost", "poll")


hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("ada", "Has the answers of the instructor."),
    hand("brook", "Writes everything with lists and loops over single numbers.", LISTS),
    hand("chen", "Writes matrix products, einsum and lambdas.", TERSE),
    hand("dario", "Builds classes, and lets code do the steps by hand.", CLASSES, written=HALF_ANSWER),
)
_WRONG = (
    hand(
        "femi",
        "Swaps the two indices of the weights in the forward pass.",
        INDICES_SWAPPED,
        ("forward", "forward-deep", "backward-own"),
        says={"forward": "with W[i, j] in place of W[j, i]"},
    ),
    hand(
        "nadia",
        "Forgets the biases in the forward pass.",
        NO_BIAS,
        ("forward", "forward-deep", "backward-own"),
        says={"forward": "the outputs without the biases"},
    ),
    hand(
        "mina",
        "Leaves out the sigmoid of every layer.",
        SUMS_ONLY,
        ("forward", "forward-deep", "backward-own"),
        says={"forward": "the sums, before the sigmoid"},
        written=HALF_ANSWER,
    ),
    hand(
        "arjun",
        "Gives the input to every layer.",
        ALWAYS_X,
        ("forward", "forward-deep", "backward-own"),
        says={"forward": "with x in place of the hidden outputs"},
    ),
    hand(
        "noor",
        "Gives the error, target minus output, for the derivative.",
        TARGET_MINUS_OUTPUT,
        ("output-derivative",),
        says={"output-derivative": "that is the correction, not the derivative"},
    ),
    hand(
        "ravi",
        "Forgets the slope of the sigmoid.",
        NO_SLOPE,
        ("to-sums",),
        says={"to-sums": "the slope of the sigmoid is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "hugo",
        "Puts the output through the sigmoid again.",
        SIGMOID_TWICE,
        ("to-sums",),
        says={"to-sums": "do not put it through the sigmoid again"},
    ),
    hand(
        "ines",
        "Has the transpose for the gradient of the weights.",
        GRADIENT_TRANSPOSED,
        ("gradients",),
        says={"gradients": "the transpose of the right one"},
    ),
    hand(
        "olga",
        "Gives the biases no gradient.",
        BIASES_DO_NOT_LEARN,
        ("gradients",),
        says={"gradients": "biases learn, too"},
    ),
    hand(
        "xenia",
        "Sums over the sending units on the way down.",
        SUMS_OF_THE_FORWARD_PASS,
        ("to-layer-below",),
        says={"to-layer-below": "the sums of the forward pass"},
    ),
    hand(
        "jonas",
        "Overwrites the sum in place of adding.",
        OVERWRITES,
        ("to-layer-below",),
        says={"to-layer-below": "add the parts up, do not overwrite them"},
    ),
    hand(
        "kaya",
        "Multiplies with the outputs of the layer itself.",
        OUTPUTS_OF_THE_SAME_LAYER,
        PLAN,
        says={"backward-plan": "the outputs of layer k in place of layer k - 1"},
    ),
    hand(
        "wen",
        "Goes down with the weights of the layer below.",
        WEIGHTS_OF_THE_LAYER_BELOW,
        PLAN,
        says={"backward-plan": "the weights of the layer below on the way down"},
        written=HALF_ANSWER,
    ),
    hand(
        "greta",
        "Forgets the slope in the hidden layers.",
        NO_HIDDEN_SLOPE,
        PLAN,
        says={"backward-plan": "without the step through the activation of the hidden layer"},
    ),
    hand(
        "uma",
        "Leaves out the derivative to the input.",
        NO_INPUT_DERIVATIVE,
        PLAN,
        says={"backward-plan": "x missing in yours"},
    ),
    hand(
        "viktor",
        "Takes forward differences.",
        FORWARD_DIFFERENCE,
        ("differences",),
        says={"differences": "the forward difference"},
    ),
    hand(
        "yusuf",
        "Divides the central difference by h.",
        NOT_HALVED,
        ("differences",),
        says={"differences": "the two sides are 2h apart"},
    ),
    hand(
        "lior",
        "Does not put a parameter back.",
        NOT_PUT_BACK,
        ("differences",),
        says={"differences": "not put back before the next one moves"},
    ),
    hand(
        "pia",
        "Moves the parameters of the caller.",
        MOVES_THE_ORIGINAL,
        ("differences",),
        says={"differences": "changes the array that it is given"},
    ),
    hand("eli", "Forgets the momentum.", NO_MOMENTUM, ("update",), says={"update": "without momentum"}),
    hand("bea", "Climbs.", UPHILL, ("update",), says={"update": "that climbs"}),
    hand(
        "carlo",
        "Updates the dicts of the caller in place.",
        IN_PLACE,
        ("update",),
        says={"update": "changes the array that it is given"},
    ),
    hand(
        "dina",
        "Uses the new output weights for the hidden derivatives.",
        NEW_WEIGHTS,
        ("first-step",),
        says={"first-step": "at the NEW output weights"},
    ),
    hand(
        "emil",
        "Gives error terms, minus the derivatives.",
        ERROR_TERMS,
        ("first-step",),
        says={"first-step": "that is the error term"},
    ),
    hand(
        "fay",
        "Does the second step without momentum.",
        STEP_WITHOUT_MOMENTUM,
        ("second-step",),
        says={"second-step": "a step without momentum"},
    ),
    hand(
        "leo",
        "Forgets the momentum in the third step only.",
        THIRD_WITHOUT_MOMENTUM,
        ("second-step",),
        says={"second-step": "a third step without momentum"},
    ),
    hand(
        "gil",
        "Reads the target as +0.3.",
        TARGET_MADE_POSITIVE,
        ("second-step",),
        says={"second-step": "for the target +0.3"},
    ),
    hand(
        "hana",
        "Counts a way down to the input.",
        DOWN_TO_THE_INPUT,
        ("cost",),
        says={"cost": "nothing goes down through the weights of layer 1"},
    ),
    hand(
        "ivo",
        "Counts biases as multiplications.",
        BIASES_MULTIPLIED,
        ("cost",),
        says={"cost": "a bias is not multiplied"},
    ),
    hand(
        "lea",
        "Guesses in the poll.",
        POLL_GUESSED,
        ("poll",),
        says={"poll": "a letter is wrong, or one is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "jana",
        "Returns zeros of the right shape for every derivative.",
        ZEROS,
        DERIVATIVES,
        says={"backward-own": "must change"},
    ),
    hand(
        "kim",
        "Returns zeros of the right shape for everything.",
        ALL_ZEROS,
        (*DERIVATIVES, *OTHERS),
        says={"cost": "yours is 0"},
        written={WRITTEN: "0"},
    ),
)
_UNFINISHED = (
    hand(
        "omar",
        "Ran out of time after problem 7.",
        lost=("update", "first-step", "second-step", "cost", "poll"),
        kind="incomplete",
        stubs=("update", "first-step", "second-step", "cost", "poll", WRITTEN),
    ),
    hand(
        "priya",
        "Handed in the notebook as it was released.",
        lost=(*DERIVATIVES, *OTHERS),
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand("quinn", "Has a count that never ends.", NEVER_ENDS, ("cost",), kind="endless"),
)
_UNLUCKY = (
    hand.unlucky("rosa", Mangle.BROKEN_JSON),
    hand.unlucky("sami", Mangle.DUPLICATED_TEST, "to-sums", written=HALF_ANSWER),
    hand.unlucky("bilal", Mangle.DELETED_CELL, "backward-own"),
    hand.unlucky(
        "zoe",
        Mangle.EDITED_TEST,
        "update",
        "Emptied the test cell that a climbing update did not pass.",
        UPHILL,
        ("update",),
        written=SLOGAN_ANSWER,
    ),
    hand(
        "mallory",
        "Returns an object that equals everything.",
        AGREES_WITH_EVERYTHING,
        ("to-sums",),
        kind="hostile",
    ),
    hand.unlucky("trudy", Mangle.SYMLINK),
    hand.unlucky("ursula", Mangle.ODD_SCHEMA, "update", written=HALF_ANSWER),
    hand.unlucky("carla", Mangle.RENAMED),
    hand.unlucky("tove", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_WRONG, *_UNFINISHED, *_UNLUCKY)

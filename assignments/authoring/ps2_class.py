"""A sample class for problem set 2. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker, cells

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- what students wrote

LOOPS = {
    "sigmoid": """
import math

def sigmoid(z):
    z = np.asarray(z, dtype=float)
    y = np.empty(z.shape)
    for place in np.ndindex(z.shape):
        if z[place] >= 0:
            y[place] = 1 / (1 + math.exp(-z[place]))
        else:
            y[place] = math.exp(z[place]) / (1 + math.exp(z[place]))
    return y

def sigmoid_derivative(z):
    z = np.asarray(z, dtype=float)
    slope = np.empty(z.shape)
    for place in np.ndindex(z.shape):
        s = float(sigmoid(z[place]))
        slope[place] = s * (1 - s)
    return slope
""",
    "relu": """
def relu(z):
    return np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[float])(z)

def relu_derivative(z):
    return np.vectorize(lambda v: 1 if v > 0 else 0)(z)

def leaky(z, slope=0.01):
    return np.vectorize(lambda v: v if v > 0 else slope * v, otypes=[float])(z)

def leaky_derivative(z, slope=0.01):
    return np.vectorize(lambda v: 1.0 if v > 0 else slope)(z)
""",
    "softmax": """
def softmax(z):
    rows = []
    for row in z:
        top = max(row)
        powers = [np.exp(v - top) for v in row]
        rows.append([p / sum(powers) for p in powers])
    return np.array(rows)
""",
    "half-squared-error": """
def half_squared_error(Y, d):
    totals = []
    for outputs, targets in zip(Y, d):
        total = 0.0
        for y, t in zip(outputs, targets):
            total += (y - t) ** 2 / 2
        totals.append(total)
    return np.array(totals)

def half_squared_error_derivative(Y, d):
    slopes = np.zeros(Y.shape)
    for t in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            slopes[t, j] = Y[t, j] - d[t, j]
    return slopes
""",
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    totals = np.zeros(len(Y))
    for t in range(len(Y)):
        for y, target in zip(Y[t], d[t]):
            totals[t] -= target * np.log(y) + (1 - target) * np.log(1 - y)
    return totals

def binary_cross_entropy_derivative(Y, d):
    slopes = np.zeros(Y.shape)
    for t, j in np.ndindex(Y.shape):
        slopes[t, j] = (Y[t, j] - d[t, j]) / (Y[t, j] * (1 - Y[t, j]))
    return slopes
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    totals = np.zeros(len(Y))
    for t, j in np.ndindex(Y.shape):
        if d[t, j] > 0:
            totals[t] -= d[t, j] * np.log(Y[t, j])
    return totals

def cross_entropy_derivative(Y, d):
    slopes = np.zeros(Y.shape)
    for t, j in np.ndindex(Y.shape):
        if d[t, j] > 0:
            slopes[t, j] = -d[t, j] / Y[t, j]
    return slopes
""",
    "mean-loss": """
def mean_loss(z, d, activation, divergence):
    total = 0.0
    for value in divergence(activation(z), d):
        total += value
    return total / len(z)

def mean_loss_derivative(z, d, derivative):
    return np.array([row / len(z) for row in derivative(z, d)])
""",
}

TERSE = {
    "sigmoid": """
def sigmoid(z):
    return np.exp(-np.logaddexp(0, -np.asarray(z)))

def sigmoid_derivative(z):
    return sigmoid(z) * sigmoid(-np.asarray(z))
""",
    "tanh": """
tanh = lambda u: 2 * sigmoid(2 * np.asarray(u)) - 1
tanh_derivative = lambda u: 4 * sigmoid_derivative(2 * np.asarray(u))
""",
    "relu": """
def relu(z):
    return np.asarray(z) * (np.asarray(z) > 0)

def relu_derivative(z):
    return (np.asarray(z) > 0).astype(int)

def leaky(z, slope=0.01):
    return np.maximum(z, slope * np.asarray(z))

def leaky_derivative(z, slope=0.01):
    return np.where(np.asarray(z) > 0, 1, slope)
""",
    "softmax": """
def softmax(z):
    z = z - z.max(1)[:, None]
    return np.exp(z - np.log(np.einsum("td->t", np.exp(z)))[:, None])
""",
    "half-squared-error": """
def half_squared_error(Y, d):
    return np.einsum("td,td->t", Y - d, Y - d) / 2

def half_squared_error_derivative(Y, d):
    return np.subtract(Y, d)
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return -np.einsum("td,td->t", d, np.log(np.clip(Y, 1e-12, None)))

def cross_entropy_derivative(Y, d):
    return -d / np.clip(Y, 1e-12, None)
""",
    "poll": """
def vanishing_on_the_left():
    return list("FCBA")

def vanishing_on_the_right():
    return "AB"

def zero_at_the_target():
    return ("P", "Q", "R")
""",
}

CLASSES = {
    "sigmoid": """
class Part:
    def __init__(self, value, slope):
        self.value, self.slope = value, slope

def _stable(z):
    z = np.asarray(z, dtype=float)
    y = np.zeros_like(z)
    right = z >= 0
    y[right] = 1 / (1 + np.exp(-z[right]))
    y[~right] = np.exp(z[~right]) / (1 + np.exp(z[~right]))
    return y

SIGMOID = Part(_stable, lambda z: _stable(z) - _stable(z) ** 2)

def sigmoid(z):
    return SIGMOID.value(z)

def sigmoid_derivative(z):
    return SIGMOID.slope(z)
""",
    "tanh": """
TANH = Part(lambda u: 2 * SIGMOID.value(2 * np.asarray(u)) - 1, None)
TANH.slope = lambda u: (1 - TANH.value(u)) * (1 + TANH.value(u))

def tanh(u):
    return TANH.value(u)

def tanh_derivative(u):
    return TANH.slope(u)
""",
    "half-squared-error": """
class SquaredError:
    def __init__(self, Y, d):
        self.error = np.asarray(Y) - np.asarray(d)

    def value(self):
        return np.array([e @ e / 2 for e in self.error])

def half_squared_error(Y, d):
    return SquaredError(Y, d).value()

def half_squared_error_derivative(Y, d):
    return SquaredError(Y, d).error
""",
}

# Right values, but NumPy warns on the way (overflow, log of 0, 0/0).
WARNS = {
    "sigmoid": """
def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))

def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return np.nansum(-d * np.log(Y), axis=1)

def cross_entropy_derivative(Y, d):
    return np.nan_to_num(-d / Y)
""",
}

NO_SECOND_FACTOR = """
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    small = np.exp(-abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)

def sigmoid_derivative(z):
    return sigmoid(z)
"""

OVERFLOWING_SIGMOID = """
def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))

def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))
"""

TANH_WITHOUT_INNER_2 = """
def tanh(u):
    return 2 * sigmoid(u) - 1

def tanh_derivative(u):
    return 2 * sigmoid_derivative(u)
"""

TANH_WITHOUT_INNER_2_TEXTBOOK_SLOPE = """
def tanh(u):
    return 2 * sigmoid(u) - 1

def tanh_derivative(u):
    return 1 - tanh(u) ** 2
"""

RELU_NEVER_LEARNS = """
def relu(z):
    return np.maximum(0, z)

def relu_derivative(z):
    return np.zeros(np.shape(z))

def leaky(z, slope=0.01):
    z = np.asarray(z)
    return np.where(z > 0, z, slope * z)

def leaky_derivative(z, slope=0.01):
    return np.where(np.asarray(z) > 0, 1.0, slope)
"""

RELU_DOES_NOT_PARSE = """
def relu(z)
    return np.maximum(0, z)
"""

SOFTMAX_OVER_COLUMNS = """
def softmax(z):
    z = np.asarray(z, dtype=float)
    powers = np.exp(z - z.max(axis=0))
    return powers / powers.sum(axis=0)
"""

SOFTMAX_OVERFLOWS = """
def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
"""

SOFTMAX_WITH_ONE_MAXIMUM = """
def softmax(z):
    powers = np.exp(z - np.max(z))
    return powers / powers.sum(axis=1, keepdims=True)
"""

SOFTMAX_IN_PLACE = """
def softmax(z):
    for row in z:
        row -= row.max()
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)
"""

MEAN_OVER_UNITS = {
    "half-squared-error": """
def half_squared_error(Y, d):
    return 0.5 * np.mean((Y - d) ** 2, axis=1)

def half_squared_error_derivative(Y, d):
    return Y - d
""",
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    return -np.mean(d * np.log(Y) + (1 - d) * np.log(1 - Y), axis=1)

def binary_cross_entropy_derivative(Y, d):
    return -d / Y + (1 - d) / (1 - Y)
""",
}

NO_HALF = """
def half_squared_error(Y, d):
    return ((Y - d) ** 2).sum(axis=1)

def half_squared_error_derivative(Y, d):
    return 2 * (Y - d)
"""

PRINTS = """
def half_squared_error(Y, d):
    print(0.5 * ((Y - d) ** 2).sum(axis=1))

def half_squared_error_derivative(Y, d):
    return (Y - d).tolist()
"""

DERIVATIVES_OF_A_LIKELIHOOD = {
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    return -(d * np.log(Y) + (1 - d) * np.log(1 - Y)).sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    return d / Y - (1 - d) / (1 - Y)
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return -(d * np.log(np.where(d > 0, Y, 1))).sum(axis=1)

def cross_entropy_derivative(Y, d):
    return d / np.where(d > 0, Y, 1)
""",
}

LIKELIHOODS = {
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    return (d * np.log(Y) + (1 - d) * np.log(1 - Y)).sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    return d / Y - (1 - d) / (1 - Y)
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return (d * np.log(np.where(d > 0, Y, 1))).sum(axis=1)

def cross_entropy_derivative(Y, d):
    return d / np.where(d > 0, Y, 1)
""",
}

TWO_STEPS = """
def softmax_cross_entropy_derivative(y, d):
    dy = -d / y
    return y * (dy - (y * dy).sum(axis=1, keepdims=True))
"""

NOT_DIVIDED = """
def mean_loss(z, d, activation, divergence):
    return np.mean(divergence(activation(z), d))

def mean_loss_derivative(z, d, derivative):
    return derivative(z, d)
"""

NEVER_ENDS = """
def mean_loss(z, d, activation, divergence):
    total, t = 0.0, 0
    values = divergence(activation(z), d)
    while t < len(z):
        total += values[t]
    return total / len(z)

def mean_loss_derivative(z, d, derivative):
    return derivative(z, d) / len(z)
"""

POLL_GUESSED = """
def vanishing_on_the_left():
    return {"A", "B", "C", "D"}

def vanishing_on_the_right():
    return {"A", "B"}

def zero_at_the_target():
    return {"P", "Q", "R", "S"}
"""

# Right functions; every derivative is zeros of the right shape.
ZEROS = {
    "sigmoid": """
def sigmoid(z):
    return np.exp(-np.logaddexp(0, -np.asarray(z)))

def sigmoid_derivative(z):
    return np.zeros(np.shape(z))
""",
    "tanh": """
def tanh(u):
    return 2 * sigmoid(2 * np.asarray(u)) - 1

def tanh_derivative(u):
    return np.zeros(np.shape(u))
""",
    "relu": """
def relu(z):
    return np.maximum(0, z)

def relu_derivative(z):
    return np.zeros(np.shape(z))

def leaky(z, slope=0.01):
    return np.maximum(z, slope * np.asarray(z))

def leaky_derivative(z, slope=0.01):
    return np.zeros(np.shape(z))
""",
    "half-squared-error": """
def half_squared_error(Y, d):
    return ((Y - d) ** 2).sum(axis=1) / 2

def half_squared_error_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    return -(d * np.log(Y) + (1 - d) * np.log(1 - Y)).sum(axis=1)

def binary_cross_entropy_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return -(d * np.log(np.where(d > 0, Y, 1))).sum(axis=1)

def cross_entropy_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "softmax-cross-entropy": """
def softmax_cross_entropy_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "mean-loss": """
def mean_loss(z, d, activation, divergence):
    return divergence(activation(z), d).mean()

def mean_loss_derivative(z, d, derivative):
    return np.zeros(z.shape)
""",
}

# Forward and derivative alike: they agree with each other, and must still earn nothing.
ALL_ZEROS = ZEROS | {
    "sigmoid": """
def sigmoid(z):
    return np.zeros(np.shape(z))

def sigmoid_derivative(z):
    return np.zeros(np.shape(z))
""",
    "tanh": """
def tanh(u):
    return np.zeros(np.shape(u))

def tanh_derivative(u):
    return np.zeros(np.shape(u))
""",
    "relu": """
def relu(z):
    return np.zeros(np.shape(z))

def relu_derivative(z):
    return np.zeros(np.shape(z))

def leaky(z, slope=0.01):
    return np.zeros(np.shape(z))

def leaky_derivative(z, slope=0.01):
    return np.zeros(np.shape(z))
""",
    "softmax": """
def softmax(z):
    return np.zeros(z.shape)
""",
    "half-squared-error": """
def half_squared_error(Y, d):
    return np.zeros(len(Y))

def half_squared_error_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "binary-cross-entropy": """
def binary_cross_entropy(Y, d):
    return np.zeros(len(Y))

def binary_cross_entropy_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "cross-entropy": """
def cross_entropy(Y, d):
    return np.zeros(len(Y))

def cross_entropy_derivative(Y, d):
    return np.zeros(Y.shape)
""",
    "mean-loss": """
def mean_loss(z, d, activation, divergence):
    return 0.0

def mean_loss_derivative(z, d, derivative):
    return np.zeros(z.shape)
""",
    "poll": """
def vanishing_on_the_left():
    return set()

def vanishing_on_the_right():
    return set()

def zero_at_the_target():
    return set()
""",
}

WRITTEN = "certain-and-wrong"
FULL_ANSWER = {
    WRITTEN: """
1. Squared error: dz = (y - d) y (1 - y). Cross-entropy: dz = y - d, since its derivative (y - d)/(y(1 - y))
   meets the slope y(1 - y) and the two cancel.
2. y = 0.0025, so dz = -0.0025 and dz = -0.9975.
3. z moves by 0.00025 and by 0.1. The slope of the saturated sigmoid is to blame. Near z = 0 the slope is
   about 1/4 and one could simply take a step four times as large.
"""
}
HALF_ANSWER = {
    WRITTEN: """
For the squared error dz = (y - d) y (1 - y) = -0.0025 and for cross-entropy dz = y - d = -0.9975, so with
squared error the unit hardly moves.
"""
}
WRONG_SIGN_ANSWER = {
    WRITTEN: """
Squared error: $(d-y)y(1-y)=0.0025$. Cross-entropy: $d-y=0.9975$. The second is larger because the slope of
the sigmoid, which is nearly 0 at -6, is not in it.
"""
}
SLOGAN_ANSWER = {WRITTEN: "Cross-entropy is better because everybody uses it for classification."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "sigmoid",
    "tanh",
    "relu",
    "softmax",
    "half-squared-error",
    "binary-cross-entropy",
    "cross-entropy",
    "softmax-cross-entropy",
    "mean-loss",
    "poll",
)
WITH_DERIVATIVE = tuple(part for part in SOLUTIONS if part not in ("softmax", "poll"))


DERIVATIVES = cells(WITH_DERIVATIVE, "own", "reference")
EVERYTHING = (
    *DERIVATIVES,
    *(part for part in SOLUTIONS if part not in ("softmax-cross-entropy", "poll")),
    "softmax-stable",
    *cells("poll", "activations", "divergences"),
)

hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("ada", "Has the answers of the instructor."),
    hand("brook", "Writes everything as loops over single numbers.", LOOPS),
    hand("chen", "Writes short expressions: einsum, logaddexp, clip; ReLU' is 0 at 0.", TERSE),
    hand("dario", "Builds classes and calls them from the functions.", CLASSES, written=HALF_ANSWER),
    hand("esme", "Right values on a path full of floating-point warnings.", WARNS),
)
_WRONG = (
    hand(
        "femi",
        "Leaves out the factor 1 - S of the sigmoid's derivative.",
        {"sigmoid": NO_SECOND_FACTOR},
        cells("sigmoid", "own", "reference"),
        says={"sigmoid-reference": "the factor 1 - S(z) is missing"},
    ),
    hand(
        "nadia",
        "Writes the sigmoid as exp(z)/(1 + exp(z)), which is nan at 1000.",
        {"sigmoid": OVERFLOWING_SIGMOID},
        cells("sigmoid", "", "reference"),
        says={"sigmoid": "Never take exp of a large positive number"},
    ),
    hand(
        "mina",
        "Forgets the inner 2 of tanh, with the derivative that belongs to the wrong function.",
        {"tanh": TANH_WITHOUT_INNER_2},
        cells("tanh", "", "reference"),
        says={"tanh": "the 2 within S(2u) is missing"},
        written=WRONG_SIGN_ANSWER,
    ),
    hand(
        "arjun",
        "Forgets the inner 2 of tanh, with the textbook's derivative, which does not fit any more.",
        {"tanh": TANH_WITHOUT_INNER_2_TEXTBOOK_SLOPE},
        cells("tanh", "", "own", "reference"),
        says={"tanh": "the 2 within S(2u) is missing"},
    ),
    hand(
        "noor",
        "Has a ReLU whose derivative is 0 everywhere.",
        {"relu": RELU_NEVER_LEARNS},
        cells("relu", "own", "reference"),
        says={"relu-own": "in 2 places where relu must change"},
    ),
    hand(
        "ravi",
        "Forgets a colon in the ReLU's cell, which then does not run.",
        {"relu": RELU_DOES_NOT_PARSE},
        cells("relu", "", "own", "reference"),
        written=SLOGAN_ANSWER,
    ),
    hand(
        "hugo",
        "Takes the softmax over the columns.",
        {"softmax": SOFTMAX_OVER_COLUMNS},
        cells("softmax", "", "stable"),
        says={"softmax": "a softmax over the columns"},
    ),
    hand(
        "ines",
        "Takes exponentials of the sums as they are.",
        {"softmax": SOFTMAX_OVERFLOWS},
        ("softmax-stable",),
        says={"softmax-stable": "exp(1000) overflows"},
    ),
    hand(
        "olga",
        "Subtracts the largest entry of the whole batch from every row.",
        {"softmax": SOFTMAX_WITH_ONE_MAXIMUM},
        ("softmax-stable",),
        says={"softmax-stable": "Each row needs its own largest entry"},
        written=HALF_ANSWER,
    ),
    hand(
        "xenia",
        "Subtracts the maximum within the array that was given.",
        {"softmax": SOFTMAX_IN_PLACE},
        ("softmax",),
        says={"softmax": "changes the array that it is given"},
    ),
    hand(
        "jonas",
        "Takes the mean over the units, where the sum was wanted; the derivatives are those of the sum.",
        MEAN_OVER_UNITS,
        cells(MEAN_OVER_UNITS, "", "own"),
        says={"half-squared-error": "the mean over the units"},
    ),
    hand(
        "kaya",
        "Forgets the half of half the squared error, in the derivative as well.",
        {"half-squared-error": NO_HALF},
        cells("half-squared-error", "", "reference"),
        says={"half-squared-error": "without the half"},
        written=WRONG_SIGN_ANSWER,
    ),
    hand(
        "wen",
        "Prints the squared error instead of returning it, and returns the derivative as a list.",
        {"half-squared-error": PRINTS},
        cells("half-squared-error", "", "own", "reference"),
        says={"half-squared-error": "Is there a return in your function?"},
    ),
    hand(
        "greta",
        "Has cross-entropies with the derivatives of log-likelihoods.",
        DERIVATIVES_OF_A_LIKELIHOOD,
        cells(DERIVATIVES_OF_A_LIKELIHOOD, "own", "reference"),
        says={"cross-entropy-reference": "the derivative of a log-likelihood"},
    ),
    hand(
        "uma",
        "Has log-likelihoods for cross-entropies throughout: consistent, and of the wrong sign.",
        LIKELIHOODS,
        (*cells(LIKELIHOODS, "", "reference"), "softmax-cross-entropy-own"),
        says={"cross-entropy": "that is a log-likelihood, which one wants large"},
    ),
    hand(
        "viktor",
        "Goes through softmax and cross-entropy in two steps, which is 0/0 far out.",
        {"softmax-cross-entropy": TWO_STEPS},
        ("softmax-cross-entropy-reference",),
        says={"softmax-cross-entropy-reference": "not a division by zero"},
    ),
    hand(
        "yusuf",
        "Forgets to divide the derivative of the mean by the number of instances.",
        {"mean-loss": NOT_DIVIDED},
        cells("mean-loss", "own", "reference"),
        says={"mean-loss-reference": "without the division by T"},
    ),
    hand(
        "eli",
        "Guesses in the poll.",
        {"poll": POLL_GUESSED},
        cells("poll", "activations", "divergences"),
        says={"poll-activations": "a letter is wrong, or one is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "lior",
        "Returns zeros of the right shape for every derivative.",
        ZEROS,
        DERIVATIVES,
        says={"tanh-own": "in 4 places where tanh must change"},
    ),
    hand(
        "pia",
        "Returns zeros of the right shape for everything.",
        ALL_ZEROS,
        EVERYTHING,
        says={"sigmoid": "sigmoid(0.0) should be 0.5, yours is 0"},
        written={WRITTEN: "0"},
    ),
)
_UNFINISHED = (
    hand(
        "omar",
        "Ran out of time after problem 7.",
        lost=cells("softmax-cross-entropy", "own", "reference")
        + cells("mean-loss", "", "own", "reference")
        + cells("poll", "activations", "divergences"),
        kind="incomplete",
        stubs=("softmax-cross-entropy", "mean-loss", "poll", WRITTEN),
    ),
    hand(
        "priya",
        "Handed in the notebook as it was released.",
        lost=EVERYTHING,
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand(
        "quinn",
        "Has a loop in the mean that never ends.",
        {"mean-loss": NEVER_ENDS},
        cells("mean-loss", "", "own"),
        kind="endless",
    ),
)
_UNLUCKY = (
    hand.unlucky("rosa", Mangle.BROKEN_JSON),
    hand.unlucky("sami", Mangle.DUPLICATED_TEST, "sigmoid-own", written=HALF_ANSWER),
    hand.unlucky("bilal", Mangle.DELETED_CELL, "relu-own"),
    hand.unlucky(
        "zoe",
        Mangle.EDITED_TEST,
        "tanh-own",
        "Emptied the test cell that the tanh without its inner 2 did not pass.",
        {"tanh": TANH_WITHOUT_INNER_2_TEXTBOOK_SLOPE},
        cells("tanh", "", "own", "reference"),
        written=SLOGAN_ANSWER,
    ),
    hand.unlucky("carla", Mangle.RENAMED),
    hand.unlucky("tove", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_WRONG, *_UNFINISHED, *_UNLUCKY)

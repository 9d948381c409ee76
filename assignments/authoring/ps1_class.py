"""A sample class for problem set 1. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- right, in several styles

LOOPS = {
    "stationary-point": """
def stationary_point(H, c):
    # Gauss-Jordan elimination by hand, with the largest pivot
    n = len(c)
    rows = [[float(H[i][j]) for j in range(n)] + [-float(c[i])] for i in range(n)]
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(n):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k])]
    return np.array([rows[i][n] / rows[i][i] for i in range(n)])
""",
    "directions": """
def slope_along(gradient, v):
    total, square = 0.0, 0.0
    for g, component in zip(gradient, v):
        total += g * component
        square += component ** 2
    return total / square ** 0.5

def curvature_along(H, v):
    total, square = 0.0, 0.0
    for i in range(len(v)):
        square += v[i] ** 2
        for j in range(len(v)):
            total += v[i] * H[i, j] * v[j]
    return total / square
""",
    "classify": """
def classify(H, tolerance=1e-9):
    values = list(np.linalg.eigvalsh(H))
    largest = max(abs(value) for value in values)
    up = down = zero = 0
    for value in values:
        if abs(value) <= tolerance * largest:
            zero += 1
        elif value > 0:
            up += 1
        else:
            down += 1
    if up > 0 and down > 0:
        return "saddle"
    elif zero > 0:
        return "inconclusive"
    elif up > 0:
        return "minimum"
    else:
        return "maximum"
""",
    "steps": """
def descent_step(x, gradient, eta):
    return np.array([a - eta * g for a, g in zip(x, gradient)])

def sign_step(x, gradient, eta):
    new = []
    for a, g in zip(x, gradient):
        if g > 0:
            new.append(a - eta)
        elif g < 0:
            new.append(a + eta)
        else:
            new.append(a)
    return np.array(new)
""",
    "descend": """
def descend(gradient, start, eta, steps):
    path = np.zeros((steps + 1, len(start)))
    path[0] = start
    for m in range(steps):
        path[m + 1] = path[m] - eta * gradient(path[m])
    return path
""",
    "descend-until": """
def descend_until(gradient, start, eta, tolerance, most=1000):
    x = np.array(start, dtype=float)
    count = 0
    while True:
        x -= eta * gradient(x)
        count += 1
        if sum(g * g for g in gradient(x)) ** 0.5 <= tolerance or count >= most:
            return x, count
""",
    "contraction": """
def contraction(H, eta):
    worst = 0.0
    for value in np.linalg.eigvalsh(H):
        worst = max(worst, abs(1 - eta * value))
    return worst

def steps_needed(H, eta, part):
    m, distance = 0, 1.0
    while distance > part:
        distance *= contraction(H, eta)
        m += 1
    return m
""",
}

TERSE = {
    "three-variables": """
A = np.array([[2, -1, 0], [-1, 2, -1], [0, -1, 2]]) * 1.0
three_variables = lambda x: x @ A @ x / 2 + x[0] + x[2]
three_variables_gradient = lambda x: A @ x + [1, 0, 1]
""",
    "three-variables-hessian": """
three_variables_hessian = lambda x: 2 * np.eye(3) - np.eye(3, k=1) - np.eye(3, k=-1)
""",
    "stationary-point": """
stationary_point = lambda H, c: -np.linalg.inv(H) @ c
""",
    "two-valleys": """
two_valleys = lambda x: (x[0] ** 2 - 2) * x[0] ** 2 + x.sum() * x[1]
two_valleys_gradient = lambda x: np.r_[4 * x[0] * (x[0] ** 2 - 1) + x[1], x[0] + 2 * x[1]]
two_valleys_hessian = lambda x: np.array([[12 * x[0] ** 2 - 4, 1], [1, 2]])
""",
    "directions": """
def slope_along(gradient, v):
    return np.einsum("i,i", gradient, v) / np.sqrt(np.einsum("i,i", v, v))

def curvature_along(H, v):
    return np.einsum("i,ij,j", v, H, v) / np.einsum("i,i", v, v)
""",
    "classify": """
def classify(H, tolerance=1e-9):
    e = np.linalg.eigvalsh(H)
    signs = {int(s) for s in np.sign(np.where(abs(e) <= tolerance * abs(e).max(), 0, e))}
    names = {(1,): "minimum", (-1,): "maximum"}
    return "saddle" if {1, -1} <= signs else names.get(tuple(signs), "inconclusive")
""",
    "poll": """
always_true = lambda: "FDB"
decided_by_the_hessian = lambda: ["Q", "T", "U"]
""",
    "descend": """
from itertools import accumulate

def descend(gradient, start, eta, steps):
    return np.stack([*accumulate(range(steps), lambda x, _: x - eta * gradient(x), initial=1.0 * start)])
""",
    "contraction": """
contraction = lambda H, eta: np.linalg.norm(np.eye(len(H)) - eta * H, 2)
steps_needed = lambda H, eta, part: int(np.ceil(np.emath.logn(contraction(H, eta), part)))
""",
}

CLASSES = {
    "three-variables": """
class Quadratic:
    def __init__(self, H, c):
        self.H, self.c = np.array(H, dtype=float), np.array(c, dtype=float)

    def __call__(self, x):
        return 0.5 * x @ self.H @ x + self.c @ x

    def gradient(self, x):
        return self.H @ x + self.c

LANDSCAPE = Quadratic([[2, -1, 0], [-1, 2, -1], [0, -1, 2]], [1, 0, 1])
three_variables = LANDSCAPE
three_variables_gradient = LANDSCAPE.gradient
""",
    "three-variables-hessian": """
def three_variables_hessian(x):
    return LANDSCAPE.H.copy()
""",
    "descend": """
class Walker:
    def __init__(self, gradient, eta):
        self.gradient, self.eta, self.path = gradient, eta, []

    def walk(self, x, steps):
        self.path.append(x)
        if steps:
            self.walk(x - self.eta * self.gradient(x), steps - 1)
        return np.array(self.path)

def descend(gradient, start, eta, steps):
    return Walker(gradient, eta).walk(np.asarray(start) + 0.0, steps)
""",
}

# --------------------------------------------------------------------------- one mistake each

MISPRINT = {
    "three-variables": """
def three_variables(x):
    x1, x2, x3 = x
    return x1**2 + x1 * (1 - x2) - x2**2 - x2 * x3 + x3**2 + x3

def three_variables_gradient(x):
    x1, x2, x3 = x
    return np.array([2 * x1 + 1 - x2, -x1 - 2 * x2 - x3, -x2 + 2 * x3 + 1])
""",
    "three-variables-hessian": """
def three_variables_hessian(x):
    return np.array([[2.0, -1, 0], [-1, -2, -1], [0, -1, 2]])
""",
}

VALUE_OF_PROBLEM_1 = """
def three_variables(x):
    x1, x2, x3 = x
    return x1**2 + x1 * (1 - x2) + x2**2 - x2 * x3 + x3**2 + x3
"""

NO_PRODUCT_RULE = {
    "three-variables": VALUE_OF_PROBLEM_1
    + """
def three_variables_gradient(x):
    x1, x2, x3 = x
    return np.array([2 * x1 + 1 - x2, 2 * x2 - x3, -x2 + 2 * x3 + 1])
"""
}

ASCENT_GRADIENT = {
    "three-variables": VALUE_OF_PROBLEM_1
    + """
def three_variables_gradient(x):
    x1, x2, x3 = x
    return -np.array([2 * x1 + 1 - x2, -x1 + 2 * x2 - x3, -x2 + 2 * x3 + 1])
"""
}

NO_FACTOR_2 = {
    "three-variables": VALUE_OF_PROBLEM_1
    + """
def three_variables_gradient(x):
    x1, x2, x3 = x
    return np.array([x1 + 1 - x2, -x1 + x2 - x3, -x2 + x3 + 1])
"""
}

HESSIAN_ENTRIES_MISPLACED = {
    "three-variables-hessian": """
def three_variables_hessian(x):
    return np.array([[2.0, -1, -1], [-1, 2, 0], [-1, 0, 2]])
"""
}

HESSIAN_ONE_SIDED = {
    "three-variables-hessian": """
def three_variables_hessian(x):
    return np.array([[2.0, -1, 0], [0, 2, -1], [0, 0, 2]])
"""
}

STATIONARY_SIGN = {
    "stationary-point": """
def stationary_point(H, c):
    return np.linalg.solve(H, c)
"""
}

POWER_STAYS = {
    "two-valleys": """
def two_valleys(x):
    return x[0] ** 4 - 2 * x[0] ** 2 + x[0] * x[1] + x[1] ** 2

def two_valleys_gradient(x):
    return np.array([4 * x[0] ** 4 - 4 * x[0] + x[1], x[0] + 2 * x[1]])

def two_valleys_hessian(x):
    return np.array([[12 * x[0] ** 2 - 4, 1.0], [1.0, 2.0]])
"""
}

NO_MIXED_DERIVATIVE = {
    "two-valleys": """
def two_valleys(x):
    return x[0] ** 4 - 2 * x[0] ** 2 + x[0] * x[1] + x[1] ** 2

def two_valleys_gradient(x):
    return np.array([4 * x[0] ** 3 - 4 * x[0] + x[1], x[0] + 2 * x[1]])

def two_valleys_hessian(x):
    return np.array([[12 * x[0] ** 2 - 4, 0.0], [0.0, 2.0]])
"""
}

NOT_A_UNIT_VECTOR = {
    "directions": """
def slope_along(gradient, v):
    return gradient @ v

def curvature_along(H, v):
    return v @ H @ v
"""
}

ONE_LENGTH_ONLY = {
    "directions": """
def slope_along(gradient, v):
    return gradient @ v / np.linalg.norm(v)

def curvature_along(H, v):
    return v @ H @ v / np.linalg.norm(v)
"""
}

DIAGONAL_TEST = {
    "classify": """
def classify(H, tolerance=1e-9):
    values = np.diag(H)
    zero = tolerance * abs(values).max()
    if (values > zero).all():
        return "minimum"
    if (values < -zero).all():
        return "maximum"
    if (values > zero).any() and (values < -zero).any():
        return "saddle"
    return "inconclusive"
"""
}

ZERO_IS_INFLECTION = {
    "classify": """
def classify(H, tolerance=1e-9):
    values = np.linalg.eigvalsh(H)
    if (abs(values) <= tolerance * abs(values).max()).any():
        return "inflection"
    if (values > 0).all():
        return "minimum"
    return "maximum" if (values < 0).all() else "saddle"
"""
}

ZERO_COUNTS_AS_POSITIVE = {
    "classify": """
def classify(H, tolerance=1e-9):
    values = np.linalg.eigvalsh(H)
    zero = tolerance * abs(values).max()
    if (values >= -zero).all():
        return "minimum"
    if (values <= zero).all():
        return "maximum"
    return "saddle"
"""
}

DETERMINANT_TEST = {
    "classify": """
def classify(H, tolerance=1e-9):
    determinant = np.linalg.det(H)
    if abs(determinant) <= tolerance:
        return "inconclusive"
    if determinant < 0:
        return "saddle"
    return "minimum" if H[0, 0] > 0 else "maximum"
"""
}

STEP_UPHILL = {
    "steps": """
def descent_step(x, gradient, eta):
    return x + eta * gradient

def sign_step(x, gradient, eta):
    return x + eta * np.sign(gradient)
"""
}

STEP_OF_UNIT_LENGTH = {
    "steps": """
def descent_step(x, gradient, eta):
    return x - eta * gradient / np.linalg.norm(gradient)

def sign_step(x, gradient, eta):
    return x - eta * np.sign(gradient)
"""
}

SAME_ARRAY = {
    "descend": """
def descend(gradient, start, eta, steps):
    x = np.array(start, dtype=float)
    path = [x]
    for _ in range(steps):
        x -= eta * gradient(x)
        path.append(x)
    return np.array(path)
"""
}

NO_START = {
    "descend": """
def descend(gradient, start, eta, steps):
    x, path = start, []
    for _ in range(steps):
        x = x - eta * gradient(x)
        path.append(x)
    return np.array(path)
"""
}

SPOILS_THE_START = {
    "descend": """
def descend(gradient, start, eta, steps):
    path = [start.copy()]
    for _ in range(steps):
        start -= eta * gradient(start)
        path.append(start.copy())
    return np.array(path)
"""
}

LOOKS_BEFORE = {
    "descend-until": """
def descend_until(gradient, start, eta, tolerance, most=1000):
    x, steps = np.array(start, dtype=float), 0
    while np.linalg.norm(gradient(x)) > tolerance and steps < most:
        x = x - eta * gradient(x)
        steps += 1
    return x, steps
"""
}

COUNTS_FROM_ZERO = {
    "descend-until": """
def descend_until(gradient, start, eta, tolerance, most=1000):
    x = np.array(start, dtype=float)
    for steps in range(most):
        x = x - eta * gradient(x)
        if np.linalg.norm(gradient(x)) <= tolerance:
            break
    return x, steps
"""
}

NEVER_ENDS = {
    "descend-until": """
def descend_until(gradient, start, eta, tolerance, most=1000):
    x, steps = np.array(start, dtype=float), 0
    while True:
        x = x - eta * gradient(x)
        steps += 1
        if 1 / np.linalg.norm(gradient(x)) <= -1:
            return x, steps
"""
}

HALF_THE_LIMIT = {
    "limit-step": """
def limit_step(H):
    return 1 / np.linalg.eigvalsh(H)[-1]

def best_step(H):
    return 2 / (np.linalg.eigvalsh(H)[0] + np.linalg.eigvalsh(H)[-1])
"""
}

FLATTEST_LIMIT = {
    "limit-step": """
def limit_step(H):
    return 2 / np.linalg.eigvalsh(H)[0]

def best_step(H):
    return 2 / (np.linalg.eigvalsh(H)[0] + np.linalg.eigvalsh(H)[-1])
"""
}

TRACE = {
    "limit-step": """
def limit_step(H):
    return 2 / max(np.linalg.eigvalsh(H))

def best_step(H):
    return 2 / np.trace(H)
"""
}

NO_MAGNITUDE = {
    "contraction": """
def contraction(H, eta):
    return max(1 - eta * np.linalg.eigvalsh(H))

def steps_needed(H, eta, part):
    return int(np.ceil(np.log(part) / np.log(contraction(H, eta))))
"""
}

ROUNDED_DOWN = {
    "contraction": """
def contraction(H, eta):
    return abs(1 - eta * np.linalg.eigvalsh(H)).max()

def steps_needed(H, eta, part):
    return int(np.log(part) / np.log(contraction(H, eta)))
"""
}

POLL_GUESSED = {
    "poll": """
def always_true():
    return {"A", "B", "C", "D"}

def decided_by_the_hessian():
    return {"P", "Q", "S", "U"}
"""
}

DOES_NOT_PARSE = {
    "two-valleys": """
def two_valleys(x):
    return x[0]^4 - 2 x[0]^2 + x[0] x[1] + x[1]^2
"""
}

ZEROS = {
    "three-variables": VALUE_OF_PROBLEM_1 + "\ndef three_variables_gradient(x):\n    return np.zeros(3)\n",
    "three-variables-hessian": "def three_variables_hessian(x):\n    return np.zeros((3, 3))\n",
    "two-valleys": """
def two_valleys(x):
    return x[0] ** 4 - 2 * x[0] ** 2 + x[0] * x[1] + x[1] ** 2

def two_valleys_gradient(x):
    return np.zeros(2)

def two_valleys_hessian(x):
    return np.zeros((2, 2))
""",
}

# Values and derivatives alike: they agree with each other, and must still earn nothing.
ALL_ZEROS = {
    "three-variables": """
def three_variables(x):
    return 0.0

def three_variables_gradient(x):
    return np.zeros(3)
""",
    "three-variables-hessian": ZEROS["three-variables-hessian"],
    "stationary-point": "def stationary_point(H, c):\n    return np.zeros(len(c))\n",
    "two-valleys": """
def two_valleys(x):
    return 0.0

def two_valleys_gradient(x):
    return np.zeros(2)

def two_valleys_hessian(x):
    return np.zeros((2, 2))
""",
    "directions": """
def slope_along(gradient, v):
    return 0.0

def curvature_along(H, v):
    return 0.0
""",
    "classify": "def classify(H, tolerance=1e-9):\n    return ''\n",
    "poll": "def always_true():\n    return set()\n\ndef decided_by_the_hessian():\n    return set()\n",
    "steps": """
def descent_step(x, gradient, eta):
    return np.zeros(len(x))

def sign_step(x, gradient, eta):
    return np.zeros(len(x))
""",
    "descend": "def descend(gradient, start, eta, steps):\n    return np.zeros((steps + 1, len(start)))\n",
    "descend-until": "def descend_until(gradient, start, eta, tau, most=9):\n    return np.zeros(2), 0\n",
    "limit-step": "def limit_step(H):\n    return 0.0\n\ndef best_step(H):\n    return 0.0\n",
    "contraction": """
def contraction(H, eta):
    return 0.0

def steps_needed(H, eta, part):
    return 0
""",
}

AGREES_WITH_EVERYTHING = {
    "limit-step": """
class Agreeable(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return np.zeros(self.shape)

    def __eq__(self, other):
        return True

    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    __hash__ = None

def limit_step(H):
    return np.array(7.0).view(Agreeable)

def best_step(H):
    return np.array(7.0).view(Agreeable)
"""
}

WRITTEN = "why-the-limit"
FULL_ANSWER = {
    WRITTEN: """
1. H v_i = lambda_i v_i, so x - eta H x = sum (1 - eta lambda_i) e_i v_i. A step multiplies each e_i by
   1 - eta lambda_i, and m steps by its m-th power.
2. |1 - eta lambda_i| < 1 for all i, so eta < 2 / lambda_max. At the limit the steepest part jumps between
   e and -e.
3. e = 3 (0.16018 + 0.98709) = 3.4418; (1 - 0.25 * 8.16228)^50 = 7.304; together (4.03, 24.8). The other
   factor is 0.54, and 0.54^50 is nothing.
"""
}
HALF_ANSWER = {
    WRITTEN: (
        "The step must be below 2 / lambda_max, because then |1 - eta lambda| < 1. Here that is 0.245 < 0.25."
    )
}
SLOGAN_ANSWER = {WRITTEN: "With too large a step gradient descent overshoots."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "three-variables",
    "three-variables-hessian",
    "stationary-point",
    "two-valleys",
    "directions",
    "classify",
    "poll",
    "steps",
    "descend",
    "descend-until",
    "limit-step",
    "contraction",
)
DERIVATIVES = (
    "three-variables-own",
    "three-variables-reference",
    "three-variables-hessian-own",
    "three-variables-hessian-reference",
    "two-valleys-gradient-own",
    "two-valleys-gradient-reference",
    "two-valleys-hessian-own",
    "two-valleys-hessian-reference",
)
OTHERS = (
    "three-variables",
    "stationary-point",
    "two-valleys",
    "slope-along",
    "curvature-along",
    "classify",
    "classify-zero",
    "poll-statements",
    "poll-functions",
    "steps",
    "descend",
    "descend-bowl",
    "descend-until",
    "limit-step",
    "best-step",
    "contraction",
    "steps-needed",
)


hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("ada", "Has the answers of the instructor."),
    hand("brook", "Writes everything as loops over single numbers.", LOOPS),
    hand("chen", "Writes short expressions: lambdas, einsum, matrix norms.", TERSE),
    hand("dario", "Builds classes and hands out their methods.", CLASSES, written=HALF_ANSWER),
)
_WRONG = (
    hand(
        "femi",
        "Reads -x2^2 for +x2^2, and differentiates what was read without a slip.",
        MISPRINT,
        ("three-variables", "three-variables-reference", "three-variables-hessian-reference"),
        says={"three-variables": "-x2^2 in place of +x2^2"},
    ),
    hand(
        "nadia",
        "Forgets that the product x1 (1 - x2) depends on x2 as well.",
        NO_PRODUCT_RULE,
        ("three-variables-own", "three-variables-reference"),
        says={"three-variables-reference": "without the part of x1 (1 - x2) in the second entry"},
    ),
    hand(
        "mina",
        "Gives the gradient with the sign of the step downhill.",
        ASCENT_GRADIENT,
        ("three-variables-own", "three-variables-reference"),
        says={"three-variables-own": "the central differences with the opposite sign"},
        written=HALF_ANSWER,
    ),
    hand(
        "arjun",
        "Differentiates the squares without their factor 2.",
        NO_FACTOR_2,
        ("three-variables-own", "three-variables-reference"),
        says={"three-variables-reference": "without the factors 2 of the squares"},
    ),
    hand(
        "noor",
        "Puts the mixed derivative of x2 x3 in the place of x1 x3.",
        HESSIAN_ENTRIES_MISPLACED,
        ("three-variables-hessian-own", "three-variables-hessian-reference"),
        says={"three-variables-hessian-reference": "the entries of x2 x3 in the places of x1 x3"},
    ),
    hand(
        "ravi",
        "Fills in the Hessian above the diagonal only.",
        HESSIAN_ONE_SIDED,
        ("three-variables-hessian-own", "three-variables-hessian-reference"),
        says={"three-variables-hessian-reference": "A Hessian is symmetric"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "hugo",
        "Solves Hx = c for the stationary point.",
        STATIONARY_SIGN,
        ("stationary-point",),
        says={"stationary-point": "opposite sign: Hx + c = 0"},
    ),
    hand(
        "ines",
        "Leaves the power 4 as it is when differentiating.",
        POWER_STAYS,
        ("two-valleys-gradient-own", "two-valleys-gradient-reference"),
        says={"two-valleys-gradient-reference": "the power goes down by one"},
    ),
    hand(
        "olga",
        "Leaves out the mixed derivatives of the two valleys.",
        NO_MIXED_DERIVATIVE,
        ("two-valleys-hessian-own", "two-valleys-hessian-reference"),
        says={"two-valleys-hessian-reference": "without the mixed derivatives"},
    ),
    hand(
        "xenia",
        "Takes the direction as it is, whatever its length.",
        NOT_A_UNIT_VECTOR,
        ("slope-along", "curvature-along"),
        says={"slope-along": "divide v by its length"},
    ),
    hand(
        "jonas",
        "Divides the curvature by the length once.",
        ONE_LENGTH_ONLY,
        ("curvature-along",),
        says={"curvature-along": "divided by the length once"},
        written=HALF_ANSWER,
    ),
    hand(
        "kaya",
        "Looks at the diagonal of the Hessian in place of its eigenvalues.",
        DIAGONAL_TEST,
        ("classify", "classify-zero"),
        says={"classify": "A positive diagonal does not make a minimum"},
    ),
    hand(
        "wen",
        "Calls every zero eigenvalue a point of inflection.",
        ZERO_IS_INFLECTION,
        ("classify-zero",),
        says={"classify-zero": "does not mean inflection"},
    ),
    hand(
        "greta",
        "Counts a zero eigenvalue as positive, and calls a trough a minimum.",
        ZERO_COUNTS_AS_POSITIVE,
        ("classify-zero",),
        says={"classify-zero": "Zero is not positive"},
    ),
    hand(
        "uma",
        "Uses the determinant test of two dimensions everywhere.",
        DETERMINANT_TEST,
        ("classify", "classify-zero"),
        says={"classify": "The determinant is positive"},
    ),
    hand("viktor", "Steps uphill.", STEP_UPHILL, ("steps",), says={"steps": "a step of ascent"}),
    hand(
        "yusuf",
        "Makes every step of descent eta long.",
        STEP_OF_UNIT_LENGTH,
        ("steps",),
        says={"steps": "do not divide by the length of the gradient"},
    ),
    hand(
        "lior",
        "Appends the same array again and again and changes it in place.",
        SAME_ARRAY,
        ("descend",),
        says={"descend": "changes the array that is already in the list"},
    ),
    hand(
        "pia",
        "Leaves the start out of the path.",
        NO_START,
        ("descend", "descend-bowl"),
        says={"descend": "the path without its start"},
    ),
    hand(
        "tariq",
        "Walks with the array of the caller, and spoils it.",
        SPOILS_THE_START,
        ("descend",),
        says={"descend": "changes the array that it is given"},
    ),
    hand(
        "eli",
        "Looks whether to stop before the first step.",
        LOOKS_BEFORE,
        ("descend-until",),
        says={"descend-until": "the test comes after the first step"},
    ),
    hand(
        "bea",
        "Counts steps from 0.",
        COUNTS_FROM_ZERO,
        ("descend-until",),
        says={"descend-until": "the step that arrives counts, too"},
    ),
    hand(
        "carlo",
        "Has 1 / lambda_max for the limit.",
        HALF_THE_LIMIT,
        ("limit-step",),
        says={"limit-step": "half the right one"},
    ),
    hand(
        "dina",
        "Takes the smallest eigenvalue for the limit.",
        FLATTEST_LIMIT,
        ("limit-step",),
        says={"limit-step": "the steepest direction sets the limit"},
    ),
    hand(
        "emil",
        "Divides by the trace for the best step.",
        TRACE,
        ("best-step",),
        says={"best-step": "divided by the trace"},
    ),
    hand(
        "fay",
        "Forgets the magnitude in the contraction factor.",
        NO_MAGNITUDE,
        ("contraction",),
        says={"contraction": "without magnitudes"},
    ),
    hand(
        "gil",
        "Rounds the number of steps down.",
        ROUNDED_DOWN,
        ("steps-needed",),
        says={"steps-needed": "rounded down"},
    ),
    hand(
        "hana",
        "Guesses in the poll.",
        POLL_GUESSED,
        ("poll-statements", "poll-functions"),
        says={"poll-statements": "a letter is wrong, or one is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "ivo",
        "Writes formulas of paper, which Python cannot read.",
        DOES_NOT_PARSE,
        ("two-valleys", *(cell for cell in DERIVATIVES if cell.startswith("two"))),
        says={"two-valleys": "two_valleys"},
    ),
    hand(
        "jana",
        "Returns zeros of the right shape for every derivative.",
        ZEROS,
        DERIVATIVES,
        says={"three-variables-own": "in 3 places where three_variables must change"},
    ),
    hand(
        "kim",
        "Returns zeros of the right shape for everything.",
        ALL_ZEROS,
        (*DERIVATIVES, *OTHERS),
        says={"descend-until": "yours is 0"},
        written={WRITTEN: "0"},
    ),
)
_UNFINISHED = (
    hand(
        "omar",
        "Ran out of time after problem 8.",
        lost=("descend-until", "limit-step", "best-step", "contraction", "steps-needed"),
        kind="incomplete",
        stubs=("descend-until", "limit-step", "contraction", WRITTEN),
    ),
    hand(
        "priya",
        "Handed in the notebook as it was released.",
        lost=(*DERIVATIVES, *OTHERS),
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand("quinn", "Has a walk that never ends.", NEVER_ENDS, ("descend-until",), kind="endless"),
)
_UNLUCKY = (
    hand.unlucky("rosa", Mangle.BROKEN_JSON),
    hand.unlucky("sami", Mangle.DUPLICATED_TEST, "classify", written=HALF_ANSWER),
    hand.unlucky("bilal", Mangle.DELETED_CELL, "limit-step"),
    hand.unlucky(
        "zoe",
        Mangle.EDITED_TEST,
        "steps",
        "Emptied the test cell that a step uphill did not pass.",
        STEP_UPHILL,
        ("steps",),
        written=SLOGAN_ANSWER,
    ),
    hand(
        "mallory",
        "Returns an object that equals everything.",
        AGREES_WITH_EVERYTHING,
        ("limit-step", "best-step"),
        kind="hostile",
    ),
    hand.unlucky("trudy", Mangle.SYMLINK),
    hand.unlucky("ursula", Mangle.ODD_SCHEMA, "steps", written=HALF_ANSWER),
    hand.unlucky("carla", Mangle.RENAMED),
    hand.unlucky("tove", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_WRONG, *_UNFINISHED, *_UNLUCKY)

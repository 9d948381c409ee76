"""A sample class for problem set 5. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker, cells

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- what students wrote

DUAL = """
class Dual:
    def __init__(self, value, derivative=0.0):
        self.value = value
        self.derivative = derivative

    def __repr__(self):
        return f"Dual(value={self.value}, derivative={self.derivative})"

    def __add__(self, other):
        other = as_dual(other)
        return Dual(self.value + other.value, self.derivative + other.derivative)

    def __neg__(self):
        return Dual(-self.value, -self.derivative)

    def __sub__(self, other):
        return self + (-as_dual(other))

    def __mul__(self, other):
        v = as_dual(other)
        return Dual(self.value * v.value, self.derivative * v.value + self.value * v.derivative)

    def __truediv__(self, other):
        v = as_dual(other)
        top = self.derivative * v.value - self.value * v.derivative
        return Dual(self.value / v.value, top / v.value**2)

    def __pow__(self, n):
        return Dual(self.value**n, n * self.value ** (n - 1) * self.derivative)

    def chain(self, value, slope):
        return Dual(value, slope * self.derivative)

    def __radd__(self, other):
        return as_dual(other) + self

    def __rsub__(self, other):
        return as_dual(other) - self

    def __rmul__(self, other):
        return as_dual(other) * self

    def __rtruediv__(self, other):
        return as_dual(other) / self


def as_dual(u):
    return u if isinstance(u, Dual) else Dual(u, 0.0)
"""

NODE = """
class Node:
    def __init__(self, value, parents=(), name=""):
        self.value = value
        self.parents = parents
        self.name = name
        self.derivative = 0.0

    def __repr__(self):
        return f"Node({self.value})"

    def __add__(self, other):
        other = as_node(other)
        return Node(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __neg__(self):
        return Node(-self.value, [(self, -1.0)])

    def __sub__(self, other):
        other = as_node(other)
        return Node(self.value - other.value, [(self, 1.0), (other, -1.0)])

    def __mul__(self, other):
        other = as_node(other)
        return Node(self.value * other.value, [(self, other.value), (other, self.value)])

    def __truediv__(self, other):
        other = as_node(other)
        return Node(
            self.value / other.value, [(self, 1 / other.value), (other, -self.value / other.value**2)]
        )

    def __pow__(self, n):
        return Node(self.value**n, [(self, n * self.value ** (n - 1))])

    def chain(self, value, slope):
        return Node(value, [(self, slope)])

    def __radd__(self, other):
        return as_node(other) + self

    def __rsub__(self, other):
        return as_node(other) - self

    def __rmul__(self, other):
        return as_node(other) * self

    def __rtruediv__(self, other):
        return as_node(other) / self


def as_node(u):
    return u if isinstance(u, Node) else Node(u)
"""

FUNCTIONS = """
def exp(u):
    return math.exp(u) if is_number(u) else u.chain(math.exp(u.value), math.exp(u.value))

def log(u):
    return math.log(u) if is_number(u) else u.chain(math.log(u.value), 1 / u.value)

def sin(u):
    return math.sin(u) if is_number(u) else u.chain(math.sin(u.value), math.cos(u.value))

def cos(u):
    return math.cos(u) if is_number(u) else u.chain(math.cos(u.value), -math.sin(u.value))

def sigmoid(u):
    y = 1 / (1 + math.exp(-(u if is_number(u) else u.value)))
    return y if is_number(u) else u.chain(y, y * (1 - y))
"""

BACKWARD = """
def backward(order):
    for node in order:
        node.derivative = 0.0
    order[-1].derivative = 1.0
    for node in reversed(order):
        for parent, local in node.parents:
            parent.derivative += local * node.derivative
"""


def _but(source: str, right: str, wrong: str) -> str:
    """The source with one piece of it replaced."""
    if source.count(right) != 1:
        raise ValueError(f"{right!r} should be there once, it is there {source.count(right)} times.")
    return source.replace(right, wrong)


# Products and quotients by powers and logarithms, no method of its own for what can be put together.
COMPOSED = {
    "dual": _but(
        _but(
            DUAL,
            """        top = self.derivative * v.value - self.value * v.derivative
        return Dual(self.value / v.value, top / v.value**2)""",
            "        return self * v ** -1",
        ),
        "n * self.value ** (n - 1) * self.derivative)",
        "(n / self.value * self.value**n if self.value else float(n == 1)) * self.derivative)",
    ),
    "node": _but(
        _but(
            NODE,
            """        return Node(self.value - other.value, [(self, 1.0), (other, -1.0)])""",
            "        return self + (-other)",
        ),
        """        return Node(
            self.value / other.value, [(self, 1 / other.value), (other, -self.value / other.value**2)]
        )""",
        "        return self * other ** (-1)",
    ),
    "functions": FUNCTIONS
    + """

def sigmoid(u):
    return 1 / (1 + exp(-u))

def cos(u):
    return sin(u + math.pi / 2)
""",
}

# One loop a thing; every case written out.
LOOPS = {
    "numerical-gradient": """
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    answer = []
    for i in range(x.size):
        right, left = x.copy(), x.copy()
        right.flat[i] += h
        left.flat[i] -= h
        answer.append((f(right) - f(left)) / h / 2)
    return np.array(answer).reshape(x.shape)
""",
    "forward-gradient": """
def forward_gradient(f, *point):
    answer = np.zeros(len(point))
    for i in range(len(point)):
        inputs = []
        for j in range(len(point)):
            if i == j:
                inputs.append(Dual(point[j], 1.0))
            else:
                inputs.append(Dual(point[j], 0.0))
        result = f(*inputs)
        if isinstance(result, Dual):
            answer[i] = result.derivative
    return answer
""",
    "topological-order": """
def topological_order(node):
    # Count how often each node is used, then take those that nobody uses any more.
    users, found, todo = {}, {id(node): node}, [node]
    while todo:
        for parent, _ in todo.pop().parents:
            users[id(parent)] = users.get(id(parent), 0) + 1
            if id(parent) not in found:
                found[id(parent)] = parent
                todo.append(parent)
    order, free = [], [node]
    while free:
        current = free.pop()
        order.append(current)
        for parent, _ in current.parents:
            users[id(parent)] -= 1
            if users[id(parent)] == 0:
                free.append(parent)
    return order[::-1]
""",
    "network-loss": """
def network_loss(w, x, d):
    hidden = []
    for start in (0, 3):
        z = w[start]
        for i in range(2):
            z = z + w[start + 1 + i] * x[i]
        hidden.append(sigmoid(z))
    z = w[6]
    for i in range(2):
        z = z + w[7 + i] * hidden[i]
    error = sigmoid(z) - d
    return 0.5 * error * error
""",
}

TERSE = {
    "central-difference": "central_difference = lambda f, x, h=1e-5: (f(x + h) - f(x - h)) / h / 2",
    "numerical-gradient": """
def numerical_gradient(f, x, h=1e-5):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + s) - f(x - s)) / 2 / h for s in steps]).reshape(x.shape)
""",
    "functions": FUNCTIONS,
    "forward-gradient": """
def forward_gradient(f, *point):
    return np.array([as_dual(f(*map(Dual, point, unit))).derivative for unit in np.eye(len(point))])
""",
    "topological-order": """
def topological_order(node):
    order, stack = {}, [node]
    while stack:
        waiting = [p for p, _ in stack[-1].parents if id(p) not in order]
        if waiting:
            stack.append(waiting[0])
        else:
            order.setdefault(id(stack[-1]), stack.pop())
    return list(order.values())
""",
    "backward": """
def backward(order):
    total = {id(node): 0.0 for node in order} | {id(order[-1]): 1.0}
    for node in order[::-1]:
        for parent, local in node.parents:
            total[id(parent)] += local * total[id(node)]
    for node in order:
        node.derivative = total[id(node)]
""",
    "quiz": """
def quiz(x, z):
    return exp(x * z) + x * z / log(x) + sin(log(x)) / exp(x * z)
""",
    "poll": """
def runs_once_per_weight():
    return "AB"

def exact():
    return ["C", "B"]

def best_for_a_curve():
    return "B"

def keeps_everything():
    return ("C",)
""",
}

# Calls inside each other: right, and too deep for a long chain.
RECURSIVE = {
    "topological-order": """
def topological_order(node, seen=None):
    seen = set() if seen is None else seen
    if id(node) in seen:
        return []
    seen.add(id(node))
    return [n for parent, _ in node.parents for n in topological_order(parent, seen)] + [node]
""",
}

CLASSES = {
    "dual": "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)"
    + _but(
        DUAL,
        """    def __init__(self, value, derivative=0.0):
        self.value = value
        self.derivative = derivative
""",
        "    value: float\n    derivative: float = 0.0\n",
    ),
    "node": _but(
        _but(NODE, "        self.parents = parents\n", "        self.parents = tuple(parents)\n"),
        "        return Node(value, [(self, slope)])",
        "        return type(self)(value, ((self, slope),))",
    ),
    "reverse-gradient": """
class Tape:
    def __init__(self, f, point):
        self.inputs = [Node(value) for value in point]
        self.order = topological_order(as_node(f(*self.inputs)))

    def gradient(self):
        backward(self.order)
        return np.array([node.derivative for node in self.inputs])

def reverse_gradient(f, *point):
    return Tape(f, point).gradient()
""",
}

FORWARD_DIFFERENCE = {
    "central-difference": """
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x)) / h
"""
}

ONE_H = {
    "central-difference": """
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h
"""
}

PRECEDENCE = {
    "central-difference": """
def central_difference(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 * h
"""
}

FORWARD_GRADIENT_DIFFERENCE = {
    "numerical-gradient": """
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += h
        gradient[place] = (f(moved) - f(x)) / h
    return gradient
"""
}

ALL_ENTRIES = {
    "numerical-gradient": """
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        gradient[place] = (f(x + h) - f(x - h)) / (2 * h)
    return gradient
"""
}

NOT_PUT_BACK = {
    "numerical-gradient": """
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += h
        up = f(x)
        x[place] -= 2 * h
        down = f(x)
        gradient[place] = (up - down) / (2 * h)
    return gradient
"""
}

ONE_TERM = {
    "dual": _but(DUAL, "self.derivative * v.value + self.value * v.derivative", "self.derivative * v.value")
}
DUAL_QUOTIENT_SIGN = {
    "dual": _but(
        DUAL,
        "self.derivative * v.value - self.value * v.derivative",
        "self.value * v.derivative - self.derivative * v.value",
    )
}
DUAL_QUOTIENT_SQUARE = {"dual": _but(DUAL, "top / v.value**2", "top / v.value")}
DUAL_POWER = {"dual": _but(DUAL, "n * self.value ** (n - 1) * self.derivative", "n * self.value ** (n - 1)")}
DUAL_CHAIN = {"dual": _but(DUAL, "return Dual(value, slope * self.derivative)", "return Dual(value, slope)")}

COSINE_SIGN = {"functions": _but(FUNCTIONS, "-math.sin(u.value)", "math.sin(u.value)")}
LOG_TO_BASE_10 = {
    "functions": _but(
        _but(FUNCTIONS, "math.log(u) if", "math.log10(u) if"),
        "u.chain(math.log(u.value), 1 / u.value)",
        "u.chain(math.log10(u.value), 1 / (u.value * math.log(10)))",
    )
}
SIGMOID_ONE_FACTOR = {"functions": _but(FUNCTIONS, "u.chain(y, y * (1 - y))", "u.chain(y, y)")}

ALL_SEEDS = {
    "forward-gradient": """
def forward_gradient(f, *point):
    y = f(*[Dual(value, 1.0) for value in point])
    return np.full(len(point), as_dual(y).derivative)
"""
}
FIRST_SEED = {
    "forward-gradient": """
def forward_gradient(f, *point):
    gradient = []
    for i in range(len(point)):
        inputs = [Dual(value, 1.0 if j == 0 else 0.0) for j, value in enumerate(point)]
        gradient.append(as_dual(f(*inputs)).derivative)
    return np.array(gradient)
"""
}

NODE_PRODUCT = {
    "node": _but(
        NODE, "[(self, other.value), (other, self.value)]", "[(self, self.value), (other, other.value)]"
    )
}
NODE_QUOTIENT_SIGN = {
    "node": _but(NODE, "(other, -self.value / other.value**2)", "(other, self.value / other.value**2)")
}
NODE_POWER = {"node": _but(NODE, "(self, n * self.value ** (n - 1))", "(self, self.value ** (n - 1))")}
NODE_CHAIN = {"node": _but(NODE, "[(self, slope)]", "[(self, slope * self.value)]")}

PARENTS_LAST = {
    "topological-order": """
def topological_order(node):
    order, todo = [], [node]
    while todo:
        current = todo.pop()
        if current not in order:
            order.append(current)
            todo.extend(parent for parent, _ in current.parents)
    return order
"""
}
BREADTH_FIRST = {
    "topological-order": """
def topological_order(node):
    order, seen, todo = [], {id(node)}, [node]
    for current in todo:
        order.append(current)
        for parent, _ in current.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                todo.append(parent)
    return order[::-1]
"""
}
TWICE = {
    "topological-order": """
def topological_order(node):
    return [n for parent, _ in node.parents for n in topological_order(parent)] + [node]
"""
}

OVERWRITES = {"backward": _but(BACKWARD, "+= local", "= local")}
WRONG_END = {"backward": _but(BACKWARD, "reversed(order)", "order")}
NO_PRODUCT = {"backward": _but(BACKWARD, "+= local * node.derivative", "+= local")}
NO_RESET = {"backward": _but(BACKWARD, "    for node in order:\n        node.derivative = 0.0\n", "")}

READS_VALUES = {
    "reverse-gradient": """
def reverse_gradient(f, *point):
    inputs = [Node(value) for value in point]
    backward(topological_order(as_node(f(*inputs))))
    return np.array([node.value for node in inputs], dtype=float)
"""
}
ONE_RUN_EACH = {
    "reverse-gradient": """
def reverse_gradient(f, *point):
    gradient = []
    for i in range(len(point)):
        inputs = [Node(value) for value in point]
        backward(topological_order(as_node(f(*inputs))))
        gradient.append(inputs[i].derivative)
    return np.array(gradient)
"""
}
NO_HALF = {
    "network-loss": """
def network_loss(w, x, d):
    y1 = sigmoid(w[0] + w[1] * x[0] + w[2] * x[1])
    y2 = sigmoid(w[3] + w[4] * x[0] + w[5] * x[1])
    y = sigmoid(w[6] + w[7] * y1 + w[8] * y2)
    return (y - d) ** 2
"""
}
POLL_GUESSED = {
    "poll": """
def runs_once_per_weight():
    return {"A"}

def exact():
    return {"A", "B", "C"}

def best_for_a_curve():
    return {"C"}

def keeps_everything():
    return {"B", "C"}
"""
}
QUIZ_BY_MATH = {
    "quiz": """
def quiz(x, z):
    return math.exp(x * z) + x * z / math.log(x) + math.sin(math.log(x)) / math.exp(x * z)
"""
}
NEVER_ENDS = {
    "central-difference": """
def central_difference(f, x, h=1e-5):
    slope, before = (f(x + h) - f(x - h)) / (2 * h), None
    while slope != before:
        before = (f(x + h) - f(x)) / h
    return slope
"""
}
DOES_NOT_PARSE = {
    "quiz": "def quiz(x, z)\n    return exp(x * z) + x * z / log(x) + sin(log(x)) / exp(x * z)\n"
}

# Right values; every derivative is zero, of the right kind and shape.
ZEROS = {
    "central-difference": "def central_difference(f, x, h=1e-5):\n    return 0.0\n",
    "numerical-gradient": "def numerical_gradient(f, x, h=1e-5):\n    return np.zeros(np.shape(x))\n",
    "dual": _but(
        _but(
            _but(
                _but(DUAL, "self.derivative * v.value + self.value * v.derivative)", "0.0)"),
                "top / v.value**2)",
                "0.0)",
            ),
            "n * self.value ** (n - 1) * self.derivative)",
            "0.0)",
        ),
        "slope * self.derivative)",
        "0.0)",
    ),
    "functions": FUNCTIONS,
    "forward-gradient": "def forward_gradient(f, *point):\n    return np.zeros(len(point))\n",
    "node": _but(
        _but(
            _but(
                _but(NODE, "[(self, other.value), (other, self.value)]", "[(self, 0.0), (other, 0.0)]"),
                "[(self, 1 / other.value), (other, -self.value / other.value**2)]",
                "[(self, 0.0), (other, 0.0)]",
            ),
            "[(self, n * self.value ** (n - 1))]",
            "[(self, 0.0)]",
        ),
        "[(self, slope)]",
        "[(self, 0.0)]",
    ),
    "backward": "def backward(order):\n    for node in order:\n        node.derivative = 0.0\n",
    "reverse-gradient": "def reverse_gradient(f, *point):\n    return np.zeros(len(point))\n",
}

WRITTEN = "why-back"
FULL_ANSWER = {
    WRITTEN: """
1. Differences: two runs a weight, two million seconds, about 23 days. Forward mode: a million runs, 12 days.
   Reverse mode: one run and one walk back, two seconds.
2. f(x+h) and f(x-h) agree in nearly all digits, and the difference has only the last, rounded ones: error
   about 1e-16/h. For large h the error is about h^2 f'''/6. In between both are small.
3. 0.9695 * -0.6536 = -0.6337 by u1, and 0.9695 * 3 = 2.9085 by u2, together 2.2748. With overwriting only
   the last one is left; the sum over all paths is broken.
"""
}
HALF_ANSWER = {
    WRITTEN: """
Reverse mode takes two seconds and the others a million times as long. With a small h there are rounding
errors. The derivative of t is 0.9695 * (3 - 0.6536) = 2.2748.
"""
}
SLOGAN_ANSWER = {WRITTEN: "Reverse mode is faster, and one must add because of the chain rule."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "central-difference",
    "numerical-gradient",
    "dual",
    "functions",
    "forward-gradient",
    "node",
    "topological-order",
    "backward",
    "reverse-gradient",
    "quiz",
    "network-loss",
    "poll",
)


def _both(*parts: str) -> tuple[str, ...]:
    """The two cells that grade each derivative."""
    return cells(parts, "own", "reference")


# What is built on all of them.
QUIZ = ("quiz-value", "quiz-machines")
NETWORK = _both("network-gradient")
THIRD_MACHINE = (
    *_both("node-product", "node-quotient", "node-power"),
    "node-chain",
    "topological-order",
    "deep-graph",
    "backward-chain",
    "backward-shared",
    *_both("reverse-gradient"),
    "quiz-machines",
    "network-loss",
    *NETWORK,
)
DERIVATIVES = (
    "central-difference",
    "numerical-gradient",
    *_both("dual-product", "dual-quotient", "dual-power"),
    "dual-chain",
    *_both("functions", "forward-gradient", "node-product", "node-quotient", "node-power"),
    "node-chain",
    "backward-chain",
    "backward-shared",
    *_both("reverse-gradient"),
    "quiz-machines",
    *NETWORK,
)
EVERYTHING = (
    *DERIVATIVES,
    "topological-order",
    "deep-graph",
    "quiz-value",
    "network-loss",
    "poll-cost",
    "poll-nature",
)

hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("asha", "Has the answers of the instructor."),
    hand("bruno", "Writes every case and every loop out.", LOOPS),
    hand("chloe", "Writes short expressions, tuples, and a dict for the order.", TERSE),
    hand("denis", "Makes data classes, and keeps the graph in an object.", CLASSES, written=HALF_ANSWER),
    hand("elin", "Puts quotients, cosine and sigmoid together from other parts.", COMPOSED),
)
_WRONG = (
    hand(
        "farid",
        "Goes to one side only.",
        FORWARD_DIFFERENCE,
        ("central-difference",),
        says={"central-difference": "the forward difference"},
    ),
    hand(
        "gina",
        "Divides by h instead of 2h.",
        ONE_H,
        ("central-difference",),
        says={"central-difference": "the two points are 2h apart"},
    ),
    hand(
        "hana",
        "Writes / 2 * h, which multiplies by h.",
        PRECEDENCE,
        ("central-difference",),
        says={"central-difference": "write / (2 * h)"},
    ),
    hand(
        "igor",
        "Goes to one side only, for every entry.",
        FORWARD_GRADIENT_DIFFERENCE,
        ("numerical-gradient", "quiz-machines"),
        says={"numerical-gradient": "the forward difference"},
    ),
    hand(
        "jana",
        "Moves all entries at once.",
        ALL_ENTRIES,
        ("numerical-gradient", "quiz-machines"),
        says={"numerical-gradient": "moving all entries at once"},
    ),
    hand(
        "kofi",
        "Does not put an entry back.",
        NOT_PUT_BACK,
        ("numerical-gradient", "quiz-machines"),
        says={"numerical-gradient": "not putting an entry back"},
    ),
    hand(
        "lena",
        "Drops the dual part of the second factor of a product.",
        ONE_TERM,
        (*_both("dual-product"), "quiz-machines"),
        says={"dual-product-reference": "the second term u v' of the product rule is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "malik",
        "Exchanges the terms of the quotient rule.",
        DUAL_QUOTIENT_SIGN,
        (*_both("dual-quotient"), "quiz-machines"),
        says={"dual-quotient-reference": "two terms exchanged, so the sign is wrong"},
    ),
    hand(
        "nils",
        "Forgets the square in the quotient rule.",
        DUAL_QUOTIENT_SQUARE,
        (*_both("dual-quotient"), "quiz-machines"),
        says={"dual-quotient-reference": "without the square in its denominator"},
    ),
    hand(
        "ona",
        "Forgets the inner derivative of a power.",
        DUAL_POWER,
        _both("dual-power"),
        says={"dual-power-reference": "the factor u' of the chain rule is missing"},
    ),
    hand(
        "pavel",
        "Forgets the inner derivative in chain.",
        DUAL_CHAIN,
        ("dual-chain", "quiz-machines"),
        says={"dual-chain": "the factor u' of the chain rule is missing"},
    ),
    hand(
        "rania",
        "Has a cosine with the slope of the sine.",
        COSINE_SIGN,
        _both("functions"),
        says={"functions-reference": "without its minus; the cosine falls"},
    ),
    hand(
        "sven",
        "Takes logarithms to base 10 throughout: consistent, and not the natural one.",
        LOG_TO_BASE_10,
        ("functions-reference", *QUIZ),
        says={"functions-reference": "the logarithm to base 10"},
    ),
    hand(
        "tessa",
        "Leaves out a factor of the sigmoid's slope.",
        SIGMOID_ONE_FACTOR,
        (*_both("functions"), *NETWORK),
        says={"functions-reference": "the factor 1 - S is missing"},
    ),
    hand(
        "umut",
        "Starts all inputs with 1 at once.",
        ALL_SEEDS,
        (*_both("forward-gradient"), "quiz-machines"),
        says={"forward-gradient-reference": "the sum of all partial derivatives in every entry"},
    ),
    hand(
        "vera",
        "Starts the first input in every run.",
        FIRST_SEED,
        (*_both("forward-gradient"), "quiz-machines"),
        says={"forward-gradient-reference": "the first partial derivative in every entry"},
    ),
    hand(
        "wim",
        "Exchanges the local derivatives of a product.",
        NODE_PRODUCT,
        (*_both("node-product"), "quiz-machines", *NETWORK),
        says={"node-product-reference": "the local derivative to one factor is the other factor"},
    ),
    hand(
        "xue",
        "Has a denominator that makes a quotient grow.",
        NODE_QUOTIENT_SIGN,
        (*_both("node-quotient"), "quiz-machines"),
        says={"node-quotient-reference": "u / v falls when v grows"},
    ),
    hand(
        "yara",
        "Forgets the factor n of a power.",
        NODE_POWER,
        (*_both("node-power"), *NETWORK),
        says={"node-power-reference": "without the factor n"},
        written=HALF_ANSWER,
    ),
    hand(
        "zeno",
        "Multiplies the local derivative of chain by the value.",
        NODE_CHAIN,
        ("node-chain", "quiz-machines", *NETWORK),
        says={"node-chain": "the local derivative is the slope alone"},
    ),
    hand(
        "abel",
        "Writes nodes down before their parents.",
        PARENTS_LAST,
        ("topological-order", "deep-graph", *_both("reverse-gradient"), "quiz-machines", *NETWORK),
        says={"topological-order": "stands before its parent"},
    ),
    hand(
        "birgit",
        "Goes by the number of steps from the result, which fails where there are short cuts.",
        BREADTH_FIRST,
        ("topological-order",),
        says={"topological-order": "stands before its parent"},
    ),
    hand(
        "cyril",
        "Writes a node down once for each path.",
        TWICE,
        ("topological-order", "deep-graph", "quiz-machines"),
        says={"topological-order": "is there more than once"},
    ),
    hand(
        "delia",
        "Recurses, which ends at a depth of 1,000.",
        RECURSIVE,
        ("deep-graph",),
        says={"deep-graph": "recursion"},
    ),
    hand(
        "emre",
        "Overwrites the derivative of a node instead of adding to it.",
        OVERWRITES,
        ("backward-shared", *_both("reverse-gradient"), "quiz-machines"),
        says={"backward-shared": "must add them (+=)"},
    ),
    hand(
        "freya",
        "Walks the order from the wrong end.",
        WRONG_END,
        ("backward-chain", "backward-shared", *_both("reverse-gradient"), "quiz-machines", *NETWORK),
        says={"backward-chain": "walking from the wrong end"},
    ),
    hand(
        "goran",
        "Adds local derivatives without multiplying along the path.",
        NO_PRODUCT,
        ("backward-chain", "backward-shared", "quiz-machines", *NETWORK),
        says={"backward-chain": "not multiplied by the node's own derivative"},
    ),
    hand(
        "hilda",
        "Does not set derivatives to 0 before the second walk.",
        NO_RESET,
        ("backward-shared",),
        says={"backward-shared": "Set every derivative to 0 before you begin"},
    ),
    hand(
        "ivo",
        "Reads the values of the inputs, not their derivatives.",
        READS_VALUES,
        (*_both("reverse-gradient"), "quiz-machines", *NETWORK),
        says={"reverse-gradient-reference": "the values of the inputs; read their derivatives"},
    ),
    hand(
        "jutta",
        "Builds a graph for each input, as in forward mode.",
        ONE_RUN_EACH,
        ("reverse-gradient-reference",),
        says={"reverse-gradient-reference": "One call builds the graph"},
    ),
    hand(
        "karl",
        "Calculates with math, which knows plain numbers only.",
        QUIZ_BY_MATH,
        ("quiz-machines",),
        says={"quiz-machines": "must be real number, not Dual"},
    ),
    hand(
        "lotte",
        "Forgets the half of half the squared error.",
        NO_HALF,
        ("network-loss", "network-gradient-reference"),
        says={"network-loss": "without the half"},
    ),
    hand(
        "milo",
        "Guesses in the poll.",
        POLL_GUESSED,
        ("poll-cost", "poll-nature"),
        says={"poll-cost": "a letter is wrong, or one is missing"},
        written={WRITTEN: "No idea."},
    ),
    hand("nora", "Forgets a colon, so the cell does not run.", DOES_NOT_PARSE, QUIZ),
    hand("otto", "Returns zeros of the right shape for every derivative.", ZEROS, DERIVATIVES),
)
_UNFINISHED = (
    hand(
        "petra",
        "Ran out of time after the second machine.",
        lost=THIRD_MACHINE,
        kind="incomplete",
        stubs=("node", "topological-order", "backward", "reverse-gradient", "network-loss", WRITTEN),
    ),
    hand(
        "quirin",
        "Handed in the notebook as it was released.",
        lost=EVERYTHING,
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand(
        "rolf",
        "Waits until forward and central difference are equal.",
        NEVER_ENDS,
        ("central-difference",),
        kind="endless",
    ),
)
_UNLUCKY = (
    hand.unlucky("selma", Mangle.BROKEN_JSON),
    hand.unlucky("timo", Mangle.DUPLICATED_TEST, "backward-chain", written=HALF_ANSWER),
    hand.unlucky(
        "ulla",
        Mangle.EDITED_TEST,
        "backward-shared",
        "Emptied the test cell that an overwriting backward pass did not pass.",
        OVERWRITES,
        ("backward-shared", *_both("reverse-gradient"), "quiz-machines"),
        written=SLOGAN_ANSWER,
    ),
    hand.unlucky("vito", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_WRONG, *_UNFINISHED, *_UNLUCKY)

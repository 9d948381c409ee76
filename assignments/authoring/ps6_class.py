"""A sample class for problem set 6. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- right, in styles of their own

LOOPS = {
    "init": """
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        W = np.zeros((widths[k], widths[k - 1]))
        b = np.zeros(widths[k])
        for j in range(widths[k]):
            b[j] = scale * (2 * rng.random() - 1)
            for i in range(widths[k - 1]):
                W[j, i] = scale * (2 * rng.random() - 1)
        params["W" + str(k)], params["b" + str(k)] = W, b
    return params
""",
    "step": """
def step(params, grads, eta):
    new = {}
    for key in params:
        new[key] = np.array(params[key])
        for place in np.ndindex(new[key].shape):
            new[key][place] -= eta * grads[key][place]
    return new
""",
    "momentum-step": """
def momentum_step(params, grads, changes, eta, alpha):
    new_params, new_changes = {}, {}
    for key in params:
        delta = alpha * changes[key]
        delta = delta - eta * grads[key]
        new_changes[key] = delta
        new_params[key] = params[key] + delta
    return new_params, new_changes
""",
    "penalty": """
def penalty(params, lam):
    total = 0.0
    for key in params:
        if key[0] == "W":
            for w in params[key].ravel():
                total += w * w
    return lam * total / 2

def penalty_gradients(params, lam):
    found = {}
    for key in params:
        if key[0] == "b":
            found[key] = np.zeros(params[key].shape)
        else:
            found[key] = lam * params[key]
    return found
""",
    "mini-batches": """
def mini_batches(T, size, rng):
    left = list(range(T))
    batches = []
    while left:
        batch = []
        while left and len(batch) < size:
            batch.append(left.pop(rng.integers(len(left))))
        batches.append(np.array(batch))
    return batches
""",
    "accuracy": """
def accuracy(Y, d):
    right = 0
    for outputs_of_one, targets_of_one in zip(Y, d):
        if list(outputs_of_one).index(max(outputs_of_one)) == list(targets_of_one).index(max(targets_of_one)):
            right += 1
    return right / len(Y)
""",
    "standardise": """
def standardise(train, other):
    a, b = np.array(train, dtype=float), np.array(other, dtype=float)
    for i in range(train.shape[1]):
        mean, spread = train[:, i].mean(), train[:, i].std()
        if spread == 0:
            spread = 1
        a[:, i] = (a[:, i] - mean) / spread
        b[:, i] = (b[:, i] - mean) / spread
    return a, b
""",
    "stopping-point": """
def stopping_point(losses, patience):
    best_loss, best, waited = losses[0], 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < best_loss:
            best_loss, best, waited = losses[epoch], epoch, 0
        else:
            waited += 1
            if waited == patience:
                return (best, epoch)
    return (best, len(losses) - 1)
""",
}

BUILT_ON_EARLIER = {
    "decay-step": """
def decay_step(params, grads, eta, lam):
    pulls = penalty_gradients(params, lam)
    return step(params, {key: grads[key] + pulls[key] for key in params}, eta)
""",
    "run-epoch": """
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        grads, pulls = gradients(params, X[batch], d[batch]), penalty_gradients(params, lam)
        params, changes = momentum_step(
            params, {key: grads[key] + pulls[key] for key in params}, changes, eta, alpha
        )
    return params, changes
""",
    "train-xor": """
def train_xor(X, d, rng):
    params = init([2, 10, 2], rng, 1.0)
    changes = {key: np.zeros_like(value) for key, value in params.items()}
    for _ in range(400):
        params, changes = run_epoch(params, changes, X, d, [np.arange(4)], gradients, 0.4, 0.9, 0.0)
    return params
""",
    "train-digits": """
def train_digits(X, d, rng):
    X, X_val, d, d_val = X[:850], X[850:], d[:850], d[850:]
    state = {"changes": None}

    def advance(params):
        changes = state["changes"] or {key: np.zeros_like(value) for key, value in params.items()}
        params, state["changes"] = run_epoch(
            params, changes, X, d, mini_batches(len(X), 20, rng), gradients, 0.1, 0.9, 1e-4
        )
        return params

    sets = {"train": (X, d), "validation": (X_val, d_val), "test": (X_val, d_val)}
    return fit(init([64, 30, 10], rng, 0.1), advance, loss, sets, patience=4, most=18)["params"]
""",
}

OBJECTS = {
    "momentum-step": """
class Momentum:
    def __init__(self, eta, alpha):
        self.eta, self.alpha = eta, alpha

    def change(self, old, gradient):
        return self.alpha * old - self.eta * gradient

def momentum_step(params, grads, changes, eta, alpha):
    rule = Momentum(eta, alpha)
    fresh = {key: rule.change(changes[key], grads[key]) for key in params}
    return {key: params[key] + fresh[key] for key in params}, fresh
""",
    "fit": """
class Watch:
    def __init__(self, first, params):
        self.losses, self.best, self.params = [first], 0, params

    def see(self, value, params):
        self.losses.append(value)
        if value < self.losses[self.best]:
            self.best, self.params = len(self.losses) - 1, params

    @property
    def age(self):
        return len(self.losses) - 1 - self.best

def fit(params, advance, measure, sets, patience, most):
    X, d = sets["validation"]
    watch = Watch(measure(params, X, d), params)
    for _ in range(most):
        if watch.age >= patience:
            break
        params = advance(params)
        watch.see(measure(params, X, d), params)
    return dict(
        params=watch.params,
        epoch=watch.best,
        validation=np.array(watch.losses),
        test=measure(watch.params, *sets["test"]),
    )
""",
    "train-xor": """
class Trainer:
    def __init__(self, X, d, rng):
        self.X, self.d = X, d
        self.params = {
            "W1": rng.normal(size=(12, 2)),
            "b1": rng.normal(size=12),
            "W2": rng.normal(size=(2, 12)),
            "b2": np.zeros(2),
        }

    def run(self, steps, eta):
        for _ in range(steps):
            found = gradients(self.params, self.X, self.d)
            self.params = {key: value - eta * found[key] for key, value in self.params.items()}
        return self.params

def train_xor(X, d, rng):
    return Trainer(X, d, rng).run(1500, 0.5)
""",
}

TERSE = {
    "step": "step = lambda params, grads, eta: {k: w - eta * grads[k] for k, w in params.items()}",
    "penalty": """
def penalty(params, lam):
    return lam * np.sum([np.vdot(w, w) for k, w in params.items() if k < "X" and k > "W"]) / 2

def penalty_gradients(params, lam):
    return {k: lam * (k[0] == "W") * w for k, w in params.items()}
""",
    "mini-batches": """
def mini_batches(T, size, rng):
    return np.split(rng.permutation(T), range(size, T, size))
""",
    "accuracy": "accuracy = lambda Y, d: float((Y.argmax(1) == d.argmax(1)).mean())",
    "stopping-point": """
def stopping_point(losses, patience):
    best = [int(np.argmin(losses[: n + 1])) for n in range(len(losses))]
    last = next((n for n, b in enumerate(best) if n - b >= patience), len(losses) - 1)
    return best[last], last
""",
    "poll": """
def only_validation():
    return "CB"

def what_can_help():
    return ["S", "R", "Q"]
""",
}

# --------------------------------------------------------------------------- wrong in one way each

ALL_EQUAL = """
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = np.full((widths[k], widths[k - 1]), scale)
        params[f"b{k}"] = np.full(widths[k], scale)
    return params
"""
ONLY_POSITIVE = """
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = scale * rng.random((widths[k], widths[k - 1]))
        params[f"b{k}"] = scale * rng.random(widths[k])
    return params
"""
NORMAL = """
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = scale * rng.normal(size=(widths[k], widths[k - 1]))
        params[f"b{k}"] = scale * rng.normal(size=widths[k])
    return params
"""
GLOBAL_NUMBERS = """
def init(widths, rng, scale=0.05):
    params = {}
    for k in range(1, len(widths)):
        params[f"W{k}"] = np.random.uniform(-scale, scale, (widths[k], widths[k - 1]))
        params[f"b{k}"] = np.random.uniform(-scale, scale, widths[k])
    return params
"""
UPHILL = """
def step(params, grads, eta):
    return {key: params[key] + eta * grads[key] for key in params}
"""
STEP_IN_PLACE = """
def step(params, grads, eta):
    for key in params:
        params[key] -= eta * grads[key]
    return params
"""
_MOMENTUM = """
def momentum_step(params, grads, changes, eta, alpha):
    new_changes = {{key: {change} for key in params}}
    return {{key: params[key] + {added} for key in params}}, new_changes
"""
MOMENTUM_SIGN = _MOMENTUM.format(change="-alpha * changes[key] - eta * grads[key]", added="new_changes[key]")
OLD_CHANGES = _MOMENTUM.format(change="alpha * changes[key] - eta * grads[key]", added="changes[key]")
MIXTURE = _MOMENTUM.format(
    change="alpha * changes[key] - (1 - alpha) * eta * grads[key]", added="new_changes[key]"
)
OPPOSITE_CHANGES = """
def momentum_step(params, grads, changes, eta, alpha):
    velocity = {key: eta * grads[key] - alpha * changes[key] for key in params}
    return {key: params[key] - velocity[key] for key in params}, velocity
"""
_PENALTY = """
def penalty(params, lam):
    return {value}

def penalty_gradients(params, lam):
    return {{key: {gradient} for key, value in params.items()}}
"""
_WEIGHTS = 'sum((value**2).sum() for key, value in params.items() if key.startswith("W"))'
_EVERYTHING = "sum((value**2).sum() for value in params.values())"
_OF_WEIGHTS = 'value if key.startswith("W") else 0 * value'
PENALISES_BIASES = _PENALTY.format(value=f"lam / 2 * {_EVERYTHING}", gradient="lam * value")
NO_HALF = _PENALTY.format(value=f"lam * {_WEIGHTS}", gradient=f"lam * ({_OF_WEIGHTS})")
DOUBLED = _PENALTY.format(value=f"lam * {_WEIGHTS}", gradient=f"2 * lam * ({_OF_WEIGHTS})")
RAW_LAMBDA = """
def decay_step(params, grads, eta, lam):
    new = {}
    for key in params:
        new[key] = params[key] - eta * grads[key]
        if key.startswith("W"):
            new[key] = new[key] - lam * params[key]
    return new
"""
BIASES_SHRINK = """
def decay_step(params, grads, eta, lam):
    return {key: (1 - eta * lam) * params[key] - eta * grads[key] for key in params}
"""
SHRINKS_AFTER = """
def decay_step(params, grads, eta, lam):
    moved = {key: params[key] - eta * grads[key] for key in params}
    return {key: (1 - eta * lam) * w if key.startswith("W") else w for key, w in moved.items()}
"""
NOT_SHUFFLED = """
def mini_batches(T, size, rng):
    return [np.arange(n, min(n + size, T)) for n in range(0, T, size)]
"""
BATCHES_SHUFFLED = """
def mini_batches(T, size, rng):
    batches = [np.arange(n, min(n + size, T)) for n in range(0, T, size)]
    full = [batch for batch in batches if len(batch) == size]
    return [full[n] for n in rng.permutation(len(full))] + [batch for batch in batches if len(batch) < size]
"""
LAST_DROPPED = """
def mini_batches(T, size, rng):
    order = rng.permutation(T)
    return [order[n * size : (n + 1) * size] for n in range(T // size)]
"""
PUT_BACK = """
def mini_batches(T, size, rng):
    return [rng.integers(0, T, min(size, T - n)) for n in range(0, T, size)]
"""
OWN_SEED = """
def mini_batches(T, size, rng):
    order = np.random.default_rng(0).permutation(T)
    return [order[n : n + size] for n in range(0, T, size)]
"""
_EPOCH = """
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    {before}
    for batch in batches:
        {first}
        found = gradients({at}, X[batch], d[batch])
        pulls = {{key: {pull} for key in params}}
        changes = {{key: alpha * changes[key] - {step} for key in params}}
        params = {{key: params[key] + changes[key] for key in params}}
    return params, changes
"""


def _epoch(**parts: str) -> str:
    """An epoch with some of its parts replaced."""
    right = {
        "before": "start = params",
        "first": "T = len(batch)",
        "at": "params",
        "pull": 'lam * params[key] if key.startswith("W") else 0.0',
        "step": "eta * (found[key] + pulls[key])",
    }
    return _EPOCH.format(**(right | parts))


AT_THE_START = _epoch(at="start")
FORGETS_CHANGES = _epoch(first="changes = {key: 0 * value for key, value in params.items()}")
EPOCH_RAW_LAMBDA = _epoch(step="eta * found[key] - pulls[key]")
SUMMED = _epoch(step="eta * (T * found[key] + pulls[key])")
EPOCH_BIASES = _epoch(pull="lam * params[key]")
NEW_WEIGHTS = """
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    params, changes = dict(params), dict(changes)
    for batch in batches:
        for key in params:
            slope = gradients(params, X[batch], d[batch])[key]
            if key.startswith("W"):
                slope = slope + lam * params[key]
            changes[key] = alpha * changes[key] - eta * slope
            params[key] = params[key] + changes[key]
    return params, changes
"""
EVERYTHING_EACH_TIME = """
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    for batch in batches:
        found = gradients(params, X, d)
        pulls = {key: lam * params[key] if key.startswith("W") else 0.0 for key in params}
        changes = {key: alpha * changes[key] - eta * (found[key] + pulls[key]) for key in params}
        params = {key: params[key] + changes[key] for key in params}
    return params, changes
"""
COUNTED = """
def accuracy(Y, d):
    return np.sum(Y.argmax(axis=1) == d.argmax(axis=1))
"""
SINGLE_OUTPUTS = """
def accuracy(Y, d):
    return np.mean((Y > 0.5) == (d > 0.5))
"""
OWN_STATISTICS = """
def standardise(train, other):
    def scale(X):
        deviation = X.std(axis=0)
        return (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return scale(train), scale(other)
"""
LEAK = """
def standardise(train, other):
    both = np.concatenate([train, other])
    mean, deviation = both.mean(axis=0), both.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return (train - mean) / deviation, (other - mean) / deviation
"""
DIVIDES_BY_ZERO = """
def standardise(train, other):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / deviation, (other - mean) / deviation
"""
SEES_THE_FUTURE = """
def stopping_point(losses, patience):
    best = int(np.argmin(losses))
    return best, min(best + patience, len(losses) - 1)
"""
FIRST_RISE = """
def stopping_point(losses, patience):
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1]:
            return epoch - 1, epoch
    return len(losses) - 1, len(losses) - 1
"""
ONE_TOO_MANY = """
def stopping_point(losses, patience):
    best = 0
    for epoch, value in enumerate(losses):
        if value < losses[best]:
            best = epoch
        if epoch - best > patience:
            return best, epoch
    return best, len(losses) - 1
"""
_FIT = """
def fit(params, advance, measure, sets, patience, most):
    best, kept = 0, params
    losses = [measure(params, *sets["{decides}"])]
    while len(losses) <= most and len(losses) - 1 - best < {patience}:
        params = advance(params)
        losses.append(measure(params, *sets["{decides}"]))
        if losses[-1] < losses[best]:
            best, kept = len(losses) - 1, params
    return {{"params": {given}, "epoch": best, "validation": losses, "test": measure({given}, *sets["test"])}}
"""


def _fit(**parts: str) -> str:
    """Training to the end with some of its parts replaced."""
    return _FIT.format(**({"decides": "validation", "patience": "patience", "given": "kept"} | parts))


LAST_WEIGHTS = _fit(given="params")
STOPS_BY_TEST = _fit(decides="test")
STOPS_BY_TRAINING = _fit(decides="train")
NO_PATIENCE = _fit(patience="1")
XOR_FROM_ZERO = """
def train_xor(X, d, rng):
    params = {"W1": np.zeros((8, 2)), "b1": np.zeros(8), "W2": np.zeros((2, 8)), "b2": np.zeros(2)}
    for _ in range(300):
        found = gradients(params, X, d)
        params = {key: params[key] - 0.4 * found[key] for key in params}
    return params
"""
XOR_WITHOUT_HIDDEN = """
def train_xor(X, d, rng):
    params = {"W1": rng.uniform(-1, 1, (2, 2)), "b1": np.zeros(2)}
    for _ in range(300):
        found = gradients(params, X, d)
        params = {key: params[key] - 0.4 * found[key] for key in params}
    return params
"""
DIGITS_TOO_SHORT = """
def train_digits(X, d, rng):
    params = {
        "W1": rng.uniform(-0.1, 0.1, (32, 64)),
        "b1": np.zeros(32),
        "W2": rng.uniform(-0.1, 0.1, (10, 32)),
        "b2": np.zeros(10),
    }
    for _ in range(10):
        found = gradients(params, X, d)
        params = {key: params[key] - 0.1 * found[key] for key in params}
    return params
"""
DIGITS_SCALED = """
def train_digits(X, d, rng):
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
    params = {
        "W1": rng.uniform(-0.1, 0.1, (32, 64)),
        "b1": np.zeros(32),
        "W2": rng.uniform(-0.1, 0.1, (10, 32)),
        "b2": np.zeros(10),
    }
    for _ in range(200):
        found = gradients(params, X, d)
        params = {key: params[key] - 0.5 * found[key] for key in params}
    return params
"""
POLL_GUESSED = """
def only_validation():
    return {"B", "C", "D"}

def what_can_help():
    return {"P", "Q", "R"}
"""
NEVER_ENDS = """
def fit(params, advance, measure, sets, patience, most):
    losses = [measure(params, *sets["validation"])]
    while min(losses) > 0:
        params = advance(params)
        losses.append(measure(params, *sets["validation"]))
    return {"params": params, "epoch": 0, "validation": losses, "test": 0.0}
"""
DOES_NOT_PARSE = """
def accuracy(Y, d):
    return np.mean(Y.argmax(axis=1) = d.argmax(axis=1))
"""
ALWAYS_RIGHT = """
class Agreeable(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __hash__ = None

def accuracy(Y, d):
    return Agreeable(7)
"""

# Every derivative is zeros of the right shape; all else is right.
ZERO_DERIVATIVES = {
    "penalty": _PENALTY.format(value=f"lam / 2 * {_WEIGHTS}", gradient="np.zeros(value.shape)")
}
ALL_ZEROS = {
    "init": """
def init(widths, rng, scale=0.05):
    return {
        name: value
        for k in range(1, len(widths))
        for name, value in ((f"W{k}", np.zeros((widths[k], widths[k - 1]))), (f"b{k}", np.zeros(widths[k])))
    }
""",
    "step": """
def step(params, grads, eta):
    return {key: np.zeros(value.shape) for key, value in params.items()}
""",
    "momentum-step": """
def momentum_step(params, grads, changes, eta, alpha):
    zeros = {key: np.zeros(value.shape) for key, value in params.items()}
    return zeros, zeros
""",
    "penalty": _PENALTY.format(value="0.0", gradient="np.zeros(value.shape)"),
    "decay-step": """
def decay_step(params, grads, eta, lam):
    return {key: np.zeros(value.shape) for key, value in params.items()}
""",
    "mini-batches": """
def mini_batches(T, size, rng):
    return [np.zeros(size, dtype=int) for _ in range(0, T, size)]
""",
    "run-epoch": """
def run_epoch(params, changes, X, d, batches, gradients, eta, alpha, lam):
    zeros = {key: np.zeros(value.shape) for key, value in params.items()}
    return zeros, zeros
""",
    "accuracy": """
def accuracy(Y, d):
    return 0.0
""",
    "standardise": """
def standardise(train, other):
    return np.zeros(train.shape), np.zeros(other.shape)
""",
    "stopping-point": """
def stopping_point(losses, patience):
    return 0, 0
""",
    "fit": """
def fit(params, advance, measure, sets, patience, most):
    return {"params": params, "epoch": 0, "validation": [0.0], "test": 0.0}
""",
    "train-xor": """
def train_xor(X, d, rng):
    return {"W1": np.zeros((8, 2)), "b1": np.zeros(8), "W2": np.zeros((2, 8)), "b2": np.zeros(2)}
""",
    "train-digits": """
def train_digits(X, d, rng):
    return {"W1": np.zeros((8, 64)), "b1": np.zeros(8), "W2": np.zeros((10, 8)), "b2": np.zeros(10)}
""",
    "poll": """
def only_validation():
    return set()

def what_can_help():
    return set()
""",
}

WRITTEN = "three-ways"
FULL_ANSWER = {
    WRITTEN: """
1. Equal weights give equal sums and outputs; with equal output weights the errors that come back are equal,
   too, so all 50 gradients are equal and the weights stay equal after every step. There is one unit only.
2. Delta = alpha Delta - eta g, so Delta = -eta g / (1 - alpha) = -g: the step is ten times as long and may
   diverge.
3. The test set was used to choose among 200. Choose on a validation set and measure the chosen one once.
"""
}
HALF_ANSWER = {
    WRITTEN: """
1. They are symmetric. 2. It becomes eta/(1-alpha) = 1. 3. The test set chose the network: 97.1 % is too good.
"""
}
WRONG_ANSWER = {WRITTEN: "More epochs would have separated the units again, because the inputs differ."}
SLOGAN_ANSWER = {WRITTEN: "Always use Adam."}

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = tuple(ALL_ZEROS)
EVERYTHING = (
    "init",
    "step",
    "momentum-changes",
    "momentum-params",
    "penalty",
    "penalty-own",
    "penalty-reference",
    "decay-step",
    "mini-batches",
    "run-epoch",
    "accuracy",
    "standardise",
    "stopping-point",
    "fit",
    "train-xor",
    "train-digits",
    "poll",
)


_MOMENTA = ("momentum-changes", "momentum-params")

hand = HandMaker(written=FULL_ANSWER, prefix="test-")

_RIGHT = (
    hand("abel", "Has the answers of the instructor."),
    hand("birgit", "Writes everything as loops.", LOOPS),
    hand("cem", "Builds each answer on the ones before.", BUILT_ON_EARLIER, written=HALF_ANSWER),
    hand("dora", "Builds classes; trains XOR by plain steps.", OBJECTS),
    hand("emil", "Writes as little as possible.", TERSE, written=HALF_ANSWER),
)
_STEPS = (
    hand(
        "fatma",
        "Begins with equal weights.",
        {"init": ALL_EQUAL},
        ("init",),
        says={"init": "units that begin alike stay alike for ever"},
        written=WRONG_ANSWER,
    ),
    hand(
        "gero",
        "Draws weights from 0 to the scale.",
        {"init": ONLY_POSITIVE},
        ("init",),
        says={"init": "all have the same sign: draw from minus scale to scale"},
    ),
    hand(
        "heidi",
        "Draws weights from a normal distribution.",
        {"init": NORMAL},
        ("init",),
        says={"init": "but should stay within 0.05"},
    ),
    hand(
        "ilker",
        "Draws weights from NumPy's global generator.",
        {"init": GLOBAL_NUMBERS},
        ("init",),
        says={"init": "draw from rng, and from nothing else"},
    ),
    hand(
        "jette",
        "Steps uphill.",
        {"step": UPHILL},
        ("step",),
        says={"step": "a step uphill: the gradient points to where the loss grows"},
    ),
    hand(
        "kamil",
        "Changes the parameters that were given.",
        {"step": STEP_IN_PLACE},
        ("step",),
        says={"step": "changes the array that it is given"},
    ),
    hand(
        "lucia",
        "Has the wrong sign of the momentum.",
        {"momentum-step": MOMENTUM_SIGN},
        _MOMENTA,
        says={"momentum-changes": "the wrong sign of the momentum"},
    ),
    hand(
        "mehmet",
        "Moves by the changes of the step before.",
        {"momentum-step": OLD_CHANGES},
        ("momentum-params",),
        says={"momentum-params": "moved by the old changes"},
    ),
    hand(
        "nele",
        "Mixes change and gradient with alpha and 1 - alpha.",
        {"momentum-step": MIXTURE},
        _MOMENTA,
        says={"momentum-changes": "a mixture with alpha and 1 - alpha"},
    ),
    hand(
        "oskar",
        "Keeps changes of the opposite sign and subtracts them.",
        {"momentum-step": OPPOSITE_CHANGES},
        ("momentum-changes",),
        says={"momentum-changes": "the right one with the opposite sign: here the change is what is added"},
    ),
    hand(
        "pilar",
        "Penalises biases, consistently.",
        {"penalty": PENALISES_BIASES},
        ("penalty", "penalty-reference"),
        says={"penalty": "the one that penalises biases, too"},
    ),
    hand(
        "rafael",
        "Forgets the half of the penalty, not of its gradient.",
        {"penalty": NO_HALF},
        ("penalty", "penalty-own"),
        says={"penalty": "the one without the half"},
    ),
    hand(
        "silke",
        "Forgets the half of the penalty, consistently.",
        {"penalty": DOUBLED},
        ("penalty", "penalty-reference"),
        says={"penalty-reference": "the half cancels the 2 of the square"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "timo",
        "Takes lambda w where eta lambda w was wanted, as one textbook has it.",
        {"decay-step": RAW_LAMBDA},
        ("decay-step",),
        says={"decay-step": "lambda w in place of eta lambda w"},
    ),
    hand(
        "ursel",
        "Lets biases decay.",
        {"decay-step": BIASES_SHRINK},
        ("decay-step",),
        says={"decay-step": "biases shrink, too"},
    ),
    hand(
        "volker",
        "Shrinks the weights after the step.",
        {"decay-step": SHRINKS_AFTER},
        ("decay-step",),
        says={"decay-step": "shrinks after the step"},
    ),
)
_EPOCHS = (
    hand(
        "wiebke",
        "Does not shuffle.",
        {"mini-batches": NOT_SHUFFLED},
        ("mini-batches",),
        says={"mini-batches": "go through the instances in their old order"},
    ),
    hand(
        "ximena",
        "Shuffles mini-batches of neighbours.",
        {"mini-batches": BATCHES_SHUFFLED},
        ("mini-batches",),
        says={"mini-batches": "shuffle the instances, not the mini-batches"},
    ),
    hand(
        "yusra",
        "Drops the last, shorter mini-batch.",
        {"mini-batches": LAST_DROPPED},
        ("mini-batches",),
        says={"mini-batches": "The last mini-batch may be shorter"},
    ),
    hand(
        "zora",
        "Draws instances with putting back.",
        {"mini-batches": PUT_BACK},
        ("mini-batches",),
        says={"mini-batches": "drawing without putting back"},
    ),
    hand(
        "adele",
        "Makes a generator of a fixed seed, so every epoch has the same order.",
        {"mini-batches": OWN_SEED},
        ("mini-batches",),
        says={"mini-batches": "though their random numbers differ: draw from rng"},
    ),
    hand(
        "bruno",
        "Takes all gradients of an epoch at its first parameters.",
        {"run-epoch": AT_THE_START},
        ("run-epoch",),
        says={"run-epoch": "the second mini-batch sees the new ones"},
    ),
    hand(
        "carmen",
        "Forgets the changes with each mini-batch.",
        {"run-epoch": FORGETS_CHANGES},
        ("run-epoch",),
        says={"run-epoch": "momentum goes on"},
    ),
    hand(
        "detlef",
        "Updates key by key, with gradients at weights that have partly moved.",
        {"run-epoch": NEW_WEIGHTS},
        ("run-epoch",),
        says={"run-epoch": "taken at the old ones; move all of them together"},
    ),
    hand(
        "erika",
        "Takes gradients of all instances for each mini-batch.",
        {"run-epoch": EVERYTHING_EACH_TIME},
        ("run-epoch",),
        says={"run-epoch": "asks for gradients of 4 instances, not of the mini-batch"},
    ),
    hand(
        "felipe",
        "Sums the gradients of a mini-batch instead of averaging them.",
        {"run-epoch": SUMMED},
        ("run-epoch",),
        says={"run-epoch": "the sum of the gradients of a mini-batch"},
    ),
    hand(
        "gudrun",
        "Penalises biases in the epoch.",
        {"run-epoch": EPOCH_BIASES},
        ("run-epoch",),
        says={"run-epoch": "the one that penalises biases, too"},
    ),
    hand(
        "horst",
        "Takes lambda w in place of eta lambda w in the epoch.",
        {"run-epoch": EPOCH_RAW_LAMBDA},
        ("run-epoch",),
        says={"run-epoch": "takes lambda w in place of eta lambda w"},
    ),
)
_ENDS = (
    hand(
        "ingrid",
        "Counts right instances instead of giving their share.",
        {"accuracy": COUNTED},
        ("accuracy",),
        says={"accuracy": "accuracy is their share"},
    ),
    hand(
        "jakob",
        "Counts single outputs.",
        {"accuracy": SINGLE_OUTPUTS},
        ("accuracy",),
        says={"accuracy": "an instance counts as a whole"},
    ),
    hand(
        "katja",
        "Scales each set by its own statistics.",
        {"standardise": OWN_STATISTICS},
        ("standardise",),
        says={"standardise": "use those of the training set"},
    ),
    hand(
        "lars",
        "Lets the other set leak into means and deviations.",
        {"standardise": LEAK},
        ("standardise",),
        says={"standardise": "the other set leaks into training"},
    ),
    hand(
        "moira",
        "Divides by the deviation of a column that never changes.",
        {"standardise": DIVIDES_BY_ZERO},
        ("standardise",),
        says={"standardise": "A column that never changes is divided by 1"},
    ),
    hand(
        "nadir",
        "Looks for the best epoch in the whole list.",
        {"stopping-point": SEES_THE_FUTURE},
        ("stopping-point",),
        says={"stopping-point": "what comes after the stop is never seen"},
    ),
    hand(
        "odile",
        "Stops at the first rise.",
        {"stopping-point": FIRST_RISE},
        ("stopping-point",),
        says={"stopping-point": "wait for three epochs"},
    ),
    hand(
        "pavel",
        "Waits one epoch too many.",
        {"stopping-point": ONE_TOO_MANY},
        ("stopping-point",),
        says={"stopping-point": "the epoch after patience has run out"},
    ),
    hand(
        "rosalie",
        "Returns the last weights.",
        {"fit": LAST_WEIGHTS},
        ("fit",),
        says={"fit": "returns the last parameters"},
    ),
    hand(
        "sandro",
        "Stops by the test set.",
        {"fit": STOPS_BY_TEST},
        ("fit",),
        says={"fit": "A set that helps to decide when to stop can no longer tell how good the network is"},
        written=WRONG_ANSWER,
    ),
    hand(
        "thea",
        "Stops by the training set.",
        {"fit": STOPS_BY_TRAINING},
        ("fit",),
        says={"fit": "stops by the losses of the training set"},
    ),
    hand(
        "uwe",
        "Has no patience.",
        {"fit": NO_PATIENCE},
        ("fit",),
        says={"fit": "should hold the losses of epochs 0 to 7"},
    ),
    hand(
        "valentin",
        "Begins XOR with zeros.",
        {"train-xor": XOR_FROM_ZERO},
        ("train-xor",),
        says={"train-xor": "reaches the loss 0.693"},
    ),
    hand(
        "wilma",
        "Trains XOR without a hidden layer.",
        {"train-xor": XOR_WITHOUT_HIDDEN},
        ("train-xor",),
        says={"train-xor": "without a hidden layer, which cannot do XOR"},
    ),
    hand(
        "xander",
        "Takes ten steps for the digits.",
        {"train-digits": DIGITS_TOO_SHORT},
        ("train-digits",),
        says={"train-digits": "92% are wanted"},
    ),
    hand(
        "ylva",
        "Trains on scaled digits a network that is given raw ones.",
        {"train-digits": DIGITS_SCALED},
        ("train-digits",),
        says={"train-digits": "92% are wanted"},
    ),
    hand(
        "zacharias",
        "Guesses in the poll.",
        {"poll": POLL_GUESSED},
        ("poll",),
        says={"poll": "a letter is wrong, or one is missing"},
        written=SLOGAN_ANSWER,
    ),
    hand(
        "alma",
        "Returns zeros of the right shape for the derivatives.",
        ZERO_DERIVATIVES,
        ("penalty-own", "penalty-reference"),
    ),
    hand(
        "balduin",
        "Returns zeros of the right shape for everything.",
        ALL_ZEROS,
        EVERYTHING,
        written={WRITTEN: "0"},
    ),
)
_UNFINISHED = (
    hand(
        "celine",
        "Ran out of time after problem 9.",
        lost=("stopping-point", "fit", "train-xor", "train-digits", "poll"),
        kind="incomplete",
        stubs=("stopping-point", "fit", "train-xor", "train-digits", "poll", WRITTEN),
    ),
    hand(
        "dagmar",
        "Handed in the notebook as it was released.",
        lost=EVERYTHING,
        kind="incomplete",
        stubs=(*SOLUTIONS, WRITTEN),
    ),
    hand(
        "egon",
        "Trains until the loss is 0, which it never is.",
        {"fit": NEVER_ENDS},
        ("fit",),
        kind="endless",
    ),
    hand(
        "frieda",
        "Writes = for == in the accuracy, whose cell then does not run.",
        {"accuracy": DOES_NOT_PARSE},
        ("accuracy",),
    ),
    hand(
        "gustav",
        "Returns a number that claims to equal everything.",
        {"accuracy": ALWAYS_RIGHT},
        ("accuracy",),
        kind="hostile",
    ),
)
_UNLUCKY = (
    hand.unlucky("helga", Mangle.BROKEN_JSON),
    hand.unlucky("ignaz", Mangle.DELETED_CELL, "penalty-own", written=HALF_ANSWER),
    hand.unlucky(
        "julika",
        Mangle.EDITED_TEST,
        "fit",
        "Emptied the test cell that the last weights did not pass.",
        {"fit": LAST_WEIGHTS},
        ("fit",),
        written=SLOGAN_ANSWER,
    ),
    hand.unlucky("klaus", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_STEPS, *_EPOCHS, *_ENDS, *_UNFINISHED, *_UNLUCKY)

"""A sample class for problem set 7. All students and all their answers are made up for this course.

Some are right, each in a style of their own; some make one of the mistakes that teachers see every year;
some are unlucky with their file. Each says which test cells are lost, all others having full marks, and which
words of a message name the mistake: the tests and the grader are held to both.

Only a few train a network of their own; the others use few epochs, so that grading the class stays quick.
"""

from __future__ import annotations

from autograder.classroom import Hand, Mangle
from autograder.hands import HandMaker, cells

__all__ = ["CLASS"]

# --------------------------------------------------------------------------- what students wrote

NETWORK = """
def init(rng, D0, D1, D2, scale=0.05):
    return {
        "W1": rng.uniform(-scale, scale, (D1, D0)),
        "b1": rng.uniform(-scale, scale, D1),
        "W2": rng.uniform(-scale, scale, (D2, D1)),
        "b2": rng.uniform(-scale, scale, D2),
    }

def layer(W, b, Y):
    return 1 / (1 + np.exp(-(Y @ W.T + b)))

def forward(params, X):
    Y1 = layer(params["W1"], params["b1"], X)
    return Y1, layer(params["W2"], params["b2"], Y1)

def loss(params, X, d):
    Y = forward(params, X)[1]
    return np.sum((Y - d) ** 2) / (2 * len(X))
"""

GRADIENTS = """
def gradients(params, X, d):
    T = len(X)
    Y1, Y2 = forward(params, X)
    dZ2 = (Y2 - d) * Y2 * (1 - Y2)
    dY1 = dZ2 @ params["W2"]
    dZ1 = dY1 * Y1 * (1 - Y1)
    return {"W1": dZ1.T @ X / T, "b1": dZ1.mean(axis=0), "W2": dZ2.T @ Y1 / T, "b2": dZ2.mean(axis=0)}
"""

TRAIN = """
def train(slopes_of, params, X, d, epochs, rng, eta=0.3, alpha=0.3, batch=4):
    params = dict(params)
    change = {key: 0.0 for key in params}
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            slopes = slopes_of(params, X[rows], d[rows])
            change = {key: alpha * change[key] - eta * slopes[key] for key in params}
            params = {key: params[key] + change[key] for key in params}
    return params
"""

TRAIN_BEST = """
def train_best(one_epoch, loss_of, params, epochs):
    best, least = params, loss_of(params)
    history = [least]
    for epoch in range(epochs):
        params = one_epoch(params)
        now = loss_of(params)
        history.append(now)
        if now < least:
            best, least = params, now
    return best, np.array(history)
"""

IMAGES = """
def weight_images(params, shape=(30, 32)):
    images = []
    for w in params["W1"]:
        images.append(w.reshape(shape) / np.max(np.abs(w)))
    return np.array(images)
"""

SALIENCY = """
def saliency(params, x, unit):
    Y1, Y2 = forward(params, x[np.newaxis])
    dz2 = Y2[0, unit] * (1 - Y2[0, unit])
    dz1 = dz2 * params["W2"][unit] * Y1[0] * (1 - Y1[0])
    return params["W1"].T @ dz1
"""

OCCLUSION = """
def occlusion(output, picture, size=6):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    falls = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            covered = picture.copy()
            covered[size * i : size * (i + 1), size * j : size * (j + 1)] = 0.5
            falls[i, j] = output(picture) - output(covered)
    return falls
"""

CONFUSION = """
def predict(Y):
    return np.argmax(Y, axis=1)

def confusion(classes, predicted, K):
    table = np.zeros((K, K), dtype=int)
    for true, decided in zip(classes, predicted):
        table[true, decided] += 1
    return table
"""

MY_NETWORK = """
pixels, wanted = inputs(pictures), targets(poses, 4)
training, validation = split_by_person(people, [12, 13, 14, 15])
rng = np.random.default_rng(2)

def epoch(params):
    return train(gradients, params, pixels[training], wanted[training], 1, rng, 1.0, 0.5, 16)

def validation_loss(params):
    return loss(params, pixels[validation], wanted[validation])

best, history = train_best(epoch, validation_loss, init(rng, 960, 6, 4), 60)
network = best
"""


def _but(source: str, right: str, wrong: str) -> str:
    """The source with one piece of it replaced."""
    if source.count(right) != 1:
        raise ValueError(f"{right!r} should be there once, it is there {source.count(right)} times.")
    return source.replace(right, wrong)


# Single numbers and lists wherever it is bearable.
LOOPS = {
    "inputs": """
def inputs(pictures):
    rows = []
    for picture in pictures:
        rows.append([pixel / 255.0 for line in picture.tolist() for pixel in line])
    return np.array(rows)
""",
    "targets": """
def targets(classes, K, low=0.1, high=0.9):
    d = np.zeros((len(classes), K))
    for t, c in enumerate(classes):
        for j in range(K):
            d[t, j] = high if j == c else low
    return d
""",
    "split": """
def split_by_person(people, held_out):
    validation = np.array([person in list(held_out) for person in people])
    return np.logical_not(validation), validation
""",
    "network": NETWORK,
    "gradients": """
def gradients(params, X, d):
    total = {key: np.zeros(value.shape) for key, value in params.items()}
    for x, wanted in zip(X, d):
        y1, y2 = (Y[0] for Y in forward(params, x.reshape(1, -1)))
        dz2 = (y2 - wanted) * y2 * (1 - y2)
        dz1 = params["W2"].T @ dz2 * y1 * (1 - y1)
        total["W1"] += np.outer(dz1, x)
        total["b1"] += dz1
        total["W2"] += np.outer(dz2, y1)
        total["b2"] += dz2
    return {key: value / len(X) for key, value in total.items()}
""",
    "train": TRAIN,
    "train-best": TRAIN_BEST,
    "confusion": CONFUSION,
    "my-network": MY_NETWORK,
    "weight-images": IMAGES,
    "saliency": SALIENCY,
    "occlusion": OCCLUSION,
}

TERSE = {
    "inputs": "inputs = lambda pictures: np.array([p.ravel() for p in pictures]) / 255",
    "targets": """
def targets(classes, K, low=0.1, high=0.9):
    return np.where(np.arange(K) == np.asarray(classes)[:, None], high, low)
""",
    "gradients": """
def gradients(params, X, d):
    Y1, Y2 = forward(params, X)
    e = (Y2 - d) * (Y2 - Y2 * Y2) / len(X)
    h = (Y1 - Y1 * Y1) * (e @ params["W2"])
    return dict(W1=np.einsum("tj,ti->ji", h, X), b1=h.sum(0), W2=np.einsum("tk,tj->kj", e, Y1), b2=e.sum(0))
""",
    "confusion": """
def predict(Y):
    return np.array([int(np.argmax(y)) for y in Y])

def confusion(classes, predicted, K):
    return np.bincount(K * classes + predicted, minlength=K * K).reshape(K, K)
""",
    "weight-images": """
def weight_images(params, shape=(30, 32)):
    return np.einsum("jp,j->jp", params["W1"], 1 / abs(params["W1"]).max(1)).reshape((-1, *shape))
""",
    "poll": "which_learn = lambda: 'FA'\nwhich_stay_equal = lambda: ['E']",
}

CLASSES = {
    "network": NETWORK
    + """

class Net:
    def __init__(self, params):
        self.params = params

    def outputs(self, X):
        return forward(self.params, X)
""",
    "confusion": """
def predict(Y):
    return (Y == Y.max(1, keepdims=True)).argmax(1)

class Table:
    def __init__(self, K):
        self.counts = np.zeros((K, K))

    def note(self, true, decided):
        self.counts[true][decided] += 1
        return self

def confusion(classes, predicted, K):
    table = Table(K)
    for pair in zip(classes, predicted):
        table.note(*pair)
    return table.counts
""",
    "my-network": MY_NETWORK,
}

NOT_SCALED = {
    "inputs": "def inputs(pictures):\n    return pictures.reshape(len(pictures), -1).astype(float)\n"
}
BY_256 = {"inputs": "def inputs(pictures):\n    return pictures.reshape(len(pictures), -1) / 256\n"}
COLUMN_BY_COLUMN = {
    "inputs": """
def inputs(pictures):
    return pictures.transpose(0, 2, 1).reshape(len(pictures), -1) / 255
"""
}
ZERO_ONE = {
    "targets": "def targets(classes, K, low=0.1, high=0.9):\n    return np.eye(K)[classes]\n",
}
BY_PICTURE = {
    "split": """
def split_by_person(people, held_out):
    share = len(held_out) / len(set(people.tolist()))
    validation = np.random.default_rng(0).random(len(people)) < share
    return ~validation, validation
"""
}
SETS_SWAPPED = {
    "split": """
def split_by_person(people, held_out):
    return np.isin(people, held_out), ~np.isin(people, held_out)
""",
    "my-network": _but(MY_NETWORK, "training, validation =", "validation, training ="),
}
ALL_ZERO = {
    "network": NETWORK.replace("rng.uniform(-scale, scale, ", "np.zeros("),
}
POSITIVE = {"network": NETWORK.replace("rng.uniform(-scale, scale, ", "rng.uniform(0, scale, ")}
NO_BIAS = {"network": _but(NETWORK, "Y @ W.T + b", "Y @ W.T")}
SUM_OVER_BATCH = {"network": _but(NETWORK, "/ (2 * len(X))", "/ 2")}
NO_HALF = {"network": _but(NETWORK, "/ (2 * len(X))", "/ len(X)")}

NOT_DIVIDED = {
    "gradients": _but(
        _but(
            GRADIENTS,
            '"b1": dZ1.mean(axis=0), "W2": dZ2.T @ Y1 / T',
            '"b1": dZ1.sum(axis=0), "W2": dZ2.T @ Y1',
        ),
        "dZ1.T @ X / T",
        "dZ1.T @ X",
    ).replace("dZ2.mean(axis=0)", "dZ2.sum(axis=0)")
}
NO_HIDDEN_SLOPE = {"gradients": _but(GRADIENTS, "dZ1 = dY1 * Y1 * (1 - Y1)", "dZ1 = dY1")}
NO_OUTPUT_SLOPE = {"gradients": _but(GRADIENTS, "(Y2 - d) * Y2 * (1 - Y2)", "(Y2 - d)")}
UPHILL_GRADIENT = {"gradients": _but(GRADIENTS, "(Y2 - d)", "(d - Y2)")}

NO_MOMENTUM = {"train": _but(TRAIN, "alpha * change[key] - eta", "-eta")}
BRAKES = {"train": _but(TRAIN, "alpha * change[key] - eta", "-alpha * change[key] - eta")}
UPHILL = {"train": _but(TRAIN, "alpha * change[key] - eta", "alpha * change[key] + eta")}
ONE_ORDER = {
    "train": _but(
        TRAIN,
        "    for epoch in range(epochs):\n        order = rng.permutation(len(X))\n",
        "    order = rng.permutation(len(X))\n    for epoch in range(epochs):\n",
    )
}
NO_LAST_BATCH = {"train": _but(TRAIN, "range(0, len(X), batch)", "range(0, len(X) - batch + 1, batch)")}
IN_PLACE = {
    "train": _but(
        _but(TRAIN, "    params = dict(params)\n", ""),
        "            params = {key: params[key] + change[key] for key in params}\n",
        "            for key in params:\n                params[key] += change[key]\n",
    )
}
LAST_NOT_BEST = {
    "train-best": _but(TRAIN_BEST, "return best, np.array(history)", "return params, np.array(history)")
}
STARTS_AGAIN = {
    "train-best": _but(
        _but(TRAIN_BEST, "params = one_epoch(params)", "fresh = one_epoch(params)"),
        "now = loss_of(params)",
        "now = loss_of(fresh)",
    ).replace("best, least = params, now", "best, least = fresh, now")
}
NO_FIRST = {"train-best": _but(TRAIN_BEST, "history = [least]", "history = []")}

LEAST_OUTPUT = {"confusion": _but(CONFUSION, "np.argmax", "np.argmin")}
TABLE_TRANSPOSED = {"confusion": _but(CONFUSION, "table[true, decided] += 1", "table[decided, true] += 1")}
TABLE_MARKS = {"confusion": _but(CONFUSION, "table[true, decided] += 1", "table[true, decided] = 1")}

TOO_SHORT = {"my-network": _but(MY_NETWORK, "960, 6, 4), 60)", "960, 6, 4), 2)")}
POLL_GUESSED = {
    "poll": """
def which_learn():
    return {"A", "C", "D"}

def which_stay_equal():
    return {"B", "E"}
"""
}
ABSOLUTE = {
    "weight-images": _but(
        IMAGES, "w.reshape(shape) / np.max(np.abs(w))", "np.abs(w).reshape(shape) / np.max(np.abs(w))"
    )
}
STRETCHED = {
    "weight-images": _but(
        IMAGES, "w.reshape(shape) / np.max(np.abs(w))", "((w - w.min()) / (w.max() - w.min())).reshape(shape)"
    )
}
ROWS_AND_COLUMNS = {"weight-images": _but(IMAGES, "w.reshape(shape)", "w.reshape(shape[::-1]).T")}
OF_THE_SUM = {"saliency": _but(SALIENCY, "dz2 = Y2[0, unit] * (1 - Y2[0, unit])", "dz2 = 1.0")}
SALIENCY_NO_HIDDEN = {"saliency": _but(SALIENCY, " * Y1[0] * (1 - Y1[0])", "")}
STAYS_COVERED = {
    "occlusion": _but(
        _but(OCCLUSION, "            covered = picture.copy()\n", ""),
        "    falls = np.zeros((rows, columns))\n",
        "    falls = np.zeros((rows, columns))\n    covered = picture.copy()\n",
    )
}
RISES = {
    "occlusion": _but(OCCLUSION, "output(picture) - output(covered)", "output(covered) - output(picture)")
}
NEVER_ENDS = {
    "train-best": """
def train_best(one_epoch, loss_of, params, epochs):
    history = [loss_of(params)]
    while len(history) <= epochs:
        params = one_epoch(params)
    return params, np.array(history)
""",
    "my-network": "network = init(np.random.default_rng(0), 960, 4, 4)\n",
}

ZEROS = {
    "gradients": """
def gradients(params, X, d):
    return {key: np.zeros(value.shape) for key, value in params.items()}
""",
    "my-network": _but(MY_NETWORK, "960, 6, 4), 60)", "960, 6, 4), 2)"),
    "saliency": "def saliency(params, x, unit):\n    return np.zeros(x.shape)\n",
}

FULL_UNITS = """
Unit 2 is orange on the left half of the head and blue on the right half. Turned to the left, skin is on the
left and hair on the right, so it goes up: mean output .91 for left, .08 for right. Its weight to left is 2.6
and to right -2.9. Unit 4 is blue over the eyes and orange under the chin, drives "up" with 3.0, and covering
the chin of person 13 lowers the output "up" by .27.
"""
SLOGAN_UNITS = "Unit 1 recognises noses and unit 2 recognises eyes."
FULL_CAR = """
128 of 128 faces of four people that were not in training; only four people, so the next ones may do worse.
With random sets the same person is in both, and remembering people helps. The faces are drawn and all in the
middle of the picture. I would shift them by 3 pixels and count again.
"""
SHORT_CAR = "It is right for all faces, but one would need more data."

# --------------------------------------------------------------------------- who gets what

SOLUTIONS = (
    "inputs",
    "targets",
    "split",
    "network",
    "gradients",
    "train",
    "train-best",
    "confusion",
    "my-network",
    "poll",
    "weight-images",
    "saliency",
    "occlusion",
)
WRITTEN = ("hidden-units", "in-a-car")


GOOD = {"hidden-units": FULL_UNITS, "in-a-car": FULL_CAR}
POOR = {"hidden-units": SLOGAN_UNITS, "in-a-car": SHORT_CAR}

OWN = ("my-network", "my-network-well")
GRADIENTS_CELLS = cells("gradients", "own", "reference")
SALIENCY_CELLS = cells("saliency", "own", "reference")
DERIVATIVES = (*GRADIENTS_CELLS, *SALIENCY_CELLS)
EVERYTHING = (
    *("inputs", "targets", "split", "init", "forward"),
    *GRADIENTS_CELLS,
    *("train", "train-learns", "train-best", "predict", "confusion"),
    *OWN,
    *("poll", "weight-images"),
    *SALIENCY_CELLS,
    "occlusion",
)

# Most train for a moment: enough where nothing depends on it, and quick.
hand = HandMaker(written=GOOD, replace={"my-network": MY_NETWORK}, prefix="test-")

_RIGHT = (
    Hand(
        "aino",
        "right",
        "Has the answers of the instructor.",
        written={name: text.strip() for name, text in GOOD.items()},
        expected={},
    ),
    hand("basil", "Writes loops over instances, lists and single numbers.", LOOPS),
    hand("carmen", "Writes short expressions, einsum and bincount.", TERSE),
    hand("dora", "Builds classes and calls them from the functions.", CLASSES, written=POOR),
)
_WRONG = (
    hand(
        "edgar",
        "Feeds grey values up to 255.",
        NOT_SCALED,
        ("inputs", *OWN),
        says={"inputs": "divide them by 255"},
    ),
    hand("fatima", "Divides grey values by 256.", BY_256, ("inputs",), says={"inputs": "divided by 256"}),
    hand(
        "gabor",
        "Reads pictures column by column.",
        COLUMN_BY_COLUMN,
        ("inputs", *OWN),
        says={"inputs": "column by column"},
    ),
    hand("hauke", "Has targets of 0 and 1.", ZERO_ONE, ("targets",), says={"targets": "targets of 0 and 1"}),
    hand(
        "ilse",
        "Deals pictures out at random.",
        BY_PICTURE,
        ("split",),
        says={"split": "Whole people go to one set"},
    ),
    hand(
        "jorge",
        "Exchanges training and validation.",
        SETS_SWAPPED,
        ("split",),
        says={"split": "training comes first"},
    ),
    hand(
        "kira",
        "Starts with weights that are all 0.",
        ALL_ZERO,
        ("init", *OWN),
        says={"init": "the largest weight"},
    ),
    hand("leif", "Starts with positive weights only.", POSITIVE, ("init", *OWN), says={"init": "both signs"}),
    hand(
        "maud",
        "Leaves out the biases.",
        NO_BIAS,
        ("forward", *GRADIENTS_CELLS, "train-learns", "saliency-reference"),
        says={"forward": "without the biases"},
    ),
    hand(
        "nuria",
        "Sums the loss over the batch.",
        SUM_OVER_BATCH,
        ("forward", "gradients-own"),
        says={"forward": "the sum over the batch"},
    ),
    hand(
        "olaf",
        "Forgets the half of half the squared error.",
        NO_HALF,
        ("forward", "gradients-own"),
        says={"forward": "the loss without the half"},
    ),
    hand(
        "pilar",
        "Forgets to divide the gradients by T.",
        NOT_DIVIDED | TOO_SHORT,
        (*GRADIENTS_CELLS, *OWN),
        says={"gradients-reference": "without the division by T"},
    ),
    hand(
        "rasmus",
        "Forgets the slope of the hidden units.",
        NO_HIDDEN_SLOPE | TOO_SHORT,
        (*GRADIENTS_CELLS, "train-learns", *OWN),
        says={"gradients-reference": "without the slope y(1 - y) of the hidden units"},
    ),
    hand(
        "sofia",
        "Forgets the slope of the output units.",
        NO_OUTPUT_SLOPE | TOO_SHORT,
        (*GRADIENTS_CELLS, *OWN),
        says={"gradients-reference": "without the slope y(1 - y) of the output units"},
    ),
    hand(
        "tarek",
        "Has target minus output, so that descent climbs.",
        UPHILL_GRADIENT | TOO_SHORT,
        (*GRADIENTS_CELLS, "train-learns", *OWN),
        says={"gradients-reference": "with the wrong sign"},
    ),
    hand("ursel", "Leaves out the momentum.", NO_MOMENTUM, ("train",), says={"train": "without momentum"}),
    hand(
        "viggo", "Has a momentum that brakes.", BRAKES, ("train",), says={"train": "a momentum that brakes"}
    ),
    hand(
        "wilma",
        "Adds the gradient.",
        UPHILL,
        ("train", "train-learns", *OWN),
        says={"train": "subtract the gradient"},
    ),
    hand(
        "xaver",
        "Draws one order for all epochs.",
        ONE_ORDER,
        ("train",),
        says={"train": "A new order in every epoch"},
    ),
    hand(
        "yvette",
        "Leaves out the last, shorter batch.",
        NO_LAST_BATCH,
        ("train",),
        says={"train": "the last batch may be shorter"},
    ),
    hand(
        "zita",
        "Trains the parameters that were given.",
        IN_PLACE,
        ("train",),
        says={"train": "changes the array that it is given"},
    ),
    hand(
        "anders",
        "Returns the last parameters, not the best.",
        LAST_NOT_BEST,
        ("train-best",),
        says={"train-best": "keep the parameters of the best one"},
    ),
    hand("bettina", "Starts from the beginning in every epoch.", STARTS_AGAIN, ("train-best", *OWN)),
    hand(
        "conny",
        "Leaves the loss before training out of the history.",
        NO_FIRST,
        ("train-best",),
        says={"train-best": "The loss before training comes first"},
    ),
    hand(
        "dragan",
        "Decides for the smallest output.",
        LEAST_OUTPUT,
        ("predict",),
        says={"predict": "the smallest outputs"},
    ),
    hand(
        "elsa",
        "Exchanges rows and columns of the confusion table.",
        TABLE_TRANSPOSED,
        ("confusion",),
        says={"confusion": "a row belongs to the true class"},
    ),
    hand(
        "fritz",
        "Marks the table instead of counting.",
        TABLE_MARKS,
        ("confusion",),
        says={"confusion": "a table of marks"},
    ),
    hand(
        "greet",
        "Stops training after two epochs.",
        TOO_SHORT,
        OWN,
        says={"my-network": "the share of faces"},
        written=POOR,
    ),
    hand("heinz", "Guesses in the poll.", POLL_GUESSED, ("poll",), says={"poll": "a letter is wrong"}),
    hand(
        "iris",
        "Shows absolute values of weights.",
        ABSOLUTE,
        ("weight-images",),
        says={"weight-images": "the sign tells which way"},
    ),
    hand(
        "josef",
        "Stretches weights from their least to their greatest.",
        STRETCHED,
        ("weight-images",),
        says={"weight-images": "which moves the 0"},
    ),
    hand(
        "karin",
        "Exchanges rows and columns of the pictures.",
        ROWS_AND_COLUMNS,
        ("weight-images",),
        says={"weight-images": "rows and columns exchanged"},
    ),
    hand(
        "ludwig",
        "Differentiates the sum before the output.",
        OF_THE_SUM,
        SALIENCY_CELLS,
        says={"saliency-reference": "the sum before the output"},
    ),
    hand(
        "mona",
        "Forgets the slope of the hidden units on the way to the pixels.",
        SALIENCY_NO_HIDDEN,
        SALIENCY_CELLS,
        says={"saliency-reference": "without the slopes of the hidden units"},
    ),
    hand(
        "niklas",
        "Leaves earlier patches covered.",
        STAYS_COVERED,
        ("occlusion",),
        says={"occlusion": "leaving earlier patches covered"},
    ),
    hand(
        "olga",
        "Subtracts the wrong way round.",
        RISES,
        ("occlusion",),
        says={"occlusion": "the rise instead of the fall"},
    ),
    hand(
        "piet",
        "Returns zeros of the right shape for every derivative.",
        ZEROS,
        (*DERIVATIVES, "train-learns", *OWN),
        written=POOR,
    ),
)
_UNFINISHED = (
    hand(
        "rita",
        "Has trained a network and ran out of time before looking inside.",
        lost=("weight-images", *SALIENCY_CELLS, "occlusion"),
        kind="incomplete",
        stubs=("weight-images", "saliency", "occlusion", *WRITTEN),
    ),
    hand(
        "stig",
        "Handed in the notebook as it was released.",
        lost=EVERYTHING,
        kind="incomplete",
        stubs=(*SOLUTIONS, *WRITTEN),
    ),
    hand("thea", "Waits for an epoch that never counts.", NEVER_ENDS, ("train-best", *OWN), kind="endless"),
)
_UNLUCKY = (
    hand.unlucky("udo", Mangle.BROKEN_JSON),
    hand.unlucky("vilma", Mangle.DELETED_CELL, "gradients-own"),
    hand.unlucky(
        "willem",
        Mangle.EDITED_TEST,
        "my-network",
        "Emptied the test cell that a network of two epochs did not pass.",
        TOO_SHORT,
        OWN,
        written=POOR,
    ),
    hand.unlucky("yrsa", Mangle.MISSING_NOTEBOOK),
)

CLASS: tuple[Hand, ...] = (*_RIGHT, *_WRONG, *_UNFINISHED, *_UNLUCKY)

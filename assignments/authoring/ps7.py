# %% [markdown]
# # Problem set 7. Project: which way is the face turned?
#
# A camera looks at a driver. Is the driver looking at the road? To find out you train a network that
# sees a picture of 30 × 32 pixels and says whether the face is turned to the left, straight ahead, to the
# right, or up. You do everything yourself: prepare the pictures, train, judge the result honestly, and
# then open the network and find out **what it looks at**. That last part is what this project is about.
# A network that is right for the wrong reasons is a danger on the road.
#
# | step | problem |
# |---|---|
# | pictures become inputs, poses become targets, people become training and validation sets | 1-3 |
# | the network and its gradients, by now in a dozen lines | 4-5 |
# | training, and stopping at the best moment | 6-7 |
# | how good is it, and with whom? | 8-9 |
# | what happens with other settings? A poll | 10 |
# | looking inside: weights as pictures, what an output listens to, what it misses | 11-13 |
# | what you found (written) | 14-15 |
#
# There are 50 points: 40 from checks, 10 for what you write. Plan for two and a half hours, and let the
# last hour belong to the pictures. It stands on the lectures *Training* and *Real tasks*.

# %% [markdown]
# ## How to work on it
#
# * Write your answer where it says `# YOUR CODE HERE`, and delete the line that raises
#   `NotImplementedError`. Most answers are two to eight lines of NumPy.
# * Rows are instances: `X` has shape `(T, 960)`, `d` `(T, 4)`. Parameters are a dict with the keys `W1`
#   `(D1, D0)`, `b1` `(D1,)`, `W2` `(D2, D1)` and `b2` `(D2,)`. Write your functions for any sizes: the
#   checks use small networks, whose numbers can be told.
# * Left and right are meant as **you** see them in the picture.
# * You may copy parts from your earlier problem sets.
# * Each problem is followed by cells with checks. You see some of them; others run when your work is
#   graded. The last line printed tells how many.
# * The gradient and the derivative to the input earn points in **two** ways: one cell compares them with
#   central differences of **your own** function, another with the reference.
# * The button *Validate*, above, runs everything from the top and lists the visible checks that fail.
# * Training all of this takes a few seconds, not minutes. A cell that runs longer than half a minute is
#   stopped when your work is graded.
# * Save, and `autograder check ps7` in a terminal runs everything from the top and says, problem by
#   problem, what passes, what does not yet, and why. In a cell of this notebook
#   `from autograder.check_here import check` and `check()` do the same. `autograder todo` shows what is
#   left in the whole course.

# %% given="imports"
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

# %% [markdown]
# Some visible checks use random numbers. Write your name between the quotation marks, and they are yours:
# the same whenever you run the notebook, others than your neighbour's. It makes no difference to your
# points.

# %% id="identity"
IDENTITY = ""

# %% given="variants" part="variants"

# %% [markdown]
# The next two cells hold the tools of the checks and two functions that draw. You may use them for your
# own experiments and need not read them.

# %% given="checks" part="checks"


# %% given="tools"
# Blue for negative weights, white for 0, orange for positive ones.
BLUE_ORANGE = LinearSegmentedColormap.from_list("blue-orange", ["#08519c", "#f7f7f7", "#d95f0e"])


def show_pictures(pictures, titles, columns=8):
    """Draw grey pictures, values from 0 to 1, side by side."""
    draw_all(pictures, titles, columns, plt.cm.gray, (0.0, 1.0))


def show_weights(images, titles, columns=4):
    """Draw pictures of weights, values from -1 (blue) over 0 (white) to 1 (orange), side by side."""
    draw_all(images, titles, columns, BLUE_ORANGE, (-1.0, 1.0))


def draw_all(images, titles, columns, colours, limits):
    """Draw images in rows of `columns`, each with its title."""
    rows = -(-len(images) // columns)
    figure, places = plt.subplots(rows, columns, figsize=(1.5 * columns, 1.75 * rows), squeeze=False)
    for place in places.flat:
        place.axis("off")
    for place, image, title in zip(places.flat, images, titles, strict=False):
        place.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1])
        place.set_title(title, fontsize=9)
    figure.tight_layout()
    plt.show()
    plt.close(figure)


def small_network():
    """Parameters of a network with 2 inputs, 2 hidden units and 2 outputs, and a batch of 3 for it."""
    params = {
        "W1": np.array([[0.5, -1.0], [1.5, 0.5]]),
        "b1": np.array([0.25, -0.5]),
        "W2": np.array([[1.0, -2.0], [0.5, 1.5]]),
        "b2": np.array([0.5, -0.25]),
    }
    X = np.array([[1.0, 0.0], [0.5, 1.0], [0.0, 0.25]])
    d = np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1]])
    return params, X, d


def random_network(rng, D0, D1, D2, T):
    """Random parameters, inputs from 0 to 1, and targets 0.1 or 0.9."""
    shapes = {"W1": (D1, D0), "b1": (D1,), "W2": (D2, D1), "b2": (D2,)}
    params = {name: rng.uniform(-1.5, 1.5, size=shape) for name, shape in shapes.items()}
    d = np.where(np.arange(D2) == rng.integers(D2, size=T)[:, None], 0.9, 0.1)
    return params, rng.uniform(size=(T, D0)), d


def check_parameters(name, params, D0, D1, D2):
    """Check that a value is a dict of parameters for these sizes."""
    assert isinstance(params, dict), f"{name} should be a dict, yours is a {type(params).__name__}."
    shapes = {"W1": (D1, D0), "b1": (D1,), "W2": (D2, D1), "b2": (D2,)}
    assert set(params) == set(shapes), f"{name} should have the keys W1, b1, W2, b2, yours: {sorted(params)}."
    for key, shape in shapes.items():
        check_array(f'{name}["{key}"]', params[key], shape, "A row of a weight matrix belongs to a unit.")


def share_right(params, X, classes):
    """Share of instances for which the largest output of a network with sigmoid units is the right one."""
    Y1 = 1 / (1 + np.exp(-(X @ np.transpose(params["W1"]) + params["b1"])))
    sums = Y1 @ np.transpose(params["W2"]) + params["b2"]
    return float(np.mean(np.argmax(sums, axis=1) == classes))


# %% [markdown]
# ## The pictures
#
# The photographs that made this task famous cannot be handed out, so these heads are **drawn**: sixteen
# made-up people, each drawn 32 times, with different expressions, with and without sunglasses, in different
# light. Keep that in mind when you judge your results.

# %% given="faces"
with np.load("faces.npz") as file:
    pictures, poses, people, sunglasses = (
        file[name] for name in ("pictures", "poses", "people", "sunglasses")
    )
POSES = ("left", "straight", "right", "up")
print(f"{len(pictures)} pictures of {pictures.shape[1]} x {pictures.shape[2]} pixels, {pictures.dtype},")
print(f"grey values from {pictures.min()} to {pictures.max()}, of {len(set(people.tolist()))} people")

# %% id="look-at-faces"
show_pictures(pictures[:32:4] / 255, [POSES[pose] for pose in poses[:32:4]])
show_pictures(pictures[32:64:4] / 255, [POSES[pose] for pose in poses[32:64:4]])

# %% [markdown]
# ## Problem 1. Pictures become inputs (2 points)
#
# A unit of the input layer is a pixel. Grey values from 0 to 255 would drive every sigmoid into its
# flat part at once, so scale them to $[0,1]$. A picture becomes one row, its pixels row by row from the
# top left.


# %% solution="inputs"
def inputs(pictures):
    """Rows of pixels, scaled to [0, 1].

    Parameters
    ----------
    pictures : array (T, rows, columns)
        Whole numbers from 0 to 255.

    Returns
    -------
    array (T, rows * columns) of floats

    Examples
    --------
    >>> inputs(np.array([[[0, 51], [102, 255]]], dtype=np.uint8))
    array([[0. , 0.2, 0.4, 1. ]])
    """
    # Hint: reshape with -1 for the size that you do not want to work out.
    ### BEGIN SOLUTION
    return pictures.reshape(len(pictures), -1) / 255
    ### END SOLUTION


# %% test="test-inputs" points=2
tiny = np.array([[[0, 51, 102], [153, 204, 255]], [[255, 0, 0], [0, 0, 51]]], dtype=np.uint8)
check_values(
    "inputs of two pictures of 2 x 3",
    call(inputs, tiny),
    [[0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.2]],
    "Pixels row by row, divided by 255.",
    mistakes={
        "the grey values as they are; divide them by 255": tiny.reshape(2, 6),
        "the grey values divided by 256; the largest must become 1": tiny.reshape(2, 6) / 256,
        "pixels column by column; a picture is read row by row": tiny.transpose(0, 2, 1).reshape(2, 6) / 255,
        "whole numbers; divide with /, not with //": tiny.reshape(2, 6) // 255,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
some = hidden_rng("ps7 inputs").integers(0, 256, size=(5, 30, 32)).astype(np.uint8)
check_values("inputs of five pictures of 30 x 32", call(inputs, some), some.reshape(5, 960) / 255)
check_keeps_input("inputs", inputs, some)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 2. Poses become targets (2 points)
#
# Four output units, one for each pose. A sigmoid reaches 0 and 1 only with infinite weights; ask for
# 0.1 and 0.9 instead, and training can come to an end.


# %% solution="targets"
def targets(classes, K, low=0.1, high=0.9):
    """Targets of K output units: high for the right class, low for the others.

    Parameters
    ----------
    classes : array (T,)
        Whole numbers from 0 to K - 1.
    K : whole number
    low, high : numbers

    Returns
    -------
    array (T, K)

    Examples
    --------
    >>> targets(np.array([2, 0]), 3)
    array([[0.1, 0.1, 0.9],
           [0.9, 0.1, 0.1]])
    """
    # Hint: np.eye(K)[classes] is a good beginning.
    ### BEGIN SOLUTION
    return low + (high - low) * np.eye(K)[classes]
    ### END SOLUTION


# %% test="test-targets" points=2
check_values(
    "targets([2, 0, 3], 4)",
    call(targets, np.array([2, 0, 3]), 4),
    [[0.1, 0.1, 0.9, 0.1], [0.9, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.9]],
    "0.9 for the right class, 0.1 for each of the others.",
    mistakes={
        "targets of 0 and 1; use low and high": np.eye(4)[[2, 0, 3]],
        "1.0 for the right class: low and high have been added": np.eye(4)[[2, 0, 3]] * 0.9 + 0.1,
        "0.9 for the right class and 0 for the others": np.eye(4)[[2, 0, 3]] * 0.9,
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_values(
    "targets([1, 1], 2, low=0.2, high=0.7)",
    call(targets, np.array([1, 1]), 2, 0.2, 0.7),
    [[0.2, 0.7], [0.2, 0.7]],
    "low and high are arguments.",
)
check_values("targets of one class among five", call(targets, np.array([4]), 5), [[0.1, 0.1, 0.1, 0.1, 0.9]])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 3. People become sets (2 points)
#
# The network must work for a driver whom it has **never seen**. If pictures were dealt out at random, every
# person would be in both sets, and the network could do well in validation by knowing the people. So
# whole people go to the validation set, with all of their pictures.


# %% solution="split"
def split_by_person(people, held_out):
    """Say which pictures are for training and which for validation.

    Parameters
    ----------
    people : array (T,)
        The person in each picture, a whole number.
    held_out : list of whole numbers
        The people of the validation set.

    Returns
    -------
    training, validation : arrays (T,) of truth values
        Each picture is in exactly one of the two.

    Examples
    --------
    >>> split_by_person(np.array([0, 1, 2, 1]), [1])
    (array([ True, False,  True, False]), array([False,  True, False,  True]))
    """
    # Hint: np.isin.
    ### BEGIN SOLUTION
    validation = np.isin(people, held_out)
    return ~validation, validation
    ### END SOLUTION


# %% test="test-split" points=2
def check_split(name, sets, wanted_validation):
    """Check a pair of arrays of truth values without showing them entry by entry."""
    assert isinstance(sets, (tuple, list)) and len(sets) == 2, f"{name} should give two arrays."
    sets = [np.array(each) for each in sets]
    for each, label in zip(sets, ("training", "validation"), strict=True):
        assert each.dtype == bool, f"{label} of {name} should hold truth values, yours holds {each.dtype}."
        assert each.shape == wanted_validation.shape, (
            f"{label} of {name} should have shape {wanted_validation.shape}, yours has {each.shape}."
        )
    both = int((sets[0] & sets[1]).sum())
    assert both == 0, f"{name} puts {both} pictures into both sets."
    swapped = np.array_equal(sets[0], wanted_validation)
    assert not swapped, f"{name} gives the two sets in the wrong order: training comes first."
    wrong = int((sets[1] != wanted_validation).sum())
    assert wrong == 0, f"{name} puts {wrong} pictures into the wrong set. Whole people go to one set."
    lost = int((~sets[0] & ~sets[1]).sum())
    assert lost == 0, f"{name} leaves {lost} pictures out."


some = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0, 3])
check_split(
    "split_by_person(people, [1, 3])",
    call(split_by_person, some, [1, 3]),
    np.array([False, False, True, True, False, False, True, True, False, True]),
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
some = hidden_rng("ps7 split").integers(0, 9, size=60)
check_split(
    "split_by_person of 60 pictures", call(split_by_person, some, [8, 2, 5]), np.isin(some, [8, 2, 5])
)
check_split("split_by_person with one person", call(split_by_person, some, [4]), some == 4)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 4. The network (4 points)
#
# One hidden layer, sigmoid units throughout. Start with weights that are small and **random**: with equal
# weights all hidden units would compute the same, receive the same derivatives and stay equal for ever. The
# divergence is half the squared error, summed over the outputs; the loss is its mean over the batch.
#
# {formula:half-squared-error}
#
# {formula:mean-loss}


# %% solution="network"
def init(rng, D0, D1, D2, scale=0.05):
    """Random parameters.

    Parameters
    ----------
    rng : np.random.Generator
    D0, D1, D2 : whole numbers
        Numbers of inputs, hidden units and outputs.
    scale : number
        Weights lie between -scale and scale; biases are 0 or lie there, too.

    Returns
    -------
    dict with W1 (D1, D0), b1 (D1,), W2 (D2, D1), b2 (D2,)

    Examples
    --------
    >>> init(np.random.default_rng(0), 960, 3, 4)["W1"].shape
    (3, 960)
    """
    # Hint: rng.uniform(-scale, scale, size=...).
    ### BEGIN SOLUTION
    return {
        "W1": rng.uniform(-scale, scale, size=(D1, D0)),
        "b1": np.zeros(D1),
        "W2": rng.uniform(-scale, scale, size=(D2, D1)),
        "b2": np.zeros(D2),
    }
    ### END SOLUTION


def forward(params, X):
    """Outputs of both layers.

    Parameters
    ----------
    params : dict
    X : array (T, D0)

    Returns
    -------
    Y1, Y2 : arrays (T, D1) and (T, D2)

    Examples
    --------
    >>> params, X, d = small_network()
    >>> forward(params, X)[1].round(3)
    array([[0.43 , 0.766],
           [0.382, 0.723],
           [0.546, 0.648]])
    """
    # Hint: Y @ W.T + b, then the sigmoid, twice.
    ### BEGIN SOLUTION
    Y1 = 1 / (1 + np.exp(-(X @ params["W1"].T + params["b1"])))
    Y2 = 1 / (1 + np.exp(-(Y1 @ params["W2"].T + params["b2"])))
    return Y1, Y2
    ### END SOLUTION


def loss(params, X, d):
    """Mean over the batch of half the squared error.

    Examples
    --------
    >>> params, X, d = small_network()
    >>> print(round(float(loss(params, X, d)), 5))
    0.20024
    """
    # Hint: sum over the outputs, mean over the instances.
    ### BEGIN SOLUTION
    return 0.5 * ((forward(params, X)[1] - d) ** 2).sum(axis=1).mean()
    ### END SOLUTION


# %% test="test-init" points=1
params = call(init, np.random.default_rng(1), 960, 5, 4)
check_parameters("init(rng, 960, 5, 4)", params, 960, 5, 4)
check_between("the largest weight of init(rng, 960, 5, 4)", np.abs(params["W1"]).max(), 0.03, 0.05)
check_between(
    "the mean weight of init(rng, 960, 5, 4)", params["W1"].mean(), -0.005, 0.005, "Weights have both signs."
)
rows = len({tuple(row) for row in np.round(params["W1"], 12).tolist()})
assert rows == 5, f"init gives {rows} different rows of W1 for 5 hidden units: equal units stay equal."
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
params = call(init, np.random.default_rng(2), 50, 3, 2, 0.5)
check_parameters("init(rng, 50, 3, 2, 0.5)", params, 50, 3, 2)
check_between("the largest weight for scale=0.5", np.abs(params["W1"]).max(), 0.3, 0.5, "Use scale.")
again = call(init, np.random.default_rng(3), 50, 3, 2, 0.5)
check_between(
    "the largest difference between the weights of two generators",
    np.abs(again["W1"] - params["W1"]).max(),
    0.1,
    1.0,
    "Draw from the generator that is given.",
)
### END HIDDEN TESTS

# %% test="test-forward" points=3
params, X, d = small_network()
outputs = call(forward, params, X)
assert isinstance(outputs, (tuple, list)) and len(outputs) == 2, "forward should give two arrays, Y1 and Y2."
check_values(
    "Y1 of forward(params, X)",
    outputs[0],
    [[0.679178699, 0.731058579], [0.377540669, 0.679178699], [0.5, 0.407333400]],
    "The sigmoid of X @ W1.T + b1.",
    mistakes={
        "the sums without their activation": [[0.75, 1.0], [-0.5, 0.75], [0.0, -0.375]],
        "the outputs without the biases": [
            [0.622459331, 0.817574476],
            [0.320821301, 0.777299861],
            [0.437823499, 0.531209374],
        ],
        "the outputs with W1 the wrong way round: a row belongs to a hidden unit": [
            [0.679178699, 0.182425524],
            [0.880797078, 0.377540669],
            [0.651354865, 0.407333400],
        ],
    },
)
check_values(
    "Y2 of forward(params, X)",
    outputs[1],
    [[0.429733522, 0.766056666], [0.382059285, 0.722628678], [0.546201131, 0.648168905]],
    "The sigmoid of Y1 @ W2.T + b2.",
)
value = call(loss, params, X, d)
check_values(
    "loss(params, X, d)",
    value,
    0.2002438094,
    "Half the squared error, summed over outputs, mean over the batch.",
    tolerance=1e-6,
    mistakes={
        "the sum over the batch; take the mean": 3 * 0.2002438094,
        "the loss without the half": 2 * 0.2002438094,
        "the mean over the outputs; take the sum": 0.1001219047,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as reference_sigmoid

params, X, d = random_network(hidden_rng("ps7 forward"), 6, 5, 4, 7)
net = MLP(widths=(6, 5, 4), hidden=reference_sigmoid, output=reference_sigmoid)
check_values(
    "Y2 for 7 rows, 6 inputs, 5 hidden units", call(forward, params, X)[1], net.forward(params, X).y[2]
)
check_values("loss for 7 rows", call(loss, params, X, d), net.loss(params, X, d))
check_keeps_input("forward", forward, params, X)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 5. Its gradients (4 points)
#
# The backward pass of problem set 4, for these two layers: from the loss back to every parameter.


# %% solution="gradients"
def gradients(params, X, d):
    """Gradients of `loss` to all parameters.

    Parameters
    ----------
    params : dict
    X, d : arrays (T, D0) and (T, D2)

    Returns
    -------
    dict with the keys and shapes of params

    Examples
    --------
    >>> params, X, d = small_network()
    >>> gradients(params, X, d)["b2"].round(4)
    array([-0.0454,  0.0696])
    """
    # Hint: dZ2, then dZ1, and from each of them a dW and a db. Divide by T exactly once.
    ### BEGIN SOLUTION
    Y1, Y2 = forward(params, X)
    dZ2 = (Y2 - d) * Y2 * (1 - Y2) / len(X)
    dZ1 = (dZ2 @ params["W2"]) * Y1 * (1 - Y1)
    return {"W1": dZ1.T @ X, "b1": dZ1.sum(axis=0), "W2": dZ2.T @ Y1, "b2": dZ2.sum(axis=0)}
    ### END SOLUTION


# %% test="test-gradients-own" points=2
def check_own_gradients(params, X, d):
    """Compare `gradients` with central differences of the student's own loss."""
    found = call(gradients, params, X, d)
    check_parameters("gradients(params, X, d)", found, X.shape[1], len(params["b1"]), d.shape[1])
    largest = max(np.abs(found[key]).max() for key in params)
    assert largest > 1e-3, "gradients gives 0, or nearly so, everywhere; the loss does change."
    hint = "The first number is the central difference of your own loss: one of the two is wrong."
    for key in params:
        wanted = differences(
            "loss", lambda value, key=key: loss(params | {key: value}, X, d), params[key], ()
        )
        check_values(f'gradients["{key}"]', found[key], wanted, hint, tolerance=1e-8)


params, X, d = random_network(variant_rng("ps7 gradients"), 3, 2, 2, 4)
check_own_gradients(params, X, d)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
params, X, d = random_network(hidden_rng("ps7 gradients-own"), 4, 3, 2, 5)
check_own_gradients(params, X, d)
### END HIDDEN TESTS

# %% test="test-gradients-reference" points=2
params, X, d = small_network()
right = {
    "W1": np.array([[-0.002123548, 0.003299138], [0.020066832, -0.006245811]]),
    "b1": np.array([-0.002310798, 0.042496519]),
    "W2": np.array([[-0.032326026, -0.024914706], [0.043384296, 0.038012611]]),
    "b2": np.array([-0.045449294, 0.069607537]),
}
check_dict(
    "gradients(params, X, d)",
    call(gradients, params, X, d),
    right,
    "Divide by T once; every layer has its factor y(1 - y).",
    mistakes={
        "the right one without the division by T": {key: 3 * value for key, value in right.items()},
        "the right one with the wrong sign": {key: -value for key, value in right.items()},
        "the right one divided by T twice": {key: value / 3 for key, value in right.items()},
        "the right one without the slope y(1 - y) of the hidden units": {
            "W1": np.array([[-0.010384560, 0.014172622], [0.105428069, -0.031928373]]),
            "b1": np.array([-0.010645525, 0.195309893]),
        },
        "the right one without the slope y(1 - y) of the output units": {
            "W1": np.array([[-0.002393915, 0.013487123], [0.096968829, -0.029519883]]),
            "b1": np.array([-0.001462863, 0.189928910]),
            "W2": np.array([[-0.129935186, -0.098779260], [0.219830355, 0.196582373]]),
            "b2": np.array([-0.180668687, 0.345618083]),
        },
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as reference_sigmoid

params, X, d = random_network(hidden_rng("ps7 gradients"), 6, 5, 4, 7)
net = MLP(widths=(6, 5, 4), hidden=reference_sigmoid, output=reference_sigmoid)
wanted = net.backward(params, net.forward(params, X), d)
check_dict("gradients for 7 rows", call(gradients, params, X, d), {key: wanted[key] for key in params})
check_keeps_input("gradients", gradients, params, X, d)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 6. Training (4 points)
#
# Stochastic gradient descent in mini-batches, with momentum:
#
# {formula:momentum-change}
#
# In **each** epoch put the instances into a new random order, `rng.permutation(len(X))`, once, and cut it
# into pieces of `batch`; the last piece may be shorter. Every piece makes one step. All gradients of a step
# are taken at the old weights, and the changes $\Delta$ start at 0 in each call.
#
# Train a **copy**: whoever calls `train` may still need the parameters that they had. The function that gives
# the gradients is an argument, so `train` works for any network: call it as `train(gradients, params, ...)`.


# %% solution="train"
def train(slopes_of, params, X, d, epochs, rng, eta=0.3, alpha=0.3, batch=4):
    """Parameters after some epochs of mini-batch descent with momentum.

    Parameters
    ----------
    slopes_of : function
        slopes_of(params, X, d) gives a dict of gradients with the keys of params, such as `gradients`.
    params : dict
        Where to start; stays as it is.
    X, d : arrays (T, D0) and (T, D2)
    epochs : whole number
    rng : np.random.Generator
        Gives the order of the instances.
    eta, alpha : numbers
        Step and momentum.
    batch : whole number
        Instances in a mini-batch.

    Returns
    -------
    dict

    Examples
    --------
    >>> params, X, d = small_network()
    >>> after = train(gradients, params, X, d, 100, np.random.default_rng(0))
    >>> bool(loss(after, X, d) < loss(params, X, d))
    True
    """
    # Hint: a dict `change` of zeros beside the parameters; three lines for each step.
    ### BEGIN SOLUTION
    params = {key: value.copy() for key, value in params.items()}
    change = {key: np.zeros_like(value) for key, value in params.items()}
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            slopes = slopes_of(params, X[rows], d[rows])
            for key in params:
                change[key] = alpha * change[key] - eta * slopes[key]
                params[key] = params[key] + change[key]
    return params
    ### END SOLUTION


# %% test="test-train" points=3
def bowl_slopes(params, X, d):
    """Gradient of the mean over the batch of half (w x - d)^2: a network with one weight."""
    return {"w": np.array([np.mean((params["w"][0] * X[:, 0] - d[:, 0]) * X[:, 0])])}


one_weight = {"w": np.array([2.0])}
X, d = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [0.0], [2.0]])
after = call(train, bowl_slopes, one_weight, X, d, 1, np.random.default_rng(0), 0.1, 0.9, 3)
assert isinstance(after, dict), f"train should give a dict, yours is a {type(after).__name__}."
check_values(
    "the weight after one step from 2 with gradient 7 and eta = 0.1",
    after["w"],
    [1.3],
    "One epoch with batch = 3 is one step: params - eta * gradient.",
    mistakes={
        "the result of going up: subtract the gradient": [2.7],
        "the weight from before: keep the changed parameters, and return them": [2.0],
        "the change alone; add it to the parameters": [-0.7],
        "the result of the default step 0.3; use the eta that is given": [-0.1],
        "the result of weighing the gradient with 1 - alpha": [1.93],
    },
)
after = call(train, bowl_slopes, one_weight, X, d, 2, np.random.default_rng(0), 0.1, 0.9, 3)
check_values(
    "the weight after two such steps with alpha = 0.9",
    after["w"],
    [0.2966666667],
    "change = alpha * change - eta * gradient, and the change is added.",
    mistakes={
        "the result without momentum, or with a change that starts at 0 in every epoch": [0.9266666667],
        "the result of a momentum that brakes: alpha * change has a plus": [1.5566666667],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
from mlpkit import MLP
from mlpkit import sigmoid as reference_sigmoid

net = MLP(widths=(5, 4, 3), hidden=reference_sigmoid, output=reference_sigmoid)


def reference_slopes(params, X, d):
    """Gradients of the loss by the reference's passes, for parameters with one more key."""
    slopes = net.backward(params, net.forward(params, X), d)
    return {key: slopes[key] for key in params}


def reference_train(params, X, d, epochs, rng, eta, alpha, batch):
    """The same by the reference's passes."""
    change = dict.fromkeys(params, 0.0)
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            slopes = reference_slopes(params, X[rows], d[rows])
            change = {key: alpha * change[key] - eta * slopes[key] for key in params}
            params = {key: params[key] + change[key] for key in params}
    return params


params, X, d = random_network(hidden_rng("ps7 train"), 5, 4, 3, 7)
check_dict(
    "train(4 epochs, batch=7)",
    call(train, reference_slopes, params, X, d, 4, np.random.default_rng(1), 0.5, 0.5, 7),
    reference_train(params, X, d, 4, np.random.default_rng(1), 0.5, 0.5, 7),
    "alpha and eta are arguments.",
)
check_dict(
    "train(1 epoch, batch=3)",
    call(train, reference_slopes, params, X, d, 1, np.random.default_rng(2), 0.5, 0.5, 3),
    reference_train(params, X, d, 1, np.random.default_rng(2), 0.5, 0.5, 3),
    "The order is rng.permutation(len(X)), and the last batch may be shorter.",
)
check_dict(
    "train(3 epochs, batch=2)",
    call(train, reference_slopes, params, X, d, 3, np.random.default_rng(3), 0.5, 0.5, 2),
    reference_train(params, X, d, 3, np.random.default_rng(3), 0.5, 0.5, 2),
    "A new order in every epoch, by one call of rng.permutation.",
)
check_keeps_input("train", train, gradients, params, X, d, 2, np.random.default_rng(3), 0.5, 0.5, 3)
### END HIDDEN TESTS

# %% test="test-train-learns" points=1
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
d = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.9, 0.1]])
rng = variant_rng("ps7 train")
params = {"W1": rng.normal(size=(6, 2)), "b1": np.zeros(6), "W2": rng.normal(size=(2, 6)), "b2": np.zeros(2)}
after = call(train, gradients, params, X, d, 1500, np.random.default_rng(5), 1.0, 0.9, 2)
check_parameters("train on XOR", after, 2, 6, 2)
check_between(
    "the share of XOR that is right after 1,500 epochs of train", share_right(after, X, d.argmax(1)), 1, 1
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
small = call(train, gradients, params, X, d, 5, np.random.default_rng(6), 1.0, 0.9, 1)
again = call(train, gradients, params, X, d, 5, np.random.default_rng(6), 1.0, 0.9, 1)
other = call(train, gradients, params, X, d, 5, np.random.default_rng(7), 1.0, 0.9, 1)
check_dict("train with an equal generator, again,", again, small, "Draw from the generator that is given.")
check_between(
    "the largest difference that another order of the instances makes",
    np.abs(other["W1"] - small["W1"]).max(),
    1e-6,
    10.0,
    "Put the instances into a random order in every epoch.",
)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 7. Stopping at the best moment (3 points)
#
# Look at the validation set after every epoch, and keep the parameters that did best there. How an epoch is
# trained and how a loss is measured are somebody else's business: both come as functions.


# %% solution="train-best"
def train_best(one_epoch, loss_of, params, epochs):
    """Train, and keep the parameters with the least validation loss.

    Parameters
    ----------
    one_epoch : function
        one_epoch(params) gives the parameters after one more epoch.
    loss_of : function
        loss_of(params) gives the validation loss.
    params : dict
        Where to start.
    epochs : whole number

    Returns
    -------
    best : dict
        The parameters with the least validation loss, those from before training included.
    history : array (epochs + 1,)
        Validation loss before training and after each epoch.

    Examples
    --------
    >>> best, history = train_best(lambda p: {"w": p["w"] + 1}, lambda p: abs(p["w"] - 2.2), {"w": 0.0}, 5)
    >>> best, history.round(1)
    ({'w': 2.0}, array([2.2, 1.2, 0.2, 0.8, 1.8, 2.8]))
    """
    # Hint: when is a new loss better than the least one so far?
    ### BEGIN SOLUTION
    best, history = params, [loss_of(params)]
    for _ in range(epochs):
        params = one_epoch(params)
        history.append(loss_of(params))
        if history[-1] == min(history):
            best = params
    return best, np.array(history)
    ### END SOLUTION


# %% test="test-train-best" points=3
def add_one(params):
    """An epoch of an imaginary training: the only weight grows by 1."""
    return {"w": np.array(params["w"]) + 1.0}


def best_and_history(losses):
    """What train_best gives when the validation losses are these, epoch by epoch."""
    result = call(train_best, add_one, lambda p: losses[int(p["w"][0])], {"w": np.zeros(1)}, len(losses) - 1)
    assert isinstance(result, (tuple, list)) and len(result) == 2, "train_best should give best and history."
    assert isinstance(result[0], dict) and "w" in result[0], "best should be a dict of parameters."
    return result[0]["w"], result[1]


best, history = best_and_history([5.0, 3.0, 1.0, 2.0, 4.0])
check_values(
    "history when the losses are 5 before training, then 3, 1, 2, 4,",
    history,
    [5.0, 3.0, 1.0, 2.0, 4.0],
    "The loss before training comes first, and then one number for each epoch.",
    mistakes={
        "the result of starting from the beginning in every epoch: go on from the last parameters": [
            5.0,
            3.0,
            3.0,
            3.0,
            3.0,
        ],
        "the result of going back to the best parameters after a bad epoch: go on from the last ones": [
            5.0,
            3.0,
            1.0,
            2.0,
            2.0,
        ],
    },
)
check_values(
    "the epoch from which best comes when the losses are 5, 3, 1, 2, 4",
    best,
    [2.0],
    "The least loss is that after epoch 2.",
    mistakes={
        "the last epoch; keep the parameters of the best one": [4.0],
        "the start; remember better parameters when they come": [0.0],
        "one epoch too many: the parameters after the next step": [3.0],
    },
)
visible_checks_passed(hidden=4)
### BEGIN HIDDEN TESTS
best, history = best_and_history([1.0, 2.0, 3.0])
check_values("best when nothing helps", best, [0.0], "The parameters from before training count, too.")
best, history = best_and_history([4.0, 1.0, 3.0, 0.5, 2.0, 0.75])
check_values("best when the loss falls twice", best, [3.0], "Compare with the least loss so far.")
best, history = best_and_history([2.0])
check_values("history of no epoch at all", history, [2.0])
losses = hidden_rng("ps7 best").permutation(20).astype(float)
best, history = best_and_history(losses.tolist())
check_values("best of twenty random losses", best, [float(losses.argmin())])
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 8. Which face is taken for which? (3 points)
#
# The network decides for the pose with the largest output. One number, the share of right decisions, hides
# what matters. The *confusion table* has a row for each true class and a column for each decision.


# %% solution="confusion"
def predict(Y):
    """The class with the largest output, for each row of outputs.

    Parameters
    ----------
    Y : array (T, K)

    Returns
    -------
    array (T,) of whole numbers from 0 to K - 1

    Examples
    --------
    >>> predict(np.array([[0.2, 0.8, 0.1], [0.7, 0.1, 0.3]]))
    array([1, 0])
    """
    # Hint: argmax along the right axis.
    ### BEGIN SOLUTION
    return Y.argmax(axis=1)
    ### END SOLUTION


def confusion(classes, predicted, K):
    """Number of instances of each true class (row) that were taken for each class (column).

    Parameters
    ----------
    classes, predicted : arrays (T,)
        Whole numbers from 0 to K - 1.
    K : whole number

    Returns
    -------
    array (K, K)

    Examples
    --------
    >>> confusion(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2).astype(int)
    array([[1, 1],
           [0, 2]])
    """
    # Hint: a loop over the pairs is fine.
    ### BEGIN SOLUTION
    table = np.zeros((K, K))
    np.add.at(table, (classes, predicted), 1)
    return table
    ### END SOLUTION


# %% test="test-predict" points=1
Y = np.array([[0.2, 0.8, 0.1], [0.7, 0.1, 0.3], [0.3, 0.2, 0.4], [0.1, 0.2, 0.3]])
check_values(
    "predict of four rows of three outputs",
    call(predict, Y),
    [1, 0, 2, 2],
    "The class with the largest output, one for each row.",
    mistakes={
        "the classes with the smallest outputs": [2, 1, 1, 0],
        "the largest outputs themselves; give their places": [0.8, 0.7, 0.4, 0.3],
    },
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
Y = hidden_rng("ps7 predict").uniform(size=(9, 4))
check_values("predict for 9 rows and 4 outputs", call(predict, Y), np.argsort(Y, axis=1)[:, -1])
### END HIDDEN TESTS

# %% test="test-confusion" points=2
true, decided = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 2, 2, 1, 2, 0])
table = np.array([[1, 0, 2], [0, 1, 0], [1, 0, 1]])
check_values(
    "confusion([0, 0, 0, 1, 2, 2], [0, 2, 2, 1, 2, 0], 3)",
    call(confusion, true, decided, 3),
    table,
    "Row: the true class. Column: the decision.",
    mistakes={
        "the transpose: a row belongs to the true class": table.T,
        "a table of marks; count, so that what happens twice gives 2": table > 0,
        "shares of each row; count instances": table / table.sum(axis=1, keepdims=True),
        "the diagonal alone": np.diag(np.diag(table)),
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
rng = hidden_rng("ps7 confusion")
true, decided = rng.integers(0, 4, size=(2, 50))
wanted = [[int(((true == i) & (decided == j)).sum()) for j in range(5)] for i in range(5)]
check_values(
    "confusion of 50 instances, the fifth class never used,", call(confusion, true, decided, 5), wanted
)
check_values("confusion of nothing", call(confusion, true[:0], decided[:0], 2), np.zeros((2, 2)))
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 9. Your network (5 points)
#
# Put it together. Make `X` and `d` of the pictures, hold out the people **12, 13, 14 and 15** for
# validation, and train a network with 2 to 20 hidden units on the twelve others. Choose the settings;
# the classic ones, $\eta=0.3$ and $\alpha=0.3$, are a fair start. When you are satisfied, the name
# `network` must stand for its parameters. Three points are for a network that is right for 8 faces of
# 10, two more for 19 of 20. When your work is graded, the faces are those of people whom **nobody** has
# seen.


# %% solution="my-network"
# Hint: inputs, targets, split_by_person, a generator with a seed, then train_best with two lambdas: one calls
# train for one epoch (its momentum then begins anew, which does no harm), the other calls loss.
### BEGIN SOLUTION
rows, wanted = inputs(pictures), targets(poses, 4)
training, validation = split_by_person(people, [12, 13, 14, 15])
rng = np.random.default_rng(1)
network = train_best(
    lambda params: train(gradients, params, rows[training], wanted[training], 1, rng),
    lambda params: loss(params, rows[validation], wanted[validation]),
    init(rng, 960, 8, 4),
    40,
)[0]
### END SOLUTION

# %% [markdown]
# Look at it before you go on. The first cell shows faces that it takes for another pose, if there are any;
# the second checks it.

# %% id="look-at-mistakes"
decided = predict(forward(network, inputs(pictures))[1])
wrong = np.flatnonzero(decided != poses)[:8]
print(confusion(poses[people >= 12], decided[people >= 12], 4))
if len(wrong):
    show_pictures(
        pictures[wrong] / 255, [f"{POSES[poses[n]]}, taken for {POSES[decided[n]]}" for n in wrong], 4
    )

# %% test="test-my-network" points=3
units = len(network["b1"]) if isinstance(network, dict) and "b1" in network else 0
check_parameters("network", network, 960, units, 4)
check_between("the number of hidden units of network", units, 2, 20)
seen = pictures.reshape(-1, 960) / 255
held = people >= 12
right = share_right(network, seen[held], poses[held])
check_between("the share of faces of people 12 to 15 for which network is right", right, 0.8, 1.0)
assert len(np.unique(np.round(network["W1"], 9), axis=0)) == units, "Hidden units of network are equal."
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
from mlpkit import datasets

strangers = datasets.faces(hidden_rng("ps7 strangers"), people=6, per_pose=4)
right = share_right(network, strangers.x, strangers.d.argmax(axis=1))
check_between("the share of faces of six strangers for which network is right", right, 0.8, 1.0)
### END HIDDEN TESTS

# %% test="test-my-network-well" points=2
right = share_right(network, pictures[people >= 12].reshape(-1, 960) / 255, poses[people >= 12])
check_between("the share of faces of people 12 to 15 for which network is right", right, 0.95, 1.0)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
from mlpkit import datasets

strangers = datasets.faces(hidden_rng("ps7 strangers"), people=6, per_pose=4)
right = share_right(network, strangers.x, strangers.d.argmax(axis=1))
check_between("the share of faces of six strangers for which network is right", right, 0.95, 1.0)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 10. Other settings: a poll (2 points)
#
# Predict first, then try. Each run has 8 hidden units, 30 epochs of `train` with mini-batches of 4, and
# settings as below; `init` unless something else is said.
#
# | letter | $\eta$ | $\alpha$ | start |
# |---|---|---|---|
# | A | 0.3 | 0.3 | as in problem 4 |
# | B | 0.0003 | 0.3 | as in problem 4 |
# | C | 30 | 0.3 | as in problem 4 |
# | D | 0.3 | 0.99 | as in problem 4 |
# | E | 0.3 | 0.3 | all weights and biases 0.05 |
# | F | 0.1 | 0.7 | as in problem 4 |
#
# 1. Which runs end with more than 9 of 10 validation faces right?
# 2. In which are all hidden units equal at the end?


# %% solution="poll"
def which_learn():
    """Letters from A to F: runs that end with more than 9 of 10 faces right."""
    # Hint: how long a step does momentum make of many steps in one direction?
    ### BEGIN SOLUTION
    return {"A", "F"}
    ### END SOLUTION


def which_stay_equal():
    """Letters from A to F: runs at whose end all hidden units are equal."""
    # Hint: what could make two units different that start equal?
    ### BEGIN SOLUTION
    return {"E"}
    ### END SOLUTION


# %% test="test-poll" points=2
learn = check_letters("which_learn()", call(which_learn), "ABCDEF")
equal = check_letters("which_stay_equal()", call(which_stay_equal), "ABCDEF")
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
check_choice("which_learn()", learn, "AF")
check_choice("which_stay_equal()", equal, "E")
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 11. Weights as pictures (3 points)
#
# A hidden unit has one weight for each pixel, so its weights **are** a picture: orange where light
# pixels push the unit up, blue where they push it down. To compare units, divide the weights of each by
# the largest absolute value among them; 0 then stays 0. The bias belongs to no pixel and is left out.


# %% solution="weight-images"
def weight_images(params, shape=(30, 32)):
    """The weights into each hidden unit as a picture, scaled to lie between -1 and 1.

    Parameters
    ----------
    params : dict
    shape : pair of whole numbers
        Rows and columns of a picture.

    Returns
    -------
    array (D1, rows, columns)

    Examples
    --------
    >>> weight_images({"W1": np.array([[1.0, -4.0, 0.0, 2.0]])}, (2, 2))
    array([[[ 0.25, -1.  ],
            [ 0.  ,  0.5 ]]])
    """
    # Hint: keepdims=True lets every row be divided by a number of its own.
    ### BEGIN SOLUTION
    W = params["W1"]
    return (W / np.abs(W).max(axis=1, keepdims=True)).reshape(-1, *shape)
    ### END SOLUTION


# %% test="test-weight-images" points=3
W = np.array([[1.0, -4.0, 0.0, 2.0, 3.0, -1.0], [-2.0, 1.0, 1.0, 0.0, 0.5, 1.0]])
params = {"W1": W, "b1": np.array([9.0, -9.0]), "W2": np.ones((3, 2)), "b2": np.zeros(3)}
right = np.array([[[0.25, -1.0, 0.0], [0.5, 0.75, -0.25]], [[-1.0, 0.5, 0.5], [0.0, 0.25, 0.5]]])
check_values(
    "weight_images of two units, pictures of 2 x 3",
    call(weight_images, params, (2, 3)),
    right,
    "Pixels row by row; each unit divided by its own largest absolute weight.",
    mistakes={
        "the weights without scaling": W.reshape(2, 2, 3),
        "absolute values; the sign tells which way a pixel pushes": np.abs(right),
        "the weights divided by the largest of all units; scale each unit by its own": W.reshape(2, 2, 3) / 4,
        "the weights stretched from their least to their greatest, which moves the 0": np.array(
            [
                [[0.714285714, 0.0, 0.571428571], [0.857142857, 1.0, 0.428571429]],
                [[0.0, 1.0, 1.0], [0.666666667, 0.833333333, 1.0]],
            ]
        ),
        "the weights divided by their largest value, not their largest absolute value": np.array(
            [W[0].reshape(2, 3) / 3, W[1].reshape(2, 3)]
        ),
        "pictures with rows and columns exchanged: reshape to (rows, columns)": right.reshape(
            2, 3, 2
        ).transpose(0, 2, 1),
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
params, X, d = random_network(hidden_rng("ps7 images"), 960, 3, 4, 1)
W = params["W1"]
wanted = np.stack([row.reshape(30, 32) / np.abs(row).max() for row in W])
check_values("weight_images of three units of 30 x 32", call(weight_images, params), wanted)
check_keeps_input("weight_images", weight_images, params)
### END HIDDEN TESTS

# %% id="look-at-weights"
show_weights(weight_images(network), [f"hidden unit {j + 1}" for j in range(len(network["b1"]))])
print("weights from the hidden units to the outputs")
print(" " * 12 + "  ".join(f"unit {j + 1}".rjust(6) for j in range(len(network["b1"]))))
for pose, row in zip(POSES, network["W2"], strict=True):
    print(f"{pose:>10}  " + "  ".join(f"{weight:6.2f}" for weight in row))

# %% [markdown]
# ## Problem 12. What does an output listen to? (4 points)
#
# Backpropagation need not stop at the weights. One step further, and it tells how an output moves when
# a **pixel** of this very picture is made lighter: $\partial y_i/\partial x$, a picture again. Start
# from an output unit itself, not from the loss; so the first factor is its own slope, $y(1-y)$.


# %% solution="saliency"
def saliency(params, x, unit):
    """Derivative of one output to every input.

    Parameters
    ----------
    params : dict
    x : array (D0,)
        One instance.
    unit : whole number
        Which output, from 0.

    Returns
    -------
    array (D0,)

    Examples
    --------
    >>> params, X, d = small_network()
    >>> saliency(params, X[0], 0).round(4)
    array([-0.1178, -0.1016])
    """
    # Hint: forward for a batch of one, then back: W2[unit], the slopes of the hidden units, W1.
    ### BEGIN SOLUTION
    Y1, Y2 = forward(params, x[None, :])
    y1, y = Y1[0], Y2[0, unit]
    return (y * (1 - y) * params["W2"][unit] * y1 * (1 - y1)) @ params["W1"]
    ### END SOLUTION


# %% test="test-saliency-own" points=2
params, X, d = random_network(variant_rng("ps7 saliency"), 6, 4, 3, 1)
x = 2 * X[0]
check_slopes(
    "saliency(params, x, 2)",
    call(saliency, params, x, 2),
    "forward",
    lambda x: np.array(forward(params, x[None, :])[1])[0, 2],
    x,
    (),
    moving=False,
)
visible_checks_passed(hidden=1)
### BEGIN HIDDEN TESTS
params, X, d = random_network(hidden_rng("ps7 saliency-own"), 7, 3, 4, 1)
x = 2 * X[0]
check_slopes(
    "saliency(params, x, 1)",
    call(saliency, params, x, 1),
    "forward",
    lambda x: np.array(forward(params, x[None, :])[1])[0, 1],
    x,
    (),
    moving=False,
)
### END HIDDEN TESTS

# %% test="test-saliency-reference" points=2
params, X, d = small_network()
check_values(
    "saliency(params, X[0], 0)",
    call(saliency, params, X[0], 0),
    [-0.117847748, -0.101580154],
    "Two slopes y(1 - y), one of the output and one of the hidden units, between the weights.",
    mistakes={
        "the derivative of the sum before the output; its slope y(1 - y) is missing": [
            -0.480888303,
            -0.414506927,
        ],
        "the right one without the slopes of the hidden units": [-0.612656555, -0.490125244],
        "the right one with the wrong sign": [0.117847748, 0.101580154],
        "the derivative of the other output; unit counts from 0": [0.089042509, 0.006901786],
    },
)
visible_checks_passed(hidden=2)
### BEGIN HIDDEN TESTS
params, X, d = random_network(hidden_rng("ps7 saliency"), 7, 4, 3, 1)
Y1 = 1 / (1 + np.exp(-(X @ params["W1"].T + params["b1"])))[0]
Y2 = 1 / (1 + np.exp(-(Y1 @ params["W2"].T + params["b2"])))
inner = params["W2"] @ np.diag(Y1 * (1 - Y1)) @ params["W1"]
check_values("saliency of output 2", call(saliency, params, X[0], 2), Y2[2] * (1 - Y2[2]) * inner[2])
check_keeps_input("saliency", saliency, params, X[0], 1)
### END HIDDEN TESTS

# %% [markdown]
# ## Problem 13. What can it not do without? (2 points)
#
# A coarser question, which needs no derivative: cover a patch of the picture with grey and see how far
# the output **falls**. Move the patch over the picture without overlap, from the top left, and write
# down the fall for each place.


# %% solution="occlusion"
def occlusion(output, picture, size=6):
    """By how much an output falls when a patch is covered with grey, 0.5.

    Parameters
    ----------
    output : function
        output(picture) gives a number.
    picture : array (rows, columns)
        Pixels in [0, 1].
    size : whole number
        Side of the patch; what is left over at the right and at the bottom is never covered.

    Returns
    -------
    array (rows // size, columns // size)
        Output for the whole picture minus output with this patch covered.

    Examples
    --------
    >>> occlusion(lambda picture: picture.sum(), np.array([[1.0, 0.5], [0.0, 0.75]]), size=1)
    array([[ 0.5 ,  0.  ],
           [-0.5 ,  0.25]])
    """
    # Hint: cover a copy, or the second patch finds the first one still covered.
    ### BEGIN SOLUTION
    falls = np.zeros((picture.shape[0] // size, picture.shape[1] // size))
    for i, j in np.ndindex(falls.shape):
        covered = picture.copy()
        covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0.5
        falls[i, j] = output(picture) - output(covered)
    return falls
    ### END SOLUTION


# %% test="test-occlusion" points=2
picture = np.array(
    [
        [1.0, 1.0, 0.5, 0.5, 0.0, 0.25],
        [1.0, 1.0, 0.5, 0.5, 0.0, 0.25],
        [0.5, 0.0, 1.0, 0.5, 0.75, 0.75],
        [0.5, 0.0, 1.0, 0.5, 0.75, 0.75],
    ]
)
right = np.array([[2.0, 0.0, -1.5], [-1.0, 1.0, 1.0]])
check_values(
    "occlusion of the sum of all pixels, picture of 4 x 6, size=2",
    call(occlusion, lambda picture: float(picture.sum()), picture, 2),
    right,
    "Output of the whole picture minus output with one patch at 0.5.",
    mistakes={
        "the rise instead of the fall: whole minus covered": -right,
        "outputs; subtract them from the output of the whole picture": picture.sum() - right,
        "the result of leaving earlier patches covered: cover a copy": right.cumsum().reshape(2, 3),
        "the result of covering with black, 0; grey is 0.5": right + 2,
    },
)
visible_checks_passed(hidden=3)
### BEGIN HIDDEN TESTS
rng = hidden_rng("ps7 occlusion")
picture, weights = rng.uniform(size=(7, 9)), rng.normal(size=(7, 9))
falls = call(occlusion, lambda picture: float((weights * picture**2).sum()), picture, 3)
change = weights * (picture**2 - 0.25)
wanted = [[change[i : i + 3, j : j + 3].sum() for j in (0, 3, 6)] for i in (0, 3)]
check_values("occlusion of 7 x 9 with size=3", falls, wanted, "What is left over is never covered.")
check_values("occlusion of a constant", call(occlusion, lambda picture: 1.0, picture, 7), [[0.0]])
sizes = []
call(occlusion, lambda picture: sizes.append(np.shape(picture)) or 0.0, picture, 3)
check_values("the shapes of the pictures that occlusion shows", np.array(sorted(set(sizes))), [[7, 9]])
### END HIDDEN TESTS

# %% id="look-at-one-face"
chosen = [int(np.flatnonzero((people == 13) & (poses == pose))[0]) for pose in range(4)]
faces = [pictures[n] / 255 for n in chosen]
show_pictures(faces, [f"a face turned {pose}" if pose != "straight" else "straight" for pose in POSES], 4)
slopes = [saliency(network, face.ravel(), pose).reshape(30, 32) for pose, face in enumerate(faces)]
show_weights([slope / np.abs(slope).max() for slope in slopes], [f"listens: {pose}" for pose in POSES])


def output_for(pose):
    """The output for a pose as a function of the picture."""
    return lambda picture: forward(network, picture.reshape(1, -1))[1][0, pose]


falls = [occlusion(output_for(pose), face) for pose, face in enumerate(faces)]
show_weights([fall / np.abs(fall).max() for fall in falls], [f"needs: {pose}" for pose in POSES])

# %% [markdown]
# ## Problem 14. What have the hidden units learned? (written, 6 points)
#
# Choose **two** hidden units. For each of them:
#
# 1. Describe its picture: where is it orange, where is it blue, and which part of the head is there in
#    which pose?
# 2. Say which outputs it drives up or down, by the weights that are printed under the pictures, and why
#    this fits.
# 3. Support it with one number or picture of your own: its output for a few faces, a saliency picture, an
#    occlusion picture.
#
# A unit that seems to look at the background, at hair or at a shoulder is as interesting as one that
# looks at a nose. If you cannot make sense of a unit, say what you have tried: that is an answer, too.

# %% [markdown] written="hidden-units" points=6
# <!-- ### BEGIN SOLUTION -->
# Every trained network has other units, so no answer is the right one. An example, for a network with
# eight hidden units: *Unit 3 is orange along the left edge of the head and blue along the right one.
# When the face is turned to the left, light skin (cheek, nose) comes to the left and dark hair to the
# right, so the unit goes up: its mean output is 0.9 for faces to the left and 0.1 for faces to the
# right. Its weight to "left" is 2.9, to "right" -2.7, and nearly 0 to the two others, which fits. Unit
# 5 is blue in a band over the eyes and orange below the chin: when the face is up, the eyes move up and
# the light underside of the chin comes into view. It drives "up" (3.1) and holds "straight" down
# (-2.4). Covering the patch over the chin lowers the output "up" of person 13 by 0.3, more than any
# other patch.*
#
# **Marking guide.** For each of the two units: one point for a description that fits the picture
# (regions and signs, not just "it looks like a face"), one for the outputs that it drives, with their
# sign and a reason that joins picture and output, one for a number or picture that supports it and is
# read correctly. A description that contradicts the picture: no point for it, the other points stand.
# "This unit recognises noses" without support: one point at most for the unit. An honest "I cannot
# explain it" with two tests tried: full points.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Problem 15. Would you put it into a car? (written, 4 points)
#
# 1. How good is your network, for whom, and how do you know? Use your confusion table.
# 2. Why would the number be worth less if pictures had been dealt out to the two sets at random?
# 3. Name two things about these pictures that make the task easier than it would be in a car, and one
#    experiment that would tell how much they help.

# %% [markdown] written="in-a-car" points=4
# <!-- ### BEGIN SOLUTION -->
# 1. Right for all, or nearly all, of 128 faces of four people who were not in training. Four people are
#    few: the number says little about the next hundred people. Mistakes, if any, are between straight
#    and up, or where a face is turned less than usual.
# 2. Pictures of one person resemble each other. With the same people in both sets, a network that remembers
#    people does well in validation and fails with strangers; the number would be too optimistic.
# 3. The faces are drawn, all heads have nearly the same size and place, the background is empty, there
#    are only four angles with little in between, the light is even. Experiment: shift every validation
#    picture by a few pixels, or darken one half, and count again.
#
# **Marking guide.** 1: one point, for a number with what it was measured on (follow-on errors count as
# right). 2: one point, for people in both sets as the reason. 3: one point for two true
# simplifications, one for an experiment that changes one of them and measures. "More data is needed"
# alone: 0.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## Before you hand in
#
# *Kernel → Restart Kernel and Run All Cells*, then look at the last line under each cell with checks. A
# cell that has not passed its visible checks earns nothing, and it does no harm to the others.
#
# If you want to go on: `sunglasses` says who wears them and `people` who is who. Two lines make targets of
# them, and the same network learns these tasks from the same pictures. Compare the weights with those that
# you have just explained.

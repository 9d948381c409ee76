# %% [markdown] id="title"
# # 13 · Training
#
# You can compute every derivative of a network. A derivative is not yet a trained network: between the two lies
# a row of decisions. Where do the weights begin? How long is a step? How many instances does it look at, and in
# which order? When do we stop, and how do we know that what we got is any good?
#
# Each decision gets an experiment here, and each experiment is one **that can fail**: we say beforehand what
# should happen, the claim stands as an `assert`, and we look at the case where it goes wrong as well.
#
# **You will be able to**
#
# * write the training loop, and say what each of its lines decides;
# * recognise, from a loss curve, equal weights, too large a step, sorted data, a plateau, and over-fitting;
# * choose a network by validation and cross-validation, and say what a test set is for;
# * stop early, and penalise weights, and know what each of them costs.
#
# **You need** the [backward pass](09-the-backward-pass.ipynb), [descent](06-gradient-descent.ipynb) with its step and momentum, and
# [mini-batches as matrices](11-vector-form.ipynb). Take about 90 minutes, and some more for the playground.

# %% id="imports"
import numpy as np

from mlpkit import (
    MLP,
    SGD,
    Stop,
    TrainingDivergedError,
    binary_cross_entropy,
    cross_entropy,
    cross_validate,
    datasets,
    half_squared_error,
    mean_gradients,
    penalty_value,
    sigmoid,
    softmax,
    tanh,
    train,
)
from mlpkit.descent import SURFACES, descend, limit_step
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_function
from mlpkit.explorers.playground import Settings, advance, start_play
from mlpkit.plots import Picture, figure, loss_curves, theme
from mlpkit.widgets import LearningRateExplorer, Playground, Poll, batch_paths

# %% [markdown] id="loop-intro"
# ## The loop
#
# All of training is this. Shuffle the rows, cut them into mini-batches, and for each: forward, backward,
# update. One walk through all rows is an **epoch**.

# %% id="loop"


def one_epoch(net, params, changes, x, d, rng, batch_size, optimizer):
    order = rng.permutation(len(x))
    for first in range(0, len(x), batch_size):
        rows = order[first : first + batch_size]
        gradients = net.backward(params, net.forward(params, x[rows]), d[rows])
        params, changes = optimizer.update(params, gradients, changes)
    return params, changes


# %% [markdown] id="loop-data-intro"
# Try it on three small tasks that stay with us: **XOR** (four rows), **vowels** (ten classes, two inputs;
# lecture 14 says more of them), and a **noisy sine** later on. `mlpkit.train` is the same loop with a record of
# every epoch. Is it really the same?

# %% id="loop-check"
xor = datasets.xor()
sounds = datasets.vowels(np.random.default_rng(0), per_vowel=12).split(
    np.random.default_rng(0), 0.7, 0.3, 0.0
)
spoken, unheard = sounds.train, sounds.validation
reader = MLP(widths=(2, 12, 10), hidden=tanh, output=softmax, divergence=cross_entropy)
reader_start = reader.init(np.random.default_rng(1), scale=0.5)

rule = SGD(step=0.3, momentum=0.5)
params, changes, rng = reader_start, None, np.random.default_rng(4)
for _ in range(3):
    params, changes = one_epoch(reader, params, changes, spoken.x, spoken.d, rng, 10, rule)
same = train(reader, reader_start, spoken, rule, 3, batch_size=10, rng=np.random.default_rng(4))

assert all(np.allclose(params[key], same.params[key], rtol=0, atol=1e-12) for key in params)
print("Three epochs by our loop and by mlpkit.train: equal weights.")
print("loss before and after each:", same.history.loss.round(3))

# %% [markdown] id="equal-intro"
# ## Where to begin: not with equal weights
#
# Lecture 09 began with all weights at 0.1 and its two hidden units became twins.
#
# > **Think first.** Three hidden units, all weights 0.1, trained on XOR for 100 epochs. How much will the three
# > differ?

# %% id="equal"
three = MLP(widths=(2, 3, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
equal = {name: np.full(shape, 0.1) for name, shape in three.shapes().items()}
fast = SGD(step=2.0, momentum=0.9)

twins = train(three, equal, xor, fast, epochs=100)
print("W1 after 100 epochs:\n", twins.params["W1"])
assert (twins.params["W1"] == twins.params["W1"][0]).all()
assert (twins.params["W2"] == twins.params["W2"][:, :1]).all()
print("Not by a single bit. Loss:", round(twins.history.last.loss, 4))

# %% [markdown] id="equal-why"
# Two units that receive the same inputs through equal weights, and feed the same outputs through equal weights,
# play the same part in the network. So their derivatives are equal,
#
# {formula:equal-units-stay-equal}
#
# and the next step moves both alike. No step can ever separate them: three units are one unit, and one unit
# cannot do XOR. (Its loss stays at 0.125, which is what you get for answering one half to everything.)
#
# What is the smallest thing that breaks the spell? Move every weight at random, by at most a thousandth:

# %% id="nearly-equal"
print(f"{'moved by at most':>17} {'epochs to loss 0.01':>20}")
for amount in (0.001, 0.1, 0.5):
    push = three.init(np.random.default_rng(0), scale=amount)
    start = {key: equal[key] + push[key] for key in equal}
    learnt = train(three, start, xor, fast, epochs=3000, stop=Stop(loss=0.01))
    assert learnt.history.last.loss <= 0.01
    print(f"{amount:>17} {learnt.history.last.epoch:>20}")

# %% [markdown] id="scale-intro"
# A difference, once there, grows; but from a thousandth it takes its time. Hence: **small random weights**. How
# small? Weights drawn uniformly from $[-s, s]$ have the variance
#
# {formula:initial-variance}
#
# and a sum of many of them spreads more than a sum of few. The classical advice is $s=0.05$. Let us look at
# what it does to the sums $z$ of a unit with two inputs, and of one that looks at a picture with 960 pixels:

# %% id="scale-spread"
pictures = datasets.faces(np.random.default_rng(0), people=2, per_pose=2)
for data in (xor, pictures):
    wide = MLP(widths=(data.x.shape[1], 500, 1))
    z = wide.forward(wide.init(np.random.default_rng(0), scale=0.05), data.x).z[1]
    print(f"{data.x.shape[1]:>4} inputs: the sums z spread by {z.std(axis=1).mean():.2f}")

# %% [markdown] id="scale-try-intro"
# For the picture that is a good beginning: the units differ, and none is saturated. For two inputs it is
# *almost equal weights* again. The range belongs to the number of inputs. See what becomes of XOR when it is
# too small and when it is too large:

# %% id="scale"
two = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
spread = {}
for scale in (0.05, 0.5, 1, 3, 10, 30):
    start = two.init(np.random.default_rng(1), scale=scale)
    run = train(two, start, xor, fast, epochs=1000, stop=Stop(loss=0.01))
    spread[scale] = run.history.last
    steepest = sigmoid.derivative(two.forward(start, xor.x).z[1]).mean()
    print(
        f"±{scale:<5} slope of the hidden units {steepest:.4f}   {run.history.last.epoch:>4} epochs, loss {run.history.last.loss:.4f}"
    )

assert spread[0.05].loss > 0.12 and spread[1].loss <= 0.01 and spread[30].loss > 0.12

# %% [markdown] id="scale-answer"
# Too small: a plateau where nobody differs from anybody. Too large: the units begin saturated, their slopes are
# near 0, and (lecture 09) every derivative that passes through them is multiplied by that slope.
#
# ## How long is a step?
#
# Lecture 06 found the limit for a quadratic: beyond $2/\lambda_{\max}$ descent runs away. A network's loss is
# no quadratic, but near any point it looks like one, so a limit is there too, only nobody tells it to us.
#
# > **Think first.** As $\eta$ grows, what will you see *before* the loss runs away?

# %% id="step-size"
waves = datasets.curve(np.random.default_rng(0), "sine", n=60)
curve_net = MLP(widths=(1, 8, 1), hidden=tanh)
losses = {}
for eta in (0.01, 0.1, 0.5, 1.0, 2.0):
    start = curve_net.init(np.random.default_rng(1), scale=0.5)
    try:
        run = train(curve_net, start, waves, SGD(eta), epochs=300)
    except TrainingDivergedError as error:
        losses[eta] = None
        print(
            f"η = {eta:<4}  ran away in epoch {error.epoch}: the last finite loss was {error.last_loss:.1e}"
        )
    else:
        losses[eta] = run.history.loss
        print(f"η = {eta:<4}  loss {run.history.last.loss:.4f} after 300 epochs")

assert losses[2.0] is None and losses[0.5][-1] < losses[0.01][-1]

# %% [markdown] id="step-size-look"
# In the picture, look at $\eta=1$, the largest step that still got somewhere: about epoch 150 its loss leaps
# far above where it began, and comes back. That is what a limit looks like from just below: steps that
# overshoot, get away with it, and overshoot again.

# %% id="step-size-picture" fold=true
curves = {f"η = {eta}": values for eta, values in losses.items() if values is not None}
leap = int(losses[1.0].argmax())
assert losses[1.0][leap] > 3 * losses[1.0][0]
Picture(
    loss_curves(curves),
    "Loss over 300 epochs for four steps. With 0.01, 0.1 and 0.5 it falls all the way, the faster the larger the step; with 1.0 it is "
    f"lowest of all for a while, leaps to {losses[1.0][leap]:.2f} in epoch {leap}, and falls again. In the end it is "
    + ", ".join(f"{values[-1]:.3f} for {eta}" for eta, values in losses.items() if values is not None)
    + ".",
)

# %% [markdown] id="saturated-failure"
# That failure is loud. There is a quiet one. Where the output is a sigmoid, the loss *cannot* run away: the
# outputs stay between 0 and 1 whatever the weights. A giant step throws all units into saturation, and there
# they stay.

# %% id="saturated-failure-code"
for eta in (2.0, 1000.0):
    run = train(two, two.init(np.random.default_rng(1), scale=1.0), xor, SGD(eta, 0.9), epochs=400)
    last = run.history.last
    print(f"η = {eta:>6}: loss {last.loss:.4f}, {last.accuracy:.0%} right, gradient {last.gradient_norm:.1e}")

assert np.isfinite(last.loss) and last.accuracy == 0.5 and last.gradient_norm < 1e-20
print("outputs:", two.forward(run.params, xor.x).output.ravel())

# %% [markdown] id="saturated-moral"
# A finite loss that does not move, a gradient of nearly nothing, and answers at chance. **A gradient of length
# 0 does not mean that you have arrived.** It may mean that the network is dead.
#
# ## How many instances a step?
#
# The loss is a mean over all $T$ instances, and its gradient the mean of theirs. **Batch** training computes
# just that for each step. **Stochastic** descent takes one instance and steps at once,
#
# {formula:stochastic-step}
#
# and a **mini-batch** $\mathcal B$ of $B$ instances lies between:
#
# {formula:mini-batch-gradient}
#
# Below are the three on the same little problem with two weights, from the same start, with the same $\eta$.
# Watch two things: *how far each gets in an epoch*, and *what each does once it is near the minimum*. Then make
# $\eta$ larger.

# %% id="batch-paths"
batch_paths()

# %% [markdown] id="batch-size-intro"
# Batch: few steps, each in the right direction. Stochastic: many steps, each only roughly right; they get there
# sooner, and then they rattle. The same on the vowels, for the same 30 epochs:


# %% id="batch-size"
def after_30_epochs(batch_size, step):
    run = train(
        reader, reader_start, spoken, SGD(step), 30, batch_size=batch_size, rng=np.random.default_rng(1)
    )
    return run.history.last.loss


reached = {size: after_30_epochs(size, 0.3) for size in (len(spoken), 32, 8)}
for size, loss in reached.items():
    print(f"batches of {size:>3}: {30 * -(-len(spoken) // size):>4} steps, loss {loss:.3f}")
assert reached[8] < reached[32] < reached[len(spoken)]

# %% [markdown] id="batch-size-cost"
# All three looked at each instance thirty times. Why not always take one at a time, then? Because a matrix
# product with eight rows costs hardly more time than one with a single row (lecture 11), and because the noise
# must be paid with a smaller step. Mini-batches of some 8 to 256 are what people use.

# %% id="poll-noise" fold=true
Poll(
    "Stochastic descent with a fixed step has come near the minimum. What happens from now on?",
    [
        "It settles, because the gradient of the loss is nearly 0 there.",
        "It keeps rattling about the minimum, in a region that shrinks with $\\eta$.",
        "It runs away, because single instances disagree.",
    ],
    answer=1,
    reasons=[
        "The mean of the gradients is nearly 0. Those of the single instances are not, and it steps along single ones.",
        "Each instance pulls towards its own optimum. To settle, let the step decay: lecture 06 has a rule for it.",
        "They disagree, but they pull in all directions, so they hold each other near the minimum.",
    ],
    name="Poll: stochastic descent near the minimum",
)

# %% [markdown] id="try-mean-intro"
# ### Try it: the last batch is smaller
#
# Eleven instances in batches of four: 4, 4 and 3. You have the mean gradient of each batch; you want the mean
# over all eleven. A plain mean of the three is *not* it. Write the function.


# %% id="try-mean"
def joined_mean(means, sizes):
    """Mean over all instances from the means of batches, `means` and `sizes` of shape (batches,)."""
    return None  # your line here


# %% id="try-mean-check"
check_function(
    "joined_mean",
    joined_mean,
    [(np.array([1.0, 2.0]), np.array([3, 3])), (np.array([1.0, 2.0, 6.0]), np.array([4, 4, 3]))],
    lambda means, sizes: np.average(means, weights=sizes),
    hint="A batch of 3 speaks for 3 instances, a batch of 4 for 4.",
)

# %% [markdown] id="try-mean-solution-intro"
# The solution is folded in the next cell. It also shows the whole thing on a real gradient.


# %% id="try-mean-solution" fold=true
def joined_mean_solution(means, sizes):
    return (means * sizes).sum() / sizes.sum()


x, d = spoken.x[:11], spoken.d[:11]
parts = [mean_gradients(reader, reader_start, x[n : n + 4], d[n : n + 4])[1]["b2"][0] for n in (0, 4, 8)]
whole = mean_gradients(reader, reader_start, x, d)[1]["b2"][0]
assert np.isclose(joined_mean_solution(np.array(parts), np.array([4, 4, 3])), whole, rtol=0, atol=1e-15)
assert abs(np.mean(parts) - whole) > 1e-4
print("weighted:", round(joined_mean_solution(np.array(parts), np.array([4, 4, 3])), 6))
print("all 11:  ", round(whole, 6), "   plain mean of the three:", round(np.mean(parts), 6))

# %% [markdown] id="shuffle-intro"
# ## In which order?
#
# Data often come sorted: first all of one class, then all of the next. Mini-batches from a sorted list are not
# samples of the data; they are samples of one class.
#
# > **Think first.** Vowels sorted by class, single instances, no shuffling. At the end of an epoch the network
# > has just seen twenty-five instances of *heard* in a row. What will it answer to everything?

# %% id="shuffle"
sorted_rows = spoken.rows(np.argsort(spoken.labels, kind="stable"))
orders = {}
for name, shuffle in (("shuffled anew each epoch", True), ("always in sorted order", False)):
    orders[name] = train(
        reader, reader_start, sorted_rows, SGD(0.1), 15, batch_size=1, rng=np.random.default_rng(1),
        shuffle=shuffle, validation=unheard,
    )  # fmt: skip
    print(f"{name:>25}: {orders[name].history.last.validation_accuracy:.0%} of unheard vowels right")

shuffled, in_order = orders.values()
assert in_order.history.last.validation_accuracy < shuffled.history.last.validation_accuracy - 0.2

said = reader.forward(in_order.params, unheard.x).output.argmax(axis=1)
favourites = np.bincount(said, minlength=10)
print(
    "trained in order, it says",
    {name: int(n) for name, n in zip(unheard.target_names, favourites, strict=True) if n},
)

# %% [markdown] id="shuffle-picture-intro"
# It leans to what it has seen last. And it is no matter of patience: in the picture the sorted run does not
# catch up.

# %% id="shuffle-picture" fold=true
with theme():
    drawn, axes = figure(7.0, 3.8)
    for (name, run), dash in zip(orders.items(), ("-", "--"), strict=True):
        axes.plot(100 * run.history.validation_accuracy, linestyle=dash, label=name)
    axes.set(xlabel="epochs", ylabel="unheard vowels right (%)", ylim=(0, 100))
    axes.set_title("The same data, the same steps, another order")
    axes.legend()
Picture(
    drawn,
    "Share of unheard vowels that are answered right over 15 epochs. Shuffled: "
    f"{shuffled.history.validation_accuracy[5]:.0%} after five epochs and {shuffled.history.validation_accuracy[-1]:.0%} "
    f"after 15. In sorted order: {in_order.history.validation_accuracy[5]:.0%} and {in_order.history.validation_accuracy[-1]:.0%}.",
)

# %% [markdown] id="momentum-intro"
# ## Momentum in a valley
#
# In a long narrow valley the gradient points across, hardly ever along. The step must be small because of the
# steep walls, and then the way along the floor takes for ever. Momentum keeps a share $\alpha$ of the last
# change:
#
# {formula:momentum-change}
#
# Across the valley the gradients alternate and cancel in this sum; along it they agree and add up. Where the
# gradient is the same $g$ step after step, the change grows until
#
# {formula:momentum-limit}
#
# so $\alpha=0.9$ walks ten times as fast. In the explorer below, begin with $\alpha=0$ and count how far the
# way gets. Then raise $\alpha$ to about 0.75, and then to 0.98. *More is not always better: look for the point
# where it begins to swing.*

# %% id="momentum-explorer"
LearningRateExplorer("narrow valley", eta=0.035, alpha=0.0, steps=60)

# %% id="momentum"
valley = SURFACES["narrow valley"]
print("without momentum η must stay below", limit_step(valley.hessian_at([0.0, 0.0])))
steps = {}
for alpha in (0.0, 0.5, 0.75, 0.9):
    steps[alpha] = descend(valley, (-3.5, 1.0), 0.035, momentum=alpha, steps=2000, gradient_norm=1e-3).steps
    print(f"α = {alpha:<4}: {steps[alpha]:>3} steps to the bottom")
assert steps[0.75] < steps[0.5] < steps[0.0] and steps[0.9] > steps[0.75]

# %% [markdown] id="momentum-net"
# A network's loss has valleys of its own. XOR again, the same start and the same $\eta$:

# %% id="momentum-xor"
start = two.init(np.random.default_rng(1), scale=1.0)
epochs = {}
for alpha in (0.0, 0.5, 0.9):
    run = train(two, start, xor, SGD(2.0, alpha), epochs=2000, stop=Stop(loss=0.01))
    epochs[alpha] = run.history.last.epoch
    print(f"α = {alpha}: {epochs[alpha]:>3} epochs to loss 0.01")
assert epochs[0.5] < 0.6 * epochs[0.0] and epochs[0.9] < epochs[0.0] / 6

# %% id="poll-momentum" fold=true
Poll(
    "On a long even slope, descent with $\\eta=0.1$ and $\\alpha=0.9$ ends up moving as fast as descent without momentum and with",
    ["$\\eta=0.09$.", "$\\eta=0.19$.", "$\\eta=1$."],
    answer=2,
    reasons=[
        "The share 0.9 is not taken of the step but of the whole last change, which holds a share of the one before, and so on.",
        "That is so after two steps: 0.1 + 0.09. The sum goes on: + 0.081 + ...",
        "0.1 · (1 + 0.9 + 0.81 + ...) = 0.1/(1 - 0.9) = 1. A speed that plain descent might not survive on the next bend.",
    ],
    name="Poll: speed with momentum",
)

# %% [markdown] id="local-question"
# ## Is a local minimum a global one?
#
# Not in general, and one single weight is enough to show it. A sigmoid unit without bias sees three instances:
# two with a small input that want 0.9, one with a large input that wants 0.1. A positive weight serves the two,
# a negative one serves the third.

# %% id="two-minima"
unit = MLP(widths=(1, 1), output=sigmoid, divergence=half_squared_error)
inputs, wanted = np.array([[0.5], [0.5], [5.0]]), np.array([[0.9], [0.9], [0.1]])


def loss_of_weight(net, w):
    return net.loss({"W1": np.array([[w]]), "b1": np.zeros(1)}, inputs, wanted)


places = np.linspace(-3, 8, 1101)
squared = np.array([loss_of_weight(unit, w) for w in places])
low = [n for n in range(1, 1100) if squared[n] < squared[n - 1] and squared[n] < squared[n + 1]]
print("minima of the squared error at", places[low].round(2), "with loss", squared[low].round(4))

assert len(low) == 2

likely = MLP(widths=(1, 1), output=sigmoid, divergence=binary_cross_entropy)
crossed = np.array([loss_of_weight(likely, w) for w in places])
valleys = np.flatnonzero((crossed[1:-1] < crossed[:-2]) & (crossed[1:-1] < crossed[2:]))
assert len(valleys) == 1
print("the only minimum of the cross-entropy:", places[valleys + 1].round(2))

# %% id="two-minima-picture" fold=true
with theme():
    drawn, (left, right) = figure(8.4, 3.6, columns=2)
    left.plot(places, squared)
    left.plot(places[low], squared[low], "o", color="#b34700")
    left.set(xlabel="weight", ylabel="loss", title="Squared error: two minima")
    right.plot(places, crossed)
    right.plot(places[valleys + 1], crossed[valleys + 1], "o", color="#b34700")
    right.set(xlabel="weight", title="Cross-entropy: one")
Picture(
    drawn,
    "Loss of one sigmoid unit over its only weight. The squared error has a minimum of "
    f"{squared[low[0]]:.4f} at {places[low[0]]:.2f} and another of {squared[low[1]]:.4f} at {places[low[1]]:.2f}, with a rise "
    f"between. The cross-entropy has one minimum, at {places[valleys[0] + 1]:.2f}.",
)

# %% [markdown] id="two-minima-answer"
# Begin to the right of the rise and you end in the worse one, however small your steps. For a *single* unit
# cross-entropy mends it; with hidden units both losses have several valleys. What can be done? Two pieces of
# advice are everywhere: *use momentum*, and *try another start*. Test both. First momentum, on a plain surface
# with two minima, from forty random starts:

# %% id="momentum-minima"
hills = SURFACES["two minima"]
starts = [np.random.default_rng(seed).uniform(-1.8, 1.8, size=2) for seed in range(40)]


def ends_in_the_better(start, alpha):
    return bool(descend(hills, start, 0.1, momentum=alpha, steps=400).points[-1][0] < 0)


found = {alpha: [ends_in_the_better(start, alpha) for start in starts] for alpha in (0.0, 0.9)}
gained = sum(b and not a for a, b in zip(*found.values(), strict=True))
lost = sum(a and not b for a, b in zip(*found.values(), strict=True))
print(
    f"better minimum found from {sum(found[0.0])} starts without momentum, from {sum(found[0.9])} with α = 0.9:"
)
print(f"{gained} starts were carried over into the better one, {lost} out of it")
assert gained > 0 and lost > 0

# %% [markdown] id="restarts-intro"
# Momentum carries over rises, and it does not ask in which direction. Its gift is speed in valleys; "it frees
# you from local minima" is half the truth.
#
# Now other starts, and more hidden units. XOR from eight starts each:

# %% id="restarts"
for units in (2, 4):
    xor_net = MLP(widths=(2, units, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
    runs = [
        train(xor_net, xor_net.init(np.random.default_rng(seed), 1.0), xor, fast, 500, stop=Stop(loss=0.01))
        for seed in range(8)
    ]
    stuck = [seed for seed, run in enumerate(runs) if run.history.last.loss > 0.01]
    print(f"{units} hidden units: {8 - len(stuck)} of 8 starts learn; stuck: seeds {stuck}")
    assert units == 2 or not stuck

# %% [markdown] id="stuck-intro"
# Two units suffice for XOR, and still four are easier to *train*: with more weights there are more ways round.
# And what is it that holds the unlucky ones? Look at seed 0 for longer:

# %% id="stuck"
start = two.init(np.random.default_rng(0), scale=1.0)
for epochs_done in (500, 2000):
    run = train(two, start, xor, fast, epochs=epochs_done)
    longest = max(np.abs(value).max() for key, value in run.params.items() if key.startswith("W"))
    print(
        f"{epochs_done:>4} epochs: loss {run.history.last.loss:.5f}, gradient {run.history.last.gradient_norm:.0e}, "
        f"largest weight {longest:.1f}"
    )
assert run.history.last.loss > 1 / 16 and longest > 8

# %% [markdown] id="stuck-answer"
# The loss creeps down to $1/16$ and no further (two rows right, the other two answered with one half), and the
# weights grow and grow. Strictly this is no local minimum: the floor goes on falling, for ever less, towards
# weights without end. For you the difference is academic, the remedy is the same: **another start, or a little
# more width.**
#
# ## Too little, too much
#
# Now the question behind all others: does it work on data that it has *not* seen? We need three kinds of data,
# and they must not be mixed up:
#
# * the **training set**: gradients come from here, and from nowhere else;
# * the **validation set**: for decisions (how many units, when to stop, which $\eta$);
# * the **test set**: looked at once, at the end, for the number that you report.
#
# Ten noisy instances of a sine, and networks with 1, 3 and 20 hidden units, trained for long.
#
# > **Think first.** Which one will have the smallest loss on the ten? Which one on a thousand others?

# %% id="fits"
rng = np.random.default_rng(5)
ten, judges, future = (datasets.curve(rng, "sine", n, noise=0.3) for n in (10, 60, 1000))
shapes = {units: MLP(widths=(1, units, 1), hidden=tanh) for units in (1, 3, 20)}


def fit(units, penalty=0.0, kind="L2", stop=None):
    start = shapes[units].init(np.random.default_rng(1), scale=3.0)
    rule = SGD(0.05, 0.9, penalty=penalty, penalty_kind=kind)
    return train(shapes[units], start, ten, rule, 1500, validation=judges, stop=stop)


def loss_on_future(units, result):
    return shapes[units].loss(result.params, future.x, future.d)


fits = {units: fit(units) for units in shapes}
print("units   loss on the ten   on a thousand others")
for units, run in fits.items():
    print(f"{units:>5}   {run.history.last.divergence:>15.4f}   {loss_on_future(units, run):>20.4f}")

assert fits[20].history.last.divergence < fits[3].history.last.divergence < fits[1].history.last.divergence
assert loss_on_future(3, fits[3]) < min(loss_on_future(1, fits[1]), loss_on_future(20, fits[20]))

# %% [markdown] id="fits-look"
# One unit **under-fits**: it cannot say what is to be said. Twenty **over-fit**: they say it, and the noise of
# these ten instances too. Look at how the third curve bends to please single points.

# %% id="fits-picture" fold=true
line = np.linspace(-1, 1, 201)[:, np.newaxis]
with theme():
    drawn, cells = figure(9.4, 3.4, columns=3)
    for cell, (units, run) in zip(cells, fits.items(), strict=True):
        cell.plot(
            line, np.sin(np.pi * line), color="#8c959f", linestyle="--", linewidth=1.4, label="true curve"
        )
        cell.plot(line, shapes[units].forward(run.params, line).output, label="network")
        cell.plot(ten.x, ten.d, "o", color="#b34700", markersize=5, label="the ten")
        cell.set(ylim=(-1.9, 1.9), xlabel="x", title=f"{units} hidden unit{'s' * (units > 1)}")
    cells[0].set_ylabel("d")
    cells[0].legend(fontsize=8, loc="upper left")
Picture(
    drawn,
    "Three networks trained on ten noisy instances of a sine. One hidden unit gives a gentle rise that misses the turns; three follow "
    "the turns; twenty make a turn more, at the left, where they dive through three instances while the sine rises. Losses on a thousand others: "
    + ", ".join(f"{loss_on_future(units, run):.3f}" for units, run in fits.items())
    + ".",
)

# %% [markdown] id="early-intro"
# ## Stop early
#
# The network of 20 units did not begin over-fitted. It became so, and the validation loss tells when. (In the
# first fifty epochs both curves swing: large weights, much momentum.) Look for the epoch at which the upper
# curve turns:

# %% id="early-picture" fold=true
history = fits[20].history
turn = int(history.validation_loss.argmin())
Picture(
    loss_curves({"training": history.loss[:800], "validation": history.validation_loss[:800]}),
    f"Training and validation loss over 800 epochs. The training loss falls all the way to {history.loss[799]:.3f}. The validation "
    f"loss is least after {turn} epochs, {history.validation_loss[turn]:.3f}, and then rises to {history.validation_loss[799]:.3f}.",
)

# %% [markdown] id="early-formula"
# **Early stopping** takes the weights of the epoch with the least validation loss,
#
# {formula:early-stopping}
#
# As nobody knows the future, one waits a number of epochs, the *patience*, for a new best before giving up.

# %% id="early"
early = fit(20, stop=Stop(patience=100))
print("stopped because", early.stopped)
print(
    f"loss on a thousand others: {loss_on_future(20, early):.4f}, trained to the end {loss_on_future(20, fits[20]):.4f}"
)
assert early.epoch == turn < early.history.last.epoch == turn + 100
assert loss_on_future(20, early) < 0.75 * loss_on_future(20, fits[20])

# %% [markdown] id="try-early-intro"
# ### Try it: when would you stop?
#
# Write early stopping yourself. `losses[0]` is the validation loss before training, `losses[m]` that after
# epoch `m`. Go through them; give up as soon as `patience` epochs in a row have brought no new best. Return the
# epoch of the best so far and the epoch at which you gave up (the last one, if you never do).


# %% id="try-early"
def early_stopping(losses, patience):
    """Epoch of the best validation loss so far, and epoch of giving up, as a pair of whole numbers."""
    return None  # your lines here


# %% id="try-early-check"
validation_losses = [5.0, 3.0, 2.0, 2.5, 2.4, 2.6, 1.0]
answers = {1: (2, 3), 2: (2, 4), 3: (2, 5), 4: (6, 6)}
check_function(
    "early_stopping",
    early_stopping,
    [(validation_losses, patience) for patience in answers],
    lambda losses, patience: answers[patience],
    hint="Only a loss below the best so far starts the counting anew; one that is merely below the last does not.",
)

# %% [markdown] id="try-early-solution-intro"
# The solution is in the folded cell. With patience 3 the good epoch 6 is never seen, with patience 4 it is:
# patience is a bet.


# %% id="try-early-solution" fold=true
def early_stopping_solution(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(losses) - 1


for patience, answer in answers.items():
    assert early_stopping_solution(validation_losses, patience) == answer
waited = early_stopping_solution(fits[20].history.validation_loss, 100)
print("on the validation losses of the 20 units:", waited)
assert waited == (early.epoch, early.history.last.epoch)

# %% [markdown] id="penalty-intro"
# ## A price on weights
#
# To swing from point to point a curve needs large weights. So put a price on them: add a **penalty** to the
# loss,
#
# {formula:penalised-loss}
#
# either on the squares ($L_2$) or on the magnitudes ($L_1$) of all weights (biases go free: they only shift),
#
# {formula:penalty-squares}
#
# {formula:penalty-magnitudes}
#
# Lecture 04 met them as prior beliefs, normal and Laplace, about the weights. What do they do to a step? The
# derivative of the first is $\lambda w$, so
#
# {formula:weight-decay-step}
#
# Each step first shrinks each weight by the same *share*: hence the name **weight decay**. The other one takes
# away the same *amount* from each weight, however small it is:
#
# {formula:lasso-step}
#
# > **Think first.** Which of the two leaves many weights at (nearly) zero?


# %% id="penalty"
def weights_of(run):
    return np.concatenate([run.params["W1"].ravel(), run.params["W2"].ravel()])


print(
    f"{'penalty':>10} {'on the ten':>11} {'on others':>10} {'largest weight':>15} {'weights below 0.01':>19}"
)
priced = {}
for kind, strength in (("L2", 0.0), ("L2", 0.001), ("L1", 0.003), ("L2", 0.03)):
    run = fit(20, strength, kind) if strength else fits[20]
    w, others = np.abs(weights_of(run)), loss_on_future(20, run)
    priced[kind, strength] = others, int((w < 0.01).sum()), penalty_value(run.params, strength, kind)
    print(
        f"{kind} {strength:>7} {run.history.last.divergence:>11.4f} {others:>10.4f} {w.max():>15.2f} {(w < 0.01).sum():>11} of {len(w)}"
    )

assert priced["L2", 0.001][0] < 0.75 * priced["L2", 0.0][0]
assert priced["L2", 0.03][0] > priced["L2", 0.0][0]
assert priced["L1", 0.003][1] > 25 and priced["L2", 0.001][1] < 5

# %% [markdown] id="penalty-answer"
# A little of either mends the over-fitting without a validation set deciding when to stop. Too much of it and
# the network under-fits: the price is a decision too, to be made by validation. Compare the two middle lines:
# they do equally well on other data, and $L_1$ has switched most of the weights off where $L_2$ has only made
# them smaller. Near zero a share of nearly nothing is nothing, while the amount stays the same. (In the last
# line most are gone as well: at that price few units are worth their weights.)
#
# ### Where a source is wrong
#
# An introductory deck (*B*) writes the step with $-\lambda w$. For the penalty that it names, the step
# multiplies *all* of the derivative, so it must be $-\eta\lambda w$. (What it calls λ is our ηλ; whoever copies
# a value of λ from it penalises too little.) The proof, computed with differences:

# %% id="penalty-erratum"
proof = erratum("b-weight-decay").proof()
assert proof.right_holds and not proof.printed_holds
print(proof.evidence)

# %% [markdown] id="cross-intro"
# ## How many hidden units? Ask every fold
#
# Sixty instances for validation were a luxury: often there are only thirty in all. **Cross-validation** divides
# them into $K$ folds. Each fold is once the judge while the network is trained on all the others, and the
# verdicts are averaged:
#
# {formula:cross-validation}

# %% id="cross-validation"
thirty = datasets.curve(np.random.default_rng(5), "sine", n=30, noise=0.3)
choice = cross_validate(
    lambda units: MLP(widths=(1, units, 1), hidden=tanh),
    thirty,
    choices=(1, 2, 3, 20),
    folds=5,
    rng=np.random.default_rng(0),
    optimizer=SGD(0.05, 0.9),
    epochs=400,
    scale=2.0,
)
assert choice.mean[0] == choice.mean.max()
choice

# %% [markdown] id="cross-answer"
# One unit is clearly too few. Among those from 3 on the differences are smaller than their standard errors: the
# data do not say more than that. A sober rule is to take the *simplest* choice within one standard error of the
# best:

# %% id="cross-simplest"
print("best mean:", choice.chosen, "units; simplest within one standard error:", choice.simplest)
assert choice.simplest < choice.chosen

# %% [markdown] id="selection-intro"
# ## Why the test set is looked at once
#
# Here are 200 "classifiers" that toss coins. Each is scored on 20 validation instances, and we keep the best.
# What will it do on 40 instances that did not take part in the choice?

# %% id="selection"
rng = np.random.default_rng(0)
truth, tossed = rng.integers(0, 2, size=60), rng.integers(0, 2, size=(200, 60))
right = tossed == truth
by_validation, by_test = right[:, :20].mean(axis=1), right[:, 20:].mean(axis=1)
winner = by_validation.argmax()
print(
    f"the best of 200: {by_validation[winner]:.0%} on the 20 it was chosen by, {by_test[winner]:.0%} on 40 others"
)
assert by_validation[winner] >= 0.75 and by_test[winner] < 0.65

# %% [markdown] id="selection-answer"
# The score by which something was chosen is too good: it holds the luck as well. That is as true of networks as
# of coins. So: decide by validation as often as you like, and let a test set that has decided nothing say the
# final number. Once.

# %% id="poll-test" fold=true
Poll(
    "Which of these spoil the test set as a judge? (Several may.)",
    [
        "Scaling the inputs with mean and deviation of all data, test instances included.",
        "Taking the epoch with the best test loss.",
        "Training again on training and validation data together, with everything decided.",
        "Dropping a hidden unit because the test score was poor.",
    ],
    answer=[0, 1, 3],
    reasons=[
        "The test instances had a say in the inputs. Usually a small one, but take the scale from the training data.",
        "That is early stopping with the test set as validation set: its score is now the best of many.",
        "A good habit: nothing is decided any more, and the test set has still not been seen.",
        "A decision made by the test set. From now on it is a validation set, and you need another test set.",
    ],
    name="Poll: what spoils a test set",
)

# %% [markdown] id="stopping-intro"
# ## When to stop, if nothing over-fits
#
# Other criteria watch training itself: the loss has hardly changed, the gradient is short, the loss is small
# enough, the epochs are used up. Each can be fooled. XOR from small weights lies on its plateau at first:

# %% id="stopping"
start = two.init(np.random.default_rng(1), scale=0.5)
criteria = (Stop(loss_change=1e-5), Stop(gradient_norm=1e-3), Stop(loss=0.01))
ends = [train(two, start, xor, fast, epochs=2000, stop=stop) for stop in criteria]
for run in ends:
    print(f"epoch {run.history.last.epoch:>3}, loss {run.history.last.loss:.4f}: {run.stopped}")
assert (
    ends[0].history.last.loss > 0.12
    and ends[1].history.last.loss > 0.12
    and ends[2].history.last.loss <= 0.01
)

# %% [markdown] id="stopping-answer"
# The first two stopped on the plateau, with nothing learnt. If you use them, use them together with a look at
# the loss curve.
#
# ## The playground
#
# Everything in one place: data, layers, units, activation, η, α, λ, batch size. The plane is coloured by what
# the network answers; the small pictures are its hidden units; the curve is the loss on training and on test
# data. **Start** and **Pause** with the space bar; the line at the foot is the state of everything: copy it,
# and anybody can restore your network with all its training.
#
# Before you press Start each time, *say what will happen*:
#
# 1. **XOR with one hidden unit.** What is the best that it can do? Then two, then three.
# 2. **Circles without hidden layers.** How will the boundary look? How many units does a closed boundary need?
# 3. **Spirals.** Find settings with more than 90 % on the test data.
# 4. **η = 10, α = 0.9** on "curve: sine". Which sentence appears?
# 5. **Moons with noise 0.5, 3 layers of 8 units**: after a few hundred epochs, how far apart are the two loss
#    curves? And with λ = 0.01?

# %% id="playground"
Playground(data="XOR", hidden=(1,), eta=0.5, alpha=0.5)

# %% [markdown] id="answers-intro"
# The folded cell trains playgrounds with these settings, without pictures. Open it after you have guessed.


# %% id="playground-answers" fold=true
def played(epochs, **settings):
    return advance(start_play(Settings(**settings)), epochs).record


xor_one, xor_three = (played(200, data="XOR", hidden=(units,), eta=0.5, alpha=0.5) for units in (1, 3))
print(
    f"1. XOR: {xor_one.accuracy:.0%} with one unit (three clouds of four), {xor_three.accuracy:.0%} with three"
)
ring = {
    units: played(200, data="circles", hidden=(units,), eta=0.5, alpha=0.5).validation_accuracy
    for units in (1, 2, 3)
}
print(
    "2. circles, a straight line is not enough:",
    ", ".join(f"{share:.0%} with {units}" for units, share in ring.items()),
    "units: a triangle",
)
spirals = played(150, data="spirals", noise=0.02, hidden=(8, 8), eta=0.1, alpha=0.9, seed=3)
print(f"3. spirals: {spirals.validation_accuracy:.0%} with two layers of 8, η = 0.1, α = 0.9")
free, priced_moons = (
    played(300, data="moons", noise=0.5, hidden=(8, 8, 8), penalty=price) for price in (0.0, 0.01)
)
print(f"5. moons: training {free.divergence:.2f}, test {free.validation_loss:.2f}; with λ = 0.01 "
      f"{priced_moons.divergence:.2f} and {priced_moons.validation_loss:.2f}")  # fmt: skip

assert xor_one.accuracy < 0.8 and xor_three.accuracy == 1.0 and spirals.validation_accuracy > 0.9
assert ring[1] < ring[2] < ring[3] and ring[3] > 0.95
assert priced_moons.validation_loss < free.validation_loss - 0.1 and priced_moons.divergence > free.divergence

# %% [markdown] id="outlook"
# ## Outlook
#
# What you have now is the core. Around it grew much that you will meet, all of it trained by the same
# derivatives:
#
# | topic | the idea in a sentence |
# |---|---|
# | dropout | switch off a random half of the hidden units in each step, so that none can lean on another; use all of them when testing |
# | other update rules | a step of its own for each weight, from the sizes of its past gradients (Adagrad, RMSProp, Adam) |
# | normalisation | shift and scale the sums of a layer to mean 0 and deviation 1, learnt with the rest; deep networks train faster |
# | convolutional networks | the same small weights moved over the whole picture: far fewer weights, and a shifted thing stays the same thing |
# | recurrent networks, LSTM | the output goes back in with the next input; gates (lecture 10) decide what is kept; backpropagation through time |
# | attention | weights between positions are not stored but computed from the data, by products and a softmax (lecture 10) |
# | generative, adversarial | one network makes pictures, another tells them from real ones, and each is the other's divergence |
# | adversarial inputs | the derivative to the *input* (lecture 09) shows which tiny change of a picture changes the answer |
# | interpretability | weights as images (lecture 14) is a beginning; what a deep network has learnt is an open question |
# | other ways to train | second derivatives, evolution of weights: where there is a gradient, little beats using it |
#
# ## Summary
#
# * The loop: shuffle, cut, forward, backward, update. Each word of it is a decision.
# * Begin with small **random** weights, small for the number of inputs: equal ones stay equal, large ones
#   saturate.
# * Too large a step runs away, or, behind a sigmoid, dies quietly at chance.
# * Mini-batches, shuffled. Momentum for valleys. Several starts, or some more width, against unlucky ones.
# * Under- and over-fitting are seen on *validation* data; early stopping, a penalty, or fewer units help. The
#   test set is for the end.
#
# **Next:** [lecture 14](14-real-tasks.ipynb) does it all on digits, faces and vowels. **Practise** with
# [problem set 6](../assignments/release/ps6/ps6.ipynb), where you write optimizer, penalty and early stopping.
#
# ### Sources, and where they are wrong
#
# The topics are those of an introductory deck with history and a faces task (*B*), with the mini-batch notation
# of a lecture deck on optimisation and the full algorithms (*A*). Besides the penalty above:
#
# * *B* calls gradient descent an instance of *hill climbing*. It goes down.
# * *B* lets momentum keep one from getting stuck in a local minimum "(i.e. a valley)". A valley is not a
#   minimum, and you have measured what momentum does at minima: sometimes this, sometimes that.
# * *A* calls the loss the sum over all instances; the formula that it gives is the mean. It matters here: with
#   the sum, the best $\eta$ would shrink whenever data are added.

# %% id="errata-proof"
for name in ("b-hill-climbing", "ad-loss-is-the-sum"):
    proof = erratum(name).proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}: {proof.evidence}\n")

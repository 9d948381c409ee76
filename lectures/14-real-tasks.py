# %% [markdown] id="title"
# # 14 · Real tasks
#
# Everything is there: the forward pass, the derivatives, the training. Now use it. Handwritten digits, the turn
# of a head, spoken vowels, a noisy curve: four tasks, and with each the same three questions. *What goes in and
# what comes out? How good is it on what it has not seen? And what has it learnt, really?*
#
# **You will be able to**
#
# * set up inputs, targets, output units and divergence for a task, and say why so;
# * report an honest number: held-out data, a baseline, the kinds of mistakes;
# * look into a network: what a hidden unit looks for, and how to test a story about it;
# * say where a good number stops being true.
#
# **You need** [targets and outputs](02-what-we-minimise.ipynb), [softmax with cross-entropy](10-special-cases.ipynb) and
# [training](13-training.ipynb). Take about 90 minutes.
#
# **What is real here and what is not.** The digits are real scans. The faces are *drawn by a program*: the
# photographs that this task is known by cannot be shipped. The vowels are *random samples* round means that
# were measured on people. Every data set says so itself.

# %% id="imports"
import numpy as np
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from mlpkit import (
    MLP,
    SGD,
    Stop,
    TrainingDivergedError,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    datasets,
    half_squared_error,
    kl_divergence,
    sigmoid,
    softmax,
    tanh,
    train,
)
from mlpkit.exercises import check_function
from mlpkit.plots import SEQUENTIAL, Picture, confusion_matrix, decision_regions, figure, theme
from mlpkit.widgets import Playground, Poll, weight_images

limits = threadpool_limits(limits=1)  # products of matrices as small as ours are fastest on a single core

# %% [markdown] id="two-intro"
# ## Is it a 2?
#
# 1,797 scans of handwritten digits, 8 × 8 pixels with grey values scaled to $[0,1]$: 64 inputs. The simplest
# question is "2 or not 2": one output with a sigmoid, $d=1$ for a 2 and $0$ for the rest, and the binary
# cross-entropy, for which (lecture 04) the output is an estimate of $P(2\mid X)$. We divide the data first,
# before anything is decided: 60 % to train, 20 % to decide, 20 % for the final number.

# %% id="two-data"
two_or_not = datasets.digit_or_not(2)
two_parts = two_or_not.split(np.random.default_rng(0), train=0.6, validation=0.2, test=0.2)
print(two_or_not.description)
print("training:", two_parts.train.class_counts, "  test:", two_parts.test.class_counts)

# %% id="two-pictures" fold=true
with theme():
    drawn, cells = figure(8.0, 2.2, rows=2, columns=10)
    twos, others = (np.flatnonzero(two_or_not.labels == label)[:10] for label in (1, 0))
    for cell, n in zip(cells.ravel(), (*twos, *others), strict=True):
        cell.imshow(two_or_not.images()[n], cmap=SEQUENTIAL, vmin=0, vmax=1)
        cell.set_axis_off()
    drawn.suptitle("Ten instances with d = 1, ten with d = 0", fontweight="bold", x=0.02, ha="left")
named = ", ".join(
    two_or_not.attributes["digit"].names[k] for k in two_or_not.attributes["digit"].labels[others]
)
Picture(
    drawn, f"Twenty scans of 8 by 8 pixels: above ten twos, written differently; below the digits {named}."
)

# %% [markdown] id="baseline"
# > **Think first.** A program that says "not 2" to everything: how many per cent of the test set does it get
# > right?

# %% id="two-train"
judge = MLP(widths=(64, 8, 1), hidden=sigmoid, output=sigmoid, divergence=binary_cross_entropy)
start = judge.init(np.random.default_rng(1), scale=0.1)
two_run = train(
    judge, start, two_parts.train, SGD(0.3, 0.8), 20, batch_size=20, rng=np.random.default_rng(1),
    validation=two_parts.validation,
)  # fmt: skip
two_said = (judge.forward(two_run.params, two_parts.test.x).output[:, 0] > 0.5).astype(int)

lazy = np.mean(two_parts.test.labels == 0)
score = accuracy(judge.forward(two_run.params, two_parts.test.x).output, two_parts.test.d)
print(f'always "not 2": {lazy:.1%} right      the network: {score:.1%}')
assert score > 0.98 and lazy < 0.95

# %% [markdown] id="baseline-answer"
# Ninety per cent, for nothing. **A percentage without its baseline says nothing.** Where classes are of
# different size, ask two other questions: of the true 2s, how many were found (*recall*)? And of those called
# 2, how many are (*precision*)?
#
# ### Try it: recall and precision
#
# `labels` and `said` hold 1 for "2" and 0 for "not 2". Return (recall, precision).

# %% id="try-recall"


def recall_and_precision(labels, said):
    """Share of the true 1s that are said, and share of the said 1s that are true."""
    return None  # your lines here


# %% id="try-recall-check"
check_function(
    "recall_and_precision",
    recall_and_precision,
    [
        (np.array([1, 1, 1, 1, 0, 0]), np.array([1, 1, 1, 0, 1, 0])),
        (np.array([1, 0, 0]), np.array([1, 1, 1])),
    ],
    lambda labels, said: (said[labels == 1].mean(), labels[said == 1].mean()),
    hint="Recall divides by the number of true 1s, precision by the number of said 1s.",
)


# %% id="try-recall-solution" fold=true
def recall_and_precision_solution(labels, said):
    hits = np.sum((labels == 1) & (said == 1))
    return hits / np.sum(labels == 1), hits / np.sum(said == 1)


assert recall_and_precision_solution(np.array([1, 1, 1, 1, 0, 0]), np.array([1, 1, 1, 0, 1, 0])) == (
    0.75,
    0.75,
)
recall, precision = recall_and_precision_solution(two_parts.test.labels, two_said)
print(
    f"the network: recall {recall:.1%}, precision {precision:.1%};   always 'not 2': recall 0 %, precision undefined"
)

# %% id="poll-baseline" fold=true
Poll(
    "A test for a disease that one person in a thousand has is right in 99.9 % of all cases. What do you ask first?",
    [
        "Nothing: 99.9 % is as good as it gets.",
        "What it says of the people who have the disease.",
        "How many hidden units it has.",
    ],
    answer=1,
    reasons=[
        "A test that calls everybody healthy is right in 99.9 % of all cases, too.",
        "Recall. If it is 0, the 99.9 % are those who were never ill.",
        "That may explain a number. First find out what the number is worth.",
    ],
    name="Poll: a rare disease",
)

# %% [markdown] id="ten-intro"
# ## Which digit is it?
#
# Ten classes: ten outputs that say how probable each is, so a softmax; targets one-hot; and the cross-entropy,
# whose derivative to $z$ is simply
#
# {formula:softmax-cross-entropy}
#
# (For one-hot targets cross-entropy and KL divergence are the same number, as their difference is the entropy
# of the target: 0.) The answer is the class of the largest output:
#
# {formula:decision}

# %% id="ten-train"
ten_parts = datasets.digits().split(np.random.default_rng(0), train=0.6, validation=0.2, test=0.2)
reader = MLP(widths=(64, 24, 10), hidden=tanh, output=softmax, divergence=cross_entropy)
ten_run = train(
    reader, reader.init(np.random.default_rng(1), scale=0.1), ten_parts.train, SGD(0.1, 0.8), 30, batch_size=20,
    rng=np.random.default_rng(1), validation=ten_parts.validation, stop=Stop(patience=5),
)  # fmt: skip
test = ten_parts.test
Y = reader.forward(ten_run.params, test.x).output
ten_said = Y.argmax(axis=1)
print(
    f"parameters of epoch {ten_run.epoch}; {accuracy(Y, test.d):.1%} of {len(test)} unseen digits right; guessing: 10 %"
)
assert accuracy(Y, test.d) > 0.95

# %% [markdown] id="ten-confusion-intro"
# Which mistakes? In the table a row is the true digit, a column the answer. Look for numbers beside the
# diagonal, and ask of each whether you understand it.

# %% id="ten-confusion" fold=true
wrong = np.flatnonzero(ten_said != test.labels)
told = "; ".join(f"a {test.labels[n]} taken for {ten_said[n]}" for n in wrong)
Picture(
    confusion_matrix(test.labels, ten_said, test.target_names),
    f"Confusions of {len(test)} unseen digits: all on the diagonal except {len(wrong)}: {told}.",
)

# %% [markdown] id="ten-mistakes-intro"
# Nearly all mistakes end in 8. Here they are, each with what the network said and how sure it was of it. Would
# you have read them all?

# %% id="ten-mistakes" fold=true
with theme():
    drawn, cells = figure(1.35 * max(len(wrong), 2), 1.9, columns=max(len(wrong), 2))
    for cell in cells:
        cell.set_axis_off()
    for cell, n in zip(cells, wrong, strict=False):
        cell.imshow(test.images()[n], cmap=SEQUENTIAL, vmin=0, vmax=1)
        cell.set_title(
            f"{test.labels[n]}, said {ten_said[n]}\n({Y[n].max():.0%} sure)", fontsize=9, fontweight="normal"
        )
Picture(
    drawn,
    f"The {len(wrong)} digits that were read wrongly: "
    + "; ".join(f"a {test.labels[n]}, said {ten_said[n]} with {Y[n].max():.2f}" for n in wrong)
    + ".",
)

# %% [markdown] id="meaning"
# ### What does an output of 0.9 mean?
#
# It *says*: nine times in ten. Whether that is true can be counted. Sort the unseen digits by how sure the
# network was:

# %% id="calibration"
sure, right = Y.max(axis=1), ten_said == test.labels
for low, high in ((0.0, 0.9), (0.9, 0.99), (0.99, 1.01)):
    group = (sure >= low) & (sure < high)
    says, is_right = sure[group].mean(), right[group].mean()
    print(
        f"sure by {low:.2f} to {min(high, 1):.2f}: {group.sum():>3} digits; it says {says:.3f}, right are {is_right:.3f}"
    )
assert right[sure < 0.9].mean() < right[sure >= 0.99].mean()

# %% [markdown] id="weights-explorer-intro"
# Here it is a little too modest. (A network that is trained on until it over-fits becomes too sure of itself.)
#
# ### What do its hidden units look for?
#
# Each hidden unit has 64 weights, one a pixel: they make a picture. Blue pixels raise its sum when they are
# inked, orange ones lower it. Move through units and digits. *Look for units that ask something you can put
# into words* ("ink at the lower left?"). Many cannot be: a unit need not mean anything alone.

# %% id="digit-weights"
weight_images(reader, ten_run.params, test)

# %% [markdown] id="eleven-intro"
# ## And if it is no digit at all?
#
# > **Think first.** What can the ten-class network answer to a picture of a tree?
#
# One of ten digits: the outputs sum to 1, there is no other place to put it. Here are pictures that are no
# digits (generated: pixels in another order, halves of different digits turned upside down, blots).

# %% id="ten-on-none"
mixed = datasets.digits_or_none(np.random.default_rng(0))
mixed_parts = mixed.split(np.random.default_rng(0), train=0.6, validation=0.2, test=0.2)
unseen = mixed_parts.test
no_digit = unseen.labels == 10
certainty = reader.forward(ten_run.params, unseen.x[no_digit]).output.max(axis=1)
print(f"{no_digit.sum()} unseen pictures that are no digits; the ten-class network is more than 90 % sure of a digit "
      f"in {np.mean(certainty > 0.9):.0%} of them")  # fmt: skip
assert np.mean(certainty > 0.9) > 0.3

# %% [markdown] id="eleven-formula"
# The remedy: an eleventh output for "none of the above", with its own targets
#
# {formula:none-of-the-above}
#
# and, what is more work, with instances of that class.

# %% id="eleven-train"
sorter = MLP(widths=(64, 24, 11), hidden=tanh, output=softmax, divergence=cross_entropy)
eleven_run = train(
    sorter, sorter.init(np.random.default_rng(1), scale=0.1), mixed_parts.train, SGD(0.1, 0.8), 30, batch_size=20,
    rng=np.random.default_rng(1), validation=mixed_parts.validation, stop=Stop(patience=5),
)  # fmt: skip
eleven_said = sorter.forward(eleven_run.params, unseen.x).output.argmax(axis=1)
print(f"digits read rightly:        {np.mean(eleven_said[~no_digit] == unseen.labels[~no_digit]):.1%}")
print(f"non-digits recognised:      {np.mean(eleven_said[no_digit] == 10):.1%}")
print(f"digits taken for no digit:  {np.sum(eleven_said[~no_digit] == 10)} of {np.sum(~no_digit)}")
assert (
    np.mean(eleven_said[no_digit] == 10) > 0.8
    and np.mean(eleven_said[~no_digit] == unseen.labels[~no_digit]) > 0.94
)

# %% id="poll-none" fold=true
Poll(
    "The eleven-class network has learnt scrambled digits, mismatched halves and blots. Shown a photograph of a tree it will",
    [
        'say "none of the above", because a tree is none of the above.',
        "say whatever its weights make of it: it has never seen a tree.",
        "give all eleven outputs the same value.",
    ],
    answer=1,
    reasons=[
        "It does not know what the words mean. It knows the instances that carried this label.",
        '"None of the above" is a class like the others, learnt from instances. What is unlike all of them may fall anywhere.',
        "Nothing in its training asks for that, and softmax rarely gives it.",
    ],
    name="Poll: none of the above",
)

# %% [markdown] id="shift-intro"
# ### How far does the good number reach?
#
# The test digits come from the same scans as the training digits: same pens, same frame. Move each of them by
# *one pixel* to the right. You would not notice. Does the network?

# %% id="shift"
moved = np.roll(test.images(), 1, axis=2).reshape(len(test), -1)
shifted_score = accuracy(reader.forward(ten_run.params, moved).output, test.d)
print(f"as scanned: {accuracy(Y, test.d):.1%}      moved by one pixel: {shifted_score:.1%}")
assert shifted_score < 0.6

# %% [markdown] id="shift-answer"
# It has learnt what ink at *this pixel* means, 64 times, and nothing about shapes. (That is the reason for
# convolutional networks, which move the same weights over the whole picture.) The held-out number is honest,
# and it is a number about pictures **drawn like the training pictures**. No test set tells you what happens
# elsewhere; you have to think of "elsewhere" and try it.

# %% [markdown] id="faces-intro"
# ## Which way is the head turned?
#
# A classic: 960 pixels in, three hidden units, four outputs: left, straight, right, up. (*Left* and *right* as
# you see them in the picture.) The original photographs have 120 × 128 pixels and are reduced to 30 × 32, to
# keep the network small: each block of 4 × 4 pixels becomes its mean. `mlpkit.datasets.load_faces(folder)`
# reads a folder of the original photographs; ours are drawn:

# %% id="faces-data"
heads = datasets.faces(np.random.default_rng(0), people=20, per_pose=8)
print(heads.description)
print("pixels from", heads.x.min().round(2), "to", heads.x.max().round(2), "  targets:", heads.d[0])
assert heads.generated

# %% id="faces-pictures" fold=true
pose, eyes = heads.labels, heads.attributes["eyes"].labels
with theme():
    drawn, cells = figure(8.0, 4.3, rows=2, columns=4)
    for row, who in enumerate((0, 4)):
        person = heads.attributes["identity"].labels == who
        for k, cell in enumerate(cells[row]):
            n = np.flatnonzero(person & (pose == k))[5 * row]
            cell.imshow(heads.images()[n], cmap="gray", vmin=0, vmax=1)
            cell.set_title(heads.target_names[k], fontsize=10)
            cell.set_axis_off()
Picture(
    drawn,
    "Two of the twenty generated heads, each turned left, straight, right and up; the second wears sunglasses.",
)

# %% [markdown] id="try-blocks-intro"
# ### Try it: from 120 × 128 to 30 × 32
#
# Reduce a picture by block means, for any block size that divides its sides. No loop is needed if you find the
# right `reshape`.

# %% id="try-blocks"


def reduce_by_blocks(picture, size):
    """Means of blocks of `size` × `size` pixels: shape (rows, columns) becomes (rows / size, columns / size)."""
    return None  # your line here


# %% id="try-blocks-check"
small = np.arange(24.0).reshape(4, 6)
check_function(
    "reduce_by_blocks",
    reduce_by_blocks,
    [(small, 2), (datasets.original_faces(np.random.default_rng(0))[0], 4)],
    datasets.block_means,
    hint="picture.reshape(rows // size, size, columns // size, size): which of these four axes lie inside a block?",
)


# %% id="try-blocks-solution" fold=true
def reduce_by_blocks_solution(picture, size):
    rows, columns = picture.shape
    return picture.reshape(rows // size, size, columns // size, size).mean(axis=(1, 3))


assert np.array_equal(reduce_by_blocks_solution(small, 2), [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]])
original = datasets.original_faces(np.random.default_rng(0))[0]
print(original.shape, "becomes", reduce_by_blocks_solution(original, 4).shape)

# %% [markdown] id="faces-targets"
# ### Targets and parameters
#
# The outputs are sigmoids and the divergence is half the squared error, as in the source. A sigmoid cannot
# reach 0 or 1: chasing them, the weights would grow for ever (lecture 09 met a target of −0.3). So the targets
# are
#
# {formula:soft-targets}
#
# Step $\eta=0.3$, momentum $\alpha=0.3$, 100 epochs, weights within ±0.05. **How do we divide?** The same
# person appears in 32 pictures. If some of them are for training and others for testing, the network may
# recognise the *person*. We want to know about people whom it has never seen, so we divide by **people**:
# twelve to train, four to decide, four to test.

# %% id="faces-train"
who = heads.attributes["identity"].labels
people = {
    "train": np.flatnonzero(who < 12),
    "decide": np.flatnonzero((who >= 12) & (who < 16)),
    "test": np.flatnonzero(who >= 16),
}


def learn(data, rule, hidden=3, epochs=100, parts=people):
    net = MLP((960, hidden, data.d.shape[1]), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
    run = train(
        net, net.init(np.random.default_rng(1), scale=0.05), data.rows(parts["train"]), rule, epochs, batch_size=5,
        rng=np.random.default_rng(1), validation=data.rows(parts["decide"]),
    )  # fmt: skip
    return net, run


face_net, face_run = learn(heads, SGD(step=0.3, momentum=0.3))
strangers = heads.rows(people["test"])
face_trace = face_net.forward(face_run.params, strangers.x)
face_said = face_trace.output.argmax(axis=1)
print(
    f"heads of strangers: {accuracy(face_trace.output, strangers.d):.1%} of {len(strangers)} right; guessing: 25 %"
)
assert accuracy(face_trace.output, strangers.d) > 0.93

# %% [markdown] id="faces-history-intro"
# In the curves below look for the *stairs*: the first classes are told apart after some ten epochs, the last
# only when a hidden unit has found something for it.

# %% id="faces-history" fold=true
record = face_run.history
with theme():
    drawn, axes = figure(7.0, 3.6)
    axes.plot(100 * record.accuracy, label="training heads")
    axes.plot(100 * record.validation_accuracy, linestyle="--", label="heads of other people")
    axes.set(xlabel="epochs", ylabel="right (%)", ylim=(0, 104), title="Learning which way a head is turned")
    axes.legend(loc="lower right")
Picture(
    drawn,
    "Share of heads read rightly over 100 epochs, in steps. On other people than those trained on: "
    + ", ".join(f"{record.validation_accuracy[n]:.0%} after {n}" for n in (0, 10, 20, 40, 100))
    + " epochs.",
)

# %% id="faces-confusion" fold=true
Picture(
    confusion_matrix(strangers.labels, face_said, strangers.target_names),
    "Confusions on the heads of strangers: "
    + "; ".join(
        f"{strangers.target_names[a]} taken for {strangers.target_names[b]}: {np.sum((strangers.labels == a) & (face_said == b))}"
        for a in range(4)
        for b in range(4)
        if a != b and np.any((strangers.labels == a) & (face_said == b))
    )
    + "; all others right.",
)

# %% [markdown] id="faces-rates-intro"
# ### η and α too high, too low
#
# > **Think first.** The source says: too high and training does not converge, too low and it takes much longer.
# > With sigmoid outputs, what will "does not converge" look like? Will the loss be infinite?

# %% id="faces-rates"
rates = {}
for name, step, momentum in (
    ("as above", 0.3, 0.3),
    ("η too low", 0.003, 0.3),
    ("η too high", 3.0, 0.3),
    ("α too high", 0.3, 0.9),
):
    try:
        rates[name] = learn(heads, SGD(step, momentum), epochs=40)[1].history.last
    except TrainingDivergedError as error:
        print(f"{name}: {error}")
    else:
        last = rates[name]
        print(
            f"{name:>10} (η = {step}, α = {momentum}): loss {last.loss:.3f}, {last.accuracy:.0%} of the training heads right"
        )

assert len(rates) == 4, "none of them ran away to infinity"
assert rates["as above"].accuracy > 0.95
assert max(rates[name].accuracy for name in list(rates)[1:]) < 0.6

# %% [markdown] id="faces-rates-answer"
# Nothing becomes infinite. Too low: it has not yet begun. Too high: a few giant steps have driven the units
# into saturation, and from there no derivative leads back; they answer the same to every head. The loss stands
# still at a perfectly ordinary number. **If the accuracy is at chance and the loss does not move, look at the
# sums $z$: are they all far out?**
#
# ### What the hidden units look for
#
# Three units, 960 weights each, shown as pictures of 30 × 32. Here is one head after the other, what each unit
# makes of it, and how it votes. Look at unit 2 and a head turned *right*, and then at the same unit and a head
# turned *left*. (In the panel "picture" a deeper blue is a brighter pixel.)

# %% id="faces-weights"
weight_images(face_net, face_run.params, strangers, unit=2)

# %% [markdown] id="faces-code-intro"
# Now put it together: the mean output of each hidden unit for each pose.

# %% id="faces-code"
code = np.array([face_trace.y[1][strangers.labels == k].mean(axis=0) for k in range(4)])
votes = face_run.params["W2"]
print("mean output of hidden unit    1     2     3        votes for this pose    1     2     3")
for k, name in enumerate(strangers.target_names):
    print(
        f"{name:>25}  "
        + "".join(f"{y:6.2f}" for y in code[k])
        + " " * 28
        + "".join(f"{w:6.1f}" for w in votes[k])
    )

right, left, up, straight = (
    strangers.target_names.index(name) for name in ("right", "left", "up", "straight")
)
assert min(code[right, 1], code[left, 2]) > 0.8 and max(code[left, 1], code[right, 2]) < 0.2
assert min(votes[right, 1], votes[left, 2]) > 2

# %% [markdown] id="faces-code-answer"
# Read it as a **code**. Unit 2 says *right or up*, unit 3 says *left or up*; both on mean up, both off mean
# straight, and unit 1 helps to tell the turned heads from the one that looks up. Nobody told the network to
# count in binary: four classes, three units, and this is what gradient descent found. With another seed it
# finds another code.
#
# Why does unit 2 fire for a head turned right? Here is a story: *its weights are positive where a head turned
# right is brighter (skin) than one turned left, and negative where it is darker (hair).* A story about a
# network must be **tested**. Three tests. First, simply compute it: do the weights go with the difference of
# the two mean heads?

# %% id="faces-story"
mean_head = [strangers.x[strangers.labels == k].mean(axis=0) for k in range(4)]
agreement = np.corrcoef(face_run.params["W1"], mean_head[right] - mean_head[left])[-1, :-1]
print(
    "correlation of each unit's weights with (mean head turned right - mean head turned left):",
    agreement.round(2),
)
assert agreement[1] > 0.3 and agreement[2] < -0.3

# %% [markdown] id="faces-mirror-intro"
# Unit 2 does, unit 3 does the opposite, and unit 1 does not care. Second: mirror every head. If it is the side
# that counts, left and right must change places.

# %% id="faces-mirror"
mirrored = strangers.images()[:, :, ::-1].reshape(len(strangers), -1)
# left becomes right, straight stays, right becomes left, up stays
swapped = np.array([right, straight, left, up])
mirror_said = face_net.forward(face_run.params, mirrored).output.argmax(axis=1)
print(
    f"mirrored heads: {np.mean(mirror_said == swapped[strangers.labels]):.1%} are answered with left and right exchanged"
)
assert np.mean(mirror_said == swapped[strangers.labels]) > 0.9

# %% [markdown] id="faces-ablation-intro"
# Third: switch unit 2 off, by setting its votes to zero. If it carries *right*, then *right* must be lost, and
# *left* must not.

# %% id="faces-ablation"
without = {**face_run.params, "W2": votes * [1, 0, 1]}
lame_said = face_net.forward(without, strangers.x).output.argmax(axis=1)
for k, name in enumerate(strangers.target_names):
    own = strangers.labels == k
    print(
        f"{name:>9}: {np.mean(face_said[own] == k):>5.0%} right with all units, {np.mean(lame_said[own] == k):>5.0%} without unit 2"
    )
assert np.mean(lame_said[strangers.labels == right] == right) < 0.2
assert np.mean(lame_said[strangers.labels == left] == left) > 0.9

# %% id="poll-weights" fold=true
Poll(
    "A hidden unit of the face network has large positive weights at the right edge of the picture. What follows?",
    [
        "It recognises heads that are turned right.",
        "Bright pixels there raise its sum; what for, the votes and the pictures must tell.",
        "The network has understood what a face is.",
    ],
    answer=1,
    reasons=[
        "Perhaps. It might as well answer to a bright background, if that went with one class in the training pictures.",
        "That is all that the weights say. Then look at its outputs, at its votes, and test the story: mirror, mask, switch off.",
        "It has found weights that tell four kinds of drawn pictures apart.",
    ],
    name="Poll: what a picture of weights says",
)

# %% [markdown] id="faces-other-intro"
# ### Other questions to the same pictures
#
# Each picture also has an identity, an expression, and glasses or not. Only the targets change:
#
# > **Think first.** For which of these must the division be by pictures and not by people? And which do you
# > expect to fail?

# %% id="faces-other"
shuffled = np.random.default_rng(0).permutation(len(heads))
by_picture = {"train": shuffled[:384], "decide": shuffled[384:512], "test": shuffled[512:]}
others = {}
for target, hidden, parts, seen in (
    ("identity", 20, by_picture, "seen people, new pictures"),
    ("eyes", 3, people, "strangers"),
    ("expression", 6, people, "strangers"),
):
    task = heads.with_targets(target)
    net, run = learn(task, SGD(0.3, 0.3), hidden, parts=parts)
    held = task.rows(parts["test"])
    others[target] = accuracy(net.forward(run.params, held.x).output, held.d), run.history.last.accuracy
    print(f"{target:>10}: {others[target][0]:.0%} of the test pictures ({seen}), guessing {1 / held.d.shape[1]:.0%}; "
          f"training {others[target][1]:.0%}")  # fmt: skip

assert others["identity"][0] > 0.5 and others["eyes"][0] > 0.8 and others["expression"][0] < 0.4

# %% [markdown] id="faces-other-answer"
# *Identity* needs pictures of each person in both parts: nobody can name a stranger. *Glasses* are large and
# dark, and easy. *Expression* fails: in 30 × 32 pixels a drawn mouth is some six pixels, and each pose puts
# them elsewhere. An honest report says so: **not better than guessing**, with this network and these data.
# Whether photographs would do better, these drawings cannot tell you.

# %% [markdown] id="vowels-intro"
# ## Ten vowels from two numbers
#
# A vowel is told largely by two resonances of the mouth, the formants $F_1$ and $F_2$, in hertz. Their means
# were measured in 1952 for men, women and children (Peterson and Barney); our instances are random samples
# round these means, with a spread of 6 % that is *our* choice. Two inputs: so for once we can draw everything
# that the network knows.

# %% id="vowels-train"
sounds = datasets.vowels(np.random.default_rng(0), per_vowel=50).split(
    np.random.default_rng(0), 0.6, 0.2, 0.2
)
listener = MLP(widths=(2, 12, 10), hidden=tanh, output=softmax, divergence=cross_entropy)
ear = train(
    listener, listener.init(np.random.default_rng(1), scale=0.5), sounds.train, SGD(0.1, 0.8), 40, batch_size=20,
    rng=np.random.default_rng(1), validation=sounds.validation,
)  # fmt: skip
heard = accuracy(listener.forward(ear.params, sounds.test.x).output, sounds.test.d)
print(sounds.test.description)
print(f"{heard:.1%} of {len(sounds.test)} unheard vowels right; guessing: 10 %")
assert heard > 0.8

# %% [markdown] id="vowels-regions-intro"
# Ten regions, bent and joined by twelve hidden units. Look where the marks of two classes lie on top of each
# other.

# %% id="vowels-regions" fold=true
Picture(
    decision_regions(listener, ear.params, sounds.test),
    "The plane of the scaled formants F1 and F2 divided into ten regions, one a vowel, with the test instances. Heed lies at the upper left, hod and had at "
    f"the right, who'd and hawed at the foot; {heard:.1%} of the instances lie in their own region. In the middle hood, heard and hud overlap.",
)

# %% [markdown] id="vowels-best-intro"
# 84 %: is that good? For once we can know. The instances were drawn from densities that we chose, so we can
# compute which vowel is the most probable one at each point. **Nobody can do better than that**: where two
# vowels overlap, even full knowledge must guess.

# %% id="vowels-best"
hertz = datasets.vowel_scaler().inverse(sounds.test.x)
centres = np.array([datasets.FORMANTS[group] for group in ("men", "women", "children")], dtype=float)
densities = norm.pdf(hertz[:, np.newaxis, np.newaxis, :], centres, 0.06 * centres).prod(axis=-1).mean(axis=1)
ceiling = np.mean(densities.argmax(axis=1) == sounds.test.labels)
print(
    f"the network {heard:.1%}, the best possible rule {ceiling:.1%}, on the same {len(sounds.test)} instances"
)
assert heard <= ceiling < 0.92 and ceiling - heard < 0.06

# %% [markdown] id="vowels-groups-intro"
# So the network is about as good as anything can be, and more hidden units would not help. With real tasks the
# ceiling is unknown, but there is one.
#
# > **Think first.** Train the same network on men only. How well will it understand women, and children?

# %% id="vowels-groups"
group = {part: getattr(sounds, part).attributes["group"] for part in ("train", "test")}
men = sounds.train.rows(group["train"].labels == 0)
men_only = train(
    listener, listener.init(np.random.default_rng(1), scale=0.5), men, SGD(0.1, 0.8), 80, batch_size=20,
    rng=np.random.default_rng(1),
)  # fmt: skip
by_group = {}
for n, name in enumerate(group["test"].names):
    part = sounds.test.rows(group["test"].labels == n)
    by_group[name] = [
        accuracy(listener.forward(run.params, part.x).output, part.d) for run in (men_only, ear)
    ]
    print(
        f"{name:>8}: {by_group[name][0]:.0%} when trained on men, {by_group[name][1]:.0%} when trained on all"
    )
assert by_group["men"][0] > by_group["men"][1] and by_group["children"][0] < 0.4 < by_group["children"][1]

# %% [markdown] id="vowels-groups-answer"
# For men it is even better than before: their vowels alone overlap less. For children it is useless. Tested on
# men, you would have reported a triumph. **A test set answers for those who are in it.** Ask who is missing.
#
# ## A curve
#
# Last, no classes at all: sixty noisy points of a sine. One input, one output without activation (any number
# must be possible), half the squared error. How low can the loss be? The noise has the deviation 0.1 and nobody
# can predict it: half its variance, 0.005, is the floor for unseen points.

# %% id="curve-train"
points = datasets.curve(np.random.default_rng(0), "sine", n=60, noise=0.1)
fresh = datasets.curve(np.random.default_rng(1), "sine", n=500, noise=0.1)
bend = MLP(widths=(1, 8, 1), hidden=tanh, divergence=half_squared_error)
curve_run = train(bend, bend.init(np.random.default_rng(1), scale=1.0), points, SGD(0.1, 0.9), 1000)
on_fresh = bend.loss(curve_run.params, fresh.x, fresh.d)
print(
    f"loss on the sixty {curve_run.history.last.loss:.4f}, on 500 fresh points {on_fresh:.4f}; the floor is {0.1**2 / 2:.4f}"
)
assert 0.1**2 / 2 < on_fresh < 0.1**2

# %% [markdown] id="curve-picture-intro"
# Very good, between −1 and 1. In the picture look beyond.

# %% id="curve-picture" fold=true
line = np.linspace(-2.5, 2.5, 301)[:, np.newaxis]
answers = bend.forward(curve_run.params, line).output
with theme():
    drawn, axes = figure(8.0, 3.6)
    axes.axvspan(-1, 1, color="#eef2f6")
    axes.plot(line, np.sin(np.pi * line), color="#8c959f", linestyle="--", linewidth=1.4, label="true curve")
    axes.plot(line, answers, label="network")
    axes.plot(points.x, points.d, "o", color="#b34700", markersize=3.5, label="training points")
    axes.set(xlabel="x", ylabel="d", ylim=(-2.6, 2.6), title="It knows what it has seen")
    axes.legend(loc="upper right", fontsize=9)
Picture(
    drawn,
    "Between −1 and 1 the network follows the sine through the noisy points. Outside, where there were no points, it goes its own way: at x = 2 it answers "
    f"{answers[np.abs(line[:, 0] - 2).argmin(), 0]:.2f}, the sine is 0.",
)

# %% id="curve-outside" fold=true
outside = bend.forward(curve_run.params, np.array([[2.0]])).output[0, 0]
assert abs(outside - np.sin(2 * np.pi)) > 1
print(f"at x = 2 the network says {outside:.2f}, the curve is {abs(np.sin(2 * np.pi)):.2f}")

# %% [markdown] id="curve-play"
# Tanh units are flat far out, so the network *must* become flat there, whatever the curve does. Try it
# yourself: press Start, then change the noise, the number of units, and the curve ("curve: step" is the hard
# one; how many units does it take?).

# %% id="curve-playground"
Playground(data="curve: sine", hidden=(8,), eta=0.1, alpha=0.9, batch=60)

# %% [markdown] id="summary"
# ## Summary
#
# | task | outputs and targets | divergence | held out | what to know about the number |
# |---|---|---|---|---|
# | 2 or not 2 | one sigmoid, 0 or 1 | binary cross-entropy | above 98 % | "not 2" always: 90 % |
# | ten digits | softmax, one-hot | cross-entropy | about 97 % | moved by a pixel: below one half |
# | eleven classes | softmax, one-hot | cross-entropy | about 95 % | only the non-digits that it was shown |
# | turn of a head (drawn) | four sigmoids, 0.1 and 0.9 | half squared error | above 95 % | people divided, not pictures |
# | vowels (sampled) | softmax, one-hot | cross-entropy | 84 % | the best possible: 88 % |
# | curve (sampled) | one linear output, a number | half squared error | near the floor | nothing outside the data |
#
# * Divide before you look; divide by what is *new* in use (people, not pictures).
# * A percentage needs its baseline, and if possible its ceiling.
# * Hidden weights can be shown as pictures, and a story about them can be tested.
# * A held-out number is about data like the held-out data. Nothing else.
#
# **This was the last lecture.** The project, [problem set 7](../assignments/release/ps7/ps7.ipynb), is the face
# task again, and now you train, show and explain it yourself. [Lecture 00](00-start-here.ipynb) has the map, if
# you want to go back to anything.
#
# ### Sources
#
# The digit tasks ("2 or not 2", ten classes, an eleventh for none of the above) are sketched in a lecture deck
# on optimisation and the full algorithms (*A*, *D*), the faces with their parameters in an introductory deck
# (*B*) after a textbook of 1997. Two remarks if you read them beside this page:
#
# * *B* explains the hidden weights of the photographs by hand (positive where the skin of a person turned
#   right is bright). Ours are other pictures and another network, so we have computed and tested an
#   explanation of our own; the kind of explanation is the same.
# * *A* trains digits "with the KL divergence". For one-hot targets that is the cross-entropy, as their entropy
#   is 0:

# %% id="kl-is-cross-entropy"
kl_reader = MLP(reader.widths, hidden=tanh, output=softmax, divergence=kl_divergence)
same = kl_reader.loss(ten_run.params, test.x, test.d), reader.loss(ten_run.params, test.x, test.d)
print("mean KL divergence and cross-entropy on the test digits:", *(round(value, 6) for value in same))
assert np.isclose(*same, rtol=0, atol=1e-12)

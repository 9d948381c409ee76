# %% [markdown] id="title"
# # 02 · What we minimise
#
# A network *can* be almost any function; the last lecture built some by hand. Now we want one function in particular, and we do not
# even know it. All that we have is a heap of examples: here is an input, there is what should have come out. This lecture says what
# "learning from examples" means as a sentence of mathematics, what is honest about it and what is hope, and how questions about
# cats and digits are turned into numbers that a network can be held to.
#
# **You will be able to**
#
# * tell the risk that we want to be small from the loss that we make small, and measure how far apart they are;
# * say what a trained output means, and how the make-up of the training set changes it;
# * choose inputs and targets for a task: scalar, one-hot, 0.1/0.9, smoothed, "none of the above".
#
# **You need** what a network is (lecture 01), the idea of a mean and of a probability. About 60 minutes.

# %% id="imports"
from itertools import pairwise

import numpy as np

from mlpkit import (
    MLP,
    SGD,
    binary_cross_entropy,
    errata,
    half_squared_error,
    plots,
    sigmoid,
    softmax,
    train,
)
from mlpkit.datasets import Dataset, Scaler, digits_or_none, vowels
from mlpkit.exercises import check_answer, check_function
from mlpkit.targets import (
    BinaryTarget,
    OneHotTarget,
    ScalarTarget,
    label_smoothing,
    soft_targets,
    two_outputs,
)
from mlpkit.widgets import Poll

# %% [markdown] id="area"
# ## The area between two curves
#
# Suppose for a moment that we knew the function $g$ that we are after. Then "how wrong is $f$?" would have an answer that one can draw: the
# divergence between $f(x)$ and $g(x)$ at each $x$, and over all $x$ the area under it.
#
# Below are a curve $g$ and two attempts at it: a straight line that is fairly wrong everywhere, and one that follows $g$ on the right and does not bother
# about the left. Look at the lower row, where the shaded area is the sum of all errors.
#
# > **Think first.** Which of the two is better?


# %% id="area-figure"
def g(x):
    """The function that nobody knows."""
    return np.sin(3 * x)


def f_line(x):
    return 0.9 * x


def f_right(x):
    return np.where(x > -0.2, np.sin(3 * x), np.sin(-0.6) - 1.4 * (x + 0.2))


x = np.linspace(-1, 1, 801)


def wrongness(f):
    """Half the squared error at every x."""
    return half_squared_error(f(x)[:, None], g(x)[:, None])


def integral(values):
    """Area under values on the grid x (trapezoids)."""
    return float(np.sum((values[1:] + values[:-1]) / 2) * (x[1] - x[0]))


figure, axes = plots.figure(9.2, 5.0, rows=2, columns=2)
for column, (name, f) in enumerate({"a straight line": f_line, "good on the right": f_right}.items()):
    axes[0, column].plot(x, g(x), "--", color="0.35", label="$g$")
    axes[0, column].plot(x, f(x), label="$f$")
    axes[0, column].set(title=name, ylim=(-1.3, 1.3))
    axes[0, column].legend(frameon=False, loc="upper left")
    axes[1, column].fill_between(x, wrongness(f), alpha=0.35)
    axes[1, column].set(xlabel="$x$", ylabel="divergence", ylim=(0, 0.55))
    axes[1, column].annotate(f"area {integral(wrongness(f)):.4f}", (0.2, 0.45))
plots.Picture(
    figure,
    "Above: sin 3x with two approximations. Below: half the squared error over x, with areas "
    f"{integral(wrongness(f_line)):.4f} for the straight line and {integral(wrongness(f_right)):.4f} for the other.",
)

# %% [markdown] id="who-asks"
# That depends on *who will be asking*. If only positive $x$ ever come, the second is perfect. So the area must be weighted with how likely each input is,
# $P(X)$, and this weighted area is what we really want to be small, the **expected risk**:
#
# {formula:expected-risk}


# %% id="expected-risk"
def expected_risk(f, p):
    """The weighted area for a density p over [-1, 1], which need not be normed."""
    return integral(wrongness(f) * p) / integral(p)


everywhere, mostly_right = np.ones_like(x), np.exp(3 * x)
for name, p in (
    ("inputs come from everywhere", everywhere),
    ("inputs come mostly from the right", mostly_right),
):
    line, right = expected_risk(f_line, p), expected_risk(f_right, p)
    print(f"{name}: straight line {line:.4f}, good on the right {right:.4f}")

assert expected_risk(f_line, everywhere) < expected_risk(f_right, everywhere)
assert expected_risk(f_line, mostly_right) > expected_risk(f_right, mostly_right)

# %% [markdown] id="samples"
# ## We cannot compute it
#
# Neither $g$ nor $P(X)$ is known. What can be had are **samples**: inputs drawn as they come, $X\sim P(X)$, each with an answer $d$. The mean over
# samples estimates the area:
#
# {formula:empirical-risk}
#
# This is the **empirical risk**, and it is what training calls *the loss*. (It is a mean, not a sum, whatever two of our sources say beside the formula.)
#
# ### Try it: estimate the area
#
# Write the estimate. `xs` are sampled inputs, `ds` their answers, `f` a function of an array.


# %% id="try-risk"
def empirical_risk(f, xs, ds):
    """Mean of half the squared errors over the samples."""
    return None  # your line here


# %% id="try-risk-check"
def right_risk(f, xs, ds):
    return float(np.mean(0.5 * (f(xs) - ds) ** 2))


check_function(
    "empirical_risk",
    empirical_risk,
    [(f_line, np.array([0.0, 0.5]), np.array([0.2, 0.7])), (np.sin, np.array([1.0, 2.0, 3.0]), np.zeros(3))],
    right_risk,
    "Half the squared difference for each sample, then the mean (not the sum) over the samples.",
)

# %% id="try-risk-solution" fold=true
# Solution: np.mean(0.5 * (f(xs) - ds) ** 2)
print(right_risk(f_line, np.array([0.0, 0.5]), np.array([0.2, 0.7])))
assert np.isclose(right_risk(f_line, np.array([0.0, 0.5]), np.array([0.2, 0.7])), (0.02 + 0.03125) / 2)

# %% [markdown] id="how-good"
# How good an estimate is it? Draw $T$ samples 300 times over, and look at how the 300 estimates scatter. The dashed line is the true area.

# %% id="scatter"
rng = np.random.default_rng(1)
truth = expected_risk(f_line, everywhere)
counts = (5, 20, 80, 320, 1280)
estimates = {}
for T in counts:
    draws = rng.uniform(-1, 1, size=(300, T))
    estimates[T] = (0.5 * (f_line(draws) - g(draws)) ** 2).mean(axis=1)
spread = {T: e.std() for T, e in estimates.items()}

figure, axes = plots.figure(7.6, 3.6)
for n, T in enumerate(counts):
    axes.plot(n + rng.uniform(-0.2, 0.2, 300), estimates[T], ".", markersize=3, alpha=0.5)
axes.axhline(truth, linestyle="--", color="0.3")
axes.set_xticks(range(len(counts)), [str(T) for T in counts])
axes.set(
    xlabel="samples $T$", ylabel="estimate of the risk", title="Four times the samples, half the scatter"
)
plots.Picture(
    figure,
    f"300 estimates of a risk of {truth:.4f} for each number of samples; their standard deviations are "
    + ", ".join(f"{s:.4f} for {T}" for T, s in spread.items())
    + ".",
)

# %% id="scatter-check"
ratios = [spread[a] / spread[b] for a, b in pairwise(counts)]
print("scatter shrinks by", np.round(ratios, 2), "for four times the samples")
assert all(1.6 < ratio < 2.5 for ratio in ratios)

# %% [markdown] id="hope"
# An estimate for *one fixed* $f$ is honest. But training does something else: it looks at the samples **and then chooses $f$ to please them**. Of course
# the chosen one looks good on these. Here polynomials of growing degree are fitted to the same 15 noisy samples $d=g(x)+\text{noise}$.
#
# > **Think first.** What will happen to the error on the samples as the degree grows? And to the true area?

# %% id="overfitting"
rng = np.random.default_rng(5)
sigma = 0.2
xs = rng.uniform(-1, 1, 15)
ds = g(xs) + sigma * rng.normal(size=15)

print("degree  on the 15 samples  expected risk against g")
on_samples, expected = {}, {}
for degree in (1, 3, 5, 9, 13):
    fit = np.polynomial.Polynomial.fit(xs, ds, degree)
    on_samples[degree] = right_risk(fit, xs, ds)
    expected[degree] = expected_risk(fit, everywhere)
    print(f"{degree:>6}  {on_samples[degree]:>17.4f}  {expected[degree]:>23.4f}")

assert on_samples[13] < on_samples[3] and expected[13] > 10 * expected[3]

# %% [markdown] id="overfitting-meaning"
# On the samples things only get better; in truth they get better, and then much worse. The last polynomials have learnt the *noise*. Lecture 13 shows what is done
# about it: keep some samples aside and look at those.
#
# Noise also sets a floor. Even the perfect $f=g$ has an expected loss of $\frac12\sigma^2$ on noisy answers, here 0.02, and a network whose training loss is below
# that has begun to learn by heart.

# %% id="poll-risk" fold=true
Poll(
    "A network for detecting cats was trained on pictures from a photo contest and has a tiny loss. On pictures from doorbell cameras it fails. Which assumption "
    "was broken?",
    [
        "That the network has enough hidden units",
        "That the training inputs are drawn from the P(X) that will be met in use",
        "That the answers carry no noise",
    ],
    answer=1,
    reasons=[
        "It could represent the contest's pictures very well.",
        "The empirical risk estimates the area weighted with the distribution it was sampled from, and with no other.",
        "Noise was allowed all along; it only sets a floor.",
    ],
    name="Poll: the contest and the doorbell",
)

# %% [markdown] id="classes"
# ## When the answer is a class
#
# "Is this a cat?" has the answers yes and no, $d=1$ and $d=0$. Usually the same input can occur with both: a blurred picture may be a cat in 7 cases of 10. There is then no
# right answer to be given, but a right *probability*, and that is what a network learns if its divergence is the cross-entropy (or the squared error, lecture 04):
#
# {formula:output-is-probability}
#
# Let us see it come true. Two classes of fish are measured; their lengths are normally distributed round 1 and round −1 with standard deviation 1. For these one can compute
# the probability of class 1 exactly: it is a sigmoid of $2x$. A single sigmoid unit is trained on 4,000 fish; it is told lengths and classes and nothing of normal distributions.


# %% id="posterior"
def fish(rng, ones, zeros):
    """Lengths and classes, generated."""
    lengths = np.concatenate([rng.normal(1, 1, ones), rng.normal(-1, 1, zeros)])[:, None]
    classes = np.concatenate([np.ones(ones), np.zeros(zeros)])[:, None]
    return Dataset(lengths, classes, name="fish", generated=True)


unit = MLP(widths=(1, 1), hidden=(), output=sigmoid, divergence=binary_cross_entropy)


def learn(data):
    """Weight and bias of one sigmoid unit after training on all instances together."""
    start = {"W1": np.zeros((1, 1)), "b1": np.zeros(1)}
    result = train(unit, start, data, SGD(step=1.0, momentum=0.8), epochs=150)
    return float(result.params["W1"][0, 0]), float(result.params["b1"][0])


w_half, b_half = learn(fish(np.random.default_rng(0), 2000, 2000))
print(f"half and half:      P(1|x) = S({w_half:.2f} x + {b_half:.2f})      exactly: S(2 x)")

w_rare, b_rare = learn(fish(np.random.default_rng(0), 200, 3800))
print(
    f"5 % of class 1:     P(1|x) = S({w_rare:.2f} x - {-b_rare:.2f})      exactly: S(2 x - {np.log(19):.2f})"
)

assert abs(w_half - 2) < 0.2 and abs(b_half) < 0.2
assert abs(w_rare - 2) < 0.3 and abs(b_rare + np.log(19)) < 0.3

# %% [markdown] id="balance"
# The unit has found the probability, from the classes alone. And it has found something else: **the output depends on how often each class occurs in the training set.** With 5 % of
# class 1 the same fish gets a much smaller output, by exactly the logarithm of the odds, $\log\frac{.05}{.95}=-\log 19$, in the bias.
#
# That is right if class 1 is as rare in use as in training. If it was made rare (or common) by the way data were collected, the outputs are wrong in use, and a network trained on 99 %
# of one class may find it cheapest to answer that class always. Hence the advice to *balance* the classes when training; whoever does so must remember to correct the outputs afterwards.

# %% id="balance-figure"
u = np.linspace(-4, 4, 201)
figure, axes = plots.figure(7.2, 3.6)
axes.plot(u, sigmoid(w_half * u + b_half), label="trained half and half")
axes.plot(u, sigmoid(w_rare * u + b_rare), "--", label="trained with 5 % of class 1")
axes.plot(u, sigmoid(2 * u), ":", color="0.3", label="exact, $S(2x)$ and $S(2x-\\log 19)$")
axes.plot(u, sigmoid(2 * u - np.log(19)), ":", color="0.3")
axes.set(xlabel="length $x$", ylabel="output", title="An output is P(class | x), under the training set")
axes.legend(frameon=False, fontsize=9)
plots.Picture(
    figure,
    "Outputs of two units over the length: the one trained half and half crosses 1/2 at "
    f"{-b_half / w_half:.2f}, the one trained with 5 % of class 1 at {-b_rare / w_rare:.2f}. Both lie close to the exact curves.",
)

# %% id="poll-output" fold=true
Poll(
    "The unit trained half and half says 0.5 for a fish. In the lake one fish in twenty is of class 1. What is the probability that this fish is of class 1?",
    ["0.5", "About 0.05", "0.95"],
    answer=1,
    reasons=[
        "That would be right where both classes are equally common.",
        "The odds 1:1 must be multiplied by the lake's odds 1:19, which gives 1/20.",
        "The rarer class becomes less likely, not more.",
    ],
    name="Poll: one fish in twenty",
)

# %% [markdown] id="recipe"
# ## The recipe
#
# Everything so far fits in four lines, and every task of this course follows them:
#
# 1. **Data**: pairs $(X_t,d_t)$, $t=1..T$, drawn as they will be met in use.
# 2. **A decision function and a divergence**: the network $Y=f(X;W)$, and $\mathrm{Div}(Y,d)$.
# 3. **A goal**: the weights for which the loss, the mean divergence, is smallest.
# 4. **A way there**: stochastic gradient descent, small steps against the derivative, for which we need... derivatives. That is what the rest of the course is about.
#
# The remaining question is how to write the task down as numbers.
#
# ## Inputs
#
# An input is a vector $x$ of $D_0$ numbers. Measurements are numbers already; a picture is the list of its grey values; a word or a colour with $K$ possibilities becomes $K$ inputs of which one is 1
# (as a number from 1 to $K$ it would claim that colour 3 lies between 2 and 4). Two habits help. Grey values from 0 to 255 are divided by 255. And quantities of different size are
# **standardised**, each to mean 0 and standard deviation 1:
#
# {formula:standardised-input}

# %% id="standardise"
formants = vowels(np.random.default_rng(0), scaled=False)
print(
    "formants in Hz:  means",
    formants.x.mean(axis=0).round(0),
    " standard deviations",
    formants.x.std(axis=0).round(0),
)
scaler = Scaler.fitted_on(formants)
scaled = scaler.apply(formants).x
print(
    "standardised:    means",
    np.abs(scaled.mean(axis=0)).round(3),
    "  standard deviations",
    scaled.std(axis=0).round(3),
)

assert np.allclose(scaled.mean(axis=0), 0) and np.allclose(scaled.std(axis=0), 1)

# %% [markdown] id="outputs"
# ## Outputs and targets
#
# If numbers are wanted, there is nothing to do: one output for a **scalar**, several for a **vector** such as a position. For classes there is a choice. The next cell shows how
# each representation writes the same four labels.

# %% id="encodings"
labels = np.array([0, 1, 2, 3])
print("four classes in one number:       ", ScalarTarget(4).encode(labels).ravel())
print("yes or no, one output:            ", BinaryTarget().encode([0, 1]).ravel())
print("yes or no, two outputs:           ", two_outputs().encode([0, 1]).tolist())
for name, encoding in {
    "one-hot:": OneHotTarget(4),
    "0.1 and 0.9:": soft_targets(4),
    "smoothed, ε = 0.02:": label_smoothing(4, 0.02),
}.items():
    print(f"{name:<34}", encoding.encode(labels).tolist())

# %% [markdown] id="outputs-remarks"
# * **One number for several classes** claims an order. A network in doubt between class 0 and class 3 would say 1.5, and be read as one of the two classes it had ruled out.
# * **One output for yes or no**, with a sigmoid, read as $P(1\mid X)$. **Two outputs**, one for yes and one for no, say the same twice; with a softmax they are forced to agree.
# * **One-hot**: an output a class, exactly one of them 1. With a *softmax* the outputs are a distribution over the classes:

# %% id="softmax-outputs"
sums = np.array([2.0, 1.0, -1.0, 0.5])
said = softmax(sums)
print("outputs ", said.round(3), " sum", said.sum().round(12))
print("decision", OneHotTarget(4).decode(said), "(the largest)")

# %% [markdown] id="soft-targets"
# {formula:one-hot}
#
# > **Think first.** The outputs of sigmoid units are to become exactly 1 and 0. What do their weights have to do?
#
# They have to grow without end, because $S(z)=1$ for no finite $z$. Targets of **0.1 and 0.9** can be reached, and the weights may rest:
#
# {formula:soft-targets}
#
# The faces of [lecture 14](14-real-tasks.ipynb) are trained like this. Those targets add up to more than 1 as soon as there are more than two classes, so they suit sigmoid outputs and not a softmax.
#
# ### What is label smoothing?
#
# The same idea for a softmax. A little of the certainty is taken from the true class and given to the others, so that the targets are still a distribution:
#
# {formula:label-smoothing}
#
# It says: "it is this class, and I do not bet my life on it". The divergence then has its least value at finite sums, a network is not rewarded for boundless certainty, and labels that are wrong now and then (all large data
# sets have some) do less harm. Nothing changes in the decision, because the largest target is still that of the true class.
#
# ### Try it: smooth by hand
#
# Five classes, ε = 0.03, the true class is the second. Write the five targets.

# %% id="try-smooth"
my_targets = None  # five numbers

# %% id="try-smooth-check"
check_answer(
    "the five targets",
    my_targets,
    label_smoothing(5, 0.03).encode([1])[0],
    "Every other class gets ε, and together with the true class they must add up to 1.",
)

# %% id="try-smooth-solution" fold=true
# Solution: four classes get 0.03, the second keeps 1 - 4 · 0.03 = 0.88.
print(label_smoothing(5, 0.03).encode([1])[0])
assert np.allclose(label_smoothing(5, 0.03).encode([1])[0], [0.03, 0.88, 0.03, 0.03, 0.03])

# %% [markdown] id="none"
# ### None of the above
#
# A reader of digits is shown a coffee stain. Its ten outputs add up to 1, so *something* is named, perhaps with great certainty. If such things will be met, they need a class of their own, an eleventh, and examples of it:
#
# {formula:none-of-the-above}

# %% id="eleven"
eleven = digits_or_none(np.random.default_rng(0), none=180)
stain = np.flatnonzero(eleven.labels == 10)[0]
print(eleven.description)
print("target of an instance that is no digit:", eleven.d[stain])
assert eleven.d.shape[1] == 11 and eleven.d[stain].tolist() == [0] * 10 + [1]

# %% id="poll-targets" fold=true
Poll(
    "A camera is to tell red, yellow and green traffic lights apart, and sometimes there is no light in view. Which targets?",
    [
        "One output: red 1, yellow 2, green 3, none 0",
        "Three outputs, one-hot, and all zeros if there is none, with a softmax",
        "Four outputs, one-hot, with a softmax; the fourth means none",
        "Three sigmoid outputs, each its own yes or no; all may be low",
    ],
    answer=[2, 3],
    reasons=[
        "In doubt between red and green it would say yellow.",
        "The outputs of a softmax always add up to 1: all zeros can never be reached.",
        "A distribution over four cases of which exactly one is true.",
        "Also sound: nothing forces these outputs to add up to 1. But then two of them may be high at once.",
    ],
    name="Poll: traffic lights",
)

# %% [markdown] id="summary"
# ## Summary
#
# * We want the **expected** risk to be small and make the **empirical** one small: a mean over samples. For a fixed function it is off by about $1/\sqrt T$; for a function *chosen* on the same samples it is too good to be true.
# * Samples must come from where the network will be used.
# * With a suitable divergence outputs become $P(\text{class}\mid X)$, for the class frequencies of the training set.
# * Data, function and divergence, goal, descent: the recipe of every task.
# * Classes are written one-hot (softmax) or yes/no (sigmoid); 0.1/0.9 and smoothing keep targets within reach; "none of the above" is a class.
#
# **Next:** [03 · Activations](03-activations.ipynb), then [04 · Divergences](04-divergences.ipynb). **Practise:** [problem set 2](../assignments/release/ps2/ps2.ipynb) computes the mean loss over a batch, and
# [problem set 7](../assignments/release/ps7/ps7.ipynb) trains on targets of 0.1 and 0.9.
#
# **Sources.** Risk, inputs and outputs follow A and D, the recipe E, label smoothing and class balance a student's notes (C) with the questions that they leave open, 0.1/0.9 B.

# %% id="errata-proof"
proof = errata.get("ad-loss-is-the-sum").proof()
assert proof.right_holds and not proof.printed_holds
print(proof.evidence)

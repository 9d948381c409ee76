# %% [markdown] id="title"
# # 04 · Divergences
#
# The network said 0.3, and 1 was wanted. How bad is that? A **divergence** answers with a number: $\mathrm{Div}(Y,d)$ is zero
# (or as small as it can be) when the outputs $Y$ are what the targets $d$ ask for, and grows as they move apart. Training does
# nothing but make this number small, so what you choose here is what you will get.
#
# **You will be able to**
#
# * write down the common divergences and their derivatives, and say where each derivative is zero and where it is *not*;
# * explain why cross-entropy learns from big mistakes and the squared error may not;
# * join a divergence with the output activation before it, and say why programs do;
# * name the statistical estimate that each choice makes, from "least squares" to "large margin".
#
# **You need** lecture 03 (sigmoid, softmax) and logarithms. About 70 minutes.

# %% id="imports"
import numpy as np

from mlpkit import (
    MLP,
    binary_cross_entropy,
    cross_entropy,
    errata,
    half_squared_error,
    hinge,
    identity,
    kl_divergence,
    make_squared_error,
    numerical_gradient,
    plots,
    sigmoid,
    softmax,
)
from mlpkit.exercises import check_answer, check_function
from mlpkit.widgets import Poll, cross_entropy_against_squares

# %% [markdown] id="squared"
# ## The distance that everybody thinks of first
#
# Half the squared length of the difference:
#
# {formula:half-squared-error}
#
# It **sums** over the outputs of one instance. (Over the instances of a batch we shall take the *mean*. Two of our sources
# call that mean "the sum"; the formula beside the words divides by $T$, and so do we.)
#
# {formula:mean-loss}
#
# Why the half? For the sake of the derivative, which becomes simply *how far off you are*:
#
# {formula:squared-error-gradient}
#
# With another factor $a$ in front nothing changes but the scale. A factor 4 is a step size four times as large, no more:
#
# {formula:scaled-squared-error-slope}

# %% id="squared-code"
Y, d = np.array([0.3, 0.8]), np.array([1.0, 1.0])
twice = make_squared_error(2.0)
print(
    "half squared error:",
    half_squared_error(Y, d).round(4),
    " derivative:",
    half_squared_error.derivative(Y, d),
)
print("with a = 2:        ", twice(Y, d).round(4), "   derivative:", twice.derivative(Y, d))

measured = numerical_gradient(lambda p: half_squared_error(p["Y"], d), {"Y": Y})["Y"]
assert np.allclose(half_squared_error.derivative(Y, d), measured, atol=1e-9)

# %% [markdown] id="surprise"
# ## Measuring surprise instead
#
# Now suppose that the output is meant as a *probability*: $Y=0.3$ says "I give class 1 a chance of 30 %". Then class 1
# comes true. How surprised must the network be?
#
# > **Think first.** Surprise should be 0 for something that was certain, large for something thought impossible, and two
# > independent surprises should add up, while their probabilities multiply. Which function turns products into sums?
#
# The logarithm. The surprise at an event of probability $p$ is $-\log p$. If the target is 1 it is $-\log Y$; if the target is 0,
# the event was the other one, and it is $-\log(1-Y)$. One line holds both:
#
# {formula:binary-cross-entropy}
#
# This is the **binary cross-entropy**. Mind the minus signs: a logarithm of something below 1 is negative, and a loss must go *down*
# to get better. Source E prints the line without them, and so prints something to be made large:

# %% id="sign-erratum"
print(errata.get("e-cross-entropy-sign").proof().evidence)

# %% [markdown] id="two-divergences"
# Here are both measures, for a target of 1. Watch the left edge: $Y$ close to 0, certain *and wrong*.

# %% id="two-divergences-figure"
figure, axes = plots.figure(8.6, 3.5, columns=2)
y = np.linspace(0.004, 0.999, 400)
ones = np.ones((400, 1))
axes[0].plot(y, binary_cross_entropy(y[:, None], ones), label="cross-entropy")
axes[0].plot(y, half_squared_error(y[:, None], ones), "--", label="half squared error")
axes[0].set(
    xlabel="output $Y$ (target 1)", ylabel="divergence", title="The price of being wrong", ylim=(-0.1, 5.6)
)
axes[0].legend(frameon=False)
axes[1].plot(y, binary_cross_entropy.derivative(y[:, None], ones)[:, 0])
axes[1].plot(y, half_squared_error.derivative(y[:, None], ones)[:, 0], "--")
axes[1].set(
    xlabel="output $Y$ (target 1)", ylabel="derivative to $Y$", title="What is sent down", ylim=(-21, 1)
)
at = np.array([[0.01]])
plots.Picture(
    figure,
    "Left: divergences against the output for target 1. At Y = .01 the cross-entropy is "
    f"{binary_cross_entropy(at, [[1.0]])[0]:.2f}, half the squared error {half_squared_error(at, [[1.0]])[0]:.2f}. "
    f"Right: their derivatives, {binary_cross_entropy.derivative(at, [[1.0]])[0, 0]:.0f} and "
    f"{half_squared_error.derivative(at, [[1.0]])[0, 0]:.2f} there; at Y = 1 they are -1 and 0.",
)

# %% [markdown] id="slope"
# For a squared error nothing can be worse than 0.5. For the cross-entropy there is no worst: to call the truth impossible costs
# infinitely much. The derivative shows the same:
#
# {formula:binary-cross-entropy-slope-joined}
#
# (Source E has the signs turned here, too.) With the target 1 it is $-1/Y$: the smaller the probability that you gave to the truth,
# the harder you are pulled.
#
# ### Try it: the derivative of the cross-entropy
#
# Differentiate the two logarithms and write the derivative for one output and one target, soft targets included. The check compares it
# with measured slopes.


# %% id="try-slope"
def cross_entropy_slope(Y, d):
    """The derivative of the binary cross-entropy to the output Y, 0 < Y < 1."""
    return None  # your line here


# %% id="try-slope-check"
def measured_slope(Y, d, h=1e-6):
    up, down = binary_cross_entropy([Y + h], [d]), binary_cross_entropy([Y - h], [d])
    return (up - down) / (2 * h)


check_function(
    "cross_entropy_slope",
    cross_entropy_slope,
    [(0.3, 1.0), (0.3, 0.0), (0.25, 0.9)],
    measured_slope,
    "The derivative of -d log Y is -d/Y. The second logarithm has an inner derivative of -1.",
    tolerance=1e-5,
)

# %% id="try-slope-solution" fold=true
# Solution: -d/Y + (1-d)/(1-Y), or both fractions joined.
for Y_, d_ in ((0.3, 1.0), (0.3, 0.0), (0.25, 0.9)):
    print(f"Y = {Y_}, d = {d_}: {-d_ / Y_ + (1 - d_) / (1 - Y_):.5f} = {(Y_ - d_) / (Y_ * (1 - Y_)):.5f}")
    assert np.isclose((Y_ - d_) / (Y_ * (1 - Y_)), measured_slope(Y_, d_), atol=1e-5)

# %% [markdown] id="where-zero"
# ### Where is the derivative zero?
#
# > **Think first.** At the best possible output, $Y=d=1$: is the derivative 0 there, as at the bottom of a bowl?
#
# Look at the right end of the figure. For the squared error it is. For the cross-entropy it is $-1$: the curve does not level out, it simply
# *ends*, because outputs stop at 1. The divergence is 0 there and its derivative is not.
#
# With a soft target it is the other way round. For $d=0.9$ the bottom of the curve lies inside, at $Y=0.9$, where the derivative is 0 and
# the divergence is not:

# %% id="where-zero-proof"
proof = errata.get("a-binary-minimum").proof()
print(proof.evidence)

soft = binary_cross_entropy([0.9], [0.9])
assert np.isclose(soft, 0.325, atol=5e-4)

# %% [markdown] id="entropy"
# That remainder, 0.325, is the surprise that nobody can avoid when the truth itself is a matter of chance. It is called the
# **entropy** of the target:
#
# {formula:binary-cross-entropy-least}
#
# ## More than two classes
#
# With $D$ classes and one output for each, the surprise at the class that came true is all that counts:
#
# {formula:cross-entropy}
#
# If the target is one-hot, only the term of the right class $c$ is left, $-\log y_c$. And the derivative is zero for all others:
#
# {formula:cross-entropy-slope-of-class}
#
# > **Think first.** The outputs of the wrong classes get *no* derivative. Then who pushes them down?
#
# The **Kullback-Leibler divergence** subtracts what cannot be avoided, so that its least value is 0 for soft targets as well
# (a class with target 0 counts nothing: $0\log0=0$):
#
# {formula:kl-divergence}
#
# {formula:cross-entropy-is-kl-plus-entropy}
#
# The entropy $H(d)$ does not depend on the outputs. So both have the same derivatives, and a network trained by the one is
# trained by the other, to the last digit.

# %% id="kl-code"
Y3, d3 = np.array([0.2, 0.7, 0.1]), np.array([0.1, 0.9, 0.0])
possible = d3[d3 > 0]
unavoidable = -np.sum(possible * np.log(possible))  # the entropy of the target
print("cross-entropy ", cross_entropy(Y3, d3).round(5))
print("KL + entropy  ", (kl_divergence(Y3, d3) + unavoidable).round(5))
print("derivatives   ", cross_entropy.derivative(Y3, d3).round(4), kl_divergence.derivative(Y3, d3).round(4))

assert np.isclose(cross_entropy(Y3, d3), kl_divergence(Y3, d3) + unavoidable)
assert np.array_equal(cross_entropy.derivative(Y3, d3), kl_divergence.derivative(Y3, d3))

# %% [markdown] id="fused"
# ## Divergence and activation, taken together
#
# An output is seldom alone: below the divergence stands the output's activation. Multiply the slope of the one with the slope of the
# other. For cross-entropy on a sigmoid,
#
# $\dfrac{Y-d}{Y(1-Y)}\cdot Y(1-Y)$, and nearly everything cancels:
#
# {formula:sigmoid-cross-entropy}
#
# The factor that would have been the flat end of the sigmoid is gone. With the squared error it stays:
#
# {formula:sigmoid-squared-error}
#
# For softmax and cross-entropy the same happens, although every sum moves every output; [lecture 10](10-special-cases.ipynb) goes
# through it. The answer to "who pushes the wrong classes down?" is in this line: the softmax does.
#
# {formula:softmax-cross-entropy}

# %% id="fused-code"
z3 = np.array([2.0, -1.0, 0.5])
d3 = np.array([0.0, 1.0, 0.0])
measured = numerical_gradient(lambda p: cross_entropy(softmax(p["z"]), d3), {"z": z3})["z"]
print("softmax − target:", (softmax(z3) - d3).round(6))
print("measured:        ", measured.round(6))

assert np.allclose(softmax(z3) - d3, measured, atol=1e-8)

# %% [markdown] id="fused-safe"
# There is a second reason to take the two together. Let a unit be very sure and very wrong, $z=-800$ with target 1. One after the other,
# $S(-800)$ is rounded to 0 and its logarithm is gone. Together there is nothing to round:
#
# {formula:sigmoid-cross-entropy-value}

# %% id="fused-safe-code"
together = binary_cross_entropy.fused_with(sigmoid)
z_wrong = np.array([-800.0])
print("the sigmoid's output:", sigmoid(z_wrong)[0])
print("divergence, fused:   ", together.value(z_wrong, np.array([1.0])))
print("derivative, fused:   ", together.derivative(z_wrong, np.array([1.0]))[0])

assert np.isclose(np.sum(together.value(z_wrong, np.array([1.0]))), 800)

# %% id="poll-fused" fold=true
Poll(
    "A sigmoid output is 0.02 and the target is 1. What is the derivative of the divergence to the sum $z$ below it?",
    [
        "−0.98 for cross-entropy, about −0.019 for half the squared error",
        "−50 for cross-entropy, −0.98 for half the squared error",
        "−0.98 for both",
    ],
    answer=0,
    reasons=[
        "Y − d for the one; the other multiplies it by Y(1 − Y) = .0196.",
        "Those are the derivatives to the output Y. To get to z they must pass the sigmoid, whose slope here is .0196.",
        "For the squared error the sigmoid's slope does not cancel.",
    ],
    name="Poll: down to the sum",
)

# %% [markdown] id="question-faster"
# ## When does cross-entropy converge faster than $L_2$, and why?
#
# Two weights, one sigmoid unit, a few instances, and the loss drawn over both weights. Left the cross-entropy, right the squared error *of
# the same unit on the same data*. Move the point and watch the arrow, which shows the step that descent would take.
#
# > **Think first.** Put the point where the unit is certain and wrong. Which of the two surfaces tells you where to go?

# %% id="surfaces"
cross_entropy_against_squares()

# %% [markdown] id="race"
# The squared error has a **plateau**: far from the solution it is high and flat. It is flat *because* the unit is saturated, and the
# sigmoid's slope stands in every derivative. On the side of the cross-entropy there is a slope wherever there is an error.
#
# Now a race. The same unit, the same target 1, the same step size; once starting badly wrong, at $z=-6$, and once undecided, at $z=0$.


# %% id="race-code"
def race(divergence, start, eta=2.0, steps=300):
    """Outputs of one sigmoid unit during descent on its bias, target 1."""
    net = MLP(widths=(1, 1), hidden=(), output=sigmoid, divergence=divergence)
    params = {"W1": np.zeros((1, 1)), "b1": np.array([float(start)])}
    outputs = []
    for _ in range(steps + 1):
        trace = net.forward(params, [0.0])
        outputs.append(float(trace.output[0]))
        params["b1"] = params["b1"] - eta * net.backward(params, trace, [1.0])["b1"]
    return np.array(outputs)


def steps_until(outputs, level=0.9):
    reached = np.flatnonzero(outputs >= level)
    return str(reached[0]) if reached.size else "not within 300"


runs = {
    (name, start): race(divergence, start)
    for start in (-6, 0)
    for name, divergence in (("cross-entropy", binary_cross_entropy), ("squared error", half_squared_error))
}
for (name, start), outputs in runs.items():
    print(f"{name} from z = {start:2d}: steps until Y ≥ 0.9: {steps_until(outputs)}")

figure, axes = plots.figure(8.6, 3.4, columns=2)
for axis, start in zip(axes, (-6, 0), strict=True):
    axis.plot(runs["cross-entropy", start], label="cross-entropy")
    axis.plot(runs["squared error", start], "--", label="squared error")
    axis.set(xlabel="step", ylabel="output $Y$ (target 1)", ylim=(-0.03, 1.03))
axes[0].set_title("Starting certain and wrong, $z=-6$")
axes[1].set_title("Starting undecided, $z=0$")
axes[1].set_xlim(0, 40)
axes[1].legend(frameon=False, loc="lower right")
plots.Picture(
    figure,
    "Output of one unit during descent. From z = -6 the cross-entropy needs "
    f"{steps_until(runs['cross-entropy', -6])} steps to reach .9, the squared error {steps_until(runs['squared error', -6])}; "
    f"from z = 0 they need {steps_until(runs['cross-entropy', 0])} and {steps_until(runs['squared error', 0])}.",
)

# %% id="race-check"
assert int(steps_until(runs["cross-entropy", -6])) < 10
assert float(runs["squared error", -6][100]) < 0.1
assert int(steps_until(runs["cross-entropy", 0])) < int(steps_until(runs["squared error", 0])) < 40

# %% [markdown] id="answer-faster"
# So the answer is: **where sigmoid outputs are certain and wrong.** There the squared error multiplies a large error by a tiny slope,
# and the cross-entropy does not. Near the solution the two differ by a factor of about $1/(Y(1-Y))$, at least 4, which a larger step
# size would make up for. And if the output unit is not a sigmoid but a plain sum, as in regression, the argument is void: no slope, no
# plateau.
#
# ## The hinge: good enough is good enough
#
# One more, from the family of support vector machines. Targets are $\pm1$ here, the output is a plain sum, and an instance that is on the right
# side *with a margin of 1* costs nothing at all:
#
# {formula:hinge}

# %% id="hinge-code"
outputs = np.array([[-1.0], [0.5], [1.0], [3.0]])
plus = np.ones((4, 1))
for Y_, value, slope in zip(
    outputs[:, 0], hinge(outputs, plus), hinge.derivative(outputs, plus)[:, 0], strict=True
):
    print(f"target +1, output {Y_:4.1f}: divergence {value:.1f}, derivative {slope:+.0f}")

# %% [markdown] id="hinge-remark"
# Its derivative is zero on a whole half-line: instances that are settled stop pulling. (At the corner itself every slope between $-1$ and 0
# will do.) What it leads to we shall see in a moment.
#
# ## What are we really estimating?
#
# Choosing a divergence is making a statement about *chance*. Suppose that targets are drawn with a probability that depends on $Y$, and ask
# for the outputs under which the targets seen were most probable: **maximum likelihood**. Since probabilities of independent instances
# multiply, take $-\log$ and add:
#
# {formula:likelihood-of-all}
#
# For a coin that shows 1 with probability $Y$ this is exactly the cross-entropy,
#
# {formula:bernoulli-log-likelihood}
#
# and for a number with normally distributed (Gaussian) noise it is the squared error, plus something that does not depend on $Y$:
#
# {formula:gaussian-log-likelihood}
#
# An example: ten tosses gave seven ones. Both losses, as functions of a constant output:

# %% id="coin"
tosses = np.array([1, 1, 1, 0, 1, 0, 1, 1, 0, 1.0])[:, None]
grid = np.linspace(0.02, 0.98, 97)
mean_bce = np.array([binary_cross_entropy(np.full_like(tosses, y), tosses).mean() for y in grid])
mean_square = np.array([half_squared_error(np.full_like(tosses, y), tosses).mean() for y in grid])
likelihood = np.array([np.log(np.where(tosses == 1, y, 1 - y)).sum() for y in grid])
print("cross-entropy is least at  ", grid[mean_bce.argmin()].round(2))
print("squared error is least at  ", grid[mean_square.argmin()].round(2))
print(
    "likelihood is greatest at  ",
    grid[likelihood.argmax()].round(2),
    " and the mean of the tosses is",
    tosses.mean(),
)

assert np.allclose(mean_bce, -likelihood / 10)
assert grid[mean_bce.argmin()].round(2) == grid[mean_square.argmin()].round(2) == 0.7

# %% [markdown] id="coin-remark"
# All at 0.7, the share of ones. Either way an output learns the *probability* of class 1 (lecture 02 made the same point); the divergences
# differ in how they get there and in what they make of rare, gross mistakes.
#
# ### Adding a penalty: a belief about the weights
#
# If we hold a belief about the weights *before* we see data, we multiply its probability on: the result is the **maximum a posteriori**
# estimate. A belief that weights are normally distributed round 0 adds their squares,
#
# {formula:gaussian-prior}
#
# and a belief with a sharper peak (Laplace's) adds their magnitudes, which drives some weights to exactly 0:
#
# {formula:laplace-prior}
#
# ### Try it: match them
#
# Each objective on the left is one of the estimates on the right. Fill in the letters.
#
# | objective | | estimate |
# |---|---|---|
# | squared error | A | greatest distance between the border and the nearest instances (large margin) |
# | squared error + squared weights | B | maximum likelihood of a coin whose chance depends on the input (Bernoulli) |
# | cross-entropy | C | maximum likelihood with Gaussian noise on the targets |
# | hinge (with a small penalty) | D | maximum a posteriori: Gaussian noise, Gaussian belief about the weights |
# | squared error + magnitudes of weights | E | maximum a posteriori: Gaussian noise, Laplace's belief about the weights |

# %% id="try-match"
my_match = {
    "squared error": "",
    "squared error + squared weights": "",
    "cross-entropy": "",
    "hinge": "",
    "squared error + magnitudes": "",
}

# %% id="try-match-check"
solution = dict(zip(my_match, "CDBAE", strict=True))
answered = any(my_match.values())
check_answer(
    "the matching",
    {key: letter.strip().upper() for key, letter in my_match.items()} if answered else None,
    solution,
    "Ask what -log of the probability looks like: a square, a logarithm, or a magnitude?",
)

# %% id="try-match-solution" fold=true
# Solution
for objective, letter in solution.items():
    print(f"{objective:<34} {letter}")

# %% [markdown] id="margin"
# One of these can be seen with bare eyes. Four instances on a line, two of each class, and the border where the output is 0:
#
# > **Think first.** Negative instances at 0 and 1, positive ones at 4 and 12. Where should the border be? Does the far one at 12 matter?

# %% id="margin-code"
line = np.array([[0.0], [1.0], [4.0], [12.0]])
sides = np.array([[-1.0], [-1.0], [1.0], [1.0]])


def border(divergence, penalty, steps=4000):
    """Where the output of one linear unit is 0 after descent with a penalty on its weight."""
    net = MLP(widths=(1, 1), hidden=(), output=identity, divergence=divergence)
    params = {"W1": np.zeros((1, 1)), "b1": np.zeros(1)}
    for step in range(steps):
        eta = 0.02 / (1 + step / 1000)
        grads = net.backward(params, net.forward(params, line), sides)
        params["W1"] = params["W1"] - eta * (grads["W1"] + penalty * params["W1"])
        params["b1"] = params["b1"] - eta * grads["b1"]
    return float(-params["b1"][0] / params["W1"][0, 0])


by_hinge, by_squares = border(hinge, 0.01), border(half_squared_error, 0.01)
print(f"border by the hinge:         {by_hinge:.2f}   (halfway between 1 and 4 is 2.5)")
print(f"border by the squared error: {by_squares:.2f}")

assert abs(by_hinge - 2.5) < 0.05
assert by_squares - 2.5 > 0.5

# %% [markdown] id="margin-remark"
# The hinge puts the border in the middle of the gap: only the two instances *nearest* to it count. For the squared error the instance at 12 is
# too right, its output is far above +1, and that counts as an error; so it drags the border towards itself.

# %% id="poll-choose" fold=true
Poll(
    "You are to predict tomorrow's temperature, and thermometers err by a few tenths of a degree either way. Which output and divergence?",
    [
        "A sigmoid output with cross-entropy",
        "A plain sum (identity) with the squared error",
        "A softmax over degrees with cross-entropy",
        "A plain sum with the hinge",
    ],
    answer=1,
    reasons=[
        "A sigmoid's outputs end at 0 and 1; a temperature is not a probability.",
        "Symmetric noise on a number: Gaussian, hence squares. And a sum can take any value.",
        "Possible, but it does not know that 20 degrees is next to 21: calling it 20 costs as much as calling it −5.",
        "The hinge only asks on which side of a border an instance lies.",
    ],
    name="Poll: a divergence for a temperature",
)

# %% [markdown] id="summary"
# ## Summary
#
# | divergence | targets | derivative to the output | to the sum below | it estimates |
# |---|---|---|---|---|
# | half squared error | any numbers | $Y-d$ | $(Y-d)f'(z)$ | mean; Gaussian maximum likelihood |
# | binary cross-entropy | 0 to 1 | $(Y-d)/(Y(1-Y))$ | sigmoid: $Y-d$ | probability; Bernoulli maximum likelihood |
# | cross-entropy, KL | a distribution | $-d_j/y_j$ | softmax: $y_j-d_j$ | probabilities of classes |
# | hinge | −1, +1 | $-d$ inside the margin, else 0 | identity: the same | a border with a large margin |
#
# * A derivative need not be zero where the divergence is smallest (labels), nor the divergence where its derivative is (soft targets).
# * Divergence and output activation are best taken together: the sum is safe, the slope cancels.
# * A penalty on the weights is a belief about them, written as a loss.
#
# **Next:** [05 · Minima, gradients, Hessians](05-minima-gradients-hessians.ipynb), on what "small as it can be" means in many dimensions.
# **Practise:** [problem set 2](../assignments/release/ps2/ps2.ipynb), problems 5 to 9.
#
# **Sources.** The divergences and the remark about soft targets follow A and D, the matching quiz E, the question about speed a student's
# notes (C). Where they are wrong:

# %% id="errata-proof"
for name in ("a-binary-minimum", "ad-loss-is-the-sum", "e-cross-entropy-sign", "e-cross-entropy-derivative"):
    entry = errata.get(name)
    proof = entry.proof()
    assert proof.right_holds and not proof.printed_holds
    print(f"{name}, {entry.place}: {proof.evidence}\n")

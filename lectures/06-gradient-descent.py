# %% [markdown] id="title"
# # 06 · Gradient descent
#
# You stand on a hillside at night and want to get down to the lake. You see nothing, but you feel the slope of the
# ground under your feet. So you take a step downhill, feel again, and take another. That is the whole method by which
# neural networks learn, and this lecture is about the only thing that can be done well or badly in it: **how far to
# step**.
#
# **You will be able to**
#
# * write descent as a loop of three lines, and say why there is a minus in it;
# * predict from the curvatures of a bowl which steps converge, which one is best and which ones blow up;
# * choose a step when nobody tells you the curvatures, and a test for when to stop, knowing how each test can be fooled;
# * say what descent can promise on a bowl, on a landscape with many valleys, and what momentum adds.
#
# **You need** gradients, Hessians and their eigenvalues (lecture 05). Take about 75 minutes.

# %% id="imports"
from textwrap import fill

import numpy as np
from IPython.display import display
from ipywidgets import FloatLogSlider, Layout
from traitlets import link

from mlpkit import SGD, InverseDecay, numerical_gradient
from mlpkit.descent import (
    SURFACES,
    best_fixed_step,
    best_momentum,
    classify_stationary_point,
    contraction_factor,
    curvatures,
    descend,
    limit_step,
)
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.plots import BLUE, ORANGE, Picture, contours, figure, theme
from mlpkit.widgets import LearningRateExplorer, Poll

# %% [markdown] id="three-questions"
# ## The function that we carry through
#
# In lecture 05 we found minima by solving $\nabla f(x)=0$. For a network that is hopeless: the loss depends on thousands
# of weights, through sigmoids inside sigmoids, and nobody can solve those equations. What we *can* do is evaluate the loss
# and its gradient wherever we happen to stand. So we guess a point, improve it, and repeat. Three questions have to be
# answered: **in which direction, how far, and when to stop?**
#
# We use one function throughout, an elongated bowl that does not lie along the axes:
#
# {formula:tilted-bowl}
#
# Its minimum is at $(0,0)$: we know where we want to arrive, and can watch how well each method gets there. (Mind the
# letter: $x$ is what we may change. When a network is trained that will be its *weights*, and $f$ the loss.)
#
# We begin with one direction only, the cut through the bowl at $x_1=0$. There $f=4x^2$ with the derivative $8x$, and we
# start at $x=3$.

# %% id="the-cut"
bowl = SURFACES["tilted bowl"]
print(bowl)


def cut(x):
    return 4 * x**2


def slope(x):
    return 8 * x


assert cut(3.0) == bowl([0.0, 3.0])
print("at x = 3:  f =", cut(3.0), "  derivative =", slope(3.0))

# %% [markdown] id="sign-rule"
# ## First attempt: only ask which way
#
# The derivative at 3 is positive: uphill is to the right. So downhill is to the left, and we go one step to the left,
# say 0.4. Where the derivative is negative we go to the right instead. This uses nothing but the *sign* of the derivative:
#
# {formula:sign-rule}
#
# > **Think first.** Start at 3, steps of 0.4, and repeat until the derivative is zero. Write down where you are after
# > 7, 8, 9 and 10 steps.
#
# Look at the right-hand picture below, from about step 7 on.

# %% id="draw-walk" fold=true


def walk_picture(path, title):
    """The graph of f = 4x² with the points of a descent on it, and the points against the step."""
    xs = np.linspace(-4, 4, 201)
    with theme():
        drawn, (hill, course) = figure(9.6, 3.6, columns=2)
        hill.plot(xs, cut(xs), color="#6e7781", linewidth=1.6)
        hill.plot(path.points, path.values, color=ORANGE, marker="o", markersize=5, linewidth=1)
        hill.plot(path.points[0], path.values[0], "o", markersize=10, mfc="white", mec="#1b1f24")
        hill.set(xlabel="$x$", ylabel="$f(x) = 4x^2$", xlim=(-4, 4), ylim=(-3, 66))
        hill.set_title(title)
        course.plot(path.points, color=BLUE, marker="o", markersize=5, linewidth=1)
        course.axhline(0, color="#8c959f", linewidth=0.8)
        course.set(xlabel="step", ylabel="$x$")
        course.xaxis.get_major_locator().set_params(integer=True)
        course.set_title("where it is after each step")
    shown = ", ".join(f"{x:.3g}" for x in path.points[:12])
    return Picture(drawn, f"{title}: points {shown}; {path.status}.")


# %% id="sign-walk"
by_sign = descend(cut, 3.0, 0.4, gradient=slope, rule="sign", steps=20)
print("steps 7 to 10:", by_sign.points[7:11].round(10))
walk_picture(by_sign, "Sign rule, step 0.4")

# %% [markdown] id="why-oscillation"
# It walks down briskly, comes within one step of the minimum, and then jumps to and fro across it for ever: 0.2, −0.2,
# 0.2, … The reason is simple. **Its steps never get shorter.** The two places that it jumps between are a whole step
# apart, on different sides of the minimum, and there it stays, unless it meets 0 exactly by luck (from 3 with steps of
# 0.5, say). A loop that waits for $f'(x)=0$ never ends.

# %% id="sign-verdicts"
lucky = descend(cut, 3.0, 0.5, gradient=slope, rule="sign", steps=20)
for walk in (by_sign, lucky):
    print(f"{walk.rule}: {walk.status} after {walk.steps} steps\n    {walk.reason}")
assert by_sign.status == "oscillating"

# %% id="poll-sign" fold=true
Poll(
    "The same rule and the same step of 0.4, but you start at 2.5. Where does it end?",
    ["At 0.", "It jumps between 0.2 and −0.2.", "It jumps between 0.1 and −0.3.", "It runs away."],
    answer=2,
    reasons=[
        "2.5 is not a whole number of steps of 0.4, so no point of the walk is 0.",
        "That is so from 3. The two places depend on where you start.",
        "2.5 − 6 · 0.4 = 0.1; there the derivative is positive, so it goes on to −0.3, and back.",
        "It always turns round as soon as it has crossed the minimum: it can never be further away than one step.",
    ],
    name="Poll: where the sign rule ends",
)

# %% [markdown] id="derivative-step"
# ## Second attempt: let the derivative say how far
#
# Far from the minimum of our bowl the derivative is large, near to it small, and at it zero. That is just what the length
# of a step should do. So we step against the derivative itself, scaled by a factor $\eta$ (*eta*), the **step size** or
# **learning rate**:
#
# {formula:descent-step}
#
# Now the steps shorten by themselves. Compare the right-hand picture with the one above.

# %% id="derivative-walk"
by_slope = descend(cut, 3.0, 0.1, gradient=slope, steps=20)
print("  ".join(f"{x:.6g}" for x in by_slope.points[:7]))
walk_picture(by_slope, "Derivative step, η = 0.1")

# %% [markdown] id="one-factor"
# Every point is a fifth of the one before. You can see why without any picture: on $4x^2$ one step is
# $x-\eta\cdot 8x=(1-8\eta)\,x$. **A step multiplies the distance from the minimum by the fixed factor $1-8\eta$**, and
# everything there is to know about $\eta$ is in this factor.
#
# > **Think first.** For which $\eta$ does one single step arrive? What happens at $\eta=0.2$, at $0.25$ and at $0.26$?

# %% id="factor-table"
print("   η    1 − 8η   the first points")
for eta in (0.02, 0.1, 0.125, 0.2, 0.25, 0.26):
    walk = descend(cut, 3.0, eta, gradient=slope, steps=40)
    first = "  ".join(f"{x:7.3f}" for x in walk.points[:5])
    print(f"{eta:5}  {1 - 8 * eta:7.2f}   {first:45} {walk.status}")
    assert np.allclose(walk.points[1:], (1 - 8 * eta) * walk.points[:-1])

# %% [markdown] id="four-regimes"
# Read down the column of factors:
#
# | factor | what you see |
# |---|---|
# | between 0 and 1 | creeps down one side of the valley; slowly if the factor is near 1 |
# | 0, at $\eta=1/8$ | arrives in one step; 8 is the second derivative $f''$ |
# | between −1 and 0 | leaps across at every step, and still converges |
# | −1, at $\eta=2/8$ | leaps for ever between 3 and −3 |
# | below −1 | every leap lands higher than the last: it **diverges** |
#
# So on this cut steps up to $2/f''$ converge, and $1/f''$ is the best. Keep these two numbers in mind; they come back in
# any number of dimensions.
#
# ## Ascent or descent: which sign, and why?
#
# Learners often ask why the step is *minus* the gradient, when the gradient is the direction that matters. It is worth
# being entirely sure of this, so here is the proof. For a small change the gradient is the best linear factor
# (lecture 05):
#
# {formula:total-differential}
#
# Put in the change $\Delta x=-\eta\nabla f(x)$. The right-hand side becomes $-\eta\,\lVert\nabla f(x)\rVert^2$: minus a
# positive number times a square. **It cannot be positive, wherever the gradient points.** So $f$ falls, if $\eta$ is
# small enough for the linear picture to hold. And no other direction of the same length falls faster, since the gradient
# is the direction of steepest ascent.
#
# With a plus the same calculation gives $+\eta\,\lVert\nabla f(x)\rVert^2$, and one climbs. That is right if a *maximum*
# is wanted, such as that of a likelihood:
#
# {formula:ascent-step}
#
# Minimising $f$ and maximising $-f$ are one and the same walk. What must not happen is a plus with a loss.

# %% id="which-sign"
x = np.array([3.0, 3.0])
g = bowl.gradient_at(x)
assert np.allclose(g, numerical_gradient(bowl, x), atol=1e-6)
print("f at (3, 3):", bowl(x), "  gradient:", g, "  squared length:", g @ g)
for eta in (0.1, 0.01, 0.001, 0.0001):
    down, up = bowl(x - eta * g) - bowl(x), bowl(x + eta * g) - bowl(x)
    print(f"η = {eta:<7} promised {-eta * (g @ g):9.4f}   descent {down:9.4f}   ascent {up:9.4f}")

# %% [markdown] id="step-times-derivative"
# The smaller $\eta$, the better the promise is kept; at 0.1 the step is long enough for the bend of the bowl to matter.
#
# ## How do step size and the size of the derivative interact?
#
# They multiply: the point moves by $\eta\,\lVert\nabla f(x)\rVert$, a product of which you choose one factor and the
# landscape the other. Three things follow.
#
# **With a fixed $\eta$ the steps shorten on their own** towards a minimum. You need not shrink $\eta$ for that, and that is
# the whole advantage over the sign rule.
#
# **On steep ground it leaps, on flat ground it creeps.** That is the wrong way round in two places: on a steep wall, where
# the leap lands on the other side, and on a plateau far from any minimum, where hardly anything moves although there is a
# long way to go.
#
# **$\eta$ has no meaning without the scale of $f$.** Measure the loss in cents instead of euros and all derivatives are a
# hundred times as large; the same walk then needs a hundredth of $\eta$. A step size is never good or bad in itself.

# %% id="scale-of-f"
euros = descend(bowl, [3, 3], 0.1, steps=50)
cents = descend(
    lambda x: 100 * bowl(x), [3, 3], 0.1 / 100, gradient=lambda x: 100 * bowl.gradient_at(x), steps=50
)
assert np.allclose(euros.points, cents.points)
print("100 f with η/100 takes the same walk.")
moved = np.linalg.norm(np.diff(euros.points, axis=0), axis=1)
print("lengths of the first moves, at the same η:", moved[:8].round(3))

# %% id="poll-step-derivative" fold=true
Poll(
    "At some point the derivative is −50, and $\\eta=0.01$. Where is the next point?",
    ["0.5 to the right.", "0.5 to the left.", "0.01 to the right.", "50 to the right."],
    answer=0,
    reasons=[
        "The move is −0.01 · (−50) = +0.5: against the derivative, and their product long.",
        "The derivative is negative, so downhill is to the right. Two minus signs make a plus.",
        "0.01 would be the length under the sign rule. Here the derivative multiplies it.",
        "That is the derivative alone. It is scaled by the step size.",
    ],
    name="Poll: step size times derivative",
)

# %% [markdown] id="two-dimensions"
# ## Into the bowl
#
# Now both variables. The gradient has two components, and each moves its own variable:
#
# {formula:tilted-bowl-gradient}
#
# ### Try it: write the loop
#
# Complete the function: `steps` times, replace `x` by `x` minus `eta` times the gradient there, and return where you
# arrive. `bowl.gradient_at(x)` gives the gradient. Run the cell, then the check below it.

# %% id="try-loop"


def my_descent(x, eta, steps):
    """Where gradient descent on the bowl is after so many steps from x."""
    x = np.asarray(x, dtype=float)
    arrived = None  # your lines here
    return arrived


# %% id="check-loop"
check_function(
    "my_descent",
    my_descent,
    [([3, 3], 0.1, 1), ([3, 3], 0.2, 20), ([-1, 2], 0.05, 7)],
    lambda x, eta, steps: descend(bowl, x, eta, steps=steps, gradient_norm=None).end,
    hint="The step goes against the gradient, and the gradient is taken anew at every point.",
)

# %% [markdown] id="solution-loop-intro"
# The solution is folded into the next cell; open it when you have tried.


# %% id="solution-loop" fold=true
# Solution
def descent_loop(x, eta, steps):
    x = np.asarray(x, dtype=float)
    for _ in range(steps):
        x = x - eta * bowl.gradient_at(x)
    return x


assert np.allclose(descent_loop([3, 3], 0.2, 20), descend(bowl, [3, 3], 0.2, steps=20).end)

# %% [markdown] id="two-walks"
# In the next picture two walks start at $(3,3)$, with $\eta=0.1$ and with $\eta=0.2$.
#
# > **Think first.** One of them will look neat and one will look wild. Which of the two is nearer to the minimum after
# > 20 steps?

# %% id="two-walks-code"
neat, wild = (descend(bowl, [3, 3], eta, steps=20) for eta in (0.1, 0.2))
for name, walk in (("0.1", neat), ("0.2", wild)):
    print(f"η = {name}: after 20 steps at distance {np.linalg.norm(walk.end):.6f}, f = {walk.values[-1]:.2e}")
assert np.linalg.norm(wild.end) < np.linalg.norm(neat.end)
Picture(
    contours(bowl, [neat, wild]),
    "Level lines of the tilted bowl and two descents from (3, 3). With step 0.1 the path drops into the long axis "
    "of the bowl and creeps along it; with step 0.2 it zigzags across the axis and is nearer to the minimum after 20 steps.",
)

# %% [markdown] id="neat-and-wild"
# The wild one wins. With 0.1 the walk is in the bottom of the valley after one step, and then creeps along it in steps that
# get shorter and shorter. With 0.2 it leaps from side to side, but makes twice the headway along the valley. Looks are a
# poor guide to speed.
#
# ## The slider
#
# Take the step in hand. The upper slider is logarithmic, since useful step sizes range over powers of ten; the controls
# in the picture itself set the same number (they have names and obey the arrow keys), and a click on the level lines
# sets the start. On the right you see $f$ along the walk, on a logarithmic axis: a steady rate of convergence is a
# straight line there.
#
# Before you go on, find out by trying (numbers can be typed, too):
#
# 1. the largest $\eta$ that still converges, to three digits;
# 2. the $\eta$ with the *steepest* line on the right: it is not the largest that converges;
# 3. whether another start changes either of the two.

# %% id="slider"
rate = FloatLogSlider(
    value=0.1, min=-3, max=0, step=0.005, description="step η", readout=False, layout=Layout(width="620px")
)
explorer = LearningRateExplorer("tilted bowl", eta=0.1)
explorer.label = "Learning rate on the tilted bowl"


def from_slider(eta):
    # When a number is typed, the slider answers with the nearest of its own positions: that is no move.
    return explorer.eta if abs(np.log10(eta / explorer.eta)) < 0.0026 else eta


link((rate, "value"), (explorer, "eta"), transform=(from_slider, float))
display(rate, explorer)

# %% [markdown] id="sensitive"
# Did you notice how narrow the edge is? From 0.245 to 0.2451 the verdict turns, and at 0.25 the walk is far outside of
# the picture after 50 steps.

# %% id="n2"
for eta in (0.1, 0.2, 0.245, 0.2451, 0.25):
    walk = descend(bowl, [3, 3], eta, steps=50)
    x1, x2 = walk.end
    print(f"η = {eta:<6} after {walk.steps} steps at ({x1:8.5f}, {x2:8.5f})   {walk.status}")
assert np.allclose(walk.end, (4.03, 24.8), atol=0.02)

# %% [markdown] id="axes"
# ## Why: a bowl is many parabolas
#
# On the cut everything was decided by $1-\eta f''$. The bowl is no harder, if we look at it along *its own* axes rather
# than along $x_1$ and $x_2$. These axes are the eigenvectors of the Hessian
#
# {formula:tilted-bowl-hessian}
#
# and along each of them the bowl is a parabola whose second derivative is the eigenvalue $\lambda_i$, its curvature. The
# gradient of a parabola points along its own axis, so the axes do not disturb each other: **each one has its own factor.**
# With $e_i^{(m)}$ for the distance from the minimum along axis $i$ after $m$ steps,
#
# {formula:error-along-an-axis}
#
# Let us not believe that but compute it. We take the start apart along the axes, multiply each part by its factor to the
# power of 50, put it together again, and compare with the walk.

# %% id="axes-code"
H = bowl.hessian_at([0, 0])
values, vectors = np.linalg.eigh(H)
print("curvatures:", values.round(5), "  axes (columns):\n", vectors.round(4))

start = vectors.T @ np.array([3.0, 3.0])
factors = 1 - 0.25 * values
print("factors at η = 0.25:", factors.round(5), "  to the power of 50:", (factors**50).round(5))
predicted = vectors @ (factors**50 * start)
assert np.allclose(predicted, descend(bowl, [3, 3], 0.25, steps=50).end)
print("predicted after 50 steps:", predicted.round(5), "- the walk arrives at the same point")

# %% [markdown] id="limit"
# The flat axis is fine: its factor is 0.54. The steep one has the factor −1.04, and $1.04^{50}$ is more than 7. **The
# steepest axis alone decides whether descent converges**: its factor must stay above −1, so
#
# {formula:limit-step}
#
# For our bowl that is $2/8.162=0.24503$, the number that you found with the slider; the start does not come into it.
#
# ## The best fixed step
#
# A larger $\eta$ makes the flat axis faster; too large a one makes the steep axis worse. In the picture below each line is
# the size $|1-\eta\lambda_i|$ of one axis' factor. In the long run the larger of the two is what counts.
#
# > **Think first.** Where on the $\eta$-axis is the larger of the two lines lowest?

# %% id="factors-picture" fold=true
etas = np.linspace(0, 0.28, 281)
with theme():
    drawn, axes = figure(7.6, 4.4)
    for value, style, name in ((values[0], "-", "flat"), (values[1], "--", "steep")):
        label = f"{name} axis, $\\lambda = {value:.3f}$"
        axes.plot(etas, np.abs(1 - etas * value), style, label=label)
    worst = np.abs(1 - np.outer(etas, values)).max(axis=1)
    axes.fill_between(etas, worst, 1.4, color="#d0d7de", alpha=0.5, linewidth=0)
    axes.axhline(1, color="#57606a", linewidth=1, linestyle=":")
    for place, text in ((0.2, "best step"), (limit_step(H), "limit")):
        axes.axvline(place, color="#57606a", linewidth=1)
        axes.annotate(
            f"{text} {place:.4g}",
            (place, 0.06),
            ha="right",
            rotation=90,
            xytext=(-3, 0),
            textcoords="offset points",
        )
    axes.set(xlabel=r"step $\eta$", ylabel=r"$|1-\eta\lambda|$, per step", xlim=(0, 0.28), ylim=(0, 1.3))
    axes.set_title("The worse of the two factors is least where they are equal")
    axes.legend(loc="upper center")
Picture(
    drawn,
    "Size of the factor of each axis against the step. The flat axis falls slowly from 1; the steep one falls to 0 at 0.1225 "
    "and rises again to 1 at the limit 0.245. They cross at the best step 0.2, where both are 0.632.",
)

# %% [markdown] id="best-step"
# At the crossing, where both axes are equally bad. To the left of it the flat axis holds us up, to the right the steep one.
# There $1-\eta\lambda_{\min}=\eta\lambda_{\max}-1$, and solved for $\eta$:
#
# {formula:best-step}
#
# The sum of the eigenvalues is the trace of $H$, here $2+8$. So the best step for our bowl is 0.2 on the dot, and every
# step then multiplies the distance by at most
#
# {formula:contraction}

# %% id="best-step-code"
print(
    "limit:", round(limit_step(H), 5), "  best:", best_fixed_step(H), "  curvatures:", curvatures(H).round(3)
)
assert np.isclose(limit_step(H), 0.24503, atol=5e-6)
assert np.isclose(best_fixed_step(H), 2 / np.trace(H))
for eta in (0.1, 0.2, 0.24):
    walk = descend(bowl, [3, 3], eta, steps=40, gradient_norm=None)
    distances = np.linalg.norm(walk.points, axis=1)
    measured = (distances[-1] / distances[-11]) ** (1 / 10)
    print(f"η = {eta:<4} worst factor {contraction_factor(H, eta):.4f}, measured on the walk {measured:.4f}")
    assert np.isclose(measured, contraction_factor(H, eta), atol=1e-4)

# %% [markdown] id="try-step"
# ### Try it: another bowl
#
# $f(x)=\frac32x_1^2+x_1x_2+\frac32x_2^2$ has the Hessian $\begin{bmatrix}3&1\\1&3\end{bmatrix}$. Find its two curvatures with
# a pencil (their sum is the trace, their product the determinant), then the limit of the step and the best step.

# %% id="try-step-code"
my_limit = None  # the step from which on descent no longer converges
my_best = None  # the best fixed step

# %% id="check-step"
other = np.array([[3.0, 1.0], [1.0, 3.0]])
display(
    check_answer("the limit of the step", my_limit, limit_step(other), hint="The larger curvature decides."),
    check_answer("the best step", my_best, best_fixed_step(other), hint="Both curvatures matter."),
)

# %% id="solution-step" fold=true
# Solution
# The curvatures have the sum 6 and the product 8: they are 2 and 4.
assert np.allclose(curvatures(other), [2, 4])
assert np.isclose(limit_step(other), 2 / 4)
assert np.isclose(best_fixed_step(other), 2 / (2 + 4))

# %% [markdown] id="conditioning"
# ### What even the best step cannot do
#
# At the best step the factor is $(\kappa-1)/(\kappa+1)$ with $\kappa=\lambda_{\max}/\lambda_{\min}$, the **condition number** of
# the bowl. A round bowl ($\kappa=1$) takes one step. The longer and narrower the valley, the nearer the factor is to 1:

# %% id="conditioning-table"
print("     κ   factor at the best step   steps for one more digit")
for kappa in (1, 4.44, 50, 1_000, 100_000):
    factor = contraction_factor(np.diag([1.0, kappa]), best_fixed_step(np.diag([1.0, kappa])))
    steps = 1 if factor == 0 else np.log(10) / -np.log(factor)
    print(f"{kappa:>7}   {factor:>22.5f}   {steps:>14,.0f}")

# %% [markdown] id="why-standardise"
# Loss surfaces of networks have condition numbers in the thousands and above. It is one reason why inputs are brought to
# the same scale (lecture 02): the curvature along a weight grows with the *square* of the input that it multiplies, so a
# feature that is a hundred times as large as another puts a factor of ten thousand between the curvatures.

# %% id="poll-best" fold=true
Poll(
    "A bowl has the curvatures 1 and 9. Which fixed step converges fastest in the long run?",
    ["1/9", "0.2", "2/9", "1"],
    answer=1,
    reasons=[
        "It finishes the steep axis in one step, but leaves 8/9 of the error along the flat one, step after step.",
        "2/(1 + 9): both factors have the size 0.8, and no step makes the worse of them smaller.",
        "That is the limit: the factor of the steep axis is −1, and it never converges.",
        "It would finish the flat axis at once; the steep one has the factor −8 and explodes.",
    ],
    name="Poll: the best fixed step",
)

# %% [markdown] id="choosing"
# ## Choosing the step when nobody tells you the curvatures
#
# For a network nobody does: its Hessian is too large to write down, and different at every point. What is done instead?
#
# **Try powers of ten.** 1, 0.1, 0.01, … with a few dozen steps each; take the largest that descends steadily, then
# refine by factors of about 3. Too large shows itself at once (the loss rises, or becomes `nan`), too small takes patience
# to tell from "nearly done". This is why the slider above was logarithmic.
#
# **Let it shrink on a schedule.** The step may depend on the iteration $m$:
#
# {formula:decaying-step}
#
# Such steps add up to infinity, so that any distance can be covered, and yet become arbitrarily short, so that even jumps
# die away. That cures the sign rule; more important, it cures the noise that comes in when the gradient is estimated
# from a few instances only (lecture 13).

# %% id="sign-rule-cured"
cured = descend(cut, 3.0, InverseDecay(0.4, 0.1), gradient=slope, rule="sign", steps=60)
print("the step at m = 0, 10, 60:", [round(InverseDecay(0.4, 0.1)(m), 4) for m in (0, 10, 60)])
walk_picture(cured, "Sign rule, shrinking step")

# %% [markdown] id="halving"
# **Look before you leap.** Try a generous step; if $f$ did not fall, halve the step and try again. It costs a few more
# evaluations of $f$, and no knowledge at all. (More careful versions ask that $f$ falls by a fair share of what was
# promised, $\eta\lVert\nabla f\rVert^2$; that is called *backtracking*.)
#
# **Use the curvature after all**, where you can. On a parabola $1/f''$ arrived in one step; in several dimensions
# multiplying by $H^{-1}$ instead of $\eta$ does. That is Newton's method. A network with a million weights has a Hessian
# with $10^{12}$ entries, and so this stays a dream, though much of what is known about better optimisers is an attempt
# to dream it cheaply.

# %% id="newton"
one_step = np.array([3.0, 3.0]) - np.linalg.solve(H, bowl.gradient_at([3.0, 3.0]))
print("one step with the inverse Hessian, from (3, 3):", one_step)
assert np.allclose(one_step, 0)

# %% [markdown] id="try-halving"
# ### Try it: look before you leap
#
# Complete the function. While a step of size `eta` from `x` does **not** make the bowl's value smaller, halve `eta`;
# then return it.

# %% id="try-halving-code"


def my_step_size(x, eta):
    """The first of eta, eta/2, eta/4, ... with which a step from x goes down."""
    x = np.asarray(x, dtype=float)
    found = None  # your lines here
    return found


# %% id="check-halving" fold=true


def halved(x, eta):
    x = np.asarray(x, dtype=float)
    sizes = eta / 2.0 ** np.arange(60)
    return next(size for size in sizes if bowl(x - size * bowl.gradient_at(x)) < bowl(x))


check_function(
    "my_step_size",
    my_step_size,
    [([3, 3], 0.8), ([0.5, -2], 100.0), ([3, 3], 0.1)],
    halved,
    hint="Compare bowl(x - eta * gradient) with bowl(x); an eta that is good already stays as it is.",
)


# %% id="solution-halving" fold=true
# Solution
def step_size(x, eta):
    x = np.asarray(x, dtype=float)
    g = bowl.gradient_at(x)
    while bowl(x - eta * g) >= bowl(x):
        eta = eta / 2
    return eta


assert step_size([3, 3], 0.8) == halved([3, 3], 0.8) == 0.2

# %% [markdown] id="stopping"
# ## When to stop
#
# "Until the derivative is zero" hardly ever comes true in floating-point numbers. Two tests are usual. Stop when a step has hardly
# changed the value,
#
# {formula:stop-by-value}
#
# or when the gradient is short:
#
# {formula:stop-by-gradient}
#
# Note where the first one can be asked: *after* a step. It compares two points, and before the first step there is only
# one. So the loop is **do** a step, **while** the test says go on. (One of our sources writes `while` first and so asks for
# $x^{(1)}$ before it exists. Here is the proof that it cannot run, and that the other order does.)

# %% id="do-while"
proof = erratum("a-descent-loop").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100))

# %% [markdown] id="fooled"
# > **Think first.** Invent a descent that the first test stops although the minimum is far away. Then one that the second
# > test stops at a point which is no minimum.
#
# Three ways to be fooled:

# %% id="fooled-code"
leap = descend(cut, 3.0, 0.25, gradient=slope, value_change=1e-6, gradient_norm=None)
crawl = descend(bowl, [3, 3], 0.01, steps=500, value_change=1e-2, gradient_norm=None)
ridge = descend(SURFACES["saddle"], [2.5, 0.0], 0.1, steps=500, gradient_norm=1e-6)
for n, walk in enumerate((leap, crawl, ridge), start=1):
    x = np.round(walk.end, 4) + 0.0
    print(f"{n}. stopped at {x} after {walk.steps} steps, f = {walk.values[-1]:.4f}\n   {walk.reason}")
kind = classify_stationary_point(SURFACES["saddle"].hessian_at(ridge.end))
print("   The Hessian there says:", kind)
assert leap.steps == 1 and crawl.values[-1] > 0.25 and kind == "saddle"

# %% [markdown] id="fooled-why"
# 1. The leap from 3 to −3 changes $f=4x^2$ by nothing at all. The test sees that, and not that the slope is 24.
# 2. With a tiny step *every* step changes little. It stopped at $f=0.26$ because it was slow, not because it was done.
# 3. On the ridge of a saddle the gradient does vanish, and yet the way down is open on both sides.
#
# So use both tests together, never the value alone with a small $\eta$, and always put a limit on the number of steps. For
# networks there is a better reason to stop than either: the loss on data that was not trained on (lecture 13).

# %% id="poll-stop" fold=true
Poll(
    "A descent has stopped because $f$ changed by less than $0.000001$ in the last step. What do you know?",
    [
        "It is at a minimum, up to rounding.",
        "The gradient is short there.",
        "The last step changed $f$ little; nothing more.",
    ],
    answer=2,
    reasons=[
        "It may have been stopped by a tiny step size, or in the middle of a leap across a valley.",
        "In the first example above the gradient had the length 24.",
        "A small step size, a flat stretch or a leap to the same height look just the same to this test.",
    ],
    name="Poll: what a small change tells",
)

# %% [markdown] id="convex"
# ## One bowl or many valleys
#
# All promises so far were for a bowl. A function is **convex** if it lies nowhere above its chords; where there are second
# derivatives, if no curvature is negative anywhere. A convex function has no valleys but one: each local minimum is a global
# one. So on a convex function that *has* a minimum, and whose curvature is bounded, descent with a small enough step finds it
# from any start.
#
# The loss of a network is not convex (you saw the proof in lecture 05: exchange two hidden units and go half-way). Here is the simplest landscape of that kind, with two valleys. The deeper one is on the
# left.
#
# > **Think first.** Five walks start at the white circles. Which of them end in the deeper valley?

# %% id="two-valleys"
valleys = SURFACES["two minima"]
starts = [(-1.8, -1.2), (0.0, 1.3), (0.2, 1.3), (1.8, 0.9), (0.6, -1.3)]
walks = [descend(valleys, start, 0.1, steps=300) for start in starts]
for start, walk in zip(starts, walks, strict=True):
    print(f"from {start!s:>12} to ({walk.end[0]:6.3f}, {abs(walk.end[1]):.2f}), f = {walk.values[-1]:7.4f}")
Picture(
    contours(valleys, walks, x=(-2, 2), y=(-1.6, 1.6)),
    "Level lines of a function with two valleys and five descents. Those from (-1.8, -1.2) and (0, 1.3) end in the deeper "
    "minimum near (-1.05, 0); those from (0.2, 1.3), (1.8, 0.9) and (0.6, -1.3) in the shallower one near (0.95, 0).",
)

# %% [markdown] id="basins"
# The start decides, and nothing else: a watershed runs along $x_1\approx0.101$, through the saddle between the valleys, and
# each walk goes to the minimum on its own side. Descent feels the ground under its feet. It cannot know that there is a deeper
# valley beyond the ridge.
#
# And there are worse ends than the wrong valley. One source says that descent always finds the minimum of a convex function,
# and of another one a local minimum or a point of inflection. That leaves out the cases in which it finds nothing:

# %% id="finds-nothing"
proof = erratum("a-descent-finds").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100), "\n")

for start in (1.0, -0.01):
    walk = descend(SURFACES["cubic"], [start], 0.1, steps=1000)
    print(f"x³ from {start:5}: {walk.status}; after {walk.steps} steps at {walk.end[0]:.4f}")

# %% [markdown] id="ends-of-descent"
# | landscape | what happens with a small enough step |
# |---|---|
# | convex with a minimum | finds it, from everywhere |
# | convex without one ($e^x$) | goes on for ever, slower and slower |
# | several minima | finds one of them, usually that of the valley it starts in |
# | saddle ($x_1^2-x_2^2$) | from the ridge itself it stops at the saddle; the least disturbance sends it away |
# | inflection ($x^3$) | from above it creeps towards 0, ever slower, and from below it falls without end |

# %% id="poll-valleys" fold=true
Poll(
    "Which of these are true of gradient descent with a small fixed step on a smooth function?",
    [
        "Where it ends depends on where it starts.",
        "If it converges, then to the global minimum.",
        "If $f$ is convex and has a minimum, it comes to a global minimum.",
        "It always converges, if only the step is small enough.",
    ],
    answer=[0, 2],
    reasons=[
        "Each valley collects the starts on its own side of the watershed.",
        "It converges to a point with gradient 0; that may be a local minimum, or a saddle if it starts on the ridge.",
        "On a convex function every local minimum is a global one: with a step small enough for its curvature, there is no wrong place to end.",
        "There must be something to converge to: $e^x$ has no minimum, and neither has $x^3$.",
    ],
    name="Poll: what descent can promise",
)

# %% [markdown] id="momentum"
# ## Momentum: a ball instead of a walker
#
# In a narrow valley descent has a bad choice: a step that is short enough for the steep walls is far too short for the flat
# floor. Watch what the walker does below: to and fro across the valley, *and a little forward each time*. Add up several
# steps, and the to and fro cancels while the headway does not. So give the walker some inertia: besides the new step, a
# share $\alpha$ of the **last** step is taken once more.
#
# {formula:momentum-step}
#
# Here the curvatures are 1 along the valley and 50 across it. The step is 0.039, almost the best one, and $\alpha$ is 0.
#
# 1. Raise $\alpha$ slowly and look at the line on the right. When is it steepest?
# 2. Raise it to 0.95. What does the ball do now, and why?
# 3. Set $\alpha=0$ and $\eta=0.045$, beyond the limit of 0.04. How much $\alpha$ saves the descent?

# %% id="momentum-widget"
ball = LearningRateExplorer("narrow valley", eta=0.039, alpha=0.0, steps=100)
ball.label = "Momentum in a narrow valley"
ball

# %% [markdown] id="momentum-limit"
# Three things could be seen. A moderate $\alpha$ (the line is steepest near 0.65) makes the same step go much further: down a
# steady slope the steps pile up to $1/(1-\alpha)$ times one of them. Too large an $\alpha$ rolls far past the minimum and
# swings about it. And the limit of the step moves up:
#
# {formula:limit-step-momentum}
#
# so that $\eta=0.045$ converges as soon as $\alpha$ is above $0.125$. On a bowl the best pair of $\eta$ and $\alpha$ is known,
# too. Compare the numbers of steps to the same accuracy, and look at the beginning of the dashed line: a ball may roll uphill
# for a while. With momentum $f$ need not fall in every step.

# %% id="momentum-counts"
narrow = SURFACES["narrow valley"]
K = narrow.hessian_at([0, 0])
settings = {"best step alone": (best_fixed_step(K), 0.0), "with momentum": best_momentum(K)}
runs = {}
for name, (eta, alpha) in settings.items():
    run = descend(narrow, [-3.5, 1.0], eta, momentum=alpha, steps=1000, gradient_norm=1e-6)
    factor = contraction_factor(K, eta, alpha)
    print(f"{name:16} η = {eta:.4f}, α = {alpha:.3f}: factor {factor:.4f}, {run.steps} steps")
    runs[name] = run
assert runs["with momentum"].steps < runs["best step alone"].steps / 4
print("limits of the step for α = 0 and α = 0.9:", limit_step(K), limit_step(K, 0.9))
assert contraction_factor(K, 0.045, 0.12) > 1 > contraction_factor(K, 0.045, 0.13)

with theme():
    drawn, axes = figure(7.0, 3.8)
    for (name, run), style in zip(runs.items(), ("-", "--"), strict=True):
        axes.semilogy(run.values[:150], style, label=name)
    axes.set(xlabel="step", ylabel="$f$", title="Momentum: uphill at first, then much faster")
    axes.legend()
Picture(
    drawn,
    "f in the narrow valley against the step, logarithmic. With momentum it rises for 3 steps and then falls "
    "several times as fast: 80 steps to the accuracy for which the best step alone needs 444.",
)

# %% [markdown] id="escape"
# ### Does momentum help out of a local minimum?
#
# That is often said. A ball with enough speed does roll through a shallow valley. But it does not know a shallow valley from
# a deep one. See what it does from two starts that are mirror images, with $\eta=0.1$ and $\alpha=0.9$:

# %% id="escape-code"
for start in ([1.8, 1.0], [-1.8, -1.0]):
    for alpha in (0.0, 0.9):
        path = descend(valleys, start, 0.1, momentum=alpha, steps=2000)
        print(f"from {start!s:>12}, α = {alpha}: ends at x1 = {path.end[0]:6.3f}, f = {path.values[-1]:7.4f}")

# %% [markdown] id="escape-meaning"
# From the right it rolls out of the shallow valley into the deep one, and from the left out of the deep one into the shallow
# one. What momentum reliably does is speed up the way along a valley and damp the zigzag. Escaping is luck.
#
# ## From hills to networks
#
# Put the weights for $x$ and the loss for $f$, and nothing has to be changed. The optimiser of this course, `SGD`, does exactly
# the steps above on a dictionary of parameters; here it walks down our bowl, and arrives where `descend` arrives.

# %% id="to-networks"
optimizer = SGD(step=0.1, momentum=0.5)
params, changes = {"x": np.array([3.0, 3.0])}, None
for _ in range(30):
    params, changes = optimizer.update(params, {"x": bowl.gradient_at(params["x"])}, changes)
print("SGD:    ", params["x"])
print("descend:", descend(bowl, [3, 3], 0.1, momentum=0.5, steps=30).end)
assert np.allclose(params["x"], descend(bowl, [3, 3], 0.1, momentum=0.5, steps=30).end)

# %% [markdown] id="what-is-missing"
# One thing is missing: `bowl.gradient_at`. For the bowl we had a formula. For a network with thousands of weights somebody
# has to supply the derivative of the loss to each of them, at every step, and fast. That is what **backpropagation** does, and
# the next lectures are about nothing else.
#
# ## Summary
#
# * Descent: feel the gradient, step against it, repeat. The minus is there because $f$ then changes by about
#   $-\eta\lVert\nabla f\rVert^2$.
# * Steps of fixed length (sign rule) end in oscillation; steps in proportion to the gradient shorten by themselves.
# * On a bowl each axis has its own factor $1-\eta\lambda_i$. The steepest axis sets the limit $2/\lambda_{\max}$, the crossing
#   of the flattest and the steepest the best step $2/(\lambda_{\min}+\lambda_{\max})$, and their ratio how slow even that is.
# * Ask whether to stop after a step; use the gradient *and* the change of the value; limit the number of steps.
# * On a landscape with several valleys the start decides; where there is no minimum, none is found.
# * Momentum adds up what points the same way and cancels what does not.
#
# **Next:** [lecture 07](07-chain-rule-as-influence.ipynb) begins the supply of derivatives, with the chain rule. **Practise** with
# [problem set 1](../assignments/release/ps1/ps1.ipynb), where you write a descent of your own and find the limit of its step.
#
# ### Sources, and where they are wrong
#
# The function and its step sizes 0.1 and 0.2 are from a lecture deck on optimisation and the full algorithms (*A*), the questions
# about sign and step from a student's notes on it (*C*), momentum from an introductory deck (*B*). The explanation by the axes of
# the Hessian fills a gap that *A* leaves ("what is the optimal step size?"). To know if you read them beside this page:
#
# * *A* tests the change of $f$ before there has been one, and promises that descent always finds something: both proofs are run above.
# * *A* sets the loop of the sign rule to run until $f'(x)=0$. As you saw, it then usually runs for ever.
# * *B* calls gradient descent an instance of "hill climbing". Here is the proof that one should rather not climb:

# %% id="errata-proof"
for name in ("a-descent-loop", "a-descent-finds", "b-hill-climbing"):
    proof = erratum(name).proof()
    assert not proof.printed_holds and proof.right_holds
print(erratum("b-hill-climbing").proof().evidence)

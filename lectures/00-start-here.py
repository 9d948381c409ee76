# %% [markdown] id="title"
# # 00 · Start here
#
# Welcome. This course teaches one thing to the end: **how a network of simple units learns by backpropagation.** You will see every number
# of the calculation, move most of them, and in the end write it all yourself.
#
# This page shows how the course works. It takes about 15 minutes, and you can come back to it at any time: the
# [dictionary of notations](#The-dictionary) is here.
#
# **You need** school calculus (derivatives, the chain rule of one variable), vectors and matrices as tables of numbers, and enough Python to read
# a function. Nothing about neural networks.

# %% [markdown] id="map"
# ## The map
#
# | | lecture | the question it answers | practise |
# |---|---|---|---|
# | | **What a network is, and what it should do** | | |
# | 01 | [From perceptrons to networks](01-from-perceptrons-to-networks.ipynb) | What can be represented at all? | |
# | 02 | [What we minimise](02-what-we-minimise.ipynb) | What does learning from examples mean? | |
# | 03 | [Activations](03-activations.ipynb) | Which function should a unit have? | [ps2](../assignments/release/ps2/ps2.ipynb) |
# | 04 | [Divergences](04-divergences.ipynb) | How bad is a wrong answer? | [ps2](../assignments/release/ps2/ps2.ipynb) |
# | | **Going downhill** | | |
# | 05 | [Minima, gradients, Hessians](05-minima-gradients-hessians.ipynb) | What does the ground look like? | [ps1](../assignments/release/ps1/ps1.ipynb) |
# | 06 | [Gradient descent](06-gradient-descent.ipynb) | How long should a step be? | [ps1](../assignments/release/ps1/ps1.ipynb) |
# | | **Backpropagation** | | |
# | 07 | [Chain rule as influence](07-chain-rule-as-influence.ipynb) | How does a small change travel? | |
# | 08 | [The forward pass](08-the-forward-pass.ipynb) | How does a network compute? | [ps3](../assignments/release/ps3/ps3.ipynb) |
# | 09 | [The backward pass](09-the-backward-pass.ipynb) | Which weight is to blame, and how much? | [ps3](../assignments/release/ps3/ps3.ipynb) |
# | 10 | [Special cases](10-special-cases.ipynb) | What if units multiply, compete or have corners? | [ps4](../assignments/release/ps4/ps4.ipynb) |
# | 11 | [Vector form](11-vector-form.ipynb) | How does one write it in six lines? | [ps4](../assignments/release/ps4/ps4.ipynb) |
# | 12 | [Four ways to differentiate](12-four-ways-to-differentiate.ipynb) | Is there another way? | [ps5](../assignments/release/ps5/ps5.ipynb) |
# | | **Training** | | |
# | 13 | [Training](13-training.ipynb) | What makes learning work, or fail? | [ps6](../assignments/release/ps6/ps6.ipynb) |
# | 14 | [Real tasks](14-real-tasks.ipynb) | Digits, faces, vowels | [ps7](../assignments/release/ps7/ps7.ipynb) |
#
# Read in order if you can. In a hurry: 03, 04, 07, 08, 09 are the heart. Lectures take between 45 and 90 minutes with pencil and paper, problem sets between one hour and
# two and a half.
#
# ## How a lecture works
#
# A lecture is a notebook. Run its cells from the top with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Four things will come again and again.
#
# **A question first.** Before most results stands a line like this:
#
# > **Think first.** If you double every weight of a unit and its bias, what happens to the line where it changes its mind?
#
# Stop and answer, in writing if you can, and be ready to be wrong: people remember what they have first guessed. (The line stays where it was.)
#
# **Pictures that you move.** Each has sliders or steps and works with the mouse and with the keyboard: <kbd>Tab</kbd> goes from one control to the next, the arrow keys move the
# control, numbers can be typed into the box beside a slider and are taken with <kbd>Enter</kbd>. Here is one; move $\eta$ with the arrow keys until the verdict changes.

# %% id="imports"
import numpy as np

from mlpkit import MLP, half_squared_error, sigmoid
from mlpkit.diagrams import pass_story
from mlpkit.exercises import check_answer
from mlpkit.widgets import LearningRateExplorer, Poll, Stepper

# %% id="explorer"
LearningRateExplorer()

# %% [markdown] id="stepper-intro"
# Others go **step by step**. Click the picture, then use <kbd>→</kbd> and <kbd>←</kbd>, <kbd>Home</kbd> and <kbd>End</kbd>, or the buttons below. The yellow cell is being computed, the blue ones are what it is computed
# from. (By lecture 09 you will know every number in this picture. For now just step.)

# %% id="stepper"
net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid, divergence=half_squared_error)
params = {name: np.full(shape, 0.1) for name, shape in net.shapes().items()}
Stepper(pass_story(net, params, [1.0, 0.0], [0.9]), label="Both passes of a tiny network")

# %% [markdown] id="polls"
# **Polls.** Choose, and press *Check*. A poll does not only say right or wrong, it says why, and you may try again as often as you like. Nothing is recorded anywhere.

# %% id="poll" fold=true
Poll(
    "What is the best use of a poll that you got wrong?",
    [
        "Note the right letter and go on.",
        "Read why the choice was wrong, then say in your own words why another one is right.",
        "Skip the lecture.",
    ],
    answer=1,
    reasons=[
        "Letters are soon forgotten. The reason is what carries over to the next question.",
        "Explaining to oneself is one of the few ways of studying that are known to work.",
        "You have just found out where there is something to learn. It would be a pity.",
    ],
    name="Poll: wrong answers",
)

# %% [markdown] id="checks"
# **Try it.** In an exercise you change a cell and run it together with the check below it. The check says what it thinks: not answered yet, wrong (and what it would have expected), or right. Its solution is
# folded away in the cell after it: click the three dots to open it, *after* you have tried. (The cells of polls and checks are folded because their source would give the answer away.)
#
# For instance: what is $0.4\cdot0.2+0.1\cdot0.1+0.1$, the sum that a unit with weights 0.2 and 0.1 and bias 0.1 computes from the inputs 0.4 and 0.1?

# %% id="try-sum"
my_sum = None  # replace None with your number and run this cell

# %% id="try-sum-check" fold=true
check_answer("the sum", my_sum, 0.4 * 0.2 + 0.1 * 0.1 + 0.1, "Weight times input, twice, and then the bias.")

# %% id="try-sum-solution" fold=true
# Solution
print("0.08 + 0.01 + 0.1 =", round(0.4 * 0.2 + 0.1 * 0.1 + 0.1, 4))
assert np.isclose(0.4 * 0.2 + 0.1 * 0.1 + 0.1, 0.19)

# %% [markdown] id="problem-sets"
# **Problem sets** go with the lectures (the last column of the map). Write your answers and save; then `autograder check ps1` in a terminal (*File → New → Terminal*) runs the notebook from the top and says, problem by problem, what passes,
# what does not yet, and why. In the notebook itself a cell with `from autograder.check_here import check` and `check()` does the same. `autograder todo` shows how far you are, lectures included, and runs nothing.

# %% [markdown] id="trust"
# ## Why you can believe the formulas
#
# Every displayed formula of the course stands in one place, as a formula that can be *computed*, and the tests of the course compare it with the program that it stands for and with measured
# slopes. Every number in these pages comes from a cell that you can run. The documents from which the course was made have some fifty misprints between them, and where you might meet one, the lecture
# says so and runs the proof; all are on the [errata page](../docs/errata.md). If you find a mistake of *ours*, you will have found it with the tools that lecture 06 and 12 teach you. Please tell us.

# %% [markdown] id="notation"
# ## The notation
#
# A letter with a bracket above and a number below, such as $w^{(2)}_{13}$, is **layer above, units below**: the weight of layer 2 **from** unit 1 **to** unit 3. This never changes in the course.
#
# | thing | written | remark |
# |---|---|---|
# | layers | $k=1..N$ | the inputs $y^{(0)}=x$ are not a layer: "one hidden layer" has $N=2$ |
# | units of layer $k$ | $j=1..D_k$ | $D_0$ inputs; where an activation changes the number, its sums are $M_k$ |
# | sum, output | $z^{(k)}_j$, $y^{(k)}_j=f_k(z^{(k)}_j)$ | before and after the activation |
# | weight, bias | $w^{(k)}_{ij}$, $b^{(k)}_j=w^{(k)}_{0j}$ | from $i$ to $j$; the bias is the weight of a constant $y_0=1$ |
# | target, divergence | $d$, $\mathrm{Div}(Y,d)$ | **sums** over outputs |
# | loss | $\mathrm{Loss}$ | **mean** over the $T$ instances $t=1..T$ |
# | derivative with a dot | $\dot z=\partial\mathrm{Div}/\partial z$ | has the shape of $z$ |
# | gradient | $\nabla$ | shape of the variable; the *derivative* is its transpose, a row |
# | step, momentum, penalty | η, α, λ | $\Delta\leftarrow\alpha\Delta-\eta\nabla$, then $W\leftarrow W+\Delta$ |
# | smoothing, nudge, exponent | ε, $h$, $p$ | ε is also the infinitesimal of a dual number, in lecture 12 only |
#
# In code an array of instances has **one row each**. `W1` has a row for every unit of layer 1 and a column for every input, so that `Z = X @ W.T + b`; mathematics counts from 1, Python from 0, and `W[j-1, i-1]` is $w_{ij}$.
# Gradients have the shape of their parameter.

# %% [markdown] id="dictionary"
# ## The dictionary
#
# The course was drawn from five documents, called **A** to **E** (two lecture decks of one course eight years apart are A and D; B is another university's introduction, C a student's notes on A, E a deck on differentiation).
# If you read one of them, or nearly any book, you will meet other letters. **B** has three notations in one deck: its main part, a first derivation (B′), and a second one (B″).
#
# | here | A, D | B | B′ | B″ | C | E |
# |---|---|---|---|---|---|---|
# | input $x_i$ | $x_i=y^{(0)}_i$ | $x_i$ | $x_i$ | $z_i$ | $x_i$ | $x_i$ |
# | hidden sum $z^{(1)}_j$ | $z^{(1)}_j$ | (no letter) | $h_\zeta$ | $a_j$, $a_k$ | $z^{(1)}_j$ | $a_j$ |
# | hidden output $y^{(1)}_j$ | $y^{(1)}_j$ | $h_j$ | $a_\zeta$ | $z_j$, $z_k$ | $y^{(1)}_j$ | $z_j$ |
# | output sum $z^{(N)}_k$ | $z^{(N)}_k$ | (no letter) | $h_\kappa$ | $a_l$ | $z^{(N)}_k$ | $b$ |
# | output $y^{(N)}_k$ | $y^{(N)}_k$, $Y$ | $o_k$ | $y_\kappa$ | $f(x)$ | $y_k$ | $y$ |
# | target $d$ | $d$ | $t$ | $t$ | $y_n$ | $d$ | $y^*$ |
# | weight $w^{(1)}_{ij}$ | $w^{(1)}_{ij}$ | $w_{ji}$ | $v_{i\zeta}$ | $w_{ij}$ | $w^{(1)}_{ij}$ | $\alpha_{ji}$ |
# | weight $w^{(2)}_{jk}$ | $w^{(2)}_{jk}$ | $w_{kj}$ | $w_{\zeta\kappa}$ | $w_{jk}$, $w_{kl}$ | $w^{(2)}_{jk}$ | $\beta_j$ |
# | activation $f$ | $f$ | $S$, $\sigma$ (in a summary $\varphi$) | $g$ | $g$ | $f$ | a formula each |
# | divergence, loss | Div; Loss (in A also Err) | $E$ | $E$ | $L_n$, $R$ | div, $E$ | $J$ |
# | derivative to a sum $\dot z$ | $\partial z$ (A), $\dot z$ (D) | $-\delta$ | $\delta_O$, $\delta_h$ | $\delta$ | $\partial\mathrm{Div}/\partial z$ | $dJ/da_j$, $dJ/db$ |
# | step η | η | η (in a summary α) | η | η | η | η |
# | momentum α | (none) | α | (none) | (none) | (none) | (none) |
# | penalty λ | (none) | λ, **but meaning our ηλ** | (none) | (none) | (none) | in words |
# | smoothing ε | (none) | (none) | (none) | (none) | ε | (none) |
# | number of instances $T$ | $T$ | $M$, batch $B$ | | $N$ | $T$ | $N$ |
#
# **One letter, several meanings.** Watch for these when you change from one text to another:
#
# * **$h$** is a hidden *output* in B, a *sum* in B′, and in this course the width of a finite difference.
# * **$a$** is an output in B′, a sum in B″ and E. **$z$** is a sum in A, C, D and here, an *output* in B″ and E.
# * **$y$** is an output nearly everywhere, but in B″ $y_n$ is the *target*.
# * **δ** is $-\partial E/\partial z$ in B (its updates have a plus sign) and $+\partial E/\partial z$ in B′ and B″.
# * **α** is the momentum here and in B, the step size in a summary of B, and a *weight* in E. **λ** is the penalty here, and step size times penalty in B.
# * **$w_{kj}$** goes *to* $k$ *from* $j$ in B and E ($\alpha_{ji}$); here, in A, C, D and in B″ the first index is where it comes *from*.
# * **$N$** is the number of layers here and in A, C, D, the number of instances in B″ and E, and in B′ it is called the one and used as the number of outputs.
# * **ε** is the smoothing here and in C, the width of a difference in E, and a tolerance in A.
#
# A [glossary](../docs/glossary.md) explains the words.

# %% [markdown] id="help"
# ## When something does not work
#
# * **A picture stays empty or does not move.** It needs a running kernel and a trusted notebook: *File → Trust Notebook*, then *Kernel → Restart Kernel and Run All Cells*. Without a kernel you see the picture as it was when the page was made; steppers and polls go on working.
# * **`ModuleNotFoundError: mlpkit`.** The notebook runs in another Python than the one that the course was set up in. Start JupyterLab with `make lab`, or choose the right kernel at the top right.
# * **You have changed a cell and want the old one back.** `autograder reset 09` gives you lecture 09 as it was, and keeps yours beside it.
# * **A check says "wrong" and you are sure that you are right.** Read the numbers in its message: shape first, then value. If you still think so, ask, and bring the cell: you may have found a mistake.
# * **How to ask.** Say what you did, what you expected and what came; paste the *text* of the cell and of its message, not a photograph.
#
# **Next:** [01 · From perceptrons to networks](01-from-perceptrons-to-networks.ipynb).

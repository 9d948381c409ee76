"""Settings of the course folder, read by nbgrader's own commands and by autograder alike."""

from autograder.feedback import secure

c = get_config()  # noqa: F821  (nbgrader puts this name here)

c.CourseDirectory.course_id = "backprop"

# What a student finds in place of a solution. An unanswered cell must fail loudly: a silent `pass` would
# let a weak test give points for nothing.
c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE\nraise NotImplementedError("Replace this line with your answer.")'
}
c.ClearSolutions.text_stub = (
    "*Your answer goes here: double-click, and replace this sentence with your own words. "
    "A short answer with a reason is better than a long one without.*"
)

# A solution or a hidden test outside a cell that nbgrader knows would reach students, or be lost to
# grading. Stop instead.
c.ClearSolutions.enforce_metadata = True
c.ClearHiddenTests.enforce_metadata = True

# One endless loop must cost its own cell only: interrupt it and go on with the next.
c.Execute.timeout = 30
c.Execute.interrupt_on_timeout = True
# Notebooks of the course run on the kernel that every Jupyter installation calls python3.
c.Execute.kernel_name = "python3"
# For `jupyter nbconvert --execute` in this folder; nbgrader reads the section above, too.
c.ExecutePreprocessor.timeout = 30

# A print in a loop must not make a feedback page of many megabytes.
c.LimitOutput.max_lines = 500
c.LimitOutput.max_traceback = 60

# nbgrader's feedback shows hidden tests and runs scripts of a submission. These pages do neither.
secure(c)

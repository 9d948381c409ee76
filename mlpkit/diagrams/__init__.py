"""Pictures as SVG, made by pure functions from data; none of them needs a browser or a kernel."""

from mlpkit.diagrams.computation import graph_diagram, graph_story
from mlpkit.diagrams.influence import Influence, InfluenceDiagram, influence_diagram, paths_story
from mlpkit.diagrams.matrices import matrix_story
from mlpkit.diagrams.network import (
    NetworkPicture,
    backward_story,
    forward_story,
    needed_by_backward,
    network_picture,
    pass_story,
    training_story,
)
from mlpkit.diagrams.story import Frame, Story
from mlpkit.diagrams.tables import StepTable, step_table

__all__ = [
    "Frame",
    "Influence",
    "InfluenceDiagram",
    "NetworkPicture",
    "StepTable",
    "Story",
    "backward_story",
    "forward_story",
    "graph_diagram",
    "graph_story",
    "influence_diagram",
    "matrix_story",
    "needed_by_backward",
    "network_picture",
    "pass_story",
    "paths_story",
    "step_table",
    "training_story",
]

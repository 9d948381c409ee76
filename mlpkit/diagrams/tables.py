"""Step lists as tables, for reading a whole pass at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlpkit.diagrams.network import equation
from mlpkit.diagrams.notation import expand_names, number, plain_name
from mlpkit.steps import Step

__all__ = ["StepTable", "step_table"]

_STYLE = (
    "<style>.bp-table td,.bp-table th{text-align:left!important;white-space:nowrap}"
    ".bp-table .bp-name{display:inline-flex;align-items:center;vertical-align:middle}"
    ".bp-table .bp-name>span{display:inline-flex;flex-direction:column;font-size:65%;line-height:1.15}"
    ".bp-table sup,.bp-table sub{font-size:inherit;line-height:inherit;position:static;"
    "vertical-align:baseline;min-height:1.15em}.bp-table td p{margin:0}</style>"
)


@dataclass(frozen=True)
class StepTable:
    """Rows of a pass: number of the step, the equation in symbols and numbers."""

    steps: tuple[Step, ...]
    caption: str

    def __repr__(self) -> str:
        lines = [self.caption]
        lines += [
            f"{n:>4}  {plain_name(s.target):<10} {number(s.value):>12}" for n, s in enumerate(self.steps, 1)
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{n}</td><td>{expand_names(equation(step))}</td></tr>"
            for n, step in enumerate(self.steps, 1)
        )
        heads = '<tr><th scope="col">step</th><th scope="col">what is computed</th></tr>'
        return (
            f'{_STYLE}<table class="bp-table"><caption>{self.caption}</caption>'
            f"<thead>{heads}</thead><tbody>{rows}</tbody></table>"
        )


def step_table(steps: Iterable[Step], caption: str) -> StepTable:
    """A table of `steps`, as `forward_steps` or `backward_steps` list them."""
    return StepTable(tuple(steps), caption)

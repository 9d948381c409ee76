"""What axe-core finds wrong with a page, one line for each element, so that a failed test says where to look."""

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")


def list_violations(response, impacts=None):
    """The violations in axe-core's answer, of any impact or only of `impacts`."""
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:200]}"
        for violation in response["violations"]
        if impacts is None or violation["impact"] in impacts
        for node in violation["nodes"]
    ]


def find_violations(page, impacts=None, **how):
    """Run axe-core on a page and list what it finds; `how` is handed on to ``Axe().run``."""
    return list_violations(Axe().run(page, **how).response, impacts)

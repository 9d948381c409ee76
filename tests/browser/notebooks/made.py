"""Small notebooks for browser tests: made here, put on the server, opened and run."""

import json
import urllib.request

import nbformat


def make_notebook(*sources):
    """A notebook of these code cells for the course's kernel, as a dict."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for n, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{n}"
    return notebook


def open_made(lab, name, *sources):
    """Put a notebook of these cells beside the lectures, open it in JupyterLab and run it."""
    body = json.dumps({"type": "notebook", "format": "json", "content": make_notebook(*sources)}).encode()
    url = f"{lab.url}/api/contents/{name}?token={lab.token}"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="PUT")
    urllib.request.urlopen(request, timeout=20).read()
    lab.open(name)
    lab.run_all()
    assert lab.bad_outputs() == []
    return lab

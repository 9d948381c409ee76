"""Make the course's static site from the built notebooks, and its JupyterLite build.

``python -m tools.build_site`` writes ``site/``: nothing is executed, nothing is fetched, and every file that
a page needs lies beside it. ``python -m tools.build_site.lite`` writes ``lite/``.
"""

"""A wheel of mlpkit alone, for JupyterLite: without the grader and what only it needs."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path

__all__ = ["NEEDS", "mlpkit_wheel"]

#: What lectures and mlpkit import; Pyodide has the compiled ones in versions of its own.
NEEDS = (
    "anywidget", "contourpy", "cycler", "ipython", "ipywidgets", "matplotlib", "numpy", "scikit-learn",
    "scipy", "sympy", "threadpoolctl", "tqdm", "traitlets",
)  # fmt: skip
_MADE = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is made
_LEFT_OUT = {"__pycache__"}


def mlpkit_wheel(root: Path, into: Path) -> Path:
    """Write the wheel into a folder and return its path; the same sources give the same bytes."""
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / "mlpkit").rglob("*"))
        if path.is_file() and not _LEFT_OUT & set(path.parts) and path.suffix != ".pyc"
    }
    info = f"mlpkit-{version}.dist-info"
    files[f"{info}/METADATA"] = _metadata(version).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: build_site\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = into / f"mlpkit-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), content, zipfile.ZIP_DEFLATED)
    return path


def _metadata(version: str) -> str:
    needs = "".join(f"Requires-Dist: {name}\n" for name in NEEDS)
    return f"Metadata-Version: 2.1\nName: mlpkit\nVersion: {version}\nRequires-Python: >=3.11\n{needs}"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

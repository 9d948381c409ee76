"""``python -m mlpkit.errata FILE`` writes the errata page; without FILE it is printed."""

from __future__ import annotations

import sys
from pathlib import Path

from mlpkit.errata import page

if len(sys.argv) > 1:
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
else:
    sys.stdout.write(page())

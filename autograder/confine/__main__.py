"""Say what protection this machine can give: ``python -m autograder.confine [--json]``."""

import json
import sys

from . import bubblewrap_refusal, probe

if __name__ == "__main__":
    found = probe()
    refusal = bubblewrap_refusal()
    if "--json" in sys.argv[1:]:
        print(json.dumps(found.to_json() | {"bubblewrap": refusal or "works"}, indent=2))
    else:
        print(found)
        print(f"  bubblewrap: {refusal or 'works'}")

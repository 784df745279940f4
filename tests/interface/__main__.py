"""``python -m tests.interface`` records the present interface in ``interface.json``.

An addition is recorded as it is. For a removal or a change, CHANGELOG.md must name the part first,
under a heading "Removed" or "Changed": the command ends with an error until it does.
"""

import json
import re
import sys
from pathlib import Path

from tests import ROOT
from tests.interface.collect import collect
from tests.interface.compare import Difference, differences

RECORD = Path(__file__).with_name("interface.json")


def record() -> int:
    """Write the record; return 1 when the changelog lacks an entry for what breaks."""
    new = json.loads(json.dumps(collect()))
    old = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    found = list(differences(old, new))
    missing = [one for one in found if one.breaks and not in_changelog(one)]
    for one in missing:
        print(f"CHANGELOG.md lacks an entry that names `{one.path[-1]}` ({one})", file=sys.stderr)
    if missing:
        return 1
    RECORD.write_text(json.dumps(new, indent=1, sort_keys=True) + "\n")
    print("\n".join(map(str, found)) or "nothing changed")
    return 0


def in_changelog(one: Difference) -> bool:
    """Say whether a "Removed" or "Changed" list of the newest release names the part."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.split(r"^## ", changelog, flags=re.MULTILINE)[1]
    lists = re.findall(r"^### (?:Removed|Changed)\n(.*?)(?=^### |\Z)", newest, re.M | re.S)
    return any(f"`{one.path[-1]}`" in text for text in lists)


if __name__ == "__main__":
    sys.exit(record())

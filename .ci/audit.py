"""Say what pip-audit found (its JSON comes in): none known, findings, or that nobody knows.

Findings fail. An audit that could not look at everything is said to be UNKNOWN, never called
clean; it does not fail, since it is the network's doing and not the change's.
"""

import json
import sys

try:
    packages = json.load(sys.stdin)["dependencies"]
except (ValueError, KeyError, TypeError):
    packages = []
found = [(package, flaw) for package in packages for flaw in package.get("vulns", [])]
unseen = [package["name"] for package in packages if "skip_reason" in package]
for package, flaw in found:
    better = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
    print(f"{package['name']} {package['version']}: {flaw['id']}, mended in {better}")
if found:
    print(f"Audit: FINDINGS ({len(found)})")
elif not packages:
    print("Audit: UNKNOWN, nothing could be looked up")
elif unseen:
    print(f"Audit: UNKNOWN for {len(unseen)} of {len(packages)}: {', '.join(unseen)}")
else:
    print(f"Audit: none known in {len(packages)} packages")
sys.exit(bool(found))

"""What is said of an audit of our packages: none known, findings, or that nobody knows."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
CLEAN = {"name": "django", "version": "5.2", "vulns": []}
BAD = {"name": "pillow", "version": "1.0", "vulns": [FLAW]}
UNSEEN = {"name": "nh3", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "fails", "words"),
    [
        ([CLEAN], 0, "none known in 1 packages"),
        ([CLEAN, BAD], 1, "pillow 1.0: PYSEC-2026-1, mended in 2.0"),
        ([BAD, UNSEEN], 1, "FINDINGS (1)"),
        ([CLEAN, UNSEEN], 0, "UNKNOWN for 1 of 2: nh3"),
        ([], 0, "UNKNOWN"),
        (None, 0, "UNKNOWN"),
    ],
)
def test_three_cases_are_told_apart(packages, fails, words):
    told = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    command = [sys.executable, settings.BASE_DIR / ".ci/audit.py"]
    done = subprocess.run(command, input=told, capture_output=True, text=True)
    assert done.returncode == fails
    assert words in done.stdout
    assert ("none known" in done.stdout) == (packages == [CLEAN])


def test_list_of_what_the_site_is_made_of_names_every_locked_package(tmp_path):
    locked = settings.BASE_DIR / "requirements.txt"
    target = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", locked]
    subprocess.run([*command, "--output-format", "JSON", "--output-file", target], check=True)
    named = {part["name"] for part in json.loads(target.read_text())["components"]}
    names = {line.partition("==")[0] for line in locked.read_text().splitlines() if "==" in line}
    assert names == named

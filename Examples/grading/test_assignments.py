"""Checks assignments before students get them: pytest test_assignments.py

Every reference solution gets full marks, and every flawed one what its .tap file says. A running server is
asked with KMEMLAB_URL=http://127.0.0.1:8080, for one scenario in JSON; the rest runs offline.
"""

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
KMEMLAB = os.environ.get("KMEMLAB", "kmemlab")
SUBMISSIONS = sorted(HERE.glob("*/*.txt"))


def grade(submission, form):
    """What the grader says of a submission, and its exit status."""
    command = [KMEMLAB, "grade", submission.parent / "scenario.yaml", "--submission", submission, "--format", form]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("submission", SUBMISSIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_grader_says_what_it_said(submission):
    status, report = grade(submission, "tap")
    assert report == submission.with_suffix(".tap").read_text()
    assert (status == 0) == (submission.stem == "reference")


@pytest.mark.parametrize("submission", [path for path in SUBMISSIONS if path.stem == "reference"], ids=lambda path: path.parent.name)
def test_the_reference_gets_full_marks(submission):
    report = json.loads(grade(submission, "json")[1])
    assert report["passed"] and report["score"] == report["max_score"] > 0


@pytest.mark.skipif("KMEMLAB_URL" not in os.environ, reason="no server was named")
def test_a_server_grades():
    scenario = {
        "machine": "classroom",
        "calls": ["p = alloc_pages(GFP_KERNEL, 2)", "__free_pages($p, 2)"],
        "tests": [{"name": "all is given back", "expect": {"no_leaks": True}}],
    }
    request = urllib.request.Request(
        os.environ["KMEMLAB_URL"] + "/grade?format=gradescope", json.dumps(scenario).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["tests"][0]["status"] == "passed"

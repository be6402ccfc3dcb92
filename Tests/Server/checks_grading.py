"""The grader: the same offline and over HTTP, in the forms that schools' tools read."""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import junitparser
import tap.parser
from support import ROOT, Server, check

EXAMPLES = ROOT / "Examples" / "grading"
SCENARIO = {
    "name": "A <b> & \"c\"",
    "machine": "classroom",
    "calls": ["p = alloc_pages(GFP_KERNEL, 2)"],
    "tests": [
        {"name": "leaks # \u0001 ]]>", "group": "Buddy", "weight": 2.5, "hint": "free\nit", "expect": {"no_leaks": True}},
        {"name": "secret", "hidden": True, "expect": {"returned": "p", "equals": "NULL"}},
        {"name": "good", "weight": 3, "expect": [{"no_misuse": True}, {"snapshot": "/report", "pointer": "/live/pages", "equals": 4}]},
    ],
}


def grade(binary, *arguments, text=""):
    done = subprocess.run([binary, "grade", *map(str, arguments)], input=text, capture_output=True, text=True, env={})
    return done.returncode, done.stdout, done.stderr


def forms(binary):
    """The scenario's report in each form."""
    text = json.dumps(SCENARIO)
    names = ["json", "gradescope", "prairielearn", "autolab", "github", "junit", "tap"]
    return {name: grade(binary, "-", "--format", name, text=text)[1] for name in names}


@check
def assignments_get_what_they_got(binary):
    solutions = sorted(EXAMPLES.glob("*/*.txt"))
    assert len(solutions) >= 9
    for solution in solutions:
        status, report, errors = grade(binary, solution.parent / "scenario.yaml", "--submission", solution, "--format", "tap")
        assert report == solution.with_suffix(".tap").read_text(), (solution, report, errors)
        assert status == (0 if solution.stem == "reference" else 1)
    shell = [EXAMPLES / "grade.sh", "slab", EXAMPLES / "slab" / "reference.txt"]
    done = subprocess.run(shell, capture_output=True, text=True, env={"KMEMLAB": binary, "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0 and done.stdout.startswith("TAP version 14\n1..6\nok 1 - "), done


@check
def grade_forms_are_read_by_their_parsers(binary):
    forms_ = forms(binary)
    own = json.loads(forms_["json"])
    assert (own["score"], own["max_score"], own["passed"]) == (3, 6.5, False)
    scope = json.loads(forms_["gradescope"])
    assert scope["score"] == 3 and [test["status"] for test in scope["tests"]] == ["failed", "failed", "passed"]
    assert [test["visibility"] for test in scope["tests"]] == ["visible", "hidden", "visible"]
    assert scope["tests"][0]["tags"] == ["Buddy"] and scope["tests"][0]["number"] == "1"
    prairie = json.loads(forms_["prairielearn"])
    assert prairie["gradable"] is True and abs(prairie["score"] - 3 / 6.5) < 0.001
    assert sum(test["points"] for test in prairie["tests"]) == 3
    lines = forms_["autolab"].splitlines()
    assert json.loads(lines[-1]) == {"scores": {"Buddy": 0, SCENARIO["name"]: 3}}
    assert json.loads(lines[-2])["_presentation"] == "semantic"
    github = json.loads(forms_["github"])
    assert (github["version"], github["status"], github["max_score"]) == (1, "fail", 6.5)
    root = xml.fromstring(forms_["junit"])
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    assert [case.get("classname") for case in root.iter("testcase")] == ["Buddy", SCENARIO["name"], SCENARIO["name"]]
    assert "free\nit" in root.find(".//failure").text
    tap = forms_["tap"].splitlines()
    assert tap[:2] == ["TAP version 14", "1..3"]
    results = [line for line in tap if not line.startswith(" ")][2:]
    assert all(re.fullmatch(r"(not )?ok \d+ - .*", line) for line in results) and len(results) == 3, results
    assert results[0] == "not ok 1 - Buddy: leaks \\#   ]]>"
    for name in ("prairielearn", "autolab", "github", "junit", "tap"):
        assert "NULL" not in forms_[name], f"{name} says what a hidden test looks at"


@check
def grade_reports_are_read_by_other_programs(binary):
    forms_ = forms(binary)
    suite = junitparser.JUnitXml.fromstring(forms_["junit"])
    suites = [suite] if isinstance(suite, junitparser.TestSuite) else list(suite)
    cases = [case for suite in suites for case in suite]
    assert [case.is_passed for case in cases] == [False, False, True]
    assert [isinstance(result, junitparser.Failure) for case in cases[:2] for result in case.result] == [True, True]
    assert sum(suite.failures for suite in suites) == 2 and sum(suite.tests for suite in suites) == 3
    lines = list(tap.parser.Parser().parse_text(forms_["tap"]))
    assert [line.category for line in lines] == ["version", "plan", "test", "test", "test"]
    results = lines[2:]
    assert [(result.number, result.ok) for result in results] == [(1, False), (2, False), (3, True)]
    assert [result.yaml_block["max_score"] for result in results[:2]] == [2.5, 1]


@check
def teachers_pytest_file_passes(binary):
    with Server(binary) as server:
        environment = {**os.environ, "KMEMLAB": binary, "KMEMLAB_URL": f"http://127.0.0.1:{server.port}"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLES / "test_assignments.py")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and re.search(r"\b15 passed", done.stdout), done.stdout


@check
def grades_are_the_same_each_time_and_over_http(binary):
    once = forms(binary)
    assert all(forms(binary) == once for _ in range(3))
    with Server(binary) as server:
        for name, report in once.items():
            answer = server.ask("POST", f"/grade?format={name}", json.dumps(SCENARIO))
            assert answer.status == 200 and answer.body == report.encode(), (name, answer)


@check
def grade_says_what_is_wrong_with_its_files(binary):
    assert grade(binary, "/nowhere.json")[::2] == (2, "kmemlab grade: cannot read /nowhere.json: No such file or directory\n")
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "wrong.yaml"
        for text in ("tests: [{expect: {no_leak: true}}]", "a: [", "[" * 5_000, "", "tests: 7", "\t"):
            wrong.write_text(text)
            status, report, errors = grade(binary, wrong)
            assert status == 2 and report == "" and "wrong.yaml" in errors, (text, status, errors)
        broken = Path(folder) / "broken.json"
        broken.write_text('["kfree(')
        status, report, _ = grade(binary, EXAMPLES / "slab" / "scenario.yaml", "--submission", broken, "--format", "json")
        assert status == 1 and "one JSON document" in json.loads(report)["scenarios"][0]["fault"]["detail"]

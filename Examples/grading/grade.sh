#!/bin/sh
# Grades one submission: grade.sh ASSIGNMENT SUBMISSION [FORMAT]
#
# For Gradescope, as /autograder/run_autograder:
#     /autograder/source/grade.sh buddy /autograder/submission/answer.txt gradescope \
#         > /autograder/results/results.json
#
# KMEMLAB is the binary. The exit status is 0 if all tests passed, 1 if one failed, 2 if the
# assignment is wrong or a file cannot be read.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${KMEMLAB:-kmemlab}" grade "$here/$1/scenario.yaml" --submission "$2" --format "${3:-tap}"

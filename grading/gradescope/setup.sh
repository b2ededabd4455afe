#!/bin/sh
# Gradescope runs this once, as root, when it builds the autograder's image. The archive it came
# in has this file, run_autograder, the name of its lab, and the whole tree in quire/. Fails if the
# reference does not get full marks in that lab.
set -eu

source=${AUTOGRADER_SOURCE:-/autograder/source}
lab=$(cat "$source/lab")

cd "$source/quire"
./setup.sh
make
grading/grade --selfcheck -j 2 "$lab"

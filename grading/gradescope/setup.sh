#!/bin/sh
# Gradescope runs this once, as root, when it builds the autograder's image. The archive it came
# in has this file, run_autograder, and the whole tree in quire/.
set -eu

source=${AUTOGRADER_SOURCE:-/autograder/source}

cd "$source/quire"
./setup.sh
make
grading/grade --selfcheck -j 2

(set -e; false; echo no); echo $?
(set -e; false || true; echo yes)
(set -e; if false; then :; fi; echo yes)
(set -e; ! true; echo yes)
(set -e; false && true; echo yes)
(set -e; f() { false; echo in; }; f || echo caught)
(set -e; x=$(false); echo no); echo $?
(set -e; while false; do :; done; echo yes)
(set -e; (exit 2); echo no); echo $?
(set -e; true | false; echo no); echo $?
(set -u; echo ${nope-ok}; echo $nope; echo no) 2>/dev/null; echo $?
(echo ${nope?message}; echo no) 2>/dev/null; echo $?
(echo ${nope?message}) 2>&1 | while IFS= read -r l; do echo "nope${l##*nope}"; done
set -x 2>/dev/null; set +x 2>/dev/null

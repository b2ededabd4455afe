sh -c 'exit 3'; echo $?
nosuch_command 2>/dev/null; echo $?
/nosuch/path 2>/dev/null; echo $?
/ 2>/dev/null; echo $?
f=$(mktemp); "$f" 2>/dev/null; echo $?; rm "$f"
sh -c 'kill -9 $$' 2>/dev/null; echo $?
(sh -c 'kill -TERM $$') 2>/dev/null; echo $?
false; x=1; echo $?
true; x=$(false); echo $?
! false; echo $?
if false; then :; fi; echo $?
while false; do :; done; echo $?
for i in; do :; done; echo $?
case a in b) ;; esac; echo $?
(exit 300); echo $?
f() { false; }; f; echo $?
f() { return; }; false; f; echo $?
exit 9

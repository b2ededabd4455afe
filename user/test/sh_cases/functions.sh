f() { echo "${0##*/} $1 $#"; }
f a b
g() { return 5; }
g; echo $?
h() { local v=inner; v2=global; echo $v; }
v=outer; h; echo $v $v2
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
r() { for i in 1 2 3; do [ $i = 2 ] && return 7; echo $i; done; }
r; echo $?
set -- a b; args() { set -- x y z; echo $#; }; args; echo $#
sub() ( cd /; pwd; y=changed ); y=same; sub; echo $y
redir() { echo to err >&2; echo to out; } 2>/dev/null
redir
unset -f f; f 2>/dev/null || echo gone
x=1 g; echo $?
echo() { command echo "wrapped $*"; }
echo hi

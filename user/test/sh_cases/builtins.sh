cd /; pwd; cd /dev; cd - ; echo $OLDPWD $PWD
x=5; export x; sh -c 'echo $x' 2>/dev/null
y=1; sh -c 'echo "[$y]"'; y=2 sh -c 'echo "[$y]"'; echo $y
unset x; echo "[$x]"
eval 'a=1; b=2'; echo $a $b
eval "echo \$a"
readonly r=1; echo $r; (r=2) 2>/dev/null || echo readonly
echo "a b c" | { read x y; echo "$x|$y"; }
printf 'a\\tb\n' | { read x; echo "$x"; }
printf '  lead  trail  \n' | { read x; echo "[$x]"; }
printf 'a:b:c\n' | { IFS=: read x y z; echo "$x $y $z"; }
printf 'a\\nb\n' | { read -r x; printf '%s\n' "$x"; }
echo 1 | { read a; read b || echo eof; }
true; echo $?
: ignored args; echo $?
umask 022; umask
type cd echo | cut -d ' ' -f 1
test -d / && echo dir; [ -f / ] || echo notfile
[ abc ] && [ ! "" ] && [ -n x -a -z "" ] && echo ok
[ 1 -lt 2 ] && [ 2 -ge 2 ] && [ a != b ] && echo nums
[ \( a = a \) -o b = c ] && echo paren
[ -e /nosuch ] || echo absent
printf '%s-%d-%x-%c\n' str 42 255 char
printf '%5s|%-5s|%05d\n' a b 42
printf '%s\n' a b c
printf 'no newline'; echo
set -- -a -b val rest
while getopts ab: o; do echo "$o $OPTARG"; done; shift $((OPTIND - 1)); echo "$@"
command echo cmd; command -v cd
. /dev/null; echo $?
wait; echo $?

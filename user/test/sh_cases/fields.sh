show() { for i; do printf '[%s]' "$i"; done; echo " $#"; }
x='  a  b  '
show $x
show "$x"
show a$x'b'
IFS=:
y=a:b::c:
show $y
show :$y
show "$y"
IFS=' :'
z='a : b  c:d'
show $z
unset IFS
show $x
set -- 'a b' '' c
show $@
show "$@"
show "$*"
show "x$@y"
set --
show "$@"
show $@
show "$*"
IFS=,
set -- 1 2 3
echo "$*"
show $(echo a,b c)

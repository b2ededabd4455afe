x=abc; empty=; unset none
echo ${x} ${#x} ${x}def $x-def
echo "${none-unset}" "${none:-unset2}" "${empty-not}" "${empty:-yes}"
echo "${x+set}" "${none+set}" "${empty:+no}" "${empty+yes}"
echo ${new:=value} $new
f=/usr/lib/libc.so.6
echo ${f##*/} ${f%/*} ${f%%.*} ${f#/usr} ${f%.*}
p='*.so'; g=abc.so; echo ${g%$p} ${g%"$p"}
set -- a b c d e f g h i j k
echo $# $1 $9 ${10} ${11} $10
shift 3; echo $# $1
echo "$*" "$@"
IFS=:; echo "$*"; set -- a 'b c'; echo $*; unset IFS
echo ${x:-${y:-deep}} ${nope:-${y:-deep}}
echo "${nope:-"quo ted"}" ${nope:-a   b} "${nope:-a   b}"
echo ${x:-'}'} ${nope:-'}'}
echo $? $$ | tr 0-9 NNNNNNNNNN | tr -s N
n=; echo "[$n]" [$n]

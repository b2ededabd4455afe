echo "a  b" 'c  d' e\ f "g'h" 'i"j'
echo "x\$y \\ \" \`" '\$'
a='one two'
echo $a "$a" '$a' \$a
echo "" '' | wc -c
echo a""b c''d
echo "line
two"
echo one\
two
echo # a comment
echo not#comment
echo "nested $(echo "in ner" 'q"q')"
set -- "" a ""
echo $#
printf '<%s>' "$@" "" x; echo

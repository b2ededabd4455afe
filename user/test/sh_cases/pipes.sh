seq 1 1000 | wc -l | tr -d ' '
yes | head -n 2
(while echo z; do :; done; echo no) | head -n 1
{ yes; echo no >&2; } | cat | head -n 1
seq 1 5 | while read x; do echo $((x * x)); done | tail -n 1
echo a | cat | cat | cat | cat
x=$(seq 1 20000 | tail -n 1); echo $x
cat <<E | wc -l | tr -d ' '
$(seq 1 3000)
E
(seq 1 3; seq 4 6) | sort -r | head -n 1
{ echo a; echo b; } | { read x; echo $x; cat; }

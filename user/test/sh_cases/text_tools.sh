# sort and grep: on the host they are the host's
letters() { printf 'a\nb\nc\nd\ne\nf\ng\nh\nx\n'; }
letters | grep -A1 '[bf]'
letters | grep -B 2 '[bd]'
letters | grep -C1 -n '[af]'
letters | grep -A2 -B1 '[cd]'
letters | grep -vA1 '[b-h]'
letters | grep -A0 '[ac]'
letters | grep -cA3 b
letters | grep -qB3 b && echo found
letters | grep -A9 x
letters | grep -e d -e '[ab]'
letters | grep -vc 'a
c
[x]'
letters | grep -iF 'B
H'
letters | grep -e '' | wc -l
letters > grep_a; letters > grep_b
grep -C1 -n d grep_a grep_b
grep -lB1 d grep_a grep_b
rm grep_a grep_b
printf 'b\0c\na\n' | sort | tr '\0' '@'
printf 'a\0z\na\0b\na\n\0\n' | sort | tr '\0' '@'
printf 'a\0b\na\0c\na\0b\n' | sort -u | tr '\0' '@'
printf 'x\0:2\ny\0:1\n' | sort -t: -k2n | tr '\0' '@'
printf 'x 2\0 9\nx 10\0 1\n' | sort -k2,2n | tr '\0' '@'
printf 'b:2.5\na:2.25\nc:-1\nd:\n' | sort -t: -k2,2n
printf 'B\na\n_\nC\n' | sort -f
printf 'no newline' | sort; printf '\n\nx\n' | sort -r
sort sort_missing || echo "status $?"

d=$(mktemp -d); cd $d
echo one > f; echo two >> f; cat f
cat < f > g; cat g
echo err 2> e >&2; cat e
{ echo out; echo err >&2; } > both 2>&1; cat both
ls nosuch 2> /dev/null || echo failed
cat <<E
x is $((1 + 1)) \$HOME $(echo sub) "quoted"
E
cat <<'E'
raw $x $(no) \
E
cat <<-E
	tabs
	  gone
	E
cat <<A; cat <<B
first
A
second
B
exec 3> h; echo to3 >&3; exec 3>&-; cat h
exec 4< f; read a <&4; read b <&4; echo $a $b; exec 4<&-
while read l; do echo "<$l>"; done < f
echo x > f; : > f; wc -c < f
echo hi > "a b"; cat "a b"
(echo a; echo b >&2) 2>&1 | sort
cat < nosuch 2>/dev/null || echo failed
echo y 1>&2 2>/dev/null | cat
cat <<E | tr a-z A-Z
piped
E
f() { cat; }; f <<E
into function
E
cd /; rm -r $d

for i in a b c; do echo $i; done
for i in; do echo never; done
i=0
while [ $i -lt 5 ]; do
	i=$((i + 1))
	if [ $i = 2 ]; then continue; fi
	if [ $i = 4 ]; then break; fi
	echo $i
done
until [ $i -eq 0 ]; do i=$((i - 1)); done; echo $i
for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; echo $a$b; done; done
for a in 1 2; do for b in x y; do [ $b = y ] && break 2; echo $a$b; done; done
if [ a = b ]; then echo 1; elif [ a = a ]; then echo 2; else echo 3; fi
case foo in
bar | foo) echo matched ;;
*) echo default ;;
esac
case 'a*' in a\*) echo star ;; esac
case abc in [a-c]bc) echo class ;; esac
case x in a) ;; (x) echo paren ;; esac
case "" in '') echo empty ;; esac
case $# in 0) echo none; esac
while :; do while :; do break 2; done; done; echo out
for i in 1 2 3; do echo $i; done > /dev/null
for i in 1 2 3; do echo $i; done | while read n; do echo "<$n>"; done
set -- p q; for i do echo $i; done

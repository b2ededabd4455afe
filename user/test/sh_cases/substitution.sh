echo $(echo a b) "$(echo 'c  d')" `echo e`
x=$(printf 'a\n\n\n'); echo "[$x]"
echo "$(case x in x) echo case;; esac)"
echo $(echo $(echo $(echo deep)))
echo `echo \`echo back\``
y=$(false); echo $?
y=$(exit 4) ; echo $?
echo $(echo ")" '(' "#")
echo $(cat <<E
here in sub
E
)
echo "a $(echo "b $(echo "c")")"
echo $(
	# comment with ) in it
	echo multi
)
z=`echo "x y"`; echo "$z"

true && echo and
false || echo or
false && echo no || echo yes
! false && echo notfalse
{ echo one; echo two; } | cat
(echo sub; exit 3); echo $?
true; echo $?; false; echo $?
x=1; (x=2; echo $x); echo $x
{ x=3; }; echo $x
echo a; echo b &
wait
false | true; echo $?
true | false; echo $?
! true | false; echo $?
echo a | tr a b | tr b c
if false; then echo x; fi; echo $?

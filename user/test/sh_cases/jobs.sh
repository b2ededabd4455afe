sleep 0.1 & p=$!
wait $p; echo $?
(exit 7) & wait $!; echo $?
sh -c 'exit 3' & sh -c 'exit 4' & wait; echo $?
x=1; { x=2; } & wait; echo $x
trap 'echo caught' USR1; kill -USR1 $$; echo after
trap - USR1
trap 'echo exiting' EXIT
(trap 'echo sub exit' EXIT; :)
sleep 10 & kill $!; wait $! 2>/dev/null; echo $?
set -- $(true | sh -c 'echo $$' & echo $!; wait); [ $1 = $2 ] && echo the last process
true | sleep 10 & kill $!; wait $! 2>/dev/null; echo $?
true | cat & wait $!; echo $?
true | true | sh -c 'exit 5' & wait $!; echo $?
sleep 10 & kill %1; wait 2>/dev/null; echo killed

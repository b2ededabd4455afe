d=$(mktemp -d); cd $d
printf 'echo script $# $1\nexit 6\n' > s; chmod +x s
./s a b; echo $?
printf '#!/bin/sh\necho hashbang $1\n' > t; chmod +x t; ./t x
printf 'v=sourced\nreturn 3\nv=not\n' > u; . ./u; echo $? $v
sh ./s q; echo $?
sh -c 'echo $0 $1 $#' zero one two
printf 'echo a\nif true; then\necho b\nfi' | sh
cd /; rm -r $d

ulimit -f 20; ulimit; ulimit -f; ulimit -H
(ulimit -c 0; ulimit -c; ulimit -Sc; ulimit -Hc)
(ulimit -S -n 17; ulimit -n; ulimit -Sn)
(ulimit -t 100; ulimit -S -t 50; ulimit -t; ulimit -H -t; ulimit -S -t 101 || echo above the hard limit)
(ulimit -Sn 18; sh -c 'ulimit -n')
(ulimit -l 100; ulimit -l; ulimit -v unlimited && ulimit -v)
(ulimit -t many) || echo not a limit
(ulimit -f 1 2) || echo one is enough

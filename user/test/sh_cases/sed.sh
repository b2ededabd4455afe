# sed: on the host it is the host's
lines() { printf 'one\ntwo\nthree\nfour\nfive\n'; }
lines | sed 's/o/0/'
lines | sed 's/[aeiou]/<&>/g'
lines | sed -n 's/e/E/gp'
lines | sed 's/\(.\)\(.*\)/\2\1/'
lines | sed -E 's/(t)(h|w)/\2\1/'
lines | sed 's/e/E/2'
lines | sed -n '2p;$p'
lines | sed 2d
lines | sed '2,4d'
lines | sed '/two/,/four/d'
lines | sed -n '/two/,3p'
lines | sed -n '4,2p'
lines | sed '2!d'
lines | sed 3q
lines | sed -n '$='
lines | sed -e 1d -e '$d'
lines | sed -n '/^t/!p'
lines | sed 's/x*/-/g'
lines | sed 's,o,/,;s/^/> /;s/$/ </'
echo a.b.c | sed 's/\./\//g'
echo a/b/c | sed 's/\/b/&&/;s/c/\&\n\\/'
echo aaa | sed 's/a/b/2g'
echo foobarfoo | sed -n '/bar/s//X/p'
printf 'no newline' | sed 's/no/a/'
echo
echo abcabc | sed 's/\(ab\)*c/[\1]/g'
lines > sed_a; lines > sed_b
sed -n '1p;6p;$p' sed_a sed_b
sed p sed_missing || echo failed
echo x | sed 's/x' || echo failed
rm sed_a sed_b

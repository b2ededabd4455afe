d=$(mktemp -d); cd $d
mkdir dir; touch a.c b.c c.h .hidden dir/x.c dir/y.c 'sp ace.c'
echo *.c
echo *
echo .h*
echo [ab].c [!a].c
echo ?.h
echo */*.c
echo nomatch*
echo "*.c" '*.c' \*.c
x='*.h'; echo $x "$x"
for f in *.c; do echo "<$f>"; done
echo d*/
echo [a-b]*
set -f; echo *.c; set +f
cd /; rm -r $d

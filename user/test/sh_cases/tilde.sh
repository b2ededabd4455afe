HOME=/home/me
echo ~ ~/x "~" '~' a~ ~/
x=~/y; echo $x
P=~/a:~/b; echo $P
echo ${none:-~}

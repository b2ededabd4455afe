for text in 'if true' 'echo )' 'while' 'case x in' '| a' 'a &&' 'f( { :; }' '{ echo' "echo 'open" ';;' 'for 1x in a; do :; done' 'fi'; do
	sh -c "$text" 2>/dev/null; [ $? -ne 0 ] && echo "error: $text"
done
eval 'echo fine'

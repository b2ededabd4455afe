/* The syntax tree. It lives in the arena of the command line it was parsed from. */
#pragma once

enum node_kind {
	NODE_SIMPLE,	 /* assigns, words */
	NODE_PIPE,	 /* parts: left, then each one's next */
	NODE_NOT,	 /* left */
	NODE_AND,	 /* left, right */
	NODE_OR,	 /* left, right */
	NODE_SEQUENCE,	 /* left, right */
	NODE_BACKGROUND, /* left */
	NODE_SUBSHELL,	 /* left */
	NODE_GROUP,	 /* left */
	NODE_IF,	 /* cond, left, right (may be null) */
	NODE_WHILE,	 /* cond, left */
	NODE_UNTIL,	 /* cond, left */
	NODE_FOR,	 /* name, words (over "$@" when !has_words), left */
	NODE_CASE,	 /* words: the subject, items */
	NODE_FUNCTION,	 /* name, left */
};

/* A word as it was written, quotes and all. */
struct word {
	char *text;
	struct word *next;
};

enum redir_kind {
	REDIR_READ,	 /* < */
	REDIR_WRITE,	 /* > and >| */
	REDIR_APPEND,	 /* >> */
	REDIR_BOTH,	 /* <> */
	REDIR_DUPLICATE, /* <& and >& */
	REDIR_HERE,	 /* << and <<- */
};

struct redir {
	enum redir_kind kind;
	int fd;
	int literal;	/* a here-document whose delimiter was quoted is not expanded */
	int strip_tabs; /* <<- */
	char *target;	/* the word; for a here-document first its delimiter, then its text */
	struct redir *next;
	struct redir *next_here; /* the next whose text is still to come */
};

struct case_item {
	struct word *patterns;
	struct node *body; /* may be null */
	struct case_item *next;
};

struct node {
	enum node_kind kind;
	int line;
	int has_words;
	struct word *assigns;
	struct word *words;
	struct redir *redirs;
	struct node *cond;
	struct node *left;
	struct node *right;
	struct node *next; /* in a pipeline */
	struct case_item *items;
	char *name;
	char *text; /* as written, for the table of jobs */
};

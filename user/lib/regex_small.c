/*
 * Regular expressions, by backtracking over a tree.
 *
 * The pattern is parsed into alternatives of sequences of repeated items. Matching passes
 * on "what comes after" as a continuation, so that a repetition can give back what it took
 * when the rest does not match. A repetition stops at an iteration that matched nothing,
 * so it always ends.
 */

#include <regex_small.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind { CHAR, ANY, SET, START, END, GROUP };

struct item {
	enum kind kind;
	unsigned char c;
	unsigned char set[32]; /* SET: one bit for each character */
	struct branch *group;  /* GROUP */
	int number;	       /* GROUP: the how-manieth it is, from 1 */
	int min, max;	       /* repetitions; max -1 for any number */
	struct item *next;
};

struct branch {
	struct item *items;
	struct branch *next; /* alternative */
};

struct regex_small {
	struct branch *top;
	int ignore_case;
};

struct parser {
	const char *at;
	int extended, ignore_case, depth, nr_groups;
	const char *error;
};

static struct branch *parse_branches(struct parser *p);

static void
set_add(unsigned char *set, int c)
{
	set[c / 8] |= 1 << c % 8;
}

static void
set_add_class(unsigned char *set, const char *name, size_t len)
{
	static const struct {
		const char *name;
		int (*test)(int c);
	} classes[] = {{"alpha", isalpha}, {"digit", isdigit},	{"alnum", isalnum},
		       {"space", isspace}, {"upper", isupper},	{"lower", islower},
		       {"punct", ispunct}, {"xdigit", isxdigit}};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
			for (int c = 0; c < 128; c++)
				if (classes[i].test(c))
					set_add(set, c);
}

/* Behind the '['. */
static void
parse_set(struct parser *p, struct item *item)
{
	int negated = *p->at == '^', first = 1;

	p->at += negated;
	for (; *p->at && (first || *p->at != ']'); first = 0) {
		unsigned char low = *p->at, high = low;
		const char *close;

		if (low == '[' && p->at[1] == ':' && (close = strstr(p->at, ":]"))) {
			set_add_class(item->set, p->at + 2, close - p->at - 2);
			p->at = close + 2;
			continue;
		}
		p->at++;
		if (p->at[0] == '-' && p->at[1] && p->at[1] != ']') {
			high = p->at[1];
			p->at += 2;
		}
		for (int c = low; c <= high; c++)
			set_add(item->set, c);
	}
	if (!*p->at)
		p->error = "unmatched [";
	else
		p->at++;
	for (int c = 'a'; p->ignore_case && c <= 'z'; c++)
		if (item->set[c / 8] & 1 << c % 8 || item->set[(c - 32) / 8] & 1 << (c - 32) % 8) {
			set_add(item->set, c);
			set_add(item->set, c - 32);
		}
	for (int i = 0; negated && i < 32; i++)
		item->set[i] = ~item->set[i];
}

/* Is an operator here: bare in extended syntax, behind a backslash in basic? */
static int
operator_here(const struct parser *p, char c)
{
	return p->extended ? *p->at == c : *p->at == '\\' && p->at[1] == c;
}

static void
skip_operator(struct parser *p)
{
	p->at += p->extended ? 1 : 2;
}

static void
parse_bounds(struct parser *p, struct item *item)
{
	char *end;

	skip_operator(p);
	item->min = item->max = strtol(p->at, &end, 10);
	p->at = end;
	if (*p->at == ',') {
		p->at++;
		item->max = isdigit((unsigned char)*p->at) ? strtol(p->at, &end, 10) : -1;
		p->at = item->max < 0 ? p->at : end;
	}
	if (!operator_here(p, '}'))
		p->error = "unmatched {";
	else
		skip_operator(p);
}

static void
parse_repeat(struct parser *p, struct item *item)
{
	item->min = item->max = 1;
	for (;;) {
		if (*p->at == '*') {
			item->min = 0;
			item->max = -1;
			p->at++;
		} else if (operator_here(p, '+')) {
			item->max = -1;
			skip_operator(p);
		} else if (operator_here(p, '?')) {
			item->min = 0;
			skip_operator(p);
		} else if (operator_here(p, '{')) {
			parse_bounds(p, item);
		} else {
			return;
		}
		if (p->error)
			return;
	}
}

static struct item *
parse_item(struct parser *p, int first)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item) {
		p->error = "out of memory";
		return NULL;
	}
	item->kind = CHAR;
	if (operator_here(p, '(')) {
		skip_operator(p);
		p->depth++;
		item->kind = GROUP;
		item->number = ++p->nr_groups;
		item->group = parse_branches(p);
		p->depth--;
		if (!p->error && !operator_here(p, ')'))
			p->error = "unmatched (";
		else if (!p->error)
			skip_operator(p);
	} else if (*p->at == '.') {
		item->kind = ANY;
		p->at++;
	} else if (*p->at == '[') {
		item->kind = SET;
		p->at++;
		parse_set(p, item);
	} else if (*p->at == '^' && (first || p->extended)) {
		item->kind = START;
		p->at++;
	} else if (*p->at == '$' &&
		   (!p->at[1] || p->extended || (p->at[1] == '\\' && p->at[2] == ')'))) {
		item->kind = END;
		p->at++;
	} else {
		if (*p->at == '\\' && p->at[1])
			p->at++;
		else if (*p->at == '\\')
			p->error = "trailing backslash";
		item->c = p->ignore_case ? tolower((unsigned char)*p->at) : *p->at;
		p->at++;
	}
	if (!p->error)
		parse_repeat(p, item);
	return item;
}

static struct branch *
parse_branches(struct parser *p)
{
	struct branch *branch = calloc(1, sizeof(*branch));
	struct item **tail;

	if (!branch) {
		p->error = "out of memory";
		return NULL;
	}
	tail = &branch->items;
	while (*p->at && !p->error && !operator_here(p, '|') &&
	       !(p->depth && operator_here(p, ')'))) {
		*tail = parse_item(p, tail == &branch->items);
		if (*tail)
			tail = &(*tail)->next;
	}
	if (!p->error && operator_here(p, '|')) {
		skip_operator(p);
		branch->next = parse_branches(p);
	}
	return branch;
}

struct regex_small *
regex_small_compile(const char *pattern, int extended, int ignore_case, const char **error)
{
	struct parser p = {.at = pattern, .extended = extended, .ignore_case = ignore_case};
	struct regex_small *regex = malloc(sizeof(*regex));

	if (!regex) {
		*error = "out of memory";
		return NULL;
	}
	regex->ignore_case = ignore_case;
	regex->top = parse_branches(&p);
	*error = p.error;
	return p.error ? NULL : regex;
}

/* What must match behind the present item. */
struct rest {
	const struct item *item; /* the present one; its next comes when it is done */
	int count;		 /* repetitions of it so far */
	const char *began;	 /* where the last repetition began */
	const struct rest *outer;
};

struct matcher {
	const char *text;
	int ignore_case;
	struct regex_span *spans; /* of all and of each group, or NULL */
};

static int match_item(const struct matcher *m, const struct item *item, int count, const char *at,
		      const struct rest *outer);

/* A repetition of a group has matched up to `at`; what it took counts if the rest matches. */
static int
match_rest(const struct matcher *m, const char *at, const struct rest *rest)
{
	struct regex_span none = {0}, before, *span = &none;
	int matched;

	if (!rest) {
		if (m->spans)
			m->spans[0].end = at;
		return 1;
	}
	if (m->spans && rest->item->number < REGEX_NR_SPANS)
		span = &m->spans[rest->item->number];
	before = *span;
	*span = (struct regex_span){rest->began, at};
	if (at == rest->began)
		matched = match_item(m, rest->item->next, 0, at, rest->outer);
	else
		matched = match_item(m, rest->item, rest->count, at, rest->outer);
	if (!matched)
		*span = before;
	return matched;
}

/* => how many characters a simple item takes at `at`, or -1 */
static int
match_one(const struct matcher *m, const struct item *item, const char *at)
{
	unsigned char c = *at;

	switch (item->kind) {
	case START:
		return at == m->text ? 0 : -1;
	case END:
		return c ? -1 : 0;
	case ANY:
		return c ? 1 : -1;
	case SET:
		return c && item->set[c / 8] & 1 << c % 8 ? 1 : -1;
	default:
		return c && (m->ignore_case ? tolower(c) : c) == item->c ? 1 : -1;
	}
}

/* `count` repetitions of item have matched up to `at`: another one, or on to the next item. */
static int
match_item(const struct matcher *m, const struct item *item, int count, const char *at,
	   const struct rest *outer)
{
	if (!item)
		return match_rest(m, at, outer);
	if (item->max < 0 || count < item->max) {
		const struct rest again = {item, count + 1, at, outer};

		if (item->kind == GROUP) {
			for (const struct branch *b = item->group; b; b = b->next)
				if (match_item(m, b->items, 0, at, &again))
					return 1;
		} else {
			int n = match_one(m, item, at);

			if (n > 0 && match_item(m, item, count + 1, at + n, outer))
				return 1;
			if (n == 0)
				return match_item(m, item->next, 0, at, outer);
		}
	}
	return count >= item->min && match_item(m, item->next, 0, at, outer);
}

static int
find(const struct matcher *m, const struct regex_small *regex, const char *from)
{
	for (const char *at = from;; at++) {
		if (m->spans)
			m->spans[0].start = at;
		for (const struct branch *b = regex->top; b; b = b->next)
			if (match_item(m, b->items, 0, at, NULL))
				return 1;
		if (!*at)
			return 0;
	}
}

int
regex_small_match(const struct regex_small *regex, const char *text)
{
	const struct matcher m = {text, regex->ignore_case, NULL};

	return find(&m, regex, text);
}

int
regex_small_find(const struct regex_small *regex, const char *text, const char *from,
		 struct regex_span *spans)
{
	const struct matcher m = {text, regex->ignore_case, spans};

	memset(spans, 0, REGEX_NR_SPANS * sizeof(*spans));
	return find(&m, regex, from);
}

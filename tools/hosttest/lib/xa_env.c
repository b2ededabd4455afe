#include "lib/xa_env.h"

#include <stdlib.h>
#include <string.h>

long xa_env_live;
long xa_env_fail_countdown = -1;

struct xa_node *
xa_node_alloc(void)
{
	if (xa_env_fail_countdown >= 0 && xa_env_fail_countdown-- == 0)
		return NULL;

	struct xa_node *node = malloc(sizeof(*node));

	if (!node)
		abort();
	/* What a new node holds is undefined. */
	memset(node, 0xa5, sizeof(*node));
	xa_env_live++;
	return node;
}

void
xa_node_free(struct xa_node *node)
{
	xa_env_live--;
	free(node);
}

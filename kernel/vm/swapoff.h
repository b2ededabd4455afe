#pragma once

struct swap_area;

/*
 * Bring back what is in the area, which gives out no more slots. => 0: no slot is in use; -ENOMEM,
 * -EIO, -EINTR: some are. Sleeps; swap_mutex held
 */
int swap_empty_area(struct swap_area *area);

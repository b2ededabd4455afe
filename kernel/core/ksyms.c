#include "core/ksyms.h"

#include "core/image.h"

/* Made by tools/ksyms.py, sorted by address. */
extern const u64 ksyms_count, ksyms_base;
extern const u32 ksyms_offset[], ksyms_name_offset[];
extern const char ksyms_names[];

const char *
ksyms_lookup(u64 address, u64 *offset)
{
	u64 low = 0, high = ksyms_count;

	if (address < (u64)text_start || address >= (u64)init_text_end || ksyms_count == 0 ||
	    address < ksyms_base)
		return NULL;
	while (high - low > 1) {
		u64 middle = low + (high - low) / 2;

		if (ksyms_base + ksyms_offset[middle] <= address)
			low = middle;
		else
			high = middle;
	}
	*offset = address - ksyms_base - ksyms_offset[low];
	return ksyms_names + ksyms_name_offset[low];
}

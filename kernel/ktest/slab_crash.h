#pragma once

/* Misuse of objects that slab_debug= finds: for boot argument crash=NAME. => NULL: no such name */
void (*slab_crash_find(const char *name))(void);

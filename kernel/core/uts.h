/* What the kernel calls itself: for uname(2) and /proc. */
#pragma once

/* Programs test sysname and release to see whose calls they may use. */
#define UTS_SYSNAME  "Linux"
#define UTS_NODENAME "quire"
#define UTS_RELEASE  "6.12.0-quire"
#define UTS_VERSION  "#1 SMP Quire"

/* assert() prints the expression and where it stands, and aborts; NDEBUG removes it. */
#undef assert
#ifdef NDEBUG
#define assert(expr) ((void)0)
#else
#define assert(expr) ((expr) ? (void)0 : assert_fail(#expr, __FILE__, __LINE__, __func__))
#endif
#define static_assert _Static_assert

void assert_fail(const char *expr, const char *file, int line, const char *func)
	__attribute__((noreturn));

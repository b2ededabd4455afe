# DISTRO=1: the root also carries Debian's C library for riscv64 (package libc6-riscv64-cross) and,
# in /distro, the programs of this folder, built by the stock riscv64-linux-gnu-gcc:
#
#   NAME         dynamic, position-independent: the compiler's default
#   NAME-nopie   dynamic, at a fixed address
#   NAME-now     all symbols bound at the start, all of the GOT read-only after
#   NAME-static  static

DISTRO_CC     ?= riscv64-linux-gnu-gcc
DISTRO_LIBC   ?= /usr/riscv64-linux-gnu/lib
DISTRO_TREE   := $(BUILD)/distro
DISTRO_BIN    := $(DISTRO_TREE)/distro
DISTRO_SRC    := $(SRC)/user/distro
DISTRO_CFLAGS := -O2 -Wall -Wextra -pthread
DISTRO_LIBS   := ld-linux-riscv64-lp64d.so.1 libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 \
		 librt.so.1 libgcc_s.so.1

# plugin has shared libraries of its own and sharing is about one, so neither is static.
DISTRO_NAMES    := basics heap threads signals mapping
DISTRO_DYNAMIC  := $(DISTRO_NAMES) plugin sharing
DISTRO_PROGRAMS := $(DISTRO_DYNAMIC) $(DISTRO_DYNAMIC:%=%-nopie) $(DISTRO_DYNAMIC:%=%-now) \
		   $(DISTRO_NAMES:%=%-static)
DISTRO_FILES    := $(DISTRO_PROGRAMS:%=$(DISTRO_BIN)/%) $(DISTRO_BIN)/libplugin.so \
		   $(DISTRO_LIBS:%=$(DISTRO_TREE)/lib/%)

$(DISTRO_TREE)/lib/%: $(DISTRO_LIBC)/%
	@mkdir -p $(@D)
	$(call say,COPY,$@)cp -L $< $@

$(DISTRO_LIBC)/%:
	$(error DISTRO=1: no $@; ./setup.sh gets it (Debian: libc6-riscv64-cross))

DISTRO_HEADER := $(DISTRO_SRC)/distro.h $(DISTRO_SRC)/distro.mk
DISTRO_LINK    = $(call say,LINK,$@)mkdir -p $(DISTRO_BIN) && $(DISTRO_CC) $(DISTRO_CFLAGS)

# $(call distro_libraries,NAME): what a program is linked with
distro_tally := -L$(DISTRO_BIN) -ltally -Wl,-rpath,/distro
distro_libraries = -lm $(if $(filter plugin,$(1)),$(distro_tally))

# $(call distro_rule,NAME,SUFFIX,OPTIONS)
define distro_rule
$(DISTRO_BIN)/$(1)$(2): $(DISTRO_SRC)/$(1).c $(DISTRO_HEADER) $(DISTRO_BIN)/libtally.so
	$$(DISTRO_LINK) $(3) -o $$@ $$< $$(call distro_libraries,$(1))
endef
distro_now := -pie -fPIE -Wl,-z,relro -Wl,-z,now
$(foreach name,$(DISTRO_DYNAMIC),$(eval $(call distro_rule,$(name),,-pie -fPIE)))
$(foreach name,$(DISTRO_DYNAMIC),$(eval $(call distro_rule,$(name),-nopie,-no-pie -fno-pie)))
$(foreach name,$(DISTRO_DYNAMIC),$(eval $(call distro_rule,$(name),-now,$(distro_now))))
$(foreach name,$(DISTRO_NAMES),$(eval $(call distro_rule,$(name),-static,-static)))

$(DISTRO_BIN)/libtally.so $(DISTRO_BIN)/libplugin.so: $(DISTRO_SRC)/libtally.c $(DISTRO_HEADER)
	$(DISTRO_LINK) -shared -fPIC -o $@ $<

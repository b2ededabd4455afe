# Builds every user program into $(BUILD)/user/bin/NAME (stripped, for the disk image) and
# $(BUILD)/user/debug/NAME (with symbols, for gdb). user/{bin,test,bench}/NAME.c is one program,
# and so is a folder user/{bin,test,bench}/NAME/*.c. Included by the top Makefile; alone:
#     make -f user/rules.mk BUILD=/tmp/build [CROSS_COMPILE=riscv64-unknown-elf-]

BUILD  ?= build
SRC    ?= .
PYTHON ?= python3
WERROR ?= -Werror
USER_WERROR ?= $(WERROR)

.DEFAULT_GOAL := user

include $(SRC)/user/lib/flags.mk

USER_LIB      := $(BUILD)/user/libquire.a
USER_GEN_H    := $(BUILD)/gen/user_syscalls.h
USER_GEN_S    := $(BUILD)/gen/user_syscalls.S
USER_LIB_SRCS := $(wildcard $(SRC)/user/lib/*.c) $(wildcard $(SRC)/user/lib/*.S)
USER_LIB_OBJS := $(patsubst $(SRC)/user/%,$(BUILD)/user/obj/%.o,$(USER_LIB_SRCS)) \
		 $(BUILD)/user/obj/lib/user_syscalls.o

USER_KINDS    := bin test bench
USER_FILES    := $(wildcard $(USER_KINDS:%=$(SRC)/user/%/*.c))
USER_FOLDERS  := $(sort $(dir $(wildcard $(USER_KINDS:%=$(SRC)/user/%/*/*.c))))
USER_NAMES    := $(basename $(notdir $(USER_FILES))) $(notdir $(USER_FOLDERS:%/=%))
USER_PROGRAMS := $(USER_NAMES:%=$(BUILD)/user/bin/%)

# $(call user_sources_of,NAME): the files of one program; a folder may hold assembly, too
user_sources_of = $(wildcard $(USER_KINDS:%=$(SRC)/user/%/$(1).c) $(USER_KINDS:%=$(SRC)/user/%/$(1)/*.c) \
		   $(USER_KINDS:%=$(SRC)/user/%/$(1)/*.S))
user_objects_of = $(patsubst $(SRC)/user/%,$(BUILD)/user/obj/%.o,$(call user_sources_of,$(1)))

# $(call user_say,TOOL): prints the tool and the target before a quiet command
user_say = $(if $(Q),@printf '  %-7s %s\n' $(1) $@)

.PHONY: user
user: $(USER_LIB) $(USER_PROGRAMS)

$(USER_GEN_H): $(SRC)/kernel/syscall/syscall.tbl $(SRC)/tools/gen_syscalls.py
	$(call user_say,GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) $(SRC)/tools/gen_syscalls.py --table $< --user-header $@ --user-stubs $(USER_GEN_S)
	@touch $@ $(USER_GEN_S)

$(USER_GEN_S): $(USER_GEN_H)
	@test -f $@ || rm -f $<; test -f $@

$(BUILD)/user/obj/lib/user_syscalls.o: $(USER_GEN_S)
	$(call user_say,AS)
	@mkdir -p $(@D)
	$(Q)$(USER_CC) $(USER_ARCH) -c -o $@ $<

# The library must not have its own memcpy loop turned into a call of memcpy.
$(BUILD)/user/obj/lib/%.c.o: $(SRC)/user/lib/%.c $(USER_GEN_H) $(SRC)/user/lib/flags.mk
	$(call user_say,CC)
	@mkdir -p $(@D)
	$(Q)$(USER_CC) $(USER_CPPFLAGS) $(USER_CFLAGS) $(USER_WERROR) -fno-builtin $(USER_LIB_CFLAGS) \
		-MMD -MP -c -o $@ $<

$(BUILD)/user/obj/%.c.o: $(SRC)/user/%.c $(USER_GEN_H) $(SRC)/user/lib/flags.mk
	$(call user_say,CC)
	@mkdir -p $(@D)
	$(Q)$(USER_CC) $(USER_CPPFLAGS) $(USER_CFLAGS) $(USER_WERROR) -MMD -MP -c -o $@ $<

$(BUILD)/user/obj/%.S.o: $(SRC)/user/%.S $(USER_GEN_H) $(SRC)/user/lib/flags.mk
	$(call user_say,AS)
	@mkdir -p $(@D)
	$(Q)$(USER_CC) $(USER_CPPFLAGS) $(USER_ARCH) -MMD -MP -c -o $@ $<

$(USER_LIB): $(USER_LIB_OBJS)
	$(call user_say,AR)
	@rm -f $@
	$(Q)$(USER_AR) rcs $@ $^

define user_program_rule
$(BUILD)/user/debug/$(1): $(call user_objects_of,$(1)) $(USER_LIB) $(SRC)/user/lib/user.ld
	$$(call user_say,LD)
	@mkdir -p $$(@D)
	$$(Q)$$(USER_CC) $$(USER_LDFLAGS) -o $$@ $(call user_objects_of,$(1)) $$(USER_LIB) $$(USER_LIBGCC)
endef
$(foreach name,$(USER_NAMES),$(eval $(call user_program_rule,$(name))))

$(BUILD)/user/bin/%: $(BUILD)/user/debug/%
	@mkdir -p $(@D)
	$(Q)$(USER_OBJCOPY) -S $< $@

.SECONDARY: $(USER_NAMES:%=$(BUILD)/user/debug/%)

-include $(patsubst %.o,%.d,$(USER_LIB_OBJS) $(foreach name,$(USER_NAMES),$(call user_objects_of,$(name))))

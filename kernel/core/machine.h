#pragma once

/*
 * What this machine is made of, as the FDT says. boot/ fills it in once; everybody else
 * reads. An absent device has size 0.
 */

#include "lib/types.h"
#include "riscv/layout.h"

#define VIRTIO_SLOTS_MAX 16

struct mmio_device {
	u64 pa, size;
	u32 irq; /* PLIC source, 0 for none */
};

struct machine {
	char model[64];
	u64 timebase_hz;
	u32 boot_hartid;
	u32 nr_harts;	      /* that can run the kernel, at most NR_CPUS */
	u32 hartids[NR_CPUS]; /* [0] is the boot hart: index is the logical cpu id */
	struct mmio_device uart;
	u32 uart_reg_shift, uart_clock_hz;
	struct mmio_device plic;
	u32 plic_nr_irqs;
	s32 plic_context[NR_CPUS]; /* S-mode context of logical cpu n, -1 for none */
	unsigned nr_virtio;
	struct mmio_device virtio[VIRTIO_SLOTS_MAX];
	struct mmio_device test; /* sifive_test: exit QEMU with a status */
	struct mmio_device rtc;	 /* goldfish */
	u64 initrd_pa, initrd_size;
	u64 fdt_pa, fdt_size;
	u8 rng_seed[64];
	u32 rng_seed_len;
	char bootargs[8192];
};

extern struct machine machine;

/* The value of `key=value` in the boot arguments into buf. => its length, or -1 when absent */
int bootarg_get(const char *key, char *buf, size_t size);
/* => true when `flag` or `flag=1/y/on` is there */
bool bootarg_flag(const char *key);
/* With K, M, G. => fallback when absent or not a number */
u64 bootarg_u64(const char *key, u64 fallback);
/* Warn of each that nobody has asked for; what begins with init. is for the first program. */
void bootargs_tell_unknown(void);

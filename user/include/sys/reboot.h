/* Ending the machine. Quire passes the power-off argument on as QEMU's exit status. */
#pragma once

#define RB_AUTOBOOT    0x01234567
#define RB_HALT_SYSTEM 0xcdef0123
#define RB_POWER_OFF   0x4321fedc

int reboot(int command);

/* Power off; a non-zero status becomes the emulator's exit status. */
int power_off(int status);

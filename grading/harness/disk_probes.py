"""Checks by looking at the machine's disks, and at what its memory says of them (probe.py)."""

import os
import random
import struct

from grading.harness import sv39
from grading.harness.probe import PAGE, Wrong, addresses, probe

SWAP_MAGIC, SWAP_MAGIC_AT = b"SWAPSPACE2", PAGE - 10
PAGE_WORDS = PAGE // 8
MASK = (1 << 64) - 1
NR_SAMPLED = 512
READS_SPARED = 0.1  # of faults at most: their page is on its way to the disk, and still in memory


@probe
def on_disk(run, values, serial="root", index=0):
    """A word of the seed is somewhere in a disk's image: it was written, not only promised."""
    want = run.word(index).to_bytes(8, "little")
    with open(run.machine.disks[serial], "rb") as image:
        while True:
            chunk = image.read(4 << 20)
            if not chunk:
                break
            if want in chunk:
                return
    raise Wrong(f"{int.from_bytes(want, 'little'):#x} on the disk {serial}", "it is nowhere there")


@probe
def swap_header(run, values):
    """The swap disk begins with the header that Linux knows."""
    with open(run.machine.disks["swap0"], "rb") as image:
        image.seek(SWAP_MAGIC_AT)
        seen = image.read(len(SWAP_MAGIC))
    if seen != SWAP_MAGIC:
        raise Wrong(f"{SWAP_MAGIC!r} at byte {SWAP_MAGIC_AT}", repr(seen))


@probe
def disk_written(run, values, serial="swap0", at_least=0):
    """So many bytes were written to a disk, as QEMU counts them."""
    slot = list(run.machine.disks).index(serial)
    _, written, _ = run.qmp.block_statistics()[f"disk{slot}"]
    if written < at_least:
        raise Wrong(f"at least {at_least >> 10} KiB written to {serial}, as QEMU counts",
                    f"{written >> 10} KiB")


def bytes_read(run, serial):
    """So far, as QEMU counts them."""
    slot = list(run.machine.disks).index(serial)
    return run.qmp.block_statistics()[f"disk{slot}"][0]


@probe
def notes_reads(run, values, serial="swap0", written=0):
    """Remembers how much was read from the disk up to now, when so many bytes were written to it."""
    run.memo["reads"] = bytes_read(run, serial)
    disk_written(run, values, serial, written)


@probe
def reads_needed(run, values, serial="swap0", fact="", string=None, slack=0.02, least=0):
    """Since notes_reads, as many pages were read as faults needed, or hardly more: all, but for the first use of
    each page of a string (replace.String). `least` are read in any case."""
    faults = run.facts.get(fact)
    if not isinstance(faults, int) or "reads" not in run.memo:
        raise Wrong("faults to compare with", f"{fact} was not told")
    needed = faults - (string.distinct(run.seed) if string else 0)
    fewest, most = max(least, needed * (1 - READS_SPARED)), needed * (1 + slack)
    read = (bytes_read(run, serial) - run.memo["reads"]) / PAGE
    seen = f"from {fewest:.0f} to {most:.0f} pages read from {serial}, as QEMU counts, for {needed} faults that need one"
    if read > most:
        raise Wrong(seen, f"{read:.0f}", "a page that was just read is in the swap cache: is it looked for there?")
    if read < fewest:
        raise Wrong(seen, f"{read:.0f}", "what is not read from the disk was never out")


def swap_slots(run, values, nr):
    """{index of a page of the area: its slot} for those whose entry names one; the walk is ours."""
    view = run.view
    root, slots = view.root_of(values["pid"]), {}
    shift, swap = view.number("SWAP_TYPE_BITS"), view.number("PTE_SWAP")
    kinds = swap | view.number("PTE_PARKED")
    for index, va in enumerate(addresses(values, nr)):
        entry, leaf = sv39.lookup(view.ram, root, va)
        if leaf is None and entry & kinds == swap:
            slots[index] = entry >> sv39.ENTRY_PPN >> shift
    return slots


@probe
def slots_differ(run, values, nr=1, at_least=1):
    """So many pages at least are in slots, no two in one, none in the header's."""
    slots = swap_slots(run, values, nr)
    if len(slots) < at_least:
        raise Wrong(f"at least {at_least} pages in slots", f"{len(slots)} are",
                    "the area does not fit into memory")
    if len(set(slots.values())) != len(slots) or 0 in slots.values():
        raise Wrong("a slot for each page, and none of them the header's",
                    f"{len(slots)} pages in {len(set(slots.values()))} slots, the first is "
                    f"{min(slots.values())}", "the second page written would overwrite the first")


def page_pattern(word):
    """The bytes of a page of gradetest's swap.out: its word of the seed, counted up."""
    return struct.pack(f"<{PAGE_WORDS}Q", *(word + index & MASK for index in range(PAGE_WORDS)))


def cached_slots(run):
    """{slot: frame} of the pages of the swap cache: what is in memory need not be on the disk yet."""
    view, found = run.view, {}
    for pfn in view.ram_frames():
        page = view.page(pfn)
        if view.has_flag(page, "PG_swapcache"):
            found[page.private >> view.number("SWAP_TYPE_BITS")] = pfn
    return found


@probe
def slots_hold_pages(run, values, nr=1, at_least=1):
    """The slot that a page's entry names holds the page's bytes on the disk."""
    slots, cached = swap_slots(run, values, nr), cached_slots(run)
    end = os.path.getsize(run.machine.disks["swap0"]) // PAGE
    if any(slot >= end for slot in slots.values()):
        raise Wrong(f"slots of the disk, which has {end}", f"slot {max(slots.values())}")
    outside = sorted(index for index, slot in slots.items() if slot not in cached)
    if len(outside) < at_least:
        raise Wrong(f"at least {at_least} pages on the disk and not in memory",
                    f"{len(outside)} of {nr}")
    chosen = random.Random(run.seed).sample(outside, min(NR_SAMPLED, len(outside)))
    with open(run.machine.disks["swap0"], "rb") as image:
        for index in chosen:
            image.seek(slots[index] * PAGE)
            seen, want = image.read(PAGE), page_pattern(run.word(index))
            if seen != want:
                at = next((at for at in range(0, len(seen), 8) if seen[at:at + 8] != want[at:at + 8]),
                          len(seen))
                raise Wrong(f"page {index} of the area in slot {slots[index]} of the disk",
                            f"other bytes from byte {at} on: {seen[at:at + 8].hex() or 'nothing'}, not "
                            f"{want[at:at + 8].hex()}", "read from the disk's image, not by the kernel")

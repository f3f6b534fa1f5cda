/* I/O privilege: IOPL, the TSS's permission bitmap, CLI, STI, POPF (SDM 1 chapter 19, 3A 5.9, 7.2). */
#include "kit.h"

static u8 *const bitmap = tss64 + 104;
static void deny_all(void) { fill(bitmap, 0xff, 8193); }
static void allow(u32 port) { bitmap[port >> 3] &= (u8)~(1u << (port & 7)); }

static void bitmap_checks(void)
{
    static const char *const sdm = "1 19.5.2; 2A IN";
    deny_all();
    exc("io.denied.in8", sdm, U64, A64("in al, 0x80"), GP, 0);
    exc("io.denied.out8", "1 19.5.2; 2B OUT", U64, A64("out 0x80, al"), GP, 0);
    exc("io.denied.in-dx", sdm, U64, A64("mov edx, 0x80" MARK "in al, dx"), GP, 0);
    exc("io.denied.compat", sdm, U32C, A32("in al, 0x80"), GP, 0);
    exc("io.denied.insb", "1 19.5.2; 2A INS", U64, A64("mov edx, 0x80" MARK "insb"), GP, 0);
    exc("io.denied.outsb", "1 19.5.2; 2B OUTS", U64, A64("mov edx, 0x80" MARK "outsb"), GP, 0);
    allow(0x80);
    ok("io.allowed.in8", sdm, U64, A64("in al, 0x80" DONE));
    ok("io.allowed.out8", sdm, U64, A64("out 0x80, al" DONE));
    ok("io.allowed.compat", sdm, U32C, A32("in al, 0x80" DONE));
    exc("io.word-needs-both-bits", sdm, U64, A64("in ax, 0x80"), GP, 0);
    exc("io.neighbour-denied", sdm, U64, A64("in al, 0x81"), GP, 0);
    allow(0x81);
    ok("io.word-allowed", sdm, U64, A64("in ax, 0x80" DONE));
    exc("io.dword-needs-four-bits", sdm, U64, A64("in eax, 0x80"), GP, 0);
    allow(0x82);
    allow(0x83);
    ok("io.dword-allowed", sdm, U64, A64("in eax, 0x80" DONE));
    deny_all();
    allow(0x87);
    exc("io.word-over-a-byte-of-the-map", sdm, U64, A64("in ax, 0x87"), GP, 0);
    allow(0x88);
    ok("io.word-over-a-byte-of-the-map-allowed", sdm, U64, A64("in ax, 0x87" DONE));
    deny_all();
    X.rflags = FL_IOPL3;
    ok("io.iopl3-ignores-the-map", "1 19.5.1", U64, A64("in al, 0x80\nout 0x80, al" DONE));
    ok("io.cpl0-ignores-the-map", "1 19.5.1", K64, A64("in al, 0x80" DONE));
    allow(0x80);
    u16 base = *(u16 *)(tss64 + 102);
    *(u16 *)(tss64 + 102) = (u16)(sizeof tss64 + 1);
    exc("io.map-base-beyond-limit", "1 19.5.2; 3A 7.2", U64, A64("in al, 0x80"), GP, 0);
    *(u16 *)(tss64 + 102) = (u16)(sizeof tss64 - 0x11);
    exc("io.map-byte-pair-must-be-inside-limit", "1 19.5.2", U64, A64("in al, 0x80"), GP, 0);
    *(u16 *)(tss64 + 102) = base;
    deny_all();
    allow(0x80);
    map_default();
    TEST_PTE = 0;
    flush();
    X.rdi = TEST_VA;
    exc("io.ins-to-unmapped", "2A INS", U64, A64("mov edx, 0x80" MARK "insb"), PF, 6);
    X.rdi = TEST_VA;
    exc("io.permission-before-page-fault", "2A INS; 3A 6.9", U64, A64("mov edx, 0x81" MARK "insb"), GP, 0);
    map_default();
    deny_all();
}

static void flags(void)
{
    exc("io.cli-user", "2A CLI", U64, A64("cli"), GP, 0);
    exc("io.sti-user", "2B STI", U64, A64("sti"), GP, 0);
    exc("io.cli-compat-user", "2A CLI", U32C, A32("cli"), GP, 0);
    X.rflags = FL_IOPL3 | FL_IF;
    okv("io.cli-user-iopl3", "2A CLI", U64, A64("cli\npushfq\npop rax\nand eax, 0x200" DONE), 0);
    X.rflags = FL_IOPL3;
    okv("io.sti-user-iopl3", "2B STI", U64, A64("sti\nnop\npushfq\npop rax\ncli\nand eax, 0x200" DONE), 0x200);
    okv("io.popf-user-keeps-if", "2B POPF", U64, A64("push 0x202\npopfq\npushfq\npop rax\nand eax, 0x200" DONE), 0);
    X.rflags = FL_IF;
    okv("io.popf-user-cannot-clear-if", "2B POPF", U64, A64("push 2\npopfq\npushfq\npop rax\nand eax, 0x200" DONE), 0x200);
    okv("io.popf-user-keeps-iopl", "2B POPF", U64, A64("push 0x3002\npopfq\npushfq\npop rax\nand eax, 0x3000" DONE), 0);
    X.rflags = FL_IOPL3 | FL_IF;
    okv("io.popf-user-iopl3-changes-if-only", "2B POPF", U64, A64("push 2\npopfq\npushfq\npop rax\nand eax, 0x3200" DONE), 0x3000);
    okv("io.popf-kernel-sets-iopl", "2B POPF", K64, A64("push 0x3002\npopfq\npushfq\npop rax\npush 2\npopfq\nand eax, 0x3000" DONE), 0x3000);
    okv("io.popf-cannot-set-vm-or-rf", "2B POPF", K64, A64("push 0x30002\npopfq\npushfq\npop rax\nand eax, 0x30000" DONE), 0);
    okv("io.popf-16-bit-keeps-upper-flags", "2B POPF", U64, A64("pushfq\nor dword ptr [rsp], 0x200000\npopfq\npushw 2\npopfw\npushfq\npop rax\nshr eax, 21\nand eax, 1" DONE), 1);
    X.rflags = FL_RF;
    okv("io.pushf-stores-rf-as-zero", "2B PUSHF", K64, A64("pushfq\npop rax\nand eax, 0x30000" DONE), 0);
    okv("io.pushf-bit1-is-one", "1 3.4.3", U64, A64("push 0\npopfq\npushfq\npop rax\nand eax, 0x802a" DONE), 2);
    okv("io.nt-can-be-set-by-user", "2B POPF", U64, A64("push 0x4002\npopfq\npushfq\npop rax\npush 2\npopfq\nand eax, 0x4000" DONE), 0x4000);
}

void group_io(void)
{
    bitmap_checks();
    flags();
    fill(bitmap, 0xff, 8193);
}

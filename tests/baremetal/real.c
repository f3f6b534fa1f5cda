/* Real-address mode (SDM 3B 20.1). Snippets run at 1000:4000, DS = ES = SS = 1000. */
#include "kit.h"

static void interrupts(void)
{
    static const char *const sdm = "3B 20.1.4; 2A INT n";
    X.rflags = FL_IF;
    go(REAL, A16("int 0x60" MARK));
    ended("real.int-n", sdm, 0x60, NOERR, code_base + last_mark);
    same("real.int-n.saved-if", sdm, R.rflags & FL_IF, FL_IF);
    same("real.int-n.stack", sdm, R.rsp, LOW_STACK);
    exc("real.de", "3B 20.1.4", REAL, A16("xor cx, cx" MARK "div cx"), DE, NOERR);
    exc("real.bp", "3B 20.1.4", REAL, A16("int3" MARK), BP, NOERR);
    exc("real.of", "3B 20.1.4", REAL, A16("mov al, 0x7f\ninc al\ninto" MARK), OF, NOERR);
    exc("real.ud", "3B 20.1.4", REAL, A16("nop" MARK "ud2"), UD, NOERR);
    exc("real.br", "2A BOUND", REAL, A16("mov word ptr [0x8000], 1\nmov word ptr [0x8002], 2\nmov ax, 3" MARK "bound ax, [0x8000]"), BR, NOERR);
    X.rflags = FL_TF;
    exc("real.single-step", "3B 17.3.1.4", REAL, A16("nop" MARK "nop"), DB, NOERR);
    exc("real.int-beyond-idt-limit", "3B 20.1.4; 2A INT n", REAL, A16("mov word ptr [0x8000], 0xff\nmov dword ptr [0x8002], 0x13000\nlidtd [0x8000]" MARK "int 0x80"), GP, NOERR);
    ok("real.iret", "2A IRET", REAL, A16("pushf\npush cs\ncall 1f\n1: pop ax\nadd ax, 2f - 1b\npush ax\niretw\nud2\n2:" DONE));
    okv("real.iret-loads-flags", "2A IRET", REAL, A16("push 0x3003\npush cs\ncall 1f\n1: pop ax\nadd ax, 2f - 1b\npush ax\niretw\nud2\n2: pushf\nxor eax, eax\npop ax\nand ax, 0x3001" DONE), 0x3001);
}

static void limits(void)
{
    static const char *const sdm = "3B 20.1.1; 3A 5.3";
    exc("real.read-over-64k", sdm, REAL, A16("nop" MARK "mov ax, [0xffff]"), GP, NOERR);
    exc("real.read4-over-64k", sdm, REAL, A16("nop" MARK "mov eax, [0xfffd]"), GP, NOERR);
    exc("real.write-over-64k", sdm, REAL, A16("nop" MARK "mov [0xffff], ax"), GP, NOERR);
    ok("real.read-last-byte", sdm, REAL, A16("mov al, [0xffff]" DONE));
    exc("real.32-bit-address-beyond-limit", sdm, REAL, A16("mov edi, 0x12345" MARK "mov al, [edi]"), GP, NOERR);
    exc("real.stack-segment-limit", sdm, REAL, A16("mov bp, 0xffff" MARK "mov ax, [bp]"), SS, NOERR);
    okv("real.push-wraps-sp", "2B PUSH", REAL, A16("mov bx, sp\nmov sp, 0\npush ax\nxor eax, eax\nmov ax, sp\nmov sp, bx" DONE), 0xfffe);
    okv("real.16-bit-push-keeps-upper-esp", "2B PUSH", REAL, A16("mov ebx, esp\nmov esp, 0xabcd2000\npush ax\nmov eax, esp\nmov esp, ebx" DONE), 0xabcd1ffe);
    exc("real.jump-beyond-limit", "2A JMP", REAL, A16("mov eax, 0x10000" MARK "jmp eax"), GP, NOERR);
    okv("real.segment-is-paragraph", "3B 20.1.1", REAL, A16("mov word ptr [0x9000], 0x4321\nmov ax, 0x1900\nmov es, ax\nxor eax, eax\nmov ax, es:[0]" DONE), 0x4321);
    okv("real.segments-overlap-at-hma", "3B 20.1.1", REAL, A16("mov ax, 0xffff\nmov es, ax\nmov word ptr es:[0x20], 0x6789\nxor eax, eax\nmov ax, es:[0x20]" DONE), 0x6789);
    okv("real.big-limits-survive", "3A 9.9.2, 3.4.3", REAL,
        A16("mov eax, cr0\nor al, 1\nmov cr0, eax\njmp 1f\n1: mov bx, 0x18\nmov es, bx\nand al, 0xfe\nmov cr0, eax\njmp 1f\n1: mov edi, 0x02000010\nmov dword ptr es:[edi], 0x55667788\nmov eax, es:[edi]" DONE), 0x55667788);
}

static void instructions(void)
{
    static const char *const sdm = "3B 20.1.3";
    static const struct { const char *name; u8 n, b[4]; } invalid[] =
    {
        { "lldt", 3, { 0x0f, 0x00, 0xd0 } }, { "ltr", 3, { 0x0f, 0x00, 0xd8 } }, { "sldt", 3, { 0x0f, 0x00, 0xc0 } }, { "str", 3, { 0x0f, 0x00, 0xc8 } },
        { "verr", 3, { 0x0f, 0x00, 0xe0 } }, { "lar", 3, { 0x0f, 0x02, 0xc0 } }, { "lsl", 3, { 0x0f, 0x03, 0xc0 } }, { "arpl", 2, { 0x63, 0xc0 } },
        { "lock-mov", 3, { 0xf0, 0x89, 0x07 } }, { "syscall", 2, { 0x0f, 0x05 } },
    };
    for (u32 i = 0; i < sizeof invalid / sizeof *invalid; i++) exc(nm("real.ud.%s", invalid[i].name), sdm, REAL, raw(invalid[i].b, invalid[i].n), UD, NOERR);
    ok("real.privileged-instructions-run", "3B 20.1.3; 3A 5.9", REAL, A16("mov eax, cr0\nclts\nmov eax, cr3\nsmsw ax\nsgdtd [0x8000]\nmov ecx, 0xc0000080\nrdmsr\ncli\nmov eax, dr7" DONE));
    okv("real.cr0-pe-clear", "3A 2.5", REAL, A16("mov eax, cr0\nand eax, 1" DONE), 0);
    okv("real.far-call", "2A CALL", REAL, A16("mov word ptr [0x9000], 0x44b8\nmov byte ptr [0x9002], 0x33\nmov byte ptr [0x9003], 0xcb\nxor eax, eax\n.byte 0x9a\n.word 0x8000, 0x1100" DONE), 0x3344);
    exc("real.length-above-15", "2A 2.3.11", REAL, A16(".rept 16\n.byte 0x2e\n.endr\nnop"), GP, NOERR);
    okv("real.popf-sets-iopl-and-nt", "2B POPF", REAL, A16("push 0x7002\npopf\npushf\nxor eax, eax\npop ax\npush 2\npopf\nand ax, 0x7000" DONE), 0x7000);
    okv("real.switch-to-protected-and-back", "3A 9.9", REAL, A16("mov ebx, cr0\nor bl, 1\nmov cr0, ebx\njmp 1f\n1: mov eax, cr0\nand bl, 0xfe\nmov cr0, ebx\nand eax, 1" DONE), 1);
    exc("real.lmsw-cannot-leave-and-div-still-faults", "2A LMSW", REAL, A16("xor ax, ax\nlmsw ax\nxor cx, cx" MARK "div cx"), DE, NOERR);
    exc("real.xgetbv-without-osxsave", "2C XGETBV", REAL, A16("xor ecx, ecx" MARK "xgetbv"), UD, NOERR);
}

void group_real(void)
{
    interrupts();
    limits();
    instructions();
}

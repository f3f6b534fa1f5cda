/* Paging beyond the permission matrix: reserved bits, error codes, page-crossing accesses, canonical addresses, SMAP's implicit
   accesses, PCID and INVPCID, 5-level paging. */
#include "kit.h"

static u64 *const entry[] = { &TEST_PTE, &TEST_PDE, &TEST_PDPTE, &TEST_PML4E };
static const char *const level_name[] = { "pte", "pde", "pdpte", "pml4e" };
static u64 second_page[512] __attribute__((aligned(4096)));
static u64 pml5[512] __attribute__((aligned(4096)));
#define TEST_PTE2 t_pt[8]

static void reserved_bits(void)
{
    for (int level = 0; level < 4; level++)
    {
        map_default();
        if (has.phys_bits < 52) *entry[level] |= 1ul << 51;
        flush();
        X.rdi = TEST_VA;
        if (has.phys_bits < 52) exc(nm("paging.rsvd.%s.bit51.read", level_name[level]), "3A 4.5, 4.7 RSVD", K64, A64("mov al, [rdi]"), PF, 9);
        else skip(nm("paging.rsvd.%s.bit51.read", level_name[level]), "3A 4.5", "MAXPHYADDR is 52");
        X.rdi = TEST_VA;
        if (has.phys_bits < 52) exc(nm("paging.rsvd.%s.bit51.user-write", level_name[level]), "3A 4.5, 4.7 RSVD", U64, A64("mov [rdi], al"), PF, 0xf);
        else skip(nm("paging.rsvd.%s.bit51.user-write", level_name[level]), "3A 4.5", "MAXPHYADDR is 52");
        *entry[level] &= ~PTE_P;
        flush();
        X.rdi = TEST_VA;
        exc(nm("paging.rsvd.%s.ignored-when-not-present", level_name[level]), "3A 4.7 RSVD", K64, A64("mov al, [rdi]"), PF, 0);
        map_default();
        *entry[level] |= PTE_NX;
        flush();
        X.efer = 0x101;
        X.rdi = TEST_VA;
        exc(nm("paging.rsvd.%s.nx-with-nxe-0", level_name[level]), "3A 4.5, 4.7 RSVD", K64, A64("mov al, [rdi]"), PF, 9);
    }
    map_default();
    TEST_PML4E |= PTE_PS;
    flush();
    X.rdi = TEST_VA;
    exc("paging.rsvd.pml4e.ps", "3A 4.5 table 4-15", K64, A64("mov al, [rdi]"), PF, 9);
    map_default();
    for (int bit = 13; bit < 21; bit++)
    {
        TEST_PDE = TEST_PA | 7 | PTE_PS | 1ul << bit;
        flush();
        X.rdi = TEST_VA;
        exc(nm("paging.rsvd.pde.2m.bit%d", (u32)bit), "3A 4.5 table 4-18", K64, A64("mov [rdi], al"), PF, 0xb);
    }
    map_default();
    for (int bit = 13; bit < 30 && has.gb_pages; bit += 4)
    {
        TEST_PDPTE = 7 | PTE_PS | 1ul << bit;
        flush();
        X.rdi = TEST_VA;
        exc(nm("paging.rsvd.pdpte.1g.bit%d", (u32)bit), "3A 4.5 table 4-16", K64, A64("mov al, [rdi]"), PF, 9);
    }
    map_default();
}

static void error_codes(void)
{
    X.efer = 0x101;
    TEST_PTE = 0;
    flush();
    X.rdi = TEST_VA;
    go(K64, A64("jmp rdi"));
    ended("paging.fetch.no-i-bit-with-nxe-0-smep-0", "3A 4.7 I/D", PF, 0, TEST_VA);
    same("paging.fetch.cr2", "3A 4.7", R.cr2, TEST_VA);
    if (has.smep)
    {
        X.efer = 0x101;
        X.cr4 = CR4_DEFAULT | CR4_SMEP;
        X.rdi = TEST_VA;
        go(K64, A64("jmp rdi"));
        ended("paging.fetch.i-bit-with-nxe-0-smep-1", "3A 4.7 I/D", PF, 0x10, TEST_VA);
    }
    else skip("paging.fetch.i-bit-with-nxe-0-smep-1", "3A 4.7 I/D", "SMEP not announced");
    map_default();
    TEST_PTE = 0;
    flush();
    X.rdi = TEST_VA;
    exc("paging.error.rmw-reports-write", "3A 4.7 W/R", K64, A64("add dword ptr [rdi], 1"), PF, 2);
    X.rdi = TEST_VA;
    exc("paging.error.user-rmw", "3A 4.7 W/R", U64, A64("inc dword ptr [rdi]"), PF, 6);
    X.rdi = TEST_VA;
    exc("paging.error.xchg", "3A 4.7 W/R", K64, A64("xchg [rdi], eax"), PF, 2);
    X.rdi = TEST_VA;
    exc("paging.error.cmp-reads", "3A 4.7 W/R", K64, A64("cmp dword ptr [rdi], 1"), PF, 0);
    X.rdi = TEST_VA + 0x123;
    go(U64, A64("mov rax, [rdi]"));
    same("paging.cr2.full-address", "3A 4.7, 6.15 #PF", R.cr2, TEST_VA + 0x123);
    same("paging.fault-leaves-destination", "3A 6.5 faults", R.rax, 0x0a0a0a0a11111111);
    X.rsp = TEST_VA + 0x800;
    go(U64, A64("push rax"));
    same("paging.push-fault-leaves-rsp", "3A 6.5 faults", R.rsp, TEST_VA + 0x800);
    same("paging.push-fault-cr2", "2B PUSH", R.cr2, TEST_VA + 0x7f8);
    X.rsp = TEST_VA + 0x800;
    go(U64, A64("call 1f\n1:"));
    same("paging.call-fault-leaves-rsp", "3A 6.5 faults", R.rsp, TEST_VA + 0x800);
    X.rdi = TEST_VA;
    go(U64, A64("pop qword ptr [rdi]"));
    same("paging.pop-to-fault-leaves-rsp", "3A 6.5 faults", R.rsp, USTACK_TOP);
    X.rsp = TEST_VA;
    X.rbp = UDATA + 0x800;
    go(U64, A64("enter 16, 0"));
    same("paging.enter-fault-leaves-rbp", "2A ENTER", R.rbp, UDATA + 0x800);
    X.rdi = TEST_VA;
    exc("paging.invlpg-of-unmapped-is-no-fault.then-hlt", "2A INVLPG", U64, A64("nop" MARK "invlpg [rdi]"), GP, 0);
    X.rdi = TEST_VA;
    ok("paging.invlpg-of-unmapped-is-no-fault", "2A INVLPG", K64, A64("invlpg [rdi]"  DONE));
    X.rdi = 0x800000000000;
    ok("paging.invlpg-of-noncanonical-is-no-fault", "2A INVLPG", K64, A64("invlpg [rdi]" DONE));
    X.rdi = TEST_VA;
    exc("paging.clflush-of-unmapped", "2A CLFLUSH", K64, A64("clflush [rdi]"), PF, 0);
    X.rdi = TEST_VA;
    ok("paging.lea-does-not-access", "2A LEA", U64, A64("lea rax, [rdi]" DONE));
    X.rdi = TEST_VA;
    ok("paging.nop-modrm-does-not-access", "2B NOP", U64, A64("nop dword ptr [rdi]" DONE));
    map_default();
}

static void invalidation(void)
{
    TEST_PTE = 0;
    flush();
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    X.rax = TEST_PA | 7;
    ok("paging.not-present-is-not-cached", "3A 4.10.2.3", K64, A64("mov [rsi], rax\nmov rax, [rdi]" DONE));
    map_default();
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    exc("paging.invlpg-drops-translation", "3A 4.10.4.1", K64, A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\ninvlpg [rdi]" MARK "mov rax, [rdi]"), PF, 0);
    map_default();
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    exc("paging.mov-cr3-drops-translation", "3A 4.10.4.1", K64,
        A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\nmov rax, cr3\nmov cr3, rax" MARK "mov rax, [rdi]"), PF, 0);
    map_default();
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PDE;
    exc("paging.invlpg-drops-structure-caches", "3A 4.10.4.1", K64,
        A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\ninvlpg [rdi]" MARK "mov rax, [rdi]"), PF, 0);
    map_default();
    X.cr4 = CR4_DEFAULT | CR4_PGE;
    TEST_PTE |= PTE_G;
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    exc("paging.invlpg-drops-global", "3A 4.10.4.1", K64, A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\ninvlpg [rdi]" MARK "mov rax, [rdi]"), PF, 0);
    map_default();
    X.cr4 = CR4_DEFAULT | CR4_PGE;
    TEST_PTE |= PTE_G;
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    exc("paging.toggling-pge-drops-global", "3A 4.10.4.1", K64,
        A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\nmov rax, cr4\nxor rax, 0x80\nmov cr4, rax\nxor rax, 0x80\nmov cr4, rax" MARK "mov rax, [rdi]"), PF, 0);
    map_default();
    *(volatile u64 *)TEST_PA = 0x1111;
    *(volatile u64 *)(TEST_PA + 0x1000) = 0x2222;
    X.rdi = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    okv("paging.remap-after-invlpg", "3A 4.10.4.2", K64,
        A64("mov rax, [rdi]\nadd qword ptr [rsi], 0x1000\ninvlpg [rdi]\nmov rax, [rdi]" DONE), 0x2222);
    map_default();
    *(volatile u64 *)TEST_PA = 0xc3c0ffc031;              /* xor eax, eax; inc eax; ret */
    X.rdi = TEST_VA;
    okv("paging.self-modifying-code", "3A 8.1.3, 11.6", K64,
        A64("call rdi\nmov word ptr [rdi + 2], 0xc0fe\nmov byte ptr [rdi + 2], 0x90\nmov byte ptr [rdi + 3], 0x90\ncall rdi" DONE), 0);
    *(volatile u64 *)TEST_PA = 0xc3c0ffc031;
    X.rdi = TEST_VA;
    X.rsi = TEST_PA;
    okv("paging.cross-modifying-through-an-alias", "3A 8.1.3, 11.6", K64,
        A64("call rdi\nmov word ptr [rsi + 2], 0x9090\ncpuid\nmov rdi, 0x80c0a07000\ncall rdi" DONE), 0);
    map_default();
}

static void crossing(void)
{
    map_default();
    TEST_PTE2 = 0;
    flush();
    X.rdi = TEST_VA + 0xffc;
    exc("paging.cross.read-second-missing", "3A 4.7, 6.15 #PF", U64, A64("mov rax, [rdi]"), PF, 4);
    X.rdi = TEST_VA + 0xffc;
    go(U64, A64("mov rax, [rdi]"));
    same("paging.cross.cr2-is-second-page", "3A 6.15 #PF", R.cr2, TEST_VA + 0x1000);
    *(volatile u32 *)(TEST_PA + 0xffc) = 0x12345678;
    X.rdi = TEST_VA + 0xffc;
    exc("paging.cross.write-second-missing", "3A 4.7", U64, A64("mov [rdi], rax"), PF, 6);
    same("paging.cross.write-leaves-first-page", "3A 6.5 faults", *(volatile u32 *)(TEST_PA + 0xffc), 0x12345678);
    X.rdi = TEST_VA + 0xffc;
    exc("paging.cross.rmw-second-missing", "3A 4.7", K64, A64("add [rdi], rax"), PF, 2);
    same("paging.cross.rmw-leaves-first-page", "3A 6.5 faults", *(volatile u32 *)(TEST_PA + 0xffc), 0x12345678);
    X.rdi = TEST_VA + 0xffc;
    ok("paging.cross.access-that-ends-at-the-page", "3A 4.7", U64, A64("mov eax, [rdi]" DONE));
    TEST_PTE2 = ((u64)second_page | 7) & ~PTE_W;
    flush();
    X.rdi = TEST_VA + 0xffe;
    exc("paging.cross.write-second-read-only", "3A 4.7", U64, A64("mov [rdi], eax"), PF, 7);
    TEST_PTE = 0;
    TEST_PTE2 = 0;
    flush();
    X.rdi = TEST_VA + 0xffd;
    go(U64, A64("mov rax, [rdi]"));
    same("paging.cross.both-missing-reports-first", "3A 6.15 #PF", R.cr2, TEST_VA + 0xffd);
    map_default();
    TEST_PTE2 = (u64)second_page | 7;
    TEST_PTE = TEST_PA | 7;
    flush();
    *(volatile u32 *)(TEST_PA + 0xffc) = 0x44332211;
    second_page[0] = 0x88776655;
    X.rdi = TEST_VA + 0xffd;
    okv("paging.cross.read-joins-two-frames", "3A 4.5", K64, A64("mov eax, [rdi]" DONE), 0x55443322);
    X.rdi = TEST_VA + 0xfff;
    go(K64, A64("mov word ptr [rdi], 0xaabb" DONE));
    same("paging.cross.write-splits-over-two-frames", "3A 4.5", *(volatile u8 *)(TEST_PA + 0xfff) | (second_page[0] & 0xff) << 8, 0xaabb);
    same("paging.cross.write-sets-second-dirty", "3A 4.8", TEST_PTE2 & PTE_D, PTE_D);
    /* REP stops at the element that faults, with the counters of what was done. */
    TEST_PTE2 = 0;
    flush();
    X.rdi = TEST_VA + 0xff8;
    X.rcx = 100;
    X.rflags = 0;
    go(U64, A64("rep stosb"));
    ended("paging.rep-stosb.faults-at-element", "2B REP", PF, 6, code_base);
    same("paging.rep-stosb.rcx", "2B REP", R.rcx, 92);
    same("paging.rep-stosb.rdi", "2B REP", R.rdi, TEST_VA + 0x1000);
    X.rsi = TEST_VA + 0xff0;
    X.rdi = UDATA;
    X.rcx = 10;
    go(U64, A64("rep movsd"));
    same("paging.rep-movsd.rcx", "2B REP", R.rcx, 6);
    same("paging.rep-movsd.rsi", "2B REP", R.rsi, TEST_VA + 0x1000);
    X.rsi = TEST_VA + 0x1004;
    X.rdi = UDATA + 0x100;
    X.rcx = 4;
    X.rflags = FL_DF;
    go(U64, A64("nop\nrep movsb"));
    same("paging.rep-movsb-down.faults-first", "2B REP", R.rcx, 4);
    X.rcx = 0;
    X.rdi = TEST_VA + 0x1000;
    ok("paging.rep-with-zero-count-does-not-access", "2B REP", U64, A64("rep stosb" DONE));
    /* Fetch over a page boundary: RIP is the start of the instruction, CR2 the second page. */
    static const u8 mov_eax[] = { 0xb8, 1, 2, 3, 4 };
    copy((void *)(TEST_PA + 0xffe), mov_eax, 2);
    X.rdi = TEST_VA + 0xffe;
    go(U64, A64("jmp rdi"));
    ended("paging.cross.fetch-second-missing", "3A 4.7", PF, 0x14, TEST_VA + 0xffe);
    same("paging.cross.fetch-cr2", "3A 6.15 #PF", R.cr2, TEST_VA + 0x1000);
    TEST_PTE2 = (u64)second_page | 7 | PTE_NX;
    flush();
    X.rdi = TEST_VA + 0xffe;
    go(U64, A64("jmp rdi"));
    ended("paging.cross.fetch-second-nx", "3A 4.7", PF, 0x15, TEST_VA + 0xffe);
    *(volatile u16 *)(TEST_PA + 0xffe) = 0xe0cd;
    X.rdi = TEST_VA + 0xffe;
    ok("paging.cross.instruction-that-ends-at-the-page", "3A 4.7", U64, A64("jmp rdi"));
    TEST_PTE2 = 0;
    flush();
    *(volatile u16 *)(TEST_PA + 0xffe) = 0x0b0f;
    X.rdi = TEST_VA + 0xffe;
    go(U64, A64("jmp rdi"));
    ended("paging.cross.ud2-at-the-end-of-a-page", "3A 6.9", UD, NOERR, TEST_VA + 0xffe);
    map_default();
    copy((void *)(TEST_PA + 0xffe), mov_eax, 2);
    copy(second_page, mov_eax + 2, 3);
    *(volatile u16 *)((u8 *)second_page + 3) = 0xe0cd;
    TEST_PTE2 = (u64)second_page | 7;
    flush();
    X.rdi = TEST_VA + 0xffe;
    okv("paging.cross.fetch-over-two-frames", "3A 4.5", U64, A64("jmp rdi"), 0x04030201);
    map_default();
}

static void canonical(void)
{
    static const u64 bad[] = { 0x0000800000000000, 0xffff7fffffffffff, 0x8000000000000000, 0x7fffffffffffffff };
    for (u32 i = 0; i < 4; i++)
    {
        X.rdi = bad[i];
        exc(nm("canonical.read.%x", bad[i]), "1 3.3.7.1; 3A 6.15 #GP", U64, A64("mov al, [rdi]"), GP, 0);
        X.rdi = bad[i];
        exc(nm("canonical.write.%x", bad[i]), "1 3.3.7.1; 3A 6.15 #GP", K64, A64("mov [rdi], al"), GP, 0);
        X.rbp = bad[i];
        exc(nm("canonical.stack-segment.%x", bad[i]), "1 3.3.7.1; 3A 6.15 #SS", K64, A64("mov al, [rbp]"), SS, 0);
        X.rdi = bad[i];
        exc(nm("canonical.jmp.%x", bad[i]), "2A JMP", U64, A64("jmp rdi"), GP, 0);
    }
    X.rdi = 0x00007ffffffffffd;
    exc("canonical.access-that-crosses-the-boundary", "1 3.3.7.1", K64, A64("mov rax, [rdi]"), GP, 0);
    X.rsp = 0x0000800000000100;
    exc("canonical.push", "2B PUSH", U64, A64("push rax"), SS, 0);
    X.rsp = 0x0000800000000100;
    exc("canonical.pop", "2B POP", U64, A64("pop rax"), SS, 0);
    X.rsp = 0x0000800000000100;
    exc("canonical.call-stack", "2A CALL", U64, A64("call 1f\n1:"), SS, 0);
    X.rsp = 0x0000800000000100;
    exc("canonical.ret-stack", "2B RET", U64, A64("ret"), SS, 0);
    X.rdi = 0x0000800000000000;
    exc("canonical.call-target", "2A CALL", U64, A64("call rdi"), GP, 0);
    X.rdi = 0x0000800000000000;
    go(U64, A64("call rdi"));
    same("canonical.call-target-leaves-rsp", "2A CALL", R.rsp, USTACK_TOP);
    X.rdi = 0x0000800000000000;
    exc("canonical.ret-target", "2B RET", U64, A64("push rdi" MARK "ret"), GP, 0);
    X.rdi = 0x0000800000000000;
    go(U64, A64("push rdi\nret"));
    same("canonical.ret-target-leaves-rsp", "2B RET", R.rsp, USTACK_TOP - 8);
    X.rdi = 0x0000800000000000;
    ok("canonical.lea", "2A LEA", U64, A64("lea rax, [rdi]" DONE));
    exc("canonical.absolute-moffs", "2B MOV", U64, A64("movabs al, [0x800000000000]"), GP, 0);
    X.rcx = 0;
    X.rdi = 0x0000800000000000;
    ok("canonical.rep-with-zero-count", "2B REP", U64, A64("rep stosb" DONE));
    X.rdi = 0x0000800000000000;
    X.rcx = 1;
    exc("canonical.stos", "2B STOS", U64, A64("rep stosb"), GP, 0);
    X.rdi = 0x0000800000000000;
    ok("canonical.prefetch-is-silent", "2B PREFETCHh", U64, A64("prefetcht0 [rdi]" DONE));
    X.rdi = 0x0000800000000000;
    exc("canonical.clflush", "2A CLFLUSH", U64, A64("clflush [rdi]"), GP, 0);
    X.rdi = 0x123456780000000 + UDATA;
    *(volatile u32 *)udata_pages = 0x600d600d;
    X.rdi = 0xffffffff00000000 + UDATA;
    okv("canonical.address-size-32-truncates", "1 3.3.7", U64, A64("mov eax, [edi]" DONE), 0x600d600d);
}

static void smap_implicit(void)
{
    if (!has.smap)
    {
        skip("smap.*", "3A 4.6.1", "SMAP not announced");
        return;
    }
    /* A descriptor table in a user page: loads from it are implicit supervisor-mode accesses; EFLAGS.AC does not help. */
    u64 *ldt = (u64 *)udata_pages;
    ldt[1] = descriptor(0, 0xfffff, 0xf3, 12);
    set_sysdesc(SEL_LDT, UDATA, 0xff, 0x82);
    X.rax = SEL_LDT;
    X.rcx = 0x0f;
    ok("smap.descriptor-in-user-page.smap-0", "3A 4.6.1", K64, A64("lldt ax\nmov es, ecx" DONE));
    for (int ac = 0; ac < 2; ac++)
    {
        X.rax = SEL_LDT;
        X.rcx = 0x0f;
        X.cr4 = CR4_DEFAULT | CR4_SMAP;
        X.rflags = ac ? FL_AC : 0;
        exc(nm("smap.descriptor-in-user-page.ac%d", (u32)ac), "3A 4.6.1 implicit", K64, A64("lldt ax" MARK "mov es, ecx"), PF, 1);
    }
    same("smap.descriptor-in-user-page.cr2", "3A 4.7", R.cr2, UDATA + 8);
    X.cr4 = CR4_DEFAULT | CR4_SMAP;
    ok("smap.stac-sets-ac", "2B STAC", K64, A64("stac\npushfq\npop rax\nshr rax, 18\nand eax, 1\ncmp eax, 1\nje 1f\nud2\n1:" DONE));
    X.rflags = FL_AC;
    okv("smap.clac-clears-ac", "2A CLAC", K64, A64("clac\npushfq\npop rax\nshr rax, 18\nand eax, 1" DONE), 0);
    ok("smap.stac-with-cr4-smap-0", "2B STAC", K64, A64("stac" DONE));
    exc("smap.stac-user", "2B STAC", U64, A64("stac"), UD, NOERR);
    exc("smap.clac-user", "2A CLAC", U64, A64("clac"), UD, NOERR);
    exc("smap.stac-compat-user", "2B STAC", U32C, A32("stac"), UD, NOERR);
    /* The CPL-3 stack of a supervisor push: user pages are data too. */
    X.cr4 = CR4_DEFAULT | CR4_SMAP;
    X.rdi = UDATA + 0x100;
    exc("smap.string-store", "3A 4.6.1", K64, A64("nop" MARK "stosb"), PF, 3);
    X.cr4 = CR4_DEFAULT | CR4_SMAP;
    ok("smap.user-access-unaffected", "3A 4.6.1", U64, A64("mov [rdi], rax" DONE));
    /* CPL 3 loads a segment from a supervisor-only GDT: allowed, an implicit supervisor access. */
    ok("paging.implicit-supervisor-from-cpl3", "3A 4.6", U64, A64("mov eax, 0x2b\nmov es, eax" DONE));
    TEST_PTE = 0;
    flush();
    set_sysdesc(SEL_LDT, TEST_VA, 0xff, 0x82);
    X.rax = SEL_LDT;
    X.rcx = 0x0f;
    X.hook = 0;
    exc("paging.implicit-access-reports-supervisor", "3A 4.7 U/S", K64, A64("lldt ax" MARK "mov es, ecx"), PF, 0);
    map_default();
}

static void pcid(void)
{
    if (has.pcid)
    {
        ok("pcid.enable", "3A 4.10.1, 2.5", K64, A64("mov rax, cr4\nbts rax, 17\nmov cr4, rax\nmov rcx, cr3\nmov cr3, rcx\nbtr rax, 17\nmov cr4, rax" DONE));
        X.cr3 = (u64)main_pml4 | 0x18;
        exc("pcid.enable-needs-cr3-low-bits-clear", "2B MOV CR", K64, A64("mov rax, cr4\nbts rax, 17" MARK "mov cr4, rax"), GP, 0);
        X.cr4 = CR4_DEFAULT | CR4_PCIDE;
        okv("pcid.cr3-bit63-reads-zero", "2B MOV CR", K64, A64("mov rax, cr3\nbts rax, 63\nor rax, 5\nmov cr3, rax\nmov rax, cr3\nmov rcx, cr3\nand rcx, -4096\nmov cr3, rcx" DONE), (u64)main_pml4 | 5);
        X.cr4 = CR4_DEFAULT | CR4_PCIDE;
        exc("pcid.clear-paging", "2B MOV CR", K32C, A32("mov eax, cr0\nbtr eax, 31" MARK "mov cr0, eax"), GP, 0);
        X.cr4 = CR4_DEFAULT | CR4_PCIDE;
        X.rdi = TEST_VA;
        X.rsi = (u64)&TEST_PTE;
        exc("pcid.mov-cr3-flushes-its-pcid", "3A 4.10.4.1", K64,
            A64("mov rax, [rdi]\nmov qword ptr [rsi], 0\nmov rax, cr3\nmov cr3, rax" MARK "mov rax, [rdi]"), PF, 0);
        map_default();
        X.cr4 = CR4_PSE | CR4_OSFXSR;
        exc("pcid.enable-outside-ia32e", "2B MOV CR", L32K, A32("mov eax, cr4\nor eax, 0x20020" MARK "mov cr4, eax"), GP, 0);
    }
    else
    {
        exc("pcid.not-announced", "3A 2.5", K64, A64("mov rax, cr4\nbts rax, 17" MARK "mov cr4, rax"), GP, 0);
        skip("pcid.enable", "3A 4.10.1", "PCID not announced");
    }
    if (!dies("pcid.cr3-bit63-without-pcide", "2B MOV CR")) exc("pcid.cr3-bit63-without-pcide", "2B MOV CR", K64, A64("mov rax, cr3\nbts rax, 63" MARK "mov cr3, rax"), GP, 0);
    if (!has.invpcid)
    {
        exc("invpcid.not-announced", "2A INVPCID", K64, A64("xor eax, eax" MARK "invpcid rax, [rdi]"), UD, NOERR);
        return;
    }
    for (u32 type = 0; type < 4; type++)
    {
        fill(kdata, 0, 16);
        X.rax = type;
        ok(nm("invpcid.type%d", type), "2A INVPCID", K64, A64("invpcid rax, [rdi]" DONE));
        *(u64 *)kdata = 1;
        X.rax = type;
        if (type < 2) exc(nm("invpcid.type%d.pcid-without-pcide", type), "2A INVPCID", K64, A64("invpcid rax, [rdi]"), GP, 0);
        else ok(nm("invpcid.type%d.pcid-ignored", type), "2A INVPCID", K64, A64("mov rcx, [rdi]\nmov qword ptr [rdi], 0\ninvpcid rax, [rdi]" DONE));
    }
    fill(kdata, 0, 16);
    X.rax = 4;
    exc("invpcid.type4", "2A INVPCID", K64, A64("invpcid rax, [rdi]"), GP, 0);
    *(u64 *)kdata = 0x1000;
    X.rax = 2;
    exc("invpcid.reserved-descriptor-bits", "2A INVPCID", K64, A64("invpcid rax, [rdi]"), GP, 0);
    *(u64 *)kdata = 0;
    *(u64 *)(kdata + 8) = 0x800000000000;
    X.rax = 0;
    exc("invpcid.noncanonical-address", "2A INVPCID", K64, A64("invpcid rax, [rdi]"), GP, 0);
    X.rax = 2;
    exc("invpcid.user", "2A INVPCID", U64, A64("invpcid rax, [rdi]"), GP, 0);
    fill(kdata, 0, 16);
    *(u64 *)(kdata + 8) = TEST_VA;
    X.rax = 0;
    X.rbx = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    exc("invpcid.individual-address-drops-translation", "2A INVPCID", K64,
        A64("mov rcx, [rbx]\nmov qword ptr [rsi], 0\ninvpcid rax, [rdi]" MARK "mov rcx, [rbx]"), PF, 0);
    map_default();
    X.rax = 2;
    X.rbx = TEST_VA;
    X.rsi = (u64)&TEST_PTE;
    X.cr4 = CR4_DEFAULT | CR4_PGE;
    TEST_PTE |= PTE_G;
    exc("invpcid.all-including-global", "2A INVPCID", K64,
        A64("mov rcx, [rbx]\nmov qword ptr [rsi], 0\ninvpcid rax, [rdi]" MARK "mov rcx, [rbx]"), PF, 0);
    map_default();
}

/* Runs text in 64-bit mode under 5-level paging: the 32-bit prologue turns IA-32e mode on by itself. */
#define LA57(text) ({ X.rsi = (u64)pml5; X.rdi = (u64)idt64_pointer; go(L32K, A32( \
    "lidt [edi]\nmov eax, 0x1620\nmov cr4, eax\nmov cr3, esi\nmov ecx, 0xc0000080\nmov eax, 0x901\nxor edx, edx\nwrmsr\n" \
    "mov eax, 0x80010033\nmov cr0, eax\n.byte 0xea\n.long kcode + (1f - 771b)\n.word 0x10\n1:\n.code64\n" text)); })
extern u8 idt64_pointer[];

static void la57(void)
{
    exc("la57.cannot-change-in-ia32e-mode", "2B MOV CR", K64, A64("mov rax, cr4\nbts rax, 12" MARK "mov cr4, rax"), GP, 0);
    if (!has.la57)
    {
        skip("la57.*", "3A 4.5", "LA57 not announced");
        return;
    }
    pml5[0] = (u64)main_pml4 | 7;
    pml5[4] = (u64)main_pml4 | 7;
    pml5[5] = (u64)main_pml4 | 5;
    pml5[6] = (u64)main_pml4 | 7 | PTE_PS;
    pml5[7] = (u64)main_pml4 | 7 | PTE_NX;
    pml5[511] = (u64)main_pml4 | 7;
    *(volatile u64 *)kdata = 0x5151;
    LA57("movabs rax, offset kdata + 0x0004000000000000\nmov rax, [rax]" DONE);
    same("la57.read-through-pml5e", "3A 4.5", R.rax, 0x5151);
    same("la57.pml5e-accessed", "3A 4.8", pml5[4] & PTE_A, PTE_A);
    same("la57.other-pml5e-not-accessed", "3A 4.8", pml5[5] & PTE_A, 0);
    LA57("mov rax, 0x0008000000123000\nmov rax, [rax]");
    yes("la57.pml5e-not-present", "3A 4.5, 4.7", R.vec == PF && R.err == 0 && R.cr2 == 0x0008000000123000);
    LA57("mov rax, 0x0100000000000000\nmov rax, [rax]");
    yes("la57.bit56-is-not-canonical", "1 3.3.7.1; 3A 4.5", R.vec == GP && R.err == 0);
    LA57("mov rax, 0xff00000000000000\nadd rax, offset kdata\nmov rax, [rax]");
    yes("la57.upper-half-is-canonical", "1 3.3.7.1; 3A 4.5", R.vec == PF && R.err == 0);
    LA57("movabs rax, offset kdata + 0x0005000000000000\nmov [rax], al");
    yes("la57.pml5e-read-only", "3A 4.6.1", R.vec == PF && R.err == 3);
    LA57("movabs rax, offset kdata + 0x0006000000000000\nmov al, [rax]");
    yes("la57.pml5e-ps-is-reserved", "3A 4.5", R.vec == PF && R.err == 9);
    LA57("movabs rax, offset kdata + 0x0007000000000000\njmp rax");
    yes("la57.pml5e-nx", "3A 4.6.1", R.vec == PF && R.err == 0x11);
    LA57("movabs rax, 0x0004000000000000\nmov rsp, rax\nadd rsp, offset kdata + 0x800\npush 0x77\npop rax" DONE);
    same("la57.stack", "3A 4.5", R.rax, 0x77);
    LA57("mov rax, cr4\nbtr rax, 12\nmov cr4, rax");
    yes("la57.cannot-clear-in-ia32e-mode", "2B MOV CR", R.vec == GP && R.err == 0);
    LA57("mov ecx, 0xc0000100\nxor eax, eax\nmov edx, 0x00800000\nwrmsr\nmov ecx, 0xc0000100\nrdmsr\nmov eax, edx" DONE);
    same("la57.fs-base-may-be-57-bit", "2C WRMSR; 1 3.3.7.1", R.vec == DONE_VECTOR ? R.rax : ~0ul, 0x00800000);
    go(L32K, A32(DONE));
    same("la57.back-to-4-level", "3A 4.1.2", R.vec, DONE_VECTOR);
}

static void compat_addresses(void)
{
    *(volatile u32 *)kdata = 0x32323232;
    set_desc(SEL_FREE, descriptor(0xfffff000, 0xfffff, 0x93, 12));
    X.fs = SEL_FREE;
    okv("paging.compat.base-plus-offset-wraps-at-4g", "3A 3.3, 3.4", K32C, A32("mov eax, fs:[edi + 0x1000]" DONE), 0x32323232);
    X.rdi = TEST_VA & 0xffffffff;
    exc("paging.compat.only-32-bit-addresses", "3A 3.3.1, 4.5", U32C, A32("mov eax, [edi]"), PF, 5);
}

void group_paging_more(void)
{
    reserved_bits();
    error_codes();
    invalidation();
    crossing();
    canonical();
    smap_implicit();
    pcid();
    la57();
    compat_addresses();
}

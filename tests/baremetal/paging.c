/* The permission matrix of 4-level paging: every cell is computed from the rules of SDM 3A 4.6.1 and 4.7. */
#include "kit.h"

enum access { READ, WRITE, FETCH };
static const char *const access_name[] = { "read", "write", "fetch" };
static const char *const level_name[] = { "pte", "pde", "pdpte", "pml4e" };
static u64 *const entry[] = { &TEST_PTE, &TEST_PDE, &TEST_PDPTE, &TEST_PML4E };

struct cell { int p, w, u, nx; int user; enum access access; int wp, smep, smap, ac; };

/* The error code that this access must raise, or NOERR. */
static long rule(const struct cell *c)
{
    long err = (c->p ? 1 : 0) | (c->access == WRITE ? 2 : 0) | (c->user ? 4 : 0) | (c->access == FETCH ? 0x10 : 0);
    if (!c->p) return err;
    if (c->access == FETCH && c->nx) return err;
    if (c->user) return !c->u || (c->access == WRITE && !c->w) ? err : NOERR;
    if (c->access == FETCH) return c->u && c->smep ? err : NOERR;
    if (c->u && c->smap && !c->ac) return err;
    return c->access == WRITE && !c->w && c->wp ? err : NOERR;
}

static struct snippet code_for(enum access access)
{
    if (access == READ) return A64("mov al, [rdi + 0x800]" DONE);
    if (access == WRITE) return A64("mov byte ptr [rdi + 0x800], 0x77" DONE);
    return A64("jmp rdi");
}

static void run_cell(const char *mapping, const struct cell *c)
{
    const char *name = nm("paging.%s.%s.%s.wp%d.smep%d.smap%d.ac%d", mapping, c->user ? "user" : "supervisor", access_name[c->access],
        (u32)c->wp, (u32)c->smep, (u32)c->smap, (u32)c->ac);
    const char *sdm = c->smap ? "3A 4.6.1, 4.7 SMAP" : "3A 4.6.1, 4.7";
    long err = rule(c);
    if ((c->smep && !has.smep) || (c->smap && !has.smap)) { skip(name, sdm, "not announced by CPUID"); return; }
    *(volatile u16 *)TEST_PA = 0xe0cd;
    X.cr0 = CR0_DEFAULT & ~(c->wp ? 0 : CR0_WP);
    X.cr4 = CR4_DEFAULT | (c->smep ? CR4_SMEP : 0) | (c->smap ? CR4_SMAP : 0);
    X.rflags = c->ac ? FL_AC : 0;
    X.rdi = TEST_VA;
    go(c->user ? U64 : K64, code_for(c->access));
    if (err == NOERR) same(name, sdm, R.vec, DONE_VECTOR);
    else if (R.vec == PF && R.cr2 != TEST_VA + (c->access == FETCH ? 0 : 0x800)) same(name, sdm, R.cr2, TEST_VA);
    else ended(name, sdm, PF, err, c->access == FETCH ? TEST_VA : code_base);
}

static void all_accesses(const char *mapping, struct cell c)
{
    for (c.user = 0; c.user < 2; c.user++)
        for (int a = READ; a <= FETCH; a++)
            for (c.wp = 0; c.wp < 2; c.wp++)
                for (c.smep = 0; c.smep < 2; c.smep++)
                    for (int s = 0; s < 3; s++)
                    {
                        c.access = (enum access)a;
                        c.smap = s > 0;
                        c.ac = s == 2;
                        run_cell(mapping, &c);
                    }
}

static void matrix(void)
{
    struct cell full = { 1, 1, 1, 0, 0, READ, 0, 0, 0, 0 };
    map_default();
    all_accesses("all", full);
    for (int level = 0; level < 4; level++)
    {
        static const struct { const char *name; u64 clear, set; struct cell c; } one[] =
        {
            { "p0", PTE_P, 0, { 0, 1, 1, 0, 0, READ, 0, 0, 0, 0 } },
            { "w0", PTE_W, 0, { 1, 0, 1, 0, 0, READ, 0, 0, 0, 0 } },
            { "u0", PTE_U, 0, { 1, 1, 0, 0, 0, READ, 0, 0, 0, 0 } },
            { "nx", 0, PTE_NX, { 1, 1, 1, 1, 0, READ, 0, 0, 0, 0 } },
            { "w0u0", PTE_W | PTE_U, 0, { 1, 0, 0, 0, 0, READ, 0, 0, 0, 0 } },
        };
        for (u32 k = 0; k < sizeof one / sizeof *one; k++)
        {
            char mapping[32];
            const char *text = nm("%s.%s", level_name[level], one[k].name);
            copy(mapping, text, sizeof mapping);
            map_default();
            *entry[level] = (*entry[level] & ~one[k].clear) | one[k].set;
            flush();
            all_accesses(mapping, one[k].c);
        }
    }
    map_default();
}

/* Large pages take their rights from the entry that maps them. */
static void large(void)
{
    static const struct { const char *name; u64 clear, set; struct cell c; } one[] =
    {
        { "all", 0, 0, { 1, 1, 1, 0, 0, READ, 0, 0, 0, 0 } },
        { "w0", PTE_W, 0, { 1, 0, 1, 0, 0, READ, 1, 0, 0, 0 } },
        { "u0", PTE_U, 0, { 1, 1, 0, 0, 0, READ, 1, 0, 0, 0 } },
        { "nx", 0, PTE_NX, { 1, 1, 1, 1, 0, READ, 1, 0, 0, 0 } },
    };
    for (int gb = 0; gb < 2; gb++)
        for (u32 k = 0; k < 4; k++)
            for (int user = 0; user < 2; user++)
                for (int a = READ; a <= FETCH; a++)
                {
                    struct cell c = one[k].c;
                    u64 va = 0x8000000000ul + 3 * (1ul << 30) + (gb ? TEST_PA : 5 * (1ul << 21)) + 0x3000;
                    long err;
                    if (gb && !has.gb_pages) { skip(nm("paging.1g.%d", k), "3A 4.5", "1-GByte pages not announced"); continue; }
                    map_default();
                    if (gb) TEST_PDPTE = (PTE_P | PTE_W | PTE_U | PTE_PS) & ~one[k].clear;
                    else TEST_PDE = (TEST_PA | PTE_P | PTE_W | PTE_U | PTE_PS) & ~one[k].clear;
                    *(gb ? &TEST_PDPTE : &TEST_PDE) |= one[k].set;
                    flush();
                    *(volatile u16 *)(TEST_PA + 0x3000) = 0xe0cd;
                    c.user = user;
                    c.access = (enum access)a;
                    c.wp = 1;
                    err = rule(&c);
                    X.rdi = va;
                    go(user ? U64 : K64, code_for(c.access));
                    const char *name = nm("paging.%s.%s.%s.%s", gb ? "1g" : "2m", one[k].name, user ? "user" : "supervisor", access_name[a]);
                    if (err == NOERR) same(name, "3A 4.5, 4.6.1", R.vec, DONE_VECTOR);
                    else ended(name, "3A 4.5, 4.6.1, 4.7", PF, err, a == FETCH ? va : code_base);
                }
    map_default();
}

/* Accessed and dirty flags: set at exactly the levels that an access uses. */
static u64 flags_now(void)
{
    u64 r = 0;
    for (int level = 0; level < 4; level++)
    {
        r |= (*entry[level] & PTE_A ? 1ul : 0) << level;
        r |= (*entry[level] & PTE_D ? 16ul : 0) << level;
    }
    return r;
}

static void accessed_dirty(void)
{
    for (int user = 0; user < 2; user++)
        for (int a = READ; a <= FETCH; a++)
        {
            map_default();
            *(volatile u16 *)TEST_PA = 0xe0cd;
            X.rdi = TEST_VA;
            go(user ? U64 : K64, code_for((enum access)a));
            same(nm("paging.ad.4k.%s.%s", user ? "user" : "supervisor", access_name[a]), "3A 4.8", flags_now(), a == WRITE ? 0x1f : 0x0f);
        }
    for (int a = READ; a <= WRITE; a++)
    {
        map_default();
        TEST_PDE = TEST_PA | 7 | PTE_PS;
        flush();
        X.rdi = TEST_VA;
        go(K64, code_for((enum access)a));
        same(nm("paging.ad.2m.%s", access_name[a]), "3A 4.8", flags_now(), a == WRITE ? 0x2e : 0x0e);
        if (!has.gb_pages) { skip(nm("paging.ad.1g.%s", access_name[a]), "3A 4.8", "1-GByte pages not announced"); continue; }
        map_default();
        TEST_PDPTE = 7 | PTE_PS;
        flush();
        X.rdi = 0x8000000000ul + 3 * (1ul << 30) + TEST_PA;
        go(K64, code_for((enum access)a));
        same(nm("paging.ad.1g.%s", access_name[a]), "3A 4.8", flags_now(), a == WRITE ? 0x4c : 0x0c);
    }
    /* A write that faults leaves the dirty flag clear. */
    map_default();
    TEST_PTE &= ~PTE_W;
    flush();
    X.rdi = TEST_VA;
    go(U64, code_for(WRITE));
    same("paging.ad.faulting-write-not-dirty", "3A 4.8", TEST_PTE & PTE_D, 0);
    /* A read that filled the TLB does not keep a later write from setting the dirty flag. */
    map_default();
    X.rdi = TEST_VA;
    go(K64, A64("mov al, [rdi]\nmov rax, [rsi]\nmov byte ptr [rdi], 1" DONE));
    same("paging.ad.dirty-after-cached-read", "3A 4.8", TEST_PTE & PTE_D, PTE_D);
    /* A locked read-modify-write whose comparison fails still needs write access. */
    map_default();
    TEST_PTE &= ~PTE_W;
    flush();
    X.rdi = TEST_VA;
    X.rax = 1;
    exc("paging.cmpxchg-fails-needs-write", "3A 8.1.2.2, 4.6.1", U64, A64("lock cmpxchg [rdi], rcx"), PF, 7);
    map_default();
    TEST_PTE &= ~PTE_A;
    flush();
    X.rdi = TEST_VA;
    go(K64, A64("prefetcht0 [rdi + 0x100000]\ninvlpg [rdi + 0x100000]" DONE));
    yes("paging.ad.prefetch-of-unmapped-is-silent", "2B PREFETCHh", R.vec == DONE_VECTOR);
    map_default();
}

void group_paging(void)
{
    matrix();
    large();
    accessed_dirty();
}

/* The framework of the bare-metal suite: snippets of machine code run in a chosen mode, and what came of them. */
#ifndef KIT_H
#define KIT_H
#include "layout.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

/* A position-independent piece of machine code, in Intel syntax. mark is the offset of its label 773, or 0. */
struct snippet { const u8 *code; u32 length; u32 mark; };

#define SNIPPET(width, text) ({ struct snippet s_; const u8 *end_, *mark_; \
    __asm__(".pushsection .snippets,\"ax\"\n771:\n773:\n.code" width "\n.intel_syntax noprefix\n" text "\n772:\n.att_syntax prefix\n.code64\n.popsection\n" \
        "mov $771b, %0\nmov $772b, %1\nmov $773b, %2" : "=r"(s_.code), "=r"(end_), "=r"(mark_)); \
    s_.length = (u32)(end_ - s_.code); s_.mark = (u32)(mark_ - s_.code); s_; })
#define A64(text) SNIPPET("64", text)
#define A32(text) SNIPPET("32", text)
#define A16(text) SNIPPET("16", text)
#define MARK "\n773:\n"

/* Where a snippet runs. K is CPL 0, U is CPL 3; C is compatibility mode; L is legacy (IA-32e mode off). */
enum mode { K64, U64, K32C, U32C, K16C, U16C, L32K, L32U, L16K, V86, REAL };

/* What a snippet starts with. Fields left at KEEP get the mode's default. */
#define KEEP 0xdeadbeefcafef00dul
struct frame;
struct run
{
    u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    u64 rip, rflags, cs, ss, ds, es, fs, gs;
    u64 cr0, cr3, cr4, efer, real, dr[2], unused;
    u64 dr0, dr1, dr2, dr3, dr7;
    int (*hook)(struct frame *);
    int pae;
};

/* What the trap that ended the snippet left. */
struct result
{
    u64 rax, rcx, rdx, rbx, rsp_, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    u64 vec, err, haserr, rip, cs, rflags, rsp, ss, cr2, dr6, frame, ds, es, fs, gs, tr;
};

/* The stack frame that stubs64 builds. */
struct frame
{
    u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 haserr, vec, err, rip, cs, rflags, rsp, ss;
};

struct event { u64 vec, rip, dr6, rflags; };

extern struct run X;
extern struct result R;
extern struct event events[64];
extern u32 event_count;
extern u32 resume_mask[8];      /* vectors that are logged in events and resumed */
extern u64 gdt[], idt64[512], idt32[256];
extern u8 tss64[104 + 8192 + 1], tss64b[105], tss32[104 + 8192 + 1], tss32b[112];
extern u64 main_pml4[], main_pdpt[], main_pd0[];
extern u8 boot_stack_top[], trap_stack_top[];
extern u8 stubs64[], stubs32[], enter64_iret[], system_call_entry[];
extern u32 code_base;           /* address or offset at which the last snippet began */
extern u32 last_mark;

/* Memory that snippets use. The u* addresses are seen by CPL 3 too. */
extern u8 kcode[], kdata[], kstack[], ucode_pages[], ustack_pages[], udata_pages[];
#define UCODE 0x40000000ul
#define USTACK 0x40010000ul
#define USTACK_TOP (USTACK + 0x1ff0)
#define UDATA 0x40020000ul
#define KSTACK_TOP ((u64)kstack + 0x1ff0)

/* The window of the paging checks: one 4-level path of its own, and physical memory for it. */
#define TEST_VA (0x8000000000ul + 3 * (1ul << 30) + 5 * (1ul << 21) + 7 * 4096ul)
#define TEST_PA 0x02000000ul
extern u64 t_pdpt[512], t_pd[512], t_pt[512];
#define PTE_P 1ul
#define PTE_W 2ul
#define PTE_U 4ul
#define PTE_A 0x20ul
#define PTE_D 0x40ul
#define PTE_PS 0x80ul
#define PTE_G 0x100ul
#define PTE_NX (1ul << 63)
#define TEST_PML4E main_pml4[1]
#define TEST_PDPTE t_pdpt[3]
#define TEST_PDE t_pd[5]
#define TEST_PTE t_pt[7]

#define CR0_MP 2ul
#define CR0_EM 4ul
#define CR0_TS 8ul
#define CR0_NE 0x20ul
#define CR0_WP 0x10000ul
#define CR0_AM 0x40000ul
#define CR4_TSD 4ul
#define CR4_DE 8ul
#define CR4_PSE 0x10ul
#define CR4_PAE 0x20ul
#define CR4_PGE 0x80ul
#define CR4_PCE 0x100ul
#define CR4_OSFXSR 0x200ul
#define CR4_OSXMMEXCPT 0x400ul
#define CR4_UMIP 0x800ul
#define CR4_LA57 0x1000ul
#define CR4_FSGSBASE 0x10000ul
#define CR4_PCIDE 0x20000ul
#define CR4_OSXSAVE 0x40000ul
#define CR4_SMEP 0x100000ul
#define CR4_SMAP 0x200000ul

#define FL_CF 1ul
#define FL_TF 0x100ul
#define FL_IF 0x200ul
#define FL_DF 0x400ul
#define FL_IOPL3 0x3000ul
#define FL_NT 0x4000ul
#define FL_RF 0x10000ul
#define FL_VM 0x20000ul
#define FL_AC 0x40000ul
#define FL_ID 0x200000ul

enum { DE, DB, NMI, BP, OF, BR, UD, NM, DF, V9, TS, NP, SS, GP, PF, V15, MF, AC, MC, XM };
#define NOERR (-1)
#define DONE "\nint 0xe0\n"

/* Runs s in mode with what X says, sets R, then resets X to its defaults. */
void go(enum mode mode, struct snippet s);
/* One check: the snippet ends with this exception at its mark. err is NOERR where none may be pushed. */
void exc(const char *name, const char *sdm, enum mode mode, struct snippet s, int vec, long err);
/* One check: the snippet reaches INT 0E0h. */
void ok(const char *name, const char *sdm, enum mode mode, struct snippet s);
/* One check: the snippet reaches INT 0E0h with this RAX. */
void okv(const char *name, const char *sdm, enum mode mode, struct snippet s, u64 rax);
/* One check on the last result. */
void ended(const char *name, const char *sdm, int vec, long err, u64 rip);
void same(const char *name, const char *sdm, u64 got, u64 expected);
void yes(const char *name, const char *sdm, int condition);
void skip(const char *name, const char *sdm, const char *reason);
/* QEMU TCG does not survive what the check does: then skips it and says yes. */
int dies(const char *name, const char *sdm);
/* Builds a name in a buffer of the suite: format knows %s, %x and %d. */
const char *nm(const char *format, ...);
void say(const char *format, ...);

void gate(int vec, u64 handler, u32 sel, u32 type, u32 ist);
void default_gate(int vec);
/* A snippet of n bytes without a mark. */
struct snippet raw(const u8 *bytes, u32 n);
void set_desc(u32 sel, u64 value);
u64 descriptor(u32 base, u32 limit, u32 type_dpl_p, u32 flags);
void set_sysdesc(u32 sel, u64 base, u32 limit, u32 type);
void map_default(void);
void log_vector(int vec);
void quiet_pic(void);
void copy(void *to, const void *from, u64 n);
void fill(void *to, u8 value, u64 n);

static inline u64 rdmsr(u32 n) { u32 a, d; __asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(n)); return a | (u64)d << 32; }
static inline void wrmsr(u32 n, u64 v) { __asm__ volatile("wrmsr" : : "c"(n), "a"((u32)v), "d"((u32)(v >> 32)) : "memory"); }
static inline void outb(u16 p, u8 v) { __asm__ volatile("outb %0,%1" : : "a"(v), "Nd"(p)); }
static inline void outw(u16 p, u16 v) { __asm__ volatile("outw %0,%1" : : "a"(v), "Nd"(p)); }
static inline u8 inb(u16 p) { u8 v; __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(p)); return v; }
static inline void invlpg(u64 a) { __asm__ volatile("invlpg (%0)" : : "r"(a) : "memory"); }
static inline u64 rdtsc(void) { u32 a, d; __asm__ volatile("rdtsc" : "=a"(a), "=d"(d)); return a | (u64)d << 32; }
static inline void flush(void) { u64 t; __asm__ volatile("mov %%cr3,%0; mov %0,%%cr3" : "=r"(t) : : "memory"); }

struct cpuid { u32 a, b, c, d; };
static inline struct cpuid cpuid(u32 leaf, u32 sub)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
    return r;
}
/* What CPUID announces. */
struct features
{
    u32 monitor, pcid, x2apic, tsc_deadline, xsave, sep, la57, gb_pages, fsgsbase, smep, smap, umip, invpcid, rdtscp, intel, nx, avx512, rdrand, rtm, avx, tcg, phys_bits;
};
extern struct features has;

void group_paging(void);
void group_paging_more(void);
void group_exceptions(void);
void group_gates(void);
void group_iret(void);
void group_syscall(void);
void group_segments(void);
void group_control(void);
void group_debug(void);
void group_io(void);
void group_apic(void);
void group_legacy(void);
void group_real(void);
void group_tasks(void);
void group_legacy16(void);
#endif

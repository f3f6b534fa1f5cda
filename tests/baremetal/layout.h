/* Numbers that the C and the assembly sides share. Sections of the Intel SDM are those of order number 325462-075US. */
#ifndef LAYOUT_H
#define LAYOUT_H

/* Selectors. The order 10 18 20 28 30 38 is what SYSCALL, SYSRET, SYSENTER and SYSEXIT compute from STAR and IA32_SYSENTER_CS. */
#define SEL_K32 0x08
#define SEL_K64 0x10
#define SEL_KDATA 0x18
#define SEL_U32 0x23
#define SEL_UDATA 0x2b
#define SEL_U64 0x33
#define SEL_UDATA2 0x3b
#define SEL_K16 0x40
#define SEL_U16 0x53
#define SEL_TSS64 0x60
#define SEL_TSS64B 0x70
#define SEL_TSS32 0x80
#define SEL_TSS32B 0x88
#define SEL_RMCODE 0x90
#define SEL_RMDATA 0x98
#define SEL_LDT 0xa0
#define SEL_FREE 0x100
#define GDT_BYTES 0x800

#define DONE_VECTOR 0xe0

#define CR0_DEFAULT 0x80010033
#define CR4_DEFAULT 0x620
#define EFER_DEFAULT 0xd01

/* Real-address and virtual-8086 snippets live in the segment at 0x10000. */
#define LOW_BASE 0x10000
#define LOW_SEG 0x1000
#define LOW_IVT 0x3000
#define LOW_CODE 0x4000
#define LOW_X 0x7000
#define LOW_R 0x7800
#define LOW_DATA 0x8000
#define LOW_STACK 0xf000

/* Offsets in struct run. */
#define X_RAX 0
#define X_RCX 8
#define X_RDX 16
#define X_RBX 24
#define X_RSP 32
#define X_RBP 40
#define X_RSI 48
#define X_RDI 56
#define X_R8 64
#define X_RIP 128
#define X_RFLAGS 136
#define X_CS 144
#define X_SS 152
#define X_DS 160
#define X_ES 168
#define X_FS 176
#define X_GS 184
#define X_CR0 192
#define X_CR3 200
#define X_CR4 208
#define X_EFER 216
#define X_REAL 224
#define X_SIZE 256

/* Offsets in struct result. */
#define R_RAX 0
#define R_VEC 128
#define R_ERR 136
#define R_HASERR 144
#define R_RIP 152
#define R_CS 160
#define R_RFLAGS 168
#define R_RSP 176
#define R_SS 184
#define R_CR2 192
#define R_DR6 200
#define R_FRAME 208
#define R_DS 216
#define R_ES 224
#define R_FS 232
#define R_GS 240
#define R_TR 248
#endif

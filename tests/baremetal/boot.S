/* Entry points and the 64-bit side of the framework. */
#include "layout.h"

    .section .note.pvh, "a", @note
    .align 4
    .long 4, 4, 18                  /* name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY */
    .ascii "Xen\0"
    .long start32

    .text
    .code32
/* PVH: 32-bit protected mode, flat segments, paging off. */
start32:
    cli
    cld
    lgdt gdt_pointer
    mov $0x620, %eax
    mov %eax, %cr4
    mov $main_pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    mov $0x901, %eax
    xor %edx, %edx
    wrmsr
    mov $CR0_DEFAULT, %eax
    mov %eax, %cr0
    ljmp $SEL_K64, $start64

    .code64
/* Linux 64-bit boot protocol, or the end of start32: long mode, identity map. */
    .globl start64
start64:
    cli
    cld
    lea boot_stack_top(%rip), %rsp
    lgdt gdt_pointer(%rip)
    pushq $SEL_K64
    lea 1f(%rip), %rax
    push %rax
    lretq
1:  mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $0xc0000080, %ecx
    rdmsr
    mov $0x901, %ebx
    or %ebx, %eax
    wrmsr
    mov $CR4_DEFAULT, %eax
    mov %rax, %cr4
    mov $main_pml4, %eax
    mov %rax, %cr3
    mov $CR0_DEFAULT, %eax
    mov %rax, %cr0
    xor %eax, %eax
    lldt %ax
    call main
2:  cli
    hlt
    jmp 2b

/* void enter64(void): runs X; returns when trap() calls leave64. */
    .globl enter64
enter64:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    mov X+X_DS, %eax
    mov %eax, %ds
    mov X+X_ES, %eax
    mov %eax, %es
    mov X+X_FS, %eax
    mov %eax, %fs
    mov X+X_GS, %eax
    mov %eax, %gs
    pushq X+X_SS
    pushq X+X_RSP
    pushq X+X_RFLAGS
    pushq X+X_CS
    pushq X+X_RIP
    mov X+X_RAX, %rax
    mov X+X_RCX, %rcx
    mov X+X_RDX, %rdx
    mov X+X_RBX, %rbx
    mov X+X_RBP, %rbp
    mov X+X_RSI, %rsi
    mov X+X_RDI, %rdi
    mov X+X_R8, %r8
    mov X+X_R8+8, %r9
    mov X+X_R8+16, %r10
    mov X+X_R8+24, %r11
    mov X+X_R8+32, %r12
    mov X+X_R8+40, %r13
    mov X+X_R8+48, %r14
    mov X+X_R8+56, %r15
    .globl enter64_iret
enter64_iret:
    iretq

    .globl leave64
leave64:
    mov saved_rsp, %rsp
    mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* Every vector has one stub of 16 bytes. Whether the processor pushed an error code is read off the stack's
   alignment, which IA-32e mode fixes at 16 bytes before the frame (SDM 3A 6.14.2). */
    .balign 16
    .globl stubs64
stubs64:
    .set n, 0
    .rept 256
    .balign 16
    pushq $n
    jmp common64
    .set n, n + 1
    .endr

common64:
    testb $8, %spl
    jnz 1f
    pushq (%rsp)
    movq $0, 8(%rsp)
    pushq $0
    jmp 2f
1:  pushq $1
2:  push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    mov %rsp, %rbx
    and $-16, %rsp
    call trap
    mov %rbx, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $24, %rsp
    iretq

    .globl system_call_entry
system_call_entry:                  /* stands for LSTAR, CSTAR and SYSENTER_EIP: reports itself as vector 0x100 */
    mov %rsp, syscall_rsp
    lea trap_stack_top, %rsp
    pushq $SEL_KDATA
    pushq syscall_rsp
    pushfq
    push $SEL_K64
    pushq $0
    pushq $0x100
    pushq (%rsp)
    movq $0, 8(%rsp)
    pushq $0
    jmp 2b

    .data
    .balign 4096
    .globl main_pml4, main_pdpt
main_pml4:
    .quad main_pdpt + 7
    .fill 511, 8, 0
main_pdpt:
    .quad main_pd0 + 3, 0, 0, main_pd3 + 3
    .fill 508, 8, 0
    .globl main_pd0
main_pd0:
    .set n, 0
    .rept 512
    .quad n * 0x200000 + 0xe3
    .set n, n + 1
    .endr
main_pd3:
    .set n, 0
    .rept 512
    .quad 0xc0000000 + n * 0x200000 + 0xfb
    .set n, n + 1
    .endr

    .balign 16
    .globl gdt
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff        /* 08 32-bit code, DPL 0 */
    .quad 0x00af9b000000ffff        /* 10 64-bit code, DPL 0 */
    .quad 0x00cf93000000ffff        /* 18 data, DPL 0 */
    .quad 0x00cffb000000ffff        /* 20 32-bit code, DPL 3 */
    .quad 0x00cff3000000ffff        /* 28 data, DPL 3 */
    .quad 0x00affb000000ffff        /* 30 64-bit code, DPL 3 */
    .quad 0x00cff3000000ffff        /* 38 data, DPL 3 */
    .quad 0                         /* 40 16-bit code, DPL 0: base set at start */
    .quad 0
    .quad 0                         /* 50 16-bit code, DPL 3 */
    .quad 0
    .fill 4, 8, 0                   /* 60, 70: TSS64 */
    .fill 2, 8, 0                   /* 80, 88: TSS32 */
    .quad 0x00009b010000ffff        /* 90 code for the way to real-address mode */
    .quad 0x000093010000ffff        /* 98 data for it */
    .fill (GDT_BYTES - 0xa0) / 8, 8, 0
    .globl gdt_pointer
gdt_pointer:
    .word GDT_BYTES - 1
    .quad gdt

    .bss
    .balign 4096
    .skip 16384
    .globl boot_stack_top
boot_stack_top:
    .skip 8192
    .globl trap_stack_top
trap_stack_top:
    .skip 8
    .globl saved_rsp
saved_rsp:
    .skip 8
    .globl syscall_rsp
syscall_rsp:
    .skip 8

    .section .note.GNU-stack, "", @progbits

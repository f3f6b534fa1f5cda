/* The way out of IA-32e mode and back: 32-bit protected, virtual-8086 and real-address snippets (SDM 3A 9.8.5, 9.9). */
#include "layout.h"

    .text
    .code64
/* void enter32(void): leaves IA-32e mode, runs X, comes back with R filled. */
    .globl enter32
enter32:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    pushq $SEL_K32
    pushq $1f
    lretq
    .code32
1:  mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %cr0, %eax
    and $0x7fffffff, %eax
    mov %eax, %cr0
    mov $0xc0000080, %ecx
    xor %edx, %edx
    mov X+X_EFER, %eax
    wrmsr
    lidt idt32_pointer
    andb $0xfd, gdt+SEL_TSS32+5
    mov $SEL_TSS32, %eax
    ltr %ax
    mov X+X_CR4, %eax
    mov %eax, %cr4
    mov X+X_CR3, %eax
    mov %eax, %cr3
    mov X+X_CR0, %eax
    mov %eax, %cr0
    jmp 1f
1:  cmpl $0, X+X_REAL
    jne enter_real
    testl $0x20000, X+X_RFLAGS
    jnz 2f
    testl $3, X+X_CS
    jz 3f
    pushl X+X_SS
    pushl X+X_RSP
    jmp 4f
2:  pushl X+X_GS
    pushl X+X_FS
    pushl X+X_DS
    pushl X+X_ES
    pushl X+X_SS
    pushl X+X_RSP
    pushl X+X_RFLAGS
    pushl X+X_CS
    pushl X+X_RIP
    jmp 5f
3:  mov X+X_RSP, %esp
4:  pushl X+X_RFLAGS
    pushl X+X_CS
    pushl X+X_RIP
    mov X+X_ES, %eax
    mov %eax, %es
    mov X+X_FS, %eax
    mov %eax, %fs
    mov X+X_GS, %eax
    mov %eax, %gs
    mov X+X_DS, %eax
    mov %eax, %ds
5:  mov %cs:X+X_RAX, %eax
    mov %cs:X+X_RCX, %ecx
    mov %cs:X+X_RDX, %edx
    mov %cs:X+X_RBX, %ebx
    mov %cs:X+X_RBP, %ebp
    mov %cs:X+X_RSI, %esi
    mov %cs:X+X_RDI, %edi
    iretl

    .balign 16
    .globl stubs32
stubs32:
    .set n, 0
    .rept 256
    .balign 16
    .if n == 8 || (n >= 10 && n <= 14) || n == 17 || n == 21
    .else
    pushl $0
    .endif
    pushl $n
    jmp common32
    .set n, n + 1
    .endr

/* Frame: 0 PUSHAD, 32 vector, 36 error, 40 EIP, 44 CS, 48 EFLAGS, 52 ESP, 56 SS, 60 ES, 64 DS, 68 FS, 72 GS (the last from virtual-8086). */
common32:
    pushal
    mov %ds, %ebx
    mov %es, %ecx
    mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    cld
    mov 32(%esp), %eax
    bt %eax, resume_mask
    jc resume32
    mov %ebx, R+R_DS
    mov %ecx, R+R_ES
    mov %fs, R+R_FS
    mov %gs, R+R_GS
    mov %esp, %ebp
    mov $R+R_RAX, %edi
    mov 28(%ebp), %eax
    mov %eax, (%edi)
    mov 24(%ebp), %eax
    mov %eax, 8(%edi)
    mov 20(%ebp), %eax
    mov %eax, 16(%edi)
    mov 16(%ebp), %eax
    mov %eax, 24(%edi)
    mov 8(%ebp), %eax
    mov %eax, 40(%edi)
    mov 4(%ebp), %eax
    mov %eax, 48(%edi)
    mov 0(%ebp), %eax
    mov %eax, 56(%edi)
    mov 32(%ebp), %eax
    mov %eax, R+R_VEC
    mov 36(%ebp), %eax
    mov %eax, R+R_ERR
    mov 40(%ebp), %eax
    mov %eax, R+R_RIP
    mov 44(%ebp), %eax
    mov %eax, R+R_CS
    mov 48(%ebp), %eax
    mov %eax, R+R_RFLAGS
    lea 36(%ebp), %eax
    mov %eax, R+R_FRAME
    lea 52(%ebp), %eax
    mov %ss, %ecx
    testl $0x20000, 48(%ebp)
    jnz 2f
    testl $3, 44(%ebp)
    jz 1f
    mov 52(%ebp), %eax
    mov 56(%ebp), %ecx
    jmp 1f
2:  mov 60(%ebp), %eax
    mov %eax, R+R_ES
    mov 64(%ebp), %eax
    mov %eax, R+R_DS
    mov 68(%ebp), %eax
    mov %eax, R+R_FS
    mov 72(%ebp), %eax
    mov %eax, R+R_GS
    mov 52(%ebp), %eax
    mov 56(%ebp), %ecx
1:  mov %eax, R+R_RSP
    mov %ecx, R+R_SS
    mov %cr2, %eax
    mov %eax, R+R_CR2
    mov %dr6, %eax
    mov %eax, R+R_DR6
    str %eax
    mov %eax, R+R_TR
    .globl leave32
leave32:
    movb gdt+SEL_TSS32+5, %bl       /* a 16-bit TSS in TR forbids IA-32e mode; the checks look at the busy bit later */
    andb $0xfd, gdt+SEL_TSS32+5
    mov $SEL_TSS32, %eax
    ltr %ax
    movb %bl, gdt+SEL_TSS32+5
    mov %cr0, %eax
    and $0x7fffffff, %eax
    or $1, %eax
    mov %eax, %cr0
    mov $CR4_DEFAULT, %eax
    mov %eax, %cr4
    mov $main_pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    xor %edx, %edx
    mov $0x901, %eax
    wrmsr
    mov $CR0_DEFAULT, %eax
    mov %eax, %cr0
    ljmp $SEL_K64, $1f
    .code64
1:  lgdt gdt_pointer
    lidt idt64_pointer
    mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    andb $0xfd, gdt+SEL_TSS64+5
    mov $SEL_TSS64, %eax
    ltr %ax
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lldt %ax
    mov saved_rsp, %rsp
    pushq $2                        /* a task switch may have left NT set */
    popfq
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .code32
resume32:                           /* log the event and go on: vector, EIP, DR6, EFLAGS */
    mov event_count, %edx
    cmp $63, %edx
    ja 1f
    shl $5, %edx
    add $events, %edx
    mov %eax, (%edx)
    mov 40(%esp), %eax
    mov %eax, 8(%edx)
    mov %dr6, %eax
    mov %eax, 16(%edx)
    mov 48(%esp), %eax
    mov %eax, 24(%edx)
    incl event_count
1:  mov $0xffff0ff0, %eax
    mov %eax, %dr6
    mov %ebx, %ds
    mov %ecx, %es
    popal
    add $8, %esp
    iretl

/* Real-address mode: the part between low_start and low_end is copied to LOW_BASE at start. */
enter_real:
    mov $X, %esi
    mov $LOW_BASE + LOW_X, %edi
    mov $X_SIZE / 4, %ecx
    rep movsl
    ljmp $SEL_RMCODE, $rm_enter - low_start

    .code16
    .globl low_start, low_end, rm_stubs
low_start:
rm_enter:
    mov $SEL_RMDATA, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %fs
    mov %ax, %gs
    mov %ax, %ss
    mov %cr0, %eax
    and $0xfe, %al
    mov %eax, %cr0
    ljmp $LOW_SEG, $1f - low_start
1:  mov %cs, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %fs
    mov %ax, %gs
    mov %ax, %ss
    lidtl rm_idt_pointer - low_start
    mov LOW_X+X_RSP, %esp
    pushw LOW_X+X_RFLAGS
    pushw LOW_X+X_CS
    pushw LOW_X+X_RIP
    mov LOW_X+X_RAX, %eax
    mov LOW_X+X_RCX, %ecx
    mov LOW_X+X_RDX, %edx
    mov LOW_X+X_RBX, %ebx
    mov LOW_X+X_RBP, %ebp
    mov LOW_X+X_RSI, %esi
    mov LOW_X+X_RDI, %edi
    iretw
rm_idt_pointer:
    .word 0x3ff
    .long LOW_BASE + LOW_IVT
rm_stubs:
    .rept 256
    callw rm_common
    .endr
rm_common:                          /* stack: address after the call, IP, CS, FLAGS */
    pushal
    mov %ds, %bx
    mov %cs, %ax
    mov %ax, %ds
    mov %bx, LOW_R+0x60
    mov %ss, LOW_R+0x62
    mov %es, LOW_R+0x64
    mov %esp, LOW_R+0x68
    mov %sp, %bp
    mov 0(%bp), %eax
    mov %eax, LOW_R
    mov 4(%bp), %eax
    mov %eax, LOW_R+4
    mov 8(%bp), %eax
    mov %eax, LOW_R+8
    mov 12(%bp), %eax
    mov %eax, LOW_R+12
    mov 16(%bp), %eax
    mov %eax, LOW_R+16
    mov 20(%bp), %eax
    mov %eax, LOW_R+20
    mov 24(%bp), %eax
    mov %eax, LOW_R+24
    mov 28(%bp), %eax
    mov %eax, LOW_R+28
    mov 32(%bp), %eax
    mov %eax, LOW_R+32
    mov 36(%bp), %eax
    mov %eax, LOW_R+36
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $SEL_K32, $rm_back
low_end:
    .code32
rm_back:
    mov $SEL_KDATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    cld
    movl $1, real_trap
    jmp leave32

    .data
    .globl idt32_pointer, idt64_pointer
    .balign 8
    .word 0, 0, 0
idt32_pointer:
    .word 0x7ff
    .long idt32
    .balign 8
    .word 0, 0, 0
idt64_pointer:
    .word 0xfff
    .quad idt64

    .section .note.GNU-stack, "", @progbits

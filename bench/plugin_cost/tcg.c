/* A TCG plugin for QEMU 7.2 that does what ours do, as far as its interface can: counts of blocks by an inline addition, edges (the block before each block) and
 * memory accesses by calls. Debian has no qemu-plugin.h; these are the declarations that it would have. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum { INLINE_ADD_U64 = 0, CB_NO_REGS = 0, MEM_RW = 3 };
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*vcpu_udata_cb)(unsigned int, void *);
typedef void (*mem_cb)(unsigned int, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*udata_cb)(qemu_plugin_id_t, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, vcpu_udata_cb, int flags, void *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, mem_cb, int flags, int rw, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
void qemu_plugin_outs(const char *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t blocks, accesses, before, edges[1 << 16], used, trace[3 * 4096];
static const char *what = "blocks";

static void crossed(unsigned int vcpu, void *block) {
    edges[((before >> 1) ^ (uintptr_t)block) & 0xFFFF]++;
    before = (uintptr_t)block;
}

static void accessed(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *pc) {
    uint64_t *to = trace + used;
    accesses++;
    to[0] = info; to[1] = address; to[2] = (uintptr_t)pc;
    used = (used + 3) % (3 * 4096);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    if (!strcmp(what, "edges")) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, crossed, CB_NO_REGS, (void *)qemu_plugin_tb_vaddr(tb));
    } else if (!strcmp(what, "memory")) {
        for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
            qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), accessed, CB_NO_REGS, MEM_RW, (void *)qemu_plugin_tb_vaddr(tb));
    } else {
        qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &blocks, 1);
    }
}

static void ended(qemu_plugin_id_t id, void *unused) {
    uint64_t crossings = 0;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) crossings += edges[i];
    fprintf(stderr, "tcg: %llu %s\n", (unsigned long long)(blocks + crossings + accesses), what);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    static char text[32];
    if (argc > 0 && !strncmp(argv[0], "what=", 5)) {
        snprintf(text, sizeof text, "%s", argv[0] + 5);
        what = text;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}

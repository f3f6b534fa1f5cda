// System calls that programs seldom make, for a comparison of traces: signals that interrupt and restart, threads, descriptors of all kinds, errors.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int rings;

static void ring(int number)
{
    (void)number;
    rings++;
}

static void *thread(void *argument)
{
    char byte;
    ssize_t got = read(*(int *)argument, &byte, 1);
    return (void *)got;
}

// A read that an alarm interrupts: once it begins again by itself, once it fails.
static void interrupted(int flags)
{
    struct sigaction action = { .sa_handler = ring, .sa_flags = flags };
    struct itimerval timer = { .it_value = { 0, 20000 } };
    int pipes[2];
    char byte;
    pid_t child;
    if (sigaction(SIGALRM, &action, NULL) || pipe(pipes)) exit(1);
    child = fork();
    if (child == 0) {
        usleep(60000);
        _exit(write(pipes[1], "x", 1) != 1);
    }
    setitimer(ITIMER_REAL, &timer, NULL);
    ssize_t got = read(pipes[0], &byte, 1);
    printf("interrupted: %zd %d, %d rings\n", got, got < 0 ? errno : 0, rings);
    wait4(child, NULL, 0, NULL);
    close(pipes[0]);
    close(pipes[1]);
}

static void descriptors(void)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 42 };
    struct itimerspec soon = { .it_value = { 0, 1000000 } };
    struct timespec none = { 0, 0 };
    struct pollfd polled = { .events = POLLIN | POLLPRI };
    sigset_t set;
    int epoll = epoll_create1(EPOLL_CLOEXEC), events = eventfd(3, EFD_NONBLOCK), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    unsigned long count;
    fd_set readable;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, events, &event);
    epoll_wait(epoll, &event, 1, 100);
    timerfd_settime(timer, 0, &soon, NULL);
    polled.fd = timer;
    poll(&polled, 1, 1000);
    ppoll(&polled, 1, &none, &set);
    FD_ZERO(&readable);
    FD_SET(timer, &readable);
    select(timer + 1, &readable, NULL, NULL, NULL);
    if (read(timer, &count, sizeof count) != sizeof count) exit(1);
    int copy = fcntl(timer, F_DUPFD_CLOEXEC, 20);
    dup2(copy, 30);
    dup3(copy, 31, O_CLOEXEC);
    fcntl(30, F_SETFL, O_NONBLOCK);
    if (read(30, &count, sizeof count) != -1 || errno != EAGAIN) exit(1);
    close(signals);
    close(30);
    close(99);
}

static void files(void)
{
    char buffer[100] = "some bytes \001\377\"\\\n";
    struct iovec parts[2] = { { "scattered ", 10 }, { buffer, 20 } };
    struct statvfs volume;
    int file = open("/tmp/calls", O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || writev(file, parts, 2) != 30 || pwrite(file, buffer, 3, 100) != 3 || lseek(file, -5, SEEK_END) < 0) exit(1);
    if (pread(file, buffer, sizeof buffer, 0) < 0 || readv(file, parts + 1, 1) < 0 || ftruncate(file, 10)) exit(1);
    flock(file, LOCK_EX | LOCK_NB);
    fsync(file);
    void *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    mprotect(mapped, 4096, PROT_READ);
    madvise(mapped, 4096, MADV_DONTNEED);
    munmap(mapped, 8192);
    statvfs("/tmp", &volume);
    if (rename("/tmp/calls", "/tmp/called") || symlink("/tmp/called", "/tmp/symbolic") || readlink("/tmp/symbolic", buffer, sizeof buffer) < 0) exit(1);
    if (access("/tmp/none", R_OK | W_OK) == 0 || chdir("/tmp") || getcwd(buffer, sizeof buffer) == NULL || unlink("/tmp/symbolic") || chmod("/tmp/called", 04755)) exit(1);
    if (unlinkat(AT_FDCWD, "called", 0) || mkdir("directory", 0700) || rmdir("directory") || open("directory", O_RDONLY | O_DIRECTORY) != -1) exit(1);
    close(file);
}

static void sockets(void)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "/tmp/socket" };
    int pair[2], on = 1, server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char buffer[50];
    struct iovec part = { buffer, sizeof buffer };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (bind(server, (struct sockaddr *)&name, sizeof name) || listen(server, 5) || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) exit(1);
    setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (send(pair[0], "a datagram", 10, MSG_NOSIGNAL) != 10 || recvmsg(pair[1], &message, 0) != 10) exit(1);
    shutdown(pair[0], SHUT_WR);
    unlink(name.sun_path);
}

int main(void)
{
    struct utsname names;
    struct rlimit limit;
    struct sysinfo info;
    struct timespec moment = { 0, 2000000 };
    cpu_set_t cpus;
    pthread_t waiting;
    int pipes[2], status;
    interrupted(SA_RESTART);
    interrupted(0);
    descriptors();
    files();
    sockets();
    uname(&names);
    getrlimit(RLIMIT_NOFILE, &limit);
    sysinfo(&info);
    prctl(PR_SET_NAME, "renamed");
    sched_getaffinity(0, sizeof cpus, &cpus);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    if (pipe2(pipes, O_CLOEXEC) || pthread_create(&waiting, NULL, thread, pipes)) return 1;
    usleep(2000);
    if (write(pipes[1], "y", 1) != 1 || pthread_join(waiting, NULL)) return 1;
    pid_t child = vfork();
    if (child == 0) {
        execl("/nowhere", "nowhere", (char *)NULL);
        execl("/bin/true", "true", "an argument", (char *)NULL);
        _exit(9);
    }
    waitpid(child, &status, 0);
    child = fork();
    if (child == 0) pause();
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    printf("killed by %d\n", WTERMSIG(status));
    return 0;
}

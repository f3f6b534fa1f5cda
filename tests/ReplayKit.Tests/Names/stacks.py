# What gdb says of the callers of the threads that it sees: a line for each, with the addresses at which its frames go on, and why there are no more.
import gdb

gdb.execute('set backtrace past-main on')
gdb.execute('set backtrace past-entry on')
gdb.execute('info threads', to_string=True)
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frame, addresses = gdb.newest_frame(), []
    while frame is not None:
        # What the compiler has put into a function is no frame of its own; nor is one that jumped to its last callee, which gdb makes up from debug information.
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            addresses.append('%x' % (frame.pc() & 0xffffffffffffffff))
        last, frame = frame, frame.older()
    print('stack %d %s: %s' % (thread.ptid[1] or thread.ptid[2], gdb.frame_stop_reason_string(last.unwind_stop_reason()), ' '.join(addresses)))

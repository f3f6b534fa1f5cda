# For gdb: both sides of a race on the guest's variable "unlocked", around the moment at which the last processor comes to it. Prints a line for each stop of a
# watchpoint, forwards and then backwards: direction, thread, place in time, function, value.
import gdb

BEFORE, BEHIND = 3, 3


def show(direction):
    function = gdb.execute('info symbol $pc', to_string=True).split()[0]
    place = gdb.execute('monitor when', to_string=True).split(',')[0]
    print('stop', direction, gdb.selected_thread().num, place, function, int(gdb.parse_and_eval('*(long *)&unlocked')))


gdb.execute('hbreak race')
for _ in gdb.selected_inferior().threads():
    gdb.execute('continue', to_string=True)
gdb.execute('delete')
gdb.execute('awatch *(long *)&unlocked', to_string=True)
for _ in range(BEHIND):
    gdb.execute('continue', to_string=True)
for _ in range(BEFORE + BEHIND):
    gdb.execute('reverse-continue', to_string=True)
for _ in range(BEFORE + BEHIND):
    gdb.execute('continue', to_string=True)
    show('forth')
for _ in range(BEFORE + BEHIND):
    gdb.execute('reverse-continue', to_string=True)
    show('back')

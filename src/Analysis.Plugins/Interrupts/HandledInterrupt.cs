namespace Analysis.Plugins.Interrupts;

/// <summary>A delivered interrupt or exception, and how long it was until the guest went back to what it had done.</summary>
/// <param name="Delivery">Its delivery.</param>
/// <param name="Return">The return; null where there was none in what was watched.</param>
internal readonly record struct HandledInterrupt(InterruptEvent Delivery, InterruptEvent? Return)
{
    /// <summary>Finds the return of each delivery.</summary>
    /// <remarks>
    /// Deliveries on the stack of a thread are nested: a return to the kernel ends the last one that interrupted the kernel; a return to a program, the one
    /// that interrupted the program. A return that ends a system call, or one of what was delivered before the watching began, finds none.
    /// </remarks>
    internal static IReadOnlyList<HandledInterrupt> Of(IEnumerable<InterruptEvent> events)
    {
        List<HandledInterrupt> handled = [];
        Dictionary<(int Vcpu, ulong Task), Stack<int>> open = [];
        foreach (InterruptEvent each in events)
        {
            // Idle tasks of all vCPUs have tasks of their own; only without a kernel are vCPUs told apart by number.
            (int, ulong) key = (each.Task == 0 ? each.Vcpu : -1, each.Task);
            if (!open.TryGetValue(key, out Stack<int>? stack))
            {
                open.Add(key, stack = new Stack<int>());
            }

            if (!each.IsReturn)
            {
                // What interrupted the program before has come back in another way (a signal's handler by SYSRET, the end of the thread).
                if (each.IsUser)
                {
                    stack.Clear();
                }

                stack.Push(handled.Count);
                handled.Add(new HandledInterrupt(each, null));
            }
            else
            {
                Close(handled, stack, each);
            }
        }

        return handled;
    }

    private static void Close(List<HandledInterrupt> handled, Stack<int> stack, InterruptEvent back)
    {
        while (stack.TryPeek(out int last))
        {
            bool isUser = handled[last].Delivery.IsUser;
            if (!back.IsUser && isUser)
            {
                return;
            }

            stack.Pop();
            if (isUser == back.IsUser)
            {
                handled[last] = handled[last] with { Return = back };
                return;
            }
        }
    }
}

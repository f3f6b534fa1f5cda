namespace Analysis.Plugins.SystemCalls;

/// <summary>Puts the entries and exits of threads together.</summary>
internal static class CallMatcher
{
    // A return from a signal's handler brings back the registers of before, and no call's number.
    private const ulong NoNumber = ulong.MaxValue;

    /// <summary>The calls and what lies between them, by where they began.</summary>
    internal static IReadOnlyList<CallRow> Match(IEnumerable<CallEvent> events)
    {
        List<CallRow> rows = [];
        Dictionary<ulong, int> pending = [];
        foreach (CallEvent each in events)
        {
            switch (each.Kind)
            {
                case CallEventKind.Entry:
                    // One that was there before has not returned: the thread has ended and another one has its place.
                    pending[each.Task] = rows.Count;
                    rows.Add(new CallRow(each, null));
                    break;
                case CallEventKind.Exit when pending.Remove(each.Task, out int entry) && IsOf(each, rows[entry].First):
                    rows[entry] = rows[entry] with { Exit = each };
                    break;
                case CallEventKind.Exit:
                    rows.Add(new CallRow(each, each));
                    break;
                default:
                    _ = each.Kind == CallEventKind.Signal || pending.Remove(each.Task);
                    rows.Add(new CallRow(each, null));
                    break;
            }
        }

        return rows;
    }

    // A program of the other convention comes out of its execve() with that one's number.
    private static bool IsOf(CallEvent exit, CallEvent entry) => exit.Number == NoNumber || CallNames.Of(exit.Abi, exit.Number) == CallNames.Of(entry.Abi, entry.Number);
}

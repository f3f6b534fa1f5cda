namespace Guest.Machine.X86;

/// <summary>Sees every data access of the guest's instructions during an observed replay; it cannot change anything.</summary>
public interface IAccessObserver
{
    /// <summary>A data access took place. One that crosses a page is seen as two, one that is wider than 8 bytes as several.</summary>
    /// <param name="linear">Linear address.</param>
    /// <param name="physical">Guest-physical address of its first byte.</param>
    /// <param name="size">Bytes, 1 to 8.</param>
    /// <param name="write">Whether it was a store.</param>
    /// <param name="value">What was read or written; bits beyond the size may be anything.</param>
    void Accessed(ulong linear, ulong physical, int size, bool write, ulong value);

    /// <summary>Whether it may be told of what a repeated string instruction accessed when some elements are done (<see cref="AccessedRun"/>), instead of at each element. Must not change.</summary>
    bool TakesRuns => false;

    /// <summary>A repeated string instruction has accessed some elements. Called only where <see cref="TakesRuns"/> says so.</summary>
    /// <param name="run">The elements.</param>
    void AccessedRun(in ElementRun run) => throw new NotSupportedException("this observer takes no runs");
}

namespace Guest.Linux.Tasks;

/// <summary>Reads a task's state words, and writes its letter.</summary>
public static class TaskStates
{
    // include/linux/sched.h; unchanged from 4.14 to 6.12.
    private const uint Reported = 0x7F;
    private const uint Idle = 0x402;
    private const string Letters = "RSDTtXZPI";

    /// <summary>The letter that <c>ps</c> prints.</summary>
    public static char Letter(this TaskState state) => Letters[(int)state];

    // __task_state_index(): the highest bit decides.
    internal static TaskState Of(uint state, uint exitState)
    {
        if ((state & Idle) == Idle)
        {
            return TaskState.Idle;
        }

        uint reported = (state | exitState) & Reported;
        return (TaskState)(32 - System.Numerics.BitOperations.LeadingZeroCount(reported));
    }
}

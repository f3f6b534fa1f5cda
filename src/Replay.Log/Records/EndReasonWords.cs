namespace Replay.Log.Records;

/// <summary>The words that users read for the reasons why a recording ended.</summary>
public static class EndReasonWords
{
    /// <summary>The word, such as <c>power-off</c>.</summary>
    public static string Word(this EndReason reason) => reason switch
    {
        EndReason.PowerOff => "power-off",
        EndReason.Reset => "reset",
        EndReason.Stopped => "stopped",
        EndReason.InstructionLimit => "instruction-limit",
        EndReason.TimeLimit => "time-limit",
        EndReason.TripleFault => "triple-fault",
        EndReason.HaltedForever => "halted-forever",
        EndReason.DiskFull => "disk-full",
        EndReason.GuestRefused => "guest-refused",
        EndReason.RecorderFailed => "recorder-failed",
        EndReason.GuestPanicked => "guest-panicked",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}

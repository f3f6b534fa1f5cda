using Iced.Intel;

namespace Guest.Machine.X86.Observe;

/// <summary>Who takes what a <see cref="CodeTrace"/> has written down. It sees the guest and changes nothing.</summary>
public interface ITraceSink
{
    /// <summary>What was executed since the last call, in order (<see cref="TraceWords"/>). The words are the trace's again afterwards.</summary>
    /// <param name="trace">The trace; <see cref="CodeTrace.From"/> says where the first of these instructions stands.</param>
    /// <param name="words">The words.</param>
    void Take(CodeTrace trace, ReadOnlySpan<ulong> words);

    /// <summary>An instruction of interest is about to be executed; it may fault. Everything before it has been taken.</summary>
    void Executing(Vcpu cpu, CodePiece instruction, Code code);

    /// <summary>It has retired, and was taken.</summary>
    void Retired(Vcpu cpu, CodePiece instruction, Code code);

    /// <summary>An interrupt or exception is about to be delivered. Everything before it has been taken.</summary>
    void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external);

    /// <summary>Another address space is in force. Everything before it has been taken.</summary>
    void SpaceChanged(Vcpu cpu);
}

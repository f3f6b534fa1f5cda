using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>What instructions do to the course of execution.</summary>
public static class Flow
{
    /// <summary>What an instruction does to the course of execution.</summary>
    public static FlowControl Of(Code code) => code.FlowControl();

    /// <summary>Whether it ends a basic block: whatever may go on elsewhere than behind it, and HLT.</summary>
    public static bool EndsBlock(Code code) => code.FlowControl() != FlowControl.Next || code == Code.Hlt;
}

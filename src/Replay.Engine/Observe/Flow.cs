using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>What instructions do to the course of execution.</summary>
public static class Flow
{
    private static readonly FlowControl[] s_flow = [.. Enum.GetValues<Code>().Select(code => code.FlowControl())];

    /// <summary>What an instruction does to the course of execution.</summary>
    public static FlowControl Of(Code code) => s_flow[(int)code];

    /// <summary>Whether it ends a basic block: whatever may go on elsewhere than behind it, and HLT.</summary>
    public static bool EndsBlock(Code code) => s_flow[(int)code] != FlowControl.Next || code == Code.Hlt;
}

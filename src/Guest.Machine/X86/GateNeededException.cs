namespace Guest.Machine.X86;

/// <summary>An instruction that a vCPU executes without the gate needs it after all; nothing of it has happened.</summary>
internal sealed class GateNeededException : Exception
{
}

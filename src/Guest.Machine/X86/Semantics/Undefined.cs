using System.Globalization;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <summary>What becomes of bytes that are no instruction of this machine.</summary>
internal static class Undefined
{
    /// <summary>#UD: the model does not announce it, or it is no instruction at all.</summary>
    internal static void Opcode(Vcpu cpu, ref Op op) => cpu.Raise(Vector.UD);

    /// <summary>#GP(0): more than 15 bytes (Intel SDM 3A 6.15, #GP).</summary>
    internal static void TooLong(Vcpu cpu, ref Op op) => cpu.RaiseGp();

    /// <summary>An instruction that is announced and that we do not know: the run ends with its bytes and position.</summary>
    internal static void NotImplemented(Vcpu cpu, ref Op op)
    {
        ulong start = cpu.State.Rip - op.Length;
        var bytes = new System.Text.StringBuilder();
        for (int i = 0; i < op.Length; i++)
        {
            bytes.Append(CultureInfo.InvariantCulture, $"{(cpu.TryPeek(new GuestVirtual(cpu.CodeAddress(start + (ulong)i)), out byte value) ? value : 0):x2}");
        }

        throw new ReplayKitException(403, ExitCode.HostCannot, $"instruction {op.Code} ({bytes}) at {cpu.Position}, RIP 0x{start:x}, is not implemented");
    }
}

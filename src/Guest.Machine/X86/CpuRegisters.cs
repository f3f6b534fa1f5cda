using Guest.Machine.State;

namespace Guest.Machine.X86;

/// <summary>Saves and restores every architectural register of a vCPU; derived fields are computed again.</summary>
public static class CpuRegisters
{
    /// <summary>Writes the registers in their fixed order.</summary>
    public static void Save(Vcpu cpu, StateWriter writer)
    {
        ref CpuState s = ref cpu.State;
        for (int i = 0; i < 16; i++)
        {
            writer.WriteUInt64(RegisterFile.Ref<ulong>(ref s, (byte)(8 * i)));
        }

        writer.WriteUInt64(s.Rip);
        writer.WriteUInt64(cpu.GetFlags());
        writer.WriteUInt64(s.Retired);
        writer.WriteByte((byte)s.Cpl);
        writer.WriteByte((byte)s.Shadow);
        writer.WriteBool(s.Halted);
        writer.WriteBool(s.NmiBlocked);
        writer.WriteByte(s.PendingBreakpoints);
        writer.WriteBool(s.InRep);
        for (int i = 0; i < 8; i++)
        {
            writer.WriteUInt64(s.Segments[i].Base);
            writer.WriteUInt32(s.Segments[i].Limit);
            writer.WriteUInt16(s.Segments[i].Selector);
            writer.WriteUInt16(s.Segments[i].Attributes);
        }

        writer.WriteUInt32(s.GdtLimit);
        writer.WriteUInt32(s.IdtLimit);
        writer.WriteUInt32(s.Mxcsr);
        foreach (ulong value in (ReadOnlySpan<ulong>)System(ref s))
        {
            writer.WriteUInt64(value);
        }

        foreach (ulong value in s.Msrs)
        {
            writer.WriteUInt64(value);
        }

        foreach (ulong value in s.Fx)
        {
            writer.WriteUInt64(value);
        }

        foreach (ulong value in s.Vectors)
        {
            writer.WriteUInt64(value);
        }
    }

    /// <summary>Takes over what <see cref="Save"/> wrote.</summary>
    public static void Restore(Vcpu cpu, StateReader reader)
    {
        ref CpuState s = ref cpu.State;
        for (int i = 0; i < 16; i++)
        {
            RegisterFile.Ref<ulong>(ref s, (byte)(8 * i)) = reader.ReadUInt64();
        }

        s.Rip = reader.ReadUInt64();
        ulong flags = reader.ReadUInt64();
        s.Retired = reader.ReadUInt64();
        s.Cpl = reader.ReadByte();
        var shadow = (InterruptShadow)reader.ReadByte();
        s.Halted = reader.ReadBool();
        s.NmiBlocked = reader.ReadBool();
        s.PendingBreakpoints = reader.ReadByte();
        s.InRep = reader.ReadBool();
        for (int i = 0; i < 8; i++)
        {
            s.Segments[i].Base = reader.ReadUInt64();
            s.Segments[i].Limit = reader.ReadUInt32();
            s.Segments[i].Selector = reader.ReadUInt16();
            s.Segments[i].Attributes = reader.ReadUInt16();
        }

        s.GdtLimit = reader.ReadUInt32();
        s.IdtLimit = reader.ReadUInt32();
        s.Mxcsr = (uint)reader.ReadIndex(0x1_0000);
        RestoreSystem(ref s, reader);
        ReadAll(reader, s.Msrs);
        ReadAll(reader, s.Fx);
        ReadAll(reader, s.Vectors);
        cpu.ForgetTries();
        cpu.SetFlags(flags);
        cpu.FlushTranslations();
        cpu.UpdateMode();
        cpu.UpdateBreakpoints();
        cpu.SetShadow(shadow);
    }

    private static ulong[] System(ref CpuState s) =>
    [
        s.GdtBase, s.IdtBase, s.Cr0, s.Cr2, s.Cr3, s.Cr4, s.Xcr0, s.Efer, s.KernelGsBase, s.Star, s.Lstar, s.Cstar, s.Fmask, s.SysenterCs,
        s.SysenterEsp, s.SysenterEip, s.Dr0, s.Dr1, s.Dr2, s.Dr3, s.Dr6, s.Dr7, s.Pdpte0, s.Pdpte1, s.Pdpte2, s.Pdpte3,
    ];

    private static void RestoreSystem(ref CpuState s, StateReader reader)
    {
        Span<ulong> values = stackalloc ulong[26];
        ReadAll(reader, values);
        (s.GdtBase, s.IdtBase, s.Cr0, s.Cr2, s.Cr3, s.Cr4, s.Xcr0, s.Efer) = (values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
        (s.KernelGsBase, s.Star, s.Lstar, s.Cstar, s.Fmask) = (values[8], values[9], values[10], values[11], values[12]);
        (s.SysenterCs, s.SysenterEsp, s.SysenterEip) = (values[13], values[14], values[15]);
        (s.Dr0, s.Dr1, s.Dr2, s.Dr3, s.Dr6, s.Dr7) = (values[16], values[17], values[18], values[19], values[20], values[21]);
        (s.Pdpte0, s.Pdpte1, s.Pdpte2, s.Pdpte3) = (values[22], values[23], values[24], values[25]);
    }

    private static void ReadAll(StateReader reader, Span<ulong> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadUInt64();
        }
    }
}

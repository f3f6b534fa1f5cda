namespace Guest.Machine.X86;

/// <content>The right to access ports (Intel SDM 1 19.5).</content>
public sealed partial class Vcpu
{
    /// <summary>Checks IOPL and the task's I/O permission bitmap, and notes I/O breakpoints.</summary>
    /// <param name="port">First port.</param>
    /// <param name="size">Ports accessed: 1, 2 or 4.</param>
    internal void CheckPort(ushort port, int size)
    {
        ref CpuState s = ref State;
        int iopl = (int)((s.SystemFlags & Flags.IOPL) >> 12);
        if (InProtectedMode && (s.Cpl > iopl || InVirtual8086) && !BitmapAllows(port, size))
        {
            RaiseGp();
        }

        NotePort(port, size);
    }

    private bool BitmapAllows(ushort port, int size)
    {
        ref Segment tr = ref State.Segments[(int)SegmentName.Tr];
        if (!tr.Present || (tr.Type & 8) == 0 || tr.Limit < 103)
        {
            return false;
        }

        uint bitmap = (ushort)(LoadSystem(tr.Base + 96) >> 48);
        uint at = bitmap + (port / 8u);
        if (at + 1 > tr.Limit)
        {
            return false;
        }

        SetAccessMode(AccessMode.Supervisor);
        uint bits = Load<ushort>(tr.Base + at);
        UpdateAccessMode();
        return ((bits >> (port & 7)) & ((1u << size) - 1)) == 0;
    }
}

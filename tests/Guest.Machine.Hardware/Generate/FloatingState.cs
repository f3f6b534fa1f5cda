using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Makes vector registers, MXCSR and the x87 state.</summary>
internal static class FloatingState
{
    /// <summary>Fills the vector registers: all of them now and then, else those that matter.</summary>
    public static void Vectors(ref Rng rng, ref CpuSnapshot state, Instance instance, bool first)
    {
        if (!first && !instance.UsesVectors && rng.Below(16) != 0)
        {
            return;
        }

        bool all = first || rng.Below(32) == 0;
        Values.Lanes common = rng.Percent(75) ? instance.Preferred : (Values.Lanes)rng.Below(8);
        for (int r = 0; r < 16; r++)
        {
            if (!all && (instance.Vectors & (1 << r)) == 0)
            {
                continue;
            }

            Values.Lanes lanes = rng.Percent(90) ? common : (Values.Lanes)rng.Below(8);
            state.XmmLow(r)[0] = Values.Quadword(ref rng, lanes);
            state.XmmLow(r)[1] = Values.Quadword(ref rng, lanes);
            state.YmmHigh(r)[0] = Values.Quadword(ref rng, lanes);
            state.YmmHigh(r)[1] = Values.Quadword(ref rng, lanes);
        }

        state.Mxcsr = Mxcsr(ref rng);
    }

    /// <summary>MXCSR: every rounding, denormals on and off, exceptions mostly masked.</summary>
    public static uint Mxcsr(ref Rng rng)
    {
        uint r = (uint)rng.Next();
        uint value = (r & 0x6000) | (rng.Percent(30) ? r & 0x3F : 0);
        value |= rng.Percent(20) ? 0x40u : 0;
        value |= rng.Percent(20) ? 0x8000u : 0;
        return value | (rng.Percent(85) ? 0x1F80 : (r >> 8) & 0x1F80);
    }

    /// <summary>Fills the x87 state.</summary>
    public static void Stack(ref Rng rng, ref CpuSnapshot state, Instance instance, bool first)
    {
        if (!first && !instance.UsesStack && rng.Below(16) != 0)
        {
            return;
        }

        for (int place = 0; place < 8; place++)
        {
            (ulong mantissa, ushort top) = Values.Extended(ref rng);
            state.Stack(place)[0] = instance.Preferred < Values.Lanes.Half && rng.Percent(30) ? Values.Quadword(ref rng, instance.Preferred) : mantissa;
            state.Stack(place)[1] = top;
        }

        uint r = (uint)rng.Next();
        uint control = 0x40u | (r & 0xC00) | (rng.Percent(70) ? 0x300 : (r >> 4) & 0x300) | (rng.Percent(85) ? 0x3F : (r >> 16) & 0x3F);
        uint status = (rng.Percent(50) ? (r >> 8) & 0x4700 : 0) | (uint)(rng.Below(8) << 11) | (rng.Percent(20) ? (r >> 24) & 0x7F : 0);
        if ((status & ~control & 0x3F) != 0)
        {
            status = rng.Percent(15) ? status | 0x8080 : status & ~0x3Fu;
        }

        state.ControlWord = (ushort)control;
        state.StatusWord = (ushort)status;
        state.Tags = rng.Below(8) switch { 0 => 0, 1 => (byte)rng.Next(), _ => 0xFF };
        state.Tags |= (byte)(rng.Percent(60) ? 1 << ((int)(status >> 11) & 7) : 0);
        state.Xsave[0] &= 0x0000_00FF_FFFF_FFFF;
        state.Xsave[1] = 0;
        state.Xsave[2] = 0;
    }
}

using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Compares RCPPS, RSQRTPS and their like within the error that the vendors promise (1.5 * 2^-12 each).</summary>
internal static class Approximations
{
    private const float Tolerance = 1.0f / 1024;

    // Below this, results may be zero or denormal, and denormal sources count as zeros.
    private const float Tiny = 2.4e-38f;

    /// <summary>Makes lanes of the destination equal that are close enough.</summary>
    public static void Accept(in Instruction decoded, ref CpuSnapshot expected, ref CpuSnapshot actual)
    {
        int register = decoded.Op0Register.GetNumber();
        for (int quad = 0; quad < 4; quad++)
        {
            Span<ulong> theirs = quad < 2 ? expected.XmmLow(register) : expected.YmmHigh(register);
            Span<ulong> ours = quad < 2 ? actual.XmmLow(register) : actual.YmmHigh(register);
            if (IsClose((uint)theirs[quad & 1], (uint)ours[quad & 1]) && IsClose((uint)(theirs[quad & 1] >> 32), (uint)(ours[quad & 1] >> 32)))
            {
                ours[quad & 1] = theirs[quad & 1];
            }
        }
    }

    private static bool IsClose(uint theirs, uint ours)
    {
        if (theirs == ours)
        {
            return true;
        }

        float a = BitConverter.UInt32BitsToSingle(theirs);
        float b = BitConverter.UInt32BitsToSingle(ours);
        return float.IsFinite(a) && float.IsFinite(b) && ((theirs ^ ours) >> 31) == 0
            && (MathF.Abs(a - b) <= MathF.Abs(a) * Tolerance || (MathF.Abs(a) < Tiny && MathF.Abs(b) < Tiny));
    }
}

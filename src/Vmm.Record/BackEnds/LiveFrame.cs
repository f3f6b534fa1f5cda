namespace Vmm.Record.BackEnds;

/// <summary>A frame on its way between the machine's thread and another.</summary>
/// <param name="Buffer">Its bytes, in a buffer that is to be given back.</param>
/// <param name="Length">How many of them.</param>
internal readonly record struct LiveFrame(byte[] Buffer, int Length)
{
    internal ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);
}

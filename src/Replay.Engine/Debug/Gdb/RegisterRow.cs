using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>A register as gdb knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Type">Its type in the target description.</param>
/// <param name="Read">Writes its value into a span of that size, lowest byte first.</param>
internal sealed record RegisterRow(string Name, int Bytes, string Type, RegisterRow.Reader Read)
{
    /// <summary>Reads a register.</summary>
    internal delegate void Reader(Vcpu cpu, Span<byte> value);

    /// <summary>A register that is a number of up to 64 bits.</summary>
    internal static RegisterRow Number(string name, int bytes, string type, Func<Vcpu, ulong> read) => new(name, bytes, type, (cpu, value) =>
    {
        ulong number = read(cpu);
        for (int i = 0; i < value.Length; i++)
        {
            value[i] = i < 8 ? (byte)(number >> (8 * i)) : (byte)0;
        }
    });
}

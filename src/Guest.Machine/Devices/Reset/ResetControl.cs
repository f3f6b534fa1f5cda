using Guest.Machine.State;

namespace Guest.Machine.Devices.Reset;

/// <summary>The three ways a PC is reset by a port: the reset register, port 0x92 and the keyboard controller's pulse command.</summary>
/// <remarks>There is no keyboard controller otherwise: its status reads as idle, and the FADT says that it is missing.</remarks>
public sealed class ResetControl : IDevice, IPortDevice
{
    /// <summary>The reset register (ACPI 6.4, 4.8.3.6; ICH9 datasheet 13.7.5).</summary>
    public const ushort ResetPort = 0xCF9;

    /// <summary>What the FADT tells the guest to write there.</summary>
    public const byte ResetValue = 0x06;

    /// <summary>Port A of the PS/2: fast reset, and the A20 gate, which is always open here.</summary>
    public const ushort SystemControlPort = 0x92;

    /// <summary>The keyboard controller's command port.</summary>
    public const ushort KeyboardPort = 0x64;

    private const byte FullReset = 0x04;
    private const byte FastReset = 0x01;
    private const byte A20Open = 0x02;
    private const byte PulseResetLine = 0xFE;

    private readonly IBoardControl _board;
    private byte _resetRegister;

    /// <summary>Creates the ports.</summary>
    public ResetControl(IBoardControl board) => _board = board;

    /// <inheritdoc/>
    public string Name => "reset";

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port switch
    {
        ResetPort => _resetRegister,
        SystemControlPort => A20Open,
        _ => 0,
    };

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool reset = port switch
        {
            // The reset comes with the rise of bit 2.
            ResetPort => (value & ~_resetRegister & FullReset) != 0,
            SystemControlPort => (value & FastReset) != 0,
            _ => value == PulseResetLine,
        };
        if (port == ResetPort)
        {
            _resetRegister = (byte)(value & 0x0E);
        }

        if (reset)
        {
            _board.Reset();
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteByte(_resetRegister);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => _resetRegister = reader.ReadByte();
}

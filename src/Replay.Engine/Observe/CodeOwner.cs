using Guest.Machine;
using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>Whose code ran: the kernel's, which all address spaces share, or that of an address space or program.</summary>
public readonly record struct CodeOwner : IComparable<CodeOwner>
{
    private CodeOwner(ulong number) => Number = number;

    /// <summary>The kernel: whatever runs at privilege 0.</summary>
    public static CodeOwner Kernel => default;

    /// <summary>A program that its table does not know.</summary>
    public static CodeOwner Unknown => new(ulong.MaxValue);

    /// <summary>Whether it is the kernel.</summary>
    public bool IsKernel => Number == 0;

    /// <summary>The number of the program in its <see cref="Programs.GuestPrograms"/>, where code is counted by programs; negative where it is not known, or is the kernel.</summary>
    public int Program => Number == ulong.MaxValue ? -1 : (int)Number - 1;

    /// <summary>The address space, where code is counted by those; 0 for the kernel.</summary>
    public GuestPhysical Space => new(Number);

    /// <summary>A number to keep it by.</summary>
    internal ulong Number { get; }

    /// <summary>An address space, where code is counted by those.</summary>
    public static CodeOwner OfSpace(GuestPhysical space) => new(space.Value);

    /// <summary>A program, by its number in its table.</summary>
    public static CodeOwner OfProgram(int number) => new((ulong)number + 1);

    /// <summary>The one with a number.</summary>
    internal static CodeOwner Numbered(ulong number) => new(number);

    /// <inheritdoc/>
    public int CompareTo(CodeOwner other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public static bool operator <(CodeOwner left, CodeOwner right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(CodeOwner left, CodeOwner right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(CodeOwner left, CodeOwner right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(CodeOwner left, CodeOwner right) => left.CompareTo(right) >= 0;

    /// <summary>Writes one into a plugin's state.</summary>
    public static void Save(StateWriter writer, CodeOwner owner) => writer.WriteUInt64(owner.Number);

    /// <summary>Reads one.</summary>
    public static CodeOwner Load(StateReader reader) => new(reader.ReadUInt64());
}

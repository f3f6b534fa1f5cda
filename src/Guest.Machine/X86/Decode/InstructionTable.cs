using Guest.Machine.Native;
using Guest.Machine.X86.Semantics;
using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>All instructions the machine knows, by the decoder's code: the one visible list.</summary>
public static class InstructionTable
{
    private static readonly InstructionRow?[] ByCode = Build();
    private static readonly nint[] RegisterPointers = Pointers(row => row.Register);
    private static readonly nint[] MemoryPointers = Pointers(row => row.Memory);

    /// <summary>Every row.</summary>
    public static IEnumerable<InstructionRow> Rows => ByCode.OfType<InstructionRow>();

    /// <summary>The row of an instruction, or null where it is unknown.</summary>
    public static InstructionRow? Find(Code code) => ByCode[(int)code];

    /// <summary>The handler of an instruction's form, or 0 where it is unknown.</summary>
    internal static nint Handler(Code code, bool memory) => memory ? MemoryPointers[(int)code] : RegisterPointers[(int)code];

    private static IEnumerable<InstructionRow> All() =>
    [
        .. Moves.Rows(),
        .. Arithmetic.Rows(),
        .. Logic.Rows(),
        .. Shifts.Rows(),
        .. DoubleShifts.Rows(),
        .. MultiplyDivide.Rows(),
        .. BitTests.Rows(),
        .. BitScans.Rows(),
        .. Bmi.Rows(),
        .. Adx.Rows(),
        .. Crc.Rows(),
        .. Decimals.Rows(),
        .. ByteOrder.Rows(),
        .. Exchange.Rows(),
        .. ConditionalMoves.Rows(),
        .. Branches.Rows(),
        .. Stack.Rows(),
        .. Strings.Rows(),
        .. FlagInstructions.Rows(),
        .. NoOperations.Rows(),
        .. SystemSegments.Rows(),
        .. SystemControl.Rows(),
        .. SystemInterrupts.Rows(),
    ];

    private static InstructionRow?[] Build()
    {
        var rows = new InstructionRow?[IcedConstants.CodeEnumCount];
        foreach (InstructionRow row in All())
        {
            rows[(int)row.Code] = rows[(int)row.Code] is null
                ? row
                : throw new InvalidOperationException($"two rows for {row.Code}");
        }

        return rows;
    }

    private static nint[] Pointers(Func<InstructionRow, OpHandler?> form)
    {
        var pointers = new nint[ByCode.Length];
        foreach (InstructionRow row in Rows)
        {
            pointers[(int)row.Code] = form(row) is { } handler ? OpPointer.Of(handler) : 0;
        }

        return pointers;
    }
}

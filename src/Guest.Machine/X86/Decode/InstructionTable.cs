using Guest.Machine.X86.Semantics;
using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>All instructions the machine knows, by the decoder's code: the one visible list.</summary>
public static class InstructionTable
{
    private static readonly InstructionRow?[] ByCode = Build();

    /// <summary>Every row.</summary>
    public static IEnumerable<InstructionRow> Rows => ByCode.OfType<InstructionRow>();

    /// <summary>The row of an instruction, or null where it is unknown.</summary>
    public static InstructionRow? Find(Code code) => ByCode[(int)code];

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
        .. SimdMmx.Rows(),
        .. SimdSse.Rows(),
        .. SimdSse2.Rows(),
        .. SimdSse3.Rows(),
        .. SimdSse4.Rows(),
        .. SimdCrypto.Rows(),
        .. SimdAvx.Rows(),
        .. SimdAvx2.Rows(),
        .. SimdFma.Rows(),
        .. SimdMasked.Rows(),
        .. SimdGather.Rows(),
        .. SimdApproximations.Rows(),
        .. SimdControl.Rows(),
        .. Fxsave.Rows(),
        .. Xsave.Rows(),
        .. XsaveRestore.Rows(),
        .. ExtendedControl.Rows(),
        .. X87Host.Rows(),
        .. X87Remainder.Rows(),
        .. X87Control.Rows(),
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
}

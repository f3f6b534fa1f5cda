namespace Guest.Machine.X86.Translate.Emit;

/// <summary>The host's registers by number, and which of the guest's registers lives where in emitted code.</summary>
/// <remarks>
/// RAX, RCX and R14 are scratch; RBP points 128 bytes into <see cref="CpuState"/>; RSP is the shadow stack of return addresses; R11 holds the
/// instructions left, shifted by 16, above the control word of the TLB's BEXTR. The guest's RAX, RCX, RSP and RBP live in R8, R9, R10 and R15, RDX, RBX,
/// RSI, RDI, R12 and R13 in themselves; R8 to R11, R14 and R15, which code uses least, stay in memory; R14 is a copy of one of them where it is not needed otherwise.
/// </remarks>
internal static class Host
{
    internal const int Rax = 0;
    internal const int Rcx = 1;
    internal const int Rdx = 2;
    internal const int Rbx = 3;
    internal const int Rsp = 4;
    internal const int Rbp = 5;
    internal const int Rsi = 6;
    internal const int Rdi = 7;
    internal const int R8 = 8;
    internal const int R9 = 9;
    internal const int R10 = 10;
    internal const int R11 = 11;
    internal const int R12 = 12;
    internal const int R13 = 13;
    internal const int R14 = 14;
    internal const int R15 = 15;

    /// <summary>Where the guest's RSP lives.</summary>
    internal const int GuestRsp = R10;

    /// <summary>Where the guest's RCX lives.</summary>
    internal const int GuestRcx = R9;

    /// <summary>Where the guest's RAX lives.</summary>
    internal const int GuestRax = R8;

    /// <summary>What RBP points to, as an offset in <see cref="CpuState"/>.</summary>
    internal const int StateBias = 128;

    /// <summary>The control word in R11's lower half: BEXTR's start, and the shift by which a page number is had.</summary>
    internal const int PageShift = 12;

    private static readonly sbyte[] Homes = [R8, R9, Rdx, Rbx, R10, R15, Rsi, Rdi, -1, -1, -1, -1, R12, R13, -1, -1];

    /// <summary>The host register that holds a guest register, or -1 where it stays in memory.</summary>
    internal static int Home(int guest) => Homes[guest];

    /// <summary>The guest registers that stay in memory, one bit each.</summary>
    internal static int InMemory { get; } = Homes.Select((home, guest) => home < 0 ? 1 << guest : 0).Sum();

    /// <summary>Displacement from RBP of a guest register's place in memory.</summary>
    internal static int Place(int guest) => (8 * guest) - StateBias;
}

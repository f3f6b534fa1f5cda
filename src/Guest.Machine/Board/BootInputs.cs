namespace Guest.Machine.Board;

/// <summary>The inputs a machine gets before its first instruction: logged at position 0.</summary>
/// <param name="StartSeconds">What the CMOS clock shows at start, in seconds since 1970-01-01 00:00 UTC.</param>
/// <param name="Seed">First entropy for the guest's kernel (the boot protocol's SETUP_RNG_SEED); empty for none.</param>
public sealed record BootInputs(long StartSeconds, ReadOnlyMemory<byte> Seed);

namespace Guest.Linux.Unwinding;

/// <summary>Where a register of the caller is.</summary>
/// <param name="Kind">How it is said.</param>
/// <param name="Value">An offset, or a register's number.</param>
/// <param name="Expression">An expression; empty otherwise.</param>
internal readonly record struct FrameRule(FrameRuleKind Kind, long Value, ReadOnlyMemory<byte> Expression);

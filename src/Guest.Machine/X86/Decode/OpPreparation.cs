using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>Work done once when an instruction is decoded, beyond filling in its operands.</summary>
/// <param name="instruction">The instruction as decoded; its IP is 0-based inside the page.</param>
/// <param name="op">The operation to complete.</param>
public delegate void OpPreparation(in Instruction instruction, ref Op op);

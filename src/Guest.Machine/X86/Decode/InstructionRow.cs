using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>One row of the instruction table: an instruction's semantics by the form of its operands.</summary>
/// <param name="Code">The instruction, as the decoder names it.</param>
/// <param name="Register">Semantics where no operand is memory, or null where that form does not exist.</param>
/// <param name="Memory">Semantics where one is, or null.</param>
/// <param name="Result">Where its results come from.</param>
/// <param name="Prepare">Further work when it is decoded (emitting a stub), or null.</param>
public sealed record InstructionRow(Code Code, OpHandler? Register, OpHandler? Memory = null, ResultKind Result = ResultKind.Host, OpPreparation? Prepare = null);

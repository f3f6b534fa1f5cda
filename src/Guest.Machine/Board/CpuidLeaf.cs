namespace Guest.Machine.Board;

/// <summary>One answer of the CPUID instruction (Intel SDM 2A, CPUID).</summary>
/// <param name="Leaf">The value of EAX that asks for it.</param>
/// <param name="Subleaf">The value of ECX that asks for it; 0 where the leaf has no subleaves.</param>
/// <param name="Eax">EAX of the answer.</param>
/// <param name="Ebx">EBX of the answer.</param>
/// <param name="Ecx">ECX of the answer.</param>
/// <param name="Edx">EDX of the answer.</param>
public readonly record struct CpuidLeaf(uint Leaf, uint Subleaf, uint Eax, uint Ebx, uint Ecx, uint Edx);

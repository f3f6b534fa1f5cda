namespace Guest.Machine.X86.Decode;

/// <summary>The semantics of one decoded instruction. A static method; it may raise a guest fault before it changes any state.</summary>
/// <remarks>On entry RIP already points behind the instruction; the loop puts it back when the handler raises a fault.</remarks>
/// <param name="cpu">The vCPU that executes.</param>
/// <param name="op">The predecoded instruction.</param>
public delegate void OpHandler(Vcpu cpu, ref Op op);

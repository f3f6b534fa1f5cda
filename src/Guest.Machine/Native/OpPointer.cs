using System.Runtime.CompilerServices;
using Guest.Machine.X86;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.Native;

/// <summary>An <see cref="OpHandler"/> as a bare function pointer: what the interpreter's loop calls.</summary>
internal static unsafe class OpPointer
{
    /// <summary>The entry of a static handler method.</summary>
    internal static nint Of(OpHandler handler)
    {
        RuntimeHelpers.PrepareDelegate(handler);
        return handler.Method.MethodHandle.GetFunctionPointer();
    }

    // Safe because: Handler is only ever set from Of(), whose delegate type has exactly this signature.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Invoke(Vcpu cpu, ref Op op) => ((delegate*<Vcpu, ref Op, void>)op.Handler)(cpu, ref op);
}

using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86;

/// <summary>Sees each instruction of an observed replay; it cannot change anything.</summary>
public interface IInstructionObserver
{
    /// <summary>The instruction at RIP is about to execute; it may still fault.</summary>
    void Executing(Vcpu cpu, ref Op op);

    /// <summary>It has retired.</summary>
    void Retired(Vcpu cpu, ref Op op);

    /// <summary>An interrupt or exception is being delivered.</summary>
    void Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external);
}

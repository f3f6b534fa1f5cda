using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>One encoded instruction at its address, with what the state generator needs to know of it.</summary>
public sealed class Instance
{
    private readonly InstructionInfoFactory factory = new();

    /// <summary>The bytes; only the first <see cref="Length"/> count.</summary>
    public byte[] Bytes { get; } = new byte[32];

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Where it is.</summary>
    public ulong Address { get; private set; }

    /// <summary>What the decoder says it is; <see cref="Code.INVALID"/> for an illegal encoding.</summary>
    public Instruction Decoded;

    /// <summary>Its memory accesses, implicit ones included.</summary>
    public List<UsedMemory> Memory { get; } = new(8);

    /// <summary>Whether the values it works on are floating point, and of which width.</summary>
    public Values.Lanes Preferred { get; private set; }

    /// <summary>Whether the instruction touches x87 or MMX state.</summary>
    public bool UsesStack { get; private set; }

    /// <summary>Whether the instruction touches vector registers.</summary>
    public bool UsesVectors { get; private set; }

    /// <summary>Bit mask of the vector registers the instruction reads or writes.</summary>
    public int Vectors { get; private set; }

    /// <summary>The code it was made for; prefixes may have made another one of it.</summary>
    public Code Target { get; private set; }

    /// <summary>Takes over an encoding.</summary>
    public void Set(Code target, ReadOnlySpan<byte> bytes, ulong address, in Instruction decoded)
    {
        Target = target;
        bytes.CopyTo(Bytes);
        Length = bytes.Length;
        Address = address;
        Decoded = decoded;
        Memory.Clear();
        if (decoded.Code == Code.INVALID)
        {
            UsesStack = UsesVectors = false;
            Vectors = 0;
            return;
        }

        Analyse();
    }

    private void Analyse()
    {
        InstructionInfo info = factory.GetInfo(Decoded);
        foreach (UsedMemory memory in info.GetUsedMemory())
        {
            Memory.Add(memory);
        }

        OpCodeInfo opCode = Decoded.Code.ToOpCode();
        Preferred = (opCode.MemorySize.GetElementTypeInfo().MemorySize, Decoded.Code.ToString()) switch
        {
            (MemorySize.Float32, _) => Values.Lanes.Single,
            (MemorySize.Float64, _) => Values.Lanes.Double,
            (MemorySize.Float16, _) => Values.Lanes.Half,
            (MemorySize.UInt8 or MemorySize.Int8, _) => Values.Lanes.Bytes,
            (MemorySize.UInt16 or MemorySize.Int16, _) => Values.Lanes.Words,
            (MemorySize.UInt32 or MemorySize.Int32, _) => Values.Lanes.Doublewords,
            _ => Values.Lanes.Quadwords,
        };
        FindRegisters(opCode, info);
    }

    private void FindRegisters(OpCodeInfo opCode, InstructionInfo info)
    {
        UsesStack = false;
        UsesVectors = opCode.Encoding != EncodingKind.Legacy;
        Vectors = 0;
        foreach (CpuidFeature feature in Decoded.Code.CpuidFeatures())
        {
            UsesStack |= feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.MMX;
            UsesVectors |= feature is CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3
                or CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2 or CpuidFeature.AES or CpuidFeature.SHA or CpuidFeature.PCLMULQDQ;
            bool all = feature is CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEC or CpuidFeature.XSAVEOPT;
            UsesStack |= all;
            UsesVectors |= all;
            Vectors |= all ? 0xFFFF : 0;
        }

        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            Vectors |= used.Register.IsVectorRegister() ? 1 << (used.Register.GetNumber() & 15) : 0;
            UsesStack |= used.Register.IsMM();
        }
    }
}

using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Makes random encodings of a given instruction: all registers, addressing forms, prefixes and immediates.</summary>
/// <remarks>Bytes come first, the decoder judges: so redundant prefixes, ignored bits and odd spellings all occur.</remarks>
public sealed class InstanceGenerator
{
    private const int Attempts = 4000;
    private readonly RandomEncoding encoding;
    private readonly byte[] trial = new byte[40];
    private readonly ByteArrayCodeReader reader;
    private readonly Decoder decoder;
    private int intended;

    private readonly CpuMode mode;

    /// <summary>Creates the generator.</summary>
    /// <param name="mode">The mode of the instructions.</param>
    public InstanceGenerator(CpuMode mode)
    {
        this.mode = mode;
        encoding = new RandomEncoding(mode);
        reader = new ByteArrayCodeReader(trial);
        decoder = Decoder.Create(mode == CpuMode.Long ? 64 : 32, reader);
    }

    /// <summary>Makes one encoding of <paramref name="code"/>, now and then with a prefix that makes it illegal.</summary>
    /// <returns>False where no try decoded to the code.</returns>
    public bool Next(ref Rng rng, Code code, Instance instance)
    {
        OpCodeInfo info = code.ToOpCode();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            encoding.Emit(ref rng, info);
            if (Decode(Arena.Code) is not { } decoded || decoded.Code != code || !Acceptable(decoded))
            {
                continue;
            }

            intended = decoded.Length;
            if (rng.Percent(3) && Spoil(ref rng) is { } spoiled)
            {
                decoded = spoiled;
            }

            ulong address = decoded.Code == Code.INVALID ? Arena.Code + 512 : PickAddress(ref rng, decoded.Length);
            if (Finish(ref rng, code, address, instance))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes one legal encoding of <paramref name="code"/> at an address.</summary>
    /// <returns>False where no try decoded to the code.</returns>
    public bool NextAt(ref Rng rng, Code code, ulong address, Instance instance)
    {
        OpCodeInfo info = code.ToOpCode();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            encoding.Emit(ref rng, info);
            if (Decode(address) is { } decoded && decoded.Code == code && Finish(ref rng, code, address, instance))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Moves the encoding made last to another address.</summary>
    public bool Again(ref Rng rng, ulong address, Instance instance) => Finish(ref rng, instance.Target, address, instance);

    /// <summary>Patches displacement and immediate so that they fit the address, and hands over.</summary>
    private bool Finish(ref Rng rng, Code code, ulong address, Instance instance)
    {
        if (Decode(address) is not { } decoded || !Acceptable(decoded))
        {
            return false;
        }

        if (decoded.Code != Code.INVALID)
        {
            ConstantOffsets offsets = decoder.GetConstantOffsets(decoded);
            Patching.Displacement(ref rng, decoded, offsets, encoding.Bytes);
            Patching.Immediate(ref rng, decoded, offsets, encoding.Bytes);
            decoded = Decode(address)!.Value;
        }

        // What is illegal here may be legal for a host: then it ends where the legal one would, and nothing random runs after it.
        int size = decoded.Code == Code.INVALID ? intended : decoded.Length;
        instance.Set(code, encoding.Bytes.AsSpan(0, Math.Min(size, 15)), address, decoded);
        return true;
    }

    private bool Acceptable(in Instruction decoded) =>
        TestedCodes.IsSafe(decoded.Code, mode) && !UsesForeignSegment(decoded) && VendorForms.ReasonAgainst(decoded, encoding.Bytes.AsSpan(0, Math.Min(encoding.Length, 15))) is null;

    // In compatibility mode FS and GS are null for a 64-bit process.
    private bool UsesForeignSegment(in Instruction decoded) =>
        mode == CpuMode.Compatibility && (decoded.SegmentPrefix is Register.FS or Register.GS);

    private static ulong PickAddress(ref Rng rng, int size) => rng.Below(40) switch
    {
        0 => Arena.Code + Arena.CodeSize - (ulong)(1 + rng.Below(size)),
        1 => Arena.Code + Arena.CodeSize - (ulong)size,
        2 or 3 => Arena.Code + Arena.Page - (ulong)(1 + rng.Below(size)),
        _ => Arena.Code + 256 + (ulong)rng.Below(Arena.CodeSize - 1024),
    };

    /// <summary>Adds a prefix or turns a VEX bit; null where the result may not run.</summary>
    private Instruction? Spoil(ref Rng rng)
    {
        int old = encoding.Length;
        Span<byte> keep = stackalloc byte[40];
        encoding.Bytes.CopyTo(keep);
        if (encoding.Bytes[0] is 0xC4 or 0xC5 && rng.Percent(50))
        {
            encoding.Bytes[1 + rng.Below(2)] ^= (byte)(1 << rng.Below(8));
        }
        else
        {
            ReadOnlySpan<byte> prefixes = [0xF0, 0xF0, 0xF0, 0xF2, 0xF3, 0x66, 0x67, 0x48];
            encoding.Bytes.AsSpan(0, 39).CopyTo(encoding.Bytes.AsSpan(1));
            encoding.Bytes[0] = prefixes[rng.Below(prefixes.Length)];
            encoding.Length++;
            intended++;
        }

        if (Decode(Arena.Code) is { } decoded && Acceptable(decoded))
        {
            return decoded;
        }

        keep.CopyTo(encoding.Bytes);
        intended -= encoding.Length - old;
        encoding.Length = old;
        return null;
    }

    private Instruction? Decode(ulong address)
    {
        encoding.Bytes.AsSpan().CopyTo(trial);
        reader.Position = 0;
        decoder.IP = address;
        decoder.Decode(out Instruction decoded);
        if (decoded.Code == Code.INVALID && decoder.LastError == DecoderError.NoMoreBytes)
        {
            return null;
        }

        return decoded;
    }
}

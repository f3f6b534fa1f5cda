using Guest.Machine.Native;
using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>Decodes guest code into blocks.</summary>
internal sealed class BlockDecoder
{
    private static readonly int[] Bitness = [16, 32, 64];
    private readonly PageCodeReader _reader = new();
    private readonly Decoder[] _decoders;
    private readonly OpBuilder _builder;
    private readonly Op[] _ops;

    internal BlockDecoder(CpuModel model, int maxOps)
    {
        _decoders = [.. Bitness.Select(bits => Decoder.Create(bits, _reader))];
        _builder = new OpBuilder(model);
        _ops = new Op[maxOps];
    }

    /// <summary>Decodes from an offset of a page up to a branch, the page's end or the largest block.</summary>
    /// <param name="hostPage">Host address of the page.</param>
    /// <param name="page">Its number.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="codeSize">0, 1, 2: 16, 32, 64 bits.</param>
    /// <param name="single">Whether to decode one instruction only.</param>
    /// <returns>Null where not even the first instruction ends inside the page.</returns>
    internal Block? Decode(nint hostPage, int page, int offset, int codeSize, bool single)
    {
        Decoder decoder = _decoders[codeSize];
        int at = offset;
        int count = 0;
        while (at < 0x1000 && count < (single ? 1 : _ops.Length))
        {
            _reader.Set(hostPage + at, 0x1000 - at);
            decoder.IP = 0;
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid && decoder.LastError == DecoderError.NoMoreBytes)
            {
                break;
            }

            bool ends = _builder.Build(instruction, hostPage + at, 0x1000 - at, codeSize, out _ops[count]);
            at += _ops[count++].Length;
            if (ends)
            {
                break;
            }
        }

        return count == 0 ? null : new Block(page, offset, at - offset, _ops.AsSpan(0, count).ToArray());
    }

    /// <summary>Decodes one instruction from bytes gathered of two pages.</summary>
    /// <returns>Null where the bytes do not suffice.</returns>
    internal Block? DecodeOne(nint bytes, int length, int codeSize)
    {
        Decoder decoder = _decoders[codeSize];
        _reader.Set(bytes, length);
        decoder.IP = 0;
        decoder.Decode(out Instruction instruction);
        if (instruction.IsInvalid && decoder.LastError == DecoderError.NoMoreBytes && length < 15)
        {
            return null;
        }

        _ = _builder.Build(instruction, bytes, length, codeSize, out _ops[0]);
        return new Block(-1, 0, _ops[0].Length, [_ops[0]]);
    }
}

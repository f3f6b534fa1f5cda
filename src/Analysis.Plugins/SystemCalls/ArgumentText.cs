using System.Globalization;
using System.Text;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Analysis.Plugins.SystemCalls;

/// <summary>The text of one argument while it is put together: the call that it belongs to, and the memory of the process.</summary>
/// <param name="memory">The process's memory as it is now; null where it has none any more.</param>
/// <param name="arguments">All arguments of the call.</param>
/// <param name="result">Its result, once it has one.</param>
/// <param name="abi">Its convention.</param>
/// <param name="most">Most bytes of a buffer, and elements of an array, that are shown.</param>
internal sealed class ArgumentText(IVirtualMemory? memory, ulong[] arguments, long? result, CallAbi abi, int most)
{
    private readonly StringBuilder _text = new();

    /// <summary>Which argument is being written.</summary>
    internal int Index { get; set; }

    /// <summary>Its value.</summary>
    internal ulong Value => arguments[Index];

    /// <summary>The result of the call; null at its entry.</summary>
    internal long? Result => result;

    /// <summary>Whether the process's pointers and words have 64 bits.</summary>
    internal bool Is64 => abi == CallAbi.X64;

    /// <summary>Bytes of a pointer.</summary>
    internal int WordSize => Is64 ? 8 : 4;

    /// <summary>Most bytes of a buffer that are shown.</summary>
    internal int Most => most;

    /// <summary>Another argument of the call.</summary>
    internal ulong Argument(int index) => arguments[index];

    /// <summary>Appends text.</summary>
    internal ArgumentText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Appends a signed number.</summary>
    internal ArgumentText Add(long number)
    {
        _text.Append(number.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>Appends an unsigned number.</summary>
    internal ArgumentText AddUnsigned(ulong number)
    {
        _text.Append(number.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>Appends a number as C writes octal ones.</summary>
    internal ArgumentText AddOctal(ulong number)
    {
        string digits = Convert.ToString((long)number, 8);
        _text.Append('0').Append(digits.PadLeft(2, '0'));
        return this;
    }

    /// <summary>Appends a number as C writes hexadecimal ones.</summary>
    internal ArgumentText AddHex(ulong number)
    {
        _text.Append(number == 0 ? "0" : "0x" + number.ToString("x", CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>Appends an address.</summary>
    internal ArgumentText AddPointer(ulong address) => address == 0 ? Add("NULL") : AddHex(address);

    /// <summary>Reads the process's memory.</summary>
    internal bool TryRead(ulong address, Span<byte> bytes) => memory is not null && address != 0 && memory.TryRead(new GuestVirtual(address), bytes);

    /// <summary>Reads the process's memory as far as it goes.</summary>
    internal int ReadUpTo(ulong address, Span<byte> bytes) => memory is null || address == 0 ? 0 : memory.ReadUpTo(new GuestVirtual(address), bytes);

    /// <summary>Reads a structure; where that cannot be done, or the call has failed to fill it in, appends its address.</summary>
    /// <returns>Null where the address was appended.</returns>
    internal byte[]? ReadOrPointer(ulong address, int size)
    {
        byte[] bytes = new byte[size];
        if (!Errno.Is(result ?? 0) && TryRead(address, bytes))
        {
            return bytes;
        }

        AddPointer(address);
        return null;
    }

    /// <summary>Takes what was put together, and begins anew.</summary>
    internal string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}

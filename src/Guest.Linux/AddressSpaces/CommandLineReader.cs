using System.Text;
using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>Reads what processes were started with, from their own memory (<c>get_mm_cmdline()</c>, fs/proc/base.c).</summary>
internal sealed class CommandLineReader
{
    private const int MostBytes = 1 << 17;

    private readonly KernelMemory _memory;
    private readonly KernelField _start;
    private readonly KernelField _end;
    private readonly KernelField _environmentStart;
    private readonly KernelField _environmentEnd;

    public CommandLineReader(LinuxKernel kernel)
    {
        _memory = kernel.Memory;
        _start = kernel.Types.Field("mm_struct", "arg_start");
        _end = kernel.Types.Field("mm_struct", "arg_end");
        _environmentStart = kernel.Types.Field("mm_struct", "env_start");
        _environmentEnd = kernel.Types.Field("mm_struct", "env_end");
    }

    /// <summary>The arguments of a process, cut after 128 KiB; null where they cannot be read.</summary>
    public string[]? Read(AddressSpace space)
    {
        bool read = true;
        ulong mm = space.Address.Value;
        ulong start = _memory.Read(mm, _start, ref read);
        ulong end = _memory.Read(mm, _end, ref read);
        if (!read || end < start)
        {
            return null;
        }

        byte[] bytes = new byte[Math.Min(end - start, MostBytes)];
        if (bytes.Length == 0 || space.ReadUpTo(new GuestVirtual(start), bytes) < bytes.Length)
        {
            return bytes.Length == 0 ? [] : null;
        }

        // A process that overwrites its arguments with a title may go on into its environment.
        return bytes[^1] == 0 ? Split(bytes) : [ReadTitle(space, mm, start, end)];
    }

    private string ReadTitle(AddressSpace space, ulong mm, ulong start, ulong end)
    {
        bool read = true;
        ulong environment = _memory.Read(mm, _environmentStart, ref read);
        ulong environmentEnd = _memory.Read(mm, _environmentEnd, ref read);
        ulong limit = read && environment == end && environmentEnd >= environment ? environmentEnd : end;
        byte[] bytes = new byte[Math.Min(limit - start, MostBytes)];
        ReadOnlySpan<byte> text = bytes.AsSpan(0, space.ReadUpTo(new GuestVirtual(start), bytes));
        int zero = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(zero < 0 ? text : text[..zero]);
    }

    private static string[] Split(ReadOnlySpan<byte> bytes)
    {
        List<string> arguments = [];
        while (!bytes.IsEmpty)
        {
            int zero = bytes.IndexOf((byte)0);
            arguments.Add(Encoding.UTF8.GetString(bytes[..zero]));
            bytes = bytes[(zero + 1)..];
        }

        return [.. arguments];
    }
}

using Guest.Machine.Native;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <content>The elements of each instruction, and how many are done at once in host memory.</content>
internal static partial class Strings
{
    // The lowest offset of a run of elements that begins at a register and goes up or down.
    private static ulong Lowest<T>(ulong register, ref Op op, int count, bool down)
        where T : struct, IWidth => AddressSize.Cut(register, op.AddressBits) - (down ? (ulong)((count - 1) * T.Bytes) : 0);

    private static bool TrySource<T>(Vcpu cpu, ref Op op, int count, bool down, out nint host)
        where T : struct, IWidth =>
        cpu.TryHostRange((SegmentName)op.Segment, Lowest<T>(cpu.State.Rsi, ref op, count, down), count * T.Bytes, AccessKind.Read, out host);

    private static bool TryDestination<T>(Vcpu cpu, ref Op op, int count, bool down, AccessKind kind, out nint host)
        where T : struct, IWidth =>
        cpu.TryHostRange(SegmentName.Es, Lowest<T>(cpu.State.Rdi, ref op, count, down), count * T.Bytes, kind, out host);

    private static ulong Get<T>(nint host)
        where T : struct, IWidth => T.Bytes switch
        {
            1 => Raw.Load<byte>(host),
            2 => Raw.Load<ushort>(host),
            4 => Raw.Load<uint>(host),
            _ => Raw.Load<ulong>(host),
        };

    private static void Put<T>(nint host, ulong value)
        where T : struct, IWidth
    {
        switch (T.Bytes)
        {
            case 1: Raw.Store(host, (byte)value); break;
            case 2: Raw.Store(host, (ushort)value); break;
            case 4: Raw.Store(host, (uint)value); break;
            default: Raw.Store(host, value); break;
        }
    }

    private readonly struct Move : IStringOperation
    {
        public static bool HasSource => true;

        public static bool HasDestination => true;

        public static bool Compares => false;

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth
        {
            ulong value = T.Load(cpu, SourceAddress<T>(cpu, ref op));
            T.Store(cpu, DestinationAddress<T>(cpu, ref op, write: true), value);
        }

        public static int Bulk<T>(Vcpu cpu, ref Op op, int count, bool down, ref StringComparands compared)
            where T : struct, IWidth
        {
            if (!TrySource<T>(cpu, ref op, count, down, out nint source)
                || !TryDestination<T>(cpu, ref op, count, down, AccessKind.Write, out nint destination))
            {
                return 0;
            }

            int bytes = count * T.Bytes;
            bool replicates = down
                ? destination < source && source < destination + bytes
                : source < destination && destination < source + bytes;
            if (!replicates)
            {
                Raw.Span(source, bytes).CopyTo(Raw.Span(destination, bytes));
                return count;
            }

            // Elements written are read again further on: one after the other, as the processor does.
            int at = down ? bytes - T.Bytes : 0;
            int step = down ? -T.Bytes : T.Bytes;
            for (int i = 0; i < count; i++, at += step)
            {
                Put<T>(destination + at, Get<T>(source + at));
            }

            return count;
        }
    }

    private readonly struct Store : IStringOperation
    {
        public static bool HasSource => false;

        public static bool HasDestination => true;

        public static bool Compares => false;

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth => T.Store(cpu, DestinationAddress<T>(cpu, ref op, write: true), cpu.State.Rax);

        public static int Bulk<T>(Vcpu cpu, ref Op op, int count, bool down, ref StringComparands compared)
            where T : struct, IWidth
        {
            if (!TryDestination<T>(cpu, ref op, count, down, AccessKind.Write, out nint destination))
            {
                return 0;
            }

            ulong value = cpu.State.Rax;
            switch (T.Bytes)
            {
                case 1: Raw.Span(destination, count).Fill((byte)value); break;
                case 2: Raw.Span<ushort>(destination, count).Fill((ushort)value); break;
                case 4: Raw.Span<uint>(destination, count).Fill((uint)value); break;
                default: Raw.Span<ulong>(destination, count).Fill(value); break;
            }

            return count;
        }
    }

    private readonly struct Load : IStringOperation
    {
        public static bool HasSource => true;

        public static bool HasDestination => false;

        public static bool Compares => false;

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth => T.Set(ref cpu.State, Rax, T.Load(cpu, SourceAddress<T>(cpu, ref op)));
    }

    private readonly struct Scan : IStringOperation
    {
        public static bool HasSource => false;

        public static bool HasDestination => true;

        public static bool Compares => true;

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth
        {
            compared.Second = T.Load(cpu, DestinationAddress<T>(cpu, ref op, write: false));
            compared.First = T.Get(ref cpu.State, Rax);
        }

        public static int Bulk<T>(Vcpu cpu, ref Op op, int count, bool down, ref StringComparands compared)
            where T : struct, IWidth
        {
            if (!TryDestination<T>(cpu, ref op, count, down, AccessKind.Read, out nint host))
            {
                return 0;
            }

            compared.First = T.Get(ref cpu.State, Rax);
            int at = down ? (count - 1) * T.Bytes : 0;
            int step = down ? -T.Bytes : T.Bytes;
            int done = 0;
            do
            {
                compared.Second = Get<T>(host + at);
                at += step;
                done++;
            }
            while (done < count && !Ends(ref op, compared));
            return done;
        }
    }

    private readonly struct Compare : IStringOperation
    {
        public static bool HasSource => true;

        public static bool HasDestination => true;

        public static bool Compares => true;

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth
        {
            ulong first = T.Load(cpu, SourceAddress<T>(cpu, ref op));
            compared.Second = T.Load(cpu, DestinationAddress<T>(cpu, ref op, write: false));
            compared.First = first;
        }

        public static int Bulk<T>(Vcpu cpu, ref Op op, int count, bool down, ref StringComparands compared)
            where T : struct, IWidth
        {
            if (!TrySource<T>(cpu, ref op, count, down, out nint source)
                || !TryDestination<T>(cpu, ref op, count, down, AccessKind.Read, out nint destination))
            {
                return 0;
            }

            int at = down ? (count - 1) * T.Bytes : 0;
            int step = down ? -T.Bytes : T.Bytes;
            int done = 0;
            do
            {
                compared.First = Get<T>(source + at);
                compared.Second = Get<T>(destination + at);
                at += step;
                done++;
            }
            while (done < count && !Ends(ref op, compared));
            return done;
        }
    }

    private readonly struct Input : IStringOperation
    {
        public static bool HasSource => false;

        public static bool HasDestination => true;

        public static bool Compares => false;

        public static void Check<T>(Vcpu cpu)
            where T : struct, IWidth => cpu.CheckPort((ushort)cpu.State.Rdx, T.Bytes);

        // The port is read only where the store cannot fault any more.
        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth
        {
            ulong address = DestinationAddress<T>(cpu, ref op, write: true);
            cpu.ProbeWrite(address, T.Bytes);
            T.Store(cpu, address, cpu.Bus.ReadPort((ushort)cpu.State.Rdx, T.Bytes));
        }
    }

    private readonly struct Output : IStringOperation
    {
        public static bool HasSource => true;

        public static bool HasDestination => false;

        public static bool Compares => false;

        public static void Check<T>(Vcpu cpu)
            where T : struct, IWidth => cpu.CheckPort((ushort)cpu.State.Rdx, T.Bytes);

        public static void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
            where T : struct, IWidth
        {
            ulong value = T.Load(cpu, SourceAddress<T>(cpu, ref op));
            cpu.Bus.WritePort((ushort)cpu.State.Rdx, T.Bytes, (uint)value);
        }
    }
}

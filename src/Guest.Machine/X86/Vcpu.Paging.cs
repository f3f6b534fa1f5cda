using Guest.Machine.Memory;
using Guest.Machine.Native;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Address translation (Intel SDM 3A chapter 4): the walk, its faults, and what is derived from it.</content>
public sealed partial class Vcpu
{
    private const uint FaultPresent = 1;
    private const uint FaultWrite = 2;
    private const uint FaultUser = 4;
    private const uint FaultReserved = 8;
    private const uint FaultFetch = 16;

    // Entries used by the walk in progress: host address (0 if not RAM) and value, for the accessed and dirty bits.
    private readonly nint[] _walkHosts = new nint[5];
    private readonly ulong[] _walkEntries = new ulong[5];
    private int _walkDepth;
    private bool _walkWide;

    /// <summary>Translates a linear address with the privilege in force, sets accessed and dirty bits, and remembers the right.</summary>
    /// <exception cref="GuestFaultException">#PF, or #GP/#SS for an address that is not canonical.</exception>
    internal ulong Translate(ulong address, AccessKind kind)
    {
        if (!TryTranslate(address, kind, out ulong physical))
        {
            throw _fault;
        }

        return physical;
    }

    /// <summary>As <see cref="Translate"/>; where the access faults, <see cref="_fault"/> says how, and nothing is raised.</summary>
    internal bool TryTranslate(ulong address, AccessKind kind, out ulong physical)
    {
        AccessMode mode = State.Mode;
        if (kind != AccessKind.Fetch && _tlb.TryFind(mode, address, SpaceOf(address).Id, kind == AccessKind.Write, out nint host))
        {
            int ram = Memory.PageOf(host);
            if (!Acquire(ram, kind, (int)(address & 0xFFF)))
            {
                physical = 0;
                return false;
            }

            _tlb.Renew(mode, address & ~0xFFFUL, SpaceOf(address).Id, MayWrite(ram));
            physical = GuestMemory.AddressOf(ram).Value | (address & 0xFFF);
            return true;
        }

        bool allowed = TryWalk(address, kind, mode, out PageWalk walk);
        physical = walk.Physical;
        return allowed && Remember(address, walk, kind, mode);
    }

    /// <summary>The page fault that refused the last <see cref="TryAllow"/>, if one did.</summary>
    internal GuestFaultException? PendingPageFault { get; private set; }

    /// <summary>Whether emitted code may access an address directly: translates it and gives the TLB the right.</summary>
    internal bool TryAllow(ulong address, AccessKind kind)
    {
        bool allowed = TryTranslate(address, kind, out _);
        PendingPageFault = !allowed && _fault.Vector == Vector.PF ? _fault : null;

        // Devices, watched pages and pages that must not be written without ceremony have no right even now.
        return allowed && TrySpan(address, 1, kind, out _);
    }

    /// <summary>Times that the TLB lost a right.</summary>
    internal long Revocations => _tlb.Revocations;

    /// <summary>Whether the byte at a linear code address may be fetched, as far as paging is concerned; where not, the fault is pending.</summary>
    /// <remarks>A process start has hundreds of these faults, and an exception costs more than all else that they need.</remarks>
    internal bool TryAllowFetch(ulong address)
    {
        ref CpuState s = ref State;
        if (_tlb.TryFetch(s.Cpl == 3, address, out _))
        {
            return true;
        }

        bool allowed = TryTranslateFetch(address, out _);
        PendingPageFault = !allowed && _fault.Vector == Vector.PF ? _fault : null;
        return PendingPageFault is null;
    }

    /// <summary>Where a code address stands, if the right to fetch it is remembered.</summary>
    internal bool KnowsFetch(bool user, ulong address, out nint host) => _tlb.TryFetch(user, address, out host);

    // As TryTranslate, with the privilege of fetches: the data accesses' may be another one.
    private bool TryTranslateFetch(ulong address, out ulong physical)
    {
        ref CpuState s = ref State;
        AccessMode mode = s.Mode;
        s.Mode = s.Cpl == 3 ? AccessMode.User : AccessMode.Supervisor;
        try
        {
            return TryTranslate(address, AccessKind.Fetch, out physical);
        }
        finally
        {
            s.Mode = mode;
        }
    }

    /// <summary>Translates without raising a fault, setting a bit or remembering anything (debuggers, observers).</summary>
    /// <returns>False where nothing is mapped.</returns>
    public bool TryTranslate(GuestVirtual address, out GuestPhysical physical)
    {
        physical = default;
        if ((State.Cr0 & Cr0Pg) == 0)
        {
            physical = new GuestPhysical(address.Value);
            return true;
        }

        if (!IsCanonical(address.Value) || !ReadEntries(address.Value, out ulong mapped, out _, out _, out bool reserved) || reserved)
        {
            return false;
        }

        physical = new GuestPhysical(mapped);
        return true;
    }

    /// <summary>Whether the address is canonical for the paging mode (always so outside long mode).</summary>
    internal bool IsCanonical(ulong address)
    {
        ref CpuState s = ref State;
        if ((s.Efer & EferLma) == 0)
        {
            return true;
        }

        int unused = (s.Cr4 & Cr4La57) != 0 ? 7 : 16;
        return (ulong)((long)(address << unused) >> unused) == address;
    }

    private bool TryWalk(ulong address, AccessKind kind, AccessMode mode, out PageWalk walk)
    {
        ref CpuState s = ref State;
        walk = new PageWalk(address, true, true, true);
        if ((s.Cr0 & Cr0Pg) == 0)
        {
            _walkDepth = 0;
            return true;
        }

        if (!IsCanonical(address))
        {
            return Refuse(IsStackAccess(address) ? Vector.SS : Vector.GP, 0);
        }

        bool user = mode == AccessMode.User;
        bool mapped = ReadEntries(address, out ulong physical, out ulong rights, out bool noExecute, out bool reserved);
        if (!mapped || reserved)
        {
            return RefusePage(address, kind, user, reserved ? FaultPresent | FaultReserved : 0);
        }

        bool userPage = (rights & User) != 0;
        bool smap = (s.Cr4 & Cr4Smap) != 0 && mode != AccessMode.SupervisorAc;
        bool read = user ? userPage : !(userPage && smap);
        bool write = read && ((rights & Writable) != 0 || (!user && (s.Cr0 & Cr0Wp) == 0));
        bool fetch = !noExecute && (user ? userPage : !(userPage && (s.Cr4 & Cr4Smep) != 0));
        if (!(kind == AccessKind.Read ? read : kind == AccessKind.Write ? write : fetch))
        {
            return RefusePage(address, kind, user, FaultPresent);
        }

        if (_isAlone && !HasAccessedDirty(kind == AccessKind.Write))
        {
            return NeedsGate();
        }

        bool dirty = SetAccessedDirty(kind == AccessKind.Write);
        walk = new PageWalk(physical, read, write && dirty, fetch);
        return true;
    }

    // Gives the TLB what this walk proved. Only RAM is remembered; the first level gets write rights only to pages without ceremony. False: not alone.
    private bool Remember(ulong address, in PageWalk walk, AccessKind kind, AccessMode mode)
    {
        if (!Memory.TryHost(walk.Physical & ~0xFFFUL, out nint host))
        {
            return !_isAlone || NeedsGate();
        }

        int ram = Memory.PageOf(host);
        if (!Acquire(ram, kind, (int)(address & 0xFFF)))
        {
            return false;
        }

        ulong page = address & ~0xFFFUL;
        if (kind == AccessKind.Fetch)
        {
            _tlb.FillFetch(mode == AccessMode.User, page, host);
            if (_walkDepth != 0)
            {
                NoteFetched();
            }
        }
        else if (!IsWatched(page))
        {
            _tlb.Fill(mode, page, host, walk.Readable, walk.WritableNow, MayWrite(ram), SpaceOf(address).Id);
        }

        return true;
    }

    /// <summary>Reads the entries that map an address.</summary>
    /// <returns>Whether all are present.</returns>
    private bool ReadEntries(ulong address, out ulong physical, out ulong rights, out bool noExecute, out bool reserved)
    {
        ref CpuState s = ref State;
        _walkDepth = 0;
        _walkWide = (s.Cr4 & Cr4Pae) != 0;
        if (!_walkWide)
        {
            return ReadEntries32(address, out physical, out rights, out noExecute, out reserved);
        }

        bool longMode = (s.Efer & EferLma) != 0;
        ulong allowed = (s.Efer & EferNxe) != 0 ? NoExecute : 0;
        rights = Writable | User;
        noExecute = false;
        reserved = false;
        physical = 0;
        int level = longMode ? ((s.Cr4 & Cr4La57) != 0 ? 5 : 4) : 2;
        int depth = 0;
        ulong table = s.Cr3 & AddressMask;
        if (!longMode)
        {
            ulong pointer = Pdpte((int)(address >> 30) & 3);
            if ((pointer & Present) == 0)
            {
                return false;
            }

            table = pointer & AddressMask;
        }

        for (; ; level--)
        {
            int shift = 12 + (9 * (level - 1));
            ulong entry = ReadEntry(table + (((address >> shift) & 511) * 8), level, address, longMode && depth == 0);
            depth++;
            if ((entry & Present) == 0)
            {
                return false;
            }

            bool leaf = level == 1 || (level <= 3 && (entry & Large) != 0);
            reserved |= (entry & ReservedBits(level, leaf, longMode) & ~allowed) != 0;
            if (reserved)
            {
                return false;
            }

            rights &= entry;
            noExecute |= (entry & NoExecute) != 0;
            ulong offset = (1UL << shift) - 1;
            if (leaf)
            {
                physical = (entry & AddressMask & ~offset) | (address & offset);
                return true;
            }

            table = entry & AddressMask;
        }
    }

    private static ulong ReservedBits(int level, bool leaf, bool longMode)
    {
        ulong high = longMode ? ((1UL << 52) - 1) & ~((1UL << PhysicalBits) - 1) : ((1UL << 63) - 1) & ~((1UL << PhysicalBits) - 1);
        ulong bits = NoExecute | high;
        if (leaf && level > 1)
        {
            return bits | (((1UL << (12 + (9 * (level - 1)))) - 1) & ~0x1FFFUL);
        }

        return level >= 4 ? bits | Large : bits;
    }

    private bool ReadEntries32(ulong address, out ulong physical, out ulong rights, out bool noExecute, out bool reserved)
    {
        ref CpuState s = ref State;
        noExecute = false;
        reserved = false;
        physical = 0;
        rights = 0;
        ulong directory = ReadEntry32((s.Cr3 & 0xFFFF_F000) + (((address >> 22) & 1023) * 4));
        if ((directory & Present) == 0)
        {
            return false;
        }

        if ((directory & Large) != 0 && (s.Cr4 & Cr4Pse) != 0)
        {
            // PSE-36: bits 13 to 20 of the entry are bits 32 to 39 of the address; bit 21 is reserved.
            reserved = (directory & (1 << 21)) != 0;
            rights = directory;
            physical = (directory & 0xFFC0_0000) | (((directory >> 13) & 0xFF) << 32) | (address & 0x3F_FFFF);
            return !reserved;
        }

        ulong entry = ReadEntry32((directory & 0xFFFF_F000) + (((address >> 12) & 1023) * 4));
        rights = directory & entry;
        physical = (entry & 0xFFFF_F000) | (address & 0xFFF);
        return (entry & Present) != 0;
    }

    // An entry outside RAM reads as the bus does where nothing answers: all ones.
    private ulong ReadEntry(ulong physical, int level, ulong address, bool root)
    {
        ulong entry = ulong.MaxValue;
        bool ram = Memory.TryHost(physical, out nint host);
        if (_isAlone && !(ram && IsNoted(Memory.PageOf(host), level, address, root)))
        {
            _ = NeedsGate();
            return Note(0, 0);
        }

        if (ram)
        {
            _ = Acquire(Memory.PageOf(host), AccessKind.Read);
            entry = Raw.Load<ulong>(host);
            NoteWalked(Memory.PageOf(host), (int)(physical & 0xFFF) / 8, entry, level, address, root);
        }

        return Note(ram ? host : 0, entry);
    }

    private ulong ReadEntry32(ulong physical)
    {
        ulong entry = uint.MaxValue;
        bool ram = Memory.TryHost(physical, out nint host);
        if (ram)
        {
            _ = Acquire(Memory.PageOf(host), AccessKind.Read);
            entry = Raw.Load<uint>(host);
            NoteWalked32(Memory.PageOf(host));
        }

        return Note(ram ? host : 0, entry);
    }

    private ulong Note(nint host, ulong entry)
    {
        _walkHosts[_walkDepth] = host;
        _walkEntries[_walkDepth] = entry;
        _walkDepth++;
        return entry;
    }

    /// <summary>Sets the accessed bit in every entry of the walk and, for a write, the dirty bit in the last.</summary>
    /// <returns>Whether the dirty bit is set.</returns>
    private bool SetAccessedDirty(bool write)
    {
        for (int i = 0; i < _walkDepth; i++)
        {
            bool last = i == _walkDepth - 1;
            ulong wanted = _walkEntries[i] | Accessed | (last && write ? Dirty : 0);
            if (wanted != _walkEntries[i] && _walkHosts[i] != 0)
            {
                _ = Acquire(Memory.PageOf(_walkHosts[i]), AccessKind.Write);
                NoteActed();
                Memory.WriteAccessedDirty(_walkHosts[i], wanted, _walkWide ? 8 : 4);
                _walkEntries[i] = wanted;
            }
        }

        return (_walkEntries[_walkDepth - 1] & Dirty) != 0;
    }

    private ulong Pdpte(int index) => index switch
    {
        0 => State.Pdpte0,
        1 => State.Pdpte1,
        2 => State.Pdpte2,
        _ => State.Pdpte3,
    };

    private bool RefusePage(ulong address, AccessKind kind, bool user, uint code)
    {
        ref CpuState s = ref State;
        bool fetchBit = kind == AccessKind.Fetch && ((s.Cr4 & Cr4Smep) != 0 || ((s.Efer & EferNxe) != 0 && (s.Cr4 & Cr4Pae) != 0));
        _fault.LinearAddress = address;
        return Refuse(Vector.PF, code | (kind == AccessKind.Write ? FaultWrite : 0) | (user ? FaultUser : 0) | (fetchBit ? FaultFetch : 0));
    }

    // Notes a fault without raising it.
    private bool Refuse(Vector vector, uint errorCode)
    {
        _fault.Vector = vector;
        _fault.ErrorCode = errorCode;
        _fault.Trap = false;
        _fault.DebugStatus = 0;
        return false;
    }
}

using System.Text;
using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Files;

/// <summary>Puts a file's path together from the kernel's directory entries and mounts (<c>fs/d_path.c</c>).</summary>
internal sealed class PathReader
{
    private const int MostSteps = 4096;
    private const int LongestName = 255; // NAME_MAX
    private const ulong KernelMount = 1 << 22; // SB_KERNMOUNT, include/linux/fs.h

    private readonly KernelMemory _memory;
    private readonly KernelField _parent;
    private readonly KernelField _name;
    private readonly KernelField _nameLength;
    private readonly KernelField _hashed;
    private readonly KernelField _inode;
    private readonly KernelField _superblock;
    private readonly KernelField _superFlags;
    private readonly KernelPath _fileSystem;
    private readonly KernelField _inodeNumber;
    private readonly KernelField _mountRoot;
    private readonly KernelField _mountParent;
    private readonly KernelField _mountPoint;
    private readonly ulong _mountInside;

    public PathReader(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _parent = types.Field("dentry", "d_parent");
        _name = types.Field("dentry", "d_name.name");
        _nameLength = types.Field("dentry", "d_name.len");
        _hashed = types.Field("dentry", "d_hash.pprev");
        _inode = types.Field("dentry", "d_inode");
        _superblock = types.Field("dentry", "d_sb");
        _superFlags = types.Field("super_block", "s_flags");
        _fileSystem = KernelPath.Of(types, "super_block.s_type.name");
        _inodeNumber = types.Field("inode", "i_ino");
        _mountRoot = types.Field("vfsmount", "mnt_root");
        _mountParent = types.Field("mount", "mnt_parent");
        _mountPoint = types.Field("mount", "mnt_mountpoint");
        _mountInside = (ulong)types.Field("mount", "mnt").Offset;
    }

    /// <summary>The path of a file.</summary>
    /// <param name="mount">Its <c>struct vfsmount</c>.</param>
    /// <param name="entry">Its <c>struct dentry</c>.</param>
    /// <returns>Null where it cannot be read.</returns>
    public string? Read(ulong mount, ulong entry)
    {
        bool read = true;
        ulong superblock = _memory.Read(entry, _superblock, ref read);
        ulong flags = _memory.Read(superblock, _superFlags, ref read);
        if (!read)
        {
            return null;
        }

        return (flags & KernelMount) != 0 ? NameWithoutPath(entry, superblock) : Walk(unchecked(mount - _mountInside), entry);
    }

    // prepend_path(): up to the root of the mount, then on from where it is mounted.
    private string? Walk(ulong mount, ulong entry)
    {
        bool isDeleted = IsDeleted(entry);
        List<string> names = [];
        for (int step = 0; step < MostSteps; step++)
        {
            bool read = true;
            ulong root = _memory.Read(unchecked(mount + _mountInside), _mountRoot, ref read);
            if (entry == root)
            {
                ulong parentMount = _memory.Read(mount, _mountParent, ref read);
                entry = _memory.Read(mount, _mountPoint, ref read);
                if (!read || parentMount == mount)
                {
                    names.Reverse();
                    return read ? $"/{string.Join('/', names)}{(isDeleted ? " (deleted)" : string.Empty)}" : null;
                }

                mount = parentMount;
                continue;
            }

            ulong parent = _memory.Read(entry, _parent, ref read);
            if (!read || parent == entry || NameOf(entry) is not { } name)
            {
                return null;
            }

            names.Add(name);
            entry = parent;
        }

        return null;
    }

    // Files of file systems that are mounted nowhere: pipes, sockets, event descriptors, shared memory.
    private string? NameWithoutPath(ulong entry, ulong superblock)
    {
        bool read = true;
        ulong inode = _memory.Read(entry, _inode, ref read);
        ulong number = _memory.Read(inode, _inodeNumber, ref read);
        if (!read || !_fileSystem.TryRead(_memory, new GuestVirtual(superblock), out ulong text) || _memory.ReadText(new GuestVirtual(text), LongestName) is not { } kind)
        {
            return null;
        }

        return kind switch
        {
            "pipefs" => $"pipe:[{number}]",
            "sockfs" => $"socket:[{number}]",
            "anon_inodefs" => $"anon_inode:{NameOf(entry)}",
            "tmpfs" or "hugetlbfs" or "rootfs" or "ramfs" => $"/{NameOf(entry)} (deleted)",
            _ => $"{kind}:[{number}]",
        };
    }

    private string? NameOf(ulong entry)
    {
        bool read = true;
        ulong text = _memory.Read(entry, _name, ref read);
        uint length = (uint)_memory.Read(entry, _nameLength, ref read);
        Span<byte> bytes = stackalloc byte[LongestName];
        return read && length is > 0 and <= LongestName && _memory.TryRead(text, bytes[..(int)length]) ? Encoding.UTF8.GetString(bytes[..(int)length]) : null;
    }

    // d_unlinked(): out of the hash table of names, and not a root.
    private bool IsDeleted(ulong entry)
    {
        bool read = true;
        return _memory.Read(entry, _hashed, ref read) == 0 && _memory.Read(entry, _parent, ref read) != entry && read;
    }
}

using Guest.Linux.Memory;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Files;

/// <summary>Reads open and mapped files out of the guest's kernel.</summary>
public sealed class FileReader
{
    /// <summary>What stands for the path of a file that has none that can be read.</summary>
    public const string UnknownPath = "(unknown)";

    private readonly KernelMemory _memory;
    private readonly PathReader _paths;
    private readonly PageCache _pages;
    private readonly DescriptorReader _descriptors;
    private readonly KernelField _mount;
    private readonly KernelField _entry;
    private readonly KernelField _inode;
    private readonly KernelField _mapping;
    private readonly KernelField _host;
    private readonly KernelField _size;
    private readonly KernelField _number;
    private readonly KernelField _generation;
    private readonly KernelField _superblock;
    private readonly KernelField _device;
    private readonly KernelField _modified;
    private readonly KernelField _modifiedNanoseconds;

    internal FileReader(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _paths = new PathReader(kernel);
        _pages = new PageCache(kernel);
        _descriptors = new DescriptorReader(kernel, this);
        _mount = types.Field("file", "f_path.mnt");
        _entry = types.Field("file", "f_path.dentry");
        _inode = types.Field("file", "f_inode");
        _mapping = types.Field("file", "f_mapping");
        _host = types.Field("address_space", "host");
        _size = types.Field("inode", "i_size");
        _number = types.Field("inode", "i_ino");
        _generation = types.Field("inode", "i_generation");
        _superblock = types.Field("inode", "i_sb");
        _device = types.Field("super_block", "s_dev");
        _modified = types.FieldOfAny("inode", "i_mtime_sec", "i_mtime.tv_sec", "__i_mtime.tv_sec");
        _modifiedNanoseconds = types.FieldOfAny("inode", "i_mtime_nsec", "i_mtime.tv_nsec", "__i_mtime.tv_nsec");
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its <c>struct file</c>.</param>
    /// <returns>Null where there is none.</returns>
    public GuestFile? Read(GuestVirtual file)
    {
        bool read = true;
        ulong mount = _memory.Read(file.Value, _mount, ref read);
        ulong entry = _memory.Read(file.Value, _entry, ref read);
        ulong inode = _memory.Read(file.Value, _inode, ref read);
        ulong mapping = _memory.Read(file.Value, _mapping, ref read);
        FileIdentity identity = ReadIdentity(inode, ref read);
        return read ? new GuestFile(_pages, identity, _paths.Read(mount, entry) ?? UnknownPath, mapping, identity.Size) : null;
    }

    /// <summary>Whether the kernel still holds a file that was found at another time where it was, so that its pages are that file's.</summary>
    public bool IsStillThere(GuestFile file)
    {
        bool read = true;
        ulong inode = _memory.Read(file.Mapping, _host, ref read);
        return ReadIdentity(inode, ref read) == file.Identity && read;
    }

    /// <summary>The file descriptors of a task, ascending.</summary>
    public Listing<OpenFile> OpenedBy(GuestTask task) => _descriptors.Read(task.Address);

    private FileIdentity ReadIdentity(ulong inode, ref bool read)
    {
        ulong superblock = _memory.Read(inode, _superblock, ref read);
        return new FileIdentity(
            (uint)_memory.Read(superblock, _device, ref read),
            _memory.Read(inode, _number, ref read),
            (uint)_memory.Read(inode, _generation, ref read),
            _memory.Read(inode, _size, ref read),
            (long)_memory.Read(inode, _modified, ref read),
            (uint)_memory.Read(inode, _modifiedNanoseconds, ref read));
    }
}

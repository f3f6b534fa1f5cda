namespace Guest.Linux.Tests.Crafted;

/// <summary>Address spaces, files and pages in a crafted kernel.</summary>
internal sealed class CraftedSpaces : IDisposable
{
    public const int LeafKind = 1;
    public const int RangeKind = 2;
    public const int AllocationKind = 3;
    private const int PageBytes = 64;
    private readonly ulong _pages;

    public CraftedSpaces(int seed)
    {
        Tasks = new CraftedTasks(seed, types: Declare);
        Kernel = Tasks.Kernel;
        Space = Kernel.New("mm_struct");
        Tables = Kernel.NewTables();
        Kernel.Set(Space, "mm_struct.pgd", Tables + CraftedKernel.DirectMap);
        Kernel.Write64(Kernel.Variable("vmemmap_base", 8), _pages = Kernel.Allocate((32 << 20 >> 12) * PageBytes, PageBytes));
        FileSystem = Kernel.New("super_block");
        ulong kind = Kernel.New("file_system_type");
        Kernel.Set(kind, "file_system_type.name", Kernel.NewText("ext4"));
        Kernel.Set(FileSystem, "super_block.s_type", kind);
        Kernel.Set(FileSystem, "super_block.s_dev", (8 << 20) | 1);
        Root = NewEntry("/", 0, 2);
        Kernel.Set(Root, "dentry.d_parent", Root);
        Mount = NewMount(Root, 0, 0);
    }

    public CraftedTasks Tasks { get; }

    public CraftedKernel Kernel { get; }

    /// <summary>An <c>mm_struct</c>.</summary>
    public ulong Space { get; }

    /// <summary>Its page tables.</summary>
    public ulong Tables { get; }

    public ulong FileSystem { get; }

    /// <summary>The root directory.</summary>
    public ulong Root { get; }

    /// <summary>The first mount.</summary>
    public ulong Mount { get; }

    public void SetTree(ulong root) => Kernel.Write64(Kernel.AddressOf(Space, "mm_struct.mm_mt") + (ulong)Kernel.Types.PlaceOf("maple_tree.ma_root"), root | 2);

    /// <summary>Makes a maple node and gives the pointer to it as slots hold it.</summary>
    public ulong Node(int kind, ulong max, params (ulong Last, ulong Value)[] slots)
    {
        string type = kind == AllocationKind ? "maple_arange_64" : "maple_range_64";
        ulong node = Kernel.Allocate(256, 256);
        int pivots = kind == AllocationKind ? 9 : 15;
        for (int i = 0; i < slots.Length; i++)
        {
            Kernel.Write64(Kernel.AddressOf(node, $"{type}.slot") + (ulong)(i * 8), slots[i].Value);
            if (i < pivots && slots[i].Last != max)
            {
                Kernel.Write64(Kernel.AddressOf(node, $"{type}.pivot") + (ulong)(i * 8), slots[i].Last);
            }
        }

        // Metadata shares its place with the last slot of a range node, and is written only where that is free.
        if (kind == AllocationKind || slots.Length <= pivots)
        {
            Kernel.WriteBytes(Kernel.AddressOf(node, $"{type}.meta"), [(byte)(slots.Length - 1)]);
        }

        return node | ((ulong)kind << 3) | 4;
    }

    public ulong Area(ulong start, ulong end, ulong flags, ulong file = 0, ulong page = 0)
    {
        ulong area = Kernel.New("vm_area_struct");
        Kernel.Set(area, "vm_area_struct.vm_start", start);
        Kernel.Set(area, "vm_area_struct.vm_end", end);
        Kernel.Set(area, "vm_area_struct.vm_flags", flags);
        Kernel.Set(area, "vm_area_struct.vm_file", file);
        Kernel.Set(area, "vm_area_struct.vm_pgoff", page);
        Kernel.Set(area, "vm_area_struct.vm_mm", Space);
        return area;
    }

    public ulong NewMount(ulong root, ulong parent, ulong at)
    {
        ulong mount = Kernel.New("mount");
        Kernel.Write64(Kernel.AddressOf(mount, "mount.mnt") + (ulong)Kernel.Types.PlaceOf("vfsmount.mnt_root"), root);
        Kernel.Set(mount, "mount.mnt_parent", parent == 0 ? mount : parent);
        Kernel.Set(mount, "mount.mnt_mountpoint", at == 0 ? root : at);
        return mount;
    }

    public ulong NewEntry(string name, ulong parent, ulong inode)
    {
        ulong entry = Kernel.New("dentry");
        ulong text = Kernel.AddressOf(entry, "dentry.d_name");
        Kernel.Write64(text + (ulong)Kernel.Types.PlaceOf("qstr.name"), Kernel.NewText(name));
        Kernel.WriteBytes(text + (ulong)Kernel.Types.PlaceOf("qstr.len"), BitConverter.GetBytes(System.Text.Encoding.UTF8.GetByteCount(name)));
        Kernel.Set(entry, "dentry.d_parent", parent);
        Kernel.Set(entry, "dentry.d_sb", FileSystem);
        Kernel.Write64(Kernel.AddressOf(entry, "dentry.d_hash") + (ulong)Kernel.Types.PlaceOf("hlist_bl_node.pprev"), 1);
        ulong node = Kernel.New("inode");
        Kernel.Set(node, "inode.i_ino", inode);
        Kernel.Set(node, "inode.i_sb", FileSystem);
        Kernel.Set(entry, "dentry.d_inode", node);
        return entry;
    }

    public ulong NewFile(ulong entry, ulong mount, ulong size, out ulong mapping)
    {
        ulong file = Kernel.New("file");
        ulong path = Kernel.AddressOf(file, "file.f_path");
        Kernel.Write64(path + (ulong)Kernel.Types.PlaceOf("path.mnt"), Kernel.AddressOf(mount, "mount.mnt"));
        Kernel.Write64(path + (ulong)Kernel.Types.PlaceOf("path.dentry"), entry);
        ulong inode = Kernel.Read64(Kernel.AddressOf(entry, "dentry.d_inode"));
        Kernel.Set(inode, "inode.i_size", size);
        Kernel.Set(file, "file.f_inode", inode);
        mapping = Kernel.New("address_space");
        Kernel.Set(file, "file.f_mapping", mapping);
        return file;
    }

    public void SetHead(ulong mapping, ulong head) => Kernel.Write64(Kernel.AddressOf(mapping, "address_space.i_pages") + (ulong)Kernel.Types.PlaceOf("xarray.xa_head"), head);

    /// <summary>Makes an xarray node of slots and gives the entry that leads to it.</summary>
    public ulong XaNode(int shift, params (int Slot, ulong Entry)[] slots)
    {
        ulong node = Kernel.New("xa_node");
        Kernel.Set(node, "xa_node.shift", (ulong)shift);
        foreach ((int slot, ulong entry) in slots)
        {
            Kernel.Write64(Kernel.AddressOf(node, "xa_node.slots") + (ulong)(slot * 8), entry);
        }

        return node | 2;
    }

    /// <summary>Makes a folio of consecutive pages filled with consecutive numbers, and gives its first <c>struct page</c>.</summary>
    public ulong Folio(ulong mapping, ulong index, byte fill, int count = 1)
    {
        ulong physical = Kernel.Allocate(4096 * count, 4096) - CraftedKernel.DirectMap;
        ulong head = _pages + ((physical >> 12) * PageBytes);
        Kernel.Set(head, "folio.mapping", mapping);
        Kernel.Set(head, "folio.index", index);
        for (int i = 0; i < count; i++)
        {
            byte[] page = new byte[4096];
            page.AsSpan().Fill((byte)(fill + i));
            Kernel.WriteBytes(physical + CraftedKernel.DirectMap + (ulong)(i * 4096), page);
            if (i > 0)
            {
                Kernel.Set(head + (ulong)(i * PageBytes), "page.compound_head", head + 1);
            }
        }

        return head;
    }

    public void Dispose() => Tasks.Dispose();

    private static void Declare(CraftedTypes types)
    {
        types.Struct("maple_tree", "int ma_flags", "long ma_root");
        types.Struct("maple_metadata", 2, "byte end", "byte gap");
        types.MapleNodes();
        types.Btf.Enum("maple_type", ("maple_dense", 0), ("maple_leaf_64", LeafKind), ("maple_range_64", RangeKind), ("maple_arange_64", AllocationKind));
        types.Struct("mm_struct", "maple_tree mm_mt", "long pgd", "long start_brk", "long brk", "long start_stack", "long arg_start", "long arg_end", "long env_start", "long env_end", "long saved_auxv");
        types.Struct("vm_area_struct", "long vm_start", "long vm_end", "long vm_flags", "long vm_pgoff", "long vm_file", "long vm_mm", "long vm_ops", "long vm_private_data", "long anon_name");
        types.Struct("anon_vma_name", "int kref", "byte name 8");
        types.Struct("vm_special_mapping", "long name");
        types.Struct("path", "long mnt", "long dentry");
        types.Struct("file", "path f_path", "long f_inode", "long f_mapping", "int f_flags", "long f_pos");
        types.Struct("file_system_type", "long name");
        types.Struct("super_block", "int s_dev", "long s_flags", "*file_system_type s_type");
        types.Struct("inode", "long i_ino", "long i_size", "int i_generation", "long i_mtime_sec", "int i_mtime_nsec", "*super_block i_sb");
        types.Struct("hlist_bl_node", 16, "long next", "long pprev");
        types.Struct("qstr", "int hash", "int len", "long name");
        types.Struct("dentry", "long d_parent", "hlist_bl_node d_hash", "qstr d_name", "long d_inode", "long d_sb");
        types.Struct("vfsmount", "long mnt_root", "long mnt_sb");
        types.Struct("mount", "long mnt_parent", "long mnt_mountpoint", "vfsmount mnt");
        types.Struct("xarray", "int xa_flags", "long xa_head");
        types.Struct("address_space", "xarray i_pages", "long host");
        types.Struct("xa_node", "byte shift", "byte offset", "long slots 64");
        types.Struct("folio", PageBytes, "long flags", "long lru", "long lru2", "long mapping", "long index");
        types.Struct("page", PageBytes, "long flags", "long compound_head");
        types.Struct("fdtable", "int max_fds", "long fd");
        types.Struct("files_struct", "int count", "*fdtable fdt");
    }
}

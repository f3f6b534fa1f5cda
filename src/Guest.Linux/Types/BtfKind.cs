namespace Guest.Linux.Types;

/// <summary>What a BTF type is (Linux, <c>Documentation/bpf/btf.rst</c>). Numbers are the format's.</summary>
public enum BtfKind
{
    /// <summary>Number 0: no type, <c>void</c>.</summary>
    Void = 0,

    /// <summary>An integer.</summary>
    Int = 1,

    /// <summary>A pointer.</summary>
    Pointer = 2,

    /// <summary>An array.</summary>
    Array = 3,

    /// <summary>A structure.</summary>
    Struct = 4,

    /// <summary>A union.</summary>
    Union = 5,

    /// <summary>An enumeration of 32-bit values.</summary>
    Enum = 6,

    /// <summary>A structure or union that is only declared.</summary>
    Forward = 7,

    /// <summary>Another name for a type.</summary>
    Typedef = 8,

    /// <summary>volatile.</summary>
    Volatile = 9,

    /// <summary>const.</summary>
    Const = 10,

    /// <summary>restrict.</summary>
    Restrict = 11,

    /// <summary>A function.</summary>
    Function = 12,

    /// <summary>A function's parameters and result.</summary>
    FunctionPrototype = 13,

    /// <summary>A variable.</summary>
    Variable = 14,

    /// <summary>A section of variables.</summary>
    DataSection = 15,

    /// <summary>A floating-point number.</summary>
    Float = 16,

    /// <summary>An attribute of a declaration.</summary>
    DeclarationTag = 17,

    /// <summary>An attribute of a type.</summary>
    TypeTag = 18,

    /// <summary>An enumeration of 64-bit values.</summary>
    Enum64 = 19,
}

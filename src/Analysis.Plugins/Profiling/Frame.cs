namespace Analysis.Plugins.Profiling;

/// <summary>A function on a stack, or the thread at its bottom.</summary>
/// <param name="Module">The file, <c>[kernel]</c>, a kernel module in brackets; empty for a thread.</param>
/// <param name="Function">Its name; the module's name in brackets where it is not known.</param>
/// <param name="IsKernel">Whether it is the kernel's.</param>
internal readonly record struct Frame(string Module, string Function, bool IsKernel = false) : IComparable<Frame>
{
    /// <summary>Its name in collapsed stacks and flame graphs, where by custom the kernel's end with <c>_[k]</c>.</summary>
    public string Text => IsKernel ? Function + "_[k]" : Function;

    /// <inheritdoc/>
    public int CompareTo(Frame other)
    {
        int order = string.CompareOrdinal(Function, other.Function);
        order = order != 0 ? order : string.CompareOrdinal(Module, other.Module);
        return order != 0 ? order : IsKernel.CompareTo(other.IsKernel);
    }
}

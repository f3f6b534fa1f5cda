using Guest.Machine;

namespace Guest.Linux.Modules;

/// <summary>A module that the guest's kernel has loaded, or is loading or removing.</summary>
/// <param name="Address">Its <c>struct module</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">What becomes of it.</param>
/// <param name="Parts">The pieces of memory it takes: code first, then data and what is only used while it is loaded.</param>
public sealed record KernelModule(GuestVirtual Address, string Name, ModuleState State, IReadOnlyList<ModulePart> Parts)
{
    /// <summary>Whether an address lies in one of its parts.</summary>
    public bool Contains(GuestVirtual address)
    {
        foreach (ModulePart part in Parts)
        {
            if (address.Value - part.Start.Value < part.Length)
            {
                return true;
            }
        }

        return false;
    }
}

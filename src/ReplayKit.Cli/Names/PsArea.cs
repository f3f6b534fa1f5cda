using System.Globalization;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Files;

namespace ReplayKit.Cli.Names;

/// <summary>One line of <c>ps --maps</c>.</summary>
/// <param name="Start">First address, hexadecimal.</param>
/// <param name="End">The address behind the last, hexadecimal.</param>
/// <param name="Rights">As <c>/proc/PID/maps</c> writes them.</param>
/// <param name="Offset">Where in the file it begins, in bytes.</param>
/// <param name="Device">Major and minor number of the file system, hexadecimal.</param>
/// <param name="Inode">The file's number there.</param>
/// <param name="Name">The file's path or the area's name.</param>
internal sealed record PsArea(string Start, string End, string Rights, ulong Offset, string Device, ulong Inode, string Name)
{
    /// <summary>The line of an area.</summary>
    public static PsArea Of(MappedArea area)
    {
        FileIdentity file = area.File?.Identity ?? default;
        return new PsArea(
            Hex(area.Start.Value), Hex(area.End.Value), area.RightsText, area.FileOffset, string.Create(CultureInfo.InvariantCulture, $"{file.Major:x2}:{file.Minor:x2}"), file.Inode,
            area.Name);
    }

    private static string Hex(ulong address) => address.ToString("x8", CultureInfo.InvariantCulture);
}

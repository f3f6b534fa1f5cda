using System.Text.Json.Serialization;

namespace Replay.Log.Disks;

/// <summary>How the content of a disk stands in a file. The names are in manifests.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DiskFormat>))]
public enum DiskFormat
{
    /// <summary>As it is, byte for byte.</summary>
    [JsonStringEnumMemberName("raw")]
    Raw = 0,

    /// <summary>QEMU's copy-on-write format, version 2 or 3 (QEMU docs/interop/qcow2.txt).</summary>
    [JsonStringEnumMemberName("qcow2")]
    Qcow2 = 1,
}

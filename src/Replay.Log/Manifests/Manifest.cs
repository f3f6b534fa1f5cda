using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Guest.Machine.Board;

namespace Replay.Log.Manifests;

/// <summary>What <c>manifest.json</c> says: the machine of a recording and what it was started from.</summary>
public sealed record Manifest
{
    /// <summary>The value of <see cref="Format"/> in every recording.</summary>
    public const string FormatName = "replaykit-recording";

    private const string FormatProperty = "format";
    private const string VersionProperty = "version";

    /// <summary>Says that the file is a manifest: <see cref="FormatName"/>.</summary>
    public string Format { get; init; } = FormatName;

    /// <summary>Format version of the recording; see <see cref="LogFormat.VersionFor"/>.</summary>
    public int Version
    {
        get => field == 0 ? LogFormat.VersionFor(Machine) : field;
        init;
    }

    /// <summary>The program that made the recording, with its version.</summary>
    public required string WrittenBy { get; init; }

    /// <summary>The machine.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>Where it begins, if not with the machine; null for a recording from the boot on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordingStart? Start { get; init; }

    /// <summary>Whether the oldest part is dropped as the recording grows; then every segment of the log begins with a copy of this manifest.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Rolling { get; init; }

    /// <summary>The kernel it was started with.</summary>
    public required FileIdentity Kernel { get; init; }

    /// <summary>The initial RAM disk it was started with; null where there was none.</summary>
    public required FileIdentity? Initrd { get; init; }

    /// <summary>What is on the machine's disks, in the order of their slots; recordings of format versions 1 and 2 have none.</summary>
    public ImmutableArray<RecordedDisk> Disks
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>The kernel's command line.</summary>
    public required string CommandLine { get; init; }

    /// <summary>The host that made the recording.</summary>
    public required HostFacts Host { get; init; }

    /// <summary>The bytes of <c>manifest.json</c>: indented JSON in UTF-8, with a line feed at the end.</summary>
    public byte[] ToJson() => ManifestText.Of(this);

    /// <summary>Reads the bytes of <c>manifest.json</c>.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="json">Its content.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">It is of a newer version (RK0103), or no manifest (RK0102).</exception>
    public static Manifest Parse(string file, ReadOnlySpan<byte> json)
    {
        CheckVersion(file, json);
        try
        {
            Manifest manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.Manifest) ?? throw new JsonException("it is null");
            manifest.CheckValues();
            return manifest;
        }
        catch (JsonException error)
        {
            throw Unreadable(file, error);
        }
    }

    /// <summary>The version is looked at first and alone: a newer manifest may hold properties that this code would refuse.</summary>
    private static void CheckVersion(string file, ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            bool isManifest = root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty(FormatProperty, out JsonElement format)
                && format.ValueKind == JsonValueKind.String
                && format.ValueEquals(FormatName);
            if (!isManifest || !root.TryGetProperty(VersionProperty, out JsonElement version) || !version.TryGetInt32(out int number) || number < 1)
            {
                throw new JsonException($"it does not begin with format {FormatName} and a version");
            }

            if (number > LogFormat.Version)
            {
                throw LogErrors.NewerVersion(file, number);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Unreadable(file, error);
        }
    }

    private static Guest.Machine.ReplayKitException Unreadable(string file, Exception error) =>
        LogErrors.Bad(LogErrors.ManifestUnreadable, $"{file} is no manifest of a recording: {error.Message}", error);

    private void CheckValues()
    {
        bool valuesHold = Machine.Vcpus is >= 1 and <= LogFormat.MaxVcpus
            && Machine.Vcpus > 1 == (Machine.Parallel || Machine.Turns is not null)
            && !(Machine.Parallel && (Machine.Turns is not null || Machine.ClockMode != ClockMode.Host))
            && (Machine.Turns?.IsPossible ?? true)
            && Machine.MemoryBytes > 0
            && Machine.TscHz > 0
            && !Machine.Cpuid.IsDefault
            && !Machine.Devices.IsDefault
            && (Start?.IsValid ?? true)
            && ArePossible(Machine.Pci)
            && Disks.All(disk => !disk.Files.IsDefaultOrEmpty)
            && Disks.Select(disk => disk.Slot).Order().SequenceEqual(Machine.Pci.OfType<BlockDescription>().Select(disk => disk.Slot).Order());
        if (!valuesHold)
        {
            throw new JsonException("the machine has values that no machine has");
        }

        if (Machine.Turns is not null && Version < LogFormat.FirstVersionWithTurns)
        {
            throw new JsonException($"a machine has several vCPUs from version {LogFormat.FirstVersionWithTurns} on, and this is version {Version}");
        }

        if (Machine.Parallel && Version < LogFormat.FirstVersionWithParallel)
        {
            throw new JsonException($"a machine's vCPUs run at once from version {LogFormat.FirstVersionWithParallel} on, and this is version {Version}");
        }

        if (Machine.MemoryHashKey is null != Version < LogFormat.FirstVersionWithKey)
        {
            throw new JsonException($"a machine has a memoryHashKey from version {LogFormat.FirstVersionWithKey} on, and this is version {Version}");
        }
    }

    private static bool ArePossible(ImmutableArray<PciDeviceDescription> devices) =>
        devices.All(device => device.Slot is > 0 and <= LogFormat.MaxSlot)
        && devices.OfType<NetworkDescription>().All(network => network.IsPossible)
        && devices.Select(device => device.Slot).Distinct().Count() == devices.Length
        && devices.Select(device => device.Name).Distinct().Count() == devices.Length;
}

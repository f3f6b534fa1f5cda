using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Guest.Machine.Board;
using Replay.Log.Disks;

namespace Replay.Log.Manifests;

/// <summary>Writes a manifest as what <see cref="ManifestJson"/> reads, the same bytes as the generated code would write.</summary>
/// <remarks>Every recording begins with this, and the first use of the generated code costs 40 ms of compiling: two per cent of a boot.</remarks>
internal static class ManifestText
{
    // The file is read by people and by JSON readers, never by a browser: quotes and letters need no escapes.
    private static readonly JsonWriterOptions s_readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of <c>manifest.json</c>: indented JSON in UTF-8, with a line feed at the end.</summary>
    internal static byte[] Of(Manifest manifest)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_readable))
        {
            Write(json, manifest);
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Manifest manifest)
    {
        json.WriteStartObject();
        json.WriteString("format", manifest.Format);
        json.WriteNumber("version", manifest.Version);
        json.WriteString("writtenBy", manifest.WrittenBy);
        json.WritePropertyName("machine");
        Write(json, manifest.Machine);
        if (manifest.Start is { } start)
        {
            json.WriteStartObject("start");
            json.WriteString("position", start.Position);
            json.WriteString("parent", start.Parent);
            json.WriteEndObject();
        }

        if (manifest.Rolling)
        {
            json.WriteBoolean("rolling", true);
        }

        Write(json, "kernel", manifest.Kernel);
        Write(json, "initrd", manifest.Initrd);
        WriteList(json, "disks", manifest.Disks, Write);
        json.WriteString("commandLine", manifest.CommandLine);
        Write(json, manifest.Host);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MachineDescription machine)
    {
        json.WriteStartObject();
        json.WriteString("cpuModel", machine.CpuModel);
        WriteList(json, "cpuid", machine.Cpuid, (writer, leaf) => writer.WriteStringValue(CpuidLeafJson.TextOf(leaf)));
        json.WriteNumber("memoryBytes", machine.MemoryBytes);
        json.WriteNumber("vcpus", machine.Vcpus);
        if (machine.Parallel)
        {
            json.WriteBoolean("parallel", true);
        }

        if (machine.Turns is { } turns)
        {
            json.WriteStartObject("turns");
            json.WriteNumber("quantum", turns.Quantum);
            json.WriteNumber("seed", turns.Seed);
            json.WriteEndObject();
        }

        json.WriteString("clockMode", ClockModeJson.WordOf(machine.ClockMode));
        json.WriteNumber("tscHz", machine.TscHz);
        json.WriteNumber("virtualRate", machine.VirtualRate);
        json.WriteString("memoryHashKey", machine.MemoryHashKey is { } key ? key.ToString() : null);
        WriteList(json, "devices", machine.Devices, Write);
        WriteList(json, "pci", machine.Pci, Write);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DeviceDescription device)
    {
        json.WriteStartObject();
        json.WriteNumber("number", device.Number);
        json.WriteString("name", device.Name);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PciDeviceDescription device)
    {
        json.WriteStartObject();
        switch (device)
        {
            case PanicDescription:
                json.WriteString("kind", "panic");
                break;
            case ConsoleDescription console:
                json.WriteString("kind", "console");
                json.WriteNumber("columns", console.Columns);
                json.WriteNumber("rows", console.Rows);
                break;
            case EntropyDescription:
                json.WriteString("kind", "entropy");
                break;
            case BlockDescription disk:
                json.WriteString("kind", "block");
                json.WriteNumber("bytes", disk.Bytes);
                json.WriteBoolean("readOnly", disk.ReadOnly);
                json.WriteString("serial", disk.Serial);
                break;
            case NetworkDescription network:
                json.WriteString("kind", "network");
                json.WriteString("mac", network.Mac);
                json.WriteNumber("mtu", network.Mtu);
                break;
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"a manifest has no word for {device}"));
        }

        json.WriteNumber("slot", device.Slot);
        json.WriteString("name", device.Name);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, FileIdentity? file)
    {
        if (file is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("path", file.Path);
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("sha256", file.Sha256);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RecordedDisk disk)
    {
        json.WriteStartObject();
        json.WriteNumber("slot", disk.Slot);
        WriteList(json, "files", disk.Files, Write);
        json.WriteString("overlay", disk.Overlay);
        json.WriteString("before", disk.Before);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DiskFile file)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteString("format", file.Format == DiskFormat.Qcow2 ? "qcow2" : "raw");
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("sample", file.Sample);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, HostFacts host)
    {
        json.WriteStartObject("host");
        json.WriteString("processor", host.Processor);
        json.WriteNumber("processors", host.Processors);
        json.WriteString("system", host.System);
        json.WriteString("runtime", host.Runtime);
        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, ImmutableArray<T> values, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T value in values)
        {
            write(json, value);
        }

        json.WriteEndArray();
    }
}

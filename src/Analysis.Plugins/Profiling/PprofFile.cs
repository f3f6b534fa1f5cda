using System.IO.Compression;
using System.Text;

namespace Analysis.Plugins.Profiling;

/// <summary>A profile for pprof (<c>profile.proto</c> of github.com/google/pprof): one sample for each stack that has instructions of its own, with its thread's name as a label.</summary>
internal sealed class PprofFile
{
    private readonly ProtoWriter _profile = new();
    private readonly Dictionary<string, int> _texts = new() { [string.Empty] = 0 };
    private readonly List<string> _textsInOrder = [string.Empty];
    private readonly Dictionary<Frame, ulong> _functions = [];
    private readonly List<ulong> _stack = [];

    private PprofFile()
    {
        ProtoWriter type = new();
        type.Number(1, (ulong)Text("instructions"));
        type.Number(2, (ulong)Text("count"));
        _profile.Message(1, type);
    }

    /// <summary>Writes the file.</summary>
    public static void Write(Stream stream, FrameNode top)
    {
        PprofFile file = new();
        foreach (FrameNode thread in top.Callees)
        {
            foreach (FrameNode function in thread.Callees)
            {
                file.Add(function, thread.Frame.Function);
            }
        }

        foreach (string text in file._textsInOrder)
        {
            file._profile.Bytes(6, Encoding.UTF8.GetBytes(text));
        }

        using GZipStream packed = new(stream, CompressionLevel.Optimal, leaveOpen: true);
        packed.Write(file._profile.Written);
    }

    private void Add(FrameNode node, string thread)
    {
        _stack.Add(FunctionOf(node.Frame));
        if (node.Self > 0)
        {
            ProtoWriter label = new();
            label.Number(1, (ulong)Text("thread"));
            label.Number(2, (ulong)Text(thread));
            ProtoWriter sample = new();

            // The function that runs comes first.
            sample.Numbers(1, Enumerable.Reverse(_stack));
            sample.Numbers(2, [(ulong)node.Self]);
            sample.Message(3, label);
            _profile.Message(2, sample);
        }

        foreach (FrameNode callee in node.Callees)
        {
            Add(callee, thread);
        }

        _stack.RemoveAt(_stack.Count - 1);
    }

    // A function is a location too, with the same number.
    private ulong FunctionOf(Frame frame)
    {
        if (_functions.TryGetValue(frame, out ulong number))
        {
            return number;
        }

        _functions.Add(frame, number = (ulong)_functions.Count + 1);
        ProtoWriter function = new();
        function.Number(1, number);
        function.Number(2, (ulong)Text(frame.Function));
        function.Number(3, (ulong)Text(frame.Function));
        function.Number(4, (ulong)Text(frame.Module));
        _profile.Message(5, function);
        ProtoWriter line = new();
        line.Number(1, number);
        ProtoWriter location = new();
        location.Number(1, number);
        location.Message(4, line);
        _profile.Message(4, location);
        return number;
    }

    private int Text(string text)
    {
        if (!_texts.TryGetValue(text, out int number))
        {
            _texts.Add(text, number = _textsInOrder.Count);
            _textsInOrder.Add(text);
        }

        return number;
    }
}

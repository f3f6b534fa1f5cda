using Guest.Machine;
using Replay.Engine.Observe;
using Replay.Engine.Observe.Programs;

namespace Analysis.Plugins.Profiling;

/// <summary>Turns stacks of addresses into a tree of functions.</summary>
internal sealed class FrameTree
{
    private readonly StackNodes _stacks;
    private readonly GuestPrograms _programs;
    private readonly IReadOnlyDictionary<ulong, string> _names;
    private readonly FrameNode?[] _below;
    private readonly CodeOwner[] _owners;
    private readonly Dictionary<(CodeOwner, ulong), Frame> _frames = [];

    internal FrameTree(StackNodes stacks, GuestPrograms programs, IReadOnlyDictionary<ulong, string> names)
    {
        (_stacks, _programs, _names) = (stacks, programs, names);
        _below = new FrameNode?[stacks.All.Count];
        _owners = new CodeOwner[stacks.All.Count];
        for (int i = 0; i < _owners.Length; i++)
        {
            StackNode node = stacks.All[i];
            _owners[i] = node.IsBottom || node.Kind is StackKind.UnknownToUser ? node.Owner : _owners[node.Parent];
        }
    }

    /// <summary>What is above all threads.</summary>
    public FrameNode Top { get; } = new(default);

    /// <summary>Adds instructions of the function at an address, on top of a stack.</summary>
    public void Add(int stack, GuestVirtual pc, long count) => On(Below(stack), FrameOf(stack, pc.Value)).Self += count;

    // The functions that a stack's returns lead to.
    private FrameNode Below(int stack)
    {
        if (_below[stack] is { } known)
        {
            return known;
        }

        StackNode node = _stacks.All[stack];
        return _below[stack] = node switch
        {
            { IsBottom: true } or { Kind: StackKind.UnknownToUser } => Top.Callee(new Frame(string.Empty, ThreadName(node))),
            { IsUnknown: true } => Top.Callee(new Frame(string.Empty, ThreadName(_stacks.BottomOf(stack)))),
            { Kind: StackKind.Thunk } => Below(node.Parent),
            { Kind: StackKind.Call } => On(Below(node.Parent), FrameOf(stack, node.Address - 1)),
            _ => On(Below(node.Parent), FrameOf(stack, node.Address)),
        };
    }

    // Functions of a file without symbols cannot be told apart, so that several of them in a row are one.
    private static FrameNode On(FrameNode below, Frame frame) => below.Frame == frame && frame.Function.StartsWith('[') ? below : below.Callee(frame);

    private string ThreadName(in StackNode bottom) => bottom.Owner.IsKernel
        ? _names.GetValueOrDefault(bottom.Address, "[boot]")
        : bottom.Owner.Program >= 0 ? _programs.All[bottom.Owner.Program].Name : CodePlace.UnknownModule;

    private Frame FrameOf(int stack, ulong pc)
    {
        CodeOwner owner = (long)pc < 0 ? CodeOwner.Kernel : _owners[stack];
        if (!_frames.TryGetValue((owner, pc), out Frame frame))
        {
            CodePlace place = _programs.PlaceOf(owner, new GuestVirtual(pc));
            string file = System.IO.Path.GetFileName(place.Module);
            frame = new Frame(place.Module, place.Function.Length > 0 ? place.Function : file.StartsWith('[') ? file : $"[{file}]", owner.IsKernel);
            _frames.Add((owner, pc), frame);
        }

        return frame;
    }
}

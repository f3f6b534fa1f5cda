using Guest.Linux;
using Guest.Linux.Symbols;

namespace Replay.Engine.Observe;

/// <content>Functions of the kernel.</content>
internal sealed partial class VcpuObserver
{
    private readonly Dictionary<ulong, List<FunctionEntry>> _functions = [];
    private bool _missingFunctions = true;

    // The kernel is looked for whenever the address space changes, until it is there.
    private void FindFunctions()
    {
        if (_wanted.Functions.Count == 0 || _guest.Look(_cpu) is not { } kernel)
        {
            return;
        }

        _missingFunctions = false;
        foreach (FunctionEntry function in _wanted.Functions)
        {
            if (kernel.Symbols.Find(function.Symbol) is { } symbol)
            {
                Add(symbol, function);
            }
        }
    }

    private void Add(in KernelSymbol symbol, in FunctionEntry function)
    {
        if (!_functions.TryGetValue(symbol.Address.Value, out List<FunctionEntry>? there))
        {
            _functions.Add(symbol.Address.Value, there = []);
            _trace.AddPlace(symbol.Address);
        }

        there.Add(function);
    }
}
